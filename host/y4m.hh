// Y4M ("YUV4MPEG2"): a text line for the video, then a text line and three planes for each picture.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "codec/picture.hh"
#include "host/byte_source.hh"
#include "host/output_file.hh"
#include "host/picture_source.hh"

namespace host {

inline constexpr std::string_view kY4mMagic = "YUV4MPEG2";

/// The first line of a Y4M stream.
struct Y4mHeader {
  StreamInfo info;
  std::string colour;    ///< the C tag without its letter, for example "420jpeg"
  bool is_plain = true;  ///< 8-bit 4:2:0, which is what Y4mReader reads
};

/// Reads the first line, at most 1024 bytes. `name` is for messages. Throws InputError unless it is
/// well formed with a size of 1x1 to 16383x16383.
Y4mHeader read_y4m_header(ByteSource& bytes, const std::string& name);

/// Reads 8-bit 4:2:0 Y4M of any size; brings full-range samples into limited range.
class Y4mReader final : public PictureSource {
 public:
  /// `name` is for messages. Throws InputError for a bad header and for other sample formats.
  Y4mReader(std::unique_ptr<ByteSource> bytes, std::string name);

  const StreamInfo& info() const override { return info_; }
  std::optional<vp8::Picture> next() override;

 private:
  bool read_frame_line();
  void read_planes(vp8::Picture& picture);
  [[noreturn]] void throw_at_picture(const std::string& what, const std::string& mend) const;

  std::unique_ptr<ByteSource> bytes_;
  std::string name_;
  StreamInfo info_;
  std::uint64_t picture_bytes_ = 0;
  std::int64_t pictures_read_ = 0;
};

/// Writes 8-bit 4:2:0 limited-range Y4M.
class Y4mWriter {
 public:
  /// Writes the first line: size, frame rate and sample aspect of `info`. `file` must outlive the
  /// writer, and its owner commits it. All members throw std::system_error as OutputFile does.
  Y4mWriter(OutputFile& file, const StreamInfo& info);
  /// Throws InputError if the picture's size is not the size of the first line.
  void write(const vp8::Picture& picture);

 private:
  OutputFile* file_;
  int width_;
  int height_;
  std::int64_t pictures_written_ = 0;
};

}  // namespace host
