// The subcommands of `fastslow cloud`, in the manner of tools/commands.hh.
#pragma once

#include <CLI/CLI.hpp>

namespace tools {

/// Each adds one subcommand to `fastslow cloud`.
void add_cloud_package(CLI::App& cloud);
void add_cloud_check(CLI::App& cloud);
void add_cloud_local(CLI::App& cloud);

}  // namespace tools
