// What workers did when, as spans: a track for each that ran at the same time.
#pragma once

#include <chrono>
#include <vector>

#include "cloud/message.hh"
#include "host/pipeline.hh"

namespace cloud {

/// Gives spans to a sink. Not thread-safe.
class WorkerTracks {
 public:
  /// `sink` may be null.
  explicit WorkerTracks(gpu::SpanSink* sink) : sink_(sink) {}

  /// A task was started at `begin` and answered at `end`, by the clock of the coordinator. What the
  /// worker says of its times fills the end of that; what comes before is its start.
  void add(std::chrono::steady_clock::time_point begin,
           std::chrono::steady_clock::time_point end,
           const host::Chunk& chunk,
           const Result& result);

 private:
  int track_for(std::chrono::steady_clock::time_point begin,
                std::chrono::steady_clock::time_point end);

  gpu::SpanSink* sink_;
  std::vector<std::chrono::steady_clock::time_point> busy_until_;  // of each track
};

}  // namespace cloud
