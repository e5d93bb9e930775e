// Sums over rows.
#include "tools/bench_phases.hh"

#include <algorithm>

namespace tools {
namespace {

constexpr double kMicro = 1e-6;

bool same_plan(const BenchCase& a, const BenchCase& b) {
  return a.backend != BenchBackend::kLibvpx && b.backend != BenchBackend::kLibvpx &&
         a.shape == b.shape && a.cq == b.cq;
}

}  // namespace

PhaseSeconds phase_seconds(const BenchRow& row) {
  const host::PhaseTimes& cpu = row.summary.cpu;
  cloud::TaskTimes times;
  std::uint64_t start = 0;
  if (row.cloud) {
    for (const cloud::PhaseTotals& phase : row.cloud->summary.phases) {
      times += phase.times;
      start += phase.start;
    }
  }
  const auto seconds = [](std::uint64_t micros) { return static_cast<double>(micros) * kMicro; };
  return {{{"read", cpu.read},
           {"lookahead", cpu.lookahead},
           {"1st pass", cpu.first_pass},
           {"boundary", cpu.boundary},
           {"rebase", cpu.rebase},
           {"measure", cpu.measure},
           {"write", cpu.write},
           {"start", seconds(start)},
           {"fetch", seconds(times.fetch)},
           {"state", seconds(times.state)},
           {"store", seconds(times.store)}}};
}

double processor_seconds(const BenchRow& row) {
  const host::PhaseTimes& cpu = row.summary.cpu;
  return cpu.read + cpu.lookahead + cpu.first_pass + cpu.boundary + cpu.rebase + cpu.measure +
         cpu.write;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<std::pair<const BenchRow*, const BenchRow*>> same_plans(const BenchReport& report) {
  std::vector<const BenchRow*> done;
  for (const std::vector<BenchRow>* rows : {&report.rows, &report.sweep}) {
    for (const BenchRow& row : *rows) {
      if (row.is_done())
        done.push_back(&row);
    }
  }
  std::vector<std::pair<const BenchRow*, const BenchRow*>> pairs;
  for (auto row = done.begin(); row != done.end(); ++row) {
    const auto first = std::find_if(done.begin(), row, [&](const BenchRow* other) {
      return same_plan(other->what, (*row)->what);
    });
    if (first != row)
      pairs.emplace_back(*first, *row);
  }
  return pairs;
}

}  // namespace tools
