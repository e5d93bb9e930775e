// The first pass of one picture: decides its modes in closed loop.
#pragma once

#include "codec/encode.hh"
#include "cuda/device.hh"

namespace gpu {

/// What the first pass makes of one picture.
struct FirstPassResult {
  vp8::Decisions decisions;
  vp8::State next;
  vp8::FrameHeader
      estimate;  // with the probabilities that fit this picture, for the rates of the next
};

/// Decides modes, vectors and the loop filter level of `job` given the state before it. `estimate`
/// is the header of an earlier picture of the chunk, or default_estimate().
FirstPassResult first_pass_picture(const vp8::State& before,
                                   const PictureJob& job,
                                   const vp8::FrameHeader& estimate);

/// Typical probabilities for the first inter picture of a chunk.
vp8::FrameHeader default_estimate();

}  // namespace gpu
