// Rates against logarithms and against what the bool coder really writes.
#include "codec/cost.hh"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#include "codec/bool_coder.hh"
#include "codec/tokens.hh"

namespace vp8 {
namespace {

double in_bits(std::int64_t rate) {
  return static_cast<double>(rate) / 256;
}

double written_bits(BoolWriter& writer) {
  return 8.0 * static_cast<double>(writer.finish().size());
}

Probability random_probability(std::mt19937& random) {
  return static_cast<Probability>(1 + random() % 255);
}

// Default probabilities, or random ones.
CoefProbs coef_probs(bool randomly, std::mt19937& random) {
  CoefProbs probs = kDefaultCoefProbs;
  for (auto& type : probs) {
    for (auto& band : type) {
      for (auto& context : band) {
        for (Probability& p : context) {
          p = randomly ? random_probability(random) : p;
        }
      }
    }
  }
  return probs;
}

TEST(Cost, OfABitIsItsLogarithm) {
  for (std::size_t x = 1; x <= 256; ++x) {
    const double exact = -256 * std::log2(static_cast<double>(x) / 256);
    EXPECT_NEAR(kBitCost[x], exact, 0.51) << x;
  }
}

TEST(Cost, OfABitFallsWithItsProbability) {
  for (std::size_t x = 1; x < kBitCost.size(); ++x) {
    EXPECT_LE(kBitCost[x], kBitCost[x - 1]) << x;
  }
  EXPECT_EQ(bit_rate(128, false), 256);
  EXPECT_EQ(bit_rate(128, true), 256);
  EXPECT_EQ(bit_rate(64, false), 512);
  EXPECT_EQ(bit_rate(192, true), 512);
}

// The coder's split of its range is good to one part in 128, which tells at the ends of the scale.
TEST(Cost, OfALongRunOfBitsIsWhatTheCoderWrites) {
  for (const int prob : {20, 60, 100, 128, 200, 245}) {
    std::mt19937 random(static_cast<unsigned>(prob));
    BoolWriter writer;
    RateMeter meter;
    for (int i = 0; i < 100000; ++i) {
      const bool bit = static_cast<int>(random() % 256) >= prob;
      writer.bit(static_cast<Probability>(prob), bit);
      meter.bit(static_cast<Probability>(prob), bit);
    }
    const double bits = written_bits(writer);
    EXPECT_NEAR(in_bits(meter.rate()), bits, 0.01 * bits) << prob;
  }
}

TEST(Cost, OfATreesLeafIsThatOfItsBranches) {
  std::mt19937 random(5);
  std::array<Probability, 9> probs;
  for (Probability& p : probs) {
    p = random_probability(random);
  }
  for (int mode = 0; mode < kSubblockModes; ++mode) {
    RateMeter meter;
    SymbolWriter symbols(meter);
    symbols.tree(kSubblockModeCoding, probs.data(), static_cast<SubblockMode>(mode));
    EXPECT_EQ(tree_rate(kSubblockModeCoding, probs.data(), static_cast<SubblockMode>(mode)),
              meter.rate())
        << mode;
    EXPECT_GT(meter.rate(), 0) << mode;
  }
}

// The rate of a block by look-up.
Rate block_rate(const TokenCosts& costs,
                BlockType type,
                std::size_t context,
                int first,
                const Levels& levels,
                int end) {
  Rate rate = 0;
  int before = 1;  // magnitude of the token before; any but 0 for the first
  for (int position = first; position < end; ++position) {
    const std::size_t band = kBandOfPosition[static_cast<std::size_t>(position)];
    const int magnitude = std::abs(levels[kZigzag[static_cast<std::size_t>(position)]]);
    if (before != 0) {
      rate += costs.more[type][band][context];
    }
    rate += costs.level[type][band][context][static_cast<std::size_t>(magnitude)];
    context = static_cast<std::size_t>(std::min(magnitude, 2));
    before = magnitude;
  }
  if (end < 16) {
    const auto position = static_cast<std::size_t>(std::max(end, first));
    rate += costs.end[type][kBandOfPosition[position]][context];
  }
  return rate;
}

// Random bytes, read as tokens, give symbols as often as their probabilities say.
std::vector<std::uint8_t> random_bytes(std::size_t size, std::mt19937& random) {
  std::vector<std::uint8_t> bytes(size);
  for (std::uint8_t& byte : bytes) {
    byte = static_cast<std::uint8_t>(random());
  }
  return bytes;
}

// The blocks of one macroblock, magnitudes cut to what the tables tell apart.
Residual with_known_magnitudes(const Residual& read) {
  Residual residual;
  residual.begin_macroblock();
  std::size_t next = 0;
  for (const int block :
       {24, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}) {
    if ((read.macroblock(0).coded >> block & 1) == 0) {
      continue;
    }
    Levels levels = read.levels(next);
    for (std::int16_t& level : levels) {
      level = std::clamp<std::int16_t>(level, 1 - TokenCosts::kLevels, TokenCosts::kLevels - 1);
    }
    residual.add_block(block, levels, read.end(next++));
  }
  return residual;
}

TEST(TokenCosts, OfManyBlocksAreWhatTheCoderWrites) {
  for (const bool random_probs : {false, true}) {
    std::mt19937 random(9);
    const CoefProbs probs = coef_probs(random_probs, random);
    const TokenCosts costs(probs);
    const std::vector<std::uint8_t> bytes = random_bytes(60000, random);
    BoolReader reader(bytes);
    BoolWriter writer;
    std::int64_t rate = 0;
    TokenContext above;
    TokenContext left;
    for (bool has_y2 = false; !reader.exhausted(); has_y2 = !has_y2) {
      TokenContext above_then = above;
      TokenContext left_then = left;
      Residual read;
      read.begin_macroblock();
      read_macroblock_tokens(reader, probs, has_y2, above, left, read);
      const Residual residual = with_known_magnitudes(read);
      std::size_t next = 0;
      TokenContext above_again = above_then;
      TokenContext left_again = left_then;
      for_each_block(has_y2, above_again, left_again,
                     [&](int block, BlockType type, int first, std::uint8_t& a, std::uint8_t& l) {
                       const bool coded = (residual.macroblock(0).coded >> block & 1) != 0;
                       const Levels none{};
                       const Levels& levels = coded ? residual.levels(next) : none;
                       const int end = coded ? residual.end(next) : 0;
                       rate += block_rate(costs, type, static_cast<std::size_t>(a + l), first,
                                          levels, end);
                       next += coded ? 1 : 0;
                       a = l = coded ? 1 : 0;
                     });
      write_macroblock_tokens(writer, probs, residual, 0, has_y2, above_then, left_then);
    }
    const double bits = written_bits(writer);
    ASSERT_GT(bits, 400000);
    EXPECT_NEAR(in_bits(rate), bits, 0.01 * bits) << "random probabilities: " << random_probs;
  }
}

// One block of one level at a time, against the branches that the writer takes.
TEST(TokenCosts, OfEveryMagnitudeAreThoseOfItsBranches) {
  std::mt19937 random(11);
  const CoefProbs probs = coef_probs(true, random);
  const TokenCosts costs(probs);
  for (int magnitude = 1; magnitude < TokenCosts::kLevels; ++magnitude) {
    Residual residual;
    residual.begin_macroblock();
    Levels levels{};
    levels[0] = static_cast<std::int16_t>(-magnitude);
    residual.add_block(kBlockY2Index, levels, 1);
    TokenContext above;
    TokenContext left;
    TokenCounts counts{};
    count_macroblock_tokens(residual, 0, true, above, left, counts);
    Rate branches = 256;  // the sign
    for (std::size_t node = 1; node < kEntropyNodes; ++node) {
      for (const bool bit : {false, true}) {
        branches += static_cast<Rate>(counts[kBlockY2][0][0][node][bit ? 1 : 0]) *
                    bit_rate(probs[kBlockY2][0][0][node], bit);
      }
    }
    int category = 5;
    while (category >= 0 && kTokenCategories[static_cast<std::size_t>(category)].base > magnitude) {
      --category;
    }
    if (category >= 0) {
      const TokenCategory& c = kTokenCategories[static_cast<std::size_t>(category)];
      for (int i = 0; i < c.bits; ++i) {
        const bool bit = ((magnitude - c.base) >> (c.bits - 1 - i) & 1) != 0;
        branches += bit_rate(c.probs[static_cast<std::size_t>(i)], bit);
      }
    }
    EXPECT_EQ(costs.level[kBlockY2][0][0][static_cast<std::size_t>(magnitude)], branches)
        << magnitude;
  }
}

TEST(MvCosts, OfManyVectorsAreWhatTheCoderWrites) {
  for (const bool random_probs : {false, true}) {
    std::mt19937 random(13);
    MvProbs probs = kDefaultMvProbs;
    for (auto& component : probs) {
      for (Probability& p : component) {
        p = random_probs ? random_probability(random) : p;
      }
    }
    const MvCosts costs(probs);
    const std::vector<std::uint8_t> bytes = random_bytes(40000, random);
    BoolReader reader(bytes);
    SymbolReader vectors(reader);
    BoolWriter writer;
    SymbolWriter symbols(writer);
    std::int64_t rate = 0;
    while (!reader.exhausted()) {
      const MotionVector base{static_cast<std::int16_t>(random() % 999), -7};
      const MotionVector mv = code_mv(vectors, probs, base, {});
      code_mv(symbols, probs, base, mv);
      rate += costs(mv, base);
    }
    const double bits = written_bits(writer);
    EXPECT_NEAR(in_bits(rate), bits, 0.01 * bits) << "random probabilities: " << random_probs;
  }
}

TEST(MvCosts, BeyondTheFormatsReachAreThoseOfTheLargest) {
  const MvCosts costs(kDefaultMvProbs);
  const MotionVector far{kMaxMvDelta, -kMaxMvDelta};
  const MotionVector farther{kMaxMvDelta + 1, -kMaxMvDelta - 700};
  EXPECT_EQ(costs(farther, {}), costs(far, {}));
  EXPECT_TRUE(codable(far, {}));
  EXPECT_FALSE(codable(farther, {}));
  EXPECT_TRUE(codable(farther, {1, -700}));
}

}  // namespace
}  // namespace vp8
