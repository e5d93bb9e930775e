// The lookahead's kernels: comparing source pictures at half resolution.
#if defined(GPU_LOOKAHEAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GPU_LOOKAHEAD_INL_H_
#undef GPU_LOOKAHEAD_INL_H_
#else
#define GPU_LOOKAHEAD_INL_H_
#endif

#include <algorithm>
#include <cstdint>

#include "codec/target.hh"
#include "cuda/lookahead_task.hh"
#include "cuda/motion_search-inl.h"

VP8_BEFORE_TARGET();
namespace gpu {
namespace VP8_TARGET {

/// Makes row `y` of a half-resolution plane, its border included: each sample the mean of 2x2, and
/// outside of the width x height samples that the picture has, the nearest of them.
template <class Ops>
VP8_HD void halve_row(const Ops& ops,
                      const vp8::ConstPlaneView& full,
                      const vp8::PlaneView& half,
                      int border,
                      int width,
                      int height,
                      int y) {
  const int from_y = 2 * std::clamp(y, 0, height - 1);
  const std::uint8_t* top = full.row(from_y);
  const std::uint8_t* bottom = full.row(from_y + 1);
  std::uint8_t* out = half.row(y);
  ops.each(half.width + 2 * border, [&](int i) {
    const int x = 2 * std::clamp(i - border, 0, width - 1);
    out[i - border] =
        static_cast<std::uint8_t>((top[x] + top[x + 1] + bottom[x] + bottom[x + 1] + 2) >> 2);
  });
}

/// The distance of an 8x8 block from its best simple prediction out of its own picture.
template <class Ops>
VP8_HD std::uint32_t intra_cost(
    const Ops& ops, const vp8::ConstPlaneView& plane, int y, int x, LookaheadWorkspace& w) {
  // Neighbours of the first row and column are border samples, which repeat the block's own.
  const std::uint8_t* at = &plane.at(y, x);
  std::uint32_t best = ~0u;
  for (int m = vp8::DC_PRED; m <= vp8::H_PRED; ++m) {
    const auto mode = static_cast<vp8::MbMode>(m);
    ops.template predict_intra<8>(mode, at, plane.stride, {true, true}, w.prediction, 8);
    best = std::min(best, ops.template satd<8>(at, plane.stride, w.prediction, 8));
  }
  return best;
}

/// Compares one macroblock, 8x8 samples here, with the picture before. Those left of, above and
/// right above it are done.
template <class Ops>
VP8_HD void compare_macroblock(
    const Ops& ops, const LookaheadTask& task, int mb_row, int mb_col, LookaheadWorkspace& w) {
  const std::size_t i = static_cast<std::size_t>(mb_row * task.mb_cols + mb_col);
  const auto columns = static_cast<std::size_t>(task.mb_cols);
  const auto halved = [&](bool inside, std::size_t j) {
    const MotionVector mv = inside ? task.motion[j] : MotionVector{};
    return MotionVector{static_cast<std::int16_t>(mv.row / 2),
                        static_cast<std::int16_t>(mv.col / 2)};
  };
  ops.once([&] {
    w.starts = {halved(mb_col > 0, i - 1), halved(mb_row > 0, i - columns),
                halved(mb_row > 0 && mb_col + 1 < task.mb_cols, i - columns + 1)};
  });
  const SearchTask search_task{&task.here.at(mb_row * 8, mb_col * 8),
                               task.here.stride,
                               task.before,
                               mb_row * 8,
                               mb_col * 8,
                               w.starts[0],
                               *task.mv_costs,
                               kLookaheadLambda,
                               false,
                               kNeverWide};
  const BlockSearch<Ops, 8> search(ops, search_task, w.prediction, w.scratch);
  const Found found =
      search.subpixel(search.integer(w.starts.data(), static_cast<int>(w.starts.size())).mv);
  const SearchCost inter = found.cost - search_task.rate_cost(found.mv);
  const std::uint32_t intra = intra_cost(ops, task.here, mb_row * 8, mb_col * 8, w);
  ops.once([&] {
    task.motion[i] = {static_cast<std::int16_t>(found.mv.row * 2),
                      static_cast<std::int16_t>(found.mv.col * 2)};
    task.inter_cost[i] = static_cast<std::uint32_t>(inter);
    task.intra_cost[i] = intra;
  });
}

}  // namespace VP8_TARGET
}  // namespace gpu
VP8_AFTER_TARGET();

#endif  // include guard
