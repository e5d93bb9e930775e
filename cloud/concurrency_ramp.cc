// Additive increase, multiplicative decrease.
#include "cloud/concurrency_ramp.hh"

#include <algorithm>

namespace cloud {
namespace {

constexpr std::int64_t kPauseMs = 1000;

}  // namespace

ConcurrencyRamp::ConcurrencyRamp(const RampOptions& options, std::int64_t now_ms)
    : options_(options),
      base_(std::clamp(options.start, 1, std::max(1, options.limit))),
      since_ms_(now_ms) {}

int ConcurrencyRamp::allowed(std::int64_t now_ms) const {
  if (now_ms < since_ms_)
    return 0;
  const std::int64_t grown = base_ + (now_ms - since_ms_) * options_.per_second / 1000;
  return static_cast<int>(std::min<std::int64_t>(grown, std::max(1, options_.limit)));
}

void ConcurrencyRamp::throttled(std::int64_t now_ms, int running) {
  if (now_ms < since_ms_)
    return;
  base_ = std::max(1, std::min(allowed(now_ms), running) / 2);
  since_ms_ = now_ms + kPauseMs;
}

}  // namespace cloud
