// IVF: a 32-byte header, then a 12-byte header and the bytes of each VP8 frame; little endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/byte_source.hh"
#include "host/output_file.hh"
#include "host/picture_source.hh"

namespace host {

/// No frame of VP8 is nearly as large; a larger one is refused.
inline constexpr std::uint32_t kMaxIvfFrameBytes = std::uint32_t{256} << 20;

/// What the format adds to the frames.
inline constexpr std::size_t kIvfHeaderBytes = 32;
inline constexpr std::size_t kIvfFrameHeaderBytes = 12;

/// What the file's header tells. Times of frames count in 1 / frame_rate seconds.
struct IvfHeader {
  int width = 0;   ///< as the header claims; the key frames decide
  int height = 0;  ///< as the header claims; the key frames decide
  Rational frame_rate{25, 1};
  std::uint32_t frame_count = 0;  ///< as the header claims (a hint); 0 where unknown

  bool operator==(const IvfHeader&) const = default;
};

/// One frame of the file.
struct IvfFrame {
  std::vector<std::uint8_t> bytes;  ///< may be empty: a decoder then repeats the last picture
  std::uint64_t pts = 0;            ///< in 1 / frame_rate seconds

  bool operator==(const IvfFrame&) const = default;
};

/// Reads an IVF file of VP8. Memory is bounded by twice the bytes of a frame that are really there.
class IvfReader {
 public:
  /// `name` is for messages. Throws InputError unless the header is that of IVF with VP8.
  IvfReader(std::unique_ptr<ByteSource> bytes, std::string name);

  const IvfHeader& header() const { return header_; }
  /// The next frame, or nothing after the last. Throws InputError, naming frame and byte offset,
  /// for a frame that is truncated or larger than kMaxIvfFrameBytes; std::system_error if the file
  /// cannot be read.
  std::optional<IvfFrame> next();

 private:
  std::vector<std::uint8_t> read_payload(std::uint32_t size_bytes);
  [[noreturn]] void throw_at_frame(const std::string& what) const;

  std::unique_ptr<ByteSource> bytes_;
  std::string name_;
  IvfHeader header_;
  std::uint64_t frames_read_ = 0;
};

/// Writes an IVF file of VP8.
class IvfWriter {
 public:
  /// Writes the header. `file` must outlive the writer, and its owner commits it. Give the frame
  /// count, where it is known, for output that cannot be patched. All members throw
  /// std::system_error as OutputFile does.
  IvfWriter(OutputFile& file, const IvfHeader& header);
  void write(std::span<const std::uint8_t> frame, std::uint64_t pts);
  /// Corrects the header's frame count where the output can be patched. Call it after the last
  /// frame.
  void finish();

 private:
  OutputFile* file_;
  IvfHeader header_;
  std::uint32_t frames_written_ = 0;
};

}  // namespace host
