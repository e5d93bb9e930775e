// CUDA where it works, else the CPU.
#include "host/device_choice.hh"

#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cuda/cuda_device.hh"
#include "cuda/device_error.hh"
#include "host/instruction_set.hh"

namespace host {
namespace {

// What a user can do about the reason why there is no CUDA device.
std::string_view mend(std::string_view why) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> known = {{
      {"built without", "build fastslow where nvcc is installed"},
      {"cudaErrorInsufficientDriver",
       "install the NVIDIA driver, or a newer one (nvidia-smi shows driver and CUDA version)"},
      {"cudaErrorNoDevice",
       "check that nvidia-smi lists a GPU and that CUDA_VISIBLE_DEVICES does not hide it"},
  }};
  for (const auto& [reason, advice] : known) {
    if (why.find(reason) != std::string_view::npos)
      return advice;
  }
  return "see whether nvidia-smi works";
}

DeviceChoice make_cuda(const gpu::CudaDevice& which,
                       std::uint64_t memory_bytes,
                       const DeviceBackends& backends) {
  return {.device = backends.make_cuda(which.ordinal, memory_bytes),
          .is_cuda = true,
          .description = fmt::format("cuda:{} ({}, compute capability {}.{})", which.ordinal,
                                     which.name, which.compute_major, which.compute_minor),
          .why_not_cuda = {}};
}

DeviceChoice make_cpu(std::string why_not_cuda) {
  return {.device = gpu::make_cpu_device(),
          .is_cuda = false,
          .description = fmt::format("cpu ({})", instruction_set()),
          .why_not_cuda = std::move(why_not_cuda)};
}

}  // namespace

DeviceBackends real_backends() {
  return {.list_cuda = gpu::cuda_devices, .make_cuda = [](int ordinal, std::uint64_t memory_bytes) {
            return gpu::make_cuda_device({.ordinal = ordinal, .memory_limit = memory_bytes});
          }};
}

DeviceChoice choose_device(DeviceKind kind,
                           std::uint64_t memory_bytes,
                           const DeviceBackends& backends) {
  if (kind == DeviceKind::kCpu)
    return make_cpu({});
  const gpu::CudaDevices found = backends.list_cuda();
  const bool must = kind == DeviceKind::kCuda;
  if (found.devices.empty()) {
    if (!must)
      return make_cpu(found.why_none);
    throw gpu::DeviceError(fmt::format("no CUDA device can be used: {}; {}, or take --device cpu",
                                       found.why_none, mend(found.why_none)));
  }
  try {
    return make_cuda(found.devices.front(), memory_bytes, backends);
  } catch (const gpu::DeviceError& error) {
    if (must)
      throw;
    return make_cpu(error.what());
  }
}

}  // namespace host
