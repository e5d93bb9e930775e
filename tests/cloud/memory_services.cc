// Maps and threads in the place of servers.
#include "tests/cloud/memory_services.hh"

#include <algorithm>
#include <exception>
#include <utility>

#include "cloud/error.hh"
#include "cloud/task.hh"

namespace cloud::test {

void MemoryStore::put(const std::string& key, ByteSpan bytes) {
  const std::lock_guard lock(mutex_);
  objects_[key] = Bytes(bytes.begin(), bytes.end());
  ever_put_.insert(key);
}

bool MemoryStore::put_new(const std::string& key, ByteSpan bytes) {
  const std::lock_guard lock(mutex_);
  ever_put_.insert(key);
  return objects_.try_emplace(key, bytes.begin(), bytes.end()).second;
}

std::optional<Bytes> MemoryStore::get(const std::string& key, std::optional<Range> range) {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(key);
  if (found == objects_.end())
    return {};
  const Bytes& object = found->second;
  if (!range)
    return object;
  if (range->offset + range->size_bytes > object.size())
    throw Damaged(key + " ends before the range does");
  const auto begin = object.begin() + static_cast<std::ptrdiff_t>(range->offset);
  return Bytes(begin, begin + static_cast<std::ptrdiff_t>(range->size_bytes));
}

std::vector<std::string> MemoryStore::list(const std::string& prefix) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> keys;
  for (const auto& [key, bytes] : objects_) {
    if (key.starts_with(prefix))
      keys.push_back(key);
  }
  return keys;
}

void MemoryStore::remove(std::span<const std::string> keys) {
  const std::lock_guard lock(mutex_);
  for (const std::string& key : keys)
    objects_.erase(key);
}

std::set<std::string> MemoryStore::ever_put() const {
  const std::lock_guard lock(mutex_);
  return ever_put_;
}

bool MemoryExchange::publish(const std::string& key, ByteSpan bytes) {
  const std::lock_guard lock(mutex_);
  const bool first = states_.try_emplace(key, bytes.begin(), bytes.end()).second;
  published_.notify_all();
  return first;
}

std::optional<Bytes> MemoryExchange::wait(const std::string& key, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  published_.wait_for(lock, limit, [&] { return states_.contains(key); });
  const auto found = states_.find(key);
  return found == states_.end() ? std::nullopt : std::optional(found->second);
}

void MemoryExchange::forget_all() {
  const std::lock_guard lock(mutex_);
  states_.clear();
}

std::size_t MemoryExchange::size() const {
  const std::lock_guard lock(mutex_);
  return states_.size();
}

ThreadInvoker::ThreadInvoker(int slots,
                             gpu::Device& device,
                             std::function<Services(const Bytes& task)> services)
    : device_(device), services_(std::move(services)) {
  for (int i = 0; i < slots; ++i)
    threads_.emplace_back([this] { work(); });
}

ThreadInvoker::~ThreadInvoker() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    wake_.notify_all();
  }
  for (std::thread& thread : threads_)
    thread.join();
}

void ThreadInvoker::start(std::uint64_t attempt, Bytes task, std::function<void(Outcome)> done) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back({attempt, std::move(task), std::move(done)});
  ++started_;
  wake_.notify_one();
}

std::int64_t ThreadInvoker::started() const {
  const std::lock_guard lock(mutex_);
  return started_;
}

int ThreadInvoker::most_at_once() const {
  const std::lock_guard lock(mutex_);
  return most_at_once_;
}

void ThreadInvoker::work() {
  bool cold = true;
  for (;;) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
    if (stop_)
      return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    most_at_once_ = std::max(most_at_once_, ++running_);
    lock.unlock();
    job.done(run(job, cold));
    cold = false;
    lock.lock();
    --running_;
  }
}

Outcome ThreadInvoker::run(const Job& job, bool cold) {
  try {
    const Services services = services_(job.task);
    return {job.attempt,
            Outcome::Kind::kAnswered,
            answer_task(job.task, {*services.store, *services.exchange, device_, cold}),
            {}};
  } catch (const WorkerKilled&) {
    return {job.attempt, Outcome::Kind::kDied, {}, "the worker was killed"};
  } catch (const std::exception& error) {
    return {job.attempt, Outcome::Kind::kDied, {}, error.what()};
  }
}

ThreadInvoker::Services shared_services(ObjectStore& store, StateExchange& exchange) {
  // Owned by others.
  return {std::shared_ptr<ObjectStore>(std::shared_ptr<void>(), &store),
          std::shared_ptr<StateExchange>(std::shared_ptr<void>(), &exchange)};
}

}  // namespace cloud::test
