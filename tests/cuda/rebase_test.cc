// Rebasing with second thoughts: whatever was decided, what is written decodes to what the encoder
// says, all that the plan fixes stays, and thinking again pays.
#include "cuda/rebase.hh"

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>
#include <hwy/highway.h>

#include "codec/decode.hh"
#include "codec/rd.hh"
#include "tests/codec/random_frame.hh"
#include "tests/cuda/made_chunks.hh"
#include "tests/cuda/made_clips.hh"

namespace gpu {
namespace {

using vp8::Decisions;
using vp8::Encoded;
using vp8::FrameHeader;
using vp8::Picture;
using vp8::PictureRef;
using vp8::RandomFrameOptions;
using vp8::State;

constexpr std::array kEfforts = {Effort::kFast, Effort::kDefault, Effort::kBest};

testing::AssertionResult decodes(const State& before, const Encoded& coded) {
  const vp8::Decoded decoded = vp8::decode(before, coded.bytes);
  if (!(*decoded.frame == coded.frame))
    return testing::AssertionFailure() << "the bytes hold another frame";
  if (!(decoded.reconstruction == coded.reconstruction))
    return testing::AssertionFailure() << "the reconstruction is another one";
  if (!(decoded.next == coded.next) || hash(decoded.next) != hash(coded.next))
    return testing::AssertionFailure() << "the next state is another one";
  return testing::AssertionSuccess();
}

// A header without what is chosen anew: its probabilities.
FrameHeader fixed_part(FrameHeader header) {
  const FrameHeader none;
  header.segmentation.tree_probs = none.segmentation.tree_probs;
  header.refresh_entropy_probs = none.refresh_entropy_probs;
  header.coef_prob_updates = none.coef_prob_updates;
  header.mb_no_skip_coeff = none.mb_no_skip_coeff;
  header.prob_skip_false = header.prob_intra = header.prob_last = header.prob_gf = 0;
  header.y_mode_probs = none.y_mode_probs;
  header.uv_mode_probs = none.uv_mode_probs;
  header.mv_prob_updates = none.mv_prob_updates;
  return header;
}

std::vector<int> segments_of(const vp8::Frame& frame) {
  std::vector<int> segments;
  for (const vp8::MbModes& mb : frame.modes)
    segments.push_back(mb.segment);
  return segments;
}

// Rebases one frame with every effort; the result of the last.
Encoded rebase_checked(const State& before, const Picture& source, const Decisions& decisions) {
  const Encoded plain = vp8::encode(before, source, decisions);
  Encoded coded;
  for (const Effort effort : kEfforts) {
    SCOPED_TRACE(testing::Message() << "effort " << static_cast<int>(effort));
    coded = rebase(before, source, decisions, effort);
    EXPECT_TRUE(decodes(before, coded));
    EXPECT_EQ(fixed_part(coded.frame.header), fixed_part(decisions.header));
    EXPECT_EQ(segments_of(coded.frame), segments_of(plain.frame));
    if (effort == Effort::kFast || decisions.header.key_frame) {
      EXPECT_EQ(coded.bytes, plain.bytes);
    }
  }
  return coded;
}

// Random decisions, one upon the other. They are for other pictures than the source, and for other
// vectors around than there are once some have been refined.
void rebase_random_stream(RandomFrameOptions options, unsigned seed, int inter_frames) {
  std::mt19937 random(seed);
  State state;
  for (int i = 0; i <= inter_frames; ++i) {
    SCOPED_TRACE(testing::Message() << "seed " << seed << " frame " << i);
    options.key_frame = i == 0;
    const vp8::Frame wish = random_frame(state, options, random);
    const auto content = i % 3 == 2 ? oracle::Content::kNoise : oracle::Content::kPan;
    const Picture source = oracle::synthetic_picture(options.width, options.height, content, i + 3);
    state = rebase_checked(state, source, {wish.header, wish.modes}).next;
  }
}

TEST(RebaseWithEffort, OfRandomDecisionsDecodesAsTheEncoderSays) {
  constexpr std::array<std::array<int, 2>, 5> kSizes = {
      {{16, 16}, {1, 1}, {17, 33}, {64, 48}, {95, 71}}};
  for (unsigned seed = 0; seed < 20; ++seed) {
    const auto [width, height] = kSizes[seed % kSizes.size()];
    rebase_random_stream({.width = width, .height = height}, seed, 5);
    ASSERT_FALSE(testing::Test::HasFailure());
  }
}

// In pictures so large that a vector and what predicts it can be too far apart to be coded.
TEST(RebaseWithEffort, WithVectorsAtTheLimitsDecodesAsTheEncoderSays) {
  for (unsigned seed = 100; seed < 104; ++seed) {
    const bool wide = seed % 2 == 0;
    rebase_random_stream({.width = wide ? 1600 : 40,
                          .height = wide ? 33 : 1600,
                          .max_mv_delta = vp8::kMaxMvDelta,
                          .inter_percent = 95},
                         seed, 2);
    ASSERT_FALSE(testing::Test::HasFailure());
  }
}

// A window on a texture that wanders a fraction of its macroblocks at a time, with noise on it.
std::vector<PictureRef> noisy_pan(int pictures) {
  std::mt19937 random(1);
  std::vector<PictureRef> clip;
  for (int i = 0; i < pictures; ++i) {
    const PictureRef clean = test::window_on_texture(96, 80, 2 * i, 6 * i);
    clip.push_back(test::picture_of(96, 80, [&](vp8::Plane plane, int y, int x) {
      return clean->shown(plane).at(y, x) + static_cast<int>(random() % 9) - 4;
    }));
  }
  return clip;
}

vp8::RdCost cost_of(const Picture& source, const Encoded& coded, int lambda) {
  std::uint64_t sse = 0;
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    const vp8::ConstPlaneView a = source.shown(plane);
    const vp8::ConstPlaneView b = coded.reconstruction->shown(plane);
    for (int y = 0; y < a.height; ++y) {
      for (int x = 0; x < a.width; ++x) {
        const int d = a.at(y, x) - b.at(y, x);
        sse += static_cast<std::uint64_t>(d * d);
      }
    }
  }
  return vp8::rd_cost(sse, static_cast<vp8::Rate>(coded.bytes.size() * 8 * 256), lambda);
}

State state_after(const PictureRef& picture, int q_index) {
  return make_cpu_device()->first_pass({test::chain_begin({picture}, q_index)})[0].exit;
}

// Decisions that were made upon a fine key picture, written upon a coarse one.
TEST(RebaseWithEffort, CostsLessThanWithoutSecondThoughts) {
  constexpr int kQIndex = 40;
  const std::vector<PictureRef> clip = noisy_pan(5);
  ChunkJob chunk = test::chain_begin(clip, kQIndex);
  chunk.pictures.erase(chunk.pictures.begin());
  chunk.entry = state_after(clip[0], 4);
  const ChunkResult first_pass = make_cpu_device()->first_pass({chunk})[0];
  std::array<vp8::RdCost, 3> costs{};
  for (std::size_t effort = 0; effort < kEfforts.size(); ++effort) {
    State state = state_after(clip[0], 90);
    for (std::size_t i = 0; i < chunk.pictures.size(); ++i) {
      const Encoded coded =
          rebase(state, *chunk.pictures[i].source, first_pass.decisions[i], kEfforts[effort]);
      costs[effort] +=
          cost_of(*chunk.pictures[i].source, coded, vp8::lambda_of_step(vp8::kAcStep[kQIndex]));
      state = coded.next;
    }
  }
  EXPECT_LT(costs[1], costs[0]);
  EXPECT_LT(costs[2], costs[0]);
}

// An inter frame all of whose macroblocks have this vector.
Decisions all_with(vp8::MotionVector mv, std::size_t macroblocks) {
  Decisions decisions{test::inter_header(20, false), std::vector<vp8::MbModes>(macroblocks)};
  for (vp8::MbModes& mb : decisions.modes) {
    mb.ref_frame = vp8::LAST_FRAME;
    mb.mv = mv;
    mb.mvs.fill(mv);
    mb.y_mode = &mb == decisions.modes.data() ? vp8::NEWMV : vp8::NEARESTMV;
  }
  return decisions;
}

std::ptrdiff_t count_of(vp8::MotionVector mv, const vp8::Frame& frame) {
  return std::ranges::count(frame.modes, mv, &vp8::MbModes::mv);
}

// Of a pan of three quarters of a pixel a vector of two must become one of three.
TEST(RebaseWithEffort, MovesVectorsToTheQuarterPixelBeside) {
  const auto picture = [](int luma_quarters, int chroma_quarters) {
    return test::picture_of(64, 64, [&](vp8::Plane plane, int y, int x) {
      const int quarters = plane == vp8::kPlaneY ? luma_quarters : chroma_quarters;
      return test::smooth_noise(4 * y, 4 * x + quarters, 24, 1);
    });
  };
  const State state = state_after(picture(0, 0), 4);
  const PictureRef source = picture(3, 2);
  for (const Effort effort : {Effort::kDefault, Effort::kBest}) {
    const Encoded coded = rebase(state, *source, all_with({0, 2}, 16), effort);
    EXPECT_TRUE(decodes(state, coded));
    EXPECT_GE(count_of({0, 3}, coded.frame), 12);
  }
}

// The first macroblock would like a vector that is a quarter pixel too far to be coded.
TEST(RebaseWithEffort, LeavesOutVectorsThatCannotBeCoded) {
  constexpr std::int16_t kFar = vp8::kMaxMvDelta;
  const State state = state_after(test::window_on_texture(640, 32, 0, 0), 4);
  const PictureRef source = test::window_on_texture(640, 32, 0, (kFar + 1) / 4);
  for (const Effort effort : {Effort::kDefault, Effort::kBest}) {
    const Encoded coded = rebase(state, *source, all_with({0, kFar}, 80), effort);
    EXPECT_TRUE(decodes(state, coded));
    EXPECT_TRUE(vp8::codable(coded.frame.modes.front().mv, {}));
    // Behind the first, to which differences are coded, the wanted vector is in reach too.
    EXPECT_GT(count_of({0, kFar}, coded.frame) + count_of({0, kFar + 1}, coded.frame), 20);
  }
}

TEST(RebaseWithEffort, GivesTheSameBytesOnEveryInstructionSet) {
  std::mt19937 random(7);
  const State state = state_after(test::window_on_texture(64, 48, 0, 0), 30);
  const vp8::Frame wish = random_frame(state, {.max_mv_delta = 300}, random);
  const PictureRef source = test::window_on_texture(64, 48, 2, 4);
  const Decisions decisions{wish.header, wish.modes};
  const std::vector<std::uint8_t> wanted = rebase(state, *source, decisions, Effort::kBest).bytes;
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    EXPECT_EQ(rebase(state, *source, decisions, Effort::kBest).bytes, wanted);
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(RebaseWithEffort, RefusesWhatEncodeRefuses) {
  const PictureRef source = test::flat(48, 32, 90);
  Decisions decisions{test::inter_header(20, false), std::vector<vp8::MbModes>(6)};
  for (const Effort effort : kEfforts) {
    EXPECT_THROW(rebase({}, *source, decisions, effort), vp8::Unsupported);
    EXPECT_THROW(rebase(state_after(test::flat(32, 32, 90), 20), *source, decisions, effort),
                 vp8::Unsupported);
  }
  decisions.modes.pop_back();
  EXPECT_THROW(rebase(state_after(source, 20), *source, decisions, Effort::kBest),
               vp8::Unsupported);
}

}  // namespace
}  // namespace gpu
