// Where source pictures come from: Y4M by our own reader, everything else by FFmpeg's libraries.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codec/picture.hh"

namespace host {

/// A positive fraction.
struct Rational {
  int num = 1;
  int den = 1;

  bool operator==(const Rational&) const = default;
};

/// What the samples mean, in the code points of ITU-T H.273; 2 where unknown.
struct Colour {
  int primaries = 2;
  int transfer = 2;
  int matrix = 2;

  bool operator==(const Colour&) const = default;
};

/// What is known of a video before its pictures are read.
struct StreamInfo {
  int width = 0;   ///< luma samples, 1 to 16383
  int height = 0;  ///< luma samples, 1 to 16383
  Rational frame_rate{25, 1};
  Rational sample_aspect;           ///< width of a sample / its height; 1 where unknown
  std::int64_t picture_count = -1;  ///< as the container claims (a hint); -1 where unknown
  bool full_range = false;  ///< the input's samples were full range (pictures come out limited)
  Colour colour;            ///< of the pictures as they come out
  /// What a user should be told, one sentence each: conversions, defaults taken.
  std::vector<std::string> notices;

  bool operator==(const StreamInfo&) const = default;
};

/// The pictures of one video, in the order in which they are shown; at least one.
class PictureSource {
 public:
  PictureSource() = default;
  PictureSource(const PictureSource&) = delete;
  PictureSource(PictureSource&&) = delete;
  PictureSource& operator=(const PictureSource&) = delete;
  PictureSource& operator=(PictureSource&&) = delete;
  virtual ~PictureSource() = default;

  virtual const StreamInfo& info() const = 0;
  /// The next picture (8-bit 4:2:0, limited range, size as in info(), padded and with borders), or
  /// nothing after the last. Throws InputError for damaged input, for a size that changes and for a
  /// video of no pictures; std::system_error if the file cannot be read.
  virtual std::optional<vp8::Picture> next() = 0;
};

/// Opens a video. "-" and other pipes must hold 8-bit 4:2:0 Y4M. A regular file is read by
/// Y4mReader if it is such Y4M, else, like a URL, by FFmpeg's libraries. Throws InputError,
/// std::system_error.
std::unique_ptr<PictureSource> open_source(const std::string& path);

/// Whether a video can be read only once: "-", and what is there but is neither file nor folder.
bool is_pipe(const std::string& path);

/// Pictures to come, as far as the container tells, up to `limit` (-1: all); -1 if it does not.
std::int64_t expected_pictures(const StreamInfo& info, std::int64_t limit);

/// Counts pictures by reading them, up to `limit` (-1: all): containers only claim a number. Throws
/// as PictureSource::next().
std::int64_t count_pictures(PictureSource& source, std::int64_t limit);

}  // namespace host
