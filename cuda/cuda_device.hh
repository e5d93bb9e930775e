// The CUDA device. Where the program was built without CUDA, making one is an error.
#pragma once

#include <cstdint>
#include <memory>

#include "cuda/device.hh"

namespace gpu {

struct CudaOptions {
  int ordinal = 0;                 // which GPU, as in cuda_devices()
  std::uint64_t memory_limit = 0;  // bytes of its memory to use at most; 0: most of what is free
};

/// Opens a GPU. Throws DeviceError.
std::unique_ptr<Device> make_cuda_device(const CudaOptions& options);

}  // namespace gpu
