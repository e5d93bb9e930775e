// Bits lost, and seconds in series.
#include "tools/bench_tradeoff.hh"

#include <algorithm>
#include <cmath>

namespace tools {
namespace {

constexpr double kCoarsest = 63;

double log_bytes(const BenchRow& row) {
  return std::log(std::max(1.0, static_cast<double>(row.summary.bytes)));
}

}  // namespace

std::vector<BenchCase> reference_cases(BenchBackend backend, std::int64_t pictures, double cq) {
  const auto chunk = static_cast<int>(std::clamp<std::int64_t>(pictures, 1, kReferenceChunk));
  const double other = cq + kReferenceStep <= kCoarsest ? cq + kReferenceStep : cq - kReferenceStep;
  return {{backend, {chunk, 0}, std::min(cq, other)}, {backend, {chunk, 0}, std::max(cq, other)}};
}

double serial_seconds(const BenchRow& row) {
  const auto pictures = static_cast<double>(row.summary.pictures);
  if (pictures <= 0)
    return 0;
  const host::PhaseTimes& cpu = row.summary.cpu;
  const double chunk = std::min<double>(row.what.shape[0], pictures);
  const double chain =
      row.what.shape[1] == 0
          ? pictures
          : std::min(pictures, static_cast<double>(row.what.shape[0]) * row.what.shape[1]);
  const double boundary = cpu.boundary / std::ceil(pictures / chunk);
  return (chunk * cpu.first_pass + chain * cpu.rebase) / pictures + boundary;
}

TradeoffPoint tradeoff_of(const BenchRow& row, const Reference& reference) {
  const double fine = reference.fine.summary.quality.psnr_y;
  const double coarse = reference.coarse.summary.quality.psnr_y;
  const double reached = row.summary.quality.psnr_y;
  double expected = log_bytes(reference.fine);
  if (fine > coarse && std::isfinite(fine) && std::isfinite(reached)) {
    const double slope = (expected - log_bytes(reference.coarse)) / (fine - coarse);
    expected += slope * (reached - fine);
  }
  return {.shape = row.what.shape,
          .serial_seconds = serial_seconds(row),
          .bits_lost = std::exp(log_bytes(row) - expected) - 1};
}

}  // namespace tools
