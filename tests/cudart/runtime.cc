#include "tests/cudart/runtime.hh"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <new>
#include <stdexcept>
#include <utility>

#include <unistd.h>

#include "tests/cudart/control.hh"
#include "tests/cudart/device_models.hh"

namespace cudart_standin {
namespace {

constexpr int kStatusOfFindings = 70;

std::vector<Device> make_devices(const Settings& settings) {
  const DeviceModel& model = device_model(settings.device);
  std::vector<Device> devices;
  for (int ordinal = 0; ordinal < settings.device_count; ++ordinal) {
    devices.push_back({.properties = device_properties(model, ordinal, settings.memory_bytes),
                       .machine = ptx::Machine({.order = settings.lanes, .seed = settings.seed})});
  }
  return devices;
}

[[noreturn]] void end(const std::string& text) {
  std::fprintf(stderr, "fake CUDA: %s\n", text.c_str());
  std::fflush(nullptr);
  _exit(kStatusOfFindings);
}

Settings first_settings() {
  try {
    return settings_from_environment();
  } catch (const std::invalid_argument& error) {
    end(error.what());
  }
}

// Runs behind all other code of the program that static objects and atexit() have.
void at_exit(int status, void* /*unused*/) {
  const Report report = cudart_standin::report();
  for (const std::string& leak : report.leaks) {
    std::fprintf(stderr, "fake CUDA: never freed: %s\n", leak.c_str());
  }
  const std::string& path = Runtime::instance().world->settings.report_path;
  if (!path.empty()) {
    std::ofstream file(path);
    file << to_json(report) << std::flush;
    if (!file) {
      end("cannot write " + path);
    }
  }
  if (status == 0 && !report.findings.empty()) {
    end("exit status 0 with " + std::to_string(report.findings.size()) + " finding(s)");
  }
}

cudaError_t noted(cudaError_t error) {
  if (error != cudaSuccess && error != cudaErrorNotReady) {
    thread_state().last_error = error;
  }
  return error;
}

cudaError_t guarded(const std::function<void(World&)>& body, World& world) {
  try {
    body(world);
    return cudaSuccess;
  } catch (const Failure& failure) {
    return failure.code();
  } catch (const ptx::Fault& fault) {
    world.findings.fault(fault.what());
    return world.findings.sticky();
  } catch (const std::bad_alloc&) {
    return cudaErrorMemoryAllocation;
  } catch (const std::runtime_error& error) {
    world.findings.misuse(error.what());  // an object file that is not understood
    return cudaErrorInvalidKernelImage;
  }
}

}  // namespace

World::World(const Settings& settings_in, Registry& registry, std::mutex& mutex)
    : settings(settings_in),
      devices(make_devices(settings_in)),
      scheduler(settings_in, mutex, arena, findings),
      memory(settings_in, arena, devices, scheduler, findings, report),
      kernels(settings_in, registry, devices, scheduler, memory, findings, report) {
  report.device = settings.device;
}

void World::forget_device(int device) {
  scheduler.wait_for_device(device);
  scheduler.forget_device(device);
  memory.forget_device(device);
  kernels.forget_device(device);
  devices.at(static_cast<std::size_t>(device)).machine =
      ptx::Machine({.order = settings.lanes, .seed = settings.seed});
  memory.map_pinned_again(device);
}

void World::count_synchronisation() {
  ++report.synchronisations;
  if (report.synchronisations == static_cast<std::uint64_t>(settings.fail_synchronise)) {
    findings.break_device(cudaErrorIllegalAddress);
    findings.check_device();
  }
}

Report World::full_report() const {
  Report full = report;
  full.abandoned = scheduler.pending();
  full.leaks = memory.leaks();
  full.findings = findings.texts();
  return full;
}

Runtime::Runtime() : world(std::make_unique<World>(first_settings(), registry, mutex)) {
  on_exit(at_exit, nullptr);
}

Runtime& Runtime::instance() {
  static Runtime* const runtime = new Runtime;  // NOLINT(*-owning-memory): see above
  return *runtime;
}

void Runtime::reset(const Settings& settings) {
  static_cast<void>(device_model(settings.device));  // throws before anything is gone
  world.reset();
  world = std::make_unique<World>(settings, registry, mutex);
  thread_state() = {};
}

ThreadState& thread_state() {
  thread_local ThreadState state;
  return state;
}

void require_devices(const Settings& settings) {
  if (settings.old_driver) {
    throw Failure(cudaErrorInsufficientDriver);
  }
  if (settings.device_count == 0) {
    throw Failure(cudaErrorNoDevice);
  }
}

cudaError_t call_without_device(const std::function<void(World&)>& body) {
  Runtime& runtime = Runtime::instance();
  const std::lock_guard lock(runtime.mutex);
  return noted(guarded(body, *runtime.world));
}

cudaError_t call(const std::function<void(World&)>& body) {
  if (in_host_call()) {
    return noted(cudaErrorNotPermitted);
  }
  return call_without_device([&](World& world) {
    require_devices(world.settings);
    world.findings.check_device();
    body(world);
  });
}

void reset(const Settings& settings) {
  Runtime::instance().reset(settings);
}

Report report() {
  Runtime& runtime = Runtime::instance();
  const std::lock_guard lock(runtime.mutex);
  return runtime.world->full_report();
}

std::size_t pending() {
  Runtime& runtime = Runtime::instance();
  const std::lock_guard lock(runtime.mutex);
  return runtime.world->scheduler.pending();
}

}  // namespace cudart_standin
