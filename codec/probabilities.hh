// From symbol counts to the probabilities worth sending (RFC 6386 §9.9-§9.11, §13.4, §17.2).
#pragma once

#include <array>
#include <cstdint>

#include "codec/frame.hh"
#include "codec/tokens.hh"

namespace vp8 {

/// How often a binary branch went each way.
using BranchCount = std::array<std::uint32_t, 2>;

/// Counts of everything whose probabilities a frame header can set.
struct SymbolCounts {
  TokenCounts tokens{};
  std::array<std::array<BranchCount, kMvProbs>, 2> mv{};
  std::array<BranchCount, 4> y_mode{};
  std::array<BranchCount, 3> uv_mode{};
  BranchCount skip{};    // macroblocks with, without coefficients
  BranchCount intra{};   // intra, inter
  BranchCount last{};    // last, golden or altref
  BranchCount golden{};  // golden, altref
  std::array<BranchCount, 3> segment_tree{};
};

/// Counts the symbols of a frame's modes, whose skip flags are final; the residual is not looked
/// at.
void count_modes(const State& before, const Frame& frame, SymbolCounts& counts);

/// Counts the symbols of a frame whose modes and residual are final.
SymbolCounts count_symbols(const State& before, const Frame& frame);

/// The 8-bit probability nearest to the counts, 1..255; `otherwise` if nothing was counted.
Probability probability_of(const BranchCount& count, Probability otherwise);

/// Sets all probability fields of the header so that, by exact cost, the frame is smallest: updates
/// are sent only where they save more than they cost.
void choose_probabilities(const State& before, const SymbolCounts& counts, FrameHeader& header);

}  // namespace vp8
