// How states travel between workers: Redis, the object store, or memory in tests. It holds copies
// only: all that is published here is in the object store as well, under the same key.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "cloud/bytes.hh"

namespace cloud {

/// Small objects that appear once and are waited for. Keys are relative to the run. All members may
/// be called side by side, on any thread. Both throw Unavailable and Denied; whoever calls them can
/// do without.
class StateExchange {
 public:
  StateExchange() = default;
  StateExchange(const StateExchange&) = delete;
  StateExchange(StateExchange&&) = delete;
  StateExchange& operator=(const StateExchange&) = delete;
  StateExchange& operator=(StateExchange&&) = delete;
  virtual ~StateExchange() = default;

  /// Makes `bytes` known under `key`, once: false if somebody did before, whose bytes stay.
  virtual bool publish(const std::string& key, ByteSpan bytes) = 0;
  /// What is published under `key`, which stays there; waits for it up to `limit` (0: not at all).
  virtual std::optional<Bytes> wait(const std::string& key, std::chrono::milliseconds limit) = 0;
};

}  // namespace cloud
