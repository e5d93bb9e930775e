// The 4x4 DCT and Walsh-Hadamard transform and their inverses (RFC 6386 §14.3, §14.4), in scalar
// form. Blocks are 16 coefficients in raster order.
#pragma once

#include <cstddef>
#include <cstdint>

#include "codec/types.hh"

namespace vp8 {

// sqrt(2) cos(pi/8) = 1 + kCosMinus1Q16 / 65536 and sqrt(2) sin(pi/8), as §14.3 rounds them ...
inline constexpr int kCosMinus1Q16 = 20091;
inline constexpr int kSinQ16 = 35468;
// ... and for the forward transform.
inline constexpr int kCosMinus1Q15 = 10045;
inline constexpr int kSinQ15 = 17734;

// Below this magnitude of all coefficients no step of the inverse DCT exceeds 16 bits.
inline constexpr int kInverseDct16BitLimit = 2048;

namespace scalar {

VP8_HD constexpr std::int16_t wrap16(int x) {
  return static_cast<std::int16_t>(x);
}
VP8_HD constexpr std::uint8_t clamp_sample(int x) {
  return static_cast<std::uint8_t>(x < 0 ? 0 : x > 255 ? 255 : x);
}

/// x * c / 2^15, rounded to nearest.
VP8_HD constexpr int multiply_q15(int x, int c) {
  return (x * c + (1 << 14)) >> 15;
}

/// Four-point forward DCT of x[0], x[step], x[2 step], x[3 step], in place; twice orthonormal.
VP8_HD constexpr void forward_dct4(int* x, std::ptrdiff_t step) {
  const int a = x[0] + x[3 * step];
  const int b = x[step] + x[2 * step];
  const int c = x[step] - x[2 * step];
  const int d = x[0] - x[3 * step];
  x[0] = a + b;
  x[step] = d + multiply_q15(d, kCosMinus1Q15) + multiply_q15(c, kSinQ15);
  x[2 * step] = a - b;
  x[3 * step] = multiply_q15(d, kSinQ15) - c - multiply_q15(c, kCosMinus1Q15);
}

/// Forward DCT of a residual, |x| <= 255, at the scale of the inverse: a constant d gives DC 8 d.
/// Coefficients stay within +-2040; halves round away from zero.
VP8_HD constexpr void forward_dct4x4(const std::int16_t residual[16], std::int16_t coefs[16]) {
  int x[16] = {};
  for (std::ptrdiff_t i = 0; i < 16; ++i) {
    x[i] = residual[i] * 8;  // three bits of fraction: the most that 16 bits hold
  }
  for (std::ptrdiff_t i = 0; i < 4; ++i) {
    forward_dct4(x + i, 4);
  }
  for (std::ptrdiff_t i = 0; i < 4; ++i) {
    forward_dct4(x + 4 * i, 1);
  }
  for (std::ptrdiff_t i = 0; i < 16; ++i) {
    coefs[i] = wrap16((x[i] + 8 - (x[i] < 0)) >> 4);
  }
}

/// The DCT of source - prediction over `kSize` x `kSize` samples; 4x4 blocks in raster order.
template <int kSize>
VP8_HD constexpr void residual_dct(const std::uint8_t* src,
                                   std::ptrdiff_t src_stride,
                                   const std::uint8_t* pred,
                                   std::ptrdiff_t pred_stride,
                                   std::int16_t (*coefs)[16]) {
  for (std::ptrdiff_t y = 0; y < kSize; y += 4) {
    for (std::ptrdiff_t x = 0; x < kSize; x += 4) {
      std::int16_t residual[16] = {};
      for (std::ptrdiff_t i = 0; i < 16; ++i) {
        const std::ptrdiff_t row = y + i / 4;
        const std::ptrdiff_t col = x + i % 4;
        residual[i] = wrap16(src[row * src_stride + col] - pred[row * pred_stride + col]);
      }
      forward_dct4x4(residual, coefs[y / 4 * (kSize / 4) + x / 4]);
    }
  }
}

VP8_HD constexpr void residual_dct16x16(const std::uint8_t* src,
                                        std::ptrdiff_t src_stride,
                                        const std::uint8_t* pred,
                                        std::ptrdiff_t pred_stride,
                                        std::int16_t coefs[16][16]) {
  residual_dct<16>(src, src_stride, pred, pred_stride, coefs);
}

VP8_HD constexpr void residual_dct8x8(const std::uint8_t* src,
                                      std::ptrdiff_t src_stride,
                                      const std::uint8_t* pred,
                                      std::ptrdiff_t pred_stride,
                                      std::int16_t coefs[4][16]) {
  residual_dct<8>(src, src_stride, pred, pred_stride, coefs);
}

VP8_HD constexpr void residual_dct4x4(const std::uint8_t* src,
                                      std::ptrdiff_t src_stride,
                                      const std::uint8_t* pred,
                                      std::ptrdiff_t pred_stride,
                                      std::int16_t coefs[16]) {
  std::int16_t residual[16] = {};
  for (std::ptrdiff_t i = 0; i < 16; ++i) {
    residual[i] = wrap16(src[i / 4 * src_stride + i % 4] - pred[i / 4 * pred_stride + i % 4]);
  }
  forward_dct4x4(residual, coefs);
}

/// One four-point step of the Walsh-Hadamard transform, its own inverse but for a factor of 4.
VP8_HD constexpr void wht4(int* x, std::ptrdiff_t step) {
  const int a = x[0] + x[3 * step];
  const int b = x[step] + x[2 * step];
  const int c = x[step] - x[2 * step];
  const int d = x[0] - x[3 * step];
  x[0] = a + b;
  x[step] = c + d;
  x[2 * step] = a - b;
  x[3 * step] = d - c;
}

/// Whether forward_wht4x4 rounds the half of coefficient i up. All 16 sums before halving are odd
/// or all are even. As +-1 this pattern is bent: its own transform is +-4 everywhere, so that the
/// rounding errors reach the inverse as +-2 of 8, and the inverse gives the input back exactly.
VP8_HD constexpr bool wht_rounds_up(std::ptrdiff_t i) {
  return (i % 4 == 3) == (i / 4 == 3);
}

/// Forward WHT of |in| <= 2047; inverse_wht4x4 undoes it without loss.
VP8_HD constexpr void forward_wht4x4(const std::int16_t in[16], std::int16_t out[16]) {
  int x[16] = {};
  for (std::ptrdiff_t i = 0; i < 16; ++i) {
    x[i] = in[i];
  }
  for (std::ptrdiff_t i = 0; i < 4; ++i) {
    wht4(x + i, 4);
  }
  for (std::ptrdiff_t i = 0; i < 4; ++i) {
    wht4(x + 4 * i, 1);
  }
  for (std::ptrdiff_t i = 0; i < 16; ++i) {
    out[i] = wrap16((x[i] + wht_rounds_up(i)) >> 1);
  }
}

/// Inverse WHT (§14.3): the vertical pass is kept in 16 bits, the horizontal one in 32.
VP8_HD constexpr void inverse_wht4x4(const std::int16_t in[16], std::int16_t out[16]) {
  int x[16] = {};
  for (std::ptrdiff_t i = 0; i < 16; ++i) {
    x[i] = in[i];
  }
  for (std::ptrdiff_t i = 0; i < 4; ++i) {
    wht4(x + i, 4);
  }
  for (std::ptrdiff_t i = 0; i < 16; ++i) {
    x[i] = wrap16(x[i]);
  }
  for (std::ptrdiff_t i = 0; i < 4; ++i) {
    wht4(x + 4 * i, 1);
  }
  for (std::ptrdiff_t i = 0; i < 16; ++i) {
    out[i] = wrap16((x[i] + 3) >> 3);
  }
}

/// Four-point inverse DCT (§14.3) of x[0], x[step], x[2 step], x[3 step], in place.
VP8_HD constexpr void inverse_dct4(int* x, std::ptrdiff_t step) {
  const int p = x[step];
  const int q = x[3 * step];
  const int a = x[0] + x[2 * step];
  const int b = x[0] - x[2 * step];
  const int c = (p * kSinQ16 >> 16) - (q + (q * kCosMinus1Q16 >> 16));
  const int d = p + (p * kCosMinus1Q16 >> 16) + (q * kSinQ16 >> 16);
  x[0] = a + d;
  x[step] = b + c;
  x[2 * step] = b - c;
  x[3 * step] = a - d;
}

/// Adds the inverse DCT of any 16-bit coefficients to a prediction; `dst` may be `pred`.
VP8_HD constexpr void inverse_dct_add4x4(const std::int16_t coefs[16],
                                         const std::uint8_t* pred,
                                         std::ptrdiff_t pred_stride,
                                         std::uint8_t* dst,
                                         std::ptrdiff_t dst_stride) {
  int x[16] = {};
  for (std::ptrdiff_t i = 0; i < 16; ++i) {
    x[i] = coefs[i];
  }
  for (std::ptrdiff_t i = 0; i < 4; ++i) {
    inverse_dct4(x + i, 4);
  }
  for (std::ptrdiff_t i = 0; i < 16; ++i) {
    x[i] = wrap16(x[i]);
  }
  for (std::ptrdiff_t i = 0; i < 4; ++i) {
    inverse_dct4(x + 4 * i, 1);
  }
  for (std::ptrdiff_t i = 0; i < 16; ++i) {
    const int prediction = pred[i / 4 * pred_stride + i % 4];
    dst[i / 4 * dst_stride + i % 4] = clamp_sample(prediction + ((x[i] + 4) >> 3));
  }
}

/// inverse_dct_add4x4 of a block that has only a DC coefficient.
VP8_HD constexpr void inverse_dc_add4x4(int dc,
                                        const std::uint8_t* pred,
                                        std::ptrdiff_t pred_stride,
                                        std::uint8_t* dst,
                                        std::ptrdiff_t dst_stride) {
  for (std::ptrdiff_t i = 0; i < 16; ++i) {
    const int prediction = pred[i / 4 * pred_stride + i % 4];
    dst[i / 4 * dst_stride + i % 4] = clamp_sample(prediction + ((dc + 4) >> 3));
  }
}

}  // namespace scalar
}  // namespace vp8
