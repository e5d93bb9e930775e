// Laws of encode and rebase: what the encoder claims is what decoders find, ours and libvpx's.
#include "codec/encode.hh"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>
#include <vpx/vp8cx.h>

#include "tests/codec/random_frame.hh"
#include "tests/oracle/lockstep.hh"

namespace vp8 {
namespace {

using oracle::Bytes;
using oracle::Content;
using oracle::FrameControl;
using oracle::Lockstep;
using oracle::OracleSettings;

struct Size {
  int width;
  int height;
};

constexpr std::array<Size, 7> kSizes = {
    {{16, 16}, {1, 1}, {17, 33}, {64, 48}, {95, 71}, {33, 16}, {160, 16}}};

// Of every kind in turn: all samples of one value, two values at random, any values, a texture.
Picture random_source(Size size, std::mt19937& random) {
  const unsigned kind = random() % 4;
  if (kind == 3) {
    return oracle::synthetic_picture(size.width, size.height, Content::kPan,
                                     static_cast<int>(random() % 50));
  }
  const unsigned grey = random() % 256;
  Picture picture(size.width, size.height);
  for (const Plane plane : {kPlaneY, kPlaneU, kPlaneV}) {
    const PlaneView view = picture.shown(plane);
    for (int y = 0; y < view.height; ++y) {
      for (int x = 0; x < view.width; ++x) {
        const unsigned two = random() % 2 * 255;
        view.at(y, x) = static_cast<std::uint8_t>(kind == 0   ? grey
                                                  : kind == 1 ? two
                                                              : random() % 256);
      }
    }
  }
  picture.pad_to_macroblocks();
  return picture;
}

// All that is said about a macroblock but what depends on the state.
std::vector<MbModes> kept_modes(const Frame& frame) {
  std::vector<MbModes> modes = frame.modes;
  for (MbModes& mb : modes) {
    mb.skip = false;
    mb.segment = 0;
  }
  return modes;
}

// Feeds `coded` to both decoders; everything that it claims must be what they find.
testing::AssertionResult agrees(const Encoded& coded, Lockstep& both) {
  const testing::AssertionResult equal = both.step(coded.bytes);
  if (!equal) {
    return equal;
  }
  if (!(both.decoded().reconstruction == coded.reconstruction)) {
    return testing::AssertionFailure() << "the reconstruction is another one";
  }
  if (!(both.state() == coded.next) || hash(both.state()) != hash(coded.next)) {
    return testing::AssertionFailure() << "the next state is another one";
  }
  if (!(both.frame() == coded.frame)) {
    return testing::AssertionFailure() << "the bytes hold another frame";
  }
  return testing::AssertionSuccess();
}

// Encodes random pictures with random decisions, one upon the other.
void encode_random_stream(RandomFrameOptions options, unsigned seed, int inter_frames) {
  std::mt19937 random(seed);
  Lockstep both;
  for (int i = 0; i <= inter_frames; ++i) {
    SCOPED_TRACE(testing::Message() << "seed " << seed << " frame " << i);
    options.key_frame = i == 0 || random() % 8 == 0;
    const Frame wish = random_frame(both.state(), options, random);
    const Picture source = random_source({options.width, options.height}, random);
    const State before = both.state();
    const std::uint64_t hash_before = hash(before);
    const Encoded coded = encode(before, source, {wish.header, wish.modes});
    ASSERT_EQ(hash(before), hash_before) << "encode changed the state that it was given";
    ASSERT_EQ(kept_modes(coded.frame), kept_modes(wish));
    const Encoded again = rebase(before, source, coded.frame);
    ASSERT_EQ(again.bytes, coded.bytes) << "a rebase onto the same state";
    ASSERT_EQ(again.next, coded.next);
    ASSERT_TRUE(agrees(coded, both));
  }
}

TEST(Encode, OfRandomDecisionsLeadsToTheStateThatDecodersFind) {
  for (unsigned seed = 0; seed < 42; ++seed) {
    const Size size = kSizes[seed % kSizes.size()];
    encode_random_stream({.width = size.width, .height = size.height}, seed, 6);
    ASSERT_FALSE(HasFatalFailure());
  }
}

TEST(Encode, AtTheFinestQuantisersLeadsToTheStateThatDecodersFind) {
  for (unsigned seed = 100; seed < 114; ++seed) {
    const Size size = kSizes[seed % kSizes.size()];
    encode_random_stream({.width = size.width, .height = size.height, .max_q_index = 0}, seed, 4);
    ASSERT_FALSE(HasFatalFailure());
  }
}

TEST(Encode, WithVectorsAsFarAsTheyGoLeadsToTheStateThatDecodersFind) {
  for (unsigned seed = 200; seed < 214; ++seed) {
    const Size size = kSizes[seed % kSizes.size()];
    encode_random_stream({.width = size.width,
                          .height = size.height,
                          .max_mv_delta = kMaxMvDelta,
                          .inter_percent = 95},
                         seed, 5);
    ASSERT_FALSE(HasFatalFailure());
  }
}

TEST(Encode, IsTheSameEveryTime) {
  std::mt19937 random(3);
  const Frame wish = random_frame({}, {.key_frame = true, .width = 80, .height = 48}, random);
  const Picture source = oracle::synthetic_picture(80, 48, Content::kPan, 0);
  EXPECT_EQ(encode({}, source, {wish.header, wish.modes}).bytes,
            encode({}, source, {wish.header, wish.modes}).bytes);
}

// A key frame of DC_PRED macroblocks.
Decisions plain_key_frame(int width, int height, std::uint8_t q_index) {
  Decisions decisions;
  decisions.header.key_frame = true;
  decisions.header.width = static_cast<std::uint16_t>(width);
  decisions.header.height = static_cast<std::uint16_t>(height);
  decisions.header.quant.y_ac_qi = q_index;
  const int macroblocks = (width + 15) / 16 * ((height + 15) / 16);
  decisions.modes.resize(static_cast<std::size_t>(macroblocks));
  return decisions;
}

std::uint64_t luma_error(const Picture& a, const Picture& b) {
  const ConstPlaneView p = a.shown(kPlaneY);
  const ConstPlaneView q = b.shown(kPlaneY);
  std::uint64_t sum = 0;
  for (int y = 0; y < p.height; ++y) {
    for (int x = 0; x < p.width; ++x) {
      const int difference = p.at(y, x) - q.at(y, x);
      sum += static_cast<std::uint64_t>(difference * difference);
    }
  }
  return sum;
}

TEST(Encode, ComesNearerToTheSourceAndCostsMoreAtFinerQuantisers) {
  const Picture source = oracle::synthetic_picture(96, 80, Content::kPan, 0);
  const Encoded fine = encode({}, source, plain_key_frame(96, 80, 4));
  const Encoded middling = encode({}, source, plain_key_frame(96, 80, 40));
  const Encoded coarse = encode({}, source, plain_key_frame(96, 80, 120));
  const auto error = [&](const Encoded& e) { return luma_error(source, *e.reconstruction); };
  EXPECT_LT(error(fine), 96u * 80u * 4u);
  EXPECT_LT(error(fine), error(middling));
  EXPECT_LT(error(middling), error(coarse));
  EXPECT_GT(fine.bytes.size(), middling.bytes.size());
  EXPECT_GT(middling.bytes.size(), coarse.bytes.size());
}

TEST(Encode, SkipsMacroblocksThatArePredictedExactly) {
  const Picture source = oracle::synthetic_picture(64, 64, Content::kPan, 0);
  const Encoded key = encode({}, source, plain_key_frame(64, 64, 30));
  Decisions repeat;
  repeat.header.key_frame = false;
  repeat.header.quant.y_ac_qi = 30;
  repeat.modes.resize(16);
  for (MbModes& mb : repeat.modes) {
    mb.ref_frame = LAST_FRAME;
    mb.y_mode = ZEROMV;
  }
  const Encoded again = encode(key.next, *key.reconstruction, repeat);
  EXPECT_TRUE(std::all_of(again.frame.modes.begin(), again.frame.modes.end(),
                          [](const MbModes& mb) { return mb.skip; }));
  EXPECT_EQ(again.reconstruction, key.reconstruction);
}

TEST(Encode, RefusesAnInterFrameWithoutAKeyFrameBeforeIt) {
  Decisions decisions = plain_key_frame(32, 32, 10);
  decisions.header.key_frame = false;
  decisions.header.width = decisions.header.height = 0;
  const Picture source = oracle::synthetic_picture(32, 32, Content::kFlat, 0);
  EXPECT_THROW(encode({}, source, decisions), Unsupported);
}

TEST(Encode, RefusesPicturesAndDecisionsOfAnotherSize) {
  const Picture source = oracle::synthetic_picture(48, 32, Content::kFlat, 0);
  EXPECT_THROW(encode({}, source, plain_key_frame(47, 32, 10)), Unsupported);
  EXPECT_THROW(encode({}, source, plain_key_frame(32, 48, 10)), Unsupported);
  Decisions missing = plain_key_frame(48, 32, 10);
  missing.modes.pop_back();
  EXPECT_THROW(encode({}, source, missing), Unsupported);

  const State state = encode({}, source, plain_key_frame(48, 32, 10)).next;
  Decisions inter = plain_key_frame(48, 32, 10);
  inter.header.key_frame = false;
  inter.header.width = inter.header.height = 0;
  EXPECT_NO_THROW(encode(state, source, inter));
  EXPECT_THROW(encode(state, oracle::synthetic_picture(48, 31, Content::kFlat, 0), inter),
               Unsupported);
  inter.modes.emplace_back();
  EXPECT_THROW(encode(state, source, inter), Unsupported);
}

// --- rebase of libvpx's frames ---

// A frame of a stream and what its decoder made of it.
struct StreamFrame {
  Frame frame;
  PictureRef picture;
};

std::vector<StreamFrame> decode_stream(const std::vector<Bytes>& stream) {
  std::vector<StreamFrame> frames;
  State state;
  for (const Bytes& bytes : stream) {
    Decoded decoded = decode(state, bytes);
    state = decoded.next;
    frames.push_back({*decoded.frame, decoded.reconstruction});
  }
  return frames;
}

bool keeps_map(const FrameHeader& h) {
  return !h.key_frame && !(h.segmentation_enabled && h.segmentation.update_map);
}

// Rebases `frames` from number `first` on onto whatever state `both` is in: the pictures that the
// original stream shows are the source.
void rebase_onto(const std::vector<StreamFrame>& frames, std::size_t first, Lockstep& both) {
  for (std::size_t i = first; i < frames.size(); ++i) {
    SCOPED_TRACE(testing::Message() << "frame " << i << " of " << frames.size());
    const State before = both.state();
    const Frame& original = frames[i].frame;
    const Encoded rebased = rebase(before, *frames[i].picture, original);
    ASSERT_EQ(kept_modes(rebased.frame), kept_modes(original));
    ASSERT_EQ(rebased.frame.header.quant, original.header.quant);
    ASSERT_EQ(rebased.frame.header.filter, original.header.filter);
    ASSERT_EQ(rebased.frame.header.show_frame, original.header.show_frame);
    for (std::size_t mb = 0; mb < original.modes.size(); ++mb) {
      const std::uint8_t segment = keeps_map(original.header) && before.ready()
                                       ? before.segmentation.map[mb]
                                       : original.modes[mb].segment;
      ASSERT_EQ(rebased.frame.modes[mb].segment, segment);
    }
    ASSERT_EQ(rebase(before, *frames[i].picture, rebased.frame).bytes, rebased.bytes);
    ASSERT_TRUE(agrees(rebased, both));
  }
}

// What a case is about: `seen` frames of the stream must have it.
using Feature = bool (*)(const Frame&);

// Encodes the clip twice, at unlike quantisers, and rebases the first stream onto the second, from
// every so many frames on, and onto its own key frame made anew at another quantiser. Segment maps
// of the second are others.
void rebase_between_quantisers(OracleSettings settings,
                               Content content,
                               int pictures,
                               Feature feature,
                               const std::vector<FrameControl>& controls = {}) {
  const auto clip = oracle::synthetic_clip(settings.width, settings.height, content, pictures);
  settings.min_q = 8;
  settings.max_q = 20;
  settings.bitrate_kbps = 2000;
  const auto fine = decode_stream(oracle::oracle_encode(clip, settings, controls));
  EXPECT_TRUE(std::any_of(fine.begin(), fine.end(), [&](const StreamFrame& f) {
    return feature(f.frame);
  })) << "the stream lacks what the test is about";
  settings.min_q = 45;
  settings.max_q = 60;
  settings.bitrate_kbps = 60;
  std::vector<FrameControl> other_maps = controls;
  for (FrameControl& control : other_maps) {
    for (std::uint8_t& segment : control.roi) {
      segment = static_cast<std::uint8_t>(3 - segment);
    }
  }
  const auto coarse = oracle::oracle_encode(clip, settings, other_maps);
  for (std::size_t first = 1; first < std::min(fine.size(), coarse.size()); first += 5) {
    Lockstep both;
    for (std::size_t i = 0; i < first; ++i) {
      ASSERT_TRUE(both.step(coarse[i]));
    }
    rebase_onto(fine, first, both);
    ASSERT_FALSE(testing::Test::HasFatalFailure());
  }
  std::vector<StreamFrame> other_key = fine;
  other_key[0].frame.header.quant.y_ac_qi = 100;
  Lockstep both;
  rebase_onto(other_key, 0, both);
}

bool any_frame(const Frame&) {
  return true;
}

TEST(Rebase, OfHiddenAlternateReferencesKeepsModesAndDecodesExactly) {
  rebase_between_quantisers(
      {.width = 96, .height = 80, .cpu_used = 0, .two_pass = true, .auto_alt_ref = true, .lag = 16},
      Content::kSlow, 30, [](const Frame& f) { return !f.header.show_frame; });
}

TEST(Rebase, OfOddSizesKeepsModesAndDecodesExactly) {
  for (const Size size : {Size{17, 33}, {1, 1}, {95, 47}}) {
    rebase_between_quantisers({.width = size.width, .height = size.height, .cpu_used = 0},
                              Content::kPan, 10, any_frame);
  }
}

TEST(Rebase, OfSplitMacroblocksKeepsTheirVectors) {
  rebase_between_quantisers(
      {.width = 80, .height = 64, .cpu_used = 0}, Content::kPan, 8, [](const Frame& f) {
        return std::any_of(f.modes.begin(), f.modes.end(),
                           [](const MbModes& mb) { return mb.y_mode == SPLITMV; });
      });
}

TEST(Rebase, OfSegmentedFramesKeepsModesAndDecodesExactly) {
  std::vector<FrameControl> controls(12);
  for (const std::size_t i : {0u, 6u}) {
    for (std::size_t mb = 0; mb < 6 * 5; ++mb) {
      controls[i].roi.push_back(static_cast<std::uint8_t>((mb + i) / 4 % 4));
    }
  }
  const OracleSettings settings{.width = 95,
                                .height = 80,
                                .realtime = true,
                                .roi_delta_q = {0, -20, 15, 30},
                                .roi_delta_lf = {0, 10, -8, 20}};
  rebase_between_quantisers(
      settings, Content::kSlow, 12,
      [](const Frame& f) { return keeps_map(f.header) && f.header.segmentation_enabled; },
      controls);
}

TEST(Rebase, OfErrorResilientFramesKeepsModesAndDecodesExactly) {
  for (const unsigned resilience : {1u, 3u}) {
    rebase_between_quantisers(
        {.width = 64, .height = 64, .realtime = true, .error_resilient = resilience},
        Content::kCuts, 12, [](const Frame& f) { return !f.header.refresh_entropy_probs; });
  }
}

TEST(Rebase, OfSeveralTokenPartitionsKeepsThemAndDecodesExactly) {
  for (const int log2 : {1, 2, 3}) {
    rebase_between_quantisers(
        {.width = 64, .height = 160, .token_partitions_log2 = log2}, Content::kPan, 6,
        [](const Frame& f) { return f.header.log2_nbr_of_dct_partitions > 0; });
  }
}

TEST(Rebase, OfEveryProfileKeepsModesAndDecodesExactly) {
  for (unsigned profile = 1; profile < 4; ++profile) {
    rebase_between_quantisers({.width = 79, .height = 66, .profile = profile}, Content::kSlow, 8,
                              [](const Frame& f) { return f.header.version != 0; });
  }
}

// A chain's frames stay as near to their source as the frames that they were made from.
TEST(Rebase, OntoACoarserStateDoesNotLoseTheQuality) {
  const OracleSettings settings{
      .width = 96, .height = 80, .cpu_used = 0, .min_q = 20, .max_q = 20, .bitrate_kbps = 2000};
  const auto clip = oracle::synthetic_clip(96, 80, Content::kSlow, 6);
  const auto frames = decode_stream(oracle::oracle_encode(clip, settings));
  ASSERT_EQ(frames.size(), clip.size());
  StreamFrame key = frames[0];
  key.frame.header.quant.y_ac_qi = 110;
  State state = rebase({}, clip[0], key.frame).next;
  for (std::size_t i = 1; i < frames.size(); ++i) {
    const Encoded rebased = rebase(state, clip[i], frames[i].frame);
    EXPECT_LT(luma_error(clip[i], *rebased.reconstruction),
              2 * luma_error(clip[i], *frames[i].picture));
    state = rebased.next;
  }
}

TEST(Rebase, RefusesAFrameOfAnotherSize) {
  const OracleSettings settings{.width = 64, .height = 48};
  const auto clip = oracle::synthetic_clip(64, 48, Content::kSlow, 2);
  const auto frames = decode_stream(oracle::oracle_encode(clip, settings));
  const Picture small = oracle::synthetic_picture(48, 48, Content::kSlow, 0);
  const State state = encode({}, small, plain_key_frame(48, 48, 20)).next;
  EXPECT_THROW(rebase(state, clip[1], frames[1].frame), Unsupported);
  EXPECT_THROW(rebase(state, small, frames[1].frame), Unsupported);
  EXPECT_THROW(rebase({}, clip[1], frames[1].frame), Unsupported);
}

}  // namespace
}  // namespace vp8
