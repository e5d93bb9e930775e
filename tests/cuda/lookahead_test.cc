// The lookahead finds motion and knows what can be predicted.
#include "cuda/lookahead.hh"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include <gtest/gtest.h>

#include "tests/cuda/made_clips.hh"

namespace gpu {
namespace {

using test::flat;
using test::noise;
using test::window_on_texture;
using vp8::MotionVector;
using vp8::PictureRef;

PictureStats compare(const PictureRef& before, const PictureRef& here) {
  return compare_pictures(half_luma(*before), half_luma(*here), here->mb_rows(), here->mb_cols());
}

std::uint64_t sum(const std::vector<std::uint32_t>& costs) {
  return std::accumulate(costs.begin(), costs.end(), std::uint64_t{0});
}

// The share in percent of vectors that are `wanted`, of macroblocks not at the picture's edge.
int percent_inside(const PictureStats& stats, int mb_rows, int mb_cols, MotionVector wanted) {
  int inside = 0;
  int equal = 0;
  for (int row = 1; row + 1 < mb_rows; ++row) {
    for (int col = 1; col + 1 < mb_cols; ++col) {
      ++inside;
      equal += stats.motion[static_cast<std::size_t>(row * mb_cols + col)] == wanted ? 1 : 0;
    }
  }
  return equal * 100 / inside;
}

TEST(Lookahead, HalvesLumaByTheMeanOfFourSamples) {
  for (const auto& [width, height] : {std::pair{64, 48}, {17, 33}, {1, 1}, {90, 16}}) {
    const PictureRef full = noise(width, height, 3);
    const vp8::Picture half = half_luma(*full);
    const vp8::ConstPlaneView in = full->coded(vp8::kPlaneY);
    const vp8::ConstPlaneView out = half.coded(vp8::kPlaneY);
    ASSERT_GE(out.width, in.width / 2);
    ASSERT_GE(out.height, in.height / 2);
    for (int y = 0; y < in.height / 2; ++y) {
      for (int x = 0; x < in.width / 2; ++x) {
        const int four = in.at(2 * y, 2 * x) + in.at(2 * y, 2 * x + 1) + in.at(2 * y + 1, 2 * x) +
                         in.at(2 * y + 1, 2 * x + 1);
        ASSERT_EQ(out.at(y, x), (four + 2) / 4) << width << "x" << height << " " << y << " " << x;
      }
    }
    const int last = out.width - 1;
    EXPECT_EQ(out.at(0, -1), out.at(0, 0));
    EXPECT_EQ(out.at(0, last + vp8::Picture::kBorder), out.at(0, last));
  }
}

TEST(Lookahead, FindsTheVectorOfAPan) {
  for (const auto& [dy, dx] : {std::pair{4, 6}, {-8, 2}, {0, -12}, {10, -10}, {2, 0}}) {
    const PictureRef before = window_on_texture(160, 128, 0, 0);
    const PictureRef here = window_on_texture(160, 128, dy, dx);
    const MotionVector wanted{static_cast<std::int16_t>(4 * dy), static_cast<std::int16_t>(4 * dx)};
    const PictureStats stats = compare(before, here);
    EXPECT_GE(percent_inside(stats, 8, 10, wanted), 90) << dy << " " << dx;
    EXPECT_LT(sum(stats.inter_cost) * 4, sum(stats.intra_cost)) << dy << " " << dx;
  }
}

TEST(Lookahead, OfAStaticVideoSeesNoMotionAndNoCost) {
  const PictureRef picture = window_on_texture(95, 71, 0, 0);
  const PictureStats stats = compare(picture, picture);
  EXPECT_EQ(stats.motion, std::vector<MotionVector>(30));
  EXPECT_EQ(sum(stats.inter_cost), 0u);
  EXPECT_GT(sum(stats.intra_cost), 0u);
}

TEST(Lookahead, OfNoiseFindsNothingToPredictFrom) {
  const PictureStats stats = compare(noise(96, 96, 1), noise(96, 96, 2));
  EXPECT_GT(sum(stats.inter_cost), sum(stats.intra_cost) * 8 / 10);
}

TEST(Lookahead, OfAFlatPictureCostsNothingInside) {
  const PictureStats stats = compare(flat(64, 64, 10), flat(64, 64, 200));
  EXPECT_EQ(sum(stats.intra_cost), 0u);
  EXPECT_GT(*std::min_element(stats.inter_cost.begin(), stats.inter_cost.end()), 0u);
}

TEST(Lookahead, TellsOneMovingObjectFromItsGround) {
  const auto scene = [](int object_x) {
    return test::picture_of(160, 96, [=](vp8::Plane plane, int y, int x) {
      const bool object =
          plane == vp8::kPlaneY && y >= 32 && y < 64 && x >= object_x && x < object_x + 64;
      return object ? test::smooth_noise(y, x - object_x, 8, 5) : test::smooth_noise(y, x, 16, 6);
    });
  };
  const PictureStats stats = compare(scene(40), scene(48));
  EXPECT_EQ(stats.motion[0], MotionVector{});
  EXPECT_EQ(stats.motion[5 * 10 + 9], MotionVector{});
  // The object was 8 samples further left.
  EXPECT_EQ(stats.motion[2 * 10 + 4], (MotionVector{0, -32}));
  EXPECT_EQ(stats.motion[3 * 10 + 5], (MotionVector{0, -32}));
}

TEST(Lookahead, HasOneElementForEachMacroblockOfAnySize) {
  for (const auto& [width, height] : {std::pair{1, 1}, {16, 16}, {17, 33}, {129, 15}}) {
    const PictureRef a = noise(width, height, 1);
    const PictureRef b = noise(width, height, 2);
    const auto count = static_cast<std::size_t>(a->mb_rows() * a->mb_cols());
    const PictureStats stats = compare(a, b);
    EXPECT_EQ(stats.motion.size(), count);
    EXPECT_EQ(stats.intra_cost.size(), count);
    EXPECT_EQ(stats.inter_cost.size(), count);
  }
}

}  // namespace
}  // namespace gpu
