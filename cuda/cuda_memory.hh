// Owners of what the CUDA runtime hands out. Plain C++: no kernels here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <cuda_runtime.h>

#include "cuda/device_error.hh"

namespace gpu::cuda {

/// The device's memory does not suffice: less work at once may still do.
class OutOfMemory : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

/// Throws OutOfMemory or DeviceError, saying what failed, if `error` is one.
void check(cudaError_t error, const char* what);

/// A block of device memory or of pinned host memory. Move only.
template <cudaError_t (*kFree)(void*)>
class Memory {
 public:
  Memory() = default;
  Memory(void* data, std::size_t bytes) : data_(data), bytes_(bytes) {}
  Memory(Memory&& o) noexcept
      : data_(std::exchange(o.data_, nullptr)), bytes_(std::exchange(o.bytes_, 0)) {}
  Memory& operator=(Memory&& o) noexcept {
    std::swap(data_, o.data_);
    std::swap(bytes_, o.bytes_);
    return *this;
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() {
    if (data_ != nullptr)
      static_cast<void>(kFree(data_));
  }

  std::byte* data() const { return static_cast<std::byte*>(data_); }
  std::size_t bytes() const { return bytes_; }

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};
using DeviceMemory = Memory<cudaFree>;
using PinnedMemory = Memory<cudaFreeHost>;

PinnedMemory allocate_pinned(std::size_t bytes);

/// Device memory up to a limit. Blocks that are given back are kept for the next who wants that
/// size. Safe to use from several threads.
class Pool {
 public:
  /// `limit`: bytes that may be in use at once, kept blocks included.
  explicit Pool(std::uint64_t limit) : limit_(limit) {}

  std::uint64_t limit() const { return limit_; }

  /// Uninitialised memory. Throws OutOfMemory.
  DeviceMemory take(std::size_t bytes);
  /// Takes a block back; no work that is queued may still use it.
  void give(DeviceMemory memory);

 private:
  void free_kept();

  std::uint64_t limit_;
  std::uint64_t allocated_ = 0;
  std::mutex mutex_;
  std::vector<DeviceMemory> kept_;
};

/// A block that goes back to its pool.
class PooledMemory {
 public:
  PooledMemory() = default;
  PooledMemory(Pool& pool, std::size_t bytes) : pool_(&pool), memory_(pool.take(bytes)) {}
  PooledMemory(PooledMemory&& o) noexcept
      : pool_(std::exchange(o.pool_, nullptr)), memory_(std::move(o.memory_)) {}
  PooledMemory& operator=(PooledMemory&& o) noexcept {
    std::swap(pool_, o.pool_);
    std::swap(memory_, o.memory_);
    return *this;
  }
  PooledMemory(const PooledMemory&) = delete;
  PooledMemory& operator=(const PooledMemory&) = delete;
  ~PooledMemory() {
    if (pool_ != nullptr)
      pool_->give(std::move(memory_));
  }

  std::byte* data() const { return memory_.data(); }
  std::size_t bytes() const { return memory_.bytes(); }

 private:
  Pool* pool_ = nullptr;
  DeviceMemory memory_;
};

/// A point in a stream.
class Event {
 public:
  explicit Event(unsigned flags = cudaEventDisableTiming | cudaEventBlockingSync) {
    check(cudaEventCreateWithFlags(&event_, flags), "an event");
  }
  Event(Event&& o) noexcept : event_(std::exchange(o.event_, nullptr)) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  Event& operator=(Event&&) = delete;
  ~Event() {
    if (event_ != nullptr)
      static_cast<void>(cudaEventDestroy(event_));
  }

  cudaEvent_t get() const { return event_; }
  void record(cudaStream_t stream) const { check(cudaEventRecord(event_, stream), "an event"); }
  /// Lets `stream` wait for what this event marks.
  void hold(cudaStream_t stream) const {
    check(cudaStreamWaitEvent(stream, event_, 0), "an event");
  }
  /// Sleeps until it has passed; at once if it was never recorded.
  void wait() const { check(cudaEventSynchronize(event_), "waiting for the GPU"); }

 private:
  cudaEvent_t event_ = nullptr;
};

/// A queue of work. Waits for it on destruction, so that what the work uses may go.
class Stream {
 public:
  Stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "a stream"); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() {
    static_cast<void>(cudaStreamSynchronize(stream_));
    static_cast<void>(cudaStreamDestroy(stream_));
  }

  cudaStream_t get() const { return stream_; }
  /// Waits until all work is done, and throws if it failed. Sleeps, by an event that does so:
  /// waiting for the stream itself would keep a core busy.
  void wait() const {
    reached_.record(stream_);
    reached_.wait();
  }

  void upload(void* to, const void* from, std::size_t bytes) const {
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_), "an upload");
  }
  void download(void* to, const void* from, std::size_t bytes) const {
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream_), "a download");
  }

 private:
  Event reached_;
  cudaStream_t stream_ = nullptr;
};

}  // namespace gpu::cuda
