// `fastslow cloud local`: the local engine as a process that stays, and how to start and end it.
#pragma once

#include <chrono>
#include <string>

namespace cloud {

struct LocalControlOptions {
  std::string folder;  ///< for all files of the engine; made if it is missing
  int concurrency = 32;
  int limit_seconds = 60;  ///< for a task
};

/// Where the engine lies unless a user wants it elsewhere.
std::string default_local_folder();

/// Runs an engine here until SIGINT or SIGTERM; "cloud.json" in the folder says how to reach it as
/// long as it runs. `program` is fastslow itself, whose workers it starts. Call it before there are
/// other threads: it blocks the two signals. Throws std::runtime_error, also if an engine runs
/// there already.
void serve_local_engine(const LocalControlOptions& options, const std::string& program);

/// Starts a process that does the above, unless there is one, and waits until it is ready. Returns
/// the shell commands that tell fastslow where it is. Throws std::runtime_error.
std::string start_local_engine(const LocalControlOptions& options, const std::string& program);

/// Ends the engine of a folder and waits for its end; false if none runs. Throws
/// std::runtime_error.
bool stop_local_engine(const std::string& folder);

}  // namespace cloud
