// The residue of one macroblock: transform, rate-distortion optimal quantisation, rate,
// reconstruction, for one Highway target (RFC 6386 §13, §14).
#if defined(VP8_CODEC_RESIDUE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VP8_CODEC_RESIDUE_INL_H_
#undef VP8_CODEC_RESIDUE_INL_H_
#else
#define VP8_CODEC_RESIDUE_INL_H_
#endif

#include <array>
#include <cstdint>
#include <limits>

#include <hwy/highway.h>

#include "codec/cost.hh"
#include "codec/frame.hh"
#include "codec/quantise-inl.h"
#include "codec/rd.hh"
#include "codec/tokens.hh"
#include "codec/transform-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vp8 {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Coefficients of a macroblock in its 25 blocks, before and after quantisation. Raster order
/// inside a block.
struct MbResidueWork {
  alignas(64) std::array<std::array<std::int16_t, 16>, kBlocksPerMb> coefs;
  alignas(64) std::array<Levels, kBlocksPerMb> levels;
  alignas(64) std::array<std::array<std::int16_t, 16>, kBlocksPerMb> dequantised;
  std::array<std::uint8_t, kBlocksPerMb> ends;
};

/// Where tokens of a block stand: its kind, the position of its first coefficient, its neighbours'
/// context.
struct BlockPlace {
  BlockType type;
  int first;
  std::size_t context;
};

/// The rate of a block's tokens.
HWY_INLINE Rate block_rate(const Levels& levels,
                           int end,
                           const BlockPlace& place,
                           const TokenCosts& costs) {
  std::size_t context = place.context;
  Rate rate = 0;
  bool check_end = true;
  for (int position = place.first; position < end; ++position) {
    const std::size_t band = kBandOfPosition[static_cast<std::size_t>(position)];
    const int level = levels[kZigzag[static_cast<std::size_t>(position)]];
    const int magnitude = level < 0 ? -level : level;
    if (check_end)
      rate += costs.more[place.type][band][context];
    rate += costs.level[place.type][band][context]
                       [static_cast<std::size_t>(std::min(magnitude, TokenCosts::kLevels - 1))];
    context = magnitude == 0 ? 0 : magnitude == 1 ? 1 : 2;
    check_end = magnitude != 0;
  }
  if (end < 16) {
    const int position = std::max(end, place.first);
    rate += costs.end[place.type][kBandOfPosition[static_cast<std::size_t>(position)]][context];
  }
  return rate;
}

/// Chooses the levels of one block by dynamic programming over token contexts: for every position
/// each of up to three magnitudes (nearest, one less, zero), for every context the cheapest way
/// there.
class Trellis {
 public:
  /// `weight`: squared coefficient error to 1/16 squared sample difference: 4, and 1 for Y2.
  Trellis(const TokenCosts& costs, int lambda, int weight)
      : costs_(costs), lambda_(lambda), weight_(weight) {}

  /// `levels` holds the nearest levels and their end on entry, the chosen ones on return. Returns
  /// the new end.
  int choose(const std::array<std::int16_t, 16>& coefs,
             const BlockQuantiser& q,
             const BlockPlace& place,
             int end,
             Levels& levels) {
    start(coefs, place, end);
    RdCost best =
        cost_of(costs_.end[place.type][kBandOfPosition[static_cast<std::size_t>(place.first)]]
                          [place.context]) +
        tail_[static_cast<std::size_t>(place.first)];
    int best_end = place.first;
    std::size_t best_context = 0;
    for (int position = place.first; position < end; ++position) {
      step(coefs, q, place, position, levels);
      for (std::size_t context = 1; context < kCoefContexts; ++context) {
        const RdCost cost = cost_[context] + end_cost(place, position + 1, context) +
                            tail_[static_cast<std::size_t>(position + 1)];
        if (cost < best) {
          best = cost;
          best_end = position + 1;
          best_context = context;
        }
      }
    }
    trace_back(place.first, best_end, best_context, end, levels);
    return best_end > place.first ? best_end : 0;
  }

 private:
  static constexpr RdCost kNever = std::numeric_limits<RdCost>::max() / 4;

  struct Choice {
    std::int16_t magnitude;
    std::uint8_t from;  // context before
  };

  RdCost cost_of(Rate rate) const { return (static_cast<RdCost>(rate) * lambda_) >> 8; }

  RdCost end_cost(const BlockPlace& place, int position, std::size_t context) const {
    if (position == 16)
      return 0;
    return cost_of(
        costs_.end[place.type][kBandOfPosition[static_cast<std::size_t>(position)]][context]);
  }

  // tail_[p]: distortion if all coefficients from position p on become 0.
  void start(const std::array<std::int16_t, 16>& coefs, const BlockPlace& place, int end) {
    tail_[static_cast<std::size_t>(end)] = 0;
    for (int position = end - 1; position >= place.first; --position) {
      const RdCost c = coefs[kZigzag[static_cast<std::size_t>(position)]];
      tail_[static_cast<std::size_t>(position)] =
          tail_[static_cast<std::size_t>(position + 1)] + c * c * weight_;
    }
    cost_.fill(kNever);
    cost_[place.context] = 0;
  }

  void step(const std::array<std::int16_t, 16>& coefs,
            const BlockQuantiser& q,
            const BlockPlace& place,
            int position,
            const Levels& levels) {
    const std::size_t raster = kZigzag[static_cast<std::size_t>(position)];
    const std::size_t band = kBandOfPosition[static_cast<std::size_t>(position)];
    const int coef = coefs[raster] < 0 ? -coefs[raster] : coefs[raster];
    const int nearest = levels[raster] < 0 ? -levels[raster] : levels[raster];
    std::array<RdCost, kCoefContexts> next;
    next.fill(kNever);
    const int lowest = nearest > 2 ? nearest - 1 : 0;
    for (int magnitude = nearest; magnitude >= lowest; --magnitude) {
      const RdCost error = coef - magnitude * q.step[raster];
      const RdCost distortion = error * error * weight_;
      const std::size_t to = magnitude == 0 ? 0 : magnitude == 1 ? 1 : 2;
      const auto index = static_cast<std::size_t>(std::min(magnitude, TokenCosts::kLevels - 1));
      for (std::size_t from = 0; from < kCoefContexts; ++from) {
        if (cost_[from] >= kNever)
          continue;
        Rate rate = costs_.level[place.type][band][from][index];
        if (from != 0 || position == place.first)
          rate += costs_.more[place.type][band][from];
        const RdCost cost = cost_[from] + distortion + cost_of(rate);
        if (cost < next[to]) {
          next[to] = cost;
          choices_[static_cast<std::size_t>(position)][to] = {static_cast<std::int16_t>(magnitude),
                                                              static_cast<std::uint8_t>(from)};
        }
      }
    }
    cost_ = next;
  }

  void trace_back(int first, int chosen_end, std::size_t context, int old_end, Levels& levels) {
    for (int position = old_end - 1; position >= first; --position) {
      std::int16_t& level = levels[kZigzag[static_cast<std::size_t>(position)]];
      if (position >= chosen_end) {
        level = 0;
        continue;
      }
      const Choice& choice = choices_[static_cast<std::size_t>(position)][context];
      level = static_cast<std::int16_t>(level < 0 ? -choice.magnitude : choice.magnitude);
      context = choice.from;
    }
  }

  const TokenCosts& costs_;
  int lambda_;
  int weight_;
  std::array<RdCost, 17> tail_;
  std::array<RdCost, kCoefContexts> cost_;
  std::array<std::array<Choice, kCoefContexts>, 16> choices_;
};

/// What quantisation of a macroblock needs besides its coefficients.
struct ResidueTools {
  const MbQuantiser& quantiser;
  const TokenCosts& costs;
};

/// Quantises block `b` of `work`; returns its end. Positions before place.first must hold 0 in
/// coefs.
HWY_INLINE int quantise_block(const ResidueTools& tools,
                              std::size_t b,
                              const BlockPlace& place,
                              MbResidueWork& work) {
  const MbQuantiser& mq = tools.quantiser;
  const BlockQuantiser& q = place.type == kBlockY2       ? mq.y2
                            : place.type == kBlockChroma ? mq.uv
                                                         : mq.y;
  int end = quantise4x4(work.coefs[b].data(), q, work.levels[b].data(), work.dequantised[b].data());
  if (end > place.first) {
    const int chosen =
        Trellis(tools.costs, trellis_lambda(mq.lambda), place.type == kBlockY2 ? 1 : 4)
            .choose(work.coefs[b], q, place, end, work.levels[b]);
    for (std::size_t i = 0; i < 16; ++i) {
      work.dequantised[b][i] = static_cast<std::int16_t>(work.levels[b][i] * q.step[i]);
    }
    end = chosen;
  }
  work.ends[b] = static_cast<std::uint8_t>(end);
  return end;
}

/// True if all of `count` blocks from `first` on quantise to zero.
HWY_INLINE bool quantises_to_nothing(const MbResidueWork& work,
                                     std::size_t first,
                                     std::size_t count,
                                     const BlockQuantiser& q) {
  const hn::CappedTag<std::int16_t, 16> d;
  const std::size_t lanes = hn::Lanes(d);
  auto survivors = hn::Zero(d);
  for (std::size_t i = 0; i < 16; i += lanes) {
    // |c| + round >= step survives. Saturation makes |-32768| 32767, which is as good.
    const auto round = hn::BitCast(d, hn::Load(hn::RebindToUnsigned<decltype(d)>(), q.round + i));
    const auto largest_zero = hn::Sub(hn::Sub(hn::Load(d, q.step + i), round), hn::Set(d, 1));
    for (std::size_t b = first; b < first + count; ++b) {
      const auto c = hn::Load(d, work.coefs[b].data() + i);
      const auto magnitude = hn::Max(c, hn::SaturatedSub(hn::Zero(d), c));
      survivors = hn::Or(survivors, hn::VecFromMask(d, hn::Gt(magnitude, largest_zero)));
    }
  }
  return hn::AllTrue(d, hn::Eq(survivors, hn::Zero(d)));
}

/// True if a macroblock with Y2 (gathered) has no level at all.
HWY_INLINE bool macroblock_quantises_to_nothing(const MbResidueWork& work, const MbQuantiser& q) {
  return quantises_to_nothing(work, 0, 16, q.y) &&
         quantises_to_nothing(work, kBlockY2Index, 1, q.y2) &&
         quantises_to_nothing(work, kBlockU, 8, q.uv);
}

/// Moves the luma DCs of work.coefs into its Y2 block (§14.3).
HWY_INLINE void gather_y2(MbResidueWork& work) {
  alignas(32) std::array<std::int16_t, 16> dcs;
  for (std::size_t b = 0; b < 16; ++b) {
    dcs[b] = work.coefs[b][0];
    work.coefs[b][0] = 0;
  }
  forward_wht4x4(dcs.data(), work.coefs[kBlockY2Index].data());
}

/// Spreads the dequantised Y2 block over the luma DCs.
HWY_INLINE void spread_y2(MbResidueWork& work) {
  alignas(32) std::array<std::int16_t, 16> dcs{};
  if (work.ends[kBlockY2Index] != 0)
    inverse_wht4x4(work.dequantised[kBlockY2Index].data(), dcs.data());
  for (std::size_t b = 0; b < 16; ++b)
    work.dequantised[b][0] = dcs[b];
}

/// Adds block `b`'s residue in place.
HWY_INLINE void add_residue_block(const MbResidueWork& work,
                                  std::size_t b,
                                  std::uint8_t* at,
                                  std::ptrdiff_t stride) {
  if (work.ends[b] == 0) {
    if (work.dequantised[b][0] != 0)
      inverse_dc_add4x4(work.dequantised[b][0], at, stride, at, stride);
    return;
  }
  inverse_dct_add4x4(work.dequantised[b].data(), at, stride, at, stride);
}

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#endif  // include guard
