// Where the bits go: to pictures from which later ones are predicted.
#include "host/quality_plan.hh"

#include <algorithm>

#include <gtest/gtest.h>

#include "cuda/device.hh"
#include "tests/cuda/made_clips.hh"

namespace host {
namespace {

constexpr int kMbRows = 3;
constexpr int kMbCols = 4;
constexpr std::size_t kMacroblocks = kMbRows * kMbCols;

using Stats = std::vector<gpu::PictureStats>;

gpu::PictureStats stats_of(std::uint32_t intra, std::uint32_t inter) {
  gpu::PictureStats stats;
  stats.motion.resize(kMacroblocks);
  stats.intra_cost.assign(kMacroblocks, intra);
  stats.inter_cost.assign(kMacroblocks, inter);
  return stats;
}

Stats repeated(const gpu::PictureStats& stats, std::size_t times) {
  return Stats(times, stats);
}

// Pictures of which `percent` change from one to the next.
Stats changing(std::uint32_t percent, std::size_t times = kPlanHorizon - 1) {
  return repeated(stats_of(1000, percent * 10), times);
}

// Statistics that a device measures.
Stats measured(const std::vector<vp8::PictureRef>& pictures) {
  return gpu::make_cpu_device()->look_ahead(pictures);
}

Plan plan_at(int cq, FirstPass first_pass = FirstPass::kDevice) {
  Plan plan;
  plan.cq16 = cq * kCqParts;
  plan.first_pass = first_pass;
  return plan;
}

std::vector<PicturePlan> group_of(const Plan& plan,
                                  const Stats& stats,
                                  std::int64_t first_position = 0) {
  return plan_group(plan, stats, kMbRows, kMbCols, first_position);
}

// The key frame of a chain of which all these statistics are known.
FramePlan key_of(int cq, const Stats& stats) {
  return group_of(plan_at(cq), stats)[0].shown;
}

std::vector<FramePlan> frames_of(const std::vector<PicturePlan>& pictures) {
  std::vector<FramePlan> frames;
  for (const PicturePlan& picture : pictures) {
    if (picture.altref)
      frames.push_back(*picture.altref);
    frames.push_back(picture.shown);
  }
  return frames;
}

// Quantiser indices of a frame: its own, and those that macroblocks have instead.
std::vector<int> indices_of(const FramePlan& frame) {
  std::vector<int> indices = {frame.q_index};
  if (frame.segments)
    indices.insert(indices.end(), frame.segments->q_index.begin(), frame.segments->q_index.end());
  return indices;
}

int index_at(const FramePlan& frame, std::size_t macroblock) {
  return frame.segments->q_index[frame.segments->map[macroblock]];
}

// --- groups ---

TEST(PlanGroup, BeginsAChainWithAKeyFrameAndNothingElse) {
  for (const std::uint32_t percent : {0U, 20U, 100U}) {
    for (const std::int64_t first : {0, 5, 16, 4096}) {
      const auto pictures = group_of(plan_at(30), changing(percent), first);
      for (std::size_t i = 0; i < pictures.size(); ++i) {
        const bool key = first == 0 && i == 0;
        EXPECT_EQ(pictures[i].shown.role, key ? FrameRole::kKey : FrameRole::kInter) << i;
      }
    }
  }
}

TEST(PlanGroup, IsAsLongAsTheFinePictureLasts) {
  EXPECT_EQ(group_of(plan_at(30), changing(0)).size(), 16U);
  EXPECT_EQ(group_of(plan_at(30), changing(20)).size(), 8U);
  EXPECT_EQ(group_of(plan_at(30), changing(100)).size(), 24U);
}

// No longer than predicting it from nothing: what is worse than that is not done.
TEST(PlanGroup, CountsNoMacroblockAsMoreThanChanged) {
  gpu::PictureStats stats = stats_of(1000, 50);
  stats.inter_cost[0] = 1000;
  const std::size_t length = group_of(plan_at(30), repeated(stats, 31)).size();
  stats.inter_cost[0] = 1'000'000;
  EXPECT_EQ(group_of(plan_at(30), repeated(stats, 31)).size(), length);
}

TEST(PlanGroup, EndsWithItsChain) {
  for (const std::uint32_t percent : {0U, 20U, 100U}) {
    const std::size_t length = group_of(plan_at(30), changing(percent)).size();
    for (std::size_t ahead = 0; ahead < length; ++ahead)
      EXPECT_EQ(group_of(plan_at(30), changing(percent, ahead)).size(), ahead + 1);
  }
}

TEST(PlanGroup, HidesAPictureWhereEightFollow) {
  for (const std::int64_t first : {0, 8}) {
    for (std::size_t ahead = 0; ahead < kPlanHorizon; ++ahead) {
      const auto pictures = group_of(plan_at(30), changing(0, ahead), first);
      for (std::size_t i = 0; i < pictures.size(); ++i)
        EXPECT_EQ(pictures[i].altref.has_value(), ahead >= 8 && i == 1) << ahead << " " << i;
    }
  }
}

// Either the group's last picture, where the chain ends with it, or the next group's first.
TEST(PlanGroup, HidesThePictureThatItLeadsTo) {
  for (const std::uint32_t percent : {0U, 20U, 100U}) {
    for (std::size_t ahead = 8; ahead < kPlanHorizon; ++ahead) {
      const auto pictures = group_of(plan_at(30), changing(percent, ahead), 48);
      ASSERT_TRUE(pictures.at(1).altref);
      EXPECT_EQ(pictures[1].altref->role, FrameRole::kAltref);
      const std::size_t hidden = 1 + static_cast<std::size_t>(pictures[1].altref_distance);
      EXPECT_EQ(hidden, ahead < pictures.size() ? ahead : pictures.size());
      for (std::size_t i = 0; i < pictures.size(); ++i)
        EXPECT_EQ(pictures[i].shown.altref_ahead, i >= 1 && i < hidden) << ahead << " " << i;
      EXPECT_FALSE(pictures[1].altref->altref_ahead);
    }
  }
}

TEST(PlanGroup, HasGoldenPicturesAndNoHiddenOnesForLibvpx) {
  for (const std::uint32_t percent : {0U, 20U, 100U}) {
    for (const std::int64_t first : {0, 16, 160}) {
      const auto pictures = group_of(plan_at(30, FirstPass::kLibvpx), changing(percent), first);
      ASSERT_EQ(pictures.size(), kGroup);
      for (std::size_t i = 0; i < kGroup; ++i) {
        const FrameRole fine = first == 0 ? FrameRole::kKey : FrameRole::kGolden;
        EXPECT_EQ(pictures[i].shown.role, i == 0 ? fine : FrameRole::kInter);
        EXPECT_FALSE(pictures[i].altref);
        EXPECT_FALSE(pictures[i].shown.altref_ahead);
      }
    }
  }
}

TEST(PlanGroup, NeedsNoPicturesAhead) {
  const auto pictures = group_of(plan_at(24), {});
  ASSERT_EQ(pictures.size(), 1u);
  EXPECT_EQ(pictures[0].shown.role, FrameRole::kKey);
  for (const int index : indices_of(pictures[0].shown))
    EXPECT_EQ(index, q_index_of_q(24));
}

// --- quantisers of frames ---

TEST(QualityPlan, CodesTheKeyPictureOfAStaticVideoFinerThanTheOthers) {
  const std::vector<vp8::PictureRef> still(16, gpu::test::window_on_texture(64, 48, 0, 0));
  for (const int cq : {10, 24, 40, 63}) {
    const auto pictures = group_of(plan_at(cq), measured(still));
    ASSERT_EQ(pictures.size(), 16u);
    for (std::size_t i = 1; i < pictures.size(); ++i) {
      EXPECT_LT(pictures[0].shown.q_index, pictures[i].shown.q_index) << cq << " " << i;
      EXPECT_EQ(pictures[i].shown.q_index, q_index_of_q(cq)) << cq << " " << i;
    }
  }
}

TEST(QualityPlan, GivesNoiseNoBoost) {
  std::vector<vp8::PictureRef> pictures;
  for (unsigned i = 0; i < 16; ++i)
    pictures.push_back(gpu::test::noise(64, 48, i));
  for (const FramePlan& frame : frames_of(group_of(plan_at(40), measured(pictures)))) {
    EXPECT_GE(frame.q_index, q_index_of_q(40) - 2);
    EXPECT_LE(frame.q_index, q_index_of_q(40));
  }
}

TEST(QualityPlan, GivesUnpredictablePicturesExactlyTheAskedQuality) {
  for (const std::uint32_t percent : {100U, 500U}) {
    for (const FramePlan& frame : frames_of(group_of(plan_at(32), changing(percent)))) {
      for (const int index : indices_of(frame))
        EXPECT_EQ(index, q_index_of_q(32));
    }
  }
}

// A quality between two indices is a mixture of both, which does not begin again with each group.
TEST(QualityPlan, MixesTheAskedQualityByThePositionInTheChain) {
  Plan plan = plan_at(40);
  plan.cq16 += 5;
  for (const std::int64_t first : {0, 8, 24, 31}) {
    const auto pictures = group_of(plan, changing(20), first);
    for (std::size_t i = 1; i < pictures.size(); ++i) {
      EXPECT_EQ(pictures[i].shown.q_index,
                q_index_of_cq(plan.cq16, first + static_cast<std::int64_t>(i)));
    }
  }
}

TEST(QualityPlan, CodesGoldenAndHiddenPicturesFinerThanThoseBetween) {
  const auto golden = group_of(plan_at(40, FirstPass::kLibvpx), changing(5), 16);
  EXPECT_LT(golden[0].shown.q_index, golden[1].shown.q_index);
  const auto hidden = group_of(plan_at(40), changing(5), 16);
  EXPECT_LT(hidden.at(1).altref->q_index, hidden[1].shown.q_index);
}

TEST(QualityPlan, BoostsTheMoreTheBetterPicturesArePredicted) {
  int finer = 128;
  for (const std::uint32_t percent : {100U, 60U, 30U, 10U, 0U}) {
    const int key = key_of(40, changing(percent)).q_index;
    EXPECT_LT(key, finer) << percent;
    finer = key;
  }
}

TEST(QualityPlan, BoostsTheMoreTheMorePicturesFollow) {
  int finer = 128;
  for (const std::size_t ahead : {0u, 1u, 4u, 15u, 31u}) {
    const int key = key_of(40, changing(0, ahead)).q_index;
    EXPECT_LT(key, finer) << ahead;
    finer = key;
  }
}

// A hidden picture is worth what comes after it, not what it follows.
TEST(QualityPlan, BoostsHiddenPicturesByWhatFollowsThem) {
  Stats stats = changing(0);
  const int index = group_of(plan_at(40), stats, 16).at(1).altref->q_index;
  stats[1] = stats_of(1000, 1000);
  EXPECT_EQ(group_of(plan_at(40), stats, 16).at(1).altref->q_index, index);
  stats[17] = stats_of(1000, 1000);
  EXPECT_GT(group_of(plan_at(40), stats, 16).at(1).altref->q_index, index);
}

TEST(QualityPlan, StopsCountingAtASceneCut) {
  Stats cut = changing(0);
  cut[3] = stats_of(1000, 1000);
  EXPECT_EQ(key_of(40, cut), key_of(40, changing(0, 3)));
}

// What moves out of the picture is worth nothing afterwards.
TEST(QualityPlan, FollowsTheMotion) {
  Stats gone = changing(0);
  for (gpu::PictureStats& stats : gone)
    stats.motion.assign(kMacroblocks, {.row = 0, .col = 16 * 4 * kMbCols});
  EXPECT_EQ(key_of(40, gone).q_index, q_index_of_q(40));
}

TEST(QualityPlan, KeepsTheOrderOfTheScale) {
  int before = -1;
  for (int cq = 0; cq < 64; ++cq) {
    const int key = key_of(cq, changing(10)).q_index;
    EXPECT_GE(key, before) << cq;
    before = key;
  }
}

TEST(QualityPlan, StaysWithinTheBoundsAtEveryQuality) {
  // Half of each picture lasts, detail differs: segments want to lie far apart.
  gpu::PictureStats uneven = stats_of(1000, 1000);
  for (std::size_t mb = 0; mb < kMacroblocks; ++mb) {
    uneven.intra_cost[mb] = mb % 3 == 0 ? 16320 : 2;
    uneven.inter_cost[mb] = mb % 2 == 0 ? 0 : 16320;
  }
  for (const auto& [min_q, max_q] : {std::pair{0, 63}, {20, 30}, {0, 10}, {50, 63}, {33, 33}}) {
    for (const int cq : {0, 1, 25, 62, 63}) {
      for (const FirstPass first_pass : {FirstPass::kDevice, FirstPass::kLibvpx}) {
        Plan plan = plan_at(cq, first_pass);
        plan.min_q = min_q;
        plan.max_q = max_q;
        for (const FramePlan& frame : frames_of(group_of(plan, repeated(uneven, 31)))) {
          for (const int index : indices_of(frame)) {
            EXPECT_GE(index, q_index_of_q(min_q)) << cq;
            EXPECT_LE(index, q_index_of_q(max_q)) << cq;
          }
        }
      }
    }
  }
}

// --- and of macroblocks ---

TEST(QualityPlan, HasSegmentsWhereOthersArePredictedFromAndNowhereElse) {
  for (const FirstPass first_pass : {FirstPass::kDevice, FirstPass::kLibvpx}) {
    for (const FramePlan& frame : frames_of(group_of(plan_at(40, first_pass), changing(5)))) {
      EXPECT_EQ(frame.segments.has_value(), frame.role != FrameRole::kInter);
      if (frame.segments) {
        EXPECT_EQ(frame.segments->map.size(), kMacroblocks);
      }
    }
  }
}

TEST(QualityPlan, CodesMacroblocksThatLastFinerThanThoseThatDoNot) {
  gpu::PictureStats half = stats_of(1000, 0);
  for (std::size_t mb = 1; mb < kMacroblocks; mb += 2)
    half.inter_cost[mb] = 1000;
  const auto pictures = group_of(plan_at(40), repeated(half, 31));
  for (const FramePlan& frame : {pictures.at(0).shown, pictures.at(1).altref.value()}) {
    for (std::size_t mb = 0; mb < kMacroblocks; mb += 2) {
      EXPECT_LT(index_at(frame, mb), frame.q_index);
      EXPECT_GT(index_at(frame, mb + 1), frame.q_index);
    }
  }
}

TEST(QualityPlan, CodesSmoothMacroblocksFinerThanOthersOfTheSameWorth) {
  gpu::PictureStats mixed = stats_of(4000, 4000);
  for (std::size_t mb = 1; mb < kMacroblocks; mb += 2)
    mixed.intra_cost[mb] = mixed.inter_cost[mb] = 100;
  const FramePlan key = key_of(40, repeated(mixed, 31));
  EXPECT_LT(index_at(key, 1), q_index_of_q(40));
  EXPECT_GT(index_at(key, 0), q_index_of_q(40));
}

}  // namespace
}  // namespace host
