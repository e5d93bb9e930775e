// Clips of which a test knows what moves where. Integers only, the same on every machine.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "codec/picture.hh"

namespace gpu::test {

/// Smooth noise over the whole integer plane: random values every `cell` samples, bilinear between.
inline int smooth_noise(int y, int x, int cell, std::uint32_t seed) {
  const auto value = [&](int row, int col) {
    std::uint32_t h = static_cast<std::uint32_t>(row) * 0x9e3779b1U ^
                      static_cast<std::uint32_t>(col) * 0x85ebca77U ^ seed * 0xc2b2ae3dU;
    h = (h ^ h >> 15) * 0x2c1b3c6dU;
    h = (h ^ h >> 12) * 0x297a2d39U;
    return static_cast<int>((h ^ h >> 15) & 255U);
  };
  // Shifted far to where both are positive.
  const int far_y = y + 4096 * cell;
  const int far_x = x + 4096 * cell;
  const int row = far_y / cell;
  const int col = far_x / cell;
  const int fy = far_y % cell;
  const int fx = far_x % cell;
  const int top = value(row, col) * (cell - fx) + value(row, col + 1) * fx;
  const int bottom = value(row + 1, col) * (cell - fx) + value(row + 1, col + 1) * fx;
  return (top * (cell - fy) + bottom * fy) / (cell * cell);
}

/// A picture whose sample at (y, x) of a plane is sample(plane, y, x), padded and with borders.
template <class Sample>
vp8::PictureRef picture_of(int width, int height, const Sample& sample) {
  vp8::Picture picture(width, height);
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    const vp8::PlaneView view = picture.shown(plane);
    for (int y = 0; y < view.height; ++y) {
      for (int x = 0; x < view.width; ++x) {
        view.at(y, x) = static_cast<std::uint8_t>(std::clamp(sample(plane, y, x), 0, 255));
      }
    }
  }
  picture.pad_to_macroblocks();
  picture.extend_borders();
  return vp8::PictureRef(std::move(picture));
}

/// A window on a texture that lies (top, left) luma samples from its origin; both even.
inline vp8::PictureRef window_on_texture(int width, int height, int top, int left) {
  return picture_of(width, height, [&](vp8::Plane plane, int y, int x) {
    const int scale = plane == vp8::kPlaneY ? 1 : 2;
    const int row = y + top / scale;
    const int col = x + left / scale;
    return (smooth_noise(row, col, 16 / scale, plane) + smooth_noise(row, col, 6, plane + 9U)) / 2;
  });
}

/// Noise in which no picture predicts another.
inline vp8::PictureRef noise(int width, int height, unsigned seed) {
  std::mt19937 random(seed);
  return picture_of(width, height,
                    [&](vp8::Plane, int, int) { return static_cast<int>(random() % 256); });
}

/// All samples of one value.
inline vp8::PictureRef flat(int width, int height, int value) {
  return picture_of(width, height, [&](vp8::Plane, int, int) { return value; });
}

}  // namespace gpu::test
