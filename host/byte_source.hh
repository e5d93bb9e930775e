// Bytes in order, from a file, standard input or memory, for the readers of Y4M and IVF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace host {

/// A stream of bytes that is read once, from its start to its end.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource(ByteSource&&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  ByteSource& operator=(ByteSource&&) = delete;
  virtual ~ByteSource() = default;

  /// Fills `to` and returns the number of bytes; fewer than asked for only at the end of the
  /// stream. Throws std::system_error if the file cannot be read.
  std::size_t read(std::span<std::uint8_t> to);
  /// Bytes that were read so far.
  std::uint64_t offset() const { return offset_; }
  /// Bytes to come, where that is known before reading them (not for pipes).
  std::optional<std::uint64_t> remaining() const;

 private:
  virtual std::size_t read_some(std::span<std::uint8_t> to) = 0;
  virtual std::optional<std::uint64_t> size_bytes() const = 0;

  std::uint64_t offset_ = 0;
};

/// Reads `bytes`, which must outlive the source.
std::unique_ptr<ByteSource> open_memory(std::span<const std::uint8_t> bytes);

/// `prefix`, which was read too early, then `rest`.
std::unique_ptr<ByteSource> open_prefixed(std::vector<std::uint8_t> prefix,
                                          std::unique_ptr<ByteSource> rest);

/// Opens a file, or standard input for "-". Throws std::system_error, also for a folder.
std::unique_ptr<ByteSource> open_file(const std::string& path);

}  // namespace host
