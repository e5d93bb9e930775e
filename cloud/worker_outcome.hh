// What the end of a worker means for the scheduler.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cloud/invoker.hh"
#include "cloud/message.hh"
#include "cloud/scheduler.hh"
#include "host/plan.hh"

namespace cloud {

/// A worker that was started.
struct StartedWorker {
  std::uint64_t id = 0;  ///< the invoker's number of the attempt
  Attempt attempt;
  std::vector<TaskOutput> inputs;
  std::chrono::steady_clock::time_point begin;
};

/// An outcome that was looked at.
struct JudgedOutcome {
  Event event;
  std::optional<Result> result;  ///< if there is an answer and it is genuine
};

/// Only an answer that is sealed with the run's key and belongs to this very attempt is believed;
/// any other counts as a worker that died. `output` will name what a finished task has left behind.
JudgedOutcome judge(const Outcome& outcome,
                    const StartedWorker& worker,
                    const SealKey& key,
                    const host::Plan& plan,
                    const std::string& output);

}  // namespace cloud
