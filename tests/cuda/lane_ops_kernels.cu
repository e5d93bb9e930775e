// Each primitive of cuda/lane_ops.hh as a kernel of one warp: shows that nvcc compiles them, and
// lets the tests run what it made of them.
//
// Grid: one block of 32 threads. `at` and `out` are rows of samples of the given stride; blocks of
// coefficients are one after another.
#include <cstddef>
#include <cstdint>

#include "cuda/lane_ops.hh"
#include "cuda/warp_team.cuh"

namespace {

using Ops = gpu::LaneOps<gpu::WarpTeam>;
using Block = std::int16_t[16];

template <class T>
__device__ void tell_all(T* results, T value) {
  results[threadIdx.x] = value;
}

}  // namespace

// --- metrics: what every lane was told goes to results[lane] ---

#define LANE_METRIC(name, n)                                                          \
  extern "C" __global__ void lane_##name##n(const std::uint8_t* a, std::ptrdiff_t as, \
                                            const std::uint8_t* b, std::ptrdiff_t bs, \
                                            std::uint32_t* results) {                 \
    tell_all(results, Ops().name<n>(a, as, b, bs));                                   \
  }
LANE_METRIC(sad, 16)
LANE_METRIC(sad, 8)
LANE_METRIC(satd, 16)
LANE_METRIC(satd, 8)
LANE_METRIC(sse, 16)
LANE_METRIC(sse, 8)

// --- prediction ---

#define LANE_PREDICT(n)                                                                       \
  extern "C" __global__ void lane_predict##n(vp8::ReferencePlane ref, int y_eighths,          \
                                             int x_eighths, bool bilinear, std::uint8_t* out, \
                                             std::ptrdiff_t stride) {                         \
    __shared__ vp8::PredictScratch scratch;                                                   \
    Ops().predict<n, n>(ref, y_eighths, x_eighths, bilinear, out, stride, scratch);           \
  }
LANE_PREDICT(16)
LANE_PREDICT(8)
LANE_PREDICT(4)

#define LANE_INTRA(n)                                                                      \
  extern "C" __global__ void lane_intra##n(vp8::MbMode mode, vp8::Available available,     \
                                           const std::uint8_t* at, std::ptrdiff_t stride,  \
                                           std::uint8_t* out, std::ptrdiff_t out_stride) { \
    Ops().predict_intra<n>(mode, at, stride, available, out, out_stride);                  \
  }
LANE_INTRA(16)
LANE_INTRA(8)

extern "C" __global__ void lane_subblock_satds(const std::uint8_t* at,
                                               std::ptrdiff_t stride,
                                               const std::uint8_t* above_right,
                                               const std::uint8_t* src,
                                               std::ptrdiff_t src_stride,
                                               std::uint32_t* satd) {
  Ops().subblock_satds(at, stride, above_right, src, src_stride, satd);
}

extern "C" __global__ void lane_predict_subblock(vp8::SubblockMode mode,
                                                 std::uint8_t* at,
                                                 std::ptrdiff_t stride,
                                                 const std::uint8_t* above_right) {
  Ops().predict_subblock(mode, at, stride, above_right);
}

// --- residue ---

#define LANE_DCT(n)                                                                         \
  extern "C" __global__ void lane_dct##n(const std::uint8_t* src, std::ptrdiff_t ss,        \
                                         const std::uint8_t* prediction, std::ptrdiff_t ps, \
                                         Block* coefs) {                                    \
    Ops().residual_dct<n>(src, ss, prediction, ps, coefs);                                  \
  }
LANE_DCT(16)
LANE_DCT(8)
LANE_DCT(4)

extern "C" __global__ void lane_forward_wht(const std::int16_t* in, std::int16_t* out) {
  Ops().forward_wht(in, out);
}

extern "C" __global__ void lane_inverse_wht(const std::int16_t* in, std::int16_t* out) {
  Ops().inverse_wht(in, out);
}

extern "C" __global__ void lane_quantise(const Block* coefs,
                                         int count,
                                         const vp8::BlockQuantiser* q,
                                         Block* levels,
                                         Block* dequantised,
                                         std::uint8_t* ends) {
  Ops().quantise(coefs, count, *q, levels, dequantised, ends);
}

extern "C" __global__ void lane_residual_energy(const Block* coefs,
                                                const Block* dequantised,
                                                int count,
                                                std::uint64_t* results) {
  tell_all(results, Ops().residual_energy(coefs, dequantised, count));
}

extern "C" __global__ void lane_quantises_to_nothing(const Block* coefs,
                                                     int count,
                                                     const vp8::BlockQuantiser* q,
                                                     std::uint32_t* results) {
  tell_all(results, Ops().quantises_to_nothing(coefs, count, *q) ? 1u : 0u);
}

extern "C" __global__ void lane_add_residue(const Block* dequantised,
                                            const std::uint8_t* ends,
                                            int columns,
                                            int rows,
                                            std::uint8_t* at,
                                            std::ptrdiff_t stride) {
  Ops().add_residue(dequantised, ends, columns, rows, at, stride);
}

// --- copies ---

extern "C" __global__ void lane_copy(const std::uint32_t* from, std::uint32_t* to, int count) {
  Ops().copy(from, to, count);
}

// --- loop filter ---

#define LANE_LUMA_EDGE(name)                                                     \
  extern "C" __global__ void lane_##name(std::uint8_t* y, std::ptrdiff_t stride, \
                                         vp8::EdgeLimits limits) {               \
    Ops().name(y, stride, limits);                                               \
  }
#define LANE_CHROMA_EDGE(name)                                                                    \
  extern "C" __global__ void lane_##name(std::uint8_t* u, std::uint8_t* v, std::ptrdiff_t stride, \
                                         vp8::EdgeLimits limits) {                                \
    Ops().name(u, v, stride, limits);                                                             \
  }
#define LANE_SIMPLE_EDGE(name)                                                                     \
  extern "C" __global__ void lane_##name(std::uint8_t* y, std::ptrdiff_t stride, int edge_limit) { \
    Ops().name(y, stride, edge_limit);                                                             \
  }
LANE_LUMA_EDGE(filter_mb_left_edge_luma)
LANE_LUMA_EDGE(filter_subblock_left_edges_luma)
LANE_LUMA_EDGE(filter_mb_top_edge_luma)
LANE_LUMA_EDGE(filter_subblock_top_edges_luma)
LANE_CHROMA_EDGE(filter_mb_left_edge_chroma)
LANE_CHROMA_EDGE(filter_subblock_left_edges_chroma)
LANE_CHROMA_EDGE(filter_mb_top_edge_chroma)
LANE_CHROMA_EDGE(filter_subblock_top_edges_chroma)
LANE_SIMPLE_EDGE(filter_simple_mb_left_edge)
LANE_SIMPLE_EDGE(filter_simple_subblock_left_edges)
LANE_SIMPLE_EDGE(filter_simple_mb_top_edge)
LANE_SIMPLE_EDGE(filter_simple_subblock_top_edges)

// --- what single instructions compute: results of one thread, in the order of words.hh ---

extern "C" __global__ void lane_words(const std::uint32_t* in, std::uint32_t* results) {
  namespace words = gpu::words;
  if (threadIdx.x != 0)
    return;
  results[0] = words::sad(in[0], in[1], in[2]);
  results[1] = static_cast<std::uint32_t>(words::dot(in[0], in[1], static_cast<int>(in[2])));
  results[2] = words::dot_samples(in[0], in[1], in[2]);
  results[3] = words::permute(in[0], in[1], in[2] & 0x7777);
  results[4] = words::shift_right(in[0], in[1], static_cast<int>(in[2] & 31));
}

extern "C" __global__ void lane_sum64(const std::uint64_t* in, int count, std::uint64_t* results) {
  tell_all(results, Ops().sum(count, [&](int i) { return in[i]; }));
}
