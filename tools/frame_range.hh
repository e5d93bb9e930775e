// A range of frames on the command line.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "tools/command_line.hh"

namespace tools {

/// Frames from `begin` up to, and without, `end`.
struct FrameRange {
  std::int64_t begin = 0;
  std::int64_t end = std::numeric_limits<std::int64_t>::max();

  bool contains(std::int64_t frame) const { return frame >= begin && frame < end; }
  bool operator==(const FrameRange&) const = default;
};

/// "a:b" is a up to and without b, and either may be absent; "a" is that frame. Nothing for other
/// texts and for empty ranges.
std::optional<FrameRange> parse_frame_range(const std::string& text);

/// Declares --frames.
Option add_frames_option(Command command, FrameRange& range);

}  // namespace tools
