// Sub-pixel prediction, scalar: six-tap and bilinear interpolation of a block (RFC 6386 §18).
#pragma once

#include <cstddef>
#include <cstdint>

#include "codec/types.hh"

namespace vp8 {

/// Six-tap filters by eighths of a sample, in 1/128; tap 2 lies on the sample itself (§18.3).
/// Luma vectors use even rows only; odd rows have four taps.
VP8_TABLE std::int16_t kSixtapFilters[8][6] = {
    {0, 0, 128, 0, 0, 0},     {0, -6, 123, 12, -1, 0},  {2, -11, 108, 36, -8, 1},
    {0, -9, 93, 50, -6, 0},   {3, -16, 77, 77, -16, 3}, {0, -6, 50, 93, -9, 0},
    {1, -8, 36, 108, -11, 2}, {0, -1, 12, 123, -6, 0},
};

/// Bilinear filters by eighths of a sample, in 1/128; tap 0 lies on the sample itself (§18.3).
VP8_TABLE std::int16_t kBilinearFilters[8][2] = {{128, 0}, {112, 16}, {96, 32}, {80, 48},
                                                 {64, 64}, {48, 80},  {32, 96}, {16, 112}};

namespace scalar {

/// One interpolated sample: taps on p[-2 * step] .. p[3 * step], rounded and clamped to 0..255.
VP8_HD constexpr std::uint8_t sixtap(const std::uint8_t* p,
                                     std::ptrdiff_t step,
                                     const std::int16_t* taps) {
  int sum = 64;
  for (int k = 0; k < 6; ++k)
    sum += p[(k - 2) * step] * taps[k];
  const int value = sum >> 7;
  return static_cast<std::uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

/// One interpolated sample: taps on p[0] and p[step], rounded.
VP8_HD constexpr std::uint8_t bilinear(const std::uint8_t* p,
                                       std::ptrdiff_t step,
                                       const std::int16_t* taps) {
  return static_cast<std::uint8_t>((p[0] * taps[0] + p[step] * taps[1] + 64) >> 7);
}

/// Filters W x H samples at `src`, first across, then down, each time to 8 bits. `across` and
/// `down` are rows of kSixtapFilters, or null where that direction is not filtered.
template <int W, int H>
VP8_HD constexpr void filter_block_sixtap(const std::uint8_t* src,
                                          std::ptrdiff_t src_stride,
                                          const std::int16_t* across,
                                          const std::int16_t* down,
                                          std::uint8_t* dst,
                                          std::ptrdiff_t dst_stride) {
  std::uint8_t rows[(H + 5) * W] = {};
  for (int y = down == nullptr ? 0 : -2; y < (down == nullptr ? H : H + 3); ++y) {
    for (int x = 0; x < W; ++x) {
      const std::uint8_t* p = src + y * src_stride + x;
      rows[(y + 2) * W + x] = across == nullptr ? *p : sixtap(p, 1, across);
    }
  }
  for (int y = 0; y < H; ++y) {
    for (int x = 0; x < W; ++x) {
      const std::uint8_t* p = rows + (y + 2) * W + x;
      dst[y * dst_stride + x] = down == nullptr ? *p : sixtap(p, W, down);
    }
  }
}

/// The same with rows of kBilinearFilters.
template <int W, int H>
VP8_HD constexpr void filter_block_bilinear(const std::uint8_t* src,
                                            std::ptrdiff_t src_stride,
                                            const std::int16_t* across,
                                            const std::int16_t* down,
                                            std::uint8_t* dst,
                                            std::ptrdiff_t dst_stride) {
  std::uint8_t rows[(H + 1) * W] = {};
  for (int y = 0; y < (down == nullptr ? H : H + 1); ++y) {
    for (int x = 0; x < W; ++x) {
      const std::uint8_t* p = src + y * src_stride + x;
      rows[y * W + x] = across == nullptr ? *p : bilinear(p, 1, across);
    }
  }
  for (int y = 0; y < H; ++y) {
    for (int x = 0; x < W; ++x) {
      const std::uint8_t* p = rows + y * W + x;
      dst[y * dst_stride + x] = down == nullptr ? *p : bilinear(p, W, down);
    }
  }
}

/// Six-tap prediction of W x H samples at `src` moved right and down by x_eighths, y_eighths
/// (0..7). A direction with offset 0 is not filtered. Reads rows -2..H+2 if y_eighths is not 0 and
/// columns -2..W+2 if x_eighths is not 0.
template <int W, int H>
VP8_HD constexpr void predict_sixtap(const std::uint8_t* src,
                                     std::ptrdiff_t src_stride,
                                     int x_eighths,
                                     int y_eighths,
                                     std::uint8_t* dst,
                                     std::ptrdiff_t dst_stride) {
  const std::int16_t* across = x_eighths == 0 ? nullptr : kSixtapFilters[x_eighths];
  const std::int16_t* down = y_eighths == 0 ? nullptr : kSixtapFilters[y_eighths];
  filter_block_sixtap<W, H>(src, src_stride, across, down, dst, dst_stride);
}

/// Bilinear prediction, otherwise like predict_sixtap. Reads row H if y_eighths is not 0 and column
/// W if x_eighths is not 0.
template <int W, int H>
VP8_HD constexpr void predict_bilinear(const std::uint8_t* src,
                                       std::ptrdiff_t src_stride,
                                       int x_eighths,
                                       int y_eighths,
                                       std::uint8_t* dst,
                                       std::ptrdiff_t dst_stride) {
  const std::int16_t* across = x_eighths == 0 ? nullptr : kBilinearFilters[x_eighths];
  const std::int16_t* down = y_eighths == 0 ? nullptr : kBilinearFilters[y_eighths];
  filter_block_bilinear<W, H>(src, src_stride, across, down, dst, dst_stride);
}

}  // namespace scalar
}  // namespace vp8
