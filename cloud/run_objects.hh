// The objects of one run as its members see them: compressed, sealed, counted.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "cloud/bytes.hh"
#include "cloud/error.hh"
#include "cloud/exchange.hh"
#include "cloud/seal.hh"
#include "cloud/store.hh"

namespace cloud {

/// Names of the objects of a chunk.
std::string raw_name(std::int64_t chunk);         ///< its pictures
std::string filtered_name(std::int64_t picture);  ///< the hidden picture before this one
std::string work_name(std::int64_t chunk);        ///< what is to be done with them
std::string decisions_name(std::int64_t chunk);   ///< of the first pass
std::string exit_name(std::int64_t chunk);        ///< the state behind libvpx's first pass
std::string boundary_name(std::int64_t chunk);    ///< its first picture decided again
std::string state_name(std::int64_t chunk);       ///< the state behind its rebased frames
std::string frames_name(std::int64_t chunk);      ///< its frames, for good

/// An object that a task needs is missing or damaged.
class LostObject : public Damaged {
 public:
  LostObject(std::string name, const std::string& why)
      : Damaged(name + ": " + why), name_(std::move(name)) {}
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

/// Reads and writes objects. May be used on many threads.
class RunObjects {
 public:
  /// Both must outlive this.
  RunObjects(ObjectStore& store, const SealKey& key) : store_(store), key_(key) {}

  /// What an object holds. Throws LostObject.
  Bytes get(const std::string& name);
  /// Its first `size_bytes` bytes as they are stored. Throws LostObject.
  Bytes get_stored(const std::string& name, std::uint64_t size_bytes);
  /// Writes an object. One that is there already stays, if it is sound.
  void put(const std::string& name, ByteSpan contents);
  /// Writes an object as it is, over what was there.
  void put_stored(const std::string& name, ByteSpan bytes);

  /// Likewise a state, which is compressed as it is, in the store and then in the exchange.
  void put_state(const std::string& name, ByteSpan state, StateExchange& exchange);
  /// From the exchange, else from the store. Throws LostObject.
  Bytes get_state(const std::string& name, StateExchange& exchange);

  const SealKey& key() const { return key_; }
  std::uint64_t bytes_in() const { return bytes_in_; }
  std::uint64_t bytes_out() const { return bytes_out_; }

 private:
  Bytes get_sealed(const std::string& name);
  void put_sealed(const std::string& name, ByteSpan sealed);

  ObjectStore& store_;
  SealKey key_;
  std::atomic<std::uint64_t> bytes_in_ = 0;
  std::atomic<std::uint64_t> bytes_out_ = 0;
};

}  // namespace cloud
