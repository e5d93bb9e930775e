// The transforms: laws of the scalar definitions, and SIMD twins on every target of this machine.
#include "codec/transform.hh"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/codec/transform_test.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "codec/transform-inl.h"

#ifndef VP8_TESTS_TRANSFORM_ONCE
#define VP8_TESTS_TRANSFORM_ONCE
namespace vp8 {

using Block = std::array<std::int16_t, 16>;
using Samples = std::array<std::uint8_t, 16 * 40>;
constexpr std::ptrdiff_t kStride = 40;

/// Random, or when `extreme` only -limit and limit.
inline std::int16_t random_within(int limit, bool extreme, std::mt19937& random) {
  const auto span = static_cast<unsigned>(2 * limit + 1);
  const int value =
      extreme ? (random() & 1 ? limit : -limit) : static_cast<int>(random() % span) - limit;
  return static_cast<std::int16_t>(value);
}

inline void fill(int limit, bool extreme, std::mt19937& random, std::int16_t* x, int count) {
  for (int i = 0; i < count; ++i) {
    x[i] = random_within(limit, extreme, random);
  }
}

inline void fill(bool extreme, std::mt19937& random, Samples& x) {
  for (auto& sample : x) {
    sample = static_cast<std::uint8_t>(extreme ? 255 * (random() & 1) : random());
  }
}

/// Limits of coefficients: common ones, both sides of where 16 bits suffice, and all of 16 bits.
constexpr std::array<int, 6> kLimits = {1, 300, 2047, 2048, 12000, 32767};

}  // namespace vp8
#endif

HWY_BEFORE_NAMESPACE();
namespace vp8 {
namespace HWY_NAMESPACE {

void check_forward_wht() {
  std::mt19937 random(1);
  for (int round = 0; round < 4000; ++round) {
    Block in{};
    Block out{};
    Block expected{};
    fill(2047, round % 2 == 0, random, in.data(), 16);
    scalar::forward_wht4x4(in.data(), expected.data());
    HWY_NAMESPACE::forward_wht4x4(in.data(), out.data());
    EXPECT_EQ(out, expected);
  }
}

#define VP8_EXPECT_RESIDUAL_TWINS(name, coefs, expected)                \
  scalar::name(a.data() + 3, kStride, b.data() + 1, kStride, expected); \
  HWY_NAMESPACE::name(a.data() + 3, kStride, b.data() + 1, kStride, coefs)

void check_residual() {
  std::mt19937 random(2);
  Samples a{};
  Samples b{};
  for (int round = 0; round < 500; ++round) {
    fill(round % 2 == 0, random, a);
    fill(round % 2 == 0, random, b);
    std::int16_t coefs[16][16] = {};
    std::int16_t expected[16][16] = {};
    VP8_EXPECT_RESIDUAL_TWINS(residual_dct16x16, coefs, expected);
    EXPECT_TRUE(std::equal(coefs[0], coefs[0] + 256, expected[0]));
    VP8_EXPECT_RESIDUAL_TWINS(residual_dct8x8, coefs, expected);
    EXPECT_TRUE(std::equal(coefs[0], coefs[0] + 256, expected[0]));
    VP8_EXPECT_RESIDUAL_TWINS(residual_dct4x4, coefs[0], expected[0]);
    EXPECT_TRUE(std::equal(coefs[0], coefs[0] + 256, expected[0]));
  }
}

void check_inverse_wht() {
  std::mt19937 random(3);
  for (int round = 0; round < 6000; ++round) {
    Block in{};
    Block out{};
    Block expected{};
    fill(kLimits[static_cast<std::size_t>(round) % 6], round % 4 == 0, random, in.data(), 16);
    scalar::inverse_wht4x4(in.data(), expected.data());
    HWY_NAMESPACE::inverse_wht4x4(in.data(), out.data());
    EXPECT_EQ(out, expected);
  }
}

/// Whole canvases are compared, so that nothing outside the block may change.
#define VP8_EXPECT_ADD_TWINS(name, in)                                        \
  expected.fill(7);                                                           \
  out.fill(7);                                                                \
  scalar::name(in, pred.data() + 3, kStride, expected.data() + 5, kStride);   \
  HWY_NAMESPACE::name(in, pred.data() + 3, kStride, out.data() + 5, kStride); \
  EXPECT_EQ(out, expected) << #name;                                          \
  out = pred;                                                                 \
  expected = pred;                                                            \
  scalar::name(in, pred.data() + 3, kStride, expected.data() + 3, kStride);   \
  HWY_NAMESPACE::name(in, out.data() + 3, kStride, out.data() + 3, kStride);  \
  EXPECT_EQ(out, expected) << #name << " in place"

void check_inverse_dct() {
  std::mt19937 random(4);
  Samples pred{};
  Samples out{};
  Samples expected{};
  for (int round = 0; round < 6000; ++round) {
    fill(round % 3 == 0, random, pred);
    Block coefs{};
    fill(kLimits[static_cast<std::size_t>(round) % 6], round % 4 == 0, random, coefs.data(), 16);
    if (round % 7 == 0) {
      coefs[random() % 16] = -32768;
    }
    VP8_EXPECT_ADD_TWINS(inverse_dct_add4x4, coefs.data());
    VP8_EXPECT_ADD_TWINS(inverse_dc_add4x4, coefs[0]);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vp8 {
namespace {

HWY_EXPORT(check_forward_wht);
HWY_EXPORT(check_residual);
HWY_EXPORT(check_inverse_wht);
HWY_EXPORT(check_inverse_dct);

template <class Check>
void on_every_target(Check check) {
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    check();
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(Transform, ForwardWhtEqualsItsScalarTwin) {
  on_every_target([] { HWY_DYNAMIC_DISPATCH(check_forward_wht)(); });
}

TEST(Transform, ResidualDctEqualsItsScalarTwin) {
  on_every_target([] { HWY_DYNAMIC_DISPATCH(check_residual)(); });
}

TEST(Transform, InverseWhtEqualsItsScalarTwinOnAll16BitInput) {
  on_every_target([] { HWY_DYNAMIC_DISPATCH(check_inverse_wht)(); });
}

TEST(Transform, InverseDctEqualsItsScalarTwinOnAll16BitInput) {
  on_every_target([] { HWY_DYNAMIC_DISPATCH(check_inverse_dct)(); });
}

TEST(Transform, ConstantResidualHasOnlyADcOfEightTimesIt) {
  Block residual{};
  Block coefs{};
  residual.fill(-13);
  scalar::forward_dct4x4(residual.data(), coefs.data());
  EXPECT_EQ(coefs, (Block{-8 * 13}));
}

TEST(Transform, ForwardOfTheNegatedResidualIsNegatedToWithinOne) {
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    Block residual{};
    Block coefs{};
    Block negated{};
    fill(255, round % 4 == 0, random, residual.data(), 16);
    scalar::forward_dct4x4(residual.data(), coefs.data());
    for (auto& x : residual) {
      x = static_cast<std::int16_t>(-x);
    }
    scalar::forward_dct4x4(residual.data(), negated.data());
    for (std::size_t i = 0; i < 16; ++i) {
      EXPECT_NEAR(coefs[i], -negated[i], 1);
    }
  }
}

TEST(Transform, DctRoundTripIsOffByAtMostOneAndByNothingOnAverage) {
  std::mt19937 random(6);
  int wrong = 0;
  int bias = 0;
  constexpr int rounds = 50000;
  for (int round = 0; round < rounds; ++round) {
    Block residual{};
    Block coefs{};
    fill(127, round % 8 == 0, random, residual.data(), 16);
    scalar::forward_dct4x4(residual.data(), coefs.data());
    std::array<std::uint8_t, 16> flat{};
    flat.fill(128);
    scalar::inverse_dct_add4x4(coefs.data(), flat.data(), 4, flat.data(), 4);
    for (std::size_t i = 0; i < 16; ++i) {
      const int error = flat[i] - 128 - residual[i];
      ASSERT_LE(std::abs(error), 1);
      wrong += error != 0;
      bias += error;
    }
  }
  // The inverse's own downward rounding shifts the first row and column, most of all the corner.
  EXPECT_LT(wrong, rounds * 16 / 10);
  EXPECT_LT(std::abs(bias), rounds * 16 / 200);
}

TEST(Transform, ForwardDctIsWithinThreeQuartersOfTheExactOne) {
  const double c = std::sqrt(2.0) * std::cos(std::acos(-1.0) / 8);
  const double s = std::sqrt(2.0) * std::sin(std::acos(-1.0) / 8);
  const double basis[4][4] = {{1, 1, 1, 1}, {c, s, -s, -c}, {1, -1, -1, 1}, {s, -c, c, -s}};
  std::mt19937 random(8);
  for (int round = 0; round < 5000; ++round) {
    Block residual{};
    Block coefs{};
    fill(255, round % 4 == 0, random, residual.data(), 16);
    scalar::forward_dct4x4(residual.data(), coefs.data());
    for (std::size_t k = 0; k < 16; ++k) {
      double exact = 0;
      for (std::size_t i = 0; i < 16; ++i) {
        exact += residual[i] * basis[k / 4][i / 4] * basis[k % 4][i % 4] / 2;
      }
      ASSERT_NEAR(coefs[k], exact, 0.75);
    }
  }
}

TEST(Transform, WhtRoundTripIsExact) {
  std::mt19937 random(7);
  for (int round = 0; round < 50000; ++round) {
    Block in{};
    Block coefs{};
    Block out{};
    fill(round % 2 == 0 ? 2047 : 3, round % 8 == 0, random, in.data(), 16);
    scalar::forward_wht4x4(in.data(), coefs.data());
    scalar::inverse_wht4x4(coefs.data(), out.data());
    ASSERT_EQ(out, in);
  }
}

}  // namespace
}  // namespace vp8
#endif
