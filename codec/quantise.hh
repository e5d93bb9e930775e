// Quantisation of 4x4 blocks and its inverse (RFC 6386 §9.6, §14.1), in scalar form.
#pragma once

#include <cstddef>
#include <cstdint>

#include "codec/types.hh"

namespace vp8 {

/// kZigzag of codec/tables.hh, four bits an entry: kernels cannot index a host table.
inline constexpr std::uint64_t kZigzagNibbles = 0xFEB7ADC963258410;

/// Where quantisation stops, below the kMaxLevel that the bitstream can carry.
inline constexpr int kMaxQuantisedLevel = 2047;

/// The quantiser of a kind of block, by raster position. With n = |c| + round[i],
/// n / step[i] = (n * recip[i] >> 16) * scale[i] >> 16 exactly for all n <= 32767 + step[i] and
/// steps of 4 to 512.
struct BlockQuantiser {
  alignas(32) std::int16_t step[16] = {};
  alignas(32) std::uint16_t round[16] = {};
  alignas(32) std::uint16_t recip[16] = {};
  alignas(32) std::uint16_t scale[16] = {};
};

/// Steps of 4 to 512; rounds, in units of the coefficient, of 0 to the step.
VP8_HD constexpr BlockQuantiser make_quantiser(int dc_step,
                                               int ac_step,
                                               int dc_round,
                                               int ac_round) {
  BlockQuantiser q;
  for (int i = 0; i < 16; ++i) {
    const int step = i == 0 ? dc_step : ac_step;
    int shift = 1;  // floor(log2(step - 1)): recip then has its top bit set and fits 16 bits
    while ((step - 1) >> (shift + 1) != 0) {
      ++shift;
    }
    q.step[i] = static_cast<std::int16_t>(step);
    q.round[i] = static_cast<std::uint16_t>(i == 0 ? dc_round : ac_round);
    q.recip[i] = static_cast<std::uint16_t>(((1 << (16 + shift)) + step - 1) / step);
    q.scale[i] = static_cast<std::uint16_t>(1 << (16 - shift));
  }
  return q;
}

namespace scalar {

/// levels = sign(c) * floor((|c| + round) / step), at most kMaxQuantisedLevel, for |c| <= 32767;
/// dequantised = level * step in 16 bits; both in raster order. Returns one past the last nonzero
/// level in zigzag order, 0 if there is none.
VP8_HD constexpr int quantise4x4(const std::int16_t coefs[16],
                                 const BlockQuantiser& q,
                                 std::int16_t levels[16],
                                 std::int16_t dequantised[16]) {
  int end = 0;
  for (int position = 0; position < 16; ++position) {
    const int i = static_cast<int>(kZigzagNibbles >> (4 * position) & 15);
    const int magnitude = coefs[i] < 0 ? -coefs[i] : coefs[i];
    const int quotient = (magnitude + q.round[i]) / q.step[i];
    const int clamped = quotient < kMaxQuantisedLevel ? quotient : kMaxQuantisedLevel;
    const int level = coefs[i] < 0 ? -clamped : clamped;
    levels[i] = static_cast<std::int16_t>(level);
    dequantised[i] = static_cast<std::int16_t>(level * q.step[i]);
    if (level != 0) {
      end = position + 1;
    }
  }
  return end;
}

/// out = levels * step in 16 bits.
VP8_HD constexpr void dequantise4x4(const std::int16_t levels[16],
                                    int dc_step,
                                    int ac_step,
                                    std::int16_t out[16]) {
  for (int i = 0; i < 16; ++i) {
    out[i] = static_cast<std::int16_t>(levels[i] * (i == 0 ? dc_step : ac_step));
  }
}

}  // namespace scalar
}  // namespace vp8
