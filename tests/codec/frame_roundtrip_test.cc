// Laws of frame syntax: parse and write are inverse, and rewriting a frame costs no bytes.
#include <gtest/gtest.h>

#include "codec/decode.hh"
#include "codec/frame.hh"
#include "tests/codec/random_frame.hh"
#include "tests/oracle/libvpx_oracle.hh"

namespace vp8 {
namespace {

using oracle::Content;
using oracle::OracleSettings;

// Streams of libvpx with about everything that it can say.
std::vector<std::vector<oracle::Bytes>> libvpx_streams() {
  std::vector<std::vector<oracle::Bytes>> streams;
  const auto add = [&](const OracleSettings& settings, Content content, int pictures) {
    streams.push_back(oracle::oracle_encode(
        oracle::synthetic_clip(settings.width, settings.height, content, pictures), settings));
  };
  for (unsigned profile = 0; profile < 4; ++profile) {
    add({.width = 175, .height = 143, .profile = profile, .token_partitions_log2 = int(profile)},
        Content::kPan, 8);
  }
  add({.width = 96, .height = 80, .cpu_used = 0, .two_pass = true, .auto_alt_ref = true, .lag = 16},
      Content::kSlow, 30);
  add({.width = 64, .height = 64, .realtime = true, .error_resilient = 1}, Content::kCuts, 12);
  add({.width = 320, .height = 176, .min_q = 0, .max_q = 4, .bitrate_kbps = 20000}, Content::kNoise,
      3);
  add({.width = 17, .height = 33, .min_q = 60, .max_q = 63}, Content::kFlat, 12);
  return streams;
}

// libvpx pads each partition, and our writer each of its own: by how much ours may be longer.
std::size_t padding_bytes(const FrameHeader& header) {
  return 1 + (std::size_t{1} << header.log2_nbr_of_dct_partitions);
}

TEST(FrameRoundtrip, RewritesFramesOfLibvpxInNoMoreBytes) {
  std::size_t original_bytes = 0;
  std::size_t rewritten_bytes = 0;
  for (const auto& stream : libvpx_streams()) {
    State state;
    for (const oracle::Bytes& bytes : stream) {
      const Decoded decoded = decode(state, bytes);
      const std::vector<std::uint8_t> rewritten = write_frame(state, *decoded.frame);
      EXPECT_EQ(parse_frame(state, rewritten), *decoded.frame);
      EXPECT_LE(rewritten.size(), bytes.size() + padding_bytes(decoded.frame->header));
      const Decoded again = decode(state, rewritten);
      EXPECT_EQ(again.next, decoded.next);
      EXPECT_EQ(again.reconstruction, decoded.reconstruction);
      EXPECT_EQ(again.shown, decoded.shown);
      original_bytes += bytes.size();
      rewritten_bytes += rewritten.size();
      state = decoded.next;
    }
  }
  EXPECT_GT(original_bytes, 100000u);
  EXPECT_LE(rewritten_bytes, original_bytes);
  RecordProperty("original_bytes", static_cast<int>(original_bytes));
  RecordProperty("rewritten_bytes", static_cast<int>(rewritten_bytes));
}

// What write_frame wrote is its fixed point: the same bytes again.
TEST(FrameRoundtrip, RewritesItsOwnFramesToTheSameBytes) {
  std::mt19937 random(11);
  State state;
  for (int i = 0; i < 60; ++i) {
    const RandomFrameOptions options{
        .key_frame = i % 10 == 0, .width = 20 + 7 * i, .height = 100 - i, .max_level = 2114};
    const Frame frame = random_frame(state, options, random);
    const std::vector<std::uint8_t> bytes = write_frame(state, frame);
    const Decoded decoded = decode(state, bytes);
    ASSERT_EQ(*decoded.frame, frame);
    ASSERT_EQ(write_frame(state, *decoded.frame), bytes);
    state = decoded.next;
  }
}

}  // namespace
}  // namespace vp8
