// Stills as arrays of pixels.
#include "host/still.hh"

#include <algorithm>

namespace host {
namespace {

constexpr Rgb kGrey = {128, 128, 128};

Rgb mean_of(const Still& still, int top, int left, int side) {
  std::array<int, 3> sums{};
  for (int i = 0; i < side * side; ++i) {
    const Rgb& pixel = still.at(top + i / side, left + i % side);
    for (std::size_t c = 0; c < sums.size(); ++c)
      sums[c] += pixel[c];
  }
  Rgb mean{};
  for (std::size_t c = 0; c < sums.size(); ++c)
    mean[c] = static_cast<std::uint8_t>((sums[c] + side * side / 2) / (side * side));
  return mean;
}

std::uint8_t away_from_grey(int a, int b, int factor) {
  return static_cast<std::uint8_t>(std::clamp(kGrey[0] + factor * (b - a), 0, 255));
}

}  // namespace

Still::Still(int w, int h, Rgb colour)
    : width(w),
      height(h),
      pixels(static_cast<std::size_t>(w) * static_cast<std::size_t>(h), colour) {}

Still enlarged(const Still& still, int zoom) {
  Still large(still.width * zoom, still.height * zoom);
  for (int y = 0; y < large.height; ++y) {
    for (int x = 0; x < large.width; ++x)
      large.at(y, x) = still.at(y / zoom, x / zoom);
  }
  return large;
}

Still reduced(const Still& still, int factor) {
  Still small(still.width / factor, still.height / factor);
  for (int y = 0; y < small.height; ++y) {
    for (int x = 0; x < small.width; ++x)
      small.at(y, x) = mean_of(still, y * factor, x * factor, factor);
  }
  return small;
}

Still beside(const std::vector<Still>& stills, int gap) {
  int width = -gap;
  for (const Still& still : stills)
    width += gap + still.width;
  Still all(width, stills.front().height, kGrey);
  int left = 0;
  for (const Still& still : stills) {
    for (int y = 0; y < still.height; ++y)
      std::copy_n(&still.at(y, 0), still.width, &all.at(y, left));
    left += still.width + gap;
  }
  return all;
}

Still difference(const Still& a, const Still& b, int factor) {
  Still out(a.width, a.height);
  for (std::size_t i = 0; i < out.pixels.size(); ++i) {
    for (std::size_t c = 0; c < 3; ++c)
      out.pixels[i][c] = away_from_grey(a.pixels[i][c], b.pixels[i][c], factor);
  }
  return out;
}
}  // namespace host
