// The trade-off between bits and time in series that chunks and chains make: what `fastslow bench
// --sweep` measures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/bench_run.hh"

namespace tools {

/// Pictures of a chunk of the encode that others are compared with: so long that chunks cost
/// nothing, and short enough to fit in memory.
inline constexpr int kReferenceChunk = 256;
/// Steps of quality between the two encodes that tell what quality costs.
inline constexpr double kReferenceStep = 4;

/// One video coded at two qualities with hardly any chunks.
struct Reference {
  BenchRow fine;
  BenchRow coarse;
};

/// A plan's place in the trade-off.
struct TradeoffPoint {
  Pair shape{};
  double serial_seconds = 0;
  double bits_lost = 0;  ///< share of more bits at equal PSNR-Y: 0.1 is 10 %
};

/// The cases to be run for a reference of `pictures` pictures by `backend`.
std::vector<BenchCase> reference_cases(BenchBackend backend, std::int64_t pictures, double cq);

/// Seconds that an encode takes with a worker for every chunk and no transfers, from the processor
/// time that it took: the pictures of a chunk after each other in the first pass, those of a chain
/// in the rebase.
double serial_seconds(const BenchRow& row);

/// Bits lost to a reference of the same quality, which lies between, or in line with, the
/// reference's two encodes; plain bytes where these do not differ in quality.
TradeoffPoint tradeoff_of(const BenchRow& row, const Reference& reference);

/// The points as a picture: seconds in series (logarithmic) against bits lost, a line for each
/// number of pictures a chunk.
std::string tradeoff_as_svg(const std::vector<TradeoffPoint>& points, const std::string& title);

}  // namespace tools
