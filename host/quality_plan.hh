// Where the bits go: which pictures are coded finer because later pictures are predicted from them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "cuda/device.hh"
#include "host/plan.hh"

namespace host {

/// Quality is planned in blocks of this many pictures of a chain, looking to the end of the block
/// after.
inline constexpr int kPlanningBlock = 16;

/// Every so many pictures of a chain the golden reference is refreshed, by a picture that is coded
/// finer.
inline constexpr int kGoldenInterval = 16;

/// How one picture is coded.
struct PicturePlan {
  int q_index = 0;      ///< 0..127
  bool key = false;     ///< begins a chain
  bool golden = false;  ///< refreshes golden and altref (key pictures do so anyway)

  bool operator==(const PicturePlan&) const = default;
};

/// Plans `count` consecutive pictures of one chain, of which the first is number `first_position`
/// in its chain. `stats[i]` compares picture i + 1 with picture i, counted from the first to be
/// planned; there are at least `count` - 1 elements, and as many more as the horizon allows.
/// `mb_rows` x `mb_cols` macroblocks a picture.
std::vector<PicturePlan> plan_quality(const Plan& plan,
                                      std::span<const gpu::PictureStats> stats,
                                      int mb_rows,
                                      int mb_cols,
                                      std::int64_t first_position,
                                      std::size_t count);

}  // namespace host
