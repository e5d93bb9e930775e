// Coded frames out of an IVF file, with errors that name the frame, and the pictures that they
// show.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "codec/decode.hh"
#include "codec/state.hh"
#include "host/byte_source.hh"
#include "host/ivf.hh"
#include "host/picture_source.hh"

namespace tools {

/// What the first byte of a frame tells (RFC 6386 §9.1). A frame without bytes repeats the last
/// picture.
bool is_key_frame(const host::IvfFrame& frame);
bool is_shown(const host::IvfFrame& frame);

/// An IVF file being read. Frames count from 0.
class IvfInput {
 public:
  /// Throws host::InputError, std::system_error.
  explicit IvfInput(const std::string& path);

  const std::string& name() const { return name_; }
  const host::IvfHeader& header() const { return reader_.header(); }
  /// The next frame, or nothing after the last. Throws host::InputError for damaged files and for
  /// one without frames.
  std::optional<host::IvfFrame> next();
  /// Number of the frame that was read last; -1 before the first.
  std::int64_t number() const { return number_; }
  /// Where that frame's IVF header begins.
  std::uint64_t offset_bytes() const { return offset_bytes_; }
  /// Decodes the frame that was read last. Throws host::InputError.
  vp8::Decoded decode(const vp8::State& before, const host::IvfFrame& frame) const;
  /// Throws host::InputError that names the frame that was read last.
  [[noreturn]] void fail(const std::string& what, const std::string& mend) const;

 private:
  IvfInput(std::unique_ptr<host::ByteSource> bytes, const std::string& path);

  std::string name_;
  const host::ByteSource* bytes_;  // the reader owns it
  host::IvfReader reader_;
  std::int64_t number_ = -1;
  std::uint64_t offset_bytes_ = 0;
};

/// Opens a video: IVF with VP8 by our own decoder, all else by host::open_source.
std::unique_ptr<host::PictureSource> open_pictures(const std::string& path);

}  // namespace tools
