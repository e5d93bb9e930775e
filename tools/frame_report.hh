// The facts about one frame that `fastslow inspect` shows, as JSON and as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "codec/frame.hh"
#include "codec/state.hh"
#include "host/ivf.hh"

namespace tools {

/// A decoded frame and where it was.
struct FrameFacts {
  std::int64_t number = 0;
  std::uint64_t offset_bytes = 0;  ///< of its header in the file
  const host::IvfFrame& frame;
  const std::optional<vp8::Frame>& syntax;  ///< none for an empty frame
  const vp8::FrameBits* bits = nullptr;     ///< null: not wanted
  const vp8::State& state;                  ///< after the frame
};

/// Header fields, counts, vectors, hash; with `modes` also the map of macroblocks.
nlohmann::ordered_json frame_report(const FrameFacts& facts, bool modes);

/// A frame_report() for people.
std::string frame_report_text(const nlohmann::ordered_json& report);

}  // namespace tools
