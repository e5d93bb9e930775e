// The example kernel of cuda/README.md under the checker: right for any number of lanes in any
// order, and each of its barriers is needed.
#define VP8_FOR_LANES

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "cuda/lane_ops.hh"
#include "tests/checker/checker.hh"
#include "tests/cuda/skeleton-inl.h"
#include "tests/cuda/skeleton_pictures.hh"

namespace gpu::test {
namespace {

using checker::Buffer;

// One pair of pictures in memory that the checker watches.
class CheckedPair {
 public:
  CheckedPair(const vp8::Picture& before, const vp8::Picture& after)
      : before_("before", storage_of(before)),
        after_("after", storage_of(after)),
        sad_("sad", macroblocks_of(before)),
        most_frequent_("most_frequent", macroblocks_of(before)),
        task_(
            "task",
            std::vector<ChangeTask>{{before.mb_rows(), before.mb_cols(), luma_in(before_, before),
                                     luma_in(after_, after), sad_.data(), most_frequent_.data()}}) {
  }

  // A team a row, as in skeleton.cu.
  checker::Report run(checker::Options options) {
    options.teams = task_.values()[0].mb_rows;
    return checker::run(options, [this](const auto& team, int index) {
      lanes::compare_row(LaneOps(team), *task_.data(), index, *work_.data());
    });
  }
  Changes changes() const {
    return {{sad_.values().begin(), sad_.values().end()},
            {most_frequent_.values().begin(), most_frequent_.values().end()}};
  }

 private:
  static std::span<const std::uint8_t> storage_of(const vp8::Picture& picture) {
    return {picture.storage(), picture.size_bytes()};
  }
  static std::size_t macroblocks_of(const vp8::Picture& picture) {
    return static_cast<std::size_t>(picture.mb_rows() * picture.mb_cols());
  }
  static vp8::ConstPlaneView luma_in(const Buffer<std::uint8_t>& copy,
                                     const vp8::Picture& picture) {
    const vp8::ConstPlaneView luma = picture.coded(vp8::kPlaneY);
    return {copy.data() + (luma.data - picture.storage()), luma.width, luma.height, luma.stride};
  }

  Buffer<std::uint8_t> before_;
  Buffer<std::uint8_t> after_;
  Buffer<std::uint32_t> sad_;
  Buffer<std::uint8_t> most_frequent_;
  Buffer<ChangeTask> task_;
  Buffer<ChangeWork> work_{"work", 1, checker::Lifetime::kTeam};
};

TEST(Skeleton, FindsOnAnyTeamWhatPlainLoopsFind) {
  const std::vector<vp8::PictureRef> pictures = changing_pictures(50, 40);
  const Changes wanted = plain_changes(*pictures[0], *pictures[1]);
  for (const checker::Options& options : checker::schedules()) {
    const auto pair = std::make_unique<CheckedPair>(*pictures[0], *pictures[1]);
    const checker::Report report = pair->run(options);
    EXPECT_TRUE(report.clean()) << report;
    EXPECT_EQ(pair->changes(), wanted);
  }
}

TEST(Skeleton, NeedsAllOfItsBarriers) {
  const std::vector<vp8::PictureRef> pictures = changing_pictures(50, 40);
  const auto pair = std::make_unique<CheckedPair>(*pictures[0], *pictures[1]);
  const std::vector<checker::Site> barriers = pair->run({}).barriers;
  EXPECT_EQ(barriers.size(), 3u);
  for (const checker::Site& site : barriers) {
    const checker::Report report = pair->run({.without_barrier = site});
    EXPECT_TRUE(report.has("race: ")) << "without that of line " << site.line << '\n' << report;
  }
}

TEST(Skeleton, FindsOnVectorsWhatPlainLoopsFind) {
  const std::vector<vp8::PictureRef> pictures = changing_pictures(50, 40);
  EXPECT_EQ(vector_changes(*pictures[0], *pictures[1]), plain_changes(*pictures[0], *pictures[1]));
}

}  // namespace
}  // namespace gpu::test
