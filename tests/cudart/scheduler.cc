#include "tests/cudart/scheduler.hh"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace cudart_standin {
namespace {

constexpr std::uint64_t kStepNs = 1000;
// Far from anything that a program could have as a pointer or index of its own.
constexpr std::uintptr_t kFirstHandle = 0xC0DA000000;
constexpr std::uintptr_t kHandleStep = 16;
constexpr std::chrono::milliseconds kTimeForACall(20);

thread_local bool inside_host_call = false;  // NOLINT(*-avoid-non-const-global-variables)

std::uintptr_t key(const void* handle) {
  return reinterpret_cast<std::uintptr_t>(handle);
}

}  // namespace

bool in_host_call() {
  return inside_host_call;
}

Scheduler::Scheduler(const Settings& settings, std::mutex& mutex, Arena& arena, Findings& findings)
    : mutex_(mutex),
      arena_(arena),
      findings_(findings),
      queue_(settings.order, settings.seed),
      last_handle_(kFirstHandle) {
  for (int device = 0; device < settings.device_count; ++device) {
    legacy_streams_[device] = {.device = device, .legacy = true};
  }
}

void Scheduler::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    driver_wakes_.notify_all();
  }
  if (driver_.joinable()) {
    driver_.join();
  }
}

cudaStream_t Scheduler::create_stream(int device, unsigned flags, int priority) {
  last_handle_ += kHandleStep;
  streams_[last_handle_] = {.device = device, .flags = flags, .priority = priority};
  return reinterpret_cast<cudaStream_t>(last_handle_);
}

void Scheduler::destroy_stream(cudaStream_t handle) {
  const auto found = streams_.find(key(handle));
  if (found == streams_.end()) {
    findings_.misuse("stream " + address_text(handle) +
                     " is destroyed but is not a stream (any more)");
    throw Failure(cudaErrorInvalidResourceHandle);
  }
  std::erase_if(orphans_, [&](const Stream& orphan) { return queue_.done(orphan.last); });
  if (!queue_.done(found->second.last)) {
    orphans_.push_back(found->second);
  }
  streams_.erase(found);
}

Stream& Scheduler::legacy_stream(int device) {
  return legacy_streams_.at(device);
}

Stream& Scheduler::stream(cudaStream_t handle, int device) {
  if (handle == nullptr || handle == cudaStreamLegacy) {
    return legacy_stream(device);
  }
  const auto found = streams_.find(key(handle));
  if (found == streams_.end()) {
    findings_.misuse(handle == cudaStreamPerThread
                         ? "per-thread default streams are not supported here"
                         : address_text(handle) + " is not a stream (any more)");
    throw Failure(cudaErrorInvalidResourceHandle);
  }
  return found->second;
}

cudaEvent_t Scheduler::create_event(int device, unsigned flags) {
  last_handle_ += kHandleStep;
  events_[last_handle_] = {.device = device,
                           .timing = (flags & cudaEventDisableTiming) == 0,
                           .recorded = false,
                           .ticket = 0,
                           .reached_ns = nullptr};
  return reinterpret_cast<cudaEvent_t>(last_handle_);
}

void Scheduler::destroy_event(cudaEvent_t handle) {
  if (events_.erase(key(handle)) == 0) {
    findings_.misuse("event " + address_text(handle) +
                     " is destroyed but is not an event (any more)");
    throw Failure(cudaErrorInvalidResourceHandle);
  }
}

Event& Scheduler::event(cudaEvent_t handle) {
  const auto found = events_.find(key(handle));
  if (found == events_.end()) {
    findings_.misuse(address_text(handle) + " is not an event (any more)");
    throw Failure(cudaErrorInvalidResourceHandle);
  }
  return found->second;
}

void Scheduler::record(Event& event, Stream& stream) {
  auto reached_ns = std::make_shared<std::uint64_t>(0);
  event.recorded = true;
  event.reached_ns = reached_ns;
  event.ticket = submit(stream, {.run = [this, reached_ns] { *reached_ns = clock_ns_; }});
}

std::vector<Ticket> Scheduler::ends_of_device(int device, bool blocking_only) const {
  std::vector<Ticket> ends = {legacy_streams_.at(device).last};
  const auto add = [&](const Stream& stream) {
    if (stream.device == device && (stream.blocking() || !blocking_only)) {
      ends.push_back(stream.last);
    }
  };
  std::ranges::for_each(orphans_, add);
  for (const auto& [handle, stream] : streams_) {
    add(stream);
  }
  return ends;
}

std::vector<Ticket> Scheduler::ends_before(const Stream& stream) const {
  if (stream.legacy) {
    return ends_of_device(stream.device, true);
  }
  if (stream.blocking()) {
    return {stream.last, legacy_streams_.at(stream.device).last};
  }
  return {stream.last};
}

// To wait for the default stream is to wait for what new work in it would wait for.
std::vector<Ticket> Scheduler::ends_of(const Stream& stream) const {
  return stream.legacy ? ends_before(stream) : std::vector{stream.last};
}

Ticket Scheduler::submit(Stream& stream, Work work, Ticket also_after) {
  std::vector<Ticket> after = ends_before(stream);
  after.push_back(also_after);
  const bool calls_host = work.calls_host;
  stream.last = queue_.add(after, std::move(work));
  if (calls_host) {
    if (!driver_.joinable()) {
      driver_ = std::thread([this] { drive_host_calls(); });
    }
    driver_wakes_.notify_all();
  }
  return stream.last;
}

bool Scheduler::all_done(const std::vector<Ticket>& targets) const {
  return std::ranges::all_of(targets, [this](Ticket ticket) { return queue_.done(ticket); });
}

void Scheduler::wait(const std::vector<Ticket>& targets) {
  run(targets);
  findings_.check_device();
}

void Scheduler::wait_for(Ticket ticket) {
  wait({ticket});
}

void Scheduler::wait_for_stream(const Stream& stream) {
  wait(ends_of(stream));
}

void Scheduler::wait_for_device(int device) {
  wait(ends_of_device(device, false));
}

bool Scheduler::poll_all(const std::vector<Ticket>& targets) {
  const bool done = all_done(targets);
  if (!done) {
    const Arena::Open open(arena_);
    run_step(queue_.needed_for(targets));
    findings_.check_device();
  }
  return done;
}

bool Scheduler::poll(Ticket ticket) {
  return poll_all({ticket});
}

bool Scheduler::poll_stream(const Stream& stream) {
  return poll_all(ends_of(stream));
}

void Scheduler::forget_device(int device) {
  std::erase_if(streams_, [=](const auto& entry) { return entry.second.device == device; });
  std::erase_if(events_, [=](const auto& entry) { return entry.second.device == device; });
}

void Scheduler::run(const std::vector<Ticket>& targets) {
  if (all_done(targets)) {
    return;
  }
  const Arena::Open open(arena_);
  const std::set<Ticket> needed = queue_.needed_for(targets);
  while (!all_done(targets)) {
    run_step(needed);
  }
}

void Scheduler::run_step(const std::set<Ticket>& needed) {
  if (const std::optional<WorkQueue::Started> started = queue_.start(needed)) {
    execute(*started);
    return;
  }
  std::unique_lock lock(mutex_, std::adopt_lock);
  finished_.wait(lock);  // another thread runs what has to finish first
  static_cast<void>(lock.release());
}

void Scheduler::execute(const WorkQueue::Started& started) {
  clock_ns_ += kStepNs;
  try {
    if (started.work.calls_host) {
      call_host(started.work.run);
    } else if (started.work.run) {
      started.work.run();
    }
  } catch (const ptx::Fault& fault) {
    findings_.fault(fault.what());
    queue_.clear();
  }
  queue_.finish(started.ticket);
  finished_.notify_all();
}

void Scheduler::call_host(const std::function<void()>& function) {
  const Arena::Closed closed(arena_);
  mutex_.unlock();
  inside_host_call = true;
  function();
  inside_host_call = false;
  mutex_.lock();
}

// A program may wait for its function by a lock of its own, without a call that would bring it
// about. It has a while to make such a call first, so that work is late as the settings want it.
void Scheduler::drive_host_calls() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (queue_.last_host_call() == 0) {
      driver_wakes_.wait(lock);
    } else if (driver_wakes_.wait_for(lock, kTimeForACall) == std::cv_status::timeout &&
               !stopping_) {
      run({queue_.last_host_call()});
    }
  }
}

}  // namespace cudart_standin
