// `fastslow cloud`: what has to do with AWS, and with its stand-in on this machine.
#include "tools/cloud_commands.hh"
#include "tools/commands.hh"

namespace tools {

void add_cloud(Command app) {
  const Command cloud = app.add_subcommand("cloud", "Set up what encode --backend lambda needs");
  cloud.require_subcommand();
  cloud.footer("Example:\n  fastslow cloud package -o fastslow.zip");
  add_cloud_package(cloud);
  add_cloud_check(cloud);
  add_cloud_local(cloud);
}

}  // namespace tools
