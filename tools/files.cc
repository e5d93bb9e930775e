// Text, state files and notices.
#include "tools/files.hh"

#include <array>
#include <cstdint>
#include <vector>

#include <fmt/core.h>

#include "codec/state_io.hh"
#include "codec/types.hh"
#include "host/byte_source.hh"
#include "host/error.hh"

namespace tools {

std::vector<std::uint8_t> read_file(const std::string& path) {
  const std::unique_ptr<host::ByteSource> source = host::open_file(path);
  std::vector<std::uint8_t> bytes;
  std::array<std::uint8_t, std::size_t{1} << 16> block{};
  while (const std::size_t count = source->read(block)) {
    bytes.insert(bytes.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return bytes;
}

void write_text(std::string_view text) {
  host::OutputFile out("-");
  out.write(std::vector<std::uint8_t>(text.begin(), text.end()));
  out.commit();
}

vp8::State read_state(const std::string& path) {
  const std::vector<std::uint8_t> bytes = read_file(path);
  try {
    return vp8::parse_state(bytes);
  } catch (const vp8::BitstreamError& error) {
    throw host::InputError(path, "state file", error.what(),
                           "make it again with `fastslow decode --state-out`");
  }
}

vp8::State read_state_or_default(const std::string& path) {
  return path.empty() ? vp8::State{} : read_state(path);
}

StateOutput::StateOutput(const std::string& path) {
  if (!path.empty()) {
    file_.emplace(path);
  }
}

void StateOutput::commit(const vp8::State& state) {
  if (file_) {
    file_->write(vp8::serialise(state));
    file_->commit();
  }
}

void print_notices(const std::string& path, const host::StreamInfo& info) {
  print_notices(path, info.notices);
}

void print_notices(const std::string& path, const std::vector<std::string>& notices) {
  for (const std::string& notice : notices) {
    fmt::print(stderr, "fastslow: {}: {}\n", path == "-" ? "standard input" : path, notice);
  }
}

}  // namespace tools
