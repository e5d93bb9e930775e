// How workers are started: Lambda's Invoke API, or threads of this process in tests.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "cloud/bytes.hh"

namespace cloud {

/// How an attempt ended.
struct Outcome {
  enum class Kind : std::uint8_t {
    kAnswered,   ///< the worker answered: `answer` holds a message of cloud/message
    kDied,       ///< it was started, perhaps, and no answer will come: crash, time-out, broken line
    kThrottled,  ///< it was not started: too many run (429); later it may be
    kRefused,    ///< none will be: credentials, permission, no such function
  };

  std::uint64_t attempt = 0;
  Kind kind = Kind::kDied;
  Bytes answer;
  std::string reason;  ///< for people, unless kAnswered
};

/// Starts workers. No retries in here: the scheduler retries. What is started is not stopped, as on
/// Lambda: it takes its place, and costs, until it ends. The destructor gives up all lines; no
/// callback runs after it.
class Invoker {
 public:
  Invoker() = default;
  Invoker(const Invoker&) = delete;
  Invoker(Invoker&&) = delete;
  Invoker& operator=(const Invoker&) = delete;
  Invoker& operator=(Invoker&&) = delete;
  virtual ~Invoker() = default;

  /// Starts a worker on a task (cloud/message) and returns at once. `done` is called exactly once,
  /// on any thread, unless the invoker goes before; it must be quick and must not throw.
  virtual void start(std::uint64_t attempt, Bytes task, std::function<void(Outcome)> done) = 0;
};

}  // namespace cloud
