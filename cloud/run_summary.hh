// What a run on workers amounted to: tasks, times, bytes and starts.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "cloud/message.hh"
#include "cloud/scheduler.hh"
#include "host/pipeline.hh"

namespace cloud {

/// What workers did in one phase.
struct PhaseTotals {
  std::int64_t tasks = 0;   ///< answers that were counted
  std::int64_t cold = 0;    ///< of workers that had done nothing before
  TaskTimes times;          ///< sums
  std::uint64_t start = 0;  ///< microseconds between calls and the workers' first lines, sum
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

/// What a run amounted to.
struct CloudSummary {
  host::EncodeSummary encode;
  SchedulerStatus scheduler;
  std::array<PhaseTotals, static_cast<std::size_t>(Phase::kPhases)> phases;
  std::vector<double> cold_starts;  ///< seconds until a new worker's first line, of each
  std::vector<double> warm_starts;  ///< the same of workers that had run before
  std::size_t most_workers = 0;     ///< called and not ended, at once
  std::int64_t resumed = 0;         ///< tasks that an earlier run had done
  std::uint64_t raw_bytes = 0;      ///< samples of the pictures
  std::uint64_t packed_bytes = 0;   ///< the same as it was uploaded
  double seconds_to_upload = 0;     ///< until the last picture was in the store
};

/// Counts the answer of a worker that was called so long ago.
void count(CloudSummary& summary,
           const Result& result,
           std::chrono::steady_clock::duration since_call);

}  // namespace cloud
