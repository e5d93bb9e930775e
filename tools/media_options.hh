// Options that change a video while it is read.
#pragma once

#include <string>

#include "host/picture_source.hh"
#include "tools/command_line.hh"

namespace tools {

/// Declares --start, --end, --scale and --fps.
void add_source_options(Command command, host::SourceOptions& options);
/// Throws UsageError for times without anything between them.
void check_source_options(const host::SourceOptions& options);
/// What was asked for, for people and as part of an encode's identity; empty: nothing.
std::string source_text(const host::SourceOptions& options);

}  // namespace tools
