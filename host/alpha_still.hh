// Still images with transparency, which are laid over pictures; and fades.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codec/picture.hh"

namespace host {

/// An image with transparency, in limited range.
struct AlphaStill {
  vp8::Picture picture;
  std::vector<std::uint8_t> alpha;  ///< of each luma sample, in raster order; 255: opaque
};

/// Reads an image that FFmpeg's libraries open (PNG, WebP, ...). Throws InputError,
/// std::system_error.
AlphaStill read_alpha_still(const std::string& path);

/// Lays a still over a picture, its left upper corner at luma sample (x, y), which may lie outside.
/// What hangs over is cut off. Chroma follows the mean transparency of its four luma samples.
void lay_over(const AlphaStill& still, int x, int y, vp8::Picture& picture);

/// Leaves `weight` / 256 of a picture, the rest is black.
void fade(int weight, vp8::Picture& picture);

}  // namespace host
