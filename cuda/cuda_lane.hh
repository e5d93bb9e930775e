// What a host thread drives the GPU with: streams and pinned memory.
#pragma once

#include <array>
#include <cstddef>

#include "cuda/cuda_memory.hh"

namespace gpu::cuda {

/// Streams with pinned memory for what goes up and down: what a thread needs that drives the GPU.
/// Used by one thread at a time, kept for the next.
class Lane {
 public:
  explicit Lane(int number) : number_(number) {}

  /// Tells this lane's work from the others' in a trace.
  int number() const { return number_; }
  const Stream& compute() const { return compute_; }
  const Stream& copy() const { return copy_; }

  /// Pinned memory of at least `bytes`; the work that used it is done.
  std::byte* inputs(std::size_t bytes) { return grown(inputs_, bytes); }
  std::byte* outputs(std::size_t bytes) { return grown(outputs_, bytes); }

  /// Queues an upload on copy(); `from` may change or go on return.
  void upload(std::byte* to, const void* from, std::size_t bytes);

 private:
  struct Slot {
    PinnedMemory memory;
    Event passed;
  };
  static constexpr std::size_t kSlots = 8;

  static std::byte* grown(PinnedMemory& memory, std::size_t bytes) {
    if (memory.bytes() < bytes) {
      memory = {};
      memory = allocate_pinned(bytes);
    }
    return memory.data();
  }

  // Streams are declared last: they end before what their work uses.
  int number_;
  PinnedMemory inputs_;
  PinnedMemory outputs_;
  std::array<Slot, kSlots> slots_;
  std::size_t next_slot_ = 0;
  Stream compute_;
  Stream copy_;
};

/// As the last member of what owns memory that a lane's work uses: nothing that is queued may
/// outlive it, whatever is thrown.
struct WaitAtEnd {
  const Lane& lane;

  ~WaitAtEnd() {
    static_cast<void>(cudaStreamSynchronize(lane.copy().get()));
    static_cast<void>(cudaStreamSynchronize(lane.compute().get()));
  }
};

}  // namespace gpu::cuda
