// Kernels that the checker's own tests run: one that is right, and a way to break it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/checker/fibre_team.hh"

namespace samples {

inline constexpr int kBins = 16;

/// What the lanes of a team share while they work.
struct Scratch {
  std::array<std::uint8_t, 256> window;
  std::array<std::uint32_t, kBins> bins;
};

struct Result {
  std::uint32_t total = 0;
  std::uint32_t fullest_bin = 0;

  bool operator==(const Result&) const = default;
};

inline std::vector<std::uint8_t> some_samples() {
  std::vector<std::uint8_t> samples(256);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<std::uint8_t>(i * i);
  return samples;
}

/// The line of smooth_histogram() that stages the window, whose barrier is the one to take away.
inline checker::Site staging_site() {
  return {__FILE__, __LINE__ + 12};
}

/// Smooths 256 samples with their right neighbour, counts the results by their upper four bits, and
/// says which bin is the fullest. Samples are staged in `scratch`, all of which is overwritten.
template <class Team>
void smooth_histogram(const Team& team,
                      const std::uint8_t* samples,
                      Scratch* scratch,
                      std::uint8_t* smooth,
                      Result* result) {
  team.each(kBins, [&](int i) { scratch->bins[static_cast<unsigned>(i)] = 0; });
  team.each(256, [&](int i) { scratch->window[static_cast<unsigned>(i)] = samples[i]; });
  team.each(256, [&](int i) {
    const int right = scratch->window[static_cast<unsigned>(i + 1) % 256];
    const int mean = (scratch->window[static_cast<unsigned>(i)] + right + 1) / 2;
    smooth[i] = static_cast<std::uint8_t>(mean);
    team.add(&scratch->bins[static_cast<unsigned>(mean) / kBins], 1);
  });
  const auto total = team.sum(256, [&](int i) { return std::uint32_t{smooth[i]}; });
  team.once([&] {
    result->total = total;
    result->fullest_bin = 0;
    for (std::uint32_t b = 1; b < kBins; ++b) {
      if (scratch->bins[b] > scratch->bins[result->fullest_bin])
        result->fullest_bin = b;
    }
  });
}

}  // namespace samples
