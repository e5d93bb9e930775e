// Reading, counting and writing coefficient tokens (RFC 6386 §13).
#include "codec/tokens.hh"

#include <bit>
#include <cstdlib>

namespace vp8 {
namespace {

using BandProbs =
    std::array<std::array<std::array<Probability, kEntropyNodes>, kCoefContexts>, kCoefBands>;

// The context of the next token after a value: 0, 1, or larger.
constexpr std::size_t context_of(int magnitude) {
  return magnitude == 0 ? 0u : magnitude == 1 ? 1u : 2u;
}

int read_category(BoolReader& bits, const TokenCategory& category) {
  int extra = 0;
  for (int i = 0; i < category.bits; ++i)
    extra = extra << 1 | (bits.bit(category.probs[static_cast<std::size_t>(i)]) ? 1 : 0);
  return category.base + extra;
}

// A magnitude of 2 or more, from node 3 of the token tree on (§13.2).
int read_large(BoolReader& bits, const Probability* p) {
  if (!bits.bit(p[3])) {
    if (!bits.bit(p[4]))
      return 2;
    return bits.bit(p[5]) ? 4 : 3;
  }
  if (!bits.bit(p[6]))
    return read_category(bits, kTokenCategories[bits.bit(p[7]) ? 1 : 0]);
  const std::size_t high = bits.bit(p[8]) ? 1 : 0;
  const std::size_t low = bits.bit(p[9 + high]) ? 1 : 0;
  return read_category(bits, kTokenCategories[2 + 2 * high + low]);
}

// Reads one block whose first token may be at `position`; returns 1 + the position of the last
// token, or 0 for none.
int read_block(
    BoolReader& bits, const BandProbs& probs, std::size_t context, int position, Levels& levels) {
  const Probability* p = probs[kBandOfPosition[static_cast<std::size_t>(position)]][context].data();
  if (!bits.bit(p[0]))
    return 0;
  for (;;) {
    const std::size_t at = static_cast<std::size_t>(position++);
    if (!bits.bit(p[1])) {
      if (position == 16)
        return 16;
      p = probs[kBandOfPosition[static_cast<std::size_t>(position)]][0].data();
      continue;  // no end of block right after a zero
    }
    const int magnitude = bits.bit(p[2]) ? read_large(bits, p) : 1;
    levels[kZigzag[at]] = static_cast<std::int16_t>(bits.bit(128) ? -magnitude : magnitude);
    if (position == 16)
      return 16;
    p = probs[kBandOfPosition[static_cast<std::size_t>(position)]][context_of(magnitude)].data();
    if (!bits.bit(p[0]))
      return position;
  }
}

// Sends the branches of one block to `sink`: branch(band, context, node, bit), sign and extra bits
// by raw(prob, bit).
template <class Sink>
void visit_block(Sink& sink, const Levels& levels, std::size_t context, int first, int end) {
  bool after_zero = false;
  for (int position = first; position < 16; ++position) {
    const std::size_t band = kBandOfPosition[static_cast<std::size_t>(position)];
    if (!after_zero)
      sink.branch(band, context, 0, position < end);
    if (position >= end)
      return;
    const int level = levels[kZigzag[static_cast<std::size_t>(position)]];
    const int magnitude = std::abs(level);
    sink.branch(band, context, 1, magnitude != 0);
    if (magnitude != 0) {
      sink.branch(band, context, 2, magnitude > 1);
      if (magnitude > 1)
        sink.large(band, context, magnitude);
      sink.raw(128, level < 0);
    }
    context = context_of(magnitude);
    after_zero = magnitude == 0;
  }
}

// The part of the tree that magnitudes of 2 and more share between counting and writing.
template <class Sink>
void visit_large(Sink& sink, std::size_t band, std::size_t context, int magnitude) {
  sink.branch(band, context, 3, magnitude > 4);
  if (magnitude <= 4) {
    sink.branch(band, context, 4, magnitude > 2);
    if (magnitude > 2)
      sink.branch(band, context, 5, magnitude == 4);
    return;
  }
  std::size_t category = 0;
  while (category < 5 && magnitude >= kTokenCategories[category + 1].base)
    ++category;
  sink.branch(band, context, 6, category > 1);
  if (category <= 1) {
    sink.branch(band, context, 7, category == 1);
  } else {
    const bool high = category > 3;
    sink.branch(band, context, 8, high);
    sink.branch(band, context, high ? 10 : 9, category % 2 != 0);
  }
  const TokenCategory& c = kTokenCategories[category];
  const int extra = magnitude - c.base;
  for (int i = 0; i < c.bits; ++i)
    sink.raw(c.probs[static_cast<std::size_t>(i)], (extra >> (c.bits - 1 - i) & 1) != 0);
}

struct CountSink {
  std::array<std::array<std::array<std::array<std::uint32_t, 2>, kEntropyNodes>, kCoefContexts>,
             kCoefBands>& counts;

  void branch(std::size_t band, std::size_t context, std::size_t node, bool bit) {
    ++counts[band][context][node][bit ? 1 : 0];
  }
  void raw(Probability, bool) {}
  void large(std::size_t band, std::size_t context, int magnitude) {
    visit_large(*this, band, context, magnitude);
  }
};

struct WriteSink {
  BoolWriter& bits;
  const BandProbs& probs;

  void branch(std::size_t band, std::size_t context, std::size_t node, bool bit) {
    bits.bit(probs[band][context][node], bit);
  }
  void raw(Probability prob, bool bit) { bits.bit(prob, bit); }
  void large(std::size_t band, std::size_t context, int magnitude) {
    visit_large(*this, band, context, magnitude);
  }
};

constexpr Levels kNoLevels{};

// Calls f(type, context, first, levels, end) for each block and updates the contexts.
template <class F>
void for_each_coded_block(const Residual& residual,
                          std::size_t mb,
                          bool has_y2,
                          TokenContext& above,
                          TokenContext& left,
                          const F& f) {
  const Residual::Macroblock blocks = residual.macroblock(mb);
  std::size_t next = blocks.first;
  for_each_block(
      has_y2, above, left,
      [&](int block, BlockType type, int first, std::uint8_t& above_flag, std::uint8_t& left_flag) {
        const bool coded = (blocks.coded >> block & 1) != 0;
        f(type, static_cast<std::size_t>(above_flag + left_flag), first,
          coded ? residual.levels(next) : kNoLevels, coded ? residual.end(next) : 0);
        if (coded)
          ++next;
        above_flag = left_flag = coded ? 1 : 0;
      });
}

}  // namespace

void read_macroblock_tokens(BoolReader& bits,
                            const CoefProbs& probs,
                            bool has_y2,
                            TokenContext& above,
                            TokenContext& left,
                            Residual& residual) {
  Levels levels{};
  for_each_block(
      has_y2, above, left,
      [&](int block, BlockType type, int first, std::uint8_t& above_flag, std::uint8_t& left_flag) {
        const auto context = static_cast<std::size_t>(above_flag + left_flag);
        const int end = read_block(bits, probs[type], context, first, levels);
        above_flag = left_flag = end != 0 ? 1 : 0;
        if (end == 0)
          return;
        residual.add_block(block, levels, end);
        levels = {};
      });
}

void count_macroblock_tokens(const Residual& residual,
                             std::size_t mb,
                             bool has_y2,
                             TokenContext& above,
                             TokenContext& left,
                             TokenCounts& counts) {
  for_each_coded_block(
      residual, mb, has_y2, above, left,
      [&](BlockType type, std::size_t context, int first, const Levels& levels, int end) {
        CountSink sink{counts[type]};
        visit_block(sink, levels, context, first, end);
      });
}

void write_macroblock_tokens(BoolWriter& bits,
                             const CoefProbs& probs,
                             const Residual& residual,
                             std::size_t mb,
                             bool has_y2,
                             TokenContext& above,
                             TokenContext& left) {
  for_each_coded_block(
      residual, mb, has_y2, above, left,
      [&](BlockType type, std::size_t context, int first, const Levels& levels, int end) {
        WriteSink sink{bits, probs[type]};
        visit_block(sink, levels, context, first, end);
      });
}

}  // namespace vp8
