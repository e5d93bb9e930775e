// Where a coded stream goes, and in which container.
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "host/media_output.hh"

namespace tools {

/// What the user says of a file with coded frames.
struct StreamOutput {
  std::string path;                       ///< "-": standard output
  std::optional<host::Container> format;  ///< empty: the name tells

  /// Throws CLI::ValidationError where neither the name nor --format tells one.
  host::Container container() const;
};

/// What help texts say of such a file.
inline constexpr const char* kStreamOutputText =
    "File to write, .ivf, .webm or .mkv, or - for standard output";

/// Declares --format. The path is declared by the caller, who knows its place.
void add_format_option(CLI::App& command, StreamOutput& output);

}  // namespace tools
