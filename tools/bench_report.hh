// What `fastslow bench` tells: a table for people, and the same as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/bench_run.hh"
#include "tools/bench_tradeoff.hh"

namespace tools {

/// All that is known after a comparison.
struct BenchReport {
  std::string input;
  host::Plan plan;  ///< of the cases, but for their chunks and chains
  int threads = 0;
  int rounds = 1;
  double machine_price = 0;  ///< dollars an hour for this machine; 0: not known
  std::vector<BenchRow> rows;
  std::vector<BenchRow> sweep;         ///< the same backend with other plans
  std::optional<Reference> reference;  ///< with a sweep
};

/// Dollars that a row's last round took: list prices of AWS for workers, the machine's price for
/// what ran here. Nothing if that is not known.
std::optional<double> dollars_of(const BenchRow& row, double machine_price);

/// The trade-off of the sweep's rows that are done.
std::vector<TradeoffPoint> tradeoff(const BenchReport& report);

/// Pairs of rows with the same plan and other bytes, a sentence each; must be empty.
std::vector<std::string> differences(const BenchReport& report);

std::string bench_as_text(const BenchReport& report);
std::string bench_as_json(const BenchReport& report);

}  // namespace tools
