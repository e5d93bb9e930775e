// Frames that no encoder emits, decoded by us and by libvpx: changed fields and random syntax.
#include "tests/codec/random_frame.hh"

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "tests/oracle/lockstep.hh"

namespace vp8 {
namespace {

using oracle::Lockstep;

struct Size {
  int width;
  int height;
};

constexpr std::array<Size, 8> kSizes = {
    {{16, 16}, {1, 1}, {17, 33}, {64, 48}, {175, 143}, {33, 16}, {160, 16}, {80, 96}}};

// A key frame and `inter_frames` random ones after it, compared frame by frame.
void follow_random_stream(RandomFrameOptions options, unsigned seed, int inter_frames) {
  std::mt19937 random(seed);
  Lockstep both;
  for (int i = 0; i <= inter_frames; ++i) {
    options.key_frame = i == 0 || random() % 12 == 0;
    const Frame frame = random_frame(both.state(), options, random);
    const std::vector<std::uint8_t> bytes = write_frame(both.state(), frame);
    ASSERT_EQ(parse_frame(both.state(), bytes), frame) << "seed " << seed << " frame " << i;
    ASSERT_TRUE(both.step(bytes)) << "seed " << seed << " frame " << i << " version "
                                  << int{frame.header.version};
  }
}

TEST(RandomFrame, DecodesAsLibvpxDoes) {
  for (unsigned seed = 0; seed < 64; ++seed) {
    const Size size = kSizes[seed % kSizes.size()];
    follow_random_stream({.width = size.width, .height = size.height}, seed, 11);
    ASSERT_FALSE(HasFatalFailure());
  }
}

TEST(RandomFrame, WithVectorsAsFarAsTheyGoDecodesAsLibvpxDoes) {
  for (unsigned seed = 100; seed < 148; ++seed) {
    const Size size = kSizes[seed % kSizes.size()];
    follow_random_stream({.width = size.width,
                          .height = size.height,
                          .max_level = 1,
                          .coded_percent = 3,
                          .max_mv_delta = kMaxMvDelta,
                          .inter_percent = 95},
                         seed, 9);
    ASSERT_FALSE(HasFatalFailure());
  }
}

// The largest levels that a conforming encoder's arithmetic can reach: level * step fits 16 bits.
TEST(RandomFrame, WithLargeLevelsDecodesAsLibvpxDoes) {
  for (unsigned seed = 200; seed < 232; ++seed) {
    const Size size = kSizes[seed % kSizes.size()];
    follow_random_stream({.width = size.width,
                          .height = size.height,
                          .max_level = 2048,
                          .coded_percent = 20,
                          .max_q_index = 0},
                         seed, 6);
    ASSERT_FALSE(HasFatalFailure());
  }
}

TEST(RandomFrame, OfEveryCoefficientCodedDecodesAsLibvpxDoes) {
  for (unsigned seed = 300; seed < 324; ++seed) {
    const Size size = kSizes[seed % kSizes.size()];
    follow_random_stream(
        {.width = size.width, .height = size.height, .max_level = 40, .coded_percent = 100}, seed,
        5);
    ASSERT_FALSE(HasFatalFailure());
  }
}

// --- libvpx's own frames with changed fields ---

using Change = std::function<void(const State& before, int index, std::mt19937& random, Frame&)>;

// Changes every frame of a stream made by libvpx; both decoders must agree on the outcome.
void follow_changed_stream(const Change& change) {
  const oracle::OracleSettings settings{.width = 79, .height = 66, .cpu_used = 0};
  const auto clip = oracle::synthetic_clip(79, 66, oracle::Content::kSlow, 10);
  State original;
  Lockstep both;
  std::mt19937 random(7);
  int index = 0;
  for (const oracle::Bytes& bytes : oracle::oracle_encode(clip, settings)) {
    Decoded decoded = decode(original, bytes);
    original = decoded.next;
    Frame frame = *decoded.frame;
    change(both.state(), index, random, frame);
    const std::vector<std::uint8_t> changed = write_frame(both.state(), frame);
    ASSERT_EQ(parse_frame(both.state(), changed).header, frame.header) << "frame " << index;
    ASSERT_TRUE(both.step(changed)) << "frame " << index;
    ++index;
  }
  EXPECT_EQ(index, 10);
}

TEST(ChangedFrame, WithOtherColorSpaceAndClampingTypeDecodesAsLibvpxDoes) {
  follow_changed_stream([](const State&, int, std::mt19937&, Frame& f) {
    f.header.color_space = f.header.clamping_type = f.header.key_frame;
  });
}

TEST(ChangedFrame, WithAVersionThatChangesFromFrameToFrame) {
  follow_changed_stream([](const State&, int index, std::mt19937&, Frame& f) {
    f.header.version = static_cast<std::uint8_t>((index * 3 + 1) % 4);
  });
}

TEST(ChangedFrame, WithSignBiases) {
  follow_changed_stream([](const State& before, int index, std::mt19937& random, Frame& f) {
    if (f.header.key_frame) {
      return;
    }
    f.header.sign_bias_golden = index % 2 != 0;
    f.header.sign_bias_alternate = index % 3 == 0;
    randomise_modes(before, {.max_mv_delta = 40}, random, f);
    randomise_residual(before, {}, random, f);
  });
}

// Copies in both directions at once, of every kind, with and without refreshes.
TEST(ChangedFrame, ThatCopiesBuffersBothWays) {
  follow_changed_stream([](const State& before, int index, std::mt19937& random, Frame& f) {
    FrameHeader& h = f.header;
    if (h.key_frame) {
      return;
    }
    h.refresh_golden_frame = index % 4 == 1;
    h.refresh_alternate_frame = index % 5 == 2;
    h.refresh_last = index % 3 != 0;
    h.copy_buffer_to_golden = h.refresh_golden_frame ? std::uint8_t{0} : std::uint8_t{2};
    h.copy_buffer_to_alternate =
        h.refresh_alternate_frame ? std::uint8_t{0} : static_cast<std::uint8_t>(index % 3);
    randomise_modes(before, {.max_mv_delta = 40}, random, f);
    randomise_residual(before, {}, random, f);
  });
}

TEST(ChangedFrame, WithoutSkipFlags) {
  follow_changed_stream([](const State&, int, std::mt19937&, Frame& f) {
    f.header.mb_no_skip_coeff = false;
    f.header.prob_skip_false = 0;
    for (MbModes& mb : f.modes) {
      mb.skip = false;
    }
  });
}

// A map in frames 0 and 4 only, new values in 0, 2 and 6, segmentation off in 7 and on again in 8.
TEST(ChangedFrame, WithSegmentsOfAbsoluteAndRelativeLevels) {
  for (const bool absolute : {false, true}) {
    follow_changed_stream([=](const State& before, int index, std::mt19937& random, Frame& f) {
      FrameHeader& h = f.header;
      h.segmentation_enabled = index != 7;
      h.segmentation = {};
      h.segmentation.update_map = index == 0 || index == 4;
      h.segmentation.update_data = index % 4 == 2 || index == 0;
      h.segmentation.absolute = h.segmentation.update_data && absolute;
      if (!h.segmentation_enabled) {
        h.segmentation = {};
      }
      if (h.segmentation.update_data) {
        const auto shift = static_cast<std::int8_t>(index);
        h.segmentation.quantizer = {std::int8_t{5}, std::nullopt, shift, std::int8_t{90}};
        h.segmentation.filter_level = {shift, std::int8_t{63}, std::nullopt, std::int8_t{30}};
      }
      for (std::size_t i = 0; i < f.modes.size(); ++i) {
        f.modes[i].segment = h.segmentation.update_map ? static_cast<std::uint8_t>(random() % 4)
                             : h.key_frame             ? std::uint8_t{0}
                                                       : before.segmentation.map[i];
      }
    });
  }
}

TEST(ChangedFrame, WithFilterDeltasAndSharpness) {
  for (const bool simple : {false, true}) {
    follow_changed_stream([=](const State&, int index, std::mt19937& random, Frame& f) {
      FilterHeader& filter = f.header.filter;
      filter = {};
      filter.simple = simple;
      filter.level = static_cast<std::uint8_t>(10 + 5 * index);
      filter.sharpness = static_cast<std::uint8_t>(index % 8);
      filter.delta_enabled = index != 5;
      filter.delta_update = filter.delta_enabled && index % 2 == 0;
      for (std::size_t i = 0; filter.delta_update && i < 4; ++i) {
        filter.ref_frame_delta[i] = static_cast<std::int8_t>(static_cast<int>(random() % 127) - 63);
        filter.mode_delta[i] = static_cast<std::int8_t>(static_cast<int>(random() % 127) - 63);
      }
    });
  }
}

TEST(ChangedFrame, WithOtherModeAndVectorProbabilities) {
  follow_changed_stream([](const State&, int index, std::mt19937& random, Frame& f) {
    FrameHeader& h = f.header;
    const auto prob = [&] { return static_cast<Probability>(random() % 255 + 1); };
    h.refresh_entropy_probs = index % 3 != 1;
    h.mb_no_skip_coeff = true;
    h.prob_skip_false = prob();
    if (h.key_frame) {
      return;
    }
    h.prob_intra = prob();
    h.prob_last = prob();
    h.prob_gf = prob();
    h.y_mode_probs = {prob(), prob(), prob(), prob()};
    h.uv_mode_probs = {prob(), prob(), prob()};
    h.mv_prob_updates[static_cast<std::size_t>(index % 2)].fill(Probability{1});
    for (auto& p : h.mv_prob_updates[1]) {
      p = static_cast<Probability>((prob() & 0xfe) | 2);
    }
  });
}

TEST(ChangedFrame, WithEveryNumberOfTokenPartitions) {
  follow_changed_stream([](const State&, int index, std::mt19937&, Frame& f) {
    f.header.log2_nbr_of_dct_partitions = static_cast<std::uint8_t>(index % 4);
  });
}

TEST(ChangedFrame, HiddenNowAndThen) {
  follow_changed_stream([](const State&, int index, std::mt19937&, Frame& f) {
    f.header.show_frame = index % 3 != 1;
  });
}

}  // namespace
}  // namespace vp8
