// Trying again: exponential back-off with full jitter, so that thousands of workers do not come
// back together.
#pragma once

#include <chrono>

namespace cloud {

struct RetryPolicy {
  int attempts = 8;
  std::chrono::milliseconds first_pause{50};  ///< at most, before the second attempt; then doubled
  std::chrono::milliseconds longest_pause{5000};
};

/// The attempts of one operation.
class Retry {
 public:
  explicit Retry(const RetryPolicy& policy) : policy_(policy) {}

  /// False if no attempt is left; else sleeps for a while and is true.
  bool pause();
  /// Attempts begun so far.
  int attempt() const { return attempt_; }

 private:
  RetryPolicy policy_;
  int attempt_ = 1;
};

}  // namespace cloud
