// The boolean entropy coder (RFC 6386 §7).
#include "codec/bool_coder.hh"

#include <random>

#include <gtest/gtest.h>

namespace vp8 {
namespace {

struct Symbol {
  Probability prob;
  bool value;
};

// Bits that follow their probabilities, or that contradict them every time.
std::vector<Symbol> random_symbols(unsigned seed, std::size_t count, bool likely) {
  std::mt19937 random(seed);
  std::vector<Symbol> symbols;
  for (std::size_t i = 0; i < count; ++i) {
    const auto prob = static_cast<Probability>(random() % 255 + 1);
    symbols.push_back({prob, likely ? random() % 256 >= prob : prob >= 128});
  }
  return symbols;
}

std::vector<std::uint8_t> written(const std::vector<Symbol>& symbols) {
  BoolWriter writer;
  for (const Symbol& s : symbols) {
    writer.bit(s.prob, s.value);
  }
  return writer.finish();
}

TEST(BoolCoder, ReadsBackWhatItWrote) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    const auto symbols = random_symbols(seed, seed * 7 % 900, seed % 2 == 0);
    const std::vector<std::uint8_t> bytes = written(symbols);
    BoolReader reader(bytes);
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      ASSERT_EQ(reader.bit(symbols[i].prob), symbols[i].value) << "seed " << seed << " bit " << i;
    }
    EXPECT_FALSE(reader.exhausted());
  }
}

TEST(BoolCoder, ReadsBackLiterals) {
  BoolWriter writer;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    writer.literal(10, i);
  }
  const std::vector<std::uint8_t> bytes = writer.finish();
  BoolReader reader(bytes);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    ASSERT_EQ(reader.literal(10), i);
  }
  // Ten bits of probability one half take a little more than 10 bits, as 128 is not half of 255.
  EXPECT_LE(bytes.size(), 10000u / 8 + 8);
}

TEST(BoolCoder, CarriesThroughBytesOfOnes) {
  // Improbable ones of probability 255 push the low end up to just under a carry, again and again.
  for (int zeros = 0; zeros < 64; ++zeros) {
    std::vector<Symbol> symbols(static_cast<std::size_t>(zeros), {1, true});
    symbols.insert(symbols.end(), 40, {255, true});
    symbols.insert(symbols.end(), 40, {1, true});
    const std::vector<std::uint8_t> bytes = written(symbols);
    BoolReader reader(bytes);
    for (const Symbol& s : symbols) {
      ASSERT_EQ(reader.bit(s.prob), s.value);
    }
  }
}

TEST(BoolCoder, SpendsAboutAsManyBitsAsTheProbabilitiesSay) {
  BoolWriter writer;
  for (int i = 0; i < 100000; ++i) {
    writer.bit(255, false);  // 0.0056 bits each, and at most 1 / 128 by rounding
  }
  EXPECT_LE(writer.finish().size(), 100000u / 128 / 8 + 8);
}

TEST(BoolCoder, ReadsTheBytesOfTheRfcsDecoder) {
  // Probability one half: split = 1 + ((255 - 1) * 128 >> 8) = 128, a comparison with the top bit.
  const std::vector<std::uint8_t> bytes = {0x80, 0x00, 0x00};
  BoolReader reader(bytes);
  EXPECT_TRUE(reader.bit(128));
  EXPECT_FALSE(reader.bit(128));
  EXPECT_FALSE(reader.bit(128));
}

TEST(BoolCoder, ReadsZerosPastTheEndAndSaysSo) {
  const std::vector<std::uint8_t> bytes = {0x00, 0x00};
  BoolReader reader(bytes);
  for (int i = 0; i < 8; ++i) {
    EXPECT_FALSE(reader.bit(128));
  }
  EXPECT_FALSE(reader.exhausted());
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(reader.bit(128));
  }
  EXPECT_TRUE(reader.exhausted());
}

TEST(BoolCoder, ReadsNothingFromNothing) {
  BoolReader reader;
  EXPECT_EQ(reader.literal(24), 0u);
  EXPECT_TRUE(reader.exhausted());
}

TEST(BoolCoder, WritesNothingInAByteOrTwo) {
  EXPECT_LE(BoolWriter().finish().size(), 2u);
}

}  // namespace
}  // namespace vp8
