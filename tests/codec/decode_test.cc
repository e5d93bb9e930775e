// Laws of decode: pure, and total over its input.
#include "codec/decode.hh"

#include <gtest/gtest.h>

#include "tests/codec/random_frame.hh"
#include "tests/oracle/libvpx_oracle.hh"

namespace vp8 {
namespace {

using oracle::Bytes;

std::vector<Bytes> small_stream() {
  const oracle::OracleSettings settings{
      .width = 40, .height = 56, .cpu_used = 0, .token_partitions_log2 = 1};
  return oracle::oracle_encode(oracle::synthetic_clip(40, 56, oracle::Content::kPan, 5), settings);
}

TEST(Decode, LeavesTheStateBeforeAlone) {
  State state;
  for (const Bytes& bytes : small_stream()) {
    const State copy = state;
    const std::uint64_t digest = hash(state);
    const Decoded once = decode(state, bytes);
    const Decoded twice = decode(state, bytes);
    EXPECT_EQ(state, copy);
    EXPECT_EQ(hash(state), digest);
    EXPECT_EQ(once.next, twice.next);
    EXPECT_EQ(hash(once.next), hash(twice.next));
    EXPECT_NE(hash(once.next), digest);
    state = once.next;
  }
}

TEST(Decode, RefusesAnInterFrameFirst) {
  const std::vector<Bytes> frames = small_stream();
  EXPECT_THROW(decode(State{}, frames[1]), BitstreamError);
}

TEST(Decode, RefusesAnEmptyFrameFirst) {
  EXPECT_THROW(decode(State{}, {}), BitstreamError);
}

TEST(Decode, RepeatsThePictureForAnEmptyFrame) {
  const Decoded first = decode(State{}, small_stream()[0]);
  const Decoded repeated = decode(first.next, {});
  EXPECT_TRUE(repeated.shown);
  EXPECT_FALSE(repeated.frame.has_value());
  EXPECT_EQ(repeated.next, first.next);
  EXPECT_TRUE(repeated.reconstruction.same_object(first.next.references.last));
}

TEST(Decode, SharesReferencesInsteadOfCopyingThem) {
  const Decoded key = decode(State{}, small_stream()[0]);
  EXPECT_TRUE(key.next.references.last.same_object(key.reconstruction));
  EXPECT_TRUE(key.next.references.golden.same_object(key.reconstruction));
  EXPECT_TRUE(key.next.references.altref.same_object(key.reconstruction));
}

// Damaged bytes: a picture of the right size or a BitstreamError. Key frames that damage made huge
// are left to the fuzzers, which bound them.
bool decodes(const State& before, std::span<const std::uint8_t> bytes) {
  const State copy = before;
  bool good = true;
  try {
    const Decoded decoded = decode(before, bytes);
    EXPECT_EQ(decoded.reconstruction->width(), decoded.next.width);
    EXPECT_EQ(decoded.next.segmentation.map.size(),
              static_cast<std::size_t>(decoded.next.mb_rows() * decoded.next.mb_cols()));
  } catch (const BitstreamError&) {
    good = false;
  }
  EXPECT_EQ(before, copy);
  return good;
}

TEST(Decode, SurvivesEveryTruncation) {
  State state;
  for (const Bytes& bytes : small_stream()) {
    for (std::size_t size = 1; size < bytes.size(); ++size) {
      // A buffer of its own, so that AddressSanitizer sees a read past the end.
      const Bytes part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      const bool good = decodes(state, part);
      // The bool coder's padding apart, bytes are missing.
      EXPECT_FALSE(good && size + 8 < bytes.size()) << size << " of " << bytes.size();
    }
    state = decode(state, bytes).next;
  }
}

TEST(Decode, SurvivesRandomDamage) {
  std::mt19937 random(3);
  State state;
  int good = 0;
  int refused = 0;
  for (const Bytes& bytes : small_stream()) {
    for (int i = 0; i < 800; ++i) {
      Bytes damaged = bytes;
      const bool key = (bytes[0] & 1) == 0;
      for (unsigned flips = random() % 4 + 1; flips > 0; --flips) {
        const std::size_t at =
            random() % (i % 2 == 0 ? damaged.size() : std::min<std::size_t>(damaged.size(), 40));
        if (at < 10 && (key || at == 0)) {
          continue;  // sizes stay, and an inter frame stays one
        }
        damaged[at] = static_cast<std::uint8_t>(damaged[at] ^ 1u << random() % 8);
      }
      (decodes(state, damaged) ? good : refused) += 1;
    }
    state = decode(state, bytes).next;
  }
  EXPECT_GT(good, 100);
  EXPECT_GT(refused, 100);
}

TEST(Decode, SurvivesRandomBytes) {
  std::mt19937 random(4);
  const State state = decode(State{}, small_stream()[0]).next;
  for (int i = 0; i < 3000; ++i) {
    Bytes noise;
    for (std::size_t left = 3 + random() % 300; left > 0; --left) {
      noise.push_back(static_cast<std::uint8_t>(random()));
    }
    noise[0] |= 1;  // an inter frame
    if (i % 2 == 0) {
      noise[0] &= 0x1f;  // with a first partition of a few bytes
      noise[1] = static_cast<std::uint8_t>(noise.size() / 8);
      noise[2] = 0;
    }
    decodes(state, noise);
  }
}

// Levels beyond what the transforms' 16 bits can hold have no defined picture; they must still be
// harmless and give the same picture every time.
TEST(Decode, SurvivesLevelsThatOverflow) {
  std::mt19937 random(5);
  State state;
  for (int i = 0; i < 24; ++i) {
    const RandomFrameOptions options{.key_frame = i % 6 == 0,
                                     .width = 50,
                                     .height = 34,
                                     .max_level = kMaxTokenValue,
                                     .overflows = true,
                                     .coded_percent = 90};
    const std::vector<std::uint8_t> bytes =
        write_frame(state, random_frame(state, options, random));
    const Decoded decoded = decode(state, bytes);
    EXPECT_EQ(decode(state, bytes).next, decoded.next);
    state = decoded.next;
  }
}

}  // namespace
}  // namespace vp8
