// All there is of the stand-in CUDA runtime, behind one lock.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <cuda_runtime_api.h>

#include "tests/cudart/kernels.hh"
#include "tests/cudart/memory.hh"
#include "tests/cudart/report.hh"
#include "tests/cudart/scheduler.hh"
#include "tests/cudart/settings.hh"

namespace cudart_standin {

/// What a fresh process has; all but what translation units registered.
class World {
 public:
  World(const Settings& settings, Registry& registry, std::mutex& mutex);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() { scheduler.stop(); }

  /// Ends all work and memory of a device.
  void forget_device(int device);
  /// One of the calls that Settings::fail_synchronise counts.
  void count_synchronisation();
  [[nodiscard]] Report full_report() const;

  const Settings settings;
  Report report;
  Findings findings;
  Arena arena;
  std::vector<Device> devices;
  Scheduler scheduler;
  Memory memory;
  Kernels kernels;
};

class Runtime {
 public:
  /// Made from the environment when it is first needed, and never destroyed: static objects of the
  /// program use it to the end.
  static Runtime& instance();

  void reset(const Settings& settings);

  std::mutex mutex;
  Registry registry;
  std::unique_ptr<World> world;

 private:
  Runtime();
};

/// What each host thread has for itself.
struct ThreadState {
  int device = 0;
  cudaError_t last_error = cudaSuccess;
  struct Pushed {
    LaunchConfiguration configuration;
    cudaStream_t stream = nullptr;
  };
  std::vector<Pushed> pushed;
};
ThreadState& thread_state();

/// Runs a runtime call's body with the runtime locked; what it throws becomes the call's error.
/// call() needs a device that works, call_without_device() nothing.
cudaError_t call(const std::function<void(World&)>& body);
cudaError_t call_without_device(const std::function<void(World&)>& body);

/// Throws Failure where the process has no device at all.
void require_devices(const Settings& settings);

}  // namespace cudart_standin
