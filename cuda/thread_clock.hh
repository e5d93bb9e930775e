// Processor time of the calling thread, for accounting only: nothing that is decided may depend on
// it.
#pragma once

#include <ctime>

namespace gpu {

/// Seconds of processor time that the calling thread has used.
inline double thread_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Adds the calling thread's processor time between construction and destruction to `total`.
class ThreadStopwatch {
 public:
  explicit ThreadStopwatch(double& total) : total_(total), start_(thread_cpu_seconds()) {}
  ThreadStopwatch(const ThreadStopwatch&) = delete;
  ThreadStopwatch(ThreadStopwatch&&) = delete;
  ThreadStopwatch& operator=(const ThreadStopwatch&) = delete;
  ThreadStopwatch& operator=(ThreadStopwatch&&) = delete;
  ~ThreadStopwatch() { total_ += thread_cpu_seconds() - start_; }

 private:
  double& total_;
  double start_;
};

}  // namespace gpu
