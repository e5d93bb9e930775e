// Where the bits go: to pictures from which later ones are predicted.
#include "host/quality_plan.hh"

#include <gtest/gtest.h>

#include "cuda/device.hh"
#include "tests/cuda/made_clips.hh"

namespace host {
namespace {

constexpr int kMbRows = 3;
constexpr int kMbCols = 4;

gpu::PictureStats stats_of(std::uint32_t intra, std::uint32_t inter) {
  gpu::PictureStats stats;
  stats.motion.resize(kMbRows * kMbCols);
  stats.intra_cost.assign(kMbRows * kMbCols, intra);
  stats.inter_cost.assign(kMbRows * kMbCols, inter);
  return stats;
}

Plan plan_at(int cq) {
  Plan plan;
  plan.cq16 = cq * kCqParts;
  return plan;
}

std::vector<PicturePlan> plan_pictures(int cq,
                                       std::vector<gpu::PictureStats> stats,
                                       std::int64_t first_position,
                                       std::size_t count) {
  return plan_quality(plan_at(cq), stats, kMbRows, kMbCols, first_position, count);
}

std::vector<gpu::PictureStats> repeated(const gpu::PictureStats& stats, std::size_t times) {
  return std::vector<gpu::PictureStats>(times, stats);
}

// Statistics that a device measures.
std::vector<gpu::PictureStats> measured(const std::vector<vp8::PictureRef>& pictures) {
  return gpu::make_cpu_device()->look_ahead(pictures);
}

TEST(QualityPlan, CodesTheKeyPictureOfAStaticVideoFinerThanTheOthers) {
  const std::vector<vp8::PictureRef> still(16, gpu::test::window_on_texture(64, 48, 0, 0));
  for (const int cq : {10, 24, 40, 63}) {
    const auto pictures = plan_pictures(cq, measured(still), 0, 16);
    ASSERT_EQ(pictures.size(), 16u);
    for (std::size_t i = 1; i < pictures.size(); ++i) {
      EXPECT_LT(pictures[0].q_index, pictures[i].q_index) << "cq " << cq << " picture " << i;
      EXPECT_LE(pictures[i].q_index, q_index_of_q(cq)) << "cq " << cq << " picture " << i;
    }
  }
}

TEST(QualityPlan, GivesNoiseNoBoost) {
  std::vector<vp8::PictureRef> pictures;
  for (unsigned i = 0; i < 16; ++i) {
    pictures.push_back(gpu::test::noise(64, 48, i));
  }
  for (const PicturePlan& picture : plan_pictures(40, measured(pictures), 0, 16)) {
    EXPECT_GE(picture.q_index, q_index_of_cq(40) - 2);
    EXPECT_LE(picture.q_index, q_index_of_cq(40));
  }
}

TEST(QualityPlan, GivesUnpredictablePicturesExactlyTheAskedQuality) {
  for (const std::uint32_t inter : {1000u, 5000u}) {
    for (const PicturePlan& picture :
         plan_pictures(32, repeated(stats_of(1000, inter), 31), 0, 16)) {
      EXPECT_EQ(picture.q_index, q_index_of_cq(32));
    }
  }
}

TEST(QualityPlan, NeedsNoPicturesAhead) {
  const auto pictures = plan_pictures(24, {}, 0, 1);
  ASSERT_EQ(pictures.size(), 1u);
  EXPECT_EQ(pictures[0], (PicturePlan{.q_index = q_index_of_cq(24), .key = true, .golden = true}));
}

TEST(QualityPlan, MarksKeyAndGoldenPicturesByTheirPositionInTheChain) {
  for (const std::int64_t first : {0, 5, 16, 4096}) {
    const auto pictures = plan_pictures(30, repeated(stats_of(900, 100), 39), first, 40);
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      const std::int64_t position = first + static_cast<std::int64_t>(i);
      EXPECT_EQ(pictures[i].key, position == 0);
      EXPECT_EQ(pictures[i].golden, position % kGoldenInterval == 0);
    }
  }
}

TEST(QualityPlan, CodesGoldenPicturesFinerThanThoseBetween) {
  const auto pictures = plan_pictures(40, repeated(stats_of(900, 50), 31), 16, 16);
  for (std::size_t i = 1; i < pictures.size(); ++i) {
    EXPECT_LT(pictures[0].q_index, pictures[i].q_index);
  }
}

TEST(QualityPlan, BoostsTheMoreTheBetterPicturesArePredicted) {
  int finer = 128;
  for (const std::uint32_t inter : {1000u, 600u, 300u, 100u, 0u}) {
    const int key = plan_pictures(40, repeated(stats_of(1000, inter), 31), 0, 16)[0].q_index;
    EXPECT_LT(key, finer) << inter;
    finer = key;
  }
}

TEST(QualityPlan, BoostsTheMoreTheMorePicturesFollow) {
  int finer = 128;
  for (const std::size_t ahead : {0u, 1u, 4u, 15u, 31u}) {
    const int key = plan_pictures(40, repeated(stats_of(1000, 0), ahead), 0, 1)[0].q_index;
    EXPECT_LT(key, finer) << ahead;
    finer = key;
  }
}

TEST(QualityPlan, StopsCountingAtASceneCut) {
  std::vector<gpu::PictureStats> cut = repeated(stats_of(1000, 0), 31);
  cut[3] = stats_of(1000, 1000);
  EXPECT_EQ(plan_pictures(40, cut, 0, 1)[0],
            plan_pictures(40, repeated(stats_of(1000, 0), 3), 0, 1)[0]);
}

// What moves out of the picture is worth nothing afterwards.
TEST(QualityPlan, FollowsTheMotion) {
  std::vector<gpu::PictureStats> gone = repeated(stats_of(1000, 0), 31);
  for (gpu::PictureStats& stats : gone) {
    stats.motion.assign(kMbRows * kMbCols, {.row = 0, .col = 16 * 4 * kMbCols});
  }
  EXPECT_EQ(plan_pictures(40, gone, 0, 1)[0].q_index, q_index_of_cq(40));
}

TEST(QualityPlan, StaysOnTheScaleAtBothEnds) {
  for (const int cq : {0, 1, 62, 63}) {
    for (const std::uint32_t intra : {0u, 1u, 1000u, 16320u}) {
      for (const PicturePlan& picture :
           plan_pictures(cq, repeated(stats_of(intra, 0), 31), 0, 16)) {
        EXPECT_GE(picture.q_index, 0);
        EXPECT_LE(picture.q_index, q_index_of_q(cq));
      }
    }
  }
}

TEST(QualityPlan, KeepsTheOrderOfTheScale) {
  int before = -1;
  for (int cq = 0; cq < 64; ++cq) {
    const int key = plan_pictures(cq, repeated(stats_of(1000, 100), 31), 0, 16)[0].q_index;
    EXPECT_GE(key, before) << cq;
    before = key;
  }
}

}  // namespace
}  // namespace host
