// What parse_frame measures: bits of header, modes and tokens by the bool coder's position.
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "codec/decode.hh"
#include "codec/header.hh"
#include "tests/codec/random_frame.hh"

namespace vp8 {
namespace {

std::uint64_t sum(const std::vector<std::uint32_t>& values) {
  return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}

// What BoolWriter::finish() adds to a partition.
constexpr std::uint64_t kLeastPadding = 9;
constexpr std::uint64_t kMostPadding = 16;

TEST(FrameBits, AddUpToThePartitionsWithoutTheirPadding) {
  std::mt19937 random(5);
  State state;
  for (int i = 0; i < 40; ++i) {
    const RandomFrameOptions options{
        .key_frame = i % 8 == 0, .width = 30 + 9 * i, .height = 150 - 2 * i, .max_level = 300};
    const Frame frame = random_frame(state, options, random);
    const std::vector<std::uint8_t> bytes = write_frame(state, frame);
    FrameBits bits;
    ASSERT_EQ(parse_frame(state, bytes, &bits), frame);
    ASSERT_EQ(bits.modes.size(), frame.modes.size());
    ASSERT_EQ(bits.tokens.size(), frame.modes.size());
    FrameHeader header;
    const FrameTag tag = read_frame_tag(bytes, header);
    const std::uint64_t first = 8 * std::uint64_t{tag.first_partition_size};
    EXPECT_LE(bits.header + sum(bits.modes) + kLeastPadding, first);
    EXPECT_GE(bits.header + sum(bits.modes) + kMostPadding, first);
    const std::uint64_t partitions = std::uint64_t{1} << frame.header.log2_nbr_of_dct_partitions;
    const std::uint64_t rest =
        8 * (bytes.size() - tag.size_bytes - tag.first_partition_size - 3 * (partitions - 1));
    EXPECT_LE(sum(bits.tokens) + partitions * kLeastPadding, rest);
    EXPECT_GE(sum(bits.tokens) + partitions * kMostPadding, rest);
    state = decode(state, bytes).next;
  }
}

TEST(FrameBits, TokensBelongToTheMacroblockThatHasThem) {
  std::mt19937 random(9);
  Frame frame = random_frame({}, {.key_frame = true, .width = 96, .height = 80}, random);
  frame.header.mb_no_skip_coeff = true;
  frame.header.prob_skip_false = 128;
  for (MbModes& mb : frame.modes)
    mb.skip = true;
  const std::size_t chosen = 13;
  frame.modes[chosen].skip = false;
  frame.residual.clear();
  for (std::size_t i = 0; i < frame.modes.size(); ++i) {
    frame.residual.begin_macroblock();
    if (i == chosen)
      frame.residual.add_block(kBlockU, {500, -300, 200}, 6);
  }
  FrameBits bits;
  parse_frame({}, write_frame({}, frame), &bits);
  for (std::size_t i = 0; i < frame.modes.size(); ++i) {
    if (i == chosen) {
      EXPECT_GT(bits.tokens[i], 20U);
    } else {
      EXPECT_EQ(bits.tokens[i], 0U) << i;
    }
    EXPECT_GT(bits.modes[i], 0U) << i;
  }
}

TEST(FrameBits, AreThoseOfTheLastFrameOnly) {
  std::mt19937 random(3);
  const std::vector<std::uint8_t> large =
      write_frame({}, random_frame({}, {.key_frame = true, .width = 200, .height = 90}, random));
  const std::vector<std::uint8_t> small =
      write_frame({}, random_frame({}, {.key_frame = true, .width = 40, .height = 40}, random));
  FrameBits again;
  FrameBits fresh;
  parse_frame({}, large, &again);
  parse_frame({}, small, &again);
  parse_frame({}, small, &fresh);
  EXPECT_EQ(again, fresh);
  EXPECT_EQ(fresh.modes.size(), 9U);
}

}  // namespace
}  // namespace vp8
