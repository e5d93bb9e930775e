// Where the objects of a run lie: S3, or memory in tests.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cloud/bytes.hh"

namespace cloud {

/// A part of an object.
struct Range {
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;  ///< at least 1

  bool operator==(const Range&) const = default;
};

/// Objects by key; keys are relative to the prefix of the run. All members may be called side by
/// side, on any thread; all retry by themselves what is worth retrying, and then throw Unavailable
/// or Denied.
class ObjectStore {
 public:
  ObjectStore() = default;
  ObjectStore(const ObjectStore&) = delete;
  ObjectStore(ObjectStore&&) = delete;
  ObjectStore& operator=(const ObjectStore&) = delete;
  ObjectStore& operator=(ObjectStore&&) = delete;
  virtual ~ObjectStore() = default;

  /// Writes an object, over what was there.
  virtual void put(const std::string& key, ByteSpan bytes) = 0;
  /// Writes an object unless there is one: then it stays as it is and the result is false.
  virtual bool put_new(const std::string& key, ByteSpan bytes) = 0;
  /// An object or a part of it; nothing where there is no such key. Throws Damaged where what
  /// arrives is not what was put, or ends before the range does.
  virtual std::optional<Bytes> get(const std::string& key, std::optional<Range> range = {}) = 0;
  /// The keys that begin with `prefix`, in order.
  virtual std::vector<std::string> list(const std::string& prefix) = 0;
  /// Removes objects; keys that do not exist are no error.
  virtual void remove(std::span<const std::string> keys) = 0;
};

}  // namespace cloud
