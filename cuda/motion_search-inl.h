// Motion search for one block, for one Highway target: integer search by SAD, sub-pixel refinement
// by SATD.
#if defined(GPU_MOTION_SEARCH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GPU_MOTION_SEARCH_INL_H_
#undef GPU_MOTION_SEARCH_INL_H_
#else
#define GPU_MOTION_SEARCH_INL_H_
#endif

#include <array>
#include <cstdint>
#include <limits>
#include <span>

#include <hwy/highway.h>

#include "codec/cost.hh"
#include "codec/inter-inl.h"
#include "codec/metrics-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gpu {
namespace HWY_NAMESPACE {

namespace vs = vp8::HWY_NAMESPACE;
using vp8::MotionVector;

/// A cost for comparing vectors: SAD or SATD plus rate.
using SearchCost = std::int32_t;

/// Metrics of square blocks by size.
template <int kSize>
HWY_INLINE std::uint32_t sad(const std::uint8_t* a,
                             std::ptrdiff_t as,
                             const std::uint8_t* b,
                             std::ptrdiff_t bs) {
  return kSize == 16 ? vs::sad16x16(a, as, b, bs) : vs::sad8x8(a, as, b, bs);
}
template <int kSize>
HWY_INLINE std::uint32_t satd(const std::uint8_t* a,
                              std::ptrdiff_t as,
                              const std::uint8_t* b,
                              std::ptrdiff_t bs) {
  return kSize == 16 ? vs::satd16x16(a, as, b, bs) : vs::satd8x8(a, as, b, bs);
}

/// What a block's search needs to know.
struct SearchTask {
  const std::uint8_t* src;
  std::ptrdiff_t src_stride;
  const vs::ReferencePlane& reference;
  int y;  // of the block in the plane
  int x;
  MotionVector base;  // rates are of differences from it
  const vp8::MvCosts& mv_costs;
  int lambda;  // SAD or SATD units a bit, times 256
  bool bilinear;

  SearchCost rate_cost(MotionVector mv) const {
    return static_cast<SearchCost>((static_cast<std::int64_t>(mv_costs(mv, base)) * lambda) >> 16);
  }
};

struct Found {
  MotionVector mv;
  SearchCost cost;
};

/// How far outside the plane a block may lie so that filters stay inside the border.
inline constexpr int kSearchMargin = 24;

/// Searches one kSize x kSize block.
template <int kSize>
class BlockSearch {
 public:
  explicit BlockSearch(const SearchTask& task)
      : t_(task),
        min_row_(-task.y - kSearchMargin),
        max_row_(task.reference.plane.height - kSize - task.y + kSearchMargin),
        min_col_(-task.x - kSearchMargin),
        max_col_(task.reference.plane.width - kSize - task.x + kSearchMargin) {}

  /// Whole-pixel search from the best of `starts`. The result's vector is a multiple of 4.
  Found integer(std::span<const MotionVector> starts) const {
    Position best{0, 0, cost_at(0, 0)};
    for (const MotionVector mv : starts) {
      const int row = std::clamp((mv.row + 2) >> 2, min_row_, max_row_);
      const int col = std::clamp((mv.col + 2) >> 2, min_col_, max_col_);
      try_at(row, col, best);
    }
    hexagon(best);
    return {vector_of(best.row, best.col), best.cost};
  }

  /// Refines to quarter pixels around `from`, first in half, then in quarter pixels: the four
  /// sides, then the corner between the better two. The costs that are compared are SATD plus rate.
  Found subpixel(MotionVector from) const {
    Found best{from, satd_cost(from)};
    for (const int step : {2, 1}) {
      const MotionVector centre = best.mv;
      const SearchCost up = refine(centre, -step, 0, best);
      const SearchCost down = refine(centre, step, 0, best);
      const SearchCost left = refine(centre, 0, -step, best);
      const SearchCost right = refine(centre, 0, step, best);
      refine(centre, up < down ? -step : step, left < right ? -step : step, best);
    }
    return best;
  }

  /// SATD of the prediction with `mv`, plus its rate.
  SearchCost satd_cost(MotionVector mv) const {
    return static_cast<SearchCost>(distortion(mv)) + t_.rate_cost(mv);
  }

  /// SATD of the prediction with `mv`.
  std::uint32_t distortion(MotionVector mv) const {
    alignas(64) std::array<std::uint8_t, kSize * kSize> prediction;
    vs::predict_block<kSize, kSize>(t_.reference, t_.y * 8 + vs::luma_eighths(mv.row),
                                    t_.x * 8 + vs::luma_eighths(mv.col), t_.bilinear,
                                    prediction.data(), kSize);
    return satd<kSize>(t_.src, t_.src_stride, prediction.data(), kSize);
  }

  bool allowed(MotionVector mv) const {
    return mv.row >= min_row_ * 4 && mv.row <= max_row_ * 4 && mv.col >= min_col_ * 4 &&
           mv.col <= max_col_ * 4 && vp8::codable(mv, t_.base);
  }

 private:
  struct Position {
    int row;
    int col;
    SearchCost cost;
  };

  static constexpr std::array<std::array<int, 2>, 8> kSquare = {
      {{-1, 0}, {1, 0}, {0, -1}, {0, 1}, {-1, -1}, {-1, 1}, {1, -1}, {1, 1}}};
  static constexpr std::array<std::array<int, 2>, 6> kHexagon = {
      {{-2, 0}, {-1, 2}, {1, 2}, {2, 0}, {1, -2}, {-1, -2}}};
  static constexpr int kMaxSteps = 24;

  static MotionVector vector_of(int row, int col) {
    return {static_cast<std::int16_t>(row * 4), static_cast<std::int16_t>(col * 4)};
  }

  SearchCost refine(MotionVector centre, int rows, int cols, Found& best) const {
    const MotionVector mv{static_cast<std::int16_t>(centre.row + rows),
                          static_cast<std::int16_t>(centre.col + cols)};
    if (!allowed(mv))
      return std::numeric_limits<SearchCost>::max();
    const SearchCost cost = satd_cost(mv);
    if (cost < best.cost)
      best = {mv, cost};
    return cost;
  }

  SearchCost cost_at(int row, int col) const {
    const std::uint8_t* at = &t_.reference.plane.at(t_.y + row, t_.x + col);
    return static_cast<SearchCost>(
               sad<kSize>(t_.src, t_.src_stride, at, t_.reference.plane.stride)) +
           t_.rate_cost(vector_of(row, col));
  }

  bool try_at(int row, int col, Position& best) const {
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
  void hexagon(Position& best) const {
    for (int i = 0; i < kMaxSteps; ++i) {
      const Position centre = best;
      for (const auto& [dr, dc] : kHexagon)
        try_at(centre.row + dr, centre.col + dc, best);
      if (best.row == centre.row && best.col == centre.col)
        break;
    }
    const Position centre = best;
    for (const auto& [dr, dc] : kSquare)
      try_at(centre.row + dr, centre.col + dc, best);
  }

  const SearchTask& t_;
  int min_row_;
  int max_row_;
  int min_col_;
  int max_col_;
};

}  // namespace HWY_NAMESPACE
}  // namespace gpu
HWY_AFTER_NAMESPACE();

#endif  // include guard
