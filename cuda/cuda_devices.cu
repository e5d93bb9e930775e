// Lists the CUDA devices through the runtime API; holds no kernel.
#include <cuda_runtime.h>

#include "cuda/cuda_devices.hh"

namespace gpu {
namespace {

CudaDevices none(cudaError_t error) {
  static_cast<void>(cudaGetLastError());  // else the runtime keeps the error for its next caller
  return {.devices = {},
          .why_none = std::string(cudaGetErrorName(error)) + ": " + cudaGetErrorString(error)};
}

}  // namespace

CudaDevices cuda_devices() {
  int count = 0;
  if (const cudaError_t error = cudaGetDeviceCount(&count); error != cudaSuccess) {
    return none(error);
  }
  if (count == 0) {
    return none(cudaErrorNoDevice);
  }
  CudaDevices found;
  for (int ordinal = 0; ordinal < count; ++ordinal) {
    cudaDeviceProp properties{};
    if (const cudaError_t error = cudaGetDeviceProperties(&properties, ordinal);
        error != cudaSuccess) {
      return none(error);
    }
    found.devices.push_back({.ordinal = ordinal,
                             .name = properties.name,
                             .compute_major = properties.major,
                             .compute_minor = properties.minor,
                             .memory_bytes = properties.totalGlobalMem});
  }
  return found;
}

}  // namespace gpu
