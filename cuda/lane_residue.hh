// The residue of blocks worked out by a team of lanes: transforms, quantisation, reconstruction
// (RFC 6386 §14). Equal to codec/transform.hh and codec/quantise.hh.
//
// Blocks are 16 coefficients in raster order, aligned to 8 bytes; samples are aligned to 4 bytes
// and their strides are multiples of 4.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "codec/metrics.hh"
#include "codec/quantise.hh"
#include "codec/transform.hh"
#include "cuda/lane_words.hh"

namespace gpu::lane {

using Blocks = std::int16_t (*)[16];
using ConstBlocks = const std::int16_t (*)[16];

/// Reads and writes four coefficients side by side.
struct FourCoefs {
  int x[4];

  static VP8_HD FourCoefs load(const std::int16_t* p) {
    const auto both = words::load<std::uint64_t>(p);
    const auto low = static_cast<std::uint32_t>(both);
    const auto high = static_cast<std::uint32_t>(both >> 32);
    return {{words::low16(low), words::high16(low), words::low16(high), words::high16(high)}};
  }
  VP8_HD void store(std::int16_t* p) const {
    const std::uint64_t low = words::pack16(x[0], x[1]);
    const std::uint64_t high = words::pack16(x[2], x[3]);
    words::store(p, low | high << 32);
  }
};

/// Two coefficients side by side: a lane's share of a block where there is no more to share.
struct TwoCoefs {
  int x[2];

  static VP8_HD TwoCoefs load(const void* p) {
    const std::uint32_t both = words::load(p);
    return {{words::low16(both), words::high16(both)}};
  }
};

/// The DCT of source - prediction over N x N samples. A lane a column of a block, then a lane a
/// row; in between the coefficients have 16 bits, which is enough.
template <int N, class Team>
VP8_HD void residual_dct(const Team& team,
                         const std::uint8_t* src,
                         std::ptrdiff_t ss,
                         const std::uint8_t* prediction,
                         std::ptrdiff_t ps,
                         Blocks coefs) {
  constexpr int kBlocks = N / 4;  // in a row
  team.each(N * kBlocks, [&](int i) {
    const int x = i % N;
    const int y = i / N * 4;
    int column[4] = {};
    for (int r = 0; r < 4; ++r)
      column[r] = (src[(y + r) * ss + x] - prediction[(y + r) * ps + x]) * 8;
    vp8::scalar::forward_dct4(column, 1);
    std::int16_t* out = coefs[i / N * kBlocks + x / 4] + x % 4;
    for (int r = 0; r < 4; ++r)
      out[4 * r] = vp8::scalar::wrap16(column[r]);
  });
  team.each(N * kBlocks, [&](int i) {
    FourCoefs row = FourCoefs::load(coefs[0] + 4 * i);
    vp8::scalar::forward_dct4(row.x, 1);
    for (int& x : row.x)
      x = (x + 8 - (x < 0 ? 1 : 0)) >> 4;
    row.store(coefs[0] + 4 * i);
  });
}

/// The vertical pass that both directions of the Walsh-Hadamard transform begin with, in 16 bits.
template <class Team>
VP8_HD void wht_columns(const Team& team, const std::int16_t* in, std::int16_t* out) {
  team.each(4, [&](int c) {
    int column[4] = {in[c], in[c + 4], in[c + 8], in[c + 12]};
    vp8::scalar::wht4(column, 1);
    for (int r = 0; r < 4; ++r)
      out[4 * r + c] = vp8::scalar::wrap16(column[r]);
  });
}

template <class Team>
VP8_HD void forward_wht(const Team& team, const std::int16_t* in, std::int16_t* out) {
  wht_columns(team, in, out);
  team.each(4, [&](int r) {
    FourCoefs row = FourCoefs::load(out + 4 * r);
    vp8::scalar::wht4(row.x, 1);
    for (int c = 0; c < 4; ++c)
      row.x[c] = (row.x[c] + (vp8::scalar::wht_rounds_up(4 * r + c) ? 1 : 0)) >> 1;
    row.store(out + 4 * r);
  });
}

template <class Team>
VP8_HD void inverse_wht(const Team& team, const std::int16_t* in, std::int16_t* out) {
  wht_columns(team, in, out);
  team.each(4, [&](int r) {
    FourCoefs row = FourCoefs::load(out + 4 * r);
    vp8::scalar::wht4(row.x, 1);
    for (int& x : row.x)
      x = (x + 3) >> 3;
    row.store(out + 4 * r);
  });
}

/// Quantises one coefficient.
VP8_HD inline int level_of(int coef, int round, int recip, int scale) {
  const auto n = static_cast<std::uint32_t>((coef < 0 ? -coef : coef) + round);
  const std::uint32_t scaled = n * static_cast<std::uint32_t>(recip) >> 16;
  const auto quotient = static_cast<int>(scaled * static_cast<std::uint32_t>(scale) >> 16);
  const int magnitude = quotient < vp8::kMaxQuantisedLevel ? quotient : vp8::kMaxQuantisedLevel;
  return coef < 0 ? -magnitude : magnitude;
}

/// One past the last nonzero level of a block in zigzag order.
VP8_HD inline int end_of_block(const std::int16_t* levels) {
  std::uint32_t coded = 0;  // bit p + 1: position p has a level
  const FourCoefs rows[4] = {FourCoefs::load(levels), FourCoefs::load(levels + 4),
                             FourCoefs::load(levels + 8), FourCoefs::load(levels + 12)};
  for (int position = 0; position < 16; ++position) {
    const int i = static_cast<int>(vp8::kZigzagNibbles >> (4 * position) & 15);
    coded |= rows[i / 4].x[i % 4] != 0 ? 2u << position : 0u;
  }
  return static_cast<int>(std::bit_width(coded | 1)) - 1;
}

/// A lane two coefficients, then a lane a block.
template <class Team>
VP8_HD void quantise(const Team& team,
                     ConstBlocks coefs,
                     int count,
                     const vp8::BlockQuantiser& q,
                     Blocks levels,
                     Blocks dequantised,
                     std::uint8_t* ends) {
  team.each(count * 8, [&](int i) {
    const int at = i % 8 * 2;
    const TwoCoefs c = TwoCoefs::load(coefs[0] + 2 * i);
    const std::uint32_t round = words::load(q.round + at);
    const std::uint32_t recip = words::load(q.recip + at);
    const std::uint32_t scale = words::load(q.scale + at);
    const TwoCoefs step = TwoCoefs::load(q.step + at);
    const auto low = [](std::uint32_t w) { return static_cast<int>(w & 0xFFFF); };
    const auto high = [](std::uint32_t w) { return static_cast<int>(w >> 16); };
    const int first = level_of(c.x[0], low(round), low(recip), low(scale));
    const int second = level_of(c.x[1], high(round), high(recip), high(scale));
    words::store(levels[0] + 2 * i, words::pack16(first, second));
    words::store(dequantised[0] + 2 * i, words::pack16(first * step.x[0], second * step.x[1]));
  });
  team.each(count, [&](int b) { ends[b] = static_cast<std::uint8_t>(end_of_block(levels[b])); });
}

/// The sum over `count` blocks of their residual_energy4x4.
template <class Team>
VP8_HD std::uint64_t residual_energy(const Team& team,
                                     ConstBlocks coefs,
                                     ConstBlocks dequantised,
                                     int count) {
  return team.sum(count * 8, [&](int i) {
    const TwoCoefs a = TwoCoefs::load(coefs[0] + 2 * i);
    const TwoCoefs b = TwoCoefs::load(dequantised[0] + 2 * i);
    const int first = a.x[0] - b.x[0];
    const int second = a.x[1] - b.x[1];
    // Each square is below 2^30.
    return std::uint64_t{static_cast<std::uint32_t>(first * first) +
                         static_cast<std::uint32_t>(second * second)};
  });
}

/// True if all of `count` blocks quantise to zero.
template <class Team>
VP8_HD bool quantises_to_nothing(const Team& team,
                                 ConstBlocks coefs,
                                 int count,
                                 const vp8::BlockQuantiser& q) {
  const auto survives = [](int coef, int round, int step) {
    return (coef < 0 ? -coef : coef) + round >= step;
  };
  const std::uint32_t survivors = team.sum(count * 8, [&](int i) {
    const int at = i % 8 * 2;
    const TwoCoefs c = TwoCoefs::load(coefs[0] + 2 * i);
    const TwoCoefs round = TwoCoefs::load(q.round + at);
    const TwoCoefs step = TwoCoefs::load(q.step + at);
    return survives(c.x[0], round.x[0], step.x[0]) || survives(c.x[1], round.x[1], step.x[1]) ? 1u
                                                                                              : 0u;
  });
  return survivors == 0;
}

/// Row `y` of the vertical pass of the inverse DCT of a column, in 16 bits: the outer rows are
/// x0 + x2 +- d, the inner ones x0 - x2 +- c, c and d as in scalar::inverse_dct4.
struct InverseColumn {
  int outer_sign;   // 1 in rows 0 and 3, -1 in rows 1 and 2
  int upper_sign;   // 1 in rows 0 and 1, -1 in rows 2 and 3
  int first_scale;  // of x1
  int second_scale;

  static VP8_HD InverseColumn of_row(int y) {
    const bool outer = y == 0 || y == 3;
    return {outer ? 1 : -1, y < 2 ? 1 : -1, outer ? vp8::kCosMinus1Q16 : vp8::kSinQ16,
            outer ? vp8::kSinQ16 : vp8::kCosMinus1Q16};
  }

  VP8_HD int operator()(int x0, int x1, int x2, int x3) const {
    const int whole = outer_sign > 0 ? x1 : -x3;
    const int turned = (x1 * first_scale >> 16) + outer_sign * (x3 * second_scale >> 16) + whole;
    return vp8::scalar::wrap16(x0 + outer_sign * x2 + upper_sign * turned);
  }
};

/// Row `y` of a block's residue.
VP8_HD inline FourCoefs residue_row(const std::int16_t* block, int y) {
  const FourCoefs r0 = FourCoefs::load(block);
  const FourCoefs r1 = FourCoefs::load(block + 4);
  const FourCoefs r2 = FourCoefs::load(block + 8);
  const FourCoefs r3 = FourCoefs::load(block + 12);
  const InverseColumn column = InverseColumn::of_row(y);
  FourCoefs row{};
  for (int c = 0; c < 4; ++c)
    row.x[c] = column(r0.x[c], r1.x[c], r2.x[c], r3.x[c]);
  vp8::scalar::inverse_dct4(row.x, 1);
  for (int& x : row.x)
    x = (x + 4) >> 3;
  return row;
}

/// Adds the residue of columns x rows blocks, 1, 2 or 4 columns, to the samples at `at`; of blocks
/// whose end is 0 only the DC counts. A lane a row of a block.
template <class Team>
VP8_HD void add_residue(const Team& team,
                        ConstBlocks dequantised,
                        const std::uint8_t* ends,
                        int columns,
                        int rows,
                        std::uint8_t* at,
                        std::ptrdiff_t stride) {
  team.each(columns * rows * 4, [&](int i) {
    const int b = i / 4;
    const int y = i % 4;
    const int block_row = columns == 4 ? b / 4 : columns == 2 ? b / 2 : b;
    FourCoefs residue{};
    if (ends[b] != 0) {
      residue = residue_row(dequantised[b], y);
    } else {
      const int dc = (dequantised[b][0] + 4) >> 3;
      if (dc == 0)
        return;
      residue = {{dc, dc, dc, dc}};
    }
    std::uint8_t* place = at + (block_row * 4 + y) * stride + (b - block_row * columns) * 4;
    const std::uint32_t before = words::load(place);
    const auto sum = [&](int c) {
      return vp8::scalar::clamp_sample(words::byte(before, c) + residue.x[c]);
    };
    words::store(place, words::pack(sum(0), sum(1), sum(2), sum(3)));
  });
}

}  // namespace gpu::lane
