// `fastslow cloud local`: a whole cloud on this machine, started and ended.
#include <filesystem>
#include <memory>

#include <fmt/core.h>

#include "cloud/local_control.hh"
#include "tools/cloud_commands.hh"
#include "tools/files.hh"

namespace tools {
namespace {

constexpr int kMostWorkers = 200;  // each takes a few threads and files of the engine
constexpr int kMostSeconds = 900;  // as on Lambda

std::string this_program() {
  return std::filesystem::read_symlink("/proc/self/exe").string();
}

void add_folder_option(Command command, cloud::LocalControlOptions& options) {
  options.folder = cloud::default_local_folder();
  command
      .add_option("--folder", options.folder,
                  "Where the engine keeps its files and how to reach it")
      .shows_default();
}

void add_engine_options(Command command, cloud::LocalControlOptions& options) {
  add_folder_option(command, options);
  command
      .add_option("--concurrency", options.concurrency,
                  "Workers at once; one more is refused, as on a small account")
      .check(in_range(1, kMostWorkers))
      .shows_default();
  command
      .add_option("--task-limit", options.limit_seconds,
                  "Seconds that a worker may take for a task; then it is killed")
      .check(in_range(1, kMostSeconds))
      .shows_default();
}

void add_up(Command local) {
  const auto options = std::make_shared<cloud::LocalControlOptions>();
  const Command command = local.add_subcommand(
      "up", "Start it, unless it runs, and print how to reach it, for the shell's eval");
  add_engine_options(command, *options);
  command.footer("Example:\n  eval \"$(fastslow cloud local up)\"");
  command.on_run([options] { write_text(cloud::start_local_engine(*options, this_program())); });
}

void add_down(Command local) {
  const auto options = std::make_shared<cloud::LocalControlOptions>();
  const Command command = local.add_subcommand("down", "End it");
  add_folder_option(command, *options);
  command.footer("Example:\n  fastslow cloud local down");
  command.on_run([options] {
    if (!cloud::stop_local_engine(options->folder))
      fmt::print(stderr, "fastslow: no local engine runs in {}\n", options->folder);
  });
}

void add_serve(Command local) {
  const auto options = std::make_shared<cloud::LocalControlOptions>();
  const Command command =
      local.add_subcommand("serve", "Run it here until Ctrl-C; up does this in the background");
  add_engine_options(command, *options);
  command.footer("Example:\n  fastslow cloud local serve --concurrency 8");
  command.on_run([options] { cloud::serve_local_engine(*options, this_program()); });
}

}  // namespace

void add_cloud_local(Command cloud) {
  const Command command = cloud.add_subcommand(
      "local", "A whole cloud on this machine, on loopback: Lambda, S3 and Redis");
  command.require_subcommand();
  command.footer(
      "Starts the npm package s3rver (installed at first use, into ~/.cache/fastslow), "
      "redis-server\n"
      "with TLS, and worker processes as AWS Lambda would.\n\n"
      "Example:\n"
      "  eval \"$(fastslow cloud local up)\"\n"
      "  fastslow encode in.mp4 -o out.ivf --backend lambda\n"
      "  fastslow cloud local down");
  add_up(command);
  add_down(command);
  add_serve(command);
}

}  // namespace tools
