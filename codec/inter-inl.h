// Inter prediction of a macroblock for one Highway target (RFC 6386 §18).
#if defined(VP8_CODEC_INTER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VP8_CODEC_INTER_INL_H_
#undef VP8_CODEC_INTER_INL_H_
#else
#define VP8_CODEC_INTER_INL_H_
#endif

#include <algorithm>
#include <array>
#include <cstdint>

#include <hwy/highway.h>

#include "codec/frame.hh"
#include "codec/picture.hh"
#include "codec/subpixel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vp8 {
namespace HWY_NAMESPACE {

/// How a bitstream version interpolates (§9.1): six-tap or bilinear filters, chroma vectors in
/// whole pixels or not.
struct Interpolation {
  bool bilinear;
  bool full_pixel_chroma;

  static Interpolation of_version(int version) {
    return {version >= 1 && version <= 3, version == 3};
  }
};

/// A reference plane with its usable border in samples.
struct ReferencePlane {
  ConstPlaneView plane;
  int border;
};

/// Predicts a W x H block from the position (y, x) in eighths of a sample relative to the plane's
/// origin. Positions outside the border read the nearest coded sample, as if the border had no end
/// (§5).
template <int W, int H>
HWY_INLINE void predict_block(const ReferencePlane& ref,
                              int y_eighths,
                              int x_eighths,
                              bool bilinear,
                              std::uint8_t* out,
                              std::ptrdiff_t out_stride) {
  const int y = y_eighths >> 3;
  const int x = x_eighths >> 3;
  // Filters reach 2 samples before and 3 after; vector loads may touch up to 16 samples right of
  // the first.
  constexpr int kReach = std::max(W, 8) + 8;
  const std::uint8_t* src;
  std::ptrdiff_t stride;
  alignas(64) std::array<std::uint8_t, 32 * 24> patch;
  if (x - 2 >= -ref.border && y - 2 >= -ref.border && x + kReach <= ref.plane.width + ref.border &&
      y + H + 3 <= ref.plane.height + ref.border) {
    src = ref.plane.data + y * ref.plane.stride + x;
    stride = ref.plane.stride;
  } else {
    for (int r = 0; r < H + 5; ++r) {
      const std::uint8_t* row = ref.plane.row(std::clamp(y - 2 + r, 0, ref.plane.height - 1));
      for (int c = 0; c < kReach + 2; ++c) {
        patch[static_cast<std::size_t>(r * 32 + c)] =
            row[std::clamp(x - 2 + c, 0, ref.plane.width - 1)];
      }
    }
    src = patch.data() + 2 * 32 + 2;
    stride = 32;
  }
  if (bilinear) {
    predict_bilinear<W, H>(src, stride, x_eighths & 7, y_eighths & 7, out, out_stride);
  } else {
    predict_sixtap<W, H>(src, stride, x_eighths & 7, y_eighths & 7, out, out_stride);
  }
}

/// A luma vector in eighths of a sample.
HWY_INLINE int luma_eighths(int quarter_pixels) {
  return quarter_pixels * 2;
}

/// The chroma vector of a 2x2 group of subblocks, in eighths of a chroma sample: their mean,
/// rounded away from 0.
HWY_INLINE MotionVector chroma_mv(const std::array<MotionVector, 16>& mvs,
                                  std::size_t first,
                                  bool full_pixel) {
  const auto mean = [&](auto component) {
    const int sum = component(mvs[first]) + component(mvs[first + 1]) + component(mvs[first + 4]) +
                    component(mvs[first + 5]);
    const int rounded = (sum + (sum < 0 ? -2 : 2)) / 4;
    return static_cast<std::int16_t>(full_pixel ? rounded & ~7 : rounded);
  };
  return {mean([](MotionVector mv) { return mv.row; }),
          mean([](MotionVector mv) { return mv.col; })};
}

/// Where the three blocks of a macroblock's prediction go.
struct MbOut {
  std::array<std::uint8_t*, kPlanes> data;
  std::array<std::ptrdiff_t, kPlanes> stride;
};

/// Predicts luma of an inter macroblock.
HWY_INLINE void predict_inter_luma(const ReferencePlane& ref,
                                   const MbModes& mb,
                                   int mb_row,
                                   int mb_col,
                                   bool bilinear,
                                   std::uint8_t* out,
                                   std::ptrdiff_t stride) {
  const int y0 = mb_row * 16 * 8;
  const int x0 = mb_col * 16 * 8;
  if (mb.y_mode != SPLITMV) {
    predict_block<16, 16>(ref, y0 + luma_eighths(mb.mv.row), x0 + luma_eighths(mb.mv.col), bilinear,
                          out, stride);
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
        predict_block<4, 4>(ref, py, px, bilinear, at, stride);
      } else {
        predict_block<8, 8>(ref, py, px, bilinear, at, stride);
      }
    }
  }
}

/// Predicts one chroma plane of an inter macroblock.
HWY_INLINE void predict_inter_chroma(const ReferencePlane& ref,
                                     const MbModes& mb,
                                     int mb_row,
                                     int mb_col,
                                     Interpolation how,
                                     std::uint8_t* out,
                                     std::ptrdiff_t stride) {
  const int y0 = mb_row * 8 * 8;
  const int x0 = mb_col * 8 * 8;
  if (mb.y_mode != SPLITMV) {
    const int mask = how.full_pixel_chroma ? ~7 : ~0;
    predict_block<8, 8>(ref, y0 + (mb.mv.row & mask), x0 + (mb.mv.col & mask), how.bilinear, out,
                        stride);
    return;
  }
  for (int y = 0; y < 8; y += 4) {
    for (int x = 0; x < 8; x += 4) {
      const MotionVector mv =
          chroma_mv(mb.mvs, static_cast<std::size_t>(y * 2 + x / 2), how.full_pixel_chroma);
      predict_block<4, 4>(ref, y0 + y * 8 + mv.row, x0 + x * 8 + mv.col, how.bilinear,
                          out + y * stride + x, stride);
    }
  }
}

/// The planes of a reference picture, whose borders are extended.
using ReferencePlanes = std::array<ReferencePlane, kPlanes>;

HWY_INLINE ReferencePlanes reference_planes(const Picture& picture) {
  return {ReferencePlane{picture.coded(kPlaneY), Picture::kBorder},
          ReferencePlane{picture.coded(kPlaneU), Picture::kBorder / 2},
          ReferencePlane{picture.coded(kPlaneV), Picture::kBorder / 2}};
}

/// The planes of all references of a state; those of absent references are empty.
HWY_INLINE std::array<ReferencePlanes, kRefFrames> planes_of(const References& references) {
  std::array<ReferencePlanes, kRefFrames> planes{};
  for (const RefFrame ref : {LAST_FRAME, GOLDEN_FRAME, ALTREF_FRAME}) {
    if (references[ref])
      planes[ref] = reference_planes(*references[ref]);
  }
  return planes;
}

/// Predicts a whole inter macroblock.
HWY_INLINE void predict_inter(const ReferencePlanes& reference,
                              const MbModes& mb,
                              int mb_row,
                              int mb_col,
                              Interpolation how,
                              const MbOut& out) {
  predict_inter_luma(reference[kPlaneY], mb, mb_row, mb_col, how.bilinear, out.data[kPlaneY],
                     out.stride[kPlaneY]);
  for (const Plane plane : {kPlaneU, kPlaneV}) {
    predict_inter_chroma(reference[plane], mb, mb_row, mb_col, how, out.data[plane],
                         out.stride[plane]);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#endif  // include guard
