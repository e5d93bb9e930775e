// Still images with transparency, mixed in integers.
#include "host/alpha_still.hh"

#include <algorithm>
#include <cstddef>

namespace host {
namespace {

std::uint8_t mix(int over, int under, int alpha) {
  return static_cast<std::uint8_t>((over * alpha + under * (255 - alpha) + 127) / 255);
}

// The mean transparency of a still's luma samples that lie under chroma sample (row, col) of a
// picture in which the still's corner is (x, y).
int chroma_alpha(const AlphaStill& still, int x, int y, int row, int col) {
  int sum = 0;
  for (const int v : {2 * row - y, 2 * row + 1 - y}) {
    for (const int u : {2 * col - x, 2 * col + 1 - x}) {
      const bool inside =
          u >= 0 && v >= 0 && u < still.picture.width() && v < still.picture.height();
      sum += inside ? still.alpha[static_cast<std::size_t>(v) *
                                      static_cast<std::size_t>(still.picture.width()) +
                                  static_cast<std::size_t>(u)]
                    : 0;
    }
  }
  return sum / 4;
}

int floor_half(int value) {
  return value >= 0 ? value / 2 : -((1 - value) / 2);
}

}  // namespace

void lay_over(const AlphaStill& still, int x, int y, vp8::Picture& picture) {
  const vp8::ConstPlaneView from = still.picture.shown(vp8::kPlaneY);
  const vp8::PlaneView luma = picture.shown(vp8::kPlaneY);
  for (int row = std::max(0, y); row < std::min(luma.height, y + from.height); ++row) {
    for (int col = std::max(0, x); col < std::min(luma.width, x + from.width); ++col) {
      const auto at = static_cast<std::size_t>(row - y) * static_cast<std::size_t>(from.width) +
                      static_cast<std::size_t>(col - x);
      luma.at(row, col) = mix(from.row(row - y)[col - x], luma.at(row, col), still.alpha[at]);
    }
  }
  for (const vp8::Plane plane : {vp8::kPlaneU, vp8::kPlaneV}) {
    const vp8::ConstPlaneView over = still.picture.shown(plane);
    const vp8::PlaneView under = picture.shown(plane);
    const int top = floor_half(y);
    const int left = floor_half(x);
    for (int row = std::max(0, top); row < std::min(under.height, top + over.height + 1); ++row) {
      for (int col = std::max(0, left); col < std::min(under.width, left + over.width + 1); ++col) {
        const int v = std::min(row - top, over.height - 1);
        const int u = std::min(col - left, over.width - 1);
        under.at(row, col) =
            mix(over.row(v)[u], under.at(row, col), chroma_alpha(still, x, y, row, col));
      }
    }
  }
}

void fade(int weight, vp8::Picture& picture) {
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    const int black = plane == vp8::kPlaneY ? 16 : 128;
    const vp8::PlaneView view = picture.shown(plane);
    for (int y = 0; y < view.height; ++y) {
      for (int x = 0; x < view.width; ++x) {
        const int value = black * 256 + (view.at(y, x) - black) * weight;
        view.at(y, x) = static_cast<std::uint8_t>(std::clamp((value + 128) / 256, 0, 255));
      }
    }
  }
}

}  // namespace host
