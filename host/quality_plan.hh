// Where the bits go: how much each picture, and each of its macroblocks, is worth to the pictures after it.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "cuda/device.hh"
#include "host/plan.hh"

namespace host {

/// Quality is planned in blocks of this many pictures of a chain, looking to the end of the block after.
inline const int kPlanningBlock = std::getenv("FS_BLOCK") ? std::atoi(std::getenv("FS_BLOCK")) : 16;

/// The quality of one picture.
struct PictureQualityPlan {
  int q_index = 0;                              ///< of segment 0, or of all without segments
  std::array<int, vp8::kSegments> segment_q{};  ///< quantiser index of each segment
  bool golden = false;  ///< refreshes the golden reference
  std::vector<std::uint8_t> segments;           ///< of each macroblock; empty: no segmentation
};

/// Plans pictures of one chain. `stats[i]` compares picture i + 1 with picture i, where picture 0 is the first to be
/// planned; there are at least `count` - 1 elements, and up to as many as the planning horizon allows.
/// `begins_chain` tells whether picture 0 is a key frame.
std::vector<PictureQualityPlan> plan_quality(const Plan& plan, std::span<const gpu::PictureStats> stats, int mb_rows,
                                             int mb_cols, std::size_t count, bool begins_chain, std::size_t first_position);

}  // namespace host
