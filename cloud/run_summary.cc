// Sums over the answers of workers.
#include "cloud/run_summary.hh"

#include <algorithm>

namespace cloud {
namespace {

constexpr double kMicro = 1e-6;

void add_processor_time(host::PhaseTimes& cpu, const Result& result) {
  const double code = static_cast<double>(result.times.code) * kMicro;
  (result.phase == Phase::kFirstPass  ? cpu.first_pass
   : result.phase == Phase::kBoundary ? cpu.boundary
                                      : cpu.rebase) += code;
  cpu.measure += static_cast<double>(result.times.measure) * kMicro;
}

}  // namespace

void count(CloudSummary& summary,
           const Result& result,
           std::chrono::steady_clock::duration since_call) {
  const auto all = static_cast<std::uint64_t>(std::max<std::int64_t>(
      0, std::chrono::duration_cast<std::chrono::microseconds>(since_call).count()));
  // A worker's clock may run faster than ours.
  const std::uint64_t start = all - std::min(all, result.times.wall);
  PhaseTotals& totals = summary.phases[static_cast<std::size_t>(result.phase)];
  ++totals.tasks;
  totals.cold += result.cold ? 1 : 0;
  totals.times += result.times;
  totals.start += start;
  totals.bytes_in += result.bytes_in;
  totals.bytes_out += result.bytes_out;
  (result.cold ? summary.cold_starts : summary.warm_starts)
      .push_back(static_cast<double>(start) * kMicro);
  add_processor_time(summary.encode.cpu, result);
}

}  // namespace cloud
