// Rate-distortion arithmetic of the encoder: integers only.
#pragma once

#include <algorithm>
#include <cstdint>

#include "codec/cost.hh"
#include "codec/quant_steps.hh"
#include "codec/quantise.hh"

namespace vp8 {

/// Distortion plus lambda times rate, in 1/16 of a squared sample difference.
using RdCost = std::int64_t;

/// What one bit may cost in distortion (1/16 squared sample difference) at a luma AC step size.
VP8_HD constexpr int lambda_of_step(int y_ac_step) {
  return std::max(1, y_ac_step * y_ac_step * 7 / 32);
}

/// The trellis, which sees the true rates, may spend distortion more freely than the choice of
/// modes.
VP8_HD constexpr int trellis_lambda(int lambda) {
  return lambda * 5 / 4;
}

VP8_HD constexpr RdCost rd_cost(std::uint64_t sse, Rate rate, int lambda) {
  return static_cast<RdCost>(sse * 16) + ((static_cast<RdCost>(rate) * lambda) >> 8);
}

/// The quantisers of one segment of a frame.
struct MbQuantiser {
  QuantSteps steps{};
  int lambda = 0;
  // Rounding to nearest: where the trellis starts from.
  BlockQuantiser y;
  BlockQuantiser y2;
  BlockQuantiser uv;

  VP8_HD constexpr const BlockQuantiser& of(BlockType type) const {
    return type == kBlockY2 ? y2 : type == kBlockChroma ? uv : y;
  }
};

VP8_HD constexpr MbQuantiser make_mb_quantiser(const QuantSteps& s) {
  const auto nearest = [](int dc, int ac) { return make_quantiser(dc, ac, dc / 2, ac / 2); };
  return {s, lambda_of_step(s.y_ac), nearest(s.y_dc, s.y_ac), nearest(s.y2_dc, s.y2_ac),
          nearest(s.uv_dc, s.uv_ac)};
}

}  // namespace vp8
