// The devices that the stand-in CUDA runtime can pretend to have, with what they publish.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <cuda_runtime_api.h>

namespace cudart_standin {

/// What NVIDIA's data sheets say of a board. What follows from its compute capability alone is in
/// device_properties(). Memory is the nominal size; a real board keeps some of it for itself.
struct DeviceModel {
  std::string_view name;
  std::string_view board;
  int compute_major = 0;
  int compute_minor = 0;
  int multiprocessors = 0;
  int boost_clock_mhz = 0;
  std::uint64_t memory_mib = 0;
  int memory_bus_bits = 0;
  int memory_clock_mhz = 0;
  int l2_cache_kib = 0;
  int copy_engines = 0;
};

std::span<const DeviceModel> device_models();

/// Throws std::invalid_argument where there is none of that name.
const DeviceModel& device_model(std::string_view name);

/// `memory_bytes` of 0 stands for the model's.
cudaDeviceProp device_properties(const DeviceModel& model, int ordinal, std::uint64_t memory_bytes);

/// The attributes that programs ask for one by one; nothing for those that are not in here.
std::optional<int> device_attribute(const DeviceModel& model,
                                    const cudaDeviceProp& properties,
                                    cudaDeviceAttr attribute);

/// What a kernel takes of a multiprocessor.
struct KernelNeeds {
  int registers = 0;
  std::size_t static_shared_bytes = 0;
  int max_threads = 0;
  /// What the program allowed itself by cudaFuncAttributeMaxDynamicSharedMemorySize.
  int max_dynamic_shared_bytes = 0;
};

/// How many blocks of `block_threads` a multiprocessor holds, by NVIDIA's own cuda_occupancy.h.
/// Nothing where that refuses its input.
std::optional<int> blocks_per_multiprocessor(const cudaDeviceProp& properties,
                                             const KernelNeeds& needs,
                                             int block_threads,
                                             std::size_t dynamic_shared_bytes);

}  // namespace cudart_standin
