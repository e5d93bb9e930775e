// Drawing: tints, edges, lines; positions are in luma pixels of the picture.
#include "tools/overlay.hh"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

#include <fmt/core.h>

#include "codec/tables.hh"

namespace tools {
namespace {

using host::Rgb;

constexpr int kMb = 16;
constexpr double kTint = 0.45;

struct Colour {
  const char* name;
  Rgb rgb;
};

constexpr Colour kRed = {"red", {230, 30, 30}};
constexpr Colour kYellow = {"yellow", {250, 210, 40}};
constexpr Colour kOrange = {"orange", {255, 130, 20}};
constexpr Colour kGreen = {"green", {40, 190, 70}};
constexpr Colour kBlue = {"blue", {50, 110, 250}};
constexpr Colour kCyan = {"cyan", {40, 220, 230}};
constexpr Colour kMagenta = {"magenta", {230, 60, 220}};
constexpr Colour kWhite = {"white", {255, 255, 255}};
constexpr Rgb kLine = {0, 0, 0};

// The tint of a mode; ZEROMV has none.
const Colour* tint_of(vp8::MbMode mode) {
  switch (mode) {
    case vp8::B_PRED:
      return &kOrange;
    case vp8::NEARESTMV:
    case vp8::NEARMV:
      return &kGreen;
    case vp8::ZEROMV:
      return nullptr;
    case vp8::NEWMV:
      return &kBlue;
    case vp8::SPLITMV:
      return &kMagenta;
    default:
      return &kYellow;
  }
}

const Colour& colour_of(vp8::RefFrame ref) {
  return ref == vp8::GOLDEN_FRAME ? kYellow : ref == vp8::ALTREF_FRAME ? kMagenta : kWhite;
}

constexpr std::array<const Colour*, vp8::kSegments> kSegmentColours = {nullptr, &kCyan, &kYellow,
                                                                       &kBlue};

// A rectangle in pixels of the canvas.
struct Box {
  int top;
  int left;
  int height;
  int width;
};

// A still to draw on; what lies outside is not drawn.
class Canvas {
 public:
  Canvas(host::Still still, int zoom) : still_(std::move(still)), zoom_(zoom) {}

  host::Still take() { return std::move(still_); }
  int zoom() const { return zoom_; }

  // `alpha`: 0 leaves the pixel, 1 replaces it.
  void blend(int y, int x, const Rgb& colour, double alpha) {
    if (y < 0 || x < 0 || y >= still_.height || x >= still_.width)
      return;
    Rgb& pixel = still_.at(y, x);
    for (std::size_t c = 0; c < pixel.size(); ++c) {
      pixel[c] = static_cast<std::uint8_t>(std::lround(pixel[c] + alpha * (colour[c] - pixel[c])));
    }
  }

  void fill(const Box& box, const Rgb& colour, double alpha) {
    for (int y = box.top; y < box.top + box.height; ++y) {
      for (int x = box.left; x < box.left + box.width; ++x)
        blend(y, x, colour, alpha);
    }
  }

  // Lines inside the box, `thick` pixels.
  void edge(const Box& box, const Rgb& colour, int thick, double alpha) {
    const int inner = std::max(0, box.height - 2 * thick);
    fill({box.top, box.left, thick, box.width}, colour, alpha);
    fill({box.top + box.height - thick, box.left, thick, box.width}, colour, alpha);
    fill({box.top + thick, box.left, inner, thick}, colour, alpha);
    fill({box.top + thick, box.left + box.width - thick, inner, thick}, colour, alpha);
  }

  // From (y0, x0) with a dot to (y1, x1).
  void arrow(int y0, int x0, int y1, int x1, const Rgb& colour) {
    const int steps = std::max({1, std::abs(y1 - y0), std::abs(x1 - x0)});
    for (int i = 0; i <= steps; ++i)
      blend(y0 + (y1 - y0) * i / steps, x0 + (x1 - x0) * i / steps, colour, 1);
    fill({y0 - 1, x0 - 1, 3, 3}, colour, 1);
  }

 private:
  host::Still still_;
  int zoom_;
};

// One macroblock, and where it is on the canvas.
struct Place {
  const vp8::MbModes& mb;
  int top;
  int left;
  int zoom;

  Box box() const { return {top, left, kMb * zoom, kMb * zoom}; }
};

// A line between subblocks `a` and `b` = a + 1 or a + 4 where they differ.
void draw_partitions(Canvas& canvas, const Place& place) {
  const vp8::MbModes& mb = place.mb;
  if (mb.y_mode != vp8::SPLITMV && mb.y_mode != vp8::B_PRED)
    return;
  const auto& part = vp8::kSplitPart[mb.y_mode == vp8::SPLITMV ? mb.partition : vp8::kSplit4x4];
  const int side = 4 * place.zoom;
  for (int b = 0; b < kMb; ++b) {
    const auto i = static_cast<std::size_t>(b);
    const int top = place.top + b / 4 * side;
    const int left = place.left + b % 4 * side;
    if (b % 4 > 0 && part[i] != part[i - 1])
      canvas.fill({top, left, side, 1}, kLine, kTint);
    if (b >= 4 && part[i] != part[i - 4])
      canvas.fill({top, left, 1, side}, kLine, kTint);
  }
}

void draw_modes(Canvas& canvas, const Place& place) {
  if (const Colour* const tint = tint_of(place.mb.y_mode))
    canvas.fill(place.box(), tint->rgb, kTint);
  draw_partitions(canvas, place);
  canvas.fill({place.top, place.left, 1, kMb * place.zoom}, kLine, kTint);
  canvas.fill({place.top, place.left, kMb * place.zoom, 1}, kLine, kTint);
  if (place.mb.ref_frame == vp8::GOLDEN_FRAME || place.mb.ref_frame == vp8::ALTREF_FRAME) {
    const int side = 4 * place.zoom;
    canvas.fill({place.top + 1, place.left + 1, side, side}, colour_of(place.mb.ref_frame).rgb, 1);
  }
}

// Centres are in halves of subblocks, so that they are whole numbers.
void draw_part_vector(Canvas& canvas, const Place& place, std::size_t part) {
  const vp8::MbModes& mb = place.mb;
  const auto& part_of = vp8::kSplitPart[mb.partition];
  int blocks = 0;
  int rows = 0;
  int cols = 0;
  vp8::MotionVector mv = mb.mv;
  for (std::size_t b = 0; b < part_of.size(); ++b) {
    if (mb.y_mode != vp8::SPLITMV || part_of[b] == part) {
      mv = mb.mvs[b];
      rows += 2 * static_cast<int>(b / 4) + 1;
      cols += 2 * static_cast<int>(b % 4) + 1;
      ++blocks;
    }
  }
  const int y = place.top + rows * 2 * place.zoom / blocks;
  const int x = place.left + cols * 2 * place.zoom / blocks;
  canvas.arrow(y, x, y + mv.row * place.zoom / 4, x + mv.col * place.zoom / 4,
               colour_of(mb.ref_frame).rgb);
}

void draw_vectors(Canvas& canvas, const Place& place) {
  const vp8::MbModes& mb = place.mb;
  if (!mb.is_inter() || mb.y_mode == vp8::ZEROMV)
    return;
  const std::size_t parts = mb.y_mode == vp8::SPLITMV ? vp8::kSplitParts[mb.partition] : 1;
  for (std::size_t part = 0; part < parts; ++part)
    draw_part_vector(canvas, place, part);
}

void draw_segment(Canvas& canvas, const Place& place) {
  if (const Colour* const colour = kSegmentColours[place.mb.segment])
    canvas.edge(place.box(), colour->rgb, place.zoom, 1);
}

void draw_bits(Canvas& canvas, const Place& place, std::uint32_t bits) {
  const double depth = std::log2(1.0 + bits) / std::log2(1.0 + kDeepestBits);
  constexpr double deepest = 0.85;
  canvas.fill(place.box(), kRed.rgb, deepest * std::min(1.0, depth));
}

void draw_macroblock(Canvas& canvas,
                     const OverlayFrame& frame,
                     const OverlayLayers& layers,
                     std::size_t index) {
  const auto cols = static_cast<std::size_t>(frame.syntax->mb_cols);
  const int side = kMb * canvas.zoom();
  const Place place = {frame.syntax->modes[index], side * static_cast<int>(index / cols),
                       side * static_cast<int>(index % cols), canvas.zoom()};
  if (layers.bits)
    draw_bits(canvas, place, frame.bits.modes[index] + frame.bits.tokens[index]);
  if (layers.modes)
    draw_modes(canvas, place);
  if (layers.segments)
    draw_segment(canvas, place);
}

void check_size(const vp8::Picture& picture, int zoom) {
  constexpr std::int64_t most = std::int64_t{1} << 28;
  if (std::int64_t{picture.width()} * zoom * picture.height() * zoom > most) {
    throw vp8::Unsupported(
        fmt::format("a picture of {}x{} is too large for --zoom {}; give a smaller one",
                    picture.width(), picture.height(), zoom));
  }
}

}  // namespace

const std::vector<std::string>& layer_names() {
  static const std::vector<std::string> names = {"modes", "vectors", "segments", "bits"};
  return names;
}

OverlayLayers layers_named(const std::vector<std::string>& names) {
  const auto has = [&](const char* name) { return std::ranges::count(names, name) > 0; };
  return {has("modes"), has("vectors"), has("segments"), has("bits")};
}

std::string overlay_legend() {
  return fmt::format(
      "modes: {} is intra 16x16, {} B_PRED, {} NEAREST and NEAR, {} NEW, {} SPLIT, ZERO is clear; "
      "lines part subblocks that have modes or vectors of their own; a corner says golden ({}) or "
      "altref ({}). vectors: from the dot, the middle of what is predicted, to where from; {} is "
      "last, {} golden, {} altref. segments: edges {}, {}, {} for 1, 2, 3. bits: red by the "
      "logarithm of a macroblock's bits, deepest at {:.0f}. A hidden frame has a red edge.",
      kYellow.name, kOrange.name, kGreen.name, kBlue.name, kMagenta.name, kYellow.name,
      kMagenta.name, kWhite.name, kYellow.name, kMagenta.name, kCyan.name, kYellow.name, kBlue.name,
      kDeepestBits);
}

host::Still overlay(const OverlayFrame& frame, const OverlayLayers& layers, int zoom) {
  check_size(frame.picture, zoom);
  Canvas canvas(host::enlarged(host::to_still(frame.picture), zoom), zoom);
  const std::size_t macroblocks = frame.syntax != nullptr ? frame.syntax->modes.size() : 0;
  for (std::size_t i = 0; i < macroblocks; ++i)
    draw_macroblock(canvas, frame, layers, i);
  // Vectors cross macroblocks, so they come last.
  for (std::size_t i = 0; layers.vectors && i < macroblocks; ++i) {
    const auto cols = static_cast<std::size_t>(frame.syntax->mb_cols);
    const int side = kMb * zoom;
    draw_vectors(canvas, {frame.syntax->modes[i], side * static_cast<int>(i / cols),
                          side * static_cast<int>(i % cols), zoom});
  }
  if (!frame.shown) {
    canvas.edge({0, 0, frame.picture.height() * zoom, frame.picture.width() * zoom}, kRed.rgb,
                2 * zoom, 1);
  }
  return canvas.take();
}

}  // namespace tools
