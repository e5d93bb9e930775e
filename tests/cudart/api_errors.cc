// cudaGetLastError and the names of errors.
#include <map>
#include <utility>

#include <cuda_runtime_api.h>

#include "tests/cudart/runtime.hh"

namespace cudart_standin {
namespace {

struct ErrorText {
  const char* name;
  const char* text;
};

#define FAKE_CUDA_ERROR(code, text) \
  {                                 \
    code, {                         \
#code, text                   \
    }                               \
  }

// Those that the stand-in returns, and those that programs tend to ask for.
const ErrorText& error_text(cudaError_t error) {
  static const std::map<cudaError_t, ErrorText> texts = {
      FAKE_CUDA_ERROR(cudaSuccess, "no error"),
      FAKE_CUDA_ERROR(cudaErrorInvalidValue, "an argument is out of range or not of its kind"),
      FAKE_CUDA_ERROR(cudaErrorMemoryAllocation, "out of memory"),
      FAKE_CUDA_ERROR(cudaErrorInitializationError, "the runtime could not start"),
      FAKE_CUDA_ERROR(cudaErrorInvalidConfiguration, "grid or block size is not allowed"),
      FAKE_CUDA_ERROR(cudaErrorInvalidPitchValue, "a pitch is smaller than a row"),
      FAKE_CUDA_ERROR(cudaErrorInvalidSymbol, "no such device variable"),
      FAKE_CUDA_ERROR(cudaErrorInvalidMemcpyDirection, "no such direction of copying"),
      FAKE_CUDA_ERROR(cudaErrorStubLibrary, "the driver is a stub"),
      FAKE_CUDA_ERROR(cudaErrorInsufficientDriver, "the driver is older than the runtime"),
      FAKE_CUDA_ERROR(cudaErrorInvalidDeviceFunction, "no such kernel for this device"),
      FAKE_CUDA_ERROR(cudaErrorNoDevice, "no CUDA device"),
      FAKE_CUDA_ERROR(cudaErrorInvalidDevice, "no device of that number"),
      FAKE_CUDA_ERROR(cudaErrorInvalidKernelImage, "a kernel's code is damaged"),
      FAKE_CUDA_ERROR(cudaErrorNoKernelImageForDevice, "no code for this device's architecture"),
      FAKE_CUDA_ERROR(cudaErrorInvalidResourceHandle, "no such stream or event"),
      FAKE_CUDA_ERROR(cudaErrorNotReady, "not done yet"),
      FAKE_CUDA_ERROR(cudaErrorIllegalAddress, "a kernel used an address that is not its own"),
      FAKE_CUDA_ERROR(cudaErrorLaunchOutOfResources, "a launch asks for more than there is"),
      FAKE_CUDA_ERROR(cudaErrorLaunchFailure, "a kernel failed"),
      FAKE_CUDA_ERROR(cudaErrorNotPermitted, "not allowed here"),
      FAKE_CUDA_ERROR(cudaErrorNotSupported, "not supported"),
      FAKE_CUDA_ERROR(cudaErrorUnknown, "unknown error")};
  static const ErrorText unknown = {"unrecognized error code", "unrecognized error code"};
  const auto found = texts.find(error);
  return found == texts.end() ? unknown : found->second;
}

#undef FAKE_CUDA_ERROR

/// A broken device's error does not go away.
cudaError_t last_error() {
  Runtime& runtime = Runtime::instance();
  const std::lock_guard lock(runtime.mutex);
  const cudaError_t sticky = runtime.world->findings.sticky();
  return sticky != cudaSuccess ? sticky : thread_state().last_error;
}

}  // namespace
}  // namespace cudart_standin

extern "C" {

cudaError_t cudaGetLastError() {
  const cudaError_t error = cudart_standin::last_error();
  cudart_standin::thread_state().last_error = cudaSuccess;
  return error;
}

cudaError_t cudaPeekAtLastError() {
  return cudart_standin::last_error();
}

const char* cudaGetErrorName(cudaError_t error) {
  return cudart_standin::error_text(error).name;
}

const char* cudaGetErrorString(cudaError_t error) {
  return cudart_standin::error_text(error).text;
}

}  // extern "C"
