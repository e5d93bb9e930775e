// The lookahead's kernels under the checker, equal to the CPU's.
#define VP8_FOR_LANES

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <list>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "cuda/lookahead-inl.h"
#include "cuda/lookahead.hh"
#include "tests/cuda/kernel_barriers.hh"
#include "tests/cuda/kernel_launches.hh"
#include "tests/cuda/kernel_memory.hh"
#include "tests/cuda/kernel_pictures.hh"
#include "tests/oracle/libvpx_oracle.hh"

namespace gpu::test {
namespace {

using checker::Buffer;

constexpr int kBorder = vp8::Picture::kBorder;

vp8::Picture picture_of(oracle::Content content, int width, int height, int index) {
  return oracle::synthetic_picture(width, height, content, index);
}

struct Size {
  int width;
  int height;
};

TEST(LookaheadKernels, HalvePicturesAsTheCpuDoes) {
  for (const Size size : {Size{64, 48}, {17, 33}, {1, 1}, {95, 16}}) {
    const vp8::Picture picture = picture_of(oracle::Content::kNoise, size.width, size.height, 0);
    const vp8::Picture wanted = half_luma(picture);
    PlaneBuffer full("full", picture.coded(vp8::kPlaneY), 0);
    const vp8::ConstPlaneView want = wanted.coded(vp8::kPlaneY);
    for (const checker::Options& options : checker::schedules()) {
      PlaneBuffer half("half", want.width, want.height, kBorder);
      const vp8::ConstPlaneView from = full.view();
      const vp8::PlaneView to = half.view();
      Launches launches(options);
      launches.launch(to.height + 2 * kBorder, [&](const auto& ops, int row) {
        lanes::halve_row(ops, from, to, kBorder, from.width / 2, from.height / 2, row - kBorder);
      });
      EXPECT_TRUE(launches.findings().clean()) << launches.findings();
      EXPECT_EQ(half.unwritten_samples(), 0u);
      expect_same_samples(half.view(), want, {kBorder, kBorder, kBorder, kBorder});
    }
  }
}

// What the kernels know and leave of one pair of pictures.
class PairBuffers {
 public:
  PairBuffers(const vp8::Picture& before, const vp8::Picture& here, int mb_rows, int mb_cols)
      : before_("before", before.coded(vp8::kPlaneY), kBorder),
        here_("here", here.coded(vp8::kPlaneY), kBorder),
        motion_("motion", static_cast<std::size_t>(mb_rows * mb_cols)),
        intra_cost_("intra cost", motion_.size()),
        inter_cost_("inter cost", motion_.size()),
        mb_rows_(mb_rows),
        mb_cols_(mb_cols) {}

  LookaheadTask task(const vp8::MvCosts* costs) {
    return {mb_rows_, mb_cols_,       {before_.view(), kBorder}, here_.view(),
            costs,    motion_.data(), intra_cost_.data(),        inter_cost_.data()};
  }
  void expect_equal(const PictureStats& wanted) const {
    EXPECT_TRUE(std::ranges::equal(motion_.values(), wanted.motion));
    EXPECT_TRUE(std::ranges::equal(intra_cost_.values(), wanted.intra_cost));
    EXPECT_TRUE(std::ranges::equal(inter_cost_.values(), wanted.inter_cost));
  }

 private:
  PlaneBuffer before_;
  PlaneBuffer here_;
  Buffer<vp8::MotionVector> motion_;
  Buffer<std::uint32_t> intra_cost_;
  Buffer<std::uint32_t> inter_cost_;
  int mb_rows_;
  int mb_cols_;
};

// Two pairs of a clip of three pictures, compared side by side.
class Comparison {
 public:
  Comparison(oracle::Content content, const Size& size)
      : mb_rows_((size.height + 15) / 16), mb_cols_((size.width + 15) / 16) {
    for (int i = 0; i < 3; ++i)
      halves_.push_back(half_luma(picture_of(content, size.width, size.height, i)));
  }

  Findings run(const checker::Options& options, Order order) {
    std::list<PairBuffers> pairs;
    const vp8::MvCosts default_costs(vp8::kDefaultMvProbs);
    Buffer<vp8::MvCosts> costs("vector costs", std::span(&default_costs, 1));
    Buffer<LookaheadTask> tasks("tasks", 2);
    for (std::size_t i = 0; i < 2; ++i) {
      PairBuffers& pair = pairs.emplace_back(halves_[i], halves_[i + 1], mb_rows_, mb_cols_);
      tasks.set(i, pair.task(costs.data()));
    }
    Buffer<LookaheadWorkspace> workspace("workspace", 1, checker::Lifetime::kTeam);
    Launches launches(options);
    for (const Wave& planned : waves(order, mb_rows_, mb_cols_)) {
      const Wave wave = planned;  // lanes may not look into the vector
      launches.launch(2 * wave.size, [&](const auto& ops, int team) {
        const Place p = wave.place(team);
        lanes::compare_macroblock(ops, tasks.data()[p.chunk], p.mb_row, p.mb_col,
                                  *workspace.data());
      });
    }
    if (!launches.findings().clean())
      return launches.findings();
    for (std::size_t i = 0; i < 2; ++i) {
      std::next(pairs.begin(), static_cast<std::ptrdiff_t>(i))
          ->expect_equal(compare_pictures(halves_[i], halves_[i + 1], mb_rows_, mb_cols_));
    }
    return launches.findings();
  }

 private:
  std::vector<vp8::Picture> halves_;
  int mb_rows_;
  int mb_cols_;
};

TEST(LookaheadKernels, ComparePicturesAsTheCpuDoes) {
  for (const oracle::Content content :
       {oracle::Content::kPan, oracle::Content::kNoise, oracle::Content::kFlat}) {
    for (const Size size : {Size{64, 48}, {17, 33}, {1, 1}, {95, 16}}) {
      SCOPED_TRACE(testing::Message()
                   << static_cast<int>(content) << ": " << size.width << "x" << size.height);
      Comparison comparison(content, size);
      for (const checker::Options& options : checker::schedules()) {
        const Findings findings = comparison.run(options, Order::kDiagonals);
        EXPECT_TRUE(findings.clean()) << findings;
      }
    }
  }
}

TEST(LookaheadKernels, NeedDiagonalsThatWaitForTheNeighbourRightAbove) {
  Comparison comparison(oracle::Content::kPan, {64, 48});
  EXPECT_TRUE(comparison.run({}, Order::kRaster).clean());
  const Findings findings = comparison.run({}, Order::kSteep);
  EXPECT_TRUE(findings.has("race")) << findings;
}

// The last one, at the kernel's end, could be spared.
TEST(LookaheadKernels, NeedTheirBarriers) {
  Comparison comparison(oracle::Content::kPan, {64, 48});
  expect_needed_barriers(
      [&](const checker::Options& options) { return comparison.run(options, Order::kDiagonals); },
      {"cuda/lookahead-inl.h"}, 5);
}

}  // namespace
}  // namespace gpu::test
