// States that a command line names.
#pragma once

#include <string>

#include "codec/state.hh"

namespace tools {

/// The state in a file that `decode --state-out` wrote, or, for "STREAM[n]", that behind frame n
/// (from 0, hidden frames counted) of a stream. A file of just that name comes first. Throws
/// host::InputError, std::system_error.
vp8::State named_state(const std::string& name);

}  // namespace tools
