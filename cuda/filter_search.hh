// The search for a picture's loop filter level.
#pragma once

#include <cstdint>

#include "codec/tables.hh"
#include "codec/types.hh"

namespace gpu {

/// Tries levels around a guess and keeps the one nearest to the source: steps of 8, 4, 2 down, and
/// up where down was no better. Whoever runs it measures `tried()` and hands the error to take(),
/// until done().
class FilterSearch {
 public:
  /// The most measurements that a search takes.
  static constexpr int kMaxTries = 7;

  FilterSearch() = default;
  explicit VP8_HD constexpr FilterSearch(int guess) : tried_(guess) {}

  VP8_HD constexpr bool done() const { return step_ < kLastStep; }
  /// The level to measure next.
  VP8_HD constexpr int tried() const { return tried_; }
  /// The best level so far.
  VP8_HD constexpr int best() const { return best_; }

  /// `sse`: the squared error with the level tried().
  VP8_HD constexpr void take(std::uint64_t sse) {
    if (best_ < 0 || sse < best_sse_) {
      if (best_ < 0)
        centre_ = tried_;
      best_ = tried_;
      best_sse_ = sse;
    }
    choose_next();
  }

 private:
  static constexpr int kLastStep = 2;
  enum class Side : std::uint8_t { kDown, kUp, kNone };

  VP8_HD constexpr void choose_next() {
    while (!done()) {
      if (side_ == Side::kDown) {
        side_ = Side::kUp;
        if (centre_ - step_ >= 0) {
          tried_ = centre_ - step_;
          return;
        }
      } else if (side_ == Side::kUp) {
        side_ = Side::kNone;
        if (best_ == centre_ && centre_ + step_ <= vp8::kMaxFilterLevel) {
          tried_ = centre_ + step_;
          return;
        }
      } else {
        side_ = Side::kDown;
        step_ /= 2;
        centre_ = best_;
      }
    }
  }

  std::uint64_t best_sse_ = 0;
  int best_ = -1;
  int centre_ = 0;
  int step_ = 8;
  int tried_ = 0;
  Side side_ = Side::kDown;
};

}  // namespace gpu
