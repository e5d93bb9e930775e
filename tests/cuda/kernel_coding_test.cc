// code_macroblock with whatever modes the syntax can say: all partitions, vectors far out of the
// picture, all interpolations. Under the checker, and equal to vp8::encode.
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "codec/encode.hh"
#include "codec/probabilities.hh"
#include "codec/reconstruct.hh"
#include "tests/codec/random_frame.hh"
#include "tests/cuda/kernel_barriers.hh"
#include "tests/cuda/kernel_launches.hh"
#include "tests/cuda/kernel_memory.hh"
#include "tests/cuda/kernel_pictures.hh"
#include "tests/oracle/libvpx_oracle.hh"

namespace gpu::test {
namespace {

constexpr int kWidth = 40;
constexpr int kHeight = 33;

// A state whose references are three different pictures.
vp8::State random_state(std::mt19937& random) {
  vp8::State state;
  for (int i = 0; i < 4; ++i) {
    const bool key = i == 0;
    vp8::Frame frame = vp8::random_frame(
        state, {.key_frame = key, .width = kWidth, .height = kHeight, .max_level = 40}, random);
    frame.header.refresh_golden_frame = key || i == 2;
    frame.header.refresh_alternate_frame = key;
    frame.header.copy_buffer_to_golden = frame.header.copy_buffer_to_alternate = 0;
    frame.header.refresh_last = true;
    state = vp8::advance(state, frame, vp8::PictureRef(vp8::reconstruct(state, frame)));
  }
  return state;
}

// With segments; kernels do not know, before the filter, its level.
vp8::Decisions random_decisions(const vp8::State& state,
                                int version,
                                int max_mv_delta,
                                std::mt19937& random) {
  const vp8::RandomFrameOptions options = {.max_mv_delta = max_mv_delta, .inter_percent = 85};
  vp8::Frame frame = vp8::random_frame(state, options, random);
  frame.header.version = static_cast<std::uint8_t>(version);
  frame.header.segmentation_enabled = frame.header.segmentation.update_map = true;
  frame.header.filter = {};
  vp8::randomise_modes(state, options, random, frame);
  return {frame.header, frame.modes};
}

// What coding needs of a picture's task, in ordinary memory.
class CodingTask {
 public:
  CodingTask(const vp8::State& state, const vp8::Decisions& decisions, const vp8::Picture& source)
      : costs_(state.probs.coef),
        rates_(state.probs, decisions.header, decisions.header.key_frame, &fixed_rates_),
        recon_(source.width(), source.height()) {
    task_.mb_rows = source.mb_rows();
    task_.mb_cols = source.mb_cols();
    task_.key_frame = decisions.header.key_frame;
    task_.coding = vp8::picture_coding(state, decisions.header, source, recon_, costs_);
    task_.rates = &rates_;
    for (const vp8::MbModes& mb : decisions.modes)
      segments_.push_back(mb.segment);
    task_.segments = segments_.data();
  }
  [[nodiscard]] const PictureTask& task() const { return task_; }

 private:
  vp8::TokenCosts costs_;
  FixedRates fixed_rates_;
  ModeRates rates_;
  vp8::Picture recon_;
  std::vector<std::uint8_t> segments_;
  PictureTask task_{};
};

void expect_coded(TaskBuffers& buffers, const vp8::State& before, const vp8::Encoded& wanted) {
  const PictureTask got = buffers.task();
  for (std::size_t i = 0; i < wanted.frame.modes.size(); ++i)
    EXPECT_EQ(got.modes.skip[i], wanted.frame.modes[i].skip) << "macroblock " << i;
  EXPECT_TRUE(*got.counts == vp8::count_symbols(before, wanted.frame).tokens);
  for (const vp8::Plane plane : kAllPlanes)
    expect_same_samples(buffers.recon(plane).view(), wanted.reconstruction->coded(plane), {});
}

class CodingKernelOfVersion : public testing::TestWithParam<int> {};

TEST_P(CodingKernelOfVersion, CodesAnyModesAsEncodeDoes) {
  const int version = GetParam();
  std::mt19937 random(100u + static_cast<unsigned>(version));
  for (const int max_mv_delta : {20, 100, 500}) {
    SCOPED_TRACE(testing::Message() << "vector differences up to " << max_mv_delta);
    const vp8::State before = random_state(random);
    const vp8::Picture source =
        oracle::synthetic_picture(kWidth, kHeight, oracle::Content::kPan, 0);
    const vp8::Decisions decisions = random_decisions(before, version, max_mv_delta, random);
    const vp8::Encoded wanted = vp8::encode(before, source, decisions);
    const CodingTask task(before, decisions, source);
    CheckedRound round({{task.task(), before.references}});
    for (const checker::Options& options : checker::schedules()) {
      SCOPED_TRACE(testing::Message() << options.lanes << " lanes");
      round.reset(options);
      for (std::size_t i = 0; i < decisions.modes.size(); ++i)
        round.buffers(0).set_modes(i, decisions.modes[i]);
      round.set_borders();
      round.code(Order::kDiagonals);
      EXPECT_TRUE(round.findings().clean()) << round.findings();
      expect_coded(round.buffers(0), before, wanted);
    }
  }
}

// Vectors that leave the border take a way of their own. Barriers of other files are the business
// of kernel_barriers_test.cc.
TEST(CodingKernel, NeedsItsBarriers) {
  std::mt19937 random(7);
  const vp8::State before = random_state(random);
  const vp8::Picture source = oracle::synthetic_picture(kWidth, kHeight, oracle::Content::kPan, 0);
  const vp8::Decisions decisions = random_decisions(before, 0, 200, random);
  const CodingTask task(before, decisions, source);
  CheckedRound round({{task.task(), before.references}});
  const auto run = [&](const checker::Options& options) {
    round.reset(options);
    for (std::size_t i = 0; i < decisions.modes.size(); ++i)
      round.buffers(0).set_modes(i, decisions.modes[i]);
    round.set_borders();
    round.code(Order::kDiagonals);
    return round.findings();
  };
  expect_needed_barriers(
      run, {"cuda/kernels-inl.h", "cuda/lane_ops.hh", "codec/macroblock_coding-inl.h"}, 18);
}

INSTANTIATE_TEST_SUITE_P(All, CodingKernelOfVersion, testing::Values(0, 1, 2, 3));

}  // namespace
}  // namespace gpu::test
