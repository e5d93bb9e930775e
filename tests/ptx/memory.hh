// Global memory: buffers that the host registered, with what is known about each byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/ptx/shadow.hh"

namespace ptx {

struct Buffer {
  Buffer(void* start, std::size_t bytes, std::string label, bool is_const)
      : address(reinterpret_cast<std::uintptr_t>(start)),
        size_bytes(bytes),
        name(std::move(label)),
        constant(is_const),
        initialised(bytes),
        shadow(bytes) {}

  [[nodiscard]] bool contains(std::uint64_t at, std::size_t bytes) const {
    return at >= address && at - address <= size_bytes && bytes <= size_bytes - (at - address);
  }

  std::uint64_t address;
  std::size_t size_bytes;
  std::string name;
  /// Of the .const space.
  bool constant;
  /// One where something was written.
  std::vector<std::uint8_t> initialised;
  ShadowMap shadow;
};

class Memory {
 public:
  /// Throws Fault where it is empty or overlaps another one.
  Buffer& add(void* address, std::size_t size_bytes, std::string name, bool constant = false);
  void remove(const void* address);

  /// Null where no buffer has all of these bytes.
  Buffer* find(std::uint64_t address, std::size_t size_bytes) {
    if (last_ != nullptr && last_->contains(address, size_bytes))
      return last_;
    return search(address, size_bytes);
  }
  [[nodiscard]] const Buffer* find(std::uint64_t address, std::size_t size_bytes) const;
  /// "12 bytes behind the end of 'frame' (1000 bytes)", and the like.
  [[nodiscard]] std::string whereabouts(std::uint64_t address) const;

 private:
  Buffer* search(std::uint64_t address, std::size_t size_bytes);

  std::map<std::uint64_t, std::unique_ptr<Buffer>> buffers_;
  /// Of the last successful search.
  Buffer* last_ = nullptr;
};

}  // namespace ptx
