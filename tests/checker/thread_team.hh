// A team whose lanes are threads, for ThreadSanitizer: a second opinion on what checker.hh says.
#pragma once

#include <atomic>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "tests/checker/fibre_team.hh"

namespace checker {

/// What the lanes of one team share.
struct ThreadMeeting {
  explicit ThreadMeeting(int lanes, Site without = {})
      : barrier(lanes), parts(static_cast<std::size_t>(lanes)), without_barrier(without) {}

  std::barrier<> barrier;
  std::vector<std::uint64_t> parts;  // of a sum, one a lane
  Site without_barrier;
};

/// The team concept of codec/team.hh. Lanes that do not all come to a barrier wait for ever.
class ThreadTeam {
 public:
  ThreadTeam(ThreadMeeting& meeting, int lane) : meeting_(&meeting), lane_(lane) {}

  [[nodiscard]] int lane() const { return lane_; }
  [[nodiscard]] int lanes() const { return static_cast<int>(meeting_->parts.size()); }

  void sync(const char* file = __builtin_FILE(), int line = __builtin_LINE()) const {
    if (!(meeting_->without_barrier == Site{file, line}))
      meeting_->barrier.arrive_and_wait();
  }

  template <class F>
  void each(int n,
            const F& f,
            const char* file = __builtin_FILE(),
            int line = __builtin_LINE()) const {
    for (int i = lane_; i < n; i += lanes())
      f(i);
    sync(file, line);
  }

  template <class F>
  void once(const F& f, const char* file = __builtin_FILE(), int line = __builtin_LINE()) const {
    if (lane_ == 0)
      f();
    sync(file, line);
  }

  template <class F>
  auto sum(int n, const F& f) const {
    std::uint64_t part = 0;
    for (int i = lane_; i < n; i += lanes())
      part += static_cast<std::uint64_t>(f(i));
    meeting_->parts[static_cast<std::size_t>(lane_)] = part;
    meeting_->barrier.arrive_and_wait();
    std::uint64_t total = 0;
    for (const std::uint64_t p : meeting_->parts)
      total += p;
    meeting_->barrier.arrive_and_wait();  // before the next sum writes its parts
    return static_cast<decltype(f(0))>(total);
  }

  static void add(std::uint32_t* at, std::uint32_t value) {
    std::atomic_ref(*at).fetch_add(value, std::memory_order_relaxed);
  }

 private:
  ThreadMeeting* meeting_;
  int lane_;
};

/// Runs body(team) on `lanes` threads and waits for all. No lane waits at `without_barrier`.
template <class Body>
void run_threads(int lanes, const Body& body, Site without_barrier = {}) {
  ThreadMeeting meeting(lanes, without_barrier);
  std::vector<std::jthread> threads;
  for (int lane = 0; lane < lanes; ++lane)
    threads.emplace_back([&meeting, &body, lane] { body(ThreadTeam(meeting, lane)); });
}

}  // namespace checker
