// The decoder against libvpx on streams that libvpx makes here: every feature that it can emit.
// Where a test names a feature, it counts the frames that really have it.
#include <algorithm>
#include <functional>

#include <gtest/gtest.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include "tests/oracle/lockstep.hh"

namespace vp8 {
namespace {

using oracle::Bytes;
using oracle::Content;
using oracle::FrameControl;
using oracle::Lockstep;
using oracle::OracleSettings;

// How many frames of a stream have what a test is about.
using Feature = std::function<bool(const State& before, const Frame& frame)>;

// Compares every frame with libvpx; returns in how many the feature was seen.
int follow(const std::vector<Bytes>& frames, const Feature& feature) {
  Lockstep both;
  int seen = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const State before = both.state();
    const testing::AssertionResult equal = both.step(frames[i]);
    EXPECT_TRUE(equal) << "frame " << i << " of " << frames.size();
    if (!equal) {
      break;
    }
    seen += feature(before, both.frame()) ? 1 : 0;
  }
  return seen;
}

template <class Predicate>
Feature any_macroblock(Predicate predicate) {
  return [predicate](const State&, const Frame& frame) {
    return std::any_of(frame.modes.begin(), frame.modes.end(), predicate);
  };
}

std::vector<Bytes> encode_clip(const OracleSettings& settings,
                               Content content,
                               int pictures,
                               const std::vector<FrameControl>& controls = {}) {
  const auto clip = oracle::synthetic_clip(settings.width, settings.height, content, pictures);
  return oracle::oracle_encode(clip, settings, controls);
}

TEST(LibvpxStream, OfEveryProfileAndSizeDecodesAsLibvpxDoes) {
  for (const auto& [width, height] : {std::pair{1, 1}, {17, 33}, {175, 143}, {320, 176}, {16, 2}}) {
    for (unsigned profile = 0; profile < 4; ++profile) {
      SCOPED_TRACE(testing::Message() << width << "x" << height << " profile " << profile);
      const OracleSettings settings{.width = width, .height = height, .profile = profile};
      const int seen =
          follow(encode_clip(settings, Content::kPan, 8),
                 [&](const State&, const Frame& f) { return f.header.version == profile; });
      EXPECT_EQ(seen, 8);
    }
  }
}

TEST(LibvpxStream, OfEveryContentDecodesAsLibvpxDoes) {
  for (const Content content : {Content::kPan, Content::kSlow, Content::kNoise, Content::kCuts,
                                Content::kFlat, Content::kScreen}) {
    for (const int cpu_used : {0, 8}) {
      SCOPED_TRACE(testing::Message() << "content " << int(content) << " speed " << cpu_used);
      const OracleSettings settings{.width = 113, .height = 79, .cpu_used = cpu_used};
      follow(encode_clip(settings, content, 12), [](const State&, const Frame&) { return true; });
    }
  }
}

TEST(LibvpxStream, HasBothLoopFilters) {
  int simple = 0;
  int normal = 0;
  for (const unsigned profile : {0u, 1u, 2u, 3u}) {
    const OracleSettings settings{
        .width = 96, .height = 80, .profile = profile, .min_q = 40, .max_q = 63};
    const auto frames = encode_clip(settings, Content::kSlow, 8);
    simple += follow(frames, [](const State&, const Frame& f) {
      return f.header.filter.simple && f.header.filter.level > 0;
    });
    normal += follow(frames, [](const State&, const Frame& f) {
      return !f.header.filter.simple && f.header.filter.level > 0;
    });
  }
  EXPECT_GE(simple, 8);
  EXPECT_GT(normal, 4);
}

TEST(LibvpxStream, WithEverySharpnessDecodesAsLibvpxDoes) {
  for (unsigned sharpness = 0; sharpness < 8; ++sharpness) {
    const OracleSettings settings{
        .width = 96, .height = 80, .min_q = 30, .max_q = 63, .sharpness = sharpness};
    const int seen =
        follow(encode_clip(settings, Content::kPan, 6), [&](const State&, const Frame& f) {
          return f.header.filter.sharpness == sharpness && f.header.filter.level > 0;
        });
    EXPECT_GE(seen, 1) << "sharpness " << sharpness;
  }
}

TEST(LibvpxStream, HasFilterDeltas) {
  const OracleSettings settings{.width = 96, .height = 80, .min_q = 30, .max_q = 63};
  const int seen =
      follow(encode_clip(settings, Content::kPan, 6), [](const State&, const Frame& f) {
        return f.header.filter.delta_enabled && f.header.filter.level > 0;
      });
  EXPECT_GE(seen, 5);
}

TEST(LibvpxStream, WithOneToEightTokenPartitionsDecodesAsLibvpxDoes) {
  for (int log2 = 0; log2 < 4; ++log2) {
    const OracleSettings settings{.width = 100, .height = 200, .token_partitions_log2 = log2};
    const int seen = follow(
        encode_clip(settings, Content::kCuts, 7),
        [&](const State&, const Frame& f) { return f.header.log2_nbr_of_dct_partitions == log2; });
    EXPECT_EQ(seen, 7);
  }
}

TEST(LibvpxStream, HasHiddenAltrefFramesThatArePredictedFrom) {
  for (const bool two_pass : {false, true}) {
    const OracleSettings settings{.width = 175,
                                  .height = 143,
                                  .cpu_used = 0,
                                  .bitrate_kbps = 150,
                                  .two_pass = two_pass,
                                  .auto_alt_ref = true,
                                  .lag = 16};
    const auto frames = encode_clip(settings, Content::kSlow, 40);
    const int hidden =
        follow(frames, [](const State&, const Frame& f) { return !f.header.show_frame; });
    const int used = follow(
        frames, any_macroblock([](const MbModes& mb) { return mb.ref_frame == ALTREF_FRAME; }));
    // One pass alone never hides a frame.
    if (two_pass) {
      EXPECT_GE(hidden, 1);
      EXPECT_GE(used, 2);
    }
  }
}

// Golden and altref by hand: refreshed, kept, predicted from, and copied into each other.
std::vector<FrameControl> reference_controls(int pictures) {
  constexpr vpx_enc_frame_flags_t kKeepAll =
      VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF;
  constexpr std::array<vpx_enc_frame_flags_t, 8> kCycle = {
      VP8_EFLAG_FORCE_GF | VP8_EFLAG_NO_UPD_ARF,
      VP8_EFLAG_NO_REF_LAST,
      VP8_EFLAG_FORCE_ARF | VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_GF,
      VP8_EFLAG_NO_REF_LAST | VP8_EFLAG_NO_REF_GF,
      kKeepAll,
      VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_REF_ARF,
      VP8_EFLAG_FORCE_GF | VP8_EFLAG_FORCE_ARF,
      VP8_EFLAG_NO_UPD_ENTROPY};
  std::vector<FrameControl> controls(static_cast<std::size_t>(pictures));
  for (std::size_t i = 1; i < controls.size(); ++i) {
    controls[i].flags = kCycle[i % kCycle.size()];
  }
  return controls;
}

TEST(LibvpxStream, WithForcedReferencesDecodesAsLibvpxDoes) {
  for (const Content content : {Content::kSlow, Content::kPan, Content::kFlat}) {
    const OracleSettings settings{.width = 111, .height = 65, .cpu_used = 0};
    const auto frames = encode_clip(settings, content, 24, reference_controls(24));
    const auto count = [&](const Feature& feature) { return follow(frames, feature); };
    EXPECT_GE(count([](const State&, const Frame& f) {
                return !f.header.key_frame && f.header.refresh_golden_frame;
              }),
              3);
    EXPECT_GE(count([](const State&, const Frame& f) {
                return !f.header.key_frame && f.header.refresh_alternate_frame;
              }),
              3);
    EXPECT_GE(count([](const State&, const Frame& f) { return !f.header.refresh_last; }), 3);
    EXPECT_GE(count([](const State&, const Frame& f) { return !f.header.refresh_entropy_probs; }),
              2);
    EXPECT_GE(count(any_macroblock([](const MbModes& mb) { return mb.ref_frame == GOLDEN_FRAME; })),
              2);
    EXPECT_GE(count(any_macroblock([](const MbModes& mb) { return mb.ref_frame == ALTREF_FRAME; })),
              2);
  }
}

TEST(LibvpxStream, HasBufferCopies) {
  const OracleSettings settings{.width = 80, .height = 64, .bitrate_kbps = 100};
  const int seen =
      follow(encode_clip(settings, Content::kSlow, 60), [](const State&, const Frame& f) {
        return f.header.copy_buffer_to_alternate != 0 || f.header.copy_buffer_to_golden != 0;
      });
  EXPECT_GE(seen, 1);
}

TEST(LibvpxStream, ThatIsErrorResilientDecodesAsLibvpxDoes) {
  for (const unsigned how :
       {unsigned{VPX_ERROR_RESILIENT_DEFAULT},
        unsigned{VPX_ERROR_RESILIENT_DEFAULT} | unsigned{VPX_ERROR_RESILIENT_PARTITIONS}}) {
    const OracleSettings settings{.width = 96,
                                  .height = 112,
                                  .realtime = true,
                                  .token_partitions_log2 = 2,
                                  .error_resilient = how};
    const int seen =
        follow(encode_clip(settings, Content::kPan, 10),
               [](const State&, const Frame& f) { return !f.header.refresh_entropy_probs; });
    EXPECT_GE(seen, 5);
  }
}

Bytes stripes(int width, int height, int phase) {
  const int cols = (width + 15) / 16;
  Bytes map;
  for (int mb = 0; mb < cols * ((height + 15) / 16); ++mb) {
    map.push_back(static_cast<std::uint8_t>((mb % cols + mb / cols + phase) % 4));
  }
  return map;
}

TEST(LibvpxStream, KeepsASegmentationMapThatIsSentOnlyNowAndThen) {
  const OracleSettings settings{.width = 120,
                                .height = 90,
                                .realtime = true,
                                .min_q = 20,
                                .max_q = 50,
                                .roi_delta_q = {0, -20, 15, 30},
                                .roi_delta_lf = {0, 10, -8, 20}};
  std::vector<FrameControl> controls(16);
  controls[0].roi = stripes(120, 90, 0);
  controls[7].roi = stripes(120, 90, 2);
  const auto frames = encode_clip(settings, Content::kSlow, 16, controls);
  const auto kept = [](const State& before, const Frame& f) {
    return !f.header.key_frame && f.header.segmentation_enabled &&
           !f.header.segmentation.update_map &&
           std::count(before.segmentation.map.begin(), before.segmentation.map.end(), 3) > 0;
  };
  const auto sent = [](const State&, const Frame& f) {
    return f.header.segmentation_enabled && f.header.segmentation.update_map;
  };
  EXPECT_GE(follow(frames, kept), 3);
  EXPECT_GE(follow(frames, sent), 2);
}

TEST(LibvpxStream, WithActiveMapAndStaticParts) {
  const OracleSettings settings{.width = 128,
                                .height = 96,
                                .realtime = true,
                                .static_threshold = 1000,
                                .noise_sensitivity = 2};
  std::vector<FrameControl> controls(10);
  controls[3].active = stripes(128, 96, 0);
  const int seen = follow(encode_clip(settings, Content::kSlow, 10, controls),
                          any_macroblock([](const MbModes& mb) { return mb.skip; }));
  EXPECT_GE(seen, 5);
}

TEST(LibvpxStream, OfScreenContentDecodesAsLibvpxDoes) {
  for (const unsigned mode : {1u, 2u}) {
    const OracleSettings settings{.width = 160,
                                  .height = 120,
                                  .realtime = true,
                                  .cpu_used = -6,
                                  .constant_bitrate = true,
                                  .screen_content = mode};
    const int seen = follow(encode_clip(settings, Content::kScreen, 20),
                            any_macroblock([](const MbModes& mb) { return mb.is_inter(); }));
    EXPECT_GE(seen, 10);
  }
}

TEST(LibvpxStream, HasVectorsFarOutsideThePicture) {
  const OracleSettings settings{.width = 96, .height = 64, .cpu_used = 0, .min_q = 4, .max_q = 20};
  const auto outside = [](const State&, const Frame& f) {
    for (int row = 0; row < f.mb_rows; ++row) {
      for (int col = 0; col < f.mb_cols; ++col) {
        const MotionVector mv = f.at(row, col).mv;
        const int x = col * 64 + mv.col;
        const int y = row * 64 + mv.row;
        if (x <= -32 || y <= -32 || x + 64 >= f.mb_cols * 64 + 32 ||
            y + 64 >= f.mb_rows * 64 + 32) {
          return true;
        }
      }
    }
    return false;
  };
  EXPECT_GE(follow(encode_clip(settings, Content::kPan, 20), outside), 3);
}

TEST(LibvpxStream, HasEveryModeAndSplit) {
  const OracleSettings settings{
      .width = 176, .height = 144, .cpu_used = 0, .min_q = 4, .max_q = 30};
  std::vector<Bytes> frames = encode_clip(settings, Content::kPan, 12);
  const OracleSettings coarse{.width = 176, .height = 144, .cpu_used = 0, .min_q = 50, .max_q = 63};
  for (const Content content : {Content::kCuts, Content::kNoise, Content::kFlat}) {
    for (Bytes& frame : encode_clip(coarse, content, 6)) {
      frames.push_back(std::move(frame));
    }
  }
  for (const MbMode mode :
       {DC_PRED, V_PRED, H_PRED, TM_PRED, B_PRED, NEARESTMV, NEARMV, ZEROMV, NEWMV, SPLITMV}) {
    EXPECT_GE(follow(frames, any_macroblock([=](const MbModes& mb) { return mb.y_mode == mode; })),
              1)
        << "mode " << int{mode};
  }
  for (const SplitPartition cut : {kSplit16x8, kSplit8x16, kSplit8x8, kSplit4x4}) {
    EXPECT_GE(follow(frames, any_macroblock([=](const MbModes& mb) {
                       return mb.y_mode == SPLITMV && mb.partition == cut;
                     })),
              1)
        << "partition " << int{cut};
  }
}

TEST(LibvpxStream, WithScalingFieldsDecodesAsLibvpxDoes) {
  for (const int mode : {1, 2, 3}) {
    const OracleSettings settings{.width = 160, .height = 96, .scaling_mode = mode};
    const int seen =
        follow(encode_clip(settings, Content::kPan, 4), [&](const State&, const Frame& f) {
          return f.header.key_frame && f.header.horizontal_scale == mode &&
                 f.header.vertical_scale == mode;
        });
    EXPECT_GE(seen, 1) << "mode " << mode;
  }
}

TEST(LibvpxStream, ChangesSizeAtAKeyFrame) {
  std::vector<Bytes> frames;
  for (const auto& [width, height] : {std::pair{64, 48}, {33, 95}, {64, 48}, {16, 16}, {200, 40}}) {
    const OracleSettings settings{.width = width, .height = height};
    for (Bytes& frame : encode_clip(settings, Content::kPan, 4)) {
      frames.push_back(std::move(frame));
    }
  }
  const int seen = follow(frames, [](const State& before, const Frame& f) {
    return f.header.key_frame && before.ready() && f.header.width != before.width;
  });
  EXPECT_EQ(seen, 4);
}

TEST(LibvpxStream, WithKeyFramesInBetweenDecodesAsLibvpxDoes) {
  std::vector<FrameControl> controls(12);
  controls[4].flags = controls[5].flags = controls[9].flags = VPX_EFLAG_FORCE_KF;
  const OracleSettings settings{.width = 70, .height = 50};
  const int seen = follow(encode_clip(settings, Content::kCuts, 12, controls),
                          [](const State&, const Frame& f) { return f.header.key_frame; });
  EXPECT_GE(seen, 4);
}

// libvpx drops pictures under constant bitrate and says so by empty frames; its decoder's interface
// refuses them, so the law is ours: the last picture is repeated and nothing changes.
TEST(LibvpxStream, GoesOnAfterEmptyFrames) {
  const OracleSettings settings{.width = 64, .height = 48};
  Lockstep both;
  for (const Bytes& frame : encode_clip(settings, Content::kPan, 6)) {
    ASSERT_TRUE(both.step(frame));
    const Decoded repeated = decode(both.state(), {});
    EXPECT_TRUE(repeated.shown);
    EXPECT_EQ(repeated.next, both.state());
    EXPECT_EQ(repeated.reconstruction, both.state().references.last);
  }
}

}  // namespace
}  // namespace vp8
