// Inter prediction of a macroblock (RFC 6386 §18).
#if defined(VP8_CODEC_INTER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VP8_CODEC_INTER_INL_H_
#undef VP8_CODEC_INTER_INL_H_
#else
#define VP8_CODEC_INTER_INL_H_
#endif

#include <array>
#include <cstdint>

#include "codec/frame.hh"
#include "codec/inter.hh"
#include "codec/target.hh"

VP8_BEFORE_TARGET();
namespace vp8 {
namespace VP8_TARGET {

/// Predicts luma of an inter macroblock.
template <class Ops>
VP8_HD void predict_inter_luma(const Ops& ops,
                               const ReferencePlane& ref,
                               const MbModes& mb,
                               int mb_row,
                               int mb_col,
                               bool bilinear,
                               std::uint8_t* out,
                               std::ptrdiff_t stride,
                               PredictScratch& scratch) {
  const int y0 = mb_row * 16 * 8;
  const int x0 = mb_col * 16 * 8;
  if (mb.y_mode != SPLITMV) {
    ops.template predict<16, 16>(ref, y0 + luma_eighths(mb.mv.row), x0 + luma_eighths(mb.mv.col),
                                 bilinear, out, stride, scratch);
    return;
  }
  const bool small = mb.partition == kSplit4x4;
  const int step = small ? 4 : 8;
  for (int y = 0; y < 16; y += step) {
    for (int x = 0; x < 16; x += step) {
      const MotionVector mv = mb.mvs[static_cast<std::size_t>(y / 4 * 4 + x / 4)];
      const int py = y0 + y * 8 + luma_eighths(mv.row);
      const int px = x0 + x * 8 + luma_eighths(mv.col);
      std::uint8_t* at = out + y * stride + x;
      if (small) {
        ops.template predict<4, 4>(ref, py, px, bilinear, at, stride, scratch);
      } else {
        ops.template predict<8, 8>(ref, py, px, bilinear, at, stride, scratch);
      }
    }
  }
}

/// Predicts one chroma plane of an inter macroblock.
template <class Ops>
VP8_HD void predict_inter_chroma(const Ops& ops,
                                 const ReferencePlane& ref,
                                 const MbModes& mb,
                                 int mb_row,
                                 int mb_col,
                                 Interpolation how,
                                 std::uint8_t* out,
                                 std::ptrdiff_t stride,
                                 PredictScratch& scratch) {
  const int y0 = mb_row * 8 * 8;
  const int x0 = mb_col * 8 * 8;
  if (mb.y_mode != SPLITMV) {
    const int mask = how.full_pixel_chroma ? ~7 : ~0;
    ops.template predict<8, 8>(ref, y0 + (mb.mv.row & mask), x0 + (mb.mv.col & mask), how.bilinear,
                               out, stride, scratch);
    return;
  }
  for (int y = 0; y < 8; y += 4) {
    for (int x = 0; x < 8; x += 4) {
      const MotionVector mv =
          chroma_mv(mb.mvs, static_cast<std::size_t>(y * 2 + x / 2), how.full_pixel_chroma);
      ops.template predict<4, 4>(ref, y0 + y * 8 + mv.row, x0 + x * 8 + mv.col, how.bilinear,
                                 out + y * stride + x, stride, scratch);
    }
  }
}

/// Predicts a whole inter macroblock into its place in `planes`.
template <class Ops>
VP8_HD void predict_inter(const Ops& ops,
                          const ReferencePlanes& reference,
                          const MbModes& mb,
                          int mb_row,
                          int mb_col,
                          Interpolation how,
                          const std::array<PlaneView, kPlanes>& planes,
                          PredictScratch& scratch) {
  const PlaneView& luma = planes[kPlaneY];
  predict_inter_luma(ops, reference[kPlaneY], mb, mb_row, mb_col, how.bilinear,
                     &luma.at(mb_row * 16, mb_col * 16), luma.stride, scratch);
  VP8_NO_UNROLL for (std::size_t p = kPlaneU; p <= kPlaneV; ++p) {
    predict_inter_chroma(ops, reference[p], mb, mb_row, mb_col, how,
                         &planes[p].at(mb_row * 8, mb_col * 8), planes[p].stride, scratch);
  }
}

}  // namespace VP8_TARGET
}  // namespace vp8
VP8_AFTER_TARGET();

#endif  // include guard
