// The processes behind cloud/local_lambda: started when there is work and none is idle, killed when
// they take too long.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cloud/local_lambda.hh"

namespace cloud {

/// How an invocation ended.
struct LocalAnswer {
  enum class Kind : std::uint8_t { kAnswered, kFailed, kThrottled };

  Kind kind = Kind::kFailed;
  std::string text;  ///< what the worker answered, or its error, both as JSON
};

/// An invocation on its way to a worker.
struct LocalJob {
  std::string request_id;
  std::string payload;
  std::int64_t deadline_ms = 0;  ///< since 1970
};

/// May be used by many threads at once.
class LocalWorkers {
 public:
  /// `api` is "127.0.0.1:port", where workers find cloud/local_lambda.
  LocalWorkers(const LocalLambdaOptions& options, std::string api);
  LocalWorkers(const LocalWorkers&) = delete;
  LocalWorkers(LocalWorkers&&) = delete;
  LocalWorkers& operator=(const LocalWorkers&) = delete;
  LocalWorkers& operator=(LocalWorkers&&) = delete;
  ~LocalWorkers();

  /// Hands the payload to a worker and waits for what becomes of it.
  LocalAnswer invoke(const std::string& payload);
  /// Kills all workers; whoever waits in here returns.
  void stop();

  /// For the worker of this number: waits for an invocation. Nothing if it is not to have one: it
  /// has not answered the last, is unknown, or all of this ends.
  std::optional<LocalJob> next(int number);
  /// Its answer or error; false if it has no such invocation.
  bool finish(int number, const std::string& request_id, LocalAnswer answer);

  std::vector<LocalWorker> processes() const;
  int started() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Job;
  struct Worker;

  Worker* find(int number);
  Worker* idle_worker();
  Worker& start_worker();
  void watch(Worker& worker);
  void join_dead();
  void wait_until_ended(std::unique_lock<std::mutex>& lock, Worker& worker, Job& job);
  std::vector<std::string> environment_of(const Worker& worker) const;
  static void fail(Job& job, int status);

  LocalLambdaOptions options_;
  std::string api_;
  mutable std::mutex mutex_;  // over all that follows
  std::condition_variable changed_;
  std::list<Worker> workers_;
  int started_ = 0;
  std::uint64_t jobs_ = 0;
  bool stopping_ = false;
};

}  // namespace cloud
