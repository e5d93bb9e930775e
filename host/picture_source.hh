// Where source pictures come from: Y4M by our own reader, everything else by FFmpeg's libraries.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "codec/picture.hh"
#include "host/byte_source.hh"

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

/// Width and height of pictures to be made; -1 or -2 for one of them: what keeps the shape, made
/// even by -2.
struct Scale {
  int width = 0;
  int height = 0;

  bool operator==(const Scale&) const = default;
};

/// What to change about a video while it is read.
struct SourceOptions {
  std::int64_t start_us = 0;           ///< pictures before this time are left out
  std::optional<std::int64_t> end_us;  ///< and those from this time on; times count from the first
  std::optional<Scale> scale;          ///< to this size
  std::optional<Rational> frame_rate;  ///< to this rate, by repeating and leaving out pictures

  bool any() const { return start_us > 0 || end_us || scale || frame_rate; }
  bool operator==(const SourceOptions&) const = default;
};

/// When each picture is shown, as far as a source has been read. Any thread may ask.
class PictureTimes {
 public:
  void add(std::int64_t time) {
    const std::scoped_lock lock(mutex_);
    times_.push_back(time);
  }
  /// In StreamInfo::time_unit, from 0. The picture must have been read.
  std::int64_t at(std::int64_t picture) const {
    const std::scoped_lock lock(mutex_);
    return times_.at(static_cast<std::size_t>(picture));
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::int64_t> times_;
};

/// What is known of a video before its pictures are read.
struct StreamInfo {
  int width = 0;                      ///< luma samples, 1 to 16383
  int height = 0;                     ///< luma samples, 1 to 16383
  Rational frame_rate{25, 1};         ///< on average, where the steps between pictures vary
  std::optional<Rational> time_unit;  ///< seconds, of PictureTimes; only where steps vary
  Rational sample_aspect;             ///< width of a sample / its height; 1 where unknown
  std::int64_t picture_count = -1;    ///< as the container claims (a hint); -1 where unknown
  bool full_range = false;     ///< the input's samples were full range (pictures come out limited)
  Colour colour;               ///< of the pictures as they come out
  std::int64_t zero_us = 0;    ///< where --start and --end count from, on the file's own clock
  std::int64_t origin_us = 0;  ///< the first picture's time on the file's own clock
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
  /// Times of pictures where the steps between them vary; null where they follow at frame_rate.
  virtual std::shared_ptr<const PictureTimes> times() const { return nullptr; }
  /// Where FFmpeg's libraries find the whole file, with sound and all, while this object lives;
  /// empty where they do not.
  virtual std::string media_path() const { return {}; }
};

/// Opens a video. Y4M of 8-bit 4:2:0 without `options` is read by Y4mReader, also from "-" and
/// other pipes; all else by FFmpeg's libraries, for which a pipe is first copied into a scratch
/// file. Throws InputError, std::system_error.
std::unique_ptr<PictureSource> open_source(const std::string& path,
                                           const SourceOptions& options = {});

/// Whether a video can be read only once: "-", and what is there but is neither file nor folder.
bool is_pipe(const std::string& path);

/// A pipe that is being read. An empty one counts as Y4M.
struct PipeBegin {
  std::unique_ptr<ByteSource> bytes;  ///< from the start
  bool is_y4m = false;
};
PipeBegin begin_pipe(const std::string& path);

/// Whether a name such as img_%04d.png stands for many files, numbered.
bool is_sequence(const std::string& path);

/// Pictures to come, as far as the container tells, up to `limit` (-1: all); -1 if it does not.
std::int64_t expected_pictures(const StreamInfo& info, std::int64_t limit);

/// Counts pictures by reading them, up to `limit` (-1: all): containers only claim a number. Throws
/// as PictureSource::next().
std::int64_t count_pictures(PictureSource& source, std::int64_t limit);

}  // namespace host
