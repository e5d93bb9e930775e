// Tests of the loop filter (RFC 6386 §15): the scalar edges, and their SIMD twins.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/codec/loop_filter_test.cc"
#include "hwy/foreach_target.h"
// After foreach_target.
#include "codec/loop_filter-inl.h"
#include "hwy/highway.h"

#ifndef TESTS_CODEC_LOOP_FILTER_TEST_CC_
#define TESTS_CODEC_LOOP_FILTER_TEST_CC_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace vp8 {

using LumaFunction = void (*)(std::uint8_t*, std::ptrdiff_t, const EdgeLimits&);
using ChromaFunction = void (*)(std::uint8_t*, std::uint8_t*, std::ptrdiff_t, const EdgeLimits&);
using SimpleFunction = void (*)(std::uint8_t*, std::ptrdiff_t, int);

struct FunctionsUnderTest {
  std::array<LumaFunction, 4> luma;
  std::array<ChromaFunction, 4> chroma;
  std::array<SimpleFunction, 4> simple;
};

constexpr FunctionsUnderTest kScalarFunctions = {
    {scalar::filter_mb_left_edge_luma, scalar::filter_mb_top_edge_luma,
     scalar::filter_subblock_left_edges_luma, scalar::filter_subblock_top_edges_luma},
    {scalar::filter_mb_left_edge_chroma, scalar::filter_mb_top_edge_chroma,
     scalar::filter_subblock_left_edges_chroma, scalar::filter_subblock_top_edges_chroma},
    {scalar::filter_simple_mb_left_edge, scalar::filter_simple_mb_top_edge,
     scalar::filter_simple_subblock_left_edges, scalar::filter_simple_subblock_top_edges}};

using Random = std::mt19937;

inline int between(Random& random, int low, int high) {
  return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
}

/// U and V, or luma in U's place, as one vector on the heap: a block of 16 with 4 samples around it
/// that the filters may read, so that ASan sees what lies outside. All else that changes by mistake
/// differs from the scalar result.
constexpr int kStride = 24;
constexpr std::ptrdiff_t kOrigin = 4 * kStride + 4;

/// Noise with steps of at most `roughness` about a level that jumps at multiples of 4.
inline std::vector<std::uint8_t> blocky(Random& random, int roughness, int jump) {
  std::vector<std::uint8_t> samples(kStride * 24);
  std::array<int, 36> levels{};
  const int base = between(random, 0, 255);
  for (int& level : levels)
    level = base + between(random, -jump, jump);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const int level = levels[i / kStride / 4 * 6 + i % kStride / 4];
    const int sample = level + between(random, -roughness, roughness);
    samples[i] = static_cast<std::uint8_t>(std::clamp(sample, 0, 255));
  }
  return samples;
}

inline std::vector<std::uint8_t> samples_of_kind(Random& random, int kind) {
  if (kind % 16 == 0)
    return blocky(random, 255, 255);
  return blocky(random, between(random, 0, kind % 16), between(random, 0, 6 * (kind % 16)));
}

inline EdgeLimits limits_of_kind(Random& random, int kind) {
  const bool any = kind % 8 == 0;
  return {static_cast<std::uint8_t>(between(random, 0, any ? 254 : 193)),
          static_cast<std::uint8_t>(between(random, 0, any ? 255 : 63)),
          static_cast<std::uint8_t>(between(random, 0, any ? 255 : 3))};
}

inline void expect_twins(const FunctionsUnderTest& simd) {
  Random random(1);
  int changed = 0;
  for (int i = 0; i < 40000; ++i) {
    const std::vector<std::uint8_t> u = samples_of_kind(random, i);
    const std::vector<std::uint8_t> v = samples_of_kind(random, i);
    const EdgeLimits limits = limits_of_kind(random, i / 16);
    const auto k = static_cast<std::size_t>(i % 4);
    const auto run = [&](const FunctionsUnderTest& f) {
      std::array<std::vector<std::uint8_t>, 4> out{u, u, u, v};
      f.luma[k](out[0].data() + kOrigin, kStride, limits);
      f.simple[k](out[1].data() + kOrigin, kStride, limits.edge);
      f.chroma[k](out[2].data() + kOrigin, out[3].data() + kOrigin, kStride, limits);
      return out;
    };
    const auto expected = run(kScalarFunctions);
    ASSERT_EQ(expected, run(simd)) << "edges " << k << ", case " << i;
    changed += expected[0] != u ? 1 : 0;
  }
  EXPECT_GT(changed, 10000);
  EXPECT_LT(changed, 39000);
}

}  // namespace vp8
#endif  // TESTS_CODEC_LOOP_FILTER_TEST_CC_

HWY_BEFORE_NAMESPACE();
namespace vp8 {
namespace HWY_NAMESPACE {

FunctionsUnderTest functions_under_test() {
  return {{filter_mb_left_edge_luma, filter_mb_top_edge_luma, filter_subblock_left_edges_luma,
           filter_subblock_top_edges_luma},
          {filter_mb_left_edge_chroma, filter_mb_top_edge_chroma, filter_subblock_left_edges_chroma,
           filter_subblock_top_edges_chroma},
          {filter_simple_mb_left_edge, filter_simple_mb_top_edge, filter_simple_subblock_left_edges,
           filter_simple_subblock_top_edges}};
}

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vp8 {

HWY_EXPORT(functions_under_test);

TEST(LoopFilter, SimdEqualsScalarOnEveryTarget) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    expect_twins(HWY_DYNAMIC_DISPATCH(functions_under_test)());
  }
  hwy::SetSupportedTargetsForTest(0);
}

using Line = std::array<std::uint8_t, 8>;

TEST(LoopFilter, LeavesFlatEdgesAlone) {
  Line line{};
  line.fill(90);
  const Line before = line;
  scalar::filter_mb_edge(line.data() + 4, 1, 8, 1, {193, 63, 0});
  scalar::filter_subblock_edge(line.data() + 4, 1, 8, 1, {193, 63, 0});
  scalar::filter_simple_edge(line.data() + 4, 1, 8, 1, 193);
  EXPECT_EQ(line, before);
}

TEST(LoopFilter, LeavesStepsAboveTheEdgeLimitAlone) {
  const Line before{10, 10, 10, 10, 30, 30, 30, 30};  // 2 * 20 + 20 / 2 = 50
  Line line = before;
  scalar::filter_mb_edge(line.data() + 4, 1, 8, 1, {49, 63, 0});
  EXPECT_EQ(line, before);
  scalar::filter_mb_edge(line.data() + 4, 1, 8, 1, {50, 63, 0});
  EXPECT_NE(line, before);
}

TEST(LoopFilter, MacroblockEdgeBecomesARamp) {
  Line line{10, 10, 10, 10, 30, 30, 30, 30};
  scalar::filter_mb_edge(line.data() + 4, 1, 8, 1, {193, 63, 0});
  EXPECT_EQ(line, (Line{10, 13, 16, 18, 22, 24, 27, 30}));
}

TEST(LoopFilter, SubblockEdgeChangesTwoPixelsOnEachSide) {
  Line line{10, 10, 10, 10, 18, 18, 18, 18};
  scalar::filter_subblock_edge(line.data() + 4, 1, 8, 1, {193, 63, 0});
  EXPECT_EQ(line, (Line{10, 10, 12, 13, 15, 16, 18, 18}));
}

}  // namespace vp8
#endif  // HWY_ONCE
