// The subcommands of `fastslow`: each declares its options and runs when the command line names it.
#pragma once

#include "tools/command_line.hh"

namespace tools {

/// Each adds one subcommand, which does its work in its callback and throws what goes wrong:
/// UsageError for a command line that makes no sense, anything else for the rest.
void add_bench(Command app);
void add_edit(Command app);
void add_encode(Command app);
void add_decode(Command app);
void add_rebase(Command app);
void add_plan(Command app);
void add_profile(Command app);
void add_inspect(Command app);
void add_quality(Command app);
void add_compare(Command app);
void add_report(Command app);
void add_state(Command app);
void add_cloud(Command app);
void add_devices(Command app);
void add_documentation(Command app);
void add_simulate(Command app);
void add_splice(Command app);
void add_worker(Command app);

}  // namespace tools
