// Finding where to begin, then decoding on.
#include "tools/stream_range.hh"

#include <charconv>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "host/error.hh"
#include "tools/command_line.hh"
#include "tools/ivf_input.hh"

namespace tools {
namespace {

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < 0)
    return {};
  return value;
}

// Where decoding begins and may rest, as numbers of frames in the file, and how much there is.
struct Scan {
  std::int64_t start = -1;         // the last key frame that is not behind the range's beginning
  std::int64_t first_picture = 0;  // that it shows
  std::int64_t first_key = -1;     // in the range
  std::int64_t last_key = -1;
  std::int64_t pictures = 0;  // in the file
  host::Rational frame_rate;
};

Scan scan(const StreamRange& range) {
  IvfInput input(range.path);
  Scan found;
  found.frame_rate = input.header().frame_rate;
  while (const std::optional<host::IvfFrame> frame = input.next()) {
    if (host::is_key_frame(frame->bytes) && found.pictures <= range.begin) {
      found.start = input.number();
      found.first_picture = found.pictures;
    }
    if (host::is_key_frame(frame->bytes) && found.pictures >= range.begin &&
        (range.end < 0 || found.pictures < range.end)) {
      found.first_key = found.first_key < 0 ? input.number() : found.first_key;
      found.last_key = input.number();
    }
    found.pictures += host::is_hidden_frame(frame->bytes) ? 0 : 1;
  }
  return found;
}

void check(const StreamRange& range, const Scan& found) {
  const std::string where =
      fmt::format("pictures {}:{}", range.begin, range.end < 0 ? "" : fmt::format("{}", range.end));
  if (range.begin >= found.pictures || range.end > found.pictures) {
    throw host::InputError(range.path, where,
                           fmt::format("the file has {} pictures", found.pictures),
                           "give a range within them");
  }
  if (found.start < 0) {
    throw host::InputError(range.path, where, "there is no key frame before them",
                           "give a whole stream, which begins with a key frame");
  }
}

// Walks a range. `as_it_is` gets the frames whose numbers lie in `copied`, `visit` the others.
void walk(const StreamRange& range,
          const Scan& found,
          std::pair<std::int64_t, std::int64_t> copied,
          const std::function<void(const host::OwnFrame&)>& visit,
          const std::function<void(std::span<const std::uint8_t>)>& as_it_is) {
  const std::int64_t end = range.end < 0 ? found.pictures : range.end;
  IvfInput input(range.path);
  host::OwnFrame own;
  vp8::State state;
  std::int64_t picture = found.first_picture;
  while (picture < end) {
    std::optional<host::IvfFrame> frame = input.next();
    if (!frame)
      return;
    if (input.number() < found.start)
      continue;
    if (input.number() >= copied.first && input.number() < copied.second) {
      as_it_is(frame->bytes);
      picture += host::is_hidden_frame(frame->bytes) ? 0 : 1;
      continue;
    }
    own.before = state;
    own.decoded = input.decode(state, *frame);
    own.bytes = std::move(frame->bytes);
    state = own.decoded.next;
    if (own.decoded.frame && own.decoded.frame->header.key_frame)
      own.key_q_index = own.decoded.frame->header.quant.y_ac_qi;
    if (picture >= range.begin)
      visit(own);
    picture += own.decoded.shown ? 1 : 0;
  }
}

}  // namespace

StreamRange parse_range(const std::string& text) {
  const std::size_t open = text.rfind('[');
  if (open == std::string::npos || !text.ends_with(']'))
    return {text, 0, -1};
  const std::string_view inside = std::string_view(text).substr(open + 1, text.size() - open - 2);
  const std::size_t colon = inside.find(':');
  StreamRange range{text.substr(0, open), 0, -1};
  bool good = colon != std::string_view::npos && open > 0;
  if (good && colon > 0) {
    const auto begin = parse_number(inside.substr(0, colon));
    good = begin.has_value();
    range.begin = begin.value_or(0);
  }
  if (good && colon + 1 < inside.size()) {
    const auto end = parse_number(inside.substr(colon + 1));
    good = end.has_value() && *end > range.begin;
    range.end = end.value_or(-1);
  }
  if (!good) {
    throw UsageError("RANGE",
                     text + " is not FILE[a:b], with pictures from a to b - 1, and a below b");
  }
  return range;
}

StreamFacts visit_range(const StreamRange& range,
                        const std::function<void(const host::OwnFrame&)>& visit) {
  const Scan found = scan(range);
  check(range, found);
  walk(range, found, {0, 0}, visit, {});
  return {found.frame_rate, found.pictures};
}

StreamFacts splice_range(const StreamRange& range, bool is_last, host::Splicer& splicer) {
  const Scan found = scan(range);
  check(range, found);
  std::pair<std::int64_t, std::int64_t> copied{found.first_key, found.last_key};
  if (is_last && found.first_key >= 0)
    copied.second = std::numeric_limits<std::int64_t>::max();
  const auto fail = [&](const char* what, const char* mend) {
    throw host::InputError(range.path,
                           fmt::format("picture {} of the output", splicer.summary().pictures),
                           what, mend);
  };
  try {
    walk(
        range, found, copied, [&](const host::OwnFrame& own) { splicer.add(own); },
        [&](std::span<const std::uint8_t> bytes) { splicer.add_as_it_is(bytes); });
  } catch (const vp8::Unsupported& error) {
    fail(error.what(), "join streams of one size");
  } catch (const vp8::BitstreamError& error) {
    fail(error.what(), "copy or make the file again");
  }
  return {found.frame_rate, found.pictures};
}

}  // namespace tools
