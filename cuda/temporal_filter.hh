// Filtering a picture over time: what neighbouring pictures show of the same things is mixed in, so
// that noise, which they do not share, fades.
#pragma once

#include <span>
#include <vector>

#include "codec/picture.hh"

namespace gpu {

/// A picture near the one to be filtered.
struct FilterNeighbour {
  vp8::PictureRef picture;
  /// Where to begin the search for each macroblock, in quarter pixels; may be empty.
  std::vector<vp8::MotionVector> hints;
};

/// `target` with its neighbours mixed in along their motion, all padded to macroblocks with borders
/// extended, as the result is. `step` is the quantiser step, 4..157, of pictures around: samples
/// that differ by more than a quarter of it do not mix. At most 15 neighbours. Runs on the task
/// arena that it is called from.
vp8::Picture filter_over_time(const vp8::Picture& target,
                              std::span<const FilterNeighbour> neighbours,
                              int step);

}  // namespace gpu
