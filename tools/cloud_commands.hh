// The subcommands of `fastslow cloud`, in the manner of tools/commands.hh.
#pragma once

#include "tools/command_line.hh"

namespace tools {

/// Each adds one subcommand to `fastslow cloud`.
void add_cloud_package(Command cloud);
void add_cloud_check(Command cloud);
void add_cloud_local(Command cloud);

}  // namespace tools
