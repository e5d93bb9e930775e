// Rate tables from probabilities.
#include "codec/cost.hh"

#include <algorithm>

namespace vp8 {
namespace {

using NodeProbs = std::array<Probability, kEntropyNodes>;

Rate extra_bits_rate(const TokenCategory& category, int extra) {
  Rate rate = 0;
  for (int i = 0; i < category.bits; ++i) {
    rate += bit_rate(category.probs[static_cast<std::size_t>(i)],
                     (extra >> (category.bits - 1 - i) & 1) != 0);
  }
  return rate;
}

// Magnitudes of 5 and more: category and extra bits.
Rate category_rate(const NodeProbs& p, int magnitude) {
  std::size_t c = 0;
  while (c < 5 && magnitude >= kTokenCategories[c + 1].base)
    ++c;
  Rate rate = bit_rate(p[6], c > 1);
  if (c <= 1) {
    rate += bit_rate(p[7], c == 1);
  } else {
    rate += bit_rate(p[8], c > 3) + bit_rate(p[c > 3 ? 10 : 9], c % 2 != 0);
  }
  return rate + extra_bits_rate(kTokenCategories[c], magnitude - kTokenCategories[c].base);
}

Rate magnitude_rate(const NodeProbs& p, int magnitude) {
  if (magnitude == 0)
    return bit_rate(p[1], false);
  Rate rate = bit_rate(p[1], true) + bit_rate(p[2], magnitude > 1) + 256;  // 256: the sign
  if (magnitude == 1)
    return rate;
  rate += bit_rate(p[3], magnitude > 4);
  if (magnitude > 4)
    return rate + category_rate(p, magnitude);
  rate += bit_rate(p[4], magnitude > 2);
  return magnitude > 2 ? rate + bit_rate(p[5], magnitude == 4) : rate;
}

}  // namespace

TokenCosts::TokenCosts(const CoefProbs& probs) {
  for (std::size_t i = 0; i < kBlockTypes; ++i) {
    for (std::size_t j = 0; j < kCoefBands; ++j) {
      for (std::size_t k = 0; k < kCoefContexts; ++k) {
        const NodeProbs& p = probs[i][j][k];
        more[i][j][k] = static_cast<std::uint16_t>(bit_rate(p[0], true));
        end[i][j][k] = static_cast<std::uint16_t>(bit_rate(p[0], false));
        for (int m = 0; m < kLevels; ++m) {
          level[i][j][k][static_cast<std::size_t>(m)] =
              static_cast<std::uint16_t>(magnitude_rate(p, m));
        }
      }
    }
  }
}

MvCosts::MvCosts(const MvProbs& probs) {
  for (std::size_t which = 0; which < 2; ++which) {
    for (int delta = -kMaxMvDelta; delta <= kMaxMvDelta; ++delta) {
      RateMeter meter;
      SymbolWriter symbols(meter);
      code_mv_component(symbols, probs[which], delta);
      costs_[which][static_cast<std::size_t>(delta + kMaxMvDelta)] =
          static_cast<std::uint16_t>(std::min<Rate>(meter.rate(), 0xffff));
    }
  }
}

}  // namespace vp8
