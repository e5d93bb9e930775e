// Memory that the lanes of a team share while they decide about one macroblock: shared memory on a
// GPU, a core's cache on the CPU.
#pragma once

#include <array>
#include <cstdint>

#include "codec/frame.hh"
#include "codec/picture_coding.hh"
#include "cuda/picture_task.hh"

namespace gpu {

/// An inter prediction of a whole macroblock that might be the best.
struct Candidate {
  vp8::MotionVector mv;
  vp8::RefFrame ref_frame;
  vp8::MbMode y_mode;
  vp8::Rate rate;
  SearchCost cost;  // SATD plus rate
};

/// For deciding.
struct Workspace {
  static constexpr int kFinalists = 3;
  static constexpr int kStarts = 7;
  static constexpr std::ptrdiff_t kPatchStride = 48;
  static constexpr std::ptrdiff_t kPatchLeft = 16;

  vp8::MbResidueWork residue;
  vp8::PredictScratch prediction;
  alignas(64) std::uint8_t luma[2][256];      // predictions, by turns: the best and the next
  alignas(64) std::uint8_t chroma[2][2][64];  // likewise, U and V
  /// A macroblock with its neighbours, for B_PRED: row 0 and column kPatchLeft - 1 are the pixels
  /// around it.
  alignas(64) std::uint8_t patch[kPatchStride * 17];
  std::array<vp8::MbModes, 3> around;  // above, left, above left
  vp8::MbModes trial;                  // the modes being tried
  vp8::MbModes best;
  std::array<Candidate, kFinalists> finalists;  // the nearest first
  std::array<vp8::MotionVector, kStarts> starts;
  std::array<vp8::MotionVector, 4> quarters;
  std::array<std::uint32_t, vp8::kSubblockModes> satd;
};

/// For coding.
struct CodingWorkspace {
  vp8::CodingWork work;
  vp8::MbModes modes;
};

}  // namespace gpu
