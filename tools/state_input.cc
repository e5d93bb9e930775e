// A state file, or a stream decoded up to a frame.
#include "tools/state_input.hh"

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "tools/files.hh"
#include "tools/ivf_input.hh"

namespace tools {
namespace {

struct FrameOfStream {
  std::string path;
  std::int64_t frame = 0;
};

// "PATH[n]"; nothing for other names.
std::optional<FrameOfStream> frame_of_stream(const std::string& name) {
  const std::size_t open = name.rfind('[');
  if (open == std::string::npos || open == 0 || !name.ends_with(']'))
    return {};
  FrameOfStream out{name.substr(0, open), 0};
  const char* const end = name.data() + name.size() - 1;
  const auto parsed = std::from_chars(name.data() + open + 1, end, out.frame);
  if (parsed.ec != std::errc() || parsed.ptr != end || out.frame < 0)
    return {};
  return out;
}

vp8::State state_behind(const FrameOfStream& wanted) {
  IvfInput input(wanted.path);
  vp8::State state;
  while (const std::optional<host::IvfFrame> frame = input.next()) {
    state = std::move(input.decode(state, *frame).next);
    if (input.number() == wanted.frame)
      return state;
  }
  input.fail("this is the last frame", fmt::format("choose [0] to [{}]", input.number()));
}

}  // namespace

vp8::State named_state(const std::string& name) {
  const std::optional<FrameOfStream> wanted = frame_of_stream(name);
  if (wanted && !std::filesystem::exists(name))
    return state_behind(*wanted);
  return read_state(name);
}

}  // namespace tools
