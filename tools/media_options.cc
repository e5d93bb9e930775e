// Times, sizes and rates as text.
#include "tools/media_options.hh"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "codec/types.hh"

namespace tools {
namespace {

constexpr double kMicro = 1e6;

template <class T>
std::optional<T> parse_whole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

// "90", "1.5", "1:30", "01:02:03.5" as microseconds.
std::optional<std::int64_t> parse_time(std::string_view text) {
  constexpr double max_seconds = 1e9;
  std::int64_t minutes = 0;
  for (int colons = 0; text.find(':') != std::string_view::npos; ++colons) {
    const std::size_t colon = text.find(':');
    const auto part = parse_whole<unsigned>(text.substr(0, colon));
    if (!part || colons == 2 || *part > 1'000'000)
      return {};
    minutes = minutes * 60 + *part;
    text.remove_prefix(colon + 1);
  }
  const auto seconds = parse_whole<double>(text);
  const bool digits = !text.empty() && text.find_first_not_of("0123456789.") == text.npos;
  if (!digits || !seconds || !(*seconds < max_seconds))
    return {};
  return minutes * 60'000'000 + std::llround(*seconds * kMicro);
}

std::optional<host::Scale> parse_scale(std::string_view text) {
  const std::size_t x = text.find('x');
  if (x == std::string_view::npos)
    return {};
  const auto width = parse_whole<int>(text.substr(0, x));
  const auto height = parse_whole<int>(text.substr(x + 1));
  const auto fits = [](int side) {
    return side == -1 || side == -2 || (side >= 1 && side <= vp8::kMaxDimension);
  };
  if (!width || !height || !fits(*width) || !fits(*height) || (*width < 0 && *height < 0))
    return {};
  return host::Scale{*width, *height};
}

std::optional<host::Rational> parse_rate(std::string_view text) {
  constexpr int max_term = 1'000'000;
  const std::size_t slash = text.find('/');
  const auto num = parse_whole<int>(text.substr(0, slash));
  const auto den =
      slash == std::string_view::npos ? std::optional(1) : parse_whole<int>(text.substr(slash + 1));
  if (!num || !den || *num < 1 || *den < 1 || *num > max_term || *den > max_term)
    return {};
  return host::Rational{*num, *den};
}

// Accepts what `parse` makes something of.
template <class Parse>
Check parsed(Parse parse, const std::string& what) {
  return {[parse, what](std::string& text) -> std::string {
            return parse(text) ? "" : fmt::format("{} is not {}", text, what);
          },
          ""};
}

}  // namespace

void add_source_options(Command command, host::SourceOptions& options) {
  const std::string time = "seconds or [HH:]MM:SS, with a fraction or without";
  command
      .add_taker(
          "--start", [&](const std::string& text) { options.start_us = *parse_time(text); },
          "Leave out what comes before this time: " + time)
      .check(parsed(parse_time, time))
      .type_name("TIME");
  command
      .add_taker(
          "--end", [&](const std::string& text) { options.end_us = parse_time(text); },
          "Leave out what is shown from this time on")
      .check(parsed(parse_time, time))
      .type_name("TIME");
  command
      .add_taker(
          "--scale", [&](const std::string& text) { options.scale = parse_scale(text); },
          "Bring the pictures to this size; -1 for one side keeps the shape, -2 makes it even")
      .check(parsed(parse_scale, "WxH, such as 1280x720 or -2x720"))
      .type_name("WxH");
  command
      .add_taker(
          "--fps", [&](const std::string& text) { options.frame_rate = parse_rate(text); },
          "Pictures a second, N or N/D, by repeating and leaving out; of an image sequence: its "
          "own (25 if not given)")
      .check(parsed(parse_rate, "N or N/D, such as 25 or 30000/1001"))
      .type_name("N[/D]");
}

void check_source_options(const host::SourceOptions& options) {
  if (options.end_us && *options.end_us <= options.start_us)
    throw UsageError("--start, --end", "the end must come after the start");
}

std::string source_text(const host::SourceOptions& options) {
  std::vector<std::string> parts;
  if (options.start_us > 0)
    parts.push_back(fmt::format("from {:.6f} s", static_cast<double>(options.start_us) / kMicro));
  if (options.end_us)
    parts.push_back(fmt::format("to {:.6f} s", static_cast<double>(*options.end_us) / kMicro));
  if (options.scale)
    parts.push_back(fmt::format("scaled to {}x{}", options.scale->width, options.scale->height));
  if (options.frame_rate) {
    parts.push_back(
        fmt::format("at {}/{} pictures/s", options.frame_rate->num, options.frame_rate->den));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace tools
