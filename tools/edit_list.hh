// Lists of edits, and the timeline that they lead to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tools {

/// A change to pictures that has a place in time.
struct Effect {
  enum Kind : std::uint8_t { kFade, kOverlay };

  Kind kind = kFade;
  std::int64_t first = 0;   ///< the piece's first picture is this one of the effect's
  std::int64_t length = 1;  ///< pictures of the whole effect
  int from_percent = 100;   ///< kFade: how much of the picture is left, at the first picture
  int to_percent = 0;       ///< and at the last; in between linearly
  std::string image;        ///< kOverlay: a still, with its transparency
  int x = 0;                ///< where its left upper corner comes
  int y = 0;

  bool operator==(const Effect&) const = default;
};

/// Pictures `begin` to `end` - 1 of a file.
struct Piece {
  std::string path;  ///< empty: the video that is edited
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::vector<Effect> effects;  ///< in order

  std::int64_t pictures() const { return end - begin; }
  /// The edited video's own pictures, unchanged.
  bool is_untouched() const { return path.empty() && effects.empty(); }
  bool operator==(const Piece&) const = default;
};
using Timeline = std::vector<Piece>;

/// What becomes of a video of `pictures` pictures by the edits in a JSON text:
///   [{"cut": [a, b]},
///    {"insert": "FILE", "at": a, "range": [c, d]},
///    {"replace": [a, b], "with": "FILE", "from": c},
///    {"fade": [a, b], "from": 100, "to": 0},
///    {"overlay": [a, b], "image": "FILE", "x": 0, "y": 0}]
/// Ranges hold pictures a to b - 1. Each edit counts pictures as the edits before have left them.
/// `name` is for messages. Throws host::InputError, which names the edit, for anything else and for
/// ranges that are not there.
Timeline edited_timeline(const std::string& name, const std::string& json, std::int64_t pictures);

/// Throws host::InputError unless the text is a JSON list, which is all that can be said of it
/// before the number of pictures is known.
void check_edit_list(const std::string& name, const std::string& json);

}  // namespace tools
