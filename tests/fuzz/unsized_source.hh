// Bytes that come as from a pipe: nobody knows how many there are.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include "host/byte_source.hh"

class UnsizedSource final : public host::ByteSource {
 public:
  /// `bytes` must outlive the source.
  explicit UnsizedSource(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

 private:
  std::size_t read_some(std::span<std::uint8_t> to) override {
    const std::size_t count = std::min(to.size(), bytes_.size() - offset());
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset()), count, to.begin());
    return count;
  }
  std::optional<std::uint64_t> size_bytes() const override { return std::nullopt; }

  std::span<const std::uint8_t> bytes_;
};
