// The options that choose a device, shared by `encode` and `devices`.
#pragma once

#include <cstdint>
#include <string>

#include "host/device_choice.hh"
#include "tools/command_line.hh"

namespace tools {

/// What the command line says of the device.
struct DeviceOptions {
  host::DeviceKind kind = host::DeviceKind::kAuto;
  std::uint64_t memory_bytes = 0;  ///< of the device, for waves; 0: most of what is free
};

/// Declares --device, stored in `options`, which must live as long.
void add_device_option(Command command, DeviceOptions& options);

/// Declares --device-memory, a size in bytes or with a suffix.
void add_device_memory_option(Command command, DeviceOptions& options);

/// Declares --threads.
void add_threads_option(Command command, int& threads);

/// Throws UsageError if the options contradict each other.
void check_device_options(const DeviceOptions& options);

/// Threads that `threads` stands for: 0 is one for each processor.
int thread_count(int threads);

}  // namespace tools
