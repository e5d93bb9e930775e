// The worker's side of Lambda's Runtime API (version 2018-06-01): take an invocation, answer it,
// take the next.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace cloud {

/// Lambda takes no longer answers.
inline constexpr std::size_t kMostAnswerBytes = std::size_t{6} << 20U;

/// An invocation as the service hands it out.
struct RuntimeInvocation {
  std::string request_id;
  std::string payload;
  std::int64_t deadline_ms = 0;  ///< since 1970: then the worker is killed
};

/// Serves invocations at `address`, "host:port", which the environment variable
/// AWS_LAMBDA_RUNTIME_API holds. What `handle` returns is the answer; what it throws is reported as
/// the invocation's error, and so are answers that are too long. Returns never: throws HttpError or
/// std::runtime_error as soon as the service gives no invocation, so that nothing spins.
[[noreturn]] void serve_runtime(const std::string& address,
                                const std::function<std::string(const RuntimeInvocation&)>& handle);

}  // namespace cloud
