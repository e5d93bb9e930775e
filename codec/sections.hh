// Sections: what the files of states and pictures consist of. A section is its length in four
// little-endian bytes and one zstd frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace vp8::sections {

/// Throws BitstreamError: where, at which byte, what.
[[noreturn]] void fail(const std::string& where, std::size_t offset, const std::string& what);

/// Appends the `size_bytes` low bytes of a number, little-endian.
void append_number(std::vector<std::uint8_t>& out, std::uint64_t value, std::size_t size_bytes);
/// The number that up to eight such bytes hold.
std::uint64_t read_number(std::span<const std::uint8_t> bytes);

/// Appends a section with these contents. The same contents give the same bytes under one release
/// of zstd. Throws std::bad_alloc.
void append_section(std::vector<std::uint8_t>& out, std::span<const std::uint8_t> contents);

/// Cuts bytes into sections.
class SectionReader {
 public:
  /// `subject`: what the bytes are, for messages. `offset`: where the first section begins.
  SectionReader(std::string subject, std::span<const std::uint8_t> bytes, std::size_t offset);

  /// The contents of the next section, which must be `size_bytes`; throws BitstreamError if they
  /// are not, before any memory is allocated.
  std::vector<std::uint8_t> next(const std::string& name, std::size_t size_bytes);
  /// Throws BitstreamError if bytes follow the last section.
  void expect_end() const;
  /// Likewise, always, about the section that was read last.
  [[noreturn]] void refuse(const std::string& name, const std::string& what) const;
  /// Where the section that was read last begins.
  std::size_t start() const { return start_; }

 private:
  std::string subject_;
  std::span<const std::uint8_t> bytes_;
  std::size_t offset_;
  std::size_t start_ = 0;
};

}  // namespace vp8::sections
