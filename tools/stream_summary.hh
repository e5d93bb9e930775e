// What each frame of a stream takes and chooses, and how good its pictures are.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "codec/types.hh"
#include "host/quality.hh"

namespace tools {

enum class FrameType : std::uint8_t { kKey, kInter, kEmpty };

/// One frame.
struct FrameSummary {
  std::int64_t picture = 0;  ///< the shown picture, from 0, that it is or that comes next
  FrameType type = FrameType::kEmpty;
  bool shown = true;
  std::uint64_t bytes = 0;
  int q_index = 0;                                         ///< y_ac_qi, 0..127; before segments
  std::array<std::int64_t, vp8::kMbModes> modes{};         ///< macroblocks by mode
  std::array<std::int64_t, vp8::kRefFrames> references{};  ///< macroblocks by reference
};

/// A stream.
struct StreamSummary {
  std::string name;
  int width = 0;  ///< of the last picture
  int height = 0;
  std::vector<FrameSummary> frames;
  std::vector<host::PictureQuality> quality;  ///< of each picture, where there is a source
  std::int64_t pictures = 0;

  host::PictureQuality mean_quality() const;
};

/// Reads and decodes a stream of VP8, at most `limit` pictures (-1: all); measures its pictures
/// against the video `source` unless that is empty. Throws host::InputError, also where the source
/// has another size or ends first; std::system_error.
StreamSummary summarise_stream(const std::string& path,
                               const std::string& source,
                               std::int64_t limit);

}  // namespace tools
