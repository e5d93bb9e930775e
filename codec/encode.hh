// encode and rebase: writing pictures against a state as pure functions.
//
// Both take decisions that somebody else made (modes, vectors, segments, quantiser, filter,
// reference updates) and make anew everything that depends on the state: prediction, residue, skip
// flags, probabilities.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "codec/frame.hh"
#include "codec/picture.hh"
#include "codec/picture_coding.hh"
#include "codec/state.hh"

namespace vp8 {

/// Everything that is decided about a frame before its residue is known.
struct Decisions {
  /// All fields are written as they stand but the probabilities, which are chosen anew.
  FrameHeader header;
  /// One for each macroblock in raster order; `skip` is ignored.
  std::vector<MbModes> modes;
};

/// A written frame and what it leads to.
struct Encoded {
  std::vector<std::uint8_t> bytes;
  Frame frame;                // the syntax that `bytes` hold
  PictureRef reconstruction;  // equals what decode(before, bytes) gives
  State next;
};

/// Writes `source` as a frame with the given decisions. Throws Unsupported if the decisions are for
/// another size or need a state that is not there.
Encoded encode(const State& before, const Picture& source, Decisions decisions);

/// Codes the macroblocks of a frame whose header and modes are set: fills in the residual and the
/// skip flags and reconstructs, not loop filtered. It may change modes before it codes them.
using FrameCoder = std::function<void(const PictureCoding&, Frame&)>;

/// Likewise, with `code` in the place of the plain coding of the modes as they are.
Encoded encode(const State& before,
               const Picture& source,
               Decisions decisions,
               const FrameCoder& code);

/// Writes `source` with the decisions of `frame`, which was made for another state. The frame may
/// come from any VP8 encoder.
Encoded rebase(const State& before, const Picture& source, const Frame& frame);

}  // namespace vp8
