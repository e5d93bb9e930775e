// Which device an encode runs on. Nothing here influences the bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cuda/cuda_devices.hh"
#include "cuda/device.hh"

namespace host {

/// What a user asks for; automatic is CUDA where it works, else the CPU.
enum class DeviceKind : std::uint8_t { kAuto, kCpu, kCuda };

/// The devices that there are to choose from; tests put in their own.
struct DeviceBackends {
  std::function<gpu::CudaDevices()> list_cuda;
  /// Throws gpu::DeviceError for a device that does not work.
  std::function<std::unique_ptr<gpu::Device>(int ordinal, std::uint64_t memory_bytes)> make_cuda;
};

/// Those of this machine.
DeviceBackends real_backends();

/// A device, and what to tell about the choice.
struct DeviceChoice {
  std::unique_ptr<gpu::Device> device;
  bool is_cuda = false;
  std::string description;   ///< for people: "cpu (AVX2)" or "cuda:0 (name, compute capability)"
  std::string why_not_cuda;  ///< one clause; empty unless CUDA was looked for in vain
};

/// Makes a device. `memory_bytes`: device memory that waves may take at most; 0: most of what is
/// free. Automatic falls back to the CPU; throws gpu::DeviceError where CUDA is asked for and does
/// not work.
DeviceChoice choose_device(DeviceKind kind,
                           std::uint64_t memory_bytes,
                           const DeviceBackends& backends = real_backends());

}  // namespace host
