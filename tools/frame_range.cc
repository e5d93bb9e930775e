// Ranges of frames as text.
#include "tools/frame_range.hh"

#include <charconv>
#include <string_view>

namespace tools {
namespace {

// A number from 0; `absent` for no text, nothing for other texts.
std::optional<std::int64_t> parse_number(std::string_view text, std::int64_t absent) {
  if (text.empty())
    return absent;
  std::int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || value < 0)
    return {};
  return value;
}

}  // namespace

std::optional<FrameRange> parse_frame_range(const std::string& text) {
  const FrameRange all;
  const std::string_view view = text;
  const std::size_t colon = view.find(':');
  const std::optional<std::int64_t> begin = parse_number(view.substr(0, colon), all.begin);
  if (!begin || view.empty())
    return {};
  if (colon == std::string_view::npos)
    return *begin < all.end ? std::optional<FrameRange>({*begin, *begin + 1}) : std::nullopt;
  const std::optional<std::int64_t> end = parse_number(view.substr(colon + 1), all.end);
  if (!end || *end <= *begin)
    return {};
  return FrameRange{*begin, *end};
}

Option add_frames_option(Command command, FrameRange& range) {
  return command
      .add_taker(
          "--frames", [&range](const std::string& text) { range = *parse_frame_range(text); },
          "These frames only: A:B is A up to and without B, either may be absent; A alone is one "
          "frame; they count from 0, hidden ones too")
      .check({[](const std::string& text) {
                return parse_frame_range(text)
                           ? std::string()
                           : "'" + text + "' is no range of frames such as 10:20, 10: or 10";
              },
              ""})
      .type_name("A:B");
}

}  // namespace tools
