// From a frame's syntax to pixels: prediction plus residue, then the loop filter (RFC 6386 §14.5,
// §15).
#pragma once

#include "codec/frame.hh"
#include "codec/state.hh"

namespace vp8 {

/// The loop-filtered, border-extended reconstruction of `frame` given the state before it.
Picture reconstruct(const State& before, const Frame& frame);

/// Prepares the pixels outside a new picture that intra prediction reads (§12.2): kAboveBorder in
/// row -1, kLeftBorder in column -1 of the rows from 0 on. extend_borders() replaces them when the
/// picture is finished.
void set_intra_borders(Picture& picture);

/// Repeats the last pixel of a macroblock row's last line four times to the right, where the
/// subblocks of the row below look for their above-right pixels (§12.3).
void extend_for_above_right(const PlaneView& luma, int mb_row);

/// Filters a picture in place as the header and the macroblocks say (§15).
void loop_filter(const State& before, const Frame& frame, Picture& picture);

}  // namespace vp8
