// Faults for a cloud in this process. What happens to whom follows from a seed, not from time.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "cloud/message.hh"
#include "tests/cloud/memory_services.hh"

namespace cloud::test {

/// What can happen to a worker.
enum class WorkerFault : std::uint8_t {
  kNone,
  kDiesAtOnce,     ///< before it has read its task
  kDiesMidway,     ///< at its `step`th object
  kSilent,         ///< does its work, but its answer never comes: a hang, for who waits
  kTwice,          ///< is run twice at the same time
  kLate,           ///< its answer comes after its replacement's
  kThrottled,      ///< is not started
  kForgedAnswer,   ///< somebody changes its answer
  kForeignAnswer,  ///< it gives the answer of another task
  kStoreFails,     ///< the store does not answer at its `step`th object
  kStoreDenies,    ///< credentials have expired
  kFaults,
};

/// A fault of one attempt.
struct WorkerFate {
  WorkerFault fault = WorkerFault::kNone;
  int step = 0;
};

/// Fate of the `nth` attempt (from 0) at a task.
using Fates = std::function<WorkerFate(const Task& task, int nth)>;

/// Starts workers on threads, and does to them what `fates` says.
class FaultyInvoker : public Invoker {
 public:
  FaultyInvoker(
      int slots, gpu::Device& device, ObjectStore& store, StateExchange& exchange, Fates fates);

  void start(std::uint64_t attempt, Bytes task, std::function<void(Outcome)> done) override;

  /// How often each fault has happened.
  int happened(WorkerFault fault) const;
  std::int64_t started() const { return workers_.started(); }

 private:
  using TaskName = std::pair<Phase, std::int64_t>;
  using Done = std::function<void(Outcome)>;

  WorkerFate fate_of(const Task& task, std::uint64_t attempt);
  ThreadInvoker::Services services(const Bytes& task);
  Done with_fault(const Task& task, const WorkerFate& fate, Done done);
  void deliver_late(const TaskName& name);

  ObjectStore& store_;
  StateExchange& exchange_;
  Fates fates_;
  mutable std::mutex mutex_;
  std::map<TaskName, int> tries_;
  std::map<std::uint64_t, WorkerFate> by_attempt_;
  std::map<TaskName, std::vector<std::function<void()>>> late_;
  Bytes some_answer_;
  std::array<int, static_cast<std::size_t>(WorkerFault::kFaults)> happened_{};
  ThreadInvoker workers_;  // last: its threads use the others
};

/// What can happen to an object when it is put.
enum class ObjectFault : std::uint8_t { kNone, kVanishes, kIsDamaged, kIsCut };

/// A store in which objects get lost.
class LossyStore : public ObjectStore {
 public:
  /// `fault(key, nth)`: of the `nth` time (from 0) that it is put.
  LossyStore(ObjectStore& store, std::function<ObjectFault(const std::string& key, int nth)> fault)
      : store_(store), fault_(std::move(fault)) {}

  void put(const std::string& key, ByteSpan bytes) override;
  bool put_new(const std::string& key, ByteSpan bytes) override;
  std::optional<Bytes> get(const std::string& key, std::optional<Range> range = {}) override {
    return store_.get(key, range);
  }
  std::vector<std::string> list(const std::string& prefix) override { return store_.list(prefix); }
  void remove(std::span<const std::string> keys) override { store_.remove(keys); }

  int happened() const;

 private:
  void maybe_lose(const std::string& key, ByteSpan bytes);

  ObjectStore& store_;
  std::function<ObjectFault(const std::string& key, int nth)> fault_;
  mutable std::mutex mutex_;
  std::map<std::string, int> puts_;
  int happened_ = 0;
};

/// A store whose users die or are refused at a given operation.
class FailingStore : public ObjectStore {
 public:
  /// Calls `fail` before operation number `at` (from 0), and before all later ones if `for_ever`.
  FailingStore(ObjectStore& store, int at, bool for_ever, std::function<void()> fail)
      : store_(store), at_(at), for_ever_(for_ever), fail_(std::move(fail)) {}

  void put(const std::string& key, ByteSpan bytes) override;
  bool put_new(const std::string& key, ByteSpan bytes) override;
  std::optional<Bytes> get(const std::string& key, std::optional<Range> range = {}) override;
  std::vector<std::string> list(const std::string& prefix) override;
  void remove(std::span<const std::string> keys) override;

  /// Operations so far, failed ones included.
  int operations() const;

 private:
  void step();

  ObjectStore& store_;
  const int at_;
  const bool for_ever_;
  std::function<void()> fail_;
  mutable std::mutex mutex_;
  int operations_ = 0;
};

/// What can happen to a state on its way.
enum class ExchangeFault : std::uint8_t { kNone, kDown, kRestarts, kTampered, kTaken };

/// An exchange that is lost now and then, and in which somebody else writes.
class FaultyExchange : public StateExchange {
 public:
  /// `fault(key)`: of the publication of this key.
  FaultyExchange(MemoryExchange& exchange, std::function<ExchangeFault(const std::string&)> fault)
      : exchange_(exchange), fault_(std::move(fault)) {}

  bool publish(const std::string& key, ByteSpan bytes) override;
  std::optional<Bytes> wait(const std::string& key, std::chrono::milliseconds limit) override;

  int happened() const;

 private:
  MemoryExchange& exchange_;
  std::function<ExchangeFault(const std::string&)> fault_;
  mutable std::mutex mutex_;
  int happened_ = 0;
};

/// A well-mixed function of its arguments.
std::uint64_t mixed(std::uint64_t seed, std::uint64_t a, std::uint64_t b, std::uint64_t c);
std::uint64_t number_of(const std::string& text);

}  // namespace cloud::test
