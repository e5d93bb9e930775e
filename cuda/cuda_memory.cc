// Errors of the CUDA runtime, and the pool of device memory.
#include "cuda/cuda_memory.hh"

#include <algorithm>

namespace gpu::cuda {

void check(cudaError_t error, const char* what) {
  if (error == cudaSuccess)
    return;
  static_cast<void>(cudaGetLastError());  // else the runtime hands it to its next caller
  const std::string message = std::string("the GPU failed: ") + what + ": " +
                              cudaGetErrorString(error) + " (" + cudaGetErrorName(error) + ")";
  if (error == cudaErrorMemoryAllocation)
    throw OutOfMemory(message + "; give it less to hold with --device-memory, or use --device cpu");
  throw DeviceError(message + "; --device cpu does without it");
}

PinnedMemory allocate_pinned(std::size_t bytes) {
  void* data = nullptr;
  check(cudaHostAlloc(&data, bytes, cudaHostAllocDefault), "pinned host memory");
  return {data, bytes};
}

DeviceMemory Pool::take(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto fits = std::find_if(kept_.begin(), kept_.end(),
                                 [&](const DeviceMemory& m) { return m.bytes() == bytes; });
  if (fits != kept_.end()) {
    DeviceMemory memory = std::move(*fits);
    kept_.erase(fits);
    return memory;
  }
  if (allocated_ + bytes > limit_)
    free_kept();
  if (allocated_ + bytes > limit_) {
    throw OutOfMemory("the GPU failed: the work needs more than the " +
                      std::to_string(limit_ >> 20) +
                      " MiB that it may use; allow more with --device-memory, or use --device cpu");
  }
  void* data = nullptr;
  cudaError_t error = cudaMalloc(&data, bytes);
  if (error == cudaErrorMemoryAllocation && !kept_.empty()) {
    static_cast<void>(cudaGetLastError());
    free_kept();
    error = cudaMalloc(&data, bytes);
  }
  check(error, "device memory");
  allocated_ += bytes;
  return {data, bytes};
}

void Pool::give(DeviceMemory memory) {
  const std::lock_guard lock(mutex_);
  kept_.push_back(std::move(memory));
}

void Pool::free_kept() {
  for (const DeviceMemory& memory : kept_)
    allocated_ -= memory.bytes();
  kept_.clear();
}

}  // namespace gpu::cuda
