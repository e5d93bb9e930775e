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

/// Whether a frame shows no picture: its show_frame is 0 (RFC 6386 §9.1).
inline bool is_hidden_frame(std::span<const std::uint8_t> frame) {
  return !frame.empty() && (frame.front() & 0x10U) == 0;
}
/// Whether a frame is a key frame (RFC 6386 §9.1).
inline bool is_key_frame(std::span<const std::uint8_t> frame) {
  return !frame.empty() && (frame.front() & 1U) == 0;
}

/// The coded frames of one video, from whatever container. Frames count from 0.
class FrameReader {
 public:
  FrameReader() = default;
  FrameReader(const FrameReader&) = delete;
  FrameReader(FrameReader&&) = delete;
  FrameReader& operator=(const FrameReader&) = delete;
  FrameReader& operator=(FrameReader&&) = delete;
  virtual ~FrameReader() = default;

  virtual const IvfHeader& header() const = 0;
  /// The next frame, or nothing after the last. Throws InputError, naming frame and byte offset,
  /// for damaged files; std::system_error if the file cannot be read.
  virtual std::optional<IvfFrame> next() = 0;
  /// Where in the file the frame begins that was read last; after the last one, where it ended.
  virtual std::uint64_t offset_bytes() const = 0;
};

/// Writes the coded frames of one video into whatever container. All members throw
/// std::system_error as OutputFile does.
class FrameWriter {
 public:
  FrameWriter() = default;
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter(FrameWriter&&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;
  FrameWriter& operator=(FrameWriter&&) = delete;
  virtual ~FrameWriter() = default;

  /// Frames come in the order of decoding. `pts` counts in 1 / frame_rate seconds; a hidden frame
  /// has that of the next picture that is shown.
  virtual void write(std::span<const std::uint8_t> frame, std::uint64_t pts) = 0;
  /// Call it after the last frame.
  virtual void finish() = 0;
};

/// Reads an IVF file of VP8. Memory is bounded by twice the bytes of a frame that are really there.
class IvfReader final : public FrameReader {
 public:
  /// `name` is for messages. Throws InputError unless the header is that of IVF with VP8.
  IvfReader(std::unique_ptr<ByteSource> bytes, std::string name);

  const IvfHeader& header() const override { return header_; }
  /// Throws InputError also for a frame that is larger than kMaxIvfFrameBytes.
  std::optional<IvfFrame> next() override;
  std::uint64_t offset_bytes() const override { return offset_bytes_; }

 private:
  std::vector<std::uint8_t> read_payload(std::uint32_t size_bytes);
  [[noreturn]] void throw_at_frame(const std::string& what) const;

  std::unique_ptr<ByteSource> bytes_;
  std::string name_;
  IvfHeader header_;
  std::uint64_t frames_read_ = 0;
  std::uint64_t offset_bytes_ = 0;
};

/// Writes an IVF file of VP8.
class IvfWriter final : public FrameWriter {
 public:
  /// Writes the header. `file` must outlive the writer, and its owner commits it. Give the frame
  /// count, where it is known, for output that cannot be patched. All members throw
  /// std::system_error as OutputFile does.
  IvfWriter(OutputFile& file, const IvfHeader& header);
  void write(std::span<const std::uint8_t> frame, std::uint64_t pts) override;
  /// Corrects the header's frame count where the output can be patched.
  void finish() override;

 private:
  OutputFile* file_;
  IvfHeader header_;
  std::uint32_t frames_written_ = 0;
};

}  // namespace host
