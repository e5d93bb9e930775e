// Sums over the rows of a comparison: times by phase, rows with the same plan.
#pragma once

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/bench_report.hh"

namespace tools {

/// Names of phases and their seconds, over all threads and workers: what happens here, then what
/// happens around the work on workers.
using PhaseSeconds = std::array<std::pair<std::string_view, double>, 11>;
PhaseSeconds phase_seconds(const BenchRow& row);

/// Seconds of processors, here or on workers.
double processor_seconds(const BenchRow& row);

/// The middle one, or the mean of the two middle ones. `values` must not be empty.
double median(std::vector<double> values);

/// Rows that are done whose bytes must be equal: each with the first of the same plan.
std::vector<std::pair<const BenchRow*, const BenchRow*>> same_plans(const BenchReport& report);

}  // namespace tools
