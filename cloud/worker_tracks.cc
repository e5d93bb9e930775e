// Spans of workers.
#include "cloud/worker_tracks.hh"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace cloud {
namespace {

using Clock = std::chrono::steady_clock;

// By phase.
constexpr std::array<std::string_view, static_cast<std::size_t>(Phase::kPhases)> kNames = {
    "first pass", "boundary", "rebase"};

}  // namespace

void WorkerTracks::add(Clock::time_point begin,
                       Clock::time_point end,
                       const host::Chunk& chunk,
                       const Result& result) {
  if (sink_ == nullptr)
    return;
  const int track = track_for(begin, end);
  const std::string_view name = kNames[static_cast<std::size_t>(result.phase)];
  const auto give = [&](std::string_view what, Clock::time_point from, Clock::time_point to) {
    sink_->span({what,
                 name,
                 from,
                 to,
                 track,
                 {.chain = chunk.chain,
                  .chunk = chunk.index,
                  .picture = chunk.first_picture,
                  .pictures = chunk.pictures},
                 "lambda worker"});
  };
  const auto before_end = [&](std::uint64_t microseconds) {
    return std::max(begin, end - std::chrono::microseconds(microseconds));
  };
  const TaskTimes& times = result.times;
  const Clock::time_point work = before_end(times.wall);
  const Clock::time_point store = before_end(times.store);
  const Clock::time_point coding =
      std::min(store, work + std::chrono::microseconds(times.fetch + times.state));
  give(result.cold ? "cold start" : "start", begin, work);
  give("fetch", work, coding);
  give(name, coding, store);
  give("store", store, end);
}

int WorkerTracks::track_for(Clock::time_point begin, Clock::time_point end) {
  auto track = std::find_if(busy_until_.begin(), busy_until_.end(),
                            [&](Clock::time_point until) { return until <= begin; });
  if (track == busy_until_.end())
    track = busy_until_.insert(track, end);
  *track = end;
  return static_cast<int>(track - busy_until_.begin());
}

}  // namespace cloud
