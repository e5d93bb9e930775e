// The temporal filter: noise fades, and nothing else changes much.
#include "cuda/temporal_filter.hh"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <hwy/highway.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include "tests/cuda/made_clips.hh"

namespace gpu {
namespace {

using vp8::MotionVector;
using vp8::Picture;
using vp8::PictureRef;

constexpr int kStep = 60;
constexpr std::array kAllPlanes = {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV};

PictureRef with_noise(const PictureRef& clean, unsigned seed) {
  std::mt19937 random(seed);
  return test::picture_of(clean->width(), clean->height(), [&](vp8::Plane plane, int y, int x) {
    return clean->shown(plane).at(y, x) + static_cast<int>(random() % 13) - 6;
  });
}

// Calls visit(a's sample, b's sample) for all that are shown of a plane.
template <class Visit>
void for_each_sample(const Picture& a, const Picture& b, vp8::Plane plane, const Visit& visit) {
  const vp8::ConstPlaneView p = a.shown(plane);
  const vp8::ConstPlaneView q = b.shown(plane);
  for (int y = 0; y < p.height; ++y) {
    for (int x = 0; x < p.width; ++x)
      visit(int{p.at(y, x)}, int{q.at(y, x)});
  }
}

using PlaneErrors = std::array<int, 3>;

PlaneErrors squared_errors(const Picture& a, const Picture& b) {
  PlaneErrors errors{};
  for (const vp8::Plane plane : kAllPlanes) {
    for_each_sample(a, b, plane, [&](int p, int q) { errors[plane] += (p - q) * (p - q); });
  }
  return errors;
}

// At most `percent` of `whole` is left, in each plane.
testing::AssertionResult is_below(const PlaneErrors& part, const PlaneErrors& whole, int percent) {
  for (const vp8::Plane plane : kAllPlanes) {
    if (part[plane] * 100 > whole[plane] * percent) {
      return testing::AssertionFailure()
             << part[plane] << " of " << whole[plane] << " in plane " << int{plane};
    }
  }
  return testing::AssertionSuccess();
}

int largest_change(const Picture& a, const Picture& b) {
  int largest = 0;
  for (const vp8::Plane plane : kAllPlanes) {
    for_each_sample(a, b, plane,
                    [&](int p, int q) { largest = std::max(largest, std::abs(p - q)); });
  }
  return largest;
}

// By their corners.
void expect_extended_borders(const Picture& picture) {
  for (const vp8::Plane plane : kAllPlanes) {
    const vp8::ConstPlaneView p = picture.coded(plane);
    const int border = plane == vp8::kPlaneY ? Picture::kBorder : Picture::kBorder / 2;
    EXPECT_EQ(p.at(-border, -border), p.at(0, 0));
    EXPECT_EQ(p.at(p.height + border - 1, p.width + border - 1), p.at(p.height - 1, p.width - 1));
  }
}

// Noisy views of the same picture, without hints.
std::vector<FilterNeighbour> noisy_neighbours(const PictureRef& clean, int count) {
  std::vector<FilterNeighbour> neighbours;
  for (int i = 0; i < count; ++i)
    neighbours.push_back({with_noise(clean, 50u + static_cast<unsigned>(i)), {}});
  return neighbours;
}

TEST(TemporalFilter, TakesNoiseOutOfAStillClip) {
  for (const auto& [width, height] : {std::pair{64, 48}, {17, 33}, {1, 1}}) {
    const PictureRef clean = test::window_on_texture(width, height, 0, 0);
    const PictureRef target = with_noise(clean, 1);
    const Picture out = filter_over_time(*target, noisy_neighbours(clean, 4), kStep);
    EXPECT_EQ(out.width(), width);
    EXPECT_EQ(out.height(), height);
    if (width > 1) {
      EXPECT_TRUE(is_below(squared_errors(out, *clean), squared_errors(*target, *clean), 50));
    }
    EXPECT_LE(largest_change(out, *target), kStep / 4);
    expect_extended_borders(out);
  }
}

TEST(TemporalFilter, FollowsTheHintsAlongAPan) {
  const PictureRef clean = test::window_on_texture(80, 64, 0, 0);
  const PictureRef target = with_noise(clean, 1);
  std::vector<FilterNeighbour> neighbours;
  for (const int pixels : {-40, -20, 20, 40}) {
    const MotionVector hint{0, static_cast<std::int16_t>(-4 * pixels)};
    const PictureRef moved = test::window_on_texture(80, 64, 0, pixels);
    neighbours.push_back({with_noise(moved, 90u + static_cast<unsigned>(pixels)),
                          std::vector<MotionVector>(5 * 4, hint)});
  }
  const PlaneErrors hinted = squared_errors(filter_over_time(*target, neighbours, kStep), *clean);
  EXPECT_TRUE(is_below(hinted, squared_errors(*target, *clean), 67));
  for (FilterNeighbour& neighbour : neighbours)
    neighbour.hints.clear();
  EXPECT_TRUE(
      is_below(hinted, squared_errors(filter_over_time(*target, neighbours, kStep), *clean), 90));
}

TEST(TemporalFilter, LeavesAPictureThatItsNeighboursEqual) {
  for (const auto& [width, height] : {std::pair{64, 48}, {17, 33}}) {
    const PictureRef target = test::noise(width, height, 3);
    const std::vector<FilterNeighbour> neighbours(6, FilterNeighbour{target, {}});
    EXPECT_EQ(filter_over_time(*target, neighbours, kStep), *target);
    EXPECT_EQ(filter_over_time(*target, {}, kStep), *target) << "no neighbours";
  }
}

// Samples that differ by more than a quarter of the step do not mix, whatever the rest of their
// macroblock does.
TEST(TemporalFilter, KeepsABoxThatOnlyTheTargetHas) {
  const PictureRef clean = test::flat(64, 48, 100);
  const auto in_box = [](int y, int x) { return y >= 18 && y < 22 && x >= 20 && x < 28; };
  const PictureRef target = test::picture_of(64, 48, [&](vp8::Plane plane, int y, int x) {
    return plane == vp8::kPlaneY && in_box(y, x) ? 125 : 100;
  });
  const Picture out = filter_over_time(*target, noisy_neighbours(clean, 4), kStep);
  const vp8::ConstPlaneView luma = out.shown(vp8::kPlaneY);
  for (int y = 0; y < luma.height; ++y) {
    for (int x = 0; x < luma.width; ++x) {
      if (in_box(y, x)) {
        EXPECT_NEAR(luma.at(y, x), 125, 3) << y << " " << x;
      } else {
        EXPECT_NEAR(luma.at(y, x), 100, 6) << y << " " << x;
      }
    }
  }
}

// What differs too much in all does not count, also where it is near.
TEST(TemporalFilter, IgnoresAnotherScene) {
  std::mt19937 random(1);
  const PictureRef target = test::window_on_texture(48, 48, 0, 0);
  const PictureRef other = test::picture_of(48, 48, [&](vp8::Plane plane, int y, int x) {
    return target->shown(plane).at(y, x) + (random() % 2 == 0 ? 3 : 60);
  });
  EXPECT_EQ(filter_over_time(*target, std::vector<FilterNeighbour>{{other, {}}}, kStep), *target);
}

TEST(TemporalFilter, SurvivesHintsThatPointFarOutside) {
  const PictureRef clean = test::window_on_texture(33, 17, 0, 0);
  const PictureRef target = with_noise(clean, 1);
  for (const int far : {200, 1100, 8000, 32767}) {
    const auto far16 = static_cast<std::int16_t>(far);
    const auto back16 = static_cast<std::int16_t>(-far);
    std::vector<FilterNeighbour> neighbours = noisy_neighbours(clean, 4);
    for (std::size_t i = 0; i < neighbours.size(); ++i)
      neighbours[i].hints.assign(3 * 2, {i % 2 == 0 ? far16 : back16, i < 2 ? far16 : back16});
    const Picture out = filter_over_time(*target, neighbours, kStep);
    EXPECT_LE(largest_change(out, *target), kStep / 4) << far;
    EXPECT_TRUE(is_below(squared_errors(out, *clean), squared_errors(*target, *clean), 99)) << far;
  }
}

Picture filtered_pan() {
  std::vector<FilterNeighbour> neighbours;
  for (int i = -3; i <= 3; ++i)
    neighbours.push_back({with_noise(test::window_on_texture(95, 71, 2 * i, -6 * i),
                                     200u + static_cast<unsigned>(i + 3)),
                          {}});
  return filter_over_time(*neighbours[3].picture, neighbours, 40);
}

Picture filtered_pan_on(int threads) {
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                  static_cast<std::size_t>(threads));
  return tbb::task_arena(threads).execute(filtered_pan);
}

TEST(TemporalFilter, GivesTheSameHoweverManyThreadsThereAre) {
  EXPECT_EQ(filtered_pan_on(4), filtered_pan_on(1));
}

TEST(TemporalFilter, GivesTheSameOnEveryInstructionSet) {
  const Picture wanted = filtered_pan();
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    EXPECT_EQ(filtered_pan(), wanted);
  }
  hwy::SetSupportedTargetsForTest(0);
}

}  // namespace
}  // namespace gpu
