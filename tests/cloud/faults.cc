// Doing harm on purpose.
#include "tests/cloud/faults.hh"

#include <utility>

#include "cloud/error.hh"

namespace cloud::test {

// --- Workers ---

FaultyInvoker::FaultyInvoker(
    int slots, gpu::Device& device, ObjectStore& store, StateExchange& exchange, Fates fates)
    : store_(store),
      exchange_(exchange),
      fates_(std::move(fates)),
      workers_(slots, device, [this](const Bytes& task) { return services(task); }) {}

WorkerFate FaultyInvoker::fate_of(const Task& task, std::uint64_t attempt) {
  const std::lock_guard lock(mutex_);
  const WorkerFate fate = fates_(task, tries_[{task.phase, task.chunk}]++);
  ++happened_[static_cast<std::size_t>(fate.fault)];
  by_attempt_[attempt] = fate;
  return fate;
}

int FaultyInvoker::happened(WorkerFault fault) const {
  const std::lock_guard lock(mutex_);
  return happened_[static_cast<std::size_t>(fault)];
}

void FaultyInvoker::start(std::uint64_t attempt, Bytes bytes, std::function<void(Outcome)> done) {
  const Task task = read_task(bytes);
  const WorkerFate fate = fate_of(task, attempt);
  if (fate.fault == WorkerFault::kThrottled)
    return done({attempt, Outcome::Kind::kThrottled, {}, "too many workers"});
  if (fate.fault == WorkerFault::kTwice)
    workers_.start(attempt, bytes, [](const Outcome&) {});
  workers_.start(attempt, std::move(bytes), with_fault(task, fate, std::move(done)));
}

ThreadInvoker::Services FaultyInvoker::services(const Bytes& bytes) {
  const Task task = read_task(bytes);
  WorkerFate fate;
  {
    const std::lock_guard lock(mutex_);
    fate = by_attempt_.at(task.attempt);
  }
  ThreadInvoker::Services services = shared_services(store_, exchange_);
  switch (fate.fault) {
    case WorkerFault::kDiesAtOnce:
      throw WorkerKilled();
    case WorkerFault::kDiesMidway:
      services.store =
          std::make_shared<FailingStore>(store_, fate.step, true, [] { throw WorkerKilled(); });
      break;
    case WorkerFault::kStoreFails:
      services.store = std::make_shared<FailingStore>(
          store_, fate.step, false, [] { throw Unavailable("the store says 503 SlowDown"); });
      break;
    case WorkerFault::kStoreDenies:
      services.store = std::make_shared<FailingStore>(
          store_, fate.step, true, [] { throw Denied("the credentials have expired"); });
      break;
    default:
      break;
  }
  return services;
}

FaultyInvoker::Done FaultyInvoker::with_fault(const Task& task, const WorkerFate& fate, Done done) {
  const TaskName name{task.phase, task.chunk};
  return [this, name, fault = fate.fault, done = std::move(done)](Outcome outcome) {
    if (fault == WorkerFault::kSilent)
      return;
    if (fault == WorkerFault::kLate) {
      const std::lock_guard lock(mutex_);
      late_[name].emplace_back([done, outcome] { done(outcome); });
      return;
    }
    {
      const std::lock_guard lock(mutex_);
      if (fault == WorkerFault::kForgedAnswer && !outcome.answer.empty())
        outcome.answer[outcome.answer.size() / 3] ^= 1;
      if (fault == WorkerFault::kForeignAnswer && !some_answer_.empty())
        std::swap(outcome.answer, some_answer_);
      if (some_answer_.empty())
        some_answer_ = outcome.answer;
    }
    done(std::move(outcome));
    deliver_late(name);
  };
}

void FaultyInvoker::deliver_late(const TaskName& name) {
  std::vector<std::function<void()>> late;
  {
    const std::lock_guard lock(mutex_);
    late = std::exchange(late_[name], {});
  }
  for (const std::function<void()>& deliver : late)
    deliver();
}

// --- The store ---

void LossyStore::put(const std::string& key, ByteSpan bytes) {
  store_.put(key, bytes);
  maybe_lose(key, bytes);
}

bool LossyStore::put_new(const std::string& key, ByteSpan bytes) {
  const bool put = store_.put_new(key, bytes);
  if (put)
    maybe_lose(key, bytes);
  return put;
}

void LossyStore::maybe_lose(const std::string& key, ByteSpan bytes) {
  const std::lock_guard lock(mutex_);
  const ObjectFault fault = fault_(key, puts_[key]++);
  if (fault == ObjectFault::kNone)
    return;
  ++happened_;
  Bytes changed(bytes.begin(), bytes.end());
  changed[changed.size() / 2] ^= 0x10;
  if (fault == ObjectFault::kIsCut)
    changed.resize(changed.size() / 2);
  if (fault == ObjectFault::kVanishes) {
    store_.remove({&key, 1});
  } else {
    store_.put(key, changed);
  }
}

int LossyStore::happened() const {
  const std::lock_guard lock(mutex_);
  return happened_;
}

void FailingStore::step() {
  bool fails = false;
  {
    const std::lock_guard lock(mutex_);
    fails = operations_ == at_ || (for_ever_ && operations_ > at_);
    ++operations_;
  }
  if (fails)
    fail_();
}

int FailingStore::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

void FailingStore::put(const std::string& key, ByteSpan bytes) {
  step();
  store_.put(key, bytes);
}

bool FailingStore::put_new(const std::string& key, ByteSpan bytes) {
  step();
  return store_.put_new(key, bytes);
}

std::optional<Bytes> FailingStore::get(const std::string& key, std::optional<Range> range) {
  step();
  return store_.get(key, range);
}

std::vector<std::string> FailingStore::list(const std::string& prefix) {
  step();
  return store_.list(prefix);
}

void FailingStore::remove(std::span<const std::string> keys) {
  step();
  store_.remove(keys);
}

// --- The exchange ---

bool FaultyExchange::publish(const std::string& key, ByteSpan bytes) {
  const ExchangeFault fault = fault_(key);
  if (fault != ExchangeFault::kNone) {
    const std::lock_guard lock(mutex_);
    ++happened_;
  }
  Bytes sent(bytes.begin(), bytes.end());
  switch (fault) {
    case ExchangeFault::kNone:
      break;
    case ExchangeFault::kDown:
      throw Unavailable("the exchange does not answer");
    case ExchangeFault::kRestarts:
      exchange_.publish(key, bytes);
      exchange_.forget_all();
      return true;
    case ExchangeFault::kTampered:
      sent[sent.size() / 2] ^= 1;
      break;
    case ExchangeFault::kTaken:
      exchange_.publish(key, Bytes{'u', 'n', 's', 'i', 'g', 'n', 'e', 'd'});
      break;
  }
  return exchange_.publish(key, sent);
}

std::optional<Bytes> FaultyExchange::wait(const std::string& key, std::chrono::milliseconds limit) {
  if (fault_(key) == ExchangeFault::kDown)
    throw Unavailable("the exchange does not answer");
  return exchange_.wait(key, limit);
}

int FaultyExchange::happened() const {
  const std::lock_guard lock(mutex_);
  return happened_;
}

// --- Chance ---

// The finaliser of splitmix64, over and over.
std::uint64_t mixed(std::uint64_t seed, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  std::uint64_t x = seed;
  for (const std::uint64_t next : {a, b, c}) {
    x += next + 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    x ^= x >> 31;
  }
  return x;
}

std::uint64_t number_of(const std::string& text) {
  std::uint64_t number = 0;
  for (const char c : text)
    number = number * 131 + static_cast<unsigned char>(c);
  return number;
}

}  // namespace cloud::test
