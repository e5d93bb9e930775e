// Tests of sub-pixel prediction (RFC 6386 §18): the scalar filters, and their SIMD twins.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/codec/subpixel_test.cc"
#include "hwy/foreach_target.h"
// After foreach_target.
#include "codec/subpixel-inl.h"
#include "hwy/highway.h"

#ifndef TESTS_CODEC_SUBPIXEL_TEST_CC_
#define TESTS_CODEC_SUBPIXEL_TEST_CC_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace vp8 {

using PredictFunction =
    void (*)(const std::uint8_t*, std::ptrdiff_t, int, int, std::uint8_t*, std::ptrdiff_t);

/// A size of block with both ways to predict it.
struct SizeUnderTest {
  int width;
  int height;
  PredictFunction scalar_sixtap, sixtap;
  PredictFunction scalar_bilinear, bilinear;
};

constexpr std::uint8_t kCanary = 0xa5;

/// Content number n: noise, then only extreme samples, then flat black, then flat white.
inline void fill(std::vector<std::uint8_t>& samples, int n, std::mt19937& random) {
  for (std::uint8_t& s : samples) {
    const auto r = static_cast<std::uint8_t>(random());
    s = n == 0 ? r : n == 1 ? (r < 128 ? 0 : 255) : n == 2 ? 0 : 255;
  }
}

/// The samples that a prediction may read, on their own on the heap so that ASan sees what lies
/// outside: rows -before..H+after-1 of columns -before..max(W,8)+7.
struct Window {
  int before, stride;
  std::vector<std::uint8_t> samples;

  Window(int width, int height, int before_, int after)
      : before(before_),
        stride(before_ + std::max(width, 8) + 8),
        samples(static_cast<std::size_t>(stride * (before_ + height + after))) {}
  const std::uint8_t* origin() const { return samples.data() + before * stride + before; }
};

inline std::vector<std::uint8_t> run(
    PredictFunction f, const SizeUnderTest& size, const Window& window, int x, int y) {
  const int stride = size.width + 7;
  std::vector<std::uint8_t> out(static_cast<std::size_t>(stride * (size.height + 2)), kCanary);
  f(window.origin(), window.stride, x, y, out.data() + stride + 3, stride);
  return out;
}

inline void expect_twins(const SizeUnderTest& size) {
  std::mt19937 random(1);
  for (int i = 0; i < 4 * 64 * 8; ++i) {
    const int x = i % 8;
    const int y = i / 8 % 8;
    Window six(size.width, size.height, 2, 3);
    fill(six.samples, i / 64 % 4, random);
    ASSERT_EQ(run(size.scalar_sixtap, size, six, x, y), run(size.sixtap, size, six, x, y))
        << size.width << "x" << size.height << " six-tap " << x << "," << y;
    Window two(size.width, size.height, 0, 1);
    fill(two.samples, i / 64 % 4, random);
    ASSERT_EQ(run(size.scalar_bilinear, size, two, x, y), run(size.bilinear, size, two, x, y))
        << size.width << "x" << size.height << " bilinear " << x << "," << y;
  }
}

}  // namespace vp8
#endif  // TESTS_CODEC_SUBPIXEL_TEST_CC_

HWY_BEFORE_NAMESPACE();
namespace vp8 {
namespace HWY_NAMESPACE {

template <int W, int H>
SizeUnderTest size_under_test() {
  return {W,
          H,
          scalar::predict_sixtap<W, H>,
          predict_sixtap<W, H>,
          scalar::predict_bilinear<W, H>,
          predict_bilinear<W, H>};
}

std::vector<SizeUnderTest> sizes_under_test() {
  return {size_under_test<16, 16>(), size_under_test<16, 8>(), size_under_test<8, 16>(),
          size_under_test<8, 8>(),   size_under_test<8, 4>(),  size_under_test<4, 4>()};
}

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vp8 {

HWY_EXPORT(sizes_under_test);

TEST(Subpixel, SimdEqualsScalarOnEveryTarget) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    for (const SizeUnderTest& size : HWY_DYNAMIC_DISPATCH(sizes_under_test)())
      expect_twins(size);
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(Subpixel, TapsSumToOne) {
  for (int i = 0; i < 8; ++i) {
    const auto& six = kSixtapFilters[i];
    EXPECT_EQ(six[0] + six[1] + six[2] + six[3] + six[4] + six[5], 128);
    EXPECT_EQ(kBilinearFilters[i][0] + kBilinearFilters[i][1], 128);
    for (int k = 0; k < 6; ++k)
      EXPECT_EQ(six[k], kSixtapFilters[(8 - i) % 8][i == 0 ? k : 5 - k]);
  }
}

TEST(Subpixel, HalfwayBetweenBlackAndWhiteIsGreyAndOvershootsBesideTheEdge) {
  constexpr std::uint8_t kStep[9] = {0, 0, 0, 0, 255, 255, 255, 255, 255};
  EXPECT_EQ(scalar::sixtap(kStep + 3, 1, kSixtapFilters[4]), 128);
  EXPECT_EQ(scalar::sixtap(kStep + 2, 1, kSixtapFilters[4]), 0);
  EXPECT_EQ(scalar::sixtap(kStep + 4, 1, kSixtapFilters[4]), 255);
  EXPECT_EQ(scalar::bilinear(kStep + 3, 1, kBilinearFilters[4]), 128);
}

TEST(Subpixel, ZeroOffsetCopies) {
  const SizeUnderTest size{4, 4, scalar::predict_sixtap<4, 4>, nullptr, nullptr, nullptr};
  std::mt19937 random(2);
  Window window(4, 4, 0, 0);
  fill(window.samples, 0, random);
  const std::vector<std::uint8_t> out = run(size.scalar_sixtap, size, window, 0, 0);
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 4; ++x)
      EXPECT_EQ(out[static_cast<std::size_t>((y + 1) * 11 + x + 3)],
                window.samples[static_cast<std::size_t>(y * window.stride + x)]);
}

}  // namespace vp8
#endif  // HWY_ONCE
