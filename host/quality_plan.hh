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

/// Pictures of a chain from one fine picture, golden or altref, to the next; but see plan_group().
inline constexpr std::size_t kGroup = 16;
/// At least.
inline constexpr int kLeastGroup = 8;

/// Pictures that a plan looks ahead.
inline constexpr std::int64_t kPlanHorizon = 32;

/// What a frame is for.
enum class FrameRole : std::uint8_t {
  kKey,     ///< begins a chain
  kInter,   ///< shows a picture and becomes the last reference
  kGolden,  ///< likewise, and refreshes golden and altref
  kAltref,  ///< hidden: shows a later picture to the pictures before it; the old altref becomes
            ///< golden
};

/// How one frame is coded.
struct FramePlan {
  FrameRole role = FrameRole::kInter;
  int q_index = 0;                   ///< 0..127
  bool altref_ahead = false;         ///< altref shows a picture that is still to come
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

/// Plans the next group of pictures of one chain, of which the first is number `first_position` in
/// its chain: as many as one hidden picture serves. `stats[i]` compares picture i + 1 of them with
/// picture i, up to the horizon or the end of the chain. `mb_rows` x `mb_cols` macroblocks a
/// picture.
std::vector<PicturePlan> plan_group(const Plan& plan,
                                    std::span<const gpu::PictureStats> stats,
                                    int mb_rows,
                                    int mb_cols,
                                    std::int64_t first_position);

}  // namespace host
