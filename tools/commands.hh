// The subcommands of `fastslow`: each declares its options and runs when the command line names it.
#pragma once

#include <CLI/CLI.hpp>

namespace tools {

/// Each adds one subcommand, which does its work in its callback and throws what goes wrong:
/// CLI::ParseError for a command line that makes no sense, anything else for the rest.
void add_encode(CLI::App& app);
void add_decode(CLI::App& app);
void add_rebase(CLI::App& app);
void add_plan(CLI::App& app);
void add_inspect(CLI::App& app);
void add_quality(CLI::App& app);
void add_cloud(CLI::App& app);
void add_devices(CLI::App& app);
void add_documentation(CLI::App& app);
void add_simulate(CLI::App& app);
void add_worker(CLI::App& app);

}  // namespace tools
