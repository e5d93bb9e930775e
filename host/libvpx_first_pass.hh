// The first pass by libvpx: a chunk encoded alone, from a key frame, and what can be kept of it for
// rebasing.
#pragma once

#include <span>
#include <vector>

#include "codec/encode.hh"
#include "codec/frame.hh"
#include "codec/picture.hh"
#include "codec/state.hh"
#include "host/picture_source.hh"

namespace host {

/// What libvpx decided about one chunk.
struct LibvpxChunk {
  std::vector<vp8::Decisions> decisions;  ///< one for each picture; the first is a key frame
  vp8::State exit;                        ///< of a decoder behind libvpx's last frame
};

/// Encodes a chunk as `vpxenc --good --cpu-used=0` does, without hidden frames. `headers` holds the
/// plan's header of each picture; what it says of key frames is ignored, for libvpx always begins
/// with one. The decisions combine
/// - from libvpx: the modes and the loop filter, with all deltas in force, so that they mean the
///   same whatever state they are rebased on;
/// - from the plan: quantisers (libvpx gets the nearest that it has), segmentation, and which
///   references an inter frame replaces. Segments are 0.
///
/// Prediction uses the last picture, and golden or altref from the picture on that the plan lets
/// replace them: what they hold before is known only where the chunk is rebased.
/// Chunks may run on many threads at once. Throws std::runtime_error where libvpx fails,
/// std::invalid_argument unless there is a picture, one header for each, and one size for all.
LibvpxChunk libvpx_first_pass(std::span<const vp8::PictureRef> pictures,
                              std::span<const vp8::FrameHeader> headers,
                              Rational frame_rate);

}  // namespace host
