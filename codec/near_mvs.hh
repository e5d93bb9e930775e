// Predicting a macroblock's motion vector from its neighbours (RFC 6386 §16.3).
#pragma once

#include <array>
#include <utility>

#include "codec/frame.hh"
#include "codec/tables.hh"
#include "codec/types.hh"

namespace vp8 {

/// The decoded neighbours that modes are coded relative to. Outside the picture they point at
/// kOutsideModes.
struct Neighbours {
  const MbModes* above;
  const MbModes* left;
  const MbModes* above_left;
};

/// Stands for macroblocks outside the picture: intra, DC_PRED, zero vectors (§16.3).
VP8_TABLE MbModes kOutsideModes{};

/// Neighbours of (mb_row, mb_col) in raster-ordered modes of `mb_cols` columns.
VP8_HD constexpr Neighbours neighbours_of(const MbModes* modes,
                                          int mb_cols,
                                          int mb_row,
                                          int mb_col) {
  const MbModes* here = modes + static_cast<std::ptrdiff_t>(mb_row) * mb_cols + mb_col;
  return {mb_row > 0 ? here - mb_cols : &kOutsideModes, mb_col > 0 ? here - 1 : &kOutsideModes,
          mb_row > 0 && mb_col > 0 ? here - mb_cols - 1 : &kOutsideModes};
}

/// How far a predicted vector may point: at most one macroblock outside the picture. Quarter
/// pixels.
struct MvBounds {
  int min_row;
  int max_row;
  int min_col;
  int max_col;

  static VP8_HD constexpr MvBounds of(int mb_row, int mb_col, int mb_rows, int mb_cols) {
    constexpr int kMb = 16 * 4;
    return {-(mb_row + 1) * kMb, (mb_rows - mb_row) * kMb, -(mb_col + 1) * kMb,
            (mb_cols - mb_col) * kMb};
  }
  VP8_HD constexpr MotionVector clamp(MotionVector mv) const {
    const auto limit = [](int v, int low, int high) {
      return static_cast<std::int16_t>(v < low ? low : v > high ? high : v);
    };
    return {limit(mv.row, min_row, max_row), limit(mv.col, min_col, max_col)};
  }
};

/// Candidate vectors, clamped, and the probabilities of the mode tree that follow from the
/// neighbours.
struct NearMvs {
  MotionVector nearest;
  MotionVector near;
  MotionVector best;  // the base of NEWMV and NEW4X4
  std::array<Probability, 4> mode_probs;
};

/// `sign_bias[ref]` tells whether vectors into `ref` point forward in time (§9.7).
VP8_HD constexpr NearMvs find_near_mvs(const Neighbours& around,
                                       RefFrame ref,
                                       const std::array<bool, kRefFrames>& sign_bias,
                                       const MvBounds& bounds) {
  // Distinct vectors in order of discovery, and the weights of each and of zero vectors. No arrays,
  // and no choosing among them by `?:`, which takes addresses: kernels would keep them in slow
  // local memory.
  MotionVector first;
  MotionVector second;
  MotionVector third;
  int zeros = 0;
  int firsts = 0;
  int seconds = 0;
  int thirds = 0;
  int found = 0;
  const auto look = [&](const MbModes& mb, int weight) {
    if (!mb.is_inter())
      return;
    if (mb.mv.is_zero()) {
      zeros += weight;
      return;
    }
    MotionVector mv = mb.mv;
    if (sign_bias[mb.ref_frame] != sign_bias[ref]) {
      mv = {static_cast<std::int16_t>(-mv.row), static_cast<std::int16_t>(-mv.col)};
    }
    if (found == 0 || (found == 1 && mv != first) || (found == 2 && mv != second))
      ++found;
    if (found == 1) {
      first = mv;
      firsts += weight;
    } else if (found == 2) {
      second = mv;
      seconds += weight;
    } else {
      third = mv;
      thirds += weight;
    }
  };
  look(*around.above, 2);
  look(*around.left, 2);
  look(*around.above_left, 1);

  // Three distinct vectors, of which the last repeats the first.
  if (thirds > 0 && third == first)
    firsts += 1;
  if (seconds > firsts) {
    std::swap(firsts, seconds);
    std::swap(first, second);
  }
  const auto is_split = [](const MbModes& mb) { return mb.y_mode == SPLITMV ? 1 : 0; };
  const int splits =
      (is_split(*around.above) + is_split(*around.left)) * 2 + is_split(*around.above_left);
  const auto prob = [](int count, std::size_t node) {
    return kModeContexts[static_cast<std::size_t>(count)][node];
  };
  MotionVector best;
  if (firsts >= zeros)
    best = first;
  return {bounds.clamp(first),
          bounds.clamp(second),
          bounds.clamp(best),
          {prob(zeros, 0), prob(firsts, 1), prob(seconds, 2), prob(splits, 3)}};
}

/// The row of kSubMvRefProbs for a split part's vector reference, from the vectors left of and
/// above it (§16.3).
VP8_HD constexpr std::size_t sub_mv_ref_context(MotionVector left, MotionVector above) {
  if (left == above)
    return above.is_zero() ? 4 : 3;
  if (above.is_zero())
    return 2;
  return left.is_zero() ? 1 : 0;
}

/// The vector left of subblock `b` (0..15), inside the macroblock or in its neighbour.
VP8_HD constexpr MotionVector left_mv(const MbModes& mb, const MbModes& left, std::size_t b) {
  return b % 4 != 0 ? mb.mvs[b - 1] : left.mvs[b + 3];
}
/// The vector above subblock `b`.
VP8_HD constexpr MotionVector above_mv(const MbModes& mb, const MbModes& above, std::size_t b) {
  return b >= 4 ? mb.mvs[b - 4] : above.mvs[b + 12];
}

}  // namespace vp8
