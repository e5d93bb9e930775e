// Benchmarks of sub-pixel prediction and the loop filter: scalar against SIMD of every target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/prediction_bench.cc"
#include "hwy/foreach_target.h"
// After foreach_target.
#include "codec/loop_filter-inl.h"
#include "codec/subpixel-inl.h"
#include "hwy/highway.h"

#ifndef BENCH_PREDICTION_BENCH_CC_
#define BENCH_PREDICTION_BENCH_CC_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace vp8 {

using PredictFunction =
    void (*)(const std::uint8_t*, std::ptrdiff_t, int, int, std::uint8_t*, std::ptrdiff_t);
using FilterFunction = void (*)(std::uint8_t*, std::uint8_t*, std::uint8_t*, std::ptrdiff_t);

struct FunctionsUnderBench {
  PredictFunction sixtap16, sixtap8, sixtap4, bilinear16;
  FilterFunction filter;
};

constexpr EdgeLimits kMbLimits{60, 20, 1};
constexpr EdgeLimits kSubblockLimits{52, 20, 1};

/// All normal-filter edges of one macroblock; `f` names where its functions live.
#define VP8_FILTER_MACROBLOCK(f, y, u, v, stride)                      \
  f::filter_mb_left_edge_luma(y, stride, kMbLimits);                   \
  f::filter_mb_left_edge_chroma(u, v, stride, kMbLimits);              \
  f::filter_subblock_left_edges_luma(y, stride, kSubblockLimits);      \
  f::filter_subblock_left_edges_chroma(u, v, stride, kSubblockLimits); \
  f::filter_mb_top_edge_luma(y, stride, kMbLimits);                    \
  f::filter_mb_top_edge_chroma(u, v, stride, kMbLimits);               \
  f::filter_subblock_top_edges_luma(y, stride, kSubblockLimits);       \
  f::filter_subblock_top_edges_chroma(u, v, stride, kSubblockLimits)

constexpr int kStride = 1120;  // rows of a power of two would fight for cache sets

/// Noise around grey, on which the filters are on at most positions.
inline std::vector<std::uint8_t> samples() {
  std::mt19937 random(1);
  std::vector<std::uint8_t> out(kStride * 64);
  for (std::uint8_t& s : out)
    s = static_cast<std::uint8_t>(124 + random() % 8);
  return out;
}

inline void predict(benchmark::State& state, PredictFunction f, int x, int y) {
  const std::vector<std::uint8_t> src = samples();
  std::vector<std::uint8_t> dst(kStride * 16);
  std::ptrdiff_t offset = 8 * kStride + 8;
  for (auto _ : state) {
    f(src.data() + offset, kStride, x, y, dst.data(), kStride);
    benchmark::ClobberMemory();
    offset ^= 37;  // another alignment
  }
}

inline void filter(benchmark::State& state, FilterFunction f) {
  const std::vector<std::uint8_t> source = samples();
  std::vector<std::uint8_t> work = source;
  std::ptrdiff_t x = 0;
  for (auto _ : state) {
    std::uint8_t* y = work.data() + 8 * kStride + 16 + x;
    f(y, y + 24 * kStride, y + 40 * kStride, kStride);
    benchmark::ClobberMemory();
    x = (x + 16) % 960;
  }
}

inline void add_benchmarks(const std::string& name, const FunctionsUnderBench& f) {
  const auto add = [&name](const char* what, PredictFunction p, int x, int y) {
    benchmark::RegisterBenchmark((what + ("/" + name)).c_str(), predict, p, x, y);
  };
  add("sixtap16x16_2d", f.sixtap16, 2, 4);
  add("sixtap16x16_x", f.sixtap16, 2, 0);
  add("sixtap16x16_y", f.sixtap16, 0, 2);
  add("sixtap8x8_2d", f.sixtap8, 2, 4);
  add("fourtap8x8_2d", f.sixtap8, 3, 5);
  add("sixtap4x4_2d", f.sixtap4, 2, 4);
  add("bilinear16x16_2d", f.bilinear16, 3, 5);
  benchmark::RegisterBenchmark(("filter_macroblock/" + name).c_str(), filter, f.filter);
}

}  // namespace vp8
#endif  // BENCH_PREDICTION_BENCH_CC_

HWY_BEFORE_NAMESPACE();
namespace vp8 {
namespace HWY_NAMESPACE {

void filter_macroblock(std::uint8_t* y, std::uint8_t* u, std::uint8_t* v, std::ptrdiff_t stride) {
  VP8_FILTER_MACROBLOCK(HWY_NAMESPACE, y, u, v, stride);
}

FunctionsUnderBench functions_under_bench() {
  return {predict_sixtap<16, 16>, predict_sixtap<8, 8>, predict_sixtap<4, 4>,
          predict_bilinear<16, 16>, filter_macroblock};
}

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vp8 {

HWY_EXPORT(functions_under_bench);

void filter_macroblock_scalar(std::uint8_t* y,
                              std::uint8_t* u,
                              std::uint8_t* v,
                              std::ptrdiff_t stride) {
  VP8_FILTER_MACROBLOCK(scalar, y, u, v, stride);
}

void add_all_benchmarks() {
  add_benchmarks("scalar", {scalar::predict_sixtap<16, 16>, scalar::predict_sixtap<8, 8>,
                            scalar::predict_sixtap<4, 4>, scalar::predict_bilinear<16, 16>,
                            filter_macroblock_scalar});
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    add_benchmarks(hwy::TargetName(target), HWY_DYNAMIC_DISPATCH(functions_under_bench)());
  }
  hwy::SetSupportedTargetsForTest(0);
}

}  // namespace vp8

// Registered before main, as BENCHMARK() would.
[[maybe_unused]] static const bool registered = (vp8::add_all_benchmarks(), true);
#endif  // HWY_ONCE
