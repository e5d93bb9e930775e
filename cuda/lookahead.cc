// The lookahead, compiled for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cuda/lookahead.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <hwy/highway.h>

#include "codec/intra.hh"
#include "cuda/lookahead.hh"
#include "cuda/motion_search-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gpu {
namespace HWY_NAMESPACE {

// Rates matter little here: they keep vectors of flat areas in order. A middling quantiser step.
inline constexpr int kLookaheadLambda = 51 * 24;

void HalveRow(const std::uint8_t* top, const std::uint8_t* bottom, int width, std::uint8_t* out) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::FixedTag<std::uint8_t, 16> d8;
  const hn::FixedTag<std::uint16_t, 8> d16;
  const auto low_bytes = hn::Set(d16, 0xff);
  for (int x = 0; x < width; x += 8) {
    const auto pairs = [&](const std::uint8_t* row) HWY_ATTR {
      const auto v = hn::BitCast(d16, hn::LoadU(d8, row + 2 * x));
      return hn::Add(hn::And(v, low_bytes), hn::ShiftRight<8>(v));
    };
    const auto sum = hn::Add(hn::Add(pairs(top), pairs(bottom)), hn::Set(d16, 2));
    const hn::FixedTag<std::uint8_t, 8> half;
    hn::StoreU(
        hn::DemoteTo(half, hn::BitCast(hn::FixedTag<std::int16_t, 8>(), hn::ShiftRight<2>(sum))),
        half, out + x);
  }
}

std::uint32_t intra_cost(const vp8::PlaneView& plane, int y, int x) {
  const std::uint8_t* at = &plane.at(y, x);
  alignas(16) std::array<std::uint8_t, 64> trial;
  std::uint32_t best = ~0u;
  for (const vp8::MbMode mode : {vp8::DC_PRED, vp8::V_PRED, vp8::H_PRED}) {
    vp8::predict_intra<8>(mode, at, plane.stride, {true, true}, trial.data(), 8);
    best = std::min(best, vs::satd8x8(at, plane.stride, trial.data(), 8));
  }
  return best;
}

void ComparePictures(const vp8::Picture& before,
                     const vp8::Picture& here,
                     const vp8::MvCosts& mv_costs,
                     int mb_rows,
                     int mb_cols,
                     PictureStats& stats) {
  const vp8::ConstPlaneView plane = here.coded(vp8::kPlaneY);
  // Neighbours of the first row and column are border samples, which repeat the block's own.
  const vp8::PlaneView as_view{const_cast<std::uint8_t*>(plane.data), plane.width, plane.height,
                               plane.stride};
  const vs::ReferencePlane reference{before.coded(vp8::kPlaneY), vp8::Picture::kBorder};
  std::size_t i = 0;
  for (int mb_row = 0; mb_row < mb_rows; ++mb_row) {
    for (int mb_col = 0; mb_col < mb_cols; ++mb_col, ++i) {
      const auto halved = [&](std::size_t j) {
        const MotionVector mv = stats.motion[j];
        return MotionVector{static_cast<std::int16_t>(mv.row / 2),
                            static_cast<std::int16_t>(mv.col / 2)};
      };
      const auto columns = static_cast<std::size_t>(mb_cols);
      std::array<MotionVector, 3> starts{};
      if (mb_col > 0)
        starts[0] = halved(i - 1);
      if (mb_row > 0)
        starts[1] = halved(i - columns);
      if (mb_row > 0 && mb_col + 1 < mb_cols)
        starts[2] = halved(i - columns + 1);
      const SearchTask task{&plane.at(mb_row * 8, mb_col * 8),
                            plane.stride,
                            reference,
                            mb_row * 8,
                            mb_col * 8,
                            starts[0],
                            mv_costs,
                            kLookaheadLambda,
                            false};
      const BlockSearch<8> search(task);
      const Found found = search.subpixel(search.integer(starts).mv);
      stats.motion[i] = {static_cast<std::int16_t>(found.mv.row * 2),
                         static_cast<std::int16_t>(found.mv.col * 2)};
      stats.intra_cost[i] = intra_cost(as_view, mb_row * 8, mb_col * 8);
      stats.inter_cost[i] = search.distortion(found.mv);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gpu {

HWY_EXPORT(HalveRow);
HWY_EXPORT(ComparePictures);

vp8::Picture half_luma(const vp8::Picture& picture) {
  const vp8::ConstPlaneView full = picture.coded(vp8::kPlaneY);
  vp8::Picture half(full.width / 2, full.height / 2);
  const vp8::PlaneView shown = half.shown(vp8::kPlaneY);
  for (int y = 0; y < shown.height; ++y) {
    HWY_DYNAMIC_DISPATCH(HalveRow)(full.row(2 * y), full.row(2 * y + 1), shown.width, shown.row(y));
  }
  for (const vp8::Plane plane : {vp8::kPlaneU, vp8::kPlaneV}) {
    const vp8::PlaneView p = half.coded(plane);
    for (int y = 0; y < p.height; ++y)
      std::fill_n(p.row(y), p.width, std::uint8_t{128});
  }
  half.pad_to_macroblocks();
  half.extend_borders();
  return half;
}

PictureStats compare_pictures(const vp8::Picture& before,
                              const vp8::Picture& here,
                              int mb_rows,
                              int mb_cols) {
  static const vp8::MvCosts mv_costs(vp8::kDefaultMvProbs);
  const auto count = static_cast<std::size_t>(mb_rows) * static_cast<std::size_t>(mb_cols);
  PictureStats stats;
  stats.motion.resize(count);
  stats.intra_cost.resize(count);
  stats.inter_cost.resize(count);
  HWY_DYNAMIC_DISPATCH(ComparePictures)(before, here, mv_costs, mb_rows, mb_cols, stats);
  return stats;
}

}  // namespace gpu
#endif  // HWY_ONCE
