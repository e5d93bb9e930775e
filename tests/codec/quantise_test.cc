// Quantisation: laws of the scalar definition, and SIMD twins on every target of this machine.
#include "codec/quantise.hh"

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>

#include <gtest/gtest.h>

#include "codec/tables.hh"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/codec/quantise_test.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "codec/quantise-inl.h"

#ifndef VP8_TESTS_QUANTISE_ONCE
#define VP8_TESTS_QUANTISE_ONCE
namespace vp8 {

using Block = std::array<std::int16_t, 16>;

struct Quantised {
  Block levels{};
  Block dequantised{};
  int end = 0;
  bool operator==(const Quantised&) const = default;
};

inline Quantised scalar_quantised(const Block& coefs, const BlockQuantiser& q) {
  Quantised result;
  result.end =
      scalar::quantise4x4(coefs.data(), q, result.levels.data(), result.dequantised.data());
  return result;
}

}  // namespace vp8
#endif

HWY_BEFORE_NAMESPACE();
namespace vp8 {
namespace HWY_NAMESPACE {

Quantised quantised(const Block& coefs, const BlockQuantiser& q) {
  Quantised result;
  result.end =
      HWY_NAMESPACE::quantise4x4(coefs.data(), q, result.levels.data(), result.dequantised.data());
  return result;
}

/// Multiples of the step less the rounding, and one less: where a wrong reciprocal shows first.
Block around_multiples(int first, int step) {
  Block coefs{};
  for (int i = 0; i < 16; ++i) {
    const int magnitude = std::clamp(first + i / 2 * step - i % 2, 0, 32767);
    coefs[static_cast<std::size_t>(i)] =
        static_cast<std::int16_t>(i % 3 == 0 ? -magnitude : magnitude);
  }
  return coefs;
}

void expect_exact_quotients(int step, int round) {
  const BlockQuantiser q = make_quantiser(step, step, round, round);
  for (int c = step - round; c < 32768; c += 8 * step) {
    const Block coefs = around_multiples(c, step);
    ASSERT_EQ(quantised(coefs, q), scalar_quantised(coefs, q)) << step << ' ' << round;
  }
}

void check_every_quotient() {
  for (int step = 4; step <= 512; ++step) {
    for (const int round : {0, step / 3, step / 2, step}) {
      expect_exact_quotients(step, round);
    }
  }
}

Block random_block(int limit, std::mt19937& random) {
  Block coefs{};
  for (auto& c : coefs) {
    const int magnitude = static_cast<int>(random() % 65536) % (limit + 1);
    c = static_cast<std::int16_t>(random() % 2 != 0 ? -magnitude : magnitude);
  }
  return coefs;
}

void check_random() {
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    const int dc_step = 4 + static_cast<int>(random() % 311);
    const int ac_step = 4 + static_cast<int>(random() % 437);
    const BlockQuantiser q = make_quantiser(dc_step, ac_step, dc_step / 3, ac_step / 2);
    const std::array<int, 3> limits = {32767, 2040, ac_step};
    const Block coefs = random_block(limits[static_cast<std::size_t>(round) % 3], random);
    const Quantised expected = scalar_quantised(coefs, q);
    ASSERT_EQ(quantised(coefs, q), expected);
    Block out{};
    HWY_NAMESPACE::dequantise4x4(expected.levels.data(), dc_step, ac_step, out.data());
    ASSERT_EQ(out, expected.dequantised);
    scalar::dequantise4x4(expected.levels.data(), dc_step, ac_step, out.data());
    ASSERT_EQ(out, expected.dequantised);
  }
}

void check_ends() {
  const BlockQuantiser q = make_quantiser(10, 10, 5, 5);
  for (unsigned pattern = 0; pattern < 65536; ++pattern) {
    Block coefs{};
    for (std::size_t i = 0; i < 16; ++i) {
      coefs[i] = static_cast<std::int16_t>((pattern >> i & 1) != 0 ? 2560 : 4);
    }
    ASSERT_EQ(quantised(coefs, q).end, scalar_quantised(coefs, q).end);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vp8 {
namespace {

HWY_EXPORT(check_every_quotient);
HWY_EXPORT(check_random);
HWY_EXPORT(check_ends);

template <class Check>
void on_every_target(Check check) {
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    check();
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(Quantise, DividesExactlyByEveryStep) {
  on_every_target([] { HWY_DYNAMIC_DISPATCH(check_every_quotient)(); });
}

TEST(Quantise, EqualsItsScalarTwinOnRandomCoefficients) {
  on_every_target([] { HWY_DYNAMIC_DISPATCH(check_random)(); });
}

TEST(Quantise, FindsTheEndOfEveryPatternOfLevels) {
  on_every_target([] { HWY_DYNAMIC_DISPATCH(check_ends)(); });
}

TEST(Quantise, KeepsSignsRoundsAndClamps) {
  const BlockQuantiser q = make_quantiser(8, 4, 3, 2);
  const Block coefs = {-20, 1, 2, -3, 32767, -32767};
  const Quantised result = scalar_quantised(coefs, q);
  EXPECT_EQ(result.levels, (Block{-2, 0, 1, -1, 2047, -2047}));
  EXPECT_EQ(result.dequantised, (Block{-16, 0, 4, -4, 8188, -8188}));
  EXPECT_EQ(result.end, 7);
}

TEST(Quantise, ScansInZigzagOrder) {
  for (std::size_t position = 0; position < 16; ++position) {
    EXPECT_EQ(kZigzagNibbles >> (4 * position) & 15, kZigzag[position]);
  }
}

}  // namespace
}  // namespace vp8
#endif
