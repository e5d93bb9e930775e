// Times of the block functions of codec/: each SIMD function of the best target beside its scalar
// twin, as scalar/name and simd/name.
#include <array>
#include <cstdint>
#include <random>
#include <string>

#include <benchmark/benchmark.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/codec_bench.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "codec/metrics-inl.h"
#include "codec/metrics.hh"
#include "codec/quantise-inl.h"
#include "codec/quantise.hh"
#include "codec/transform-inl.h"
#include "codec/transform.hh"

#ifndef VP8_BENCH_CODEC_ONCE
#define VP8_BENCH_CODEC_ONCE
namespace vp8 {

constexpr std::ptrdiff_t kStride = 128;
constexpr int kBlocksInARow = 100;

/// What all functions work on: textured samples, residuals and coefficients of moderate size.
struct Data {
  alignas(64) std::array<std::uint8_t, 32 * kStride> a{};
  alignas(64) std::array<std::uint8_t, 32 * kStride> b{};
  alignas(64) std::array<std::uint8_t, 32 * kStride> out{};
  alignas(64) std::int16_t residual[16][16] = {};
  alignas(64) std::int16_t coefs[16][16] = {};
  alignas(64) std::int16_t levels[16][16] = {};
  BlockQuantiser quantiser = make_quantiser(20, 26, 8, 10);

  Data() {
    std::mt19937 random(1);
    for (std::size_t i = 0; i < a.size(); ++i) {
      a[i] = static_cast<std::uint8_t>(random());
      b[i] = static_cast<std::uint8_t>(a[i] / 2 + random() % 100);
    }
    for (auto& block : residual) {
      for (auto& x : block) {
        x = static_cast<std::int16_t>(static_cast<int>(random() % 200) - 100);
      }
    }
  }
};

}  // namespace vp8

// name, then the call, with `x` the position of the block and `d` the Data.
#define VP8_PAIR_BENCHES(V) \
  V(sad16x16) V(sad8x8) V(sse16x16) V(sse8x8) V(satd16x16) V(satd8x8) V(satd4x4)
#define VP8_OTHER_BENCHES(V)                                                                 \
  V(residual_energy4x4,                                                                      \
    benchmark::DoNotOptimize(residual_energy4x4(d.residual[x % 16], d.residual[0])))         \
  V(residual_dct16x16, residual_dct16x16(&d.a[x], kStride, &d.b[x], kStride, d.coefs))       \
  V(residual_dct8x8, residual_dct8x8(&d.a[x], kStride, &d.b[x], kStride, d.coefs))           \
  V(residual_dct4x4, residual_dct4x4(&d.a[x], kStride, &d.b[x], kStride, d.coefs[0]))        \
  V(forward_wht4x4, forward_wht4x4(d.residual[x % 16], d.coefs[0]))                          \
  V(inverse_wht4x4, inverse_wht4x4(d.residual[x % 16], d.coefs[0]))                          \
  V(inverse_dct_add4x4,                                                                      \
    inverse_dct_add4x4(d.residual[x % 16], &d.a[x], kStride, &d.out[x], kStride))            \
  V(inverse_dc_add4x4,                                                                       \
    inverse_dc_add4x4(d.residual[x % 16][0], &d.a[x], kStride, &d.out[x], kStride))          \
  V(quantise4x4, benchmark::DoNotOptimize(                                                   \
                     quantise4x4(d.residual[x % 16], d.quantiser, d.levels[0], d.coefs[0]))) \
  V(dequantise4x4, dequantise4x4(d.residual[x % 16], 20, 26, d.coefs[0]))

#define VP8_RUN(name, ...)                            \
  void run_##name(Data& d) {                          \
    for (std::size_t x = 0; x < kBlocksInARow; ++x) { \
      __VA_ARGS__;                                    \
      benchmark::ClobberMemory();                     \
    }                                                 \
  }
#define VP8_RUN_PAIR(name) \
  VP8_RUN(name, benchmark::DoNotOptimize(name(&d.a[x], kStride, &d.b[x], kStride)))

namespace vp8::scalar {
VP8_PAIR_BENCHES(VP8_RUN_PAIR)
VP8_OTHER_BENCHES(VP8_RUN)
}  // namespace vp8::scalar
#endif

HWY_BEFORE_NAMESPACE();
namespace vp8 {
namespace HWY_NAMESPACE {
VP8_PAIR_BENCHES(VP8_RUN_PAIR)
VP8_OTHER_BENCHES(VP8_RUN)
}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vp8 {
namespace {

#define VP8_EXPORT(name, ...) HWY_EXPORT(run_##name);
VP8_PAIR_BENCHES(VP8_EXPORT)
VP8_OTHER_BENCHES(VP8_EXPORT)

/// Registers a benchmark; its items are calls.
void add(const std::string& name, void (*run)(Data&)) {
  benchmark::RegisterBenchmark(name.c_str(), [run](benchmark::State& state) {
    Data data;
    for (auto _ : state) {
      run(data);
    }
    state.SetItemsProcessed(state.iterations() * kBlocksInARow);
    using benchmark::Counter;
    state.counters["s/call"] =
        Counter(kBlocksInARow, Counter::kIsIterationInvariantRate | Counter::kInvert);
  });
}

#define VP8_ADD(name, ...)                  \
  add("scalar/" #name, scalar::run_##name); \
  add("simd/" #name, HWY_DYNAMIC_DISPATCH(run_##name));

void add_all() {
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  VP8_PAIR_BENCHES(VP8_ADD)
  VP8_OTHER_BENCHES(VP8_ADD)
}

}  // namespace
}  // namespace vp8

// Registered before main, as BENCHMARK() would.
[[maybe_unused]] static const bool registered = (vp8::add_all(), true);
#endif
