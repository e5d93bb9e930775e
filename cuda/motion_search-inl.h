// Motion search for one block: integer search by SAD, sub-pixel refinement by SATD.
#if defined(GPU_MOTION_SEARCH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GPU_MOTION_SEARCH_INL_H_
#undef GPU_MOTION_SEARCH_INL_H_
#else
#define GPU_MOTION_SEARCH_INL_H_
#endif

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "codec/cost.hh"
#include "codec/inter.hh"
#include "codec/target.hh"
#include "cuda/picture_task.hh"

VP8_BEFORE_TARGET();
namespace gpu {
namespace VP8_TARGET {

using vp8::MotionVector;

/// What a block's search needs to know.
struct SearchTask {
  const std::uint8_t* src;
  std::ptrdiff_t src_stride;
  const vp8::ReferencePlane& reference;
  int y;  // of the block in the plane
  int x;
  MotionVector base;  // rates are of differences from it
  const vp8::MvCosts& mv_costs;
  int lambda;  // SAD or SATD units a bit, times 256
  bool bilinear;
  SearchCost wide_above;  // where the nearest found costs more, the integer search goes wide

  VP8_HD SearchCost rate_cost(MotionVector mv) const {
    return static_cast<SearchCost>((static_cast<std::int64_t>(mv_costs(mv, base)) * lambda) >> 16);
  }
};

/// A vector and its cost, rate included.
struct Found {
  MotionVector mv;
  SearchCost cost;
};

/// For SearchTask::wide_above.
inline constexpr SearchCost kNeverWide = std::numeric_limits<SearchCost>::max();

/// How far outside the plane a block may lie so that filters stay inside the border.
inline constexpr int kSearchMargin = 24;

struct Offset {
  std::int8_t row;
  std::int8_t col;
};
VP8_TABLE std::array<Offset, 8> kSquare = {
    {{-1, 0}, {1, 0}, {0, -1}, {0, 1}, {-1, -1}, {-1, 1}, {1, -1}, {1, 1}}};
VP8_TABLE std::array<Offset, 6> kHexagon = {{{-2, 0}, {-1, 2}, {1, 2}, {2, 0}, {1, -2}, {-1, -2}}};

/// The neighbours of a vector a quarter pixel above, below, left, right.
inline constexpr int kSides = 4;
VP8_HD constexpr MotionVector side_of(MotionVector mv, int side) {
  const int step = side % 2 == 0 ? -1 : 1;
  return {static_cast<std::int16_t>(mv.row + (side < 2 ? step : 0)),
          static_cast<std::int16_t>(mv.col + (side < 2 ? 0 : step))};
}

/// Searches one kSize x kSize block. `prediction` has room for the block, `scratch` for its making;
/// the lanes of the team share both.
template <class Ops, int kSize>
class BlockSearch {
 public:
  VP8_HD BlockSearch(const Ops& ops,
                     const SearchTask& task,
                     std::uint8_t* prediction,
                     vp8::PredictScratch& scratch)
      : ops_(ops),
        t_(task),
        prediction_(prediction),
        scratch_(scratch),
        min_row_(-task.y - kSearchMargin),
        max_row_(task.reference.plane.height - kSize - task.y + kSearchMargin),
        min_col_(-task.x - kSearchMargin),
        max_col_(task.reference.plane.width - kSize - task.x + kSearchMargin) {}

  /// Whole-pixel search from the best of `count` vectors. The result's vector is a multiple of 4.
  VP8_HD Found integer(const MotionVector* starts, int count) const {
    Position best{0, 0, cost_at(0, 0)};
    VP8_NO_UNROLL for (int i = 0; i < count; ++i) {
      const MotionVector mv = starts[i];
      const int row = std::clamp((mv.row + 2) >> 2, min_row_, max_row_);
      const int col = std::clamp((mv.col + 2) >> 2, min_col_, max_col_);
      try_at(row, col, best);
    }
    // One loop, so that there is but one copy of the hexagons.
    VP8_NO_UNROLL for (int pass = 0; pass < 2; ++pass) {
      hexagon(best);
      if (pass > 0 || best.cost <= t_.wide_above || !wide(best))
        break;
    }
    return {vector_of(best.row, best.col), best.cost};
  }

  /// Refines to quarter pixels around `from`, first in half, then in quarter pixels: the four
  /// sides, then the corner between the better two. The costs that are compared are SATD plus rate.
  VP8_HD Found subpixel(MotionVector from) const {
    Found best{from, kNever};
    SearchCost up = 0;
    SearchCost down = 0;
    SearchCost left = 0;
    SearchCost right = 0;
    MotionVector centre = from;
    // One loop over all that is tried, so that there is but one copy of the filters: first `from`,
    // then twice five positions.
    VP8_NO_UNROLL for (int i = 0; i < 11; ++i) {
      const int step = i <= 5 ? 2 : 1;
      const int side = i == 0 ? -1 : (i - 1) % 5;
      if (side == 0)
        centre = best.mv;
      const int rows = side == 0   ? -step
                       : side == 1 ? step
                       : side < 4  ? 0
                       : up < down ? -step
                                   : step;
      const int cols = side < 2       ? 0
                       : side == 2    ? -step
                       : side == 3    ? step
                       : left < right ? -step
                                      : step;
      const MotionVector mv{static_cast<std::int16_t>(centre.row + (side < 0 ? 0 : rows)),
                            static_cast<std::int16_t>(centre.col + cols)};
      const SearchCost cost = side < 0 || allowed(mv) ? satd_cost(mv) : kNever;
      if (cost < best.cost)
        best = {mv, cost};
      (side == 0 ? up : side == 1 ? down : side == 2 ? left : right) = cost;
    }
    return best;
  }

  /// The best of `from` and its four neighbours a quarter pixel away, which cost `more` than SATD
  /// and the rate of their vectors.
  VP8_HD Found sides(Found from, SearchCost more) const {
    Found best = from;
    VP8_NO_UNROLL for (int side = 0; side < kSides; ++side) {
      const MotionVector mv = side_of(from.mv, side);
      if (!allowed(mv))
        continue;
      const SearchCost cost = satd_cost(mv) + more;
      if (cost < best.cost)
        best = {mv, cost};
    }
    return best;
  }

  /// SATD of the prediction with `mv`, plus its rate.
  VP8_HD SearchCost satd_cost(MotionVector mv) const {
    return static_cast<SearchCost>(distortion(mv)) + t_.rate_cost(mv);
  }

  /// SATD of the prediction with `mv`.
  VP8_HD std::uint32_t distortion(MotionVector mv) const {
    ops_.template predict<kSize, kSize>(t_.reference, t_.y * 8 + vp8::luma_eighths(mv.row),
                                        t_.x * 8 + vp8::luma_eighths(mv.col), t_.bilinear,
                                        prediction_, kSize, scratch_);
    return ops_.template satd<kSize>(t_.src, t_.src_stride, prediction_, kSize);
  }

  VP8_HD bool allowed(MotionVector mv) const {
    return mv.row >= min_row_ * 4 && mv.row <= max_row_ * 4 && mv.col >= min_col_ * 4 &&
           mv.col <= max_col_ * 4 && vp8::codable(mv, t_.base);
  }

 private:
  struct Position {
    int row;
    int col;
    SearchCost cost;
  };

  static constexpr SearchCost kNever = std::numeric_limits<SearchCost>::max();
  static constexpr int kMaxSteps = 24;
  static constexpr int kWideStep = 32;

  static VP8_HD MotionVector vector_of(int row, int col) {
    return {static_cast<std::int16_t>(row * 4), static_cast<std::int16_t>(col * 4)};
  }

  VP8_HD SearchCost cost_at(int row, int col) const {
    const std::uint8_t* at = &t_.reference.plane.at(t_.y + row, t_.x + col);
    return static_cast<SearchCost>(
               ops_.template sad<kSize>(t_.src, t_.src_stride, at, t_.reference.plane.stride)) +
           t_.rate_cost(vector_of(row, col));
  }

  VP8_HD bool try_at(int row, int col, Position& best) const {
    if (row < min_row_ || row > max_row_ || col < min_col_ || col > max_col_)
      return false;
    if (!vp8::codable(vector_of(row, col), t_.base))
      return false;
    const SearchCost cost = cost_at(row, col);
    if (cost >= best.cost)
      return false;
    best = {row, col, cost};
    return true;
  }

  // Walks hexagons until the middle is best, then looks at its eight neighbours.
  VP8_HD void hexagon(Position& best) const {
    VP8_NO_UNROLL for (int i = 0; i < kMaxSteps; ++i) {
      const Position centre = best;
      VP8_NO_UNROLL for (const Offset o : kHexagon)
          try_at(centre.row + o.row, centre.col + o.col, best);
      if (best.row == centre.row && best.col == centre.col)
        break;
    }
    const Position centre = best;
    VP8_NO_UNROLL for (const Offset o : kSquare)
        try_at(centre.row + o.row, centre.col + o.col, best);
  }

  // Squares of halving size, each around the best so far, out of the valley that hexagons end in.
  // True if they found something.
  VP8_HD bool wide(Position& best) const {
    const Position first = best;
    VP8_NO_UNROLL for (int step = kWideStep; step >= 2; step /= 2) {
      const Position centre = best;
      VP8_NO_UNROLL for (const Offset o : kSquare)
          try_at(centre.row + o.row * step, centre.col + o.col * step, best);
    }
    return best.row != first.row || best.col != first.col;
  }

  const Ops& ops_;
  const SearchTask& t_;
  std::uint8_t* prediction_;
  vp8::PredictScratch& scratch_;
  int min_row_;
  int max_row_;
  int min_col_;
  int max_col_;
};

}  // namespace VP8_TARGET
}  // namespace gpu
VP8_AFTER_TARGET();

#endif  // include guard
