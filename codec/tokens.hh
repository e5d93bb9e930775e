// Coefficient tokens and their contexts (RFC 6386 §13).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "codec/bool_coder.hh"
#include "codec/frame.hh"
#include "codec/tables.hh"

namespace vp8 {

/// Which neighbouring blocks had coefficients: 4 luma, 2 U, 2 V and Y2 along one side of a
/// macroblock (§13.3).
struct TokenContext {
  std::array<std::uint8_t, 4> y{};
  std::array<std::uint8_t, 2> u{};
  std::array<std::uint8_t, 2> v{};
  std::uint8_t y2 = 0;

  /// After a macroblock without coefficients; Y2's entry stays if the macroblock has no Y2 block
  /// (§13.3).
  VP8_HD constexpr void clear(bool has_y2) {
    const std::uint8_t kept = has_y2 ? 0 : y2;
    *this = {};
    y2 = kept;
  }
};

/// Visits the blocks of a macroblock in coding order: f(block, type, first coefficient, above,
/// left).
template <class F>
constexpr void for_each_block(bool has_y2, TokenContext& above, TokenContext& left, const F& f) {
  if (has_y2)
    f(kBlockY2Index, kBlockY2, 0, above.y2, left.y2);
  const BlockType luma = has_y2 ? kBlockYAfterY2 : kBlockYWithDc;
  for (int b = 0; b < 16; ++b) {
    f(b, luma, has_y2 ? 1 : 0, above.y[static_cast<std::size_t>(b % 4)],
      left.y[static_cast<std::size_t>(b / 4)]);
  }
  for (int b = 0; b < 4; ++b) {
    f(kBlockU + b, kBlockChroma, 0, above.u[static_cast<std::size_t>(b % 2)],
      left.u[static_cast<std::size_t>(b / 2)]);
  }
  for (int b = 0; b < 4; ++b) {
    f(kBlockV + b, kBlockChroma, 0, above.v[static_cast<std::size_t>(b % 2)],
      left.v[static_cast<std::size_t>(b / 2)]);
  }
}

/// Reads the blocks of one macroblock into `residual` (begin_macroblock() done) and updates the
/// contexts.
void read_macroblock_tokens(BoolReader& bits,
                            const CoefProbs& probs,
                            bool has_y2,
                            TokenContext& above,
                            TokenContext& left,
                            Residual& residual);

/// How often each branch of the token trees was taken: [type][band][context][node][bit].
using TokenCounts = std::array<
    std::array<std::array<std::array<std::array<std::uint32_t, 2>, kEntropyNodes>, kCoefContexts>,
               kCoefBands>,
    kBlockTypes>;

/// Adds one macroblock's branches to `counts`.
void count_macroblock_tokens(const Residual& residual,
                             std::size_t mb,
                             bool has_y2,
                             TokenContext& above,
                             TokenContext& left,
                             TokenCounts& counts);

/// Writes the blocks of one macroblock.
void write_macroblock_tokens(BoolWriter& bits,
                             const CoefProbs& probs,
                             const Residual& residual,
                             std::size_t mb,
                             bool has_y2,
                             TokenContext& above,
                             TokenContext& left);

}  // namespace vp8
