// A range of pictures of a coded stream, frame by frame.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "host/picture_source.hh"
#include "host/splicer.hh"

namespace tools {

/// Pictures `begin` to `end` - 1 of a file, counted from 0 in the order in which they are shown.
struct StreamRange {
  std::string path;
  std::int64_t begin = 0;
  std::int64_t end = -1;  ///< -1: to the last

  bool operator==(const StreamRange&) const = default;
};

/// "FILE", "FILE[a:b]", "FILE[a:]" or "FILE[:b]". Throws UsageError for any other range.
StreamRange parse_range(const std::string& text);

/// What a file tells of itself.
struct StreamFacts {
  host::Rational frame_rate;
  std::int64_t pictures = 0;
};

/// Calls `visit` for every frame of a range, hidden ones before its pictures too. Decoding begins
/// at the last key frame that is not behind the range's beginning. Throws host::InputError for
/// damaged files and for a range that is not there.
StreamFacts visit_range(const StreamRange& range,
                        const std::function<void(const host::OwnFrame&)>& visit);

/// Gives every frame of a range to a splicer. Frames between the range's first and last key frame
/// are not decoded, nor, if `is_last` says that nothing will follow, those behind. Errors likewise,
/// and host::InputError for pictures of another size.
StreamFacts splice_range(const StreamRange& range, bool is_last, host::Splicer& splicer);

}  // namespace tools
