// Coefficient levels of one block: what they cost, and the cheapest choice of them (RFC 6386 §13).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "codec/cost.hh"
#include "codec/frame.hh"
#include "codec/quantise.hh"
#include "codec/rd.hh"

namespace vp8 {

/// Where tokens of a block stand: its kind, the position of its first coefficient, its neighbours'
/// context.
struct BlockPlace {
  BlockType type;
  int first;
  std::size_t context;
};

/// The token context behind a coefficient of this magnitude (§13.3).
VP8_HD constexpr std::size_t context_after(int magnitude) {
  return magnitude == 0 ? 0 : magnitude == 1 ? 1 : 2;
}

/// The rate of a block's tokens. `levels` in raster order, `end` is one past the last position in
/// zigzag order.
VP8_HD constexpr Rate block_rate(const std::int16_t* levels,
                                 int end,
                                 const BlockPlace& place,
                                 const TokenCosts& costs) {
  const auto& level_costs = costs.level[place.type];
  const auto& more = costs.more[place.type];
  std::size_t context = place.context;
  Rate rate = 0;
  bool check_end = true;
  for (int position = place.first; position < end; ++position) {
    const std::size_t band = kBandOfPosition[static_cast<std::size_t>(position)];
    const int level = levels[kZigzag[static_cast<std::size_t>(position)]];
    const int magnitude = level < 0 ? -level : level;
    if (check_end)
      rate += more[band][context];
    rate += level_costs[band][context]
                       [static_cast<std::size_t>(std::min(magnitude, TokenCosts::kLevels - 1))];
    context = context_after(magnitude);
    check_end = magnitude != 0;
  }
  if (end < 16) {
    const int position = std::max(end, place.first);
    rate += costs.end[place.type][kBandOfPosition[static_cast<std::size_t>(position)]][context];
  }
  return rate;
}

/// What a Trellis remembers while it works on one block. Not on the stack: on a GPU it lies in
/// shared memory.
struct TrellisPaths {
  struct Choice {
    std::int16_t magnitude;
    std::uint8_t from;  // context before
  };

  std::array<RdCost, 17> tail;  // distortion if all coefficients from a position on become 0
  std::array<std::array<RdCost, kCoefContexts>, 2> cost;  // so far, by context; by turns
  std::array<std::array<Choice, kCoefContexts>, 16> choices;
};

/// Chooses the levels of one block by dynamic programming over token contexts: for every position
/// each of up to three magnitudes (nearest, one less, zero), for every context the cheapest way
/// there.
class Trellis {
 public:
  /// `weight`: squared coefficient error to 1/16 squared sample difference: 4, and 1 for Y2.
  VP8_HD constexpr Trellis(const TokenCosts& costs, int lambda, int weight, TrellisPaths& paths)
      : costs_(costs), lambda_(lambda), weight_(weight), p_(paths) {}

  /// `levels` holds the nearest levels and their end on entry, the chosen ones on return. Both
  /// arrays hold 16 in raster order. Returns the new end.
  VP8_HD constexpr int choose(const std::int16_t* coefs,
                              const BlockQuantiser& q,
                              const BlockPlace& place,
                              int end,
                              std::int16_t* levels) {
    start(coefs, place, end);
    RdCost best =
        cost_of(costs_.end[place.type][kBandOfPosition[static_cast<std::size_t>(place.first)]]
                          [place.context]) +
        p_.tail[static_cast<std::size_t>(place.first)];
    int best_end = place.first;
    std::size_t best_context = 0;
    for (int position = place.first; position < end; ++position) {
      const auto& cost = step(coefs, q, place, position, levels);
      for (std::size_t context = 1; context < kCoefContexts; ++context) {
        const RdCost ended = cost[context] + end_cost(place, position + 1, context) +
                             p_.tail[static_cast<std::size_t>(position + 1)];
        if (ended < best) {
          best = ended;
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

  VP8_HD constexpr RdCost cost_of(Rate rate) const {
    return (static_cast<RdCost>(rate) * lambda_) >> 8;
  }

  VP8_HD constexpr RdCost end_cost(const BlockPlace& place,
                                   int position,
                                   std::size_t context) const {
    if (position == 16)
      return 0;
    return cost_of(
        costs_.end[place.type][kBandOfPosition[static_cast<std::size_t>(position)]][context]);
  }

  VP8_HD constexpr void start(const std::int16_t* coefs, const BlockPlace& place, int end) {
    p_.tail[static_cast<std::size_t>(end)] = 0;
    for (int position = end - 1; position >= place.first; --position) {
      const RdCost c = coefs[kZigzag[static_cast<std::size_t>(position)]];
      p_.tail[static_cast<std::size_t>(position)] =
          p_.tail[static_cast<std::size_t>(position + 1)] + c * c * weight_;
    }
    turn_ = 0;
    p_.cost[0] = {kNever, kNever, kNever};
    p_.cost[0][place.context] = 0;
  }

  // Returns the costs behind `position`.
  VP8_HD constexpr const std::array<RdCost, kCoefContexts>& step(const std::int16_t* coefs,
                                                                 const BlockQuantiser& q,
                                                                 const BlockPlace& place,
                                                                 int position,
                                                                 const std::int16_t* levels) {
    const std::size_t raster = kZigzag[static_cast<std::size_t>(position)];
    const std::size_t band = kBandOfPosition[static_cast<std::size_t>(position)];
    const int coef = coefs[raster] < 0 ? -coefs[raster] : coefs[raster];
    const int nearest = levels[raster] < 0 ? -levels[raster] : levels[raster];
    const auto& before = p_.cost[turn_];
    turn_ = 1 - turn_;
    auto& next = p_.cost[turn_];
    next = {kNever, kNever, kNever};
    const int lowest = nearest > 2 ? nearest - 1 : 0;
    for (int magnitude = nearest; magnitude >= lowest; --magnitude) {
      const RdCost error = coef - magnitude * q.step[raster];
      const RdCost distortion = error * error * weight_;
      const std::size_t to = context_after(magnitude);
      const auto index = static_cast<std::size_t>(std::min(magnitude, TokenCosts::kLevels - 1));
      for (std::size_t from = 0; from < kCoefContexts; ++from) {
        if (before[from] >= kNever)
          continue;
        Rate rate = costs_.level[place.type][band][from][index];
        if (from != 0 || position == place.first)
          rate += costs_.more[place.type][band][from];
        const RdCost cost = before[from] + distortion + cost_of(rate);
        if (cost < next[to]) {
          next[to] = cost;
          p_.choices[static_cast<std::size_t>(position)][to] = {
              static_cast<std::int16_t>(magnitude), static_cast<std::uint8_t>(from)};
        }
      }
    }
    return next;
  }

  VP8_HD constexpr void trace_back(
      int first, int chosen_end, std::size_t context, int old_end, std::int16_t* levels) const {
    for (int position = old_end - 1; position >= first; --position) {
      std::int16_t& level = levels[kZigzag[static_cast<std::size_t>(position)]];
      if (position >= chosen_end) {
        level = 0;
        continue;
      }
      const TrellisPaths::Choice& choice = p_.choices[static_cast<std::size_t>(position)][context];
      level = static_cast<std::int16_t>(level < 0 ? -choice.magnitude : choice.magnitude);
      context = choice.from;
    }
  }

  const TokenCosts& costs_;
  int lambda_;
  int weight_;
  TrellisPaths& p_;
  std::size_t turn_ = 0;
};

}  // namespace vp8
