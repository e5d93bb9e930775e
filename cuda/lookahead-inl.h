// The lookahead's kernels: comparing source pictures at half resolution.
#if defined(GPU_LOOKAHEAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GPU_LOOKAHEAD_INL_H_
#undef GPU_LOOKAHEAD_INL_H_
#else
#define GPU_LOOKAHEAD_INL_H_
#endif

#include <cstdint>

#include "codec/target.hh"
#include "cuda/lookahead_task.hh"
#include "cuda/motion_search-inl.h"

VP8_BEFORE_TARGET();
namespace gpu {
namespace VP8_TARGET {

/// The distance of an 8x8 block from its best simple prediction out of its own picture.
template <class Ops>
VP8_HD std::uint32_t intra_cost(
    const Ops& ops, const vp8::ConstPlaneView& plane, int y, int x, LookaheadWorkspace& w) {
  // Neighbours of the first row and column are border samples, which repeat the block's own.
  const std::uint8_t* at = &plane.at(y, x);
  std::uint32_t best = ~0u;
  for (const vp8::MbMode mode : {vp8::DC_PRED, vp8::V_PRED, vp8::H_PRED}) {
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
                               false};
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
