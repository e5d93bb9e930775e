// Uploads through pinned slots, so that the caller's memory may be any and may go.
#include "cuda/cuda_lane.hh"

#include <cstring>

namespace gpu::cuda {

void Lane::upload(std::byte* to, const void* from, std::size_t bytes) {
  Slot& slot = slots_[next_slot_];
  next_slot_ = (next_slot_ + 1) % kSlots;
  slot.passed.wait();
  std::memcpy(grown(slot.memory, bytes), from, bytes);
  copy_.upload(to, slot.memory.data(), bytes);
  slot.passed.record(copy_.get());
}

}  // namespace gpu::cuda
