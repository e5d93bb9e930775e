// The search over the quality: every shape of curve ends in the nearest that there is, soon.
#include "host/rate_control.hh"

#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "host/plan.hh"

namespace host {
namespace {

constexpr int kCoarsest = 63 * kCqParts;
constexpr double kUsualOctaves = -0.085 / kCqParts;
constexpr double kUsualDb = -0.3 / kCqParts;

// What the video of a test comes to at a quality: octaves of bytes, or dB.
using Curve = std::function<double(int cq16)>;

RateTry try_at(RateGoal goal, int cq16, double level) {
  RateTry result{.cq16 = cq16};
  result.file_bytes = static_cast<std::uint64_t>(std::llround(std::exp2(std::min(level, 60.0))));
  result.bits_per_second = std::exp2(level);
  (goal == RateGoal::kSsim ? result.ssim_y : result.psnr_y) =
      goal == RateGoal::kSsim ? 1 - std::pow(10, -level / 10) : level;
  return result;
}

RateSearch search(const RateTarget& target, const Curve& curve) {
  return search_rate(target, usual_start(target.goal),
                     [&](int cq16) { return try_at(target.goal, cq16, curve(cq16)); });
}

// A straight curve, `middle` at cq 32.
Curve line(double middle, double slope) {
  return [=](int cq16) { return middle + slope * (cq16 - 32 * kCqParts); };
}

// Deterministic noise of -1 to 1.
double noise(int cq16) {
  const auto x = static_cast<std::uint32_t>(cq16) * 2654435761U;
  return static_cast<double>((x ^ (x >> 15)) % 2001) / 1000 - 1;
}

struct Shape {
  std::string name;
  Curve curve;
};

// `scale`: what a step of cq16 changes on average, as a multiple of the usual.
std::vector<Shape> shapes(double middle, double usual, double scale = 1) {
  const Curve straight = line(middle, usual * scale);
  const double step = 12 * kCqParts * usual * scale;
  return {{"straight", straight},
          {"noisy", [=](int q) { return straight(q) + 20 * usual * noise(q); }},
          {"stepped", [=](int q) { return straight(q / 64 * 64); }},
          {"bent", [=](int q) { return straight(q) - 3e-6 * q * (q - kCoarsest) * (usual * 50); }},
          {"bounded", [=](int q) { return straight(std::clamp(q, 300, 700)); }},
          {"toothed", [=](int q) { return straight(q) + (q / 32 % 2) * 24 * usual; }},
          {"cliff", [=](int q) { return straight(q) + (q > 450 ? step : 0); }},
          {"constant", [=](int) { return middle; }}};
}

bool is_near(const RateTarget& target, const RateTry& found) {
  const double value = reached(target.goal, found);
  switch (target.goal) {
    case RateGoal::kBitrate:
      return std::abs(value / target.wanted - 1) <= 0.02;
    case RateGoal::kMaxSize:
      return value <= target.wanted && value >= 0.97 * target.wanted;
    case RateGoal::kPsnr:
    case RateGoal::kSsim:
      break;
  }
  return std::abs(value - target.wanted) <= 0.1 + 1e-9;
}

// What holds of every search, whatever the curve.
void check_laws(const RateTarget& target, const RateSearch& search) {
  std::set<int> qualities;
  for (const RateTry& result : search.tries) {
    EXPECT_TRUE(qualities.insert(result.cq16).second) << result.cq16 << " twice";
    EXPECT_TRUE(result.cq16 >= 0 && result.cq16 <= kCoarsest) << result.cq16;
    EXPECT_FALSE(nearer(target, result, search.found()));
  }
  EXPECT_TRUE(search.end != RateEnd::kMet || is_near(target, search.found()));
  EXPECT_TRUE(search.end != RateEnd::kFinest || qualities.contains(0));
  EXPECT_TRUE(search.end != RateEnd::kCoarsest || qualities.contains(kCoarsest));
  EXPECT_LE(search.tries.size(), 22U);
}

std::vector<RateTarget> targets() {
  std::vector<RateTarget> all;
  for (double octaves = 12; octaves <= 24; octaves += 0.37) {
    all.push_back({RateGoal::kBitrate, std::exp2(octaves)});
    all.push_back({RateGoal::kMaxSize, std::floor(std::exp2(octaves))});
  }
  for (double db = 18; db <= 60; db += 0.63) {
    all.push_back({RateGoal::kPsnr, db});
    all.push_back({RateGoal::kSsim, db / 2});
  }
  return all;
}

bool counts_octaves(RateGoal goal) {
  return goal == RateGoal::kBitrate || goal == RateGoal::kMaxSize;
}

std::vector<Shape> shapes_for(RateGoal goal, double scale) {
  if (counts_octaves(goal))
    return shapes(18, kUsualOctaves, scale);
  return shapes(goal == RateGoal::kPsnr ? 38 : 17, kUsualDb, scale);
}

TEST(RateControl, EndsNearTheTargetOrSaysWhyNotOnEveryCurve) {
  for (const RateTarget& target : targets()) {
    for (const double scale : {0.2, 1.0, 3.0}) {
      for (const Shape& shape : shapes_for(target.goal, scale)) {
        SCOPED_TRACE(shape.name + " x" + std::to_string(scale) + " goal " +
                     std::to_string(static_cast<int>(target.goal)) + " " +
                     std::to_string(target.wanted));
        check_laws(target, search(target, shape.curve));
      }
    }
  }
}

TEST(RateControl, MeetsWhatSmoothCurvesReachInAFewTries) {
  for (const RateTarget& target : targets()) {
    for (const Shape& shape : shapes_for(target.goal, 1.0)) {
      if (shape.name != "straight" && shape.name != "bent")
        continue;
      const RateSearch found = search(target, shape.curve);
      const double level = counts_octaves(target.goal) ? std::log2(target.wanted) : target.wanted;
      const bool reachable = level < shape.curve(0) - 0.05 && level > shape.curve(kCoarsest) + 0.05;
      EXPECT_TRUE(!reachable || found.end == RateEnd::kMet) << shape.name << " " << target.wanted;
      EXPECT_LE(found.tries.size(), 5U) << shape.name << " " << target.wanted;
    }
  }
}

TEST(RateControl, TriesTheEndsBeforeItGivesUp) {
  const Curve curve = line(38, kUsualDb);
  EXPECT_EQ(search({RateGoal::kPsnr, 60}, curve).end, RateEnd::kFinest);
  EXPECT_EQ(search({RateGoal::kPsnr, 60}, curve).found().cq16, 0);
  EXPECT_EQ(search({RateGoal::kPsnr, 10}, curve).end, RateEnd::kCoarsest);
  EXPECT_EQ(search({RateGoal::kPsnr, 10}, curve).found().cq16, kCoarsest);
}

TEST(RateControl, KeepsAMaximumEvenIfThatIsFurtherOff) {
  // One step above the maximum by a byte, the next one far below.
  const Curve cliff = [](int q) { return q <= 500 ? std::log2(1000001.0) : 18 - 1e-3 * q; };
  const RateTarget target{RateGoal::kMaxSize, 1e6};
  const RateSearch found = search(target, cliff);
  EXPECT_EQ(found.end, RateEnd::kNextStep);
  EXPECT_EQ(found.found().cq16, 501);
  EXPECT_FALSE(exceeds(target, found.found()));
  const RateSearch broken = search({RateGoal::kMaxSize, 1000}, cliff);
  EXPECT_EQ(broken.end, RateEnd::kCoarsest);
  EXPECT_TRUE(exceeds({RateGoal::kMaxSize, 1000}, broken.found()));
}

TEST(RateControl, AMaximumIsKeptToTheByte) {
  RateTry result;
  result.file_bytes = 123456;
  EXPECT_FALSE(exceeds({RateGoal::kMaxSize, 123456}, result));
  EXPECT_TRUE(exceeds({RateGoal::kMaxSize, 123455}, result));
  EXPECT_FALSE(exceeds({RateGoal::kBitrate, 1}, result));
}

TEST(RateControl, EqualPicturesAreBetterThanAnyTarget) {
  const double infinity = std::numeric_limits<double>::infinity();
  const RateSearch psnr = search({RateGoal::kPsnr, 50}, [&](int) { return infinity; });
  EXPECT_EQ(psnr.end, RateEnd::kCoarsest);
  const RateSearch ssim = search({RateGoal::kSsim, 20}, [&](int) { return infinity; });
  EXPECT_EQ(ssim.end, RateEnd::kCoarsest);
}

TEST(RateControl, GoesOnFromASampleThatIsOffByAFactor) {
  const RateTarget target{RateGoal::kBitrate, 5e5};
  const Curve sample = line(19, 1.7 * kUsualOctaves);
  const Curve whole = line(19.4, 1.6 * kUsualOctaves);
  const RateSearch first = search(target, sample);
  const RateStart start = start_from(target, first.tries, usual_start(RateGoal::kBitrate).slope);
  EXPECT_NEAR(sample(start.cq16), std::log2(target.wanted), 0.01);
  EXPECT_NEAR(start.slope, 1.7 * kUsualOctaves, 1e-6);
  const RateSearch second =
      search_rate(target, start, [&](int cq16) { return try_at(target.goal, cq16, whole(cq16)); });
  EXPECT_EQ(second.end, RateEnd::kMet);
  EXPECT_LE(second.tries.size(), 2U);
}

TEST(RateControl, SsimInDecibelsIsItsDistanceFromOne) {
  EXPECT_NEAR(ssim_db(0.9), 10, 1e-9);
  EXPECT_NEAR(ssim_db(0.99), 20, 1e-9);
  EXPECT_EQ(ssim_db(1), std::numeric_limits<double>::infinity());
}

TEST(RateControl, ErrorsOfAnEncodeComeOut) {
  EXPECT_THROW(search_rate({RateGoal::kPsnr, 40}, usual_start(RateGoal::kPsnr),
                           [](int) -> RateTry { throw std::runtime_error("damaged"); }),
               std::runtime_error);
}

}  // namespace
}  // namespace host
