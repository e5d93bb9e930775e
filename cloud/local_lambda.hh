// Lambda on this machine: its Invoke API and its Runtime API on loopback, and worker processes that
// come and go as Lambda's do. Neither the coordinator nor a worker can tell the difference, but for
// addresses.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "cloud/credentials.hh"
#include "cloud/server_clock.hh"

namespace cloud {

struct LocalLambdaOptions {
  std::vector<std::string> command;      ///< starts a worker; the program by its path
  std::vector<std::string> environment;  ///< NAME=VALUE, besides what Lambda sets
  std::string log_folder;                ///< workers' output; empty: nowhere
  std::string function = "fastslow";
  std::string region = "local";
  Credentials credentials{"S3RVER", "S3RVER", "", {}};  ///< who may invoke; workers get them too
  int concurrency = 32;                                 ///< workers at once; one more is throttled
  std::chrono::milliseconds limit{60'000};        ///< for an invocation; then its worker is killed
  std::chrono::milliseconds start_limit{10'000};  ///< for a worker to ask for its first invocation
  int port = 0;                                   ///< of both APIs; 0: any
  std::function<std::int64_t()> now = seconds_now;  ///< for signatures and expiry
};

/// A worker process, as tests want to see it.
struct LocalWorker {
  pid_t pid = 0;
  bool is_busy = false;  ///< with an invocation; else waiting for one, or starting

  bool operator==(const LocalWorker&) const = default;
};

/// Serves from its construction to its destruction, which kills all workers.
///
///     POST /2015-03-31/functions/NAME/invocations     signed; waits for the answer
///     (RequestResponse),
///                                                     or only checks (DryRun)
///     GET  /worker/N/2018-06-01/runtime/invocation/next              what worker N asks, and
///     POST /worker/N/2018-06-01/runtime/invocation/ID/response|error  what it says
///
/// Cold and warm starts, 429 past the concurrency, 413 for payloads and answers over 6 MB, the
/// death of a worker and its time-out are as on Lambda.
class LocalLambda {
 public:
  /// Throws std::runtime_error if the port is taken.
  explicit LocalLambda(LocalLambdaOptions options);
  LocalLambda(const LocalLambda&) = delete;
  LocalLambda(LocalLambda&&) = delete;
  LocalLambda& operator=(const LocalLambda&) = delete;
  LocalLambda& operator=(LocalLambda&&) = delete;
  ~LocalLambda();

  /// "http://127.0.0.1:port".
  std::string endpoint() const;
  int port() const;
  std::vector<LocalWorker> workers() const;
  /// Workers that were ever started.
  int cold_starts() const;

 private:
  class Service;

  std::unique_ptr<Service> service_;
};

}  // namespace cloud
