// How many workers may run at once: a limit that grows while all goes well and is halved when the
// account is throttled.
#pragma once

#include <cstdint>

namespace cloud {

/// Lambda gives a function 1,000 workers more every ten seconds, within the account's limit
/// (docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html).
struct RampOptions {
  int start = 1000;      ///< workers at first, at least 1
  int per_second = 100;  ///< more workers each second, at least 1
  int limit = 1000;      ///< workers at most, at least 1
};

/// Additive increase, multiplicative decrease. Times are milliseconds of a clock that never goes
/// back.
class ConcurrencyRamp {
 public:
  ConcurrencyRamp(const RampOptions& options, std::int64_t now_ms);

  /// Workers that may run now; 0 for a second after throttling.
  int allowed(std::int64_t now_ms) const;
  /// The account refused a worker while `running` others ran. Refusals within that second count
  /// once: a thousand calls are refused together.
  void throttled(std::int64_t now_ms, int running);

 private:
  RampOptions options_;
  int base_;
  std::int64_t since_ms_;
};

}  // namespace cloud
