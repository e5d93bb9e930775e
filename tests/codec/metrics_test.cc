// Twins: every SIMD metric equals its scalar definition, on every target that this machine has.
#include "codec/metrics.hh"

#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/codec/metrics_test.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "codec/metrics-inl.h"

#ifndef VP8_TESTS_METRICS_ONCE
#define VP8_TESTS_METRICS_ONCE
namespace vp8 {

constexpr std::ptrdiff_t kSourceStride = 37;
constexpr std::ptrdiff_t kReferenceStride = 53;

/// A source and a reference block: kind 0 to 2 are random, black on white, white on black; then
/// random bytes of 0 and 255, and blocks that differ by a little.
struct BlockPair {
  std::vector<std::uint8_t> source = std::vector<std::uint8_t>(16 * kSourceStride);
  std::vector<std::uint8_t> reference = std::vector<std::uint8_t>(16 * kReferenceStride);

  BlockPair(int kind, std::mt19937& random) {
    for (auto* samples : {&source, &reference}) {
      const bool black = (kind == 1) == (samples == &source);
      for (auto& sample : *samples) {
        const auto value = static_cast<std::uint8_t>(random());
        const int extreme = kind == 3 ? (value & 1) : !black;
        sample = kind == 0 || kind > 4 ? value : static_cast<std::uint8_t>(255 * extreme);
        if (kind == 4) {
          sample = static_cast<std::uint8_t>(120 + value % 8);
        }
      }
    }
  }
};

}  // namespace vp8
#endif

HWY_BEFORE_NAMESPACE();
namespace vp8 {
namespace HWY_NAMESPACE {

using Metric = std::uint32_t (*)(const std::uint8_t*,
                                 std::ptrdiff_t,
                                 const std::uint8_t*,
                                 std::ptrdiff_t);

void expect_twins(const char* name, Metric simd, Metric reference) {
  std::mt19937 random(1);
  for (int kind = 0; kind < 400; ++kind) {
    const BlockPair blocks(kind, random);
    const std::uint8_t* a = blocks.source.data() + 3;
    const std::uint8_t* b = blocks.reference.data() + 5;
    EXPECT_EQ(simd(a, kSourceStride, b, kReferenceStride),
              reference(a, kSourceStride, b, kReferenceStride))
        << name << " kind " << kind;
  }
}

#define VP8_EXPECT_TWINS(name) expect_twins(#name, HWY_NAMESPACE::name, scalar::name)

void check_blocks() {
  VP8_EXPECT_TWINS(sad16x16);
  VP8_EXPECT_TWINS(sad8x8);
  VP8_EXPECT_TWINS(sse16x16);
  VP8_EXPECT_TWINS(sse8x8);
  VP8_EXPECT_TWINS(satd16x16);
  VP8_EXPECT_TWINS(satd8x8);
  VP8_EXPECT_TWINS(satd4x4);
}

void check_residual_energy() {
  std::mt19937 random(2);
  std::array<std::int16_t, 16> a{};
  std::array<std::int16_t, 16> b{};
  for (int round = 0; round < 1000; ++round) {
    for (std::size_t i = 0; i < 16; ++i) {
      a[i] =
          static_cast<std::int16_t>(round < 2 ? 16383 - 32767 * round : random() % 32768 - 16384);
      b[i] =
          static_cast<std::int16_t>(round < 2 ? 32767 * round - 16384 : random() % 32768 - 16384);
    }
    EXPECT_EQ(HWY_NAMESPACE::residual_energy4x4(a.data(), b.data()),
              scalar::residual_energy4x4(a.data(), b.data()));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vp8 {
namespace {

HWY_EXPORT(check_blocks);
HWY_EXPORT(check_residual_energy);

template <class Check>
void on_every_target(Check check) {
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    check();
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(Metrics, OfBlocksEqualTheirScalarTwins) {
  on_every_target([] { HWY_DYNAMIC_DISPATCH(check_blocks)(); });
}

TEST(Metrics, ResidualEnergyEqualsItsScalarTwin) {
  on_every_target([] { HWY_DYNAMIC_DISPATCH(check_residual_energy)(); });
}

TEST(Metrics, SatdOfAConstantDifferenceIsHalfItsDcCoefficients) {
  std::array<std::uint8_t, 256> a{};
  std::array<std::uint8_t, 256> b{};
  a.fill(9);
  b.fill(4);
  EXPECT_EQ(scalar::satd4x4(a.data(), 16, b.data(), 16), 5u * 16 / 2);
  EXPECT_EQ(scalar::satd16x16(a.data(), 16, b.data(), 16), 16u * 5 * 16 / 2);
}

}  // namespace
}  // namespace vp8
#endif
