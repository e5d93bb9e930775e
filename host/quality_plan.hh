// Where the bits go: which pictures are coded finer because later pictures are predicted from them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <vector>

#include "cuda/device.hh"
#include "host/plan.hh"
#include "host/segments.hh"

namespace host {

/// Quality is planned in blocks of this many pictures of a chain, looking to the end of the block
/// after.
inline const int kPlanningBlock = getenv("GG") ? atoi(getenv("GG")) : 16;

/// Pictures from one fine picture of a chain to the next: golden or altref.
inline const int kGroup = kPlanningBlock;

/// What a frame is for.
enum class FrameRole : std::uint8_t {
  kKey,     ///< begins a chain
  kInter,   ///< shows a picture and becomes the last reference
  kGolden,  ///< likewise, and refreshes golden and altref
  kAltref,  ///< hidden: shows a later picture to the pictures before it; the old altref becomes golden
};

/// How one frame is coded.
struct FramePlan {
  FrameRole role = FrameRole::kInter;
  int q_index = 0;             ///< 0..127
  bool altref_ahead = false;   ///< altref shows a picture that is still to come
  std::optional<Segments> segments;  ///< quantisers of macroblocks that differ from q_index

  bool operator==(const FramePlan&) const = default;
};

/// How one picture is coded.
struct PicturePlan {
  FramePlan shown;
  /// A hidden frame before it, and how many pictures behind this one it shows.
  std::optional<FramePlan> altref;
  int altref_distance = 0;

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
