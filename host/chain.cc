// Rebasing down a chain.
#include "host/chain.hh"

#include <utility>

#include "codec/decode.hh"
#include "cuda/rebase.hh"
#include "cuda/thread_clock.hh"

namespace host {

RebasedPicture Chain::rebase(const vp8::Picture& source, vp8::Decisions decisions) {
  const bool shown = decisions.header.show_frame;
  vp8::Encoded coded;
  {
    const gpu::ThreadStopwatch watch(rebase_seconds_);
    coded = gpu::rebase(state(), source, std::move(decisions), effort_);
    state_ = std::move(coded.next);
  }
  if (!shown)
    return {std::move(coded.bytes), {}};
  const gpu::ThreadStopwatch watch(measure_seconds_);
  return {std::move(coded.bytes), measure(source, *coded.reconstruction)};
}

void Chain::follow(std::span<const RebasedPicture> frames) {
  for (const RebasedPicture& frame : frames)
    followed_.push_back(frame.bytes);
}

// What a decoder knows after a frame is what the encoder knew.
const vp8::State& Chain::state() {
  for (const std::vector<std::uint8_t>& bytes : std::exchange(followed_, {}))
    state_ = vp8::decode(state_, bytes).next;
  return state_;
}

}  // namespace host
