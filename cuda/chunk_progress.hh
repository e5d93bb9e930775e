// A chunk on its way through the rounds: what the host does between the kernels of two pictures.
#pragma once

#include <optional>
#include <vector>

#include "cuda/device.hh"
#include "cuda/filter_search.hh"
#include "cuda/picture_task.hh"

namespace gpu {

/// The task of coding a picture of this size with this header on this state. No pointers are set.
PictureTask make_picture_task(const vp8::State& state,
                              const vp8::FrameHeader& header,
                              int mb_rows,
                              int mb_cols,
                              Effort effort);

/// Goes through a chunk picture by picture, on any device:
///
///   while (!chunk.done()) {
///     PictureTask task = chunk.begin_picture();   // without pointers; the device adds them
///     ... kernels run ...
///     chunk.finish_picture(counts, modes, level, reconstruction);
///   }
class ChunkProgress {
 public:
  explicit ChunkProgress(ChunkJob job);

  bool done() const { return next_ == job_.pictures.size(); }
  /// The picture to be decided now.
  const PictureJob& job() const { return job_.pictures[next_]; }
  /// Picture `index` of the chunk, or null behind its end.
  const PictureJob* job_at(std::size_t index) const {
    return index < job_.pictures.size() ? &job_.pictures[index] : nullptr;
  }
  const vp8::State& state() const { return state_; }

  /// Prepares the rates for the next picture. The task has no pointers yet but to nothing.
  PictureTask begin_picture();
  /// What the task's pointers of the same names shall have, until finish_picture().
  const vp8::TokenCosts& token_costs() const { return *token_costs_; }
  const ModeRates& rates() const { return *rates_; }
  /// The rules by which filter levels are tried.
  vp8::FilterRules filter_rules() const;
  /// Where the search for the filter level begins.
  FilterSearch filter_search() const;

  /// Takes what the kernels made: token counts, modes of `macroblocks` macroblocks in memory that
  /// the host can read, the filter level. `reconstruction` becomes a reference; it may be a
  /// stand-in of the device's.
  void finish_picture(const vp8::TokenCounts& counts,
                      const ModesView& modes,
                      int filter_level,
                      const vp8::PictureRef& reconstruction);

  /// The decisions. Once, when done; the exit state is the device's to add.
  ChunkResult take_result() { return std::move(result_); }

 private:
  ChunkJob job_;
  std::size_t next_ = 0;
  vp8::FrameHeader estimate_;  // of an earlier picture: its probabilities stand in
  vp8::State state_;
  std::optional<vp8::TokenCosts> token_costs_;
  std::optional<ModeRates> rates_;
  ChunkResult result_;
};

}  // namespace gpu
