// Small files of the subcommands: text on standard output, state files, notices to the user.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/state.hh"
#include "host/output_file.hh"
#include "host/picture_source.hh"

namespace tools {

/// Writes text to standard output. Throws std::system_error if it cannot be written.
void write_text(std::string_view text);

/// All bytes of a file. Throws std::system_error.
std::vector<std::uint8_t> read_file(const std::string& path);

/// The state in a file that write_state() made. Throws host::InputError, which names the file, for
/// damaged ones; std::system_error.
vp8::State read_state(const std::string& path);

/// The state of `path`, or that before the first frame if the path is empty.
vp8::State read_state_or_default(const std::string& path);

/// A state file to be written at the end, which is opened at once, so that an unwritable one is an
/// error before any work.
class StateOutput {
 public:
  /// Does nothing, ever, for an empty path. Throws std::system_error like all members.
  explicit StateOutput(const std::string& path);
  void commit(const vp8::State& state);

 private:
  std::optional<host::OutputFile> file_;
};

/// Tells on standard error what was converted or assumed.
void print_notices(const std::string& path, const host::StreamInfo& info);
void print_notices(const std::string& path, const std::vector<std::string>& notices);

}  // namespace tools
