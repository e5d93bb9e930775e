// Launches of the kernels. Plain C++: whoever calls needs no nvcc.
#pragma once

#include <cstdint>

#include <cuda_runtime.h>

#include "codec/filter_levels.hh"
#include "cuda/filter_search.hh"
#include "cuda/lookahead_task.hh"
#include "cuda/picture_task.hh"

namespace gpu::cuda {

/// The pictures of one round, one a chunk, all of one size; everything in device memory.
struct Round {
  const PictureTask* tasks;
  int chunks;
  int mb_rows;
  int mb_cols;

  // The search for filter levels, an element a chunk (row_sse: sampled_rows() a chunk).
  const vp8::FilterRules* rules;
  FilterSearch* searches;
  vp8::FrameFilter* filters;
  std::uint64_t* row_sse;
  std::uint64_t* sse;
  void* sum_scratch;  // sum_scratch_bytes()
};

/// Queues all kernels of a round: borders, decisions, coding, filter levels, filter, extension. An
/// error if a launch failed.
cudaError_t launch_round(const Round& round, cudaStream_t stream);

/// An error if this program has no code for the current device.
cudaError_t find_kernels();

/// Sampled macroblock rows of a picture when filter levels are compared.
int filter_sample_rows(int mb_rows);
/// What summing `rows` values for each of `chunks` chunks needs.
std::size_t sum_scratch_bytes(int chunks, int rows);
/// sums[c] = the sum of values[c * rows .. c * rows + rows - 1].
cudaError_t launch_sums(const std::uint64_t* values,
                        int chunks,
                        int rows,
                        std::uint64_t* sums,
                        void* scratch,
                        cudaStream_t stream);

/// A picture to be halved: luma at full size, luma at half size with its border, and how much of
/// that is the picture's own.
struct HalveTask {
  vp8::ConstPlaneView full;
  vp8::PlaneView half;
  int border;
  int width;
  int height;
};

/// Queues the lookahead: all pictures are halved, then all pairs compared. Sizes are equal.
cudaError_t launch_lookahead(const HalveTask* pictures,
                             int count,
                             const LookaheadTask* pairs,
                             int pair_count,
                             int half_rows_with_border,
                             int mb_rows,
                             int mb_cols,
                             cudaStream_t stream);

}  // namespace gpu::cuda
