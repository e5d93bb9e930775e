// What inter prediction of a block needs besides its samples: interpolation by version, reference
// planes, vectors in eighths, room for a team of lanes (RFC 6386 §9.1, §18).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "codec/picture.hh"
#include "codec/state.hh"
#include "codec/types.hh"

namespace vp8 {

/// How a bitstream version interpolates (§9.1): six-tap or bilinear filters, chroma vectors in
/// whole pixels or not.
struct Interpolation {
  bool bilinear;
  bool full_pixel_chroma;

  static VP8_HD constexpr Interpolation of_version(int version) {
    return {version >= 1 && version <= 3, version == 3};
  }
};

/// A reference plane with its usable border in samples.
struct ReferencePlane {
  ConstPlaneView plane;
  int border;
};

/// The planes of a reference picture, whose borders are extended.
using ReferencePlanes = std::array<ReferencePlane, kPlanes>;

/// The planes of a picture whose borders are extended.
inline ReferencePlanes reference_planes(const Picture& picture) {
  return {ReferencePlane{picture.coded(kPlaneY), Picture::kBorder},
          ReferencePlane{picture.coded(kPlaneU), Picture::kBorder / 2},
          ReferencePlane{picture.coded(kPlaneV), Picture::kBorder / 2}};
}

/// The planes of all references of a state; those of absent references are empty.
inline std::array<ReferencePlanes, kRefFrames> planes_of(const References& references) {
  std::array<ReferencePlanes, kRefFrames> planes{};
  for (const RefFrame ref : {LAST_FRAME, GOLDEN_FRAME, ALTREF_FRAME}) {
    if (references[ref])
      planes[ref] = reference_planes(*references[ref]);
  }
  return planes;
}

/// A luma vector component in eighths of a sample.
VP8_HD constexpr int luma_eighths(int quarter_pixels) {
  return quarter_pixels * 2;
}

/// The chroma vector of a 2x2 group of subblocks, the upper left of which is `first`, in eighths of
/// a chroma sample: their mean, rounded away from 0, of which `full_pixel` drops the fraction.
VP8_HD constexpr MotionVector chroma_mv(const std::array<MotionVector, 16>& mvs,
                                        std::size_t first,
                                        bool full_pixel) {
  const auto mean = [full_pixel](int sum) {
    const int rounded = (sum + (sum < 0 ? -2 : 2)) / 4;
    return static_cast<std::int16_t>(full_pixel ? rounded & ~7 : rounded);
  };
  const MotionVector& a = mvs[first];
  const MotionVector& b = mvs[first + 1];
  const MotionVector& c = mvs[first + 4];
  const MotionVector& d = mvs[first + 5];
  return {mean(a.row + b.row + c.row + d.row), mean(a.col + b.col + c.col + d.col)};
}

/// Memory that the lanes of a team share while they predict a block of up to 16 x 16 samples.
struct PredictScratch {
  static constexpr std::ptrdiff_t kPatchStride = 32;
  static constexpr int kRows = 16 + 5;  // six-tap filters reach 2 samples before and 3 after

  /// Samples of a block that reaches beyond the border, two rows and columns before it first.
  alignas(16) std::uint8_t patch[kRows * kPatchStride];
  /// Filtered across, not yet down.
  alignas(16) std::uint8_t rows[kRows * 16];
};

}  // namespace vp8
