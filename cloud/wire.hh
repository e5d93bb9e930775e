// Values as bytes: one visitor a type serves writing and reading. Numbers are little-endian and of
// fixed size, so that a value has one form only.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "cloud/bytes.hh"
#include "cloud/error.hh"

namespace cloud {

/// Appends fields.
class WireWriter {
 public:
  template <std::integral T>
  void number(const T& value) {
    const auto bits = static_cast<std::make_unsigned_t<T>>(value);
    for (std::size_t i = 0; i < sizeof bits; ++i)
      bytes_.push_back(static_cast<std::uint8_t>(std::uint64_t{bits} >> 8 * i));
  }
  void flag(const bool& value) { bytes_.push_back(value ? 1 : 0); }
  void real(const double& value) { number(std::bit_cast<std::uint64_t>(value)); }
  /// An enumerator below `end`.
  template <class E>
  void choice(const E& value, E) {
    number(static_cast<std::uint8_t>(value));
  }
  template <std::size_t n>
  void array(const std::array<std::uint8_t, n>& value) {
    bytes_.insert(bytes_.end(), value.begin(), value.end());
  }
  /// A string or a vector of bytes.
  template <class Text>
  void text(const Text& value) {
    number(static_cast<std::uint64_t>(value.size()));
    bytes_.insert(bytes_.end(), value.begin(), value.end());
  }
  template <class T, class Visit>
  void list(const std::vector<T>& values, Visit visit_value) {
    number(static_cast<std::uint64_t>(values.size()));
    for (const T& value : values)
      visit_value(value);
  }
  template <class T, class Visit>
  void optional(const std::optional<T>& value, Visit visit_value) {
    flag(value.has_value());
    if (value)
      visit_value(*value);
  }
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

/// Reads what WireWriter wrote. Throws Damaged for anything else; memory grows only with the bytes
/// that are there.
class WireReader {
 public:
  /// `subject`: what is read, for messages.
  WireReader(std::string subject, ByteSpan bytes) : subject_(std::move(subject)), bytes_(bytes) {}

  template <std::integral T>
  void number(T& value) {
    std::uint64_t bits = 0;
    const ByteSpan field = next(sizeof value);
    for (std::size_t i = field.size(); i-- > 0;)
      bits = bits << 8 | field[i];
    value = static_cast<T>(bits);
  }
  void flag(bool& value) {
    std::uint8_t byte = 0;
    number(byte);
    if (byte > 1)
      refuse("a flag is neither 0 nor 1");
    value = byte != 0;
  }
  void real(double& value) {
    std::uint64_t bits = 0;
    number(bits);
    value = std::bit_cast<double>(bits);
  }
  template <class E>
  void choice(E& value, E end) {
    std::uint8_t byte = 0;
    number(byte);
    if (byte >= static_cast<std::uint8_t>(end))
      refuse("an unknown choice");
    value = static_cast<E>(byte);
  }
  template <std::size_t n>
  void array(std::array<std::uint8_t, n>& value) {
    const ByteSpan field = next(n);
    std::copy(field.begin(), field.end(), value.begin());
  }
  template <class Text>
  void text(Text& value) {
    std::uint64_t size = 0;
    number(size);
    const ByteSpan field = next(size);
    value.assign(field.begin(), field.end());
  }
  template <class T, class Visit>
  void list(std::vector<T>& values, Visit visit_value) {
    std::uint64_t size = 0;
    number(size);
    // Every element takes at least a byte.
    if (size > bytes_.size() - position_)
      refuse("a list is longer than the bytes that follow");
    values.clear();
    for (std::uint64_t i = 0; i < size; ++i)
      visit_value(values.emplace_back());
  }
  template <class T, class Visit>
  void optional(std::optional<T>& value, Visit visit_value) {
    bool present = false;
    flag(present);
    value.reset();
    if (present)
      visit_value(value.emplace());
  }

  /// Throws Damaged if bytes follow.
  void expect_end() const {
    if (position_ != bytes_.size())
      refuse("bytes follow the end");
  }
  [[noreturn]] void refuse(const std::string& what) const {
    throw Damaged(subject_ + " at byte " + std::to_string(position_) + ": " + what);
  }

 private:
  ByteSpan next(std::uint64_t size) {
    if (size > bytes_.size() - position_)
      refuse("ends too early");
    const ByteSpan field = bytes_.subspan(position_, static_cast<std::size_t>(size));
    position_ += field.size();
    return field;
  }

  std::string subject_;
  ByteSpan bytes_;
  std::size_t position_ = 0;
};

/// The bytes of a value, behind four that say which kind and version it is. `visit_value` takes a
/// coder and the value.
template <class T, class Visit>
Bytes to_wire(std::uint32_t kind, const T& value, Visit visit_value) {
  WireWriter writer;
  writer.number(kind);
  visit_value(writer, value);
  return writer.take();
}

/// The reverse. Throws Damaged.
template <class T, class Visit>
T from_wire(const std::string& subject, std::uint32_t kind, ByteSpan bytes, Visit visit_value) {
  WireReader reader(subject, bytes);
  std::uint32_t found = 0;
  reader.number(found);
  if (found != kind)
    reader.refuse("is of another kind or version");
  T value;
  visit_value(reader, value);
  reader.expect_end();
  return value;
}

}  // namespace cloud
