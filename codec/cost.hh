// What symbols cost: rates in 1/256 bit from probabilities (RFC 6386 §7, §13, §17).
#pragma once

#include <array>
#include <cstdint>

#include "codec/modes.hh"
#include "codec/state.hh"
#include "codec/tables.hh"

namespace vp8 {

/// A rate in 1/256 bit.
using Rate = std::int32_t;

namespace detail {

// -256 log2(x / 256), rounded, by repeated squaring of x / 256 in 1.31 fixed point.
constexpr std::uint16_t bit_cost(unsigned x) {
  std::uint64_t mantissa = static_cast<std::uint64_t>(x) << 23;  // x / 256 = mantissa / 2^31
  std::uint32_t cost = 0;                                        // in 1/4096 bit
  while (mantissa < (1ull << 30)) {
    mantissa <<= 1;
    cost += 4096;
  }
  // mantissa is in [1/2, 1): each squaring doubles the logarithm.
  for (std::uint32_t weight = 2048; weight > 0; weight /= 2) {
    mantissa = mantissa * mantissa >> 31;
    if (mantissa < (1ull << 30)) {
      mantissa <<= 1;
      cost += weight;
    }
  }
  return static_cast<std::uint16_t>((cost + 8) / 16);
}

constexpr std::array<std::uint16_t, 257> bit_costs() {
  std::array<std::uint16_t, 257> costs{};
  costs[0] = 8 * 256;
  for (unsigned x = 1; x < 256; ++x)
    costs[x] = bit_cost(x);
  costs[256] = 0;
  return costs;
}

}  // namespace detail

/// kBitCost[x]: the rate of an event of probability x / 256.
VP8_TABLE std::array<std::uint16_t, 257> kBitCost = detail::bit_costs();

/// The rate of `bit` where a zero has probability `prob` / 256.
VP8_HD constexpr Rate bit_rate(Probability prob, bool bit) {
  return kBitCost[bit ? 256u - prob : static_cast<unsigned>(prob)];
}

/// Adds up what is "written" to it.
class RateMeter {
 public:
  VP8_HD constexpr void bit(Probability prob, bool value) { rate_ += bit_rate(prob, value); }
  VP8_HD constexpr Rate rate() const { return rate_; }

 private:
  Rate rate_ = 0;
};

/// The rate of a leaf of a coding tree.
template <class Leaf>
VP8_HD constexpr Rate tree_rate(const CodingTree& coding, const Probability* probs, Leaf leaf) {
  const TreePath& path = coding.paths[static_cast<std::size_t>(leaf)];
  Rate rate = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(path.length); ++i)
    rate += bit_rate(probs[path.node[i]], path.bit[i]);
  return rate;
}

/// Rates of coefficient tokens under given probabilities, ready for look-up.
struct TokenCosts {
  static constexpr int kLevels = 68;  // magnitudes from 67 on are dct_cat6 and differ little

  /// Of a magnitude with sign and extra bits, without the end-of-block branch:
  /// [type][band][context][magnitude].
  std::array<std::array<std::array<std::array<std::uint16_t, kLevels>, kCoefContexts>, kCoefBands>,
             kBlockTypes>
      level;
  /// Of the end-of-block branch saying "more" and "end": [type][band][context].
  std::array<std::array<std::array<std::uint16_t, kCoefContexts>, kCoefBands>, kBlockTypes> more;
  std::array<std::array<std::array<std::uint16_t, kCoefContexts>, kCoefBands>, kBlockTypes> end;

  explicit TokenCosts(const CoefProbs& probs);
};

/// Rates of motion vector components under given probabilities.
class MvCosts {
 public:
  explicit MvCosts(const MvProbs& probs);

  /// Of the difference between a vector and its base; differences beyond the format's reach count
  /// as the largest.
  VP8_HD constexpr Rate operator()(MotionVector mv, MotionVector base) const {
    return component(0, mv.row - base.row) + component(1, mv.col - base.col);
  }

 private:
  VP8_HD constexpr Rate component(std::size_t which, int delta) const {
    const int clamped = delta < -kMaxMvDelta  ? -kMaxMvDelta
                        : delta > kMaxMvDelta ? kMaxMvDelta
                                              : delta;
    return costs_[which][static_cast<std::size_t>(clamped + kMaxMvDelta)];
  }

  std::array<std::array<std::uint16_t, 2 * kMaxMvDelta + 1>, 2> costs_;
};

/// True if `mv` can be coded as a difference from `base` (§17.2).
VP8_HD constexpr bool codable(MotionVector mv, MotionVector base) {
  const int row = mv.row - base.row;
  const int col = mv.col - base.col;
  return row >= -kMaxMvDelta && row <= kMaxMvDelta && col >= -kMaxMvDelta && col <= kMaxMvDelta;
}

}  // namespace vp8
