// Where the arrays of one picture's macroblocks lie in one block of memory, on any device.
#pragma once

#include <cstddef>

#include "cuda/picture_task.hh"

namespace gpu {

/// Offsets of a PictureTask's arrays in a block of `bytes()` bytes. Counts and contexts come first,
/// in [0, zeroed()): they must be zero before a picture. In [outputs(), outputs_end()) lie the
/// counts and the modes, without gaps: the host reads them back as one piece.
class PictureLayout {
 public:
  PictureLayout(int mb_rows, int mb_cols)
      : macroblocks_(static_cast<std::size_t>(mb_rows) * static_cast<std::size_t>(mb_cols)) {
    above_ = take<vp8::TokenContext>(static_cast<std::size_t>(mb_cols));
    left_ = take<vp8::TokenContext>(static_cast<std::size_t>(mb_rows));
    begin_line();
    counts_ = take<vp8::TokenCounts>(1);
    zeroed_ = bytes_;
    mvs_ = take<std::array<vp8::MotionVector, 16>>(macroblocks_);
    mv_ = take<vp8::MotionVector>(macroblocks_);
    subblock_modes_ = take<std::array<vp8::SubblockMode, 16>>(macroblocks_);
    y_mode_ = take<vp8::MbMode>(macroblocks_);
    uv_mode_ = take<vp8::MbMode>(macroblocks_);
    ref_frame_ = take<vp8::RefFrame>(macroblocks_);
    partition_ = take<vp8::SplitPartition>(macroblocks_);
    skip_ = take<bool>(macroblocks_);
    outputs_end_ = bytes_;
    begin_line();
    best_cost_ = take<vp8::RdCost>(macroblocks_);
    inter_satd_ = take<SearchCost>(macroblocks_);
    begin_line();
  }

  std::size_t macroblocks() const { return macroblocks_; }
  std::size_t bytes() const { return bytes_; }
  std::size_t zeroed() const { return zeroed_; }
  std::size_t outputs() const { return counts_; }
  std::size_t outputs_end() const { return outputs_end_; }

  /// Points the task's arrays into the block at `base`, which may be another device's memory.
  void bind(std::byte* base, PictureTask& task) const {
    task.modes = modes(base);
    task.above = at<vp8::TokenContext>(base, above_);
    task.left = at<vp8::TokenContext>(base, left_);
    task.counts = counts(base);
    task.best_cost = at<vp8::RdCost>(base, best_cost_);
    task.inter_satd = at<SearchCost>(base, inter_satd_);
  }
  vp8::TokenCounts* counts(std::byte* base) const { return at<vp8::TokenCounts>(base, counts_); }
  ModesView modes(std::byte* base) const {
    return {at<vp8::MbMode>(base, y_mode_),
            at<vp8::MbMode>(base, uv_mode_),
            at<vp8::RefFrame>(base, ref_frame_),
            at<vp8::SplitPartition>(base, partition_),
            at<bool>(base, skip_),
            at<vp8::MotionVector>(base, mv_),
            at<std::array<vp8::MotionVector, 16>>(base, mvs_),
            at<std::array<vp8::SubblockMode, 16>>(base, subblock_modes_)};
  }

 private:
  template <class T>
  std::size_t take(std::size_t count) {
    const std::size_t offset = bytes_;
    bytes_ += count * sizeof(T);
    return offset;
  }
  void begin_line() { bytes_ = (bytes_ + 63) / 64 * 64; }
  template <class T>
  static T* at(std::byte* base, std::size_t offset) {
    return reinterpret_cast<T*>(base + offset);
  }

  std::size_t macroblocks_;
  std::size_t bytes_ = 0;
  std::size_t zeroed_ = 0;
  std::size_t outputs_end_ = 0;
  std::size_t above_, left_, counts_, y_mode_, uv_mode_, ref_frame_, partition_, skip_, mv_, mvs_,
      subblock_modes_, best_cost_, inter_satd_;
};

}  // namespace gpu
