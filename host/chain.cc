// Rebasing down a chain.
#include "host/chain.hh"

#include <utility>

#include "cuda/rebase.hh"
#include "cuda/thread_clock.hh"

namespace host {

RebasedPicture Chain::rebase(const vp8::Picture& source, vp8::Decisions decisions) {
  const bool shown = decisions.header.show_frame;
  vp8::Encoded coded;
  {
    const gpu::ThreadStopwatch watch(rebase_seconds_);
    coded = gpu::rebase(state_, source, std::move(decisions), effort_);
    state_ = std::move(coded.next);
  }
  if (!shown)
    return {std::move(coded.bytes), {}};
  const gpu::ThreadStopwatch watch(measure_seconds_);
  return {std::move(coded.bytes), measure(source, *coded.reconstruction)};
}

}  // namespace host
