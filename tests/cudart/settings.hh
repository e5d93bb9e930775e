// What the stand-in CUDA runtime pretends to be: its devices, its order of work, its failures.
#pragma once

#include <cstdint>
#include <string>

#include "tests/ptx/interpreter.hh"

namespace cudart_standin {

/// In which order queued work runs once something waits for it.
///   kInOrder   as it was submitted, whatever stream it is in
///   kLate      only what is waited for, the youngest first of what may run: work that ought to
///   wait
///              for other work and was not told so runs too early
///   kSeeded    any that may run, drawn by `seed`, and more of it than what is waited for
enum class Order { kInOrder, kLate, kSeeded };

struct Settings {
  /// 0: every call that needs a device fails with cudaErrorNoDevice.
  int device_count = 1;
  /// Every call that needs a device fails with cudaErrorInsufficientDriver.
  bool old_driver = false;
  /// A name of device_models().
  std::string device = "h100-pcie";
  /// Of each device; 0 for what the model has.
  std::uint64_t memory_bytes = 0;
  Order order = Order::kLate;
  /// How blocks, warps and lanes of a kernel take turns.
  ptx::Order lanes = ptx::Order::kForward;
  /// Of Order::kSeeded and ptx::Order::kShuffled.
  std::uint32_t seed = 1;
  /// The n-th allocation of device or pinned memory, launch or synchronisation of the process
  /// fails, counted from 1; 0 for none. The synchronisation leaves cudaErrorIllegalAddress behind,
  /// which every later call returns.
  int fail_allocation = 0;
  int fail_launch = 0;
  int fail_synchronise = 0;
  /// Where the process leaves its Report as JSON when it ends; empty for nowhere.
  std::string report_path;

  bool operator==(const Settings&) const = default;
};

/// From FAKE_CUDA_DEVICES, _OLD_DRIVER (0, 1), _DEVICE, _MEMORY (bytes), _ORDER (in-order, late,
/// seeded), _LANES (forward, reverse, shuffled), _SEED, _FAIL_ALLOCATION, _FAIL_LAUNCH,
/// _FAIL_SYNCHRONISE and _REPORT. Throws std::invalid_argument, which names the variable, at a
/// value that it does not understand and at any other variable that starts with FAKE_CUDA_.
Settings settings_from_environment();

}  // namespace cudart_standin
