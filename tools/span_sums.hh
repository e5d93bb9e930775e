// Sums over the spans of a run, as they come: by what was done, and by thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cuda/span.hh"

namespace tools {

/// What spans of one name and category amount to.
struct WorkSum {
  std::int64_t count = 0;
  std::int64_t pictures = 0;  ///< 0 where spans do not tell
  double seconds = 0;         ///< wall time, without that of spans within them on the same track
};

/// Adds spans up and hands them on. Memory does not grow with their number.
class SpanSums : public gpu::SpanSink {
 public:
  /// Category and name.
  using Work = std::pair<std::string, std::string>;

  /// `next` gets every span too; null: nobody does.
  explicit SpanSums(gpu::SpanSink* next) : next_(next) {}

  void span(const gpu::Span& span) noexcept override;
  void counter(std::string_view name, std::int64_t value) noexcept override;

  /// Members below: no more spans may come.
  const std::map<Work, WorkSum>& work() const { return work_; }
  /// Seconds within spans of a thread, by its number in the system.
  const std::map<int, double>& thread_seconds() const { return threads_; }

 private:
  using Clock = std::chrono::steady_clock;
  using Track = std::pair<std::string, int>;
  struct Ended {
    Clock::time_point begin;
    Clock::time_point end;
  };

  void add(const gpu::Span& span);
  double own_seconds(const Track& track, const gpu::Span& span);

  gpu::SpanSink* next_;
  std::mutex mutex_;                            // guards all below
  std::map<Track, std::vector<Ended>> recent_;  // of each track, those that one may yet enclose
  std::map<Work, WorkSum> work_;
  std::map<int, double> threads_;
};

}  // namespace tools
