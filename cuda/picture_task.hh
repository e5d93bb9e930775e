// What kernels read and write of one picture: plain structs of pointers, the same on every device.
#pragma once

#include <array>
#include <cstdint>

#include "codec/filter_levels.hh"
#include "codec/frame.hh"
#include "codec/picture_coding.hh"
#include "codec/tokens.hh"
#include "cuda/effort.hh"
#include "cuda/mode_rates.hh"

namespace gpu {

/// A cost for comparing vectors: SAD or SATD plus rate.
using SearchCost = std::int32_t;

/// The modes of a picture's macroblocks, an array a field: a team reads just the fields that it
/// needs. All arrays in raster order of macroblocks.
struct ModesView {
  vp8::MbMode* y_mode;
  vp8::MbMode* uv_mode;
  vp8::RefFrame* ref_frame;
  vp8::SplitPartition* partition;
  bool* skip;
  vp8::MotionVector* mv;
  std::array<vp8::MotionVector, 16>* mvs;
  std::array<vp8::SubblockMode, 16>* subblock_modes;
};

/// One picture of one chunk in one round. Everything that is pointed at belongs to the device.
struct PictureTask {
  int mb_rows;
  int mb_cols;
  bool key_frame;
  Effort effort;
  std::array<bool, vp8::kRefFrames> sign_bias;
  /// The different pictures to search, the last one first.
  std::array<vp8::RefFrame, 3> references;
  int reference_count;

  vp8::PictureCoding coding;
  /// Quantisers that round as the trellis does on average, by segment.
  std::array<vp8::MbQuantiser, vp8::kSegments> estimating;
  const ModeRates* rates;
  const vp8::MotionVector* hints;  // a macroblock each, quarter pixels; may be null
  const std::uint8_t* segments;    // a macroblock each; may be null: all 0

  ModesView modes;           // decided by the kernels
  vp8::RdCost* best_cost;    // of the modes decided so far, by macroblock
  SearchCost* inter_satd;    // of the nearest inter prediction, by macroblock
  vp8::TokenContext* above;  // mb_cols
  vp8::TokenContext* left;   // mb_rows
  vp8::TokenCounts* counts;  // zero before the first macroblock

  VP8_HD std::size_t segment(std::size_t macroblock) const {
    return segments != nullptr ? segments[macroblock] : 0;
  }

  vp8::PlaneView filtered_luma;  // room to try filter levels in
  const vp8::FrameFilter* filter;
};

/// Macroblocks that may run side by side in intra-dependent work lie on one diagonal: each waits
/// for those left of it, above it, and right above it. Diagonal d holds the macroblocks (row,
/// d - 2 row).
struct Diagonals {
  int mb_rows;
  int mb_cols;

  VP8_HD constexpr int count() const { return mb_cols + 2 * (mb_rows - 1); }
  VP8_HD constexpr int first_row(int d) const { return d < mb_cols ? 0 : (d - mb_cols) / 2 + 1; }
  VP8_HD constexpr int last_row(int d) const { return d / 2 < mb_rows - 1 ? d / 2 : mb_rows - 1; }
  VP8_HD constexpr int size(int d) const { return last_row(d) - first_row(d) + 1; }
};

}  // namespace gpu
