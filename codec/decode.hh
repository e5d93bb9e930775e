// decode(state, bytes) -> state': the VP8 decoder as a pure function (RFC 6386).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "codec/frame.hh"
#include "codec/state.hh"

namespace vp8 {

/// What one frame yields.
struct Decoded {
  State next;
  PictureRef reconstruction;  // the frame's own picture
  bool shown = false;         // false for hidden frames (§9.1)
  std::optional<Frame>
      frame;  // the syntax; none for an empty frame, which repeats the last picture
};

/// Decodes one frame. Total over its input: any bytes give a result or a BitstreamError, and
/// `before` stays as it is. An empty frame stands for a dropped one: the last reference is shown
/// again and the state does not change.
Decoded decode(const State& before, std::span<const std::uint8_t> bytes);

}  // namespace vp8
