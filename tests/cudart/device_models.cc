#include "tests/cudart/device_models.hh"

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>
#include <string>

#include <cuda_occupancy.h>

namespace cudart_standin {
namespace {

// From the product briefs and architecture white papers of each board.
constexpr std::array<DeviceModel, 6> kModels = {{
    {.name = "h100-pcie",
     .board = "NVIDIA H100 PCIe",
     .compute_major = 9,
     .compute_minor = 0,
     .multiprocessors = 114,
     .boost_clock_mhz = 1755,
     .memory_mib = 81920,
     .memory_bus_bits = 5120,
     .memory_clock_mhz = 1593,
     .l2_cache_kib = 51200,
     .copy_engines = 3},
    {.name = "h100-sxm",
     .board = "NVIDIA H100 80GB HBM3",
     .compute_major = 9,
     .compute_minor = 0,
     .multiprocessors = 132,
     .boost_clock_mhz = 1980,
     .memory_mib = 81920,
     .memory_bus_bits = 5120,
     .memory_clock_mhz = 2619,
     .l2_cache_kib = 51200,
     .copy_engines = 3},
    {.name = "l4",
     .board = "NVIDIA L4",
     .compute_major = 8,
     .compute_minor = 9,
     .multiprocessors = 58,
     .boost_clock_mhz = 2040,
     .memory_mib = 24576,
     .memory_bus_bits = 192,
     .memory_clock_mhz = 6251,
     .l2_cache_kib = 49152,
     .copy_engines = 2},
    {.name = "rtx-4090",
     .board = "NVIDIA GeForce RTX 4090",
     .compute_major = 8,
     .compute_minor = 9,
     .multiprocessors = 128,
     .boost_clock_mhz = 2520,
     .memory_mib = 24576,
     .memory_bus_bits = 384,
     .memory_clock_mhz = 10501,
     .l2_cache_kib = 73728,
     .copy_engines = 2},
    {.name = "t4",
     .board = "Tesla T4",
     .compute_major = 7,
     .compute_minor = 5,
     .multiprocessors = 40,
     .boost_clock_mhz = 1590,
     .memory_mib = 16384,
     .memory_bus_bits = 256,
     .memory_clock_mhz = 5001,
     .l2_cache_kib = 4096,
     .copy_engines = 3},
    {.name = "rtx-5090",
     .board = "NVIDIA GeForce RTX 5090",
     .compute_major = 12,
     .compute_minor = 0,
     .multiprocessors = 170,
     .boost_clock_mhz = 2407,
     .memory_mib = 32768,
     .memory_bus_bits = 512,
     .memory_clock_mhz = 14001,
     .l2_cache_kib = 98304,
     .copy_engines = 2},
}};

/// "Technical specifications per compute capability" of the CUDA programming guide.
struct Capability {
  int max_threads_per_multiprocessor = 0;
  int max_blocks_per_multiprocessor = 0;
  int shared_kib_per_multiprocessor = 0;
  int shared_kib_per_block_opt_in = 0;
  int reserved_shared_bytes_per_block = 0;
};

Capability capability(const DeviceModel& model) {
  switch (model.compute_major * 10 + model.compute_minor) {
    case 75:
      return {1024, 16, 64, 64, 0};
    case 89:
    case 120:
      return {1536, 24, 100, 99, 1024};
    default:
      return {2048, 32, 228, 227, 1024};
  }
}

void fill_limits(cudaDeviceProp& properties) {
  constexpr int kLargest = 2147483647;
  properties.warpSize = 32;
  properties.maxThreadsPerBlock = 1024;
  std::copy_n(std::array{1024, 1024, 64}.data(), 3, properties.maxThreadsDim);
  std::copy_n(std::array{kLargest, 65535, 65535}.data(), 3, properties.maxGridSize);
  properties.memPitch = kLargest;
  properties.totalConstMem = 65536;
  properties.sharedMemPerBlock = 49152;
  properties.regsPerBlock = 65536;
  properties.regsPerMultiprocessor = 65536;
  properties.textureAlignment = 512;
  properties.texturePitchAlignment = 32;
}

void fill_features(cudaDeviceProp& properties) {
  properties.canMapHostMemory = 1;
  properties.concurrentKernels = 1;
  properties.unifiedAddressing = 1;
  properties.streamPrioritiesSupported = 1;
  properties.globalL1CacheSupported = 1;
  properties.localL1CacheSupported = 1;
  properties.computePreemptionSupported = 1;
  properties.canUseHostPointerForRegisteredMem = 1;
}

}  // namespace

std::span<const DeviceModel> device_models() {
  return kModels;
}

const DeviceModel& device_model(std::string_view name) {
  const auto found = std::ranges::find(kModels, name, &DeviceModel::name);
  if (found == kModels.end()) {
    throw std::invalid_argument("no device model called " + std::string(name));
  }
  return *found;
}

// No managed memory, cooperative or cluster launches and memory pools by handle: the stand-in has
// none of them, and says so to programs that ask.
cudaDeviceProp device_properties(const DeviceModel& model,
                                 int ordinal,
                                 std::uint64_t memory_bytes) {
  const Capability limits = capability(model);
  cudaDeviceProp properties{};
  model.board.copy(properties.name, sizeof(properties.name) - 1);
  properties.uuid.bytes[0] = static_cast<char>(ordinal + 1);
  properties.totalGlobalMem = memory_bytes != 0 ? memory_bytes : model.memory_mib << 20;
  properties.major = model.compute_major;
  properties.minor = model.compute_minor;
  properties.multiProcessorCount = model.multiprocessors;
  properties.maxThreadsPerMultiProcessor = limits.max_threads_per_multiprocessor;
  properties.maxBlocksPerMultiProcessor = limits.max_blocks_per_multiprocessor;
  properties.sharedMemPerMultiprocessor =
      static_cast<std::size_t>(limits.shared_kib_per_multiprocessor) << 10;
  properties.sharedMemPerBlockOptin = static_cast<std::size_t>(limits.shared_kib_per_block_opt_in)
                                      << 10;
  properties.reservedSharedMemPerBlock =
      static_cast<std::size_t>(limits.reserved_shared_bytes_per_block);
  properties.memoryBusWidth = model.memory_bus_bits;
  properties.l2CacheSize = model.l2_cache_kib << 10;
  properties.asyncEngineCount = model.copy_engines;
  properties.pciBusID = ordinal + 1;
  properties.memoryPoolsSupported = 1;
  fill_limits(properties);
  fill_features(properties);
  return properties;
}

std::optional<int> device_attribute(const DeviceModel& model,
                                    const cudaDeviceProp& properties,
                                    cudaDeviceAttr attribute) {
  const std::map<cudaDeviceAttr, int> values = {
      {cudaDevAttrMaxThreadsPerBlock, properties.maxThreadsPerBlock},
      {cudaDevAttrMaxBlockDimX, properties.maxThreadsDim[0]},
      {cudaDevAttrMaxBlockDimY, properties.maxThreadsDim[1]},
      {cudaDevAttrMaxBlockDimZ, properties.maxThreadsDim[2]},
      {cudaDevAttrMaxGridDimX, properties.maxGridSize[0]},
      {cudaDevAttrMaxGridDimY, properties.maxGridSize[1]},
      {cudaDevAttrMaxGridDimZ, properties.maxGridSize[2]},
      {cudaDevAttrMaxSharedMemoryPerBlock, static_cast<int>(properties.sharedMemPerBlock)},
      {cudaDevAttrMaxSharedMemoryPerBlockOptin,
       static_cast<int>(properties.sharedMemPerBlockOptin)},
      {cudaDevAttrMaxSharedMemoryPerMultiprocessor,
       static_cast<int>(properties.sharedMemPerMultiprocessor)},
      {cudaDevAttrReservedSharedMemoryPerBlock,
       static_cast<int>(properties.reservedSharedMemPerBlock)},
      {cudaDevAttrTotalConstantMemory, static_cast<int>(properties.totalConstMem)},
      {cudaDevAttrWarpSize, properties.warpSize},
      {cudaDevAttrMaxRegistersPerBlock, properties.regsPerBlock},
      {cudaDevAttrMaxRegistersPerMultiprocessor, properties.regsPerMultiprocessor},
      {cudaDevAttrMaxThreadsPerMultiProcessor, properties.maxThreadsPerMultiProcessor},
      {cudaDevAttrMaxBlocksPerMultiprocessor, properties.maxBlocksPerMultiProcessor},
      {cudaDevAttrMultiProcessorCount, properties.multiProcessorCount},
      {cudaDevAttrComputeCapabilityMajor, properties.major},
      {cudaDevAttrComputeCapabilityMinor, properties.minor},
      {cudaDevAttrClockRate, model.boost_clock_mhz * 1000},
      {cudaDevAttrMemoryClockRate, model.memory_clock_mhz * 1000},
      {cudaDevAttrGlobalMemoryBusWidth, properties.memoryBusWidth},
      {cudaDevAttrL2CacheSize, properties.l2CacheSize},
      {cudaDevAttrAsyncEngineCount, properties.asyncEngineCount},
      {cudaDevAttrConcurrentKernels, properties.concurrentKernels},
      {cudaDevAttrIntegrated, properties.integrated},
      {cudaDevAttrCanMapHostMemory, properties.canMapHostMemory},
      {cudaDevAttrUnifiedAddressing, properties.unifiedAddressing},
      {cudaDevAttrStreamPrioritiesSupported, properties.streamPrioritiesSupported},
      {cudaDevAttrManagedMemory, properties.managedMemory},
      {cudaDevAttrCooperativeLaunch, properties.cooperativeLaunch},
      {cudaDevAttrMemoryPoolsSupported, properties.memoryPoolsSupported},
      {cudaDevAttrComputePreemptionSupported, properties.computePreemptionSupported},
      {cudaDevAttrPageableMemoryAccess, properties.pageableMemoryAccess},
      {cudaDevAttrConcurrentManagedAccess, properties.concurrentManagedAccess},
      {cudaDevAttrPciBusId, properties.pciBusID},
      {cudaDevAttrPciDeviceId, properties.pciDeviceID},
      {cudaDevAttrPciDomainId, properties.pciDomainID},
      {cudaDevAttrComputeMode, cudaComputeModeDefault},
      {cudaDevAttrEccEnabled, properties.ECCEnabled},
      {cudaDevAttrKernelExecTimeout, 0},
      {cudaDevAttrTextureAlignment, static_cast<int>(properties.textureAlignment)}};
  const auto found = values.find(attribute);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

std::optional<int> blocks_per_multiprocessor(const cudaDeviceProp& properties,
                                             const KernelNeeds& needs,
                                             int block_threads,
                                             std::size_t dynamic_shared_bytes) {
  if (block_threads > needs.max_threads) {
    return 0;  // which cuda_occupancy.h leaves to its caller
  }
  const cudaOccDeviceProp device(properties);
  cudaOccFuncAttributes kernel;
  kernel.maxThreadsPerBlock = needs.max_threads;
  kernel.numRegs = needs.registers;
  kernel.sharedSizeBytes = needs.static_shared_bytes;
  kernel.partitionedGCConfig = PARTITIONED_GC_OFF;
  kernel.shmemLimitConfig = FUNC_SHMEM_LIMIT_OPTIN;
  kernel.maxDynamicSharedSizeBytes = static_cast<std::size_t>(needs.max_dynamic_shared_bytes);
  kernel.numBlockBarriers = 1;
  const cudaOccDeviceState state;
  cudaOccResult result{};
  if (cudaOccMaxActiveBlocksPerMultiprocessor(&result, &device, &kernel, &state, block_threads,
                                              dynamic_shared_bytes) != CUDA_OCC_SUCCESS) {
    return std::nullopt;
  }
  return result.activeBlocksPerMultiprocessor;
}

}  // namespace cudart_standin
