// Between the coordinator and the local engine's Lambda: passes invocations on, and lets happen to
// them what a test says.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "cloud/http.hh"
#include "cloud/message.hh"
#include "tests/cloud/test_server.hh"

namespace cloud::test {

/// What becomes of an invocation.
enum class CallFault : std::uint8_t {
  kNone,
  kTwice,      ///< two workers do it at the same time
  kLate,       ///< it is done when another attempt at its task has been answered
  kThrottled,  ///< not passed on: too many workers
  kError500,   ///< not passed on: internal error
  kLost,       ///< it is done, but the line breaks before its answer
  kForged,     ///< it is done, but somebody changes its answer
  kExpired,    ///< not passed on: credentials have expired
  kFaults,
};

/// Runs from its construction to its destruction.
class LambdaProxy {
 public:
  /// Fate of the `nth` invocation (from 0) of a task.
  using Choice = std::function<CallFault(const Task& task, int nth)>;

  /// `choose` is called for each invocation, on many threads.
  LambdaProxy(std::string endpoint, Choice choose);
  LambdaProxy(const LambdaProxy&) = delete;
  LambdaProxy(LambdaProxy&&) = delete;
  LambdaProxy& operator=(const LambdaProxy&) = delete;
  LambdaProxy& operator=(LambdaProxy&&) = delete;
  ~LambdaProxy();

  std::string endpoint() const { return server_.url(); }
  /// How often a fault has happened; kTwice only if both workers answered.
  int happened(CallFault fault) const;

 private:
  using TaskName = std::pair<Phase, std::int64_t>;

  void handle(const httplib::Request& request, httplib::Response& response);
  HttpResponse pass_on(const httplib::Request& request);
  HttpResponse pass_on_twice(const httplib::Request& request);
  void count(CallFault fault);
  void wait_for_replacement(const TaskName& task);

  std::string endpoint_;
  Choice choose_;
  HttpClient http_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<TaskName, int> calls_;
  std::map<TaskName, int> answers_;
  std::array<int, static_cast<std::size_t>(CallFault::kFaults)> happened_{};
  bool ends_ = false;
  TestServer server_;  // last: it calls handle() until it is gone
};

}  // namespace cloud::test
