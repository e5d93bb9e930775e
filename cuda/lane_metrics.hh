// How far apart two blocks are, worked out by a team of lanes. Equal to codec/metrics.hh.
//
// `a` is aligned to 4 bytes, `b` lies anywhere, both strides are multiples of 4.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "cuda/lane_subblock.hh"
#include "cuda/lane_words.hh"

namespace gpu::lane {

template <int N, class Team>
VP8_HD std::uint32_t sad(const Team& team,
                         const std::uint8_t* a,
                         std::ptrdiff_t as,
                         const std::uint8_t* b,
                         std::ptrdiff_t bs) {
  constexpr int kWords = N / 4;
  const words::AnyRows rows(b, bs);
  return team.sum(N * kWords, [&](int i) {
    const int y = i / kWords;
    const int x = i % kWords * 4;
    return words::sad(words::load(a + y * as + x), rows.four(y, x), 0);
  });
}

template <int N, class Team>
VP8_HD std::uint32_t sse(const Team& team,
                         const std::uint8_t* a,
                         std::ptrdiff_t as,
                         const std::uint8_t* b,
                         std::ptrdiff_t bs) {
  constexpr int kWords = N / 4;
  const words::AnyRows rows(b, bs);
  return team.sum(N * kWords, [&](int i) {
    const int y = i / kWords;
    const int x = i % kWords * 4;
    const std::uint32_t four_a = words::load(a + y * as + x);
    const std::uint32_t four_b = rows.four(y, x);
    const std::uint32_t squares =
        words::dot_samples(four_a, four_a, words::dot_samples(four_b, four_b, 0));
    return squares - 2 * words::dot_samples(four_a, four_b, 0);
  });
}

/// The signs of the four Hadamard patterns of a row, a byte each; and of the same turned round.
VP8_HD constexpr std::uint32_t hadamard_signs(int pattern) {
  return pattern == 0   ? 0x01010101u
         : pattern == 1 ? 0xFF01FF01u
         : pattern == 2 ? 0xFFFF0101u
                        : 0x01FFFF01u;
}
VP8_HD constexpr std::uint32_t opposite_signs(std::uint32_t signs) {
  return signs ^ 0xFEFEFEFEu;
}

/// Half the sum of the absolute Hadamard coefficients of a column, given after the transform of its
/// rows: |x + y| + |x - y| is twice the larger of |x| and |y|.
VP8_HD inline std::uint32_t half_hadamard_column(int r0, int r1, int r2, int r3) {
  const auto larger = [](int x, int y) {
    const int p = x < 0 ? -x : x;
    const int q = y < 0 ? -y : y;
    return static_cast<std::uint32_t>(p > q ? p : q);
  };
  return larger(r0 + r1, r2 + r3) + larger(r0 - r1, r2 - r3);
}

/// A lane a block of 4x4 and pattern.
template <int N, class Team>
VP8_HD std::uint32_t satd(const Team& team,
                          const std::uint8_t* a,
                          std::ptrdiff_t as,
                          const std::uint8_t* b,
                          std::ptrdiff_t bs) {
  constexpr int kBlocks = N / 4;  // in a row
  const words::AnyRows rows(b, bs);
  return team.sum(kBlocks * kBlocks * 4, [&](int i) {
    const int y = i / (kBlocks * 4) * 4;
    const int x = i / 4 % kBlocks * 4;
    const std::uint32_t plus = hadamard_signs(i % 4);
    const std::uint32_t minus = opposite_signs(plus);
    const std::uint8_t* at = a + y * as + x;
    const auto row = [&](int r) {
      return words::dot(words::load(at + r * as), plus, words::dot(rows.four(y + r, x), minus, 0));
    };
    return half_hadamard_column(row(0), row(1), row(2), row(3));
  });
}

/// SATD of two 4x4 blocks by one lane.
VP8_HD inline std::uint32_t satd4x4(const FourRows& a, const FourRows& b) {
  std::uint32_t sum = 0;
  for (int pattern = 0; pattern < 4; ++pattern) {
    const std::uint32_t plus = hadamard_signs(pattern);
    const std::uint32_t minus = opposite_signs(plus);
    const auto row = [&](std::uint32_t of_a, std::uint32_t of_b) {
      return words::dot(of_a, plus, words::dot(of_b, minus, 0));
    };
    sum += half_hadamard_column(row(a.r0, b.r0), row(a.r1, b.r1), row(a.r2, b.r2), row(a.r3, b.r3));
  }
  return sum;
}

/// A lane a mode.
template <class Team>
VP8_HD void subblock_satds(const Team& team,
                           const std::uint8_t* at,
                           std::ptrdiff_t stride,
                           const std::uint8_t* above_right,
                           const std::uint8_t* src,
                           std::ptrdiff_t src_stride,
                           std::uint32_t* satds) {
  team.each(vp8::kSubblockModes, [&](int mode) {
    const SubblockWords around(at, stride, above_right);
    const FourRows source{words::load(src), words::load(src + src_stride),
                          words::load(src + 2 * src_stride), words::load(src + 3 * src_stride)};
    satds[mode] = satd4x4(source, around.predict(static_cast<vp8::SubblockMode>(mode)));
  });
}

}  // namespace gpu::lane
