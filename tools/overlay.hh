// What a frame says of its macroblocks, drawn over its picture.
#pragma once

#include <string>
#include <vector>

#include "codec/frame.hh"
#include "codec/picture.hh"
#include "host/still.hh"

namespace tools {

/// What to draw.
struct OverlayLayers {
  bool modes =
      false;  ///< a tint for the mode, lines between partitions, a corner for golden, altref
  bool vectors = false;   ///< a line to where each part is predicted from
  bool segments = false;  ///< a coloured edge for segments 1 to 3
  bool bits = false;      ///< red, the deeper the more bits

  bool operator==(const OverlayLayers&) const = default;
};

/// The layers' names.
const std::vector<std::string>& layer_names();

/// Layers by name; names that there are not are passed over.
OverlayLayers layers_named(const std::vector<std::string>& names);

/// What the colours and lines mean, for help.
std::string overlay_legend();

/// Bits at which the red of the layer is deepest.
inline constexpr double kDeepestBits = 2048;

/// A frame to draw, which has decoded.
struct OverlayFrame {
  const vp8::Picture& picture;  ///< its own reconstruction
  const vp8::Frame* syntax;     ///< null for an empty frame, which is drawn without layers
  const vp8::FrameBits& bits;   ///< empty where `syntax` is null
  bool shown = true;            ///< a hidden frame gets a red edge
};

/// The picture, each pixel `zoom` x `zoom` times (at least 1), under the layers. Throws
/// vp8::Unsupported if that has more than 2^28 pixels.
host::Still overlay(const OverlayFrame& frame, const OverlayLayers& layers, int zoom);

}  // namespace tools
