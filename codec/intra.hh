// Intra prediction of macroblocks, chroma blocks and luma subblocks (RFC 6386 §12).
//
// Predictors read their neighbours in place, from the row above and the column left of the block:
//
//   P A A A A A A A A     A  above, P  above-left corner, L  left
//   L x x x x             x  the block
//   L x x x x
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "codec/types.hh"

namespace vp8 {

VP8_HD constexpr std::uint8_t clamp_pixel(int v) {
  return static_cast<std::uint8_t>(v < 0 ? 0 : v > 255 ? 255 : v);
}

/// Which neighbours of a macroblock lie inside the picture; only DC_PRED asks (§12.2).
struct Available {
  bool above;
  bool left;
};

/// The DC_PRED value of a kSize x kSize block at `at`: the mean of the available neighbours, 128 if
/// none.
template <int kSize>
VP8_HD std::uint8_t intra_dc(const std::uint8_t* at, std::ptrdiff_t stride, Available available) {
  int sum = 0;
  if (available.above) {
    for (int x = 0; x < kSize; ++x)
      sum += at[x - stride];
  }
  if (available.left) {
    for (int y = 0; y < kSize; ++y)
      sum += at[y * stride - 1];
  }
  constexpr int kLog2 = kSize == 16 ? 4 : 3;
  const int sides = (available.above ? 1 : 0) + (available.left ? 1 : 0);
  if (sides == 0)
    return 128;
  const int shift = kLog2 + sides - 1;
  return static_cast<std::uint8_t>((sum + (1 << (shift - 1))) >> shift);
}

/// Predicts a kSize x kSize block (16 luma, 8 chroma) with DC_PRED, V_PRED, H_PRED or TM_PRED. `at`
/// is the block's place in the picture, whose neighbours are read; the prediction goes to `out`,
/// which may be the same place.
template <int kSize>
VP8_HD void predict_intra(MbMode mode,
                          const std::uint8_t* at,
                          std::ptrdiff_t stride,
                          Available available,
                          std::uint8_t* out,
                          std::ptrdiff_t out_stride) {
  const std::uint8_t* above = at - stride;
  const std::uint8_t dc = mode == DC_PRED ? intra_dc<kSize>(at, stride, available) : 0;
  std::array<std::uint8_t, kSize> top;
  std::memcpy(top.data(), above, kSize);
  const int corner = above[-1];
  for (int y = 0; y < kSize; ++y, out += out_stride) {
    const std::uint8_t left = at[y * stride - 1];
    if (mode == TM_PRED) {
      const int base = left - corner;
      for (int x = 0; x < kSize; ++x)
        out[x] = clamp_pixel(top[static_cast<std::size_t>(x)] + base);
    } else if (mode == V_PRED) {
      std::memcpy(out, top.data(), kSize);
    } else {
      std::memset(out, mode == H_PRED ? left : dc, kSize);
    }
  }
}

/// Predicts a 4x4 luma subblock (§12.3). Holds the pixels around it from bottom left over the
/// corner to above right:
///   edge[0..3] left column, lowest first; edge[4] corner; edge[5..12] eight pixels above
/// and the means of 2 and of 3 neighbours along it, of which all directional modes are made.
class SubblockPredictor {
 public:
  /// `at` is the subblock's place in the picture; `above_right` has the four pixels after the row
  /// above it.
  VP8_HD SubblockPredictor(const std::uint8_t* at,
                           std::ptrdiff_t stride,
                           const std::uint8_t* above_right) {
    // One more pixel at each end repeats the last, as the outermost means want it.
    std::array<std::uint8_t, 15> wide;
    for (int i = 0; i < 4; ++i)
      wide[static_cast<std::size_t>(4 - i)] = at[i * stride - 1];
    std::memcpy(&wide[5], at - stride - 1, 5);
    std::memcpy(&wide[10], above_right, 4);
    wide[0] = wide[1];
    wide[14] = wide[13];
    std::memcpy(edge_.data(), &wide[1], 13);
    for (std::size_t i = 0; i < 13; ++i) {
      mean2_[i] = static_cast<std::uint8_t>((wide[i + 1] + wide[i + 2] + 1) >> 1);
      mean3_[i] = static_cast<std::uint8_t>((wide[i] + 2 * wide[i + 1] + wide[i + 2] + 2) >> 2);
    }
  }

  /// Writes the 4x4 prediction.
  VP8_HD void predict(SubblockMode mode, std::uint8_t* out, std::ptrdiff_t stride) const {
    const auto row = [&](int y, const std::uint8_t* four) {
      std::memcpy(out + y * stride, four, 4);
    };
    switch (mode) {
      case B_DC_PRED: {
        int sum = 4;
        for (std::size_t i = 0; i < 4; ++i)
          sum += edge_[i] + edge_[kA + i];
        for (int y = 0; y < 4; ++y)
          std::memset(out + y * stride, sum >> 3, 4);
        return;
      }
      case B_TM_PRED:
        for (int y = 0; y < 4; ++y) {
          const int base = edge_[static_cast<std::size_t>(3 - y)] - edge_[4];
          for (std::size_t x = 0; x < 4; ++x)
            out[y * stride + static_cast<std::ptrdiff_t>(x)] = clamp_pixel(edge_[kA + x] + base);
        }
        return;
      case B_VE_PRED:
        for (int y = 0; y < 4; ++y)
          row(y, &mean3_[kA]);
        return;
      case B_HE_PRED:
        for (int y = 0; y < 4; ++y)
          std::memset(out + y * stride, mean3_[static_cast<std::size_t>(3 - y)], 4);
        return;
      case B_LD_PRED:
        for (int y = 0; y < 4; ++y)
          row(y, &mean3_[kA + 1 + static_cast<std::size_t>(y)]);
        return;
      case B_RD_PRED:
        for (int y = 0; y < 4; ++y)
          row(y, &mean3_[static_cast<std::size_t>(4 - y)]);
        return;
      default:
        predict_steep(mode, out, stride);
    }
  }

 private:
  static constexpr std::size_t kA = 5;  // index of the first pixel above

  // The four modes that alternate between means of 2 and of 3.
  VP8_HD void predict_steep(SubblockMode mode, std::uint8_t* out, std::ptrdiff_t stride) const {
    const auto row = [&](int y, std::array<std::uint8_t, 4> four) {
      std::memcpy(out + y * stride, four.data(), 4);
    };
    const auto& m2 = mean2_;
    const auto& m3 = mean3_;
    switch (mode) {
      case B_VR_PRED:
        row(0, {m2[4], m2[5], m2[6], m2[7]});
        row(1, {m3[4], m3[5], m3[6], m3[7]});
        row(2, {m3[3], m2[4], m2[5], m2[6]});
        row(3, {m3[2], m3[4], m3[5], m3[6]});
        return;
      case B_VL_PRED:
        row(0, {m2[5], m2[6], m2[7], m2[8]});
        row(1, {m3[6], m3[7], m3[8], m3[9]});
        row(2, {m2[6], m2[7], m2[8], m3[10]});
        row(3, {m3[7], m3[8], m3[9], m3[11]});
        return;
      case B_HD_PRED:
        row(0, {m2[3], m3[4], m3[5], m3[6]});
        row(1, {m2[2], m3[3], m2[3], m3[4]});
        row(2, {m2[1], m3[2], m2[2], m3[3]});
        row(3, {m2[0], m3[1], m2[1], m3[2]});
        return;
      default:  // B_HU_PRED
        row(0, {m2[2], m3[2], m2[1], m3[1]});
        row(1, {m2[1], m3[1], m2[0], m3[0]});
        row(2, {m2[0], m3[0], edge_[0], edge_[0]});
        row(3, {edge_[0], edge_[0], edge_[0], edge_[0]});
    }
  }

  std::array<std::uint8_t, 13> edge_;
  std::array<std::uint8_t, 13> mean2_;
  std::array<std::uint8_t, 13> mean3_;
};

}  // namespace vp8
