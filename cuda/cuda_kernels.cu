// The kernels as CUDA launches them: a warp is a team, a block holds four.
#define VP8_FOR_LANES

#include <new>

#include "cuda/cuda_kernels.hh"
#include "cuda/kernels-inl.h"
#include "cuda/lane_ops.hh"
#include "cuda/lookahead-inl.h"
#include "cuda/warp_team.cuh"

namespace gpu::cuda {
namespace {

using Ops = LaneOps<WarpTeam>;

constexpr int kTeams = 4;  // of a block
constexpr int kThreads = kTeams * WarpTeam::lanes();

int blocks_for(int teams) {
  return (teams + kTeams - 1) / kTeams;
}

__device__ int team_in_block() {
  return static_cast<int>(threadIdx.x) / WarpTeam::lanes();
}
__device__ int team_index() {
  return static_cast<int>(blockIdx.x) * kTeams + team_in_block();
}

// Which macroblock of which chunk a team works on: diagonal by diagonal over all chunks.
struct Place {
  int chunk;
  int mb_row;
  int mb_col;
};

__device__ Place place_on(int diagonal, const Diagonals& diagonals) {
  const int size = diagonals.size(diagonal);
  const int team = team_index();
  const int row = diagonals.first_row(diagonal) + team % size;
  return {team / size, row, diagonal - 2 * row};
}

__global__ void __launch_bounds__(kThreads) set_borders(const PictureTask* tasks, int chunks) {
  const int chunk = team_index();
  if (chunk < chunks)
    lanes::set_intra_borders(Ops(), tasks[chunk]);
}

__global__ void __launch_bounds__(kThreads, 3)
    decide_inter(const PictureTask* tasks, int chunks, Diagonals diagonals, int diagonal) {
  __shared__ Workspace workspaces[kTeams];
  const Place p = place_on(diagonal, diagonals);
  if (p.chunk >= chunks || tasks[p.chunk].key_frame)
    return;
  lanes::decide_inter(Ops(), tasks[p.chunk], p.mb_row, p.mb_col, workspaces[team_in_block()]);
}

__global__ void __launch_bounds__(kThreads, 5)
    decide_intra(const PictureTask* tasks, int chunks, Diagonals diagonals, int diagonal) {
  __shared__ Workspace workspaces[kTeams];
  const Place p = place_on(diagonal, diagonals);
  if (p.chunk < chunks)
    lanes::decide_intra(Ops(), tasks[p.chunk], p.mb_row, p.mb_col, workspaces[team_in_block()]);
}

__global__ void __launch_bounds__(kThreads, 4)
    code_macroblock(const PictureTask* tasks, int chunks, Diagonals diagonals, int diagonal) {
  __shared__ CodingWorkspace workspaces[kTeams];
  const Place p = place_on(diagonal, diagonals);
  if (p.chunk < chunks)
    lanes::code_macroblock(Ops(), tasks[p.chunk], p.mb_row, p.mb_col, workspaces[team_in_block()]);
}

__global__ void __launch_bounds__(kThreads) begin_filter_search(const vp8::FilterRules* rules,
                                                                const FilterSearch* searches,
                                                                vp8::FrameFilter* filters,
                                                                int chunks) {
  const int chunk = team_index();
  if (chunk < chunks) {
    WarpTeam::once(
        [&] { new (filters + chunk) vp8::FrameFilter(rules[chunk], searches[chunk].tried()); });
  }
}

__global__ void __launch_bounds__(kThreads) measure_filter(const PictureTask* tasks,
                                                           const FilterSearch* searches,
                                                           int chunks,
                                                           int rows,
                                                           std::uint64_t* row_sse) {
  const int team = team_index();
  const int chunk = team / rows;
  if (chunk >= chunks || searches[chunk].done())
    return;
  const std::uint64_t sse = lanes::filtered_row_sse(Ops(), tasks[chunk], team % rows);
  WarpTeam::once([&] { row_sse[team] = sse; });
}

// Takes the measurement of the level tried and prepares the next, or the best at the end.
__global__ void __launch_bounds__(kThreads) step_filter_search(const vp8::FilterRules* rules,
                                                               const std::uint64_t* sse,
                                                               FilterSearch* searches,
                                                               vp8::FrameFilter* filters,
                                                               int chunks) {
  const int chunk = team_index();
  if (chunk >= chunks)
    return;
  WarpTeam::once([&] {
    FilterSearch& search = searches[chunk];
    if (search.done())
      return;
    search.take(sse[chunk]);
    new (filters + chunk)
        vp8::FrameFilter(rules[chunk], search.done() ? search.best() : search.tried());
  });
}

__global__ void __launch_bounds__(kThreads)
    filter_macroblock(const PictureTask* tasks, int chunks, Diagonals diagonals, int diagonal) {
  const Place p = place_on(diagonal, diagonals);
  if (p.chunk < chunks && tasks[p.chunk].filter->enabled())
    lanes::filter_reconstruction(Ops(), tasks[p.chunk], p.mb_row, p.mb_col);
}

// A team a row of a plane, borders included.
__global__ void __launch_bounds__(kThreads)
    extend_borders(const PictureTask* tasks, int chunks, int plane, int border, int rows) {
  const int team = team_index();
  const int chunk = team / rows;
  if (chunk < chunks)
    lanes::extend_row(Ops(), tasks[chunk].coding.recon[plane], border, team % rows - border);
}

__global__ void __launch_bounds__(kThreads)
    halve_pictures(const HalveTask* pictures, int count, int rows) {
  const int team = team_index();
  const int picture = team / rows;
  if (picture >= count)
    return;
  const HalveTask& t = pictures[picture];
  lanes::halve_row(Ops(), t.full, t.half, t.border, t.width, t.height, team % rows - t.border);
}

__global__ void __launch_bounds__(kThreads)
    compare_macroblock(const LookaheadTask* pairs, int count, Diagonals diagonals, int diagonal) {
  __shared__ LookaheadWorkspace workspaces[kTeams];
  const Place p = place_on(diagonal, diagonals);
  if (p.chunk < count)
    lanes::compare_macroblock(Ops(), pairs[p.chunk], p.mb_row, p.mb_col,
                              workspaces[team_in_block()]);
}

}  // namespace

cudaError_t find_kernels() {
  cudaFuncAttributes attributes{};
  return cudaFuncGetAttributes(&attributes, decide_inter);
}

int filter_sample_rows(int mb_rows) {
  return lanes::sampled_rows(mb_rows);
}

cudaError_t launch_round(const Round& r, cudaStream_t stream) {
  const Diagonals diagonals{r.mb_rows, r.mb_cols};
  const int per_chunk = blocks_for(r.chunks);
  set_borders<<<per_chunk, kThreads, 0, stream>>>(r.tasks, r.chunks);
  for (int d = 0; d < diagonals.count(); ++d) {
    const int blocks = blocks_for(r.chunks * diagonals.size(d));
    if (blocks == 0)
      continue;
    decide_inter<<<blocks, kThreads, 0, stream>>>(r.tasks, r.chunks, diagonals, d);
    decide_intra<<<blocks, kThreads, 0, stream>>>(r.tasks, r.chunks, diagonals, d);
    code_macroblock<<<blocks, kThreads, 0, stream>>>(r.tasks, r.chunks, diagonals, d);
  }
  const int rows = filter_sample_rows(r.mb_rows);
  begin_filter_search<<<per_chunk, kThreads, 0, stream>>>(r.rules, r.searches, r.filters, r.chunks);
  for (int i = 0; i < FilterSearch::kMaxTries; ++i) {
    measure_filter<<<blocks_for(r.chunks * rows), kThreads, 0, stream>>>(r.tasks, r.searches,
                                                                         r.chunks, rows, r.row_sse);
    // CUB clears the runtime's last error: look at that of the launches before it first.
    cudaError_t error = cudaGetLastError();
    if (error == cudaSuccess)
      error = launch_sums(r.row_sse, r.chunks, rows, r.sse, r.sum_scratch, stream);
    if (error != cudaSuccess)
      return error;
    step_filter_search<<<per_chunk, kThreads, 0, stream>>>(r.rules, r.sse, r.searches, r.filters,
                                                           r.chunks);
  }
  for (int d = 0; d < diagonals.count(); ++d) {
    const int blocks = blocks_for(r.chunks * diagonals.size(d));
    if (blocks > 0)
      filter_macroblock<<<blocks, kThreads, 0, stream>>>(r.tasks, r.chunks, diagonals, d);
  }
  for (int plane = vp8::kPlaneY; plane <= vp8::kPlaneV; ++plane) {
    const int border = plane == vp8::kPlaneY ? vp8::Picture::kBorder : vp8::Picture::kBorder / 2;
    const int plane_rows = r.mb_rows * (plane == vp8::kPlaneY ? 16 : 8) + 2 * border;
    extend_borders<<<blocks_for(r.chunks * plane_rows), kThreads, 0, stream>>>(
        r.tasks, r.chunks, plane, border, plane_rows);
  }
  return cudaGetLastError();
}

cudaError_t launch_lookahead(const HalveTask* pictures,
                             int count,
                             const LookaheadTask* pairs,
                             int pair_count,
                             int half_rows_with_border,
                             int mb_rows,
                             int mb_cols,
                             cudaStream_t stream) {
  halve_pictures<<<blocks_for(count * half_rows_with_border), kThreads, 0, stream>>>(
      pictures, count, half_rows_with_border);
  const Diagonals diagonals{mb_rows, mb_cols};
  for (int d = 0; d < diagonals.count(); ++d) {
    const int blocks = blocks_for(pair_count * diagonals.size(d));
    if (blocks > 0)
      compare_macroblock<<<blocks, kThreads, 0, stream>>>(pairs, pair_count, diagonals, d);
  }
  return cudaGetLastError();
}

}  // namespace gpu::cuda
