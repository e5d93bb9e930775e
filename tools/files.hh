// Small files of the subcommands: text on standard output, state files, notices to the user.
#pragma once

#include <string>
#include <string_view>

#include "codec/state.hh"
#include "host/picture_source.hh"

namespace tools {

/// Writes text to standard output. Throws std::system_error if it cannot be written.
void write_text(std::string_view text);

/// The state in a file that write_state() made. Throws host::InputError, which names the file, for
/// damaged ones; std::system_error.
vp8::State read_state(const std::string& path);

/// The state of `path`, or that before the first frame if the path is empty.
vp8::State read_state_or_default(const std::string& path);

/// Writes a state; the file appears when it is complete. Nothing for an empty path.
void write_state(const std::string& path, const vp8::State& state);

/// Tells on standard error what was converted or assumed.
void print_notices(const std::string& path, const host::StreamInfo& info);

}  // namespace tools
