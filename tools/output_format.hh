// Where a coded stream goes, and in which container.
#pragma once

#include <optional>
#include <string>

#include "host/media_output.hh"
#include "tools/command_line.hh"

namespace tools {

/// What the user says of a file with coded frames.
struct StreamOutput {
  std::string path;                       ///< "-": standard output
  std::optional<host::Container> format;  ///< empty: the name tells

  /// Throws UsageError where neither the name nor --format tells one.
  host::Container container() const;
};

/// What help texts say of such a file.
inline constexpr const char* kStreamOutputText =
    "File to write, .ivf, .webm or .mkv, or - for standard output";

/// Declares --format. The path is declared by the caller, who knows its place.
void add_format_option(Command command, StreamOutput& output);

}  // namespace tools
