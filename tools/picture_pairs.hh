// Two videos picture by picture.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "codec/picture.hh"
#include "host/picture_source.hh"

namespace tools {

/// A picture of each video.
struct PicturePair {
  vp8::Picture a;
  vp8::Picture b;
};

/// Reads two videos of equal size side by side.
class PicturePairs {
 public:
  /// Opens both and prints their notices. Throws host::InputError if their sizes differ, and what
  /// open_pictures() throws. `limit`: pictures at most; -1: all.
  PicturePairs(const std::string& a, const std::string& b, std::int64_t limit = -1);

  const host::StreamInfo& info() const { return a_->info(); }
  /// The next pictures, or nothing after the last. Throws host::InputError if one video ends before
  /// the other.
  std::optional<PicturePair> next();
  /// Pairs read so far.
  std::int64_t count() const { return count_; }

 private:
  std::string name_a_;
  std::string name_b_;
  std::int64_t limit_;
  std::unique_ptr<host::PictureSource> a_;
  std::unique_ptr<host::PictureSource> b_;
  std::int64_t count_ = 0;
};

}  // namespace tools
