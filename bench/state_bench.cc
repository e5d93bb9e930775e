// Times of writing and reading the state of a 1080p stream with three distinct references, and its
// size in percent of their coded samples.
#include <cmath>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "codec/state_io.hh"

namespace vp8 {
namespace {

// What a decoder at a moderate quantiser leaves: soft shapes, and noise in 8x8 blocks that differ
// in strength. `shift` moves the shapes, as a camera does.
Picture decoded_like(int shift, unsigned seed) {
  Picture picture(1920, 1080);
  std::mt19937 random(seed);
  std::vector<unsigned> strength(240);
  for (const Plane plane : {kPlaneY, kPlaneU, kPlaneV}) {
    const PlaneView p = picture.coded(plane);
    for (int y = 0; y < p.height; ++y) {
      if (y % 8 == 0) {
        for (auto& s : strength)
          s = static_cast<unsigned>(random()) % 8;
      }
      const double row = 50 * std::sin(y * 0.013);
      for (int x = 0; x < p.width; ++x) {
        const double shape = 110 + row + 40 * std::sin((x + shift) * 0.021 + y * 0.004);
        const unsigned noise =
            static_cast<unsigned>(random()) % (strength[static_cast<std::size_t>(x / 8)] + 1);
        p.at(y, x) = static_cast<std::uint8_t>(shape + noise);
      }
    }
  }
  picture.extend_borders();
  return picture;
}

const State& example() {
  static const State state = [] {
    State s;
    s.width = 1920;
    s.height = 1080;
    s.segmentation.map.assign(
        static_cast<std::size_t>(s.mb_cols()) * static_cast<std::size_t>(s.mb_rows()), 0);
    s.references = {PictureRef(decoded_like(0, 1)), PictureRef(decoded_like(9, 2)),
                    PictureRef(decoded_like(0, 3))};
    return s;
  }();
  return state;
}

void write_state_1080p(benchmark::State& run) {
  const State& state = example();
  std::size_t size = 0;
  for (auto _ : run)
    size = serialise(state).size();
  const double raw = 3 * 1.5 * 256 * state.mb_cols() * state.mb_rows();
  run.counters["percent"] = 100 * static_cast<double>(size) / raw;
}
BENCHMARK(write_state_1080p)->Unit(benchmark::kMillisecond);

void read_state_1080p(benchmark::State& run) {
  const std::vector<std::uint8_t> bytes = serialise(example());
  for (auto _ : run)
    benchmark::DoNotOptimize(parse_state(bytes));
}
BENCHMARK(read_state_1080p)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vp8
