// The trade-off as a picture.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "tools/bench_tradeoff.hh"

namespace tools {
namespace {

constexpr double kWidth = 760;
constexpr double kHeight = 440;
constexpr double kLeft = 70;
constexpr double kRight = 40;
constexpr double kTop = 50;
constexpr double kBottom = 60;
constexpr std::array<const char*, 6> kColours = {"#1f77b4", "#d62728", "#2ca02c",
                                                 "#9467bd", "#ff7f0e", "#17becf"};

// A range of values and where it lies in the picture.
struct Axis {
  double from = 0;
  double to = 1;
  double at_from = 0;
  double at_to = 1;

  double at(double value) const {
    return at_from + (value - from) / (to - from) * (at_to - at_from);
  }
};

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else
      safe += c;
  }
  return safe;
}

std::string label(double x, double y, const std::string& style, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, style, escaped(text));
}

std::string rule(double x1, double y1, double x2, double y2) {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#ddd\"/>\n", x1, y1,
      x2, y2);
}

// The logarithm of the seconds in series; points of no time lie at a millisecond.
double log_seconds(const TradeoffPoint& point) {
  return std::log10(std::max(1e-3, point.serial_seconds));
}

Axis time_axis(const std::vector<TradeoffPoint>& points) {
  double least = 1e9;
  double most = -1e9;
  for (const TradeoffPoint& point : points) {
    least = std::min(least, log_seconds(point));
    most = std::max(most, log_seconds(point));
  }
  return {least - 0.15, most + 0.25, kLeft, kWidth - kRight};
}

Axis bits_axis(const std::vector<TradeoffPoint>& points) {
  double least = 0;
  double most = 0.02;
  for (const TradeoffPoint& point : points) {
    least = std::min(least, point.bits_lost);
    most = std::max(most, point.bits_lost);
  }
  const double margin = (most - least) / 10;
  return {least - margin, most + margin, kHeight - kBottom, kTop};
}

// A step of 1, 2 or 5 times a power of ten that gives about six lines.
double step_of(double range) {
  const double power = std::pow(10.0, std::floor(std::log10(range / 6)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (range / (factor * power) <= 7)
      return factor * power;
  }
  return 10 * power;
}

std::string bits_grid(const Axis& bits) {
  std::string svg;
  const double step = step_of(bits.to - bits.from);
  for (double value = std::ceil(bits.from / step) * step; value <= bits.to; value += step) {
    const double y = bits.at(value);
    svg += rule(kLeft, y, kWidth - kRight, y);
    svg +=
        label(kLeft - 8, y + 4, "text-anchor=\"end\"", fmt::format("{:.4g} %", 100 * value + 0.0));
  }
  return svg;
}

std::string time_grid(const Axis& time) {
  std::string svg;
  for (int power = static_cast<int>(std::floor(time.from)); power <= time.to; ++power) {
    for (const int factor : {1, 2, 5}) {
      const double seconds = factor * std::pow(10.0, power);
      const double value = std::log10(seconds);
      if (value < time.from || value > time.to)
        continue;
      svg += rule(time.at(value), kTop, time.at(value), kHeight - kBottom);
      svg += label(time.at(value), kHeight - kBottom + 18, "text-anchor=\"middle\"",
                   fmt::format("{:.4g} s", seconds));
    }
  }
  return svg;
}

// Points with the same number of pictures a chunk, from short chains to long ones.
std::string curve(const std::vector<TradeoffPoint>& points,
                  const Axis& time,
                  const Axis& bits,
                  const char* colour) {
  std::string line;
  std::string marks;
  for (const TradeoffPoint& point : points) {
    const double x = time.at(log_seconds(point));
    const double y = bits.at(point.bits_lost);
    line += fmt::format("{:.1f},{:.1f} ", x, y);
    marks +=
        fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\"/>\n", x, y, colour);
    marks += label(x + 7, y - 7, fmt::format("fill=\"{}\"", colour),
                   shape_text({BenchBackend::kCpu, point.shape, 0}));
  }
  return fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"/>\n",
                     line, colour) +
         marks;
}

}  // namespace

std::string tradeoff_as_svg(const std::vector<TradeoffPoint>& points, const std::string& title) {
  const Axis time = time_axis(points);
  const Axis bits = bits_axis(points);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
      "height=\"{1:.0f}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
      kWidth, kHeight);
  svg += label(kLeft, 26, "font-size=\"15\"", title);
  svg += bits_grid(bits) + time_grid(time);
  svg += label((kLeft + kWidth - kRight) / 2, kHeight - 14, "text-anchor=\"middle\"",
               "seconds in series, with a worker for each chunk");
  svg += label(kLeft, 44, "fill=\"#555\"", "bits lost to hardly any chunks, at equal PSNR-Y");
  std::map<int, std::vector<TradeoffPoint>> by_chunk;
  for (const TradeoffPoint& point : points)
    by_chunk[point.shape[0]].push_back(point);
  std::size_t colour = 0;
  for (auto& [chunk, curve_points] : by_chunk) {
    std::sort(curve_points.begin(), curve_points.end(),
              [](const TradeoffPoint& a, const TradeoffPoint& b) {
                return a.serial_seconds < b.serial_seconds;
              });
    svg += curve(curve_points, time, bits, kColours[colour++ % kColours.size()]);
  }
  return svg + "</svg>\n";
}

}  // namespace tools
