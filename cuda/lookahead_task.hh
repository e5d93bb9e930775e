// What the lookahead's kernels read and write of one pair of pictures.
#pragma once

#include <array>
#include <cstdint>

#include "codec/cost.hh"
#include "codec/inter.hh"

namespace gpu {

/// Rates matter little to the lookahead: they keep vectors of flat areas in order. A middling
/// quantiser step.
inline constexpr int kLookaheadLambda = 51 * 24;

/// Two pictures at half resolution. A macroblock is 8x8 samples of them.
struct LookaheadTask {
  int mb_rows;
  int mb_cols;
  vp8::ReferencePlane before;
  vp8::ConstPlaneView here;
  const vp8::MvCosts* mv_costs;

  // By macroblock; as in PictureStats.
  vp8::MotionVector* motion;
  std::uint32_t* intra_cost;
  std::uint32_t* inter_cost;
};

/// Memory that the lanes of a team share while they compare one macroblock.
struct LookaheadWorkspace {
  alignas(64) std::uint8_t prediction[64];
  vp8::PredictScratch scratch;
  std::array<vp8::MotionVector, 3> starts;
};

}  // namespace gpu
