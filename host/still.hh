// Still pictures: what a picture shows as RGB, and PNG files by FFmpeg's encoder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "codec/picture.hh"

namespace host {

/// Red, green, blue.
using Rgb = std::array<std::uint8_t, 3>;

/// A picture of RGB pixels.
struct Still {
  int width = 0;
  int height = 0;
  std::vector<Rgb> pixels;  ///< rows from the top, width * height

  Still() = default;
  /// One colour all over.
  Still(int w, int h, Rgb colour = {});

  Rgb& at(int y, int x) { return pixels[index(y, x)]; }
  const Rgb& at(int y, int x) const { return pixels[index(y, x)]; }
  bool operator==(const Still&) const = default;

 private:
  std::size_t index(int y, int x) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
           static_cast<std::size_t>(x);
  }
};

/// What a picture shows, by the matrix of BT.601 and limited range, as VP8 has it (RFC 6386 §9.2).
Still to_still(const vp8::Picture& picture);

/// The other way, with alignment and borders filled.
vp8::Picture to_picture(const Still& still);

/// Each pixel `zoom` x `zoom` times.
Still enlarged(const Still& still, int zoom);

/// Each pixel the mean of `factor` x `factor`; what is left over at the right and below is dropped.
/// `factor` is at most width and height.
Still reduced(const Still& still, int factor);

/// Stills of equal height beside each other, `gap` grey pixels between them.
Still beside(const std::vector<Still>& stills, int gap);

/// Where two stills of equal size differ: grey where they are equal, `factor` times the difference
/// elsewhere.
Still difference(const Still& a, const Still& b, int factor);

/// The bytes of a PNG file. Throws vp8::Unsupported if FFmpeg's libraries cannot make one.
std::vector<std::uint8_t> png(const Still& still);

}  // namespace host
