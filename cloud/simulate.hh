// A run of the coordinator's scheduler in a model of Lambda, event by event, without doing the
// work: how long, how many workers, how much money. A model, never a measurement.
#pragma once

#include <array>
#include <cstdint>

#include "cloud/lambda_model.hh"
#include "cloud/price.hh"
#include "cloud/scheduler.hh"

namespace cloud {

/// What a simulated run came to.
struct Simulation {
  bool done = false;   ///< all chunks were written
  std::string reason;  ///< why not
  std::int64_t chunks = 0;
  double seconds = 0;         ///< until the last chunk was written
  double uploaded_after = 0;  ///< seconds until all pictures were in the store
  double decided_after = 0;   ///< until the last first pass or boundary was done
  int peak_workers = 0;
  std::int64_t cold_starts = 0;
  double worker_seconds = 0;  ///< paid for, over all workers
  double chunk_seconds = 0;   ///< the same for a chunk, mean
  double chain_step_seconds =
      0;  ///< from a chunk's rebase to that of the next in its chain, median
  SchedulerStatus scheduler;
  std::array<double, kSteps> step_seconds{};  ///< of workers, with start and transfers
  Usage usage;
  Cost cost;
};

/// The scheduler's options that fit a scenario: limits and prices.
SchedulerOptions scheduler_options(const Scenario& scenario, const PriceTable& prices);

/// Runs it. The same scenario, options and seed give the same result.
Simulation simulate(const Scenario& scenario,
                    const SchedulerOptions& options,
                    const PriceTable& prices,
                    std::uint64_t seed);

}  // namespace cloud
