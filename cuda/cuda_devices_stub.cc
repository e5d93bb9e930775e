// What cuda_devices() answers in a program that was built without nvcc.
#include "cuda/cuda_devices.hh"

namespace gpu {

CudaDevices cuda_devices() {
  return {.devices = {}, .why_none = "built without CUDA"};
}

}  // namespace gpu
