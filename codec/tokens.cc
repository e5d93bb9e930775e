// Reading, counting and writing coefficient tokens (RFC 6386 §13).
#include "codec/tokens.hh"

#include <bit>

#include "codec/token_branches.hh"

namespace vp8 {
namespace {

using BandProbs =
    std::array<std::array<std::array<Probability, kEntropyNodes>, kCoefContexts>, kCoefBands>;

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
    p = probs[kBandOfPosition[static_cast<std::size_t>(position)]][context_after(magnitude)].data();
    if (!bits.bit(p[0]))
      return position;
  }
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
        visit_block(sink, levels.data(), context, first, end);
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
        visit_block(sink, levels.data(), context, first, end);
      });
}

}  // namespace vp8
