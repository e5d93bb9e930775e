// Coded frames out of an IVF, WebM or Matroska file, with errors that name the frame, and the
// pictures that they show.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "codec/decode.hh"
#include "codec/state.hh"
#include "host/ivf.hh"
#include "host/picture_source.hh"

namespace tools {

/// An IVF, WebM or Matroska file with VP8 being read; its first bytes tell which. Frames count from
/// 0.
class IvfInput {
 public:
  /// Throws host::InputError, std::system_error.
  explicit IvfInput(const std::string& path);

  const std::string& name() const { return name_; }
  const host::IvfHeader& header() const { return reader_->header(); }
  /// Pictures a second: the header's rate, unless that is a unit of time, as where steps between
  /// pictures vary. A file is then read through for its mean rate.
  host::Rational picture_rate() const;
  /// The next frame, or nothing after the last. Throws host::InputError for damaged files and for
  /// one without frames.
  std::optional<host::IvfFrame> next();
  /// Number of the frame that was read last; -1 before the first.
  std::int64_t number() const { return number_; }
  /// Where that frame's IVF header or Matroska block begins.
  std::uint64_t offset_bytes() const { return reader_->offset_bytes(); }
  /// Decodes the frame that was read last. Throws host::InputError.
  vp8::Decoded decode(const vp8::State& before, const host::IvfFrame& frame) const;
  /// Throws host::InputError that names the frame that was read last.
  [[noreturn]] void fail(const std::string& what, const std::string& mend) const;

 private:
  std::string name_;
  std::unique_ptr<host::FrameReader> reader_;
  std::int64_t number_ = -1;
};

/// Opens a video: IVF with VP8 by our own decoder, all else by host::open_source.
std::unique_ptr<host::PictureSource> open_pictures(const std::string& path);

}  // namespace tools
