// The lookahead, compiled for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cuda/lookahead.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <hwy/highway.h>

#include "codec/vector_ops-inl.h"
#include "cuda/lookahead-inl.h"
#include "cuda/lookahead.hh"

HWY_BEFORE_NAMESPACE();
namespace gpu {
namespace HWY_NAMESPACE {

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

void ComparePictures(const LookaheadTask& task) {
  const vp8::HWY_NAMESPACE::VectorOps ops;
  LookaheadWorkspace workspace;
  for (int mb_row = 0; mb_row < task.mb_rows; ++mb_row) {
    for (int mb_col = 0; mb_col < task.mb_cols; ++mb_col)
      compare_macroblock(ops, task, mb_row, mb_col, workspace);
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

const vp8::MvCosts& lookahead_mv_costs() {
  static const vp8::MvCosts costs(vp8::kDefaultMvProbs);
  return costs;
}

PictureStats compare_pictures(const vp8::Picture& before,
                              const vp8::Picture& here,
                              int mb_rows,
                              int mb_cols) {
  const auto count = static_cast<std::size_t>(mb_rows) * static_cast<std::size_t>(mb_cols);
  PictureStats stats;
  stats.motion.resize(count);
  stats.intra_cost.resize(count);
  stats.inter_cost.resize(count);
  HWY_DYNAMIC_DISPATCH(ComparePictures)
  ({mb_rows,
    mb_cols,
    {before.coded(vp8::kPlaneY), vp8::Picture::kBorder},
    here.coded(vp8::kPlaneY),
    &lookahead_mv_costs(),
    stats.motion.data(),
    stats.intra_cost.data(),
    stats.inter_cost.data()});
  return stats;
}

}  // namespace gpu
#endif  // HWY_ONCE
