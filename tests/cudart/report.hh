// What a process did with the stand-in CUDA runtime.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/ptx/interpreter.hh"

namespace cudart_standin {

struct Transfers {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;

  void add(std::uint64_t more_bytes) {
    ++count;
    bytes += more_bytes;
  }
  bool operator==(const Transfers&) const = default;
};

struct Report {
  /// The settings' name for the device.
  std::string device;
  /// Kernels that ran to their end, and what they did, by the name in their object code.
  std::uint64_t launches = 0;
  std::map<std::string, ptx::LaunchCounts> kernels;
  /// Copies and fills as they were submitted; host_to_host between two places of the host.
  Transfers host_to_device;
  Transfers device_to_host;
  Transfers device_to_device;
  Transfers host_to_host;
  Transfers fills;
  /// Of device memory, and the most that was in use at once; the sum of all devices.
  std::uint64_t allocations = 0;
  std::uint64_t pinned_allocations = 0;
  std::uint64_t bytes_in_use = 0;
  std::uint64_t peak_bytes = 0;
  std::uint64_t synchronisations = 0;
  /// Pieces of work that nothing waited for and that did not run.
  std::uint64_t abandoned = 0;
  /// Device and pinned memory that was not freed.
  std::vector<std::string> leaks;
  /// Faults of kernels and copies, and wrong calls.
  std::vector<std::string> findings;
};

std::string to_json(const Report& report);

}  // namespace cudart_standin
