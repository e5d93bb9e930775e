// How far apart two blocks are: SAD, squared error, Hadamard cost, variance. The scalar
// definitions. `a` is the source and `b` the reference or prediction; strides are in samples.
#pragma once

#include <cstddef>
#include <cstdint>

#include "codec/types.hh"

namespace vp8::scalar {

VP8_HD constexpr int absolute(int x) {
  return x < 0 ? -x : x;
}

template <int kWidth, int kHeight>
VP8_HD constexpr std::uint32_t sad(const std::uint8_t* a,
                                   std::ptrdiff_t a_stride,
                                   const std::uint8_t* b,
                                   std::ptrdiff_t b_stride) {
  int sum = 0;
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      sum += absolute(a[y * a_stride + x] - b[y * b_stride + x]);
    }
  }
  return static_cast<std::uint32_t>(sum);
}

template <int kWidth, int kHeight>
VP8_HD constexpr std::uint32_t sse(const std::uint8_t* a,
                                   std::ptrdiff_t a_stride,
                                   const std::uint8_t* b,
                                   std::ptrdiff_t b_stride) {
  int sum = 0;
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const int difference = a[y * a_stride + x] - b[y * b_stride + x];
      sum += difference * difference;
    }
  }
  return static_cast<std::uint32_t>(sum);
}

/// Four-point Hadamard transform of x[0], x[step], x[2 step], x[3 step], in place.
VP8_HD constexpr void hadamard4(int* x, std::ptrdiff_t step) {
  const int a = x[0] + x[step];
  const int b = x[0] - x[step];
  const int c = x[2 * step] + x[3 * step];
  const int d = x[2 * step] - x[3 * step];
  x[0] = a + c;
  x[step] = b + d;
  x[2 * step] = a - c;
  x[3 * step] = b - d;
}

/// Sum of the absolute 4x4 Hadamard coefficients of a - b, not normalised; always even.
VP8_HD constexpr int hadamard_sum4x4(const std::uint8_t* a,
                                     std::ptrdiff_t a_stride,
                                     const std::uint8_t* b,
                                     std::ptrdiff_t b_stride) {
  int x[16] = {};
  for (std::ptrdiff_t i = 0; i < 16; ++i) {
    x[i] = a[i / 4 * a_stride + i % 4] - b[i / 4 * b_stride + i % 4];
  }
  for (std::ptrdiff_t i = 0; i < 4; ++i) {
    hadamard4(x + 4 * i, 1);
  }
  for (std::ptrdiff_t i = 0; i < 4; ++i) {
    hadamard4(x + i, 4);
  }
  int sum = 0;
  for (int value : x) {
    sum += absolute(value);
  }
  return sum;
}

/// Half the sum, over all 4x4 blocks, of the absolute Hadamard coefficients of a - b.
template <int kSize>
VP8_HD constexpr std::uint32_t satd(const std::uint8_t* a,
                                    std::ptrdiff_t a_stride,
                                    const std::uint8_t* b,
                                    std::ptrdiff_t b_stride) {
  int sum = 0;
  for (int y = 0; y < kSize; y += 4) {
    for (int x = 0; x < kSize; x += 4) {
      sum += hadamard_sum4x4(a + y * a_stride + x, a_stride, b + y * b_stride + x, b_stride);
    }
  }
  return static_cast<std::uint32_t>(sum + 1) >> 1;
}

// The names that the SIMD twins have too.
#define VP8_BLOCK_METRIC(name, body)                                                    \
  VP8_HD constexpr std::uint32_t name(const std::uint8_t* a, std::ptrdiff_t a_stride,   \
                                      const std::uint8_t* b, std::ptrdiff_t b_stride) { \
    return body(a, a_stride, b, b_stride);                                              \
  }
VP8_BLOCK_METRIC(sad16x16, (sad<16, 16>))
VP8_BLOCK_METRIC(sad8x8, (sad<8, 8>))
VP8_BLOCK_METRIC(sse16x16, (sse<16, 16>))
VP8_BLOCK_METRIC(sse8x8, (sse<8, 8>))
VP8_BLOCK_METRIC(satd16x16, satd<16>)
VP8_BLOCK_METRIC(satd8x8, satd<8>)
VP8_BLOCK_METRIC(satd4x4, satd<4>)
#undef VP8_BLOCK_METRIC

/// Squared distance of two coefficient blocks; every |a[i] - b[i]| must be at most 32767.
VP8_HD constexpr std::uint64_t residual_energy4x4(const std::int16_t a[16],
                                                  const std::int16_t b[16]) {
  std::uint64_t sum = 0;
  for (int i = 0; i < 16; ++i) {
    const std::int64_t difference = a[i] - b[i];
    sum += static_cast<std::uint64_t>(difference * difference);
  }
  return sum;
}

}  // namespace vp8::scalar
