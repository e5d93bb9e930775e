// Clocks: ours, and how far it is from a server's, which refuses signatures of another time.
#pragma once

#include <cstdint>
#include <optional>

#include "cloud/http.hh"

namespace cloud {

/// Signatures are good for five minutes; a smaller difference is not what was wrong.
inline constexpr std::int64_t kSkewSeconds = 240;

/// Seconds since 1970, by this machine.
std::int64_t seconds_now();

/// What to add to seconds_now() to get the time of an answer's Date header; nothing without one.
std::optional<std::int64_t> clock_offset(const HttpResponse& response);

}  // namespace cloud
