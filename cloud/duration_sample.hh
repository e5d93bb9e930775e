// How long tasks of a kind have taken: a histogram that knows its median at any time.
#pragma once

#include <array>
#include <cstdint>

namespace cloud {

/// Durations in milliseconds, 0 to 2^40. Eight bins an octave: a median is right within 1/8.
class DurationSample {
 public:
  void add(std::int64_t ms);
  std::int64_t count() const { return count_; }
  /// The lower end of the bin in which the median lies; 0 without durations.
  std::int64_t median() const;

 private:
  static constexpr int kBins = 8 * 41;

  std::array<std::int64_t, kBins> bins_{};
  std::int64_t count_ = 0;
};

}  // namespace cloud
