// In place of the CUDA device where the program is built without CUDA.
#include "cuda/cuda_device.hh"
#include "cuda/device_error.hh"

namespace gpu {

std::unique_ptr<Device> make_cuda_device(const CudaOptions&) {
  throw DeviceError("this program has no CUDA device; built without CUDA");
}

}  // namespace gpu
