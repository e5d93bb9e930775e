// Runs the sample kernel on threads, under ThreadSanitizer. Usage: thread_race_check [drop]
// With `drop` one barrier is missing: ThreadSanitizer has to find it, and ends with status 66.
#include <array>
#include <cstdio>
#include <string_view>

#include "tests/checker/sample_kernels.hh"
#include "tests/checker/thread_team.hh"

int main(int argc, char** argv) {
  const bool drop = argc > 1 && std::string_view(argv[1]) == "drop";
  const auto samples = samples::some_samples();
  samples::Scratch scratch;
  std::array<std::uint8_t, 256> smooth{};
  samples::Result result;
  checker::run_threads(
      5,
      [&](const auto& team) {
        samples::smooth_histogram(team, samples.data(), &scratch, smooth.data(), &result);
      },
      drop ? samples::staging_site() : checker::Site{});
  std::printf("total %u, fullest bin %u\n", result.total, result.fullest_bin);
  return 0;
}
