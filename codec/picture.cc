// Storage and borders of pictures.
#include "codec/picture.hh"

#include <algorithm>
#include <cstring>

namespace vp8 {
namespace {

// Geometry of one plane inside the one buffer of a picture.
struct Layout {
  int width;
  int height;
  int border;
  std::ptrdiff_t stride;
  std::size_t offset;  // of the first coded sample
};

constexpr std::size_t round_up(std::size_t value, std::size_t step) {
  return (value + step - 1) / step * step;
}

// Left padding is 64 so that coded rows begin on a cache line; the border proper is kBorder.
constexpr int kLeftPad = 64;

Layout layout_of(int width, int height, Plane plane) {
  const int coded_width = (width + 15) / 16 * 16;
  const int coded_height = (height + 15) / 16 * 16;
  const auto stride =
      round_up(static_cast<std::size_t>(coded_width + kLeftPad + Picture::kBorder), 64);
  const std::size_t luma_size =
      stride * static_cast<std::size_t>(coded_height + 2 * Picture::kBorder);
  if (plane == kPlaneY) {
    return {coded_width, coded_height, Picture::kBorder, static_cast<std::ptrdiff_t>(stride),
            stride * Picture::kBorder + kLeftPad};
  }
  constexpr int border = Picture::kBorder / 2;
  const auto chroma_stride =
      round_up(static_cast<std::size_t>(coded_width / 2 + kLeftPad + border), 64);
  const std::size_t chroma_size =
      chroma_stride * static_cast<std::size_t>(coded_height / 2 + 2 * border);
  const std::size_t start = luma_size + (plane == kPlaneV ? chroma_size : 0);
  return {coded_width / 2, coded_height / 2, border, static_cast<std::ptrdiff_t>(chroma_stride),
          start + chroma_stride * border + kLeftPad};
}

std::size_t storage_size(int width, int height) {
  const Layout v = layout_of(width, height, kPlaneV);
  return v.offset - kLeftPad +
         static_cast<std::size_t>(v.stride) * static_cast<std::size_t>(v.height + v.border) + 64;
}

int shown_extent(int luma, Plane plane) {
  return plane == kPlaneY ? luma : (luma + 1) / 2;
}

}  // namespace

Picture::Picture(int width, int height) : width_(width), height_(height) {
  if (width < 1 || height < 1 || width > kMaxDimension || height > kMaxDimension) {
    throw Unsupported("a VP8 picture is 1x1 to 16383x16383 pixels, not " + std::to_string(width) +
                      "x" + std::to_string(height));
  }
  samples_.resize(storage_size(width, height));
}

PlaneView Picture::coded(Plane plane) {
  const Layout l = layout_of(width_, height_, plane);
  return {samples_.data() + l.offset, l.width, l.height, l.stride};
}

ConstPlaneView Picture::coded(Plane plane) const {
  const Layout l = layout_of(width_, height_, plane);
  return {samples_.data() + l.offset, l.width, l.height, l.stride};
}

PlaneView Picture::shown(Plane plane) {
  PlaneView view = coded(plane);
  view.width = shown_extent(width_, plane);
  view.height = shown_extent(height_, plane);
  return view;
}

ConstPlaneView Picture::shown(Plane plane) const {
  ConstPlaneView view = coded(plane);
  view.width = shown_extent(width_, plane);
  view.height = shown_extent(height_, plane);
  return view;
}

void Picture::pad_to_macroblocks() {
  for (const Plane plane : {kPlaneY, kPlaneU, kPlaneV}) {
    const PlaneView all = coded(plane);
    const PlaneView inner = shown(plane);
    for (int y = 0; y < inner.height; ++y) {
      std::fill(all.row(y) + inner.width, all.row(y) + all.width, all.at(y, inner.width - 1));
    }
    for (int y = inner.height; y < all.height; ++y) {
      std::copy_n(all.row(inner.height - 1), all.width, all.row(y));
    }
  }
}

void Picture::extend_borders() {
  for (const Plane plane : {kPlaneY, kPlaneU, kPlaneV}) {
    const PlaneView p = coded(plane);
    const int border = plane == kPlaneY ? kBorder : kBorder / 2;
    for (int y = 0; y < p.height; ++y) {
      std::memset(p.row(y) - border, p.at(y, 0), static_cast<std::size_t>(border));
      std::memset(p.row(y) + p.width, p.at(y, p.width - 1), static_cast<std::size_t>(border));
    }
    const auto row_bytes = static_cast<std::size_t>(p.width + 2 * border);
    for (int y = 1; y <= border; ++y) {
      std::memcpy(p.row(-y) - border, p.row(0) - border, row_bytes);
      std::memcpy(p.row(p.height - 1 + y) - border, p.row(p.height - 1) - border, row_bytes);
    }
  }
}

bool Picture::operator==(const Picture& other) const {
  if (width_ != other.width_ || height_ != other.height_)
    return false;
  if (empty() || other.empty())
    return empty() == other.empty();
  for (const Plane plane : {kPlaneY, kPlaneU, kPlaneV}) {
    const ConstPlaneView a = coded(plane);
    const ConstPlaneView b = other.coded(plane);
    for (int y = 0; y < a.height; ++y) {
      if (std::memcmp(a.row(y), b.row(y), static_cast<std::size_t>(a.width)) != 0)
        return false;
    }
  }
  return true;
}

}  // namespace vp8
