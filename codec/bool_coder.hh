// The boolean entropy coder: reading and writing bits of known probability (RFC 6386 §7).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "codec/types.hh"

namespace vp8 {

/// Reads a partition. Never throws: past the end it reads zeros, and exhausted() tells so
/// afterwards.
class BoolReader {
 public:
  BoolReader() = default;
  explicit BoolReader(std::span<const std::uint8_t> bytes)
      : next_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  /// One bit whose probability of being 0 is `prob` / 256.
  bool bit(Probability prob) {
    if (spare_bits_ < 0)
      fill();
    const std::uint32_t split = 1 + (((range_ - 1) * prob) >> 8);
    const std::uint64_t big_split = static_cast<std::uint64_t>(split) << 56;
    const bool value = window_ >= big_split;
    if (value) {
      range_ -= split;
      window_ -= big_split;
    } else {
      range_ = split;
    }
    const int shift = std::countl_zero(range_) - 24;
    range_ <<= shift;
    window_ <<= shift;
    spare_bits_ -= shift;
    return value;
  }

  /// `count` bits of probability one half, high bit first.
  std::uint32_t literal(int count) {
    std::uint32_t value = 0;
    for (int i = 0; i < count; ++i)
      value = value << 1 | static_cast<std::uint32_t>(bit(128));
    return value;
  }

  /// True once bits beyond the end of the partition have been consumed.
  bool exhausted() const { return spare_bits_ + 8 < padding_bits_; }
  /// Bits of the partition that are not yet consumed; less than 0 once exhausted(). The difference
  /// over some symbols is what they took, in whole bits; a rest of less than a bit goes to the
  /// next.
  std::ptrdiff_t bits_left() const { return 8 * (end_ - next_) + spare_bits_ + 8 - padding_bits_; }

 private:
  void fill() {
    if (end_ - next_ >= 8) {
      std::uint64_t bytes;
      std::memcpy(&bytes, next_, sizeof bytes);
      if constexpr (std::endian::native == std::endian::little)
        bytes = __builtin_bswap64(bytes);
      // The window holds spare_bits_ + 8 valid bits at its top; take as many whole bytes as fit
      // below.
      const int valid = spare_bits_ + 8;
      const int take = (64 - valid) / 8;
      const std::uint64_t mask = take == 8 ? ~0ull : ~(~0ull >> (take * 8));
      window_ |= (bytes & mask) >> valid;
      next_ += take;
      spare_bits_ += take * 8;
      return;
    }
    while (spare_bits_ < 48) {
      const std::uint64_t byte = next_ < end_ ? *next_++ : (padding_bits_ += 8, 0);
      window_ |= byte << (48 - spare_bits_);
      spare_bits_ += 8;
    }
  }

  const std::uint8_t* next_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  std::uint64_t window_ = 0;  // the coded number, its current byte on top
  int spare_bits_ = -8;       // valid bits in the window below its top byte
  int padding_bits_ = 0;      // zeros that were made up after the end
  std::uint32_t range_ = 255;
};

/// Writes a partition.
class BoolWriter {
 public:
  /// One bit whose probability of being 0 is `prob` / 256, 1 <= prob <= 255.
  void bit(Probability prob, bool value) {
    const std::uint32_t split = 1 + (((range_ - 1) * prob) >> 8);
    if (value) {
      low_ += split;
      range_ -= split;
    } else {
      range_ = split;
    }
    const int shift = std::countl_zero(range_) - 24;
    range_ <<= shift;
    low_ <<= shift;
    pending_bits_ += shift;
    if (pending_bits_ >= 40)
      emit_bytes();
  }

  void literal(int count, std::uint32_t value) {
    for (int i = count - 1; i >= 0; --i)
      bit(128, (value >> i & 1) != 0);
  }

  /// The finished partition; the writer is spent afterwards. It ends with at least one bit more
  /// than the format needs: FFmpeg's decoder gives up on macroblocks that it visits after the last
  /// byte, even if they have no coefficients.
  std::vector<std::uint8_t> finish() {
    const int fill = 8 + (8 - pending_bits_ % 8);
    low_ <<= fill;
    pending_bits_ += fill;
    emit_bytes();
    return std::move(bytes_);
  }

 private:
  // low_ has pending_bits_ + 8 bits; its top byte is final but for a carry into the bytes before.
  void emit_bytes() {
    while (pending_bits_ >= 8) {
      const std::uint64_t top = low_ >> pending_bits_;
      if (top > 0xff)
        carry();
      bytes_.push_back(static_cast<std::uint8_t>(top));
      low_ &= (1ull << pending_bits_) - 1;
      pending_bits_ -= 8;
    }
  }

  void carry() {
    std::size_t i = bytes_.size();
    while (++bytes_[--i] == 0) {
    }
  }

  std::vector<std::uint8_t> bytes_;
  std::uint64_t low_ = 0;
  int pending_bits_ = 0;
  std::uint32_t range_ = 255;
};

}  // namespace vp8
