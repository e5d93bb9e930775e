// A cloud in this process: objects and states in maps, workers on threads.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "cloud/exchange.hh"
#include "cloud/invoker.hh"
#include "cloud/store.hh"
#include "host/pipeline.hh"

namespace cloud::test {

class MemoryStore : public ObjectStore {
 public:
  void put(const std::string& key, ByteSpan bytes) override;
  bool put_new(const std::string& key, ByteSpan bytes) override;
  std::optional<Bytes> get(const std::string& key, std::optional<Range> range = {}) override;
  std::vector<std::string> list(const std::string& prefix) override;
  void remove(std::span<const std::string> keys) override;

  /// All that was ever put, removed objects included.
  std::set<std::string> ever_put() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Bytes> objects_;
  std::set<std::string> ever_put_;
};

class MemoryExchange : public StateExchange {
 public:
  bool publish(const std::string& key, ByteSpan bytes) override;
  std::optional<Bytes> wait(const std::string& key, std::chrono::milliseconds limit) override;

  /// As a restart without persistence does.
  void forget_all();
  std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable published_;
  std::map<std::string, Bytes> states_;
};

/// Thrown through a worker: it dies without a word. No std::exception, as nothing may catch it.
struct WorkerKilled {};

/// Workers on threads. What they work with is made anew for each task.
class ThreadInvoker : public Invoker {
 public:
  struct Services {
    std::shared_ptr<ObjectStore> store;
    std::shared_ptr<StateExchange> exchange;
  };
  /// `slots`: workers at once; further ones wait. `services(task)` may throw WorkerKilled.
  ThreadInvoker(int slots,
                gpu::Device& device,
                std::function<Services(const Bytes& task)> services);
  ~ThreadInvoker() override;

  void start(std::uint64_t attempt, Bytes task, std::function<void(Outcome)> done) override;

  std::int64_t started() const;
  /// Most that ran at the same time.
  int most_at_once() const;

 private:
  struct Job {
    std::uint64_t attempt;
    Bytes task;
    std::function<void(Outcome)> done;
  };
  void work();
  Outcome run(const Job& job, bool cold);

  gpu::Device& device_;
  std::function<Services(const Bytes& task)> services_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool stop_ = false;
  std::int64_t started_ = 0;
  int running_ = 0;
  int most_at_once_ = 0;
  std::vector<std::thread> threads_;
};

/// Without faults: every worker gets the same store and exchange.
ThreadInvoker::Services shared_services(ObjectStore& store, StateExchange& exchange);

}  // namespace cloud::test
