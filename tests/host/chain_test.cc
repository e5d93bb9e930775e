// A chain carries one state from picture to picture and codes each upon what really precedes it.
#include "host/chain.hh"

#include <array>

#include <gtest/gtest.h>

#include "cuda/device.hh"
#include "tests/oracle/lockstep.hh"

namespace host {
namespace {

using oracle::Content;

constexpr int kWidth = 79;
constexpr int kHeight = 50;

constexpr std::array<gpu::Effort, 3> kEfforts = {gpu::Effort::kFast, gpu::Effort::kDefault,
                                                 gpu::Effort::kBest};

struct DecidedClip {
  std::vector<vp8::PictureRef> sources;
  std::vector<vp8::Decisions> decisions;
};

// What a device decides about a chunk that begins a chain.
DecidedClip decided_clip(int pictures) {
  DecidedClip clip;
  gpu::ChunkJob job;
  for (int i = 0; i < pictures; ++i) {
    vp8::Picture picture = oracle::synthetic_picture(kWidth, kHeight, Content::kPan, i);
    picture.extend_borders();
    clip.sources.emplace_back(std::move(picture));
    vp8::FrameHeader header;
    header.key_frame = i == 0;
    header.width = i == 0 ? kWidth : 0;
    header.height = i == 0 ? kHeight : 0;
    header.refresh_golden_frame = header.refresh_alternate_frame = i == 0;
    header.quant.y_ac_qi = 40;
    job.pictures.push_back({clip.sources.back(), header, {}});
  }
  clip.decisions = std::move(gpu::make_cpu_device()->first_pass({job})[0].decisions);
  return clip;
}

TEST(Chain, WritesFramesThatLibvpxDecodesToWhatItMeasured) {
  const DecidedClip clip = decided_clip(5);
  for (const gpu::Effort effort : kEfforts) {
    Chain chain(effort);
    oracle::Lockstep both;
    for (std::size_t i = 0; i < clip.sources.size(); ++i) {
      const RebasedPicture coded = chain.rebase(*clip.sources[i], clip.decisions[i]);
      ASSERT_TRUE(both.step(coded.bytes)) << "picture " << i;
      EXPECT_EQ(coded.quality, measure(*clip.sources[i], *both.decoded().reconstruction));
      EXPECT_EQ(chain.state(), both.state());
    }
  }
}

// Nobody sees a hidden frame: what is measured is the picture that is predicted from it.
TEST(Chain, MeasuresShownFramesOnly) {
  DecidedClip clip = decided_clip(4);
  vp8::FrameHeader& header = clip.decisions[2].header;
  header.show_frame = header.refresh_last = false;
  header.refresh_alternate_frame = true;
  Chain chain(gpu::Effort::kDefault);
  oracle::Lockstep both;
  for (std::size_t i = 0; i < clip.sources.size(); ++i) {
    const RebasedPicture coded = chain.rebase(*clip.sources[i], clip.decisions[i]);
    ASSERT_TRUE(both.step(coded.bytes)) << "picture " << i;
    EXPECT_EQ(coded.quality.has_value(), i != 2) << "picture " << i;
    EXPECT_EQ(chain.state(), both.state());
  }
}

// The state that decisions were made for is rarely the one that comes.
TEST(Chain, RefinesAsItsEffortSays) {
  const DecidedClip clip = decided_clip(5);
  std::vector<std::vector<vp8::MbModes>> modes;
  for (const gpu::Effort effort : kEfforts) {
    Chain chain(effort);
    oracle::Lockstep both;
    for (const std::size_t i : {0U, 3U})
      ASSERT_TRUE(both.step(chain.rebase(*clip.sources[i], clip.decisions[i]).bytes));
    modes.push_back(both.frame().modes);
  }
  EXPECT_NE(modes[1], modes[0]);
  EXPECT_NE(modes[2], modes[1]);
}

// The chain's key picture is coded far coarser than the decisions were made for.
TEST(Chain, CodesAgainstItsOwnStateWhateverTheDecisionsWereMadeFor) {
  DecidedClip clip = decided_clip(5);
  clip.decisions[0].header.quant.y_ac_qi = 120;
  Chain chain(gpu::Effort::kDefault);
  oracle::Lockstep both;
  double worst = 1000;
  for (std::size_t i = 0; i < clip.sources.size(); ++i) {
    const RebasedPicture coded = chain.rebase(*clip.sources[i], clip.decisions[i]);
    ASSERT_TRUE(both.step(coded.bytes)) << "picture " << i;
    if (i == 0) {
      worst = coded.quality->psnr_y;
    } else {
      EXPECT_GT(coded.quality->psnr_y, worst + 1) << "picture " << i;
    }
  }
}

TEST(Chain, CountsTheSecondsOfRebasingAndMeasuring) {
  const DecidedClip clip = decided_clip(2);
  Chain chain(gpu::Effort::kDefault);
  chain.rebase(*clip.sources[0], clip.decisions[0]);
  chain.rebase(*clip.sources[1], clip.decisions[1]);
  EXPECT_GT(chain.rebase_seconds(), 0);
  EXPECT_GT(chain.measure_seconds(), 0);
}

TEST(Chain, BeginsWithAKeyFrameOnly) {
  const DecidedClip clip = decided_clip(2);
  Chain chain(gpu::Effort::kDefault);
  EXPECT_THROW(chain.rebase(*clip.sources[1], clip.decisions[1]), vp8::Unsupported);
  // And is as good as before.
  EXPECT_EQ(chain.state(), vp8::State{});
  EXPECT_NO_THROW(chain.rebase(*clip.sources[0], clip.decisions[0]));
}

}  // namespace
}  // namespace host
