// Streams and events: what is submitted waits in queues until something must have it done.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <cuda_runtime_api.h>

#include "tests/cudart/device_memory.hh"
#include "tests/cudart/findings.hh"
#include "tests/cudart/settings.hh"
#include "tests/cudart/work_queue.hh"

namespace cudart_standin {

struct Stream {
  int device = 0;
  unsigned flags = cudaStreamDefault;
  int priority = 0;
  /// A device's default stream: waits for all blocking streams, and they for it.
  bool legacy = false;
  /// The end of what was submitted to it.
  Ticket last = 0;

  [[nodiscard]] bool blocking() const { return (flags & cudaStreamNonBlocking) == 0; }
};

struct Event {
  int device = 0;
  bool timing = true;
  bool recorded = false;
  Ticket ticket = 0;
  /// When the device came to it, once it did.
  std::shared_ptr<std::uint64_t> reached_ns;
};

/// All calls but the constructor, the destructor and stop() are made with the mutex locked. Calls
/// that run work unlock it around functions of the program. Handles that are not known, or not any
/// more, are misuses and throw Failure(cudaErrorInvalidResourceHandle).
class Scheduler {
 public:
  Scheduler(const Settings& settings, std::mutex& mutex, Arena& arena, Findings& findings);
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  ~Scheduler() { stop(); }
  /// Runs nothing any more. With the mutex unlocked.
  void stop();

  cudaStream_t create_stream(int device, unsigned flags, int priority);
  /// What is in the stream still runs some time.
  void destroy_stream(cudaStream_t handle);
  /// `device` says whose default stream a null handle is.
  Stream& stream(cudaStream_t handle, int device);

  cudaEvent_t create_event(int device, unsigned flags);
  void destroy_event(cudaEvent_t handle);
  Event& event(cudaEvent_t handle);
  void record(Event& event, Stream& stream);

  /// Queues work at the stream's end, behind `also_after` too.
  Ticket submit(Stream& stream, Work work, Ticket also_after = 0);

  /// Run what has to, until these are done. Throw Failure if the device breaks, or is broken.
  void wait_for(Ticket ticket);
  void wait_for_stream(const Stream& stream);
  void wait_for_device(int device);
  /// Whether it is done; if not, the device makes a step towards it.
  bool poll(Ticket ticket);
  bool poll_stream(const Stream& stream);

  /// Ends the streams and events of a device, which has no work left.
  void forget_device(int device);

  [[nodiscard]] std::size_t pending() const { return queue_.size(); }
  /// Of a made-up clock that moves with the work done.
  void advance_clock(std::uint64_t ns) { clock_ns_ += ns; }

 private:
  [[nodiscard]] std::vector<Ticket> ends_before(const Stream& stream) const;
  [[nodiscard]] std::vector<Ticket> ends_of(const Stream& stream) const;
  [[nodiscard]] std::vector<Ticket> ends_of_device(int device, bool blocking_only) const;
  Stream& legacy_stream(int device);
  void wait(const std::vector<Ticket>& targets);
  bool poll_all(const std::vector<Ticket>& targets);
  [[nodiscard]] bool all_done(const std::vector<Ticket>& targets) const;
  void run(const std::vector<Ticket>& targets);
  void run_step(const std::set<Ticket>& needed);
  void execute(const WorkQueue::Started& started);
  void call_host(const std::function<void()>& function);
  void drive_host_calls();

  std::mutex& mutex_;
  Arena& arena_;
  Findings& findings_;
  WorkQueue queue_;
  std::uint64_t clock_ns_ = 0;
  std::uintptr_t last_handle_;
  std::map<std::uintptr_t, Stream> streams_;
  std::map<std::uintptr_t, Event> events_;
  std::map<int, Stream> legacy_streams_;
  /// Destroyed with work in them.
  std::vector<Stream> orphans_;
  std::condition_variable finished_;
  /// Runs functions of the program that it waits for in ways of its own.
  std::thread driver_;
  std::condition_variable driver_wakes_;
  bool stopping_ = false;
};

/// Whether this thread is inside a function that the runtime called.
bool in_host_call();

}  // namespace cudart_standin
