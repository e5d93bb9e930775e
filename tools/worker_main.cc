// `fastslow-worker`: what runs on AWS Lambda. As `fastslow worker`, without the rest of the
// program.
#include <csignal>
#include <cstdlib>
#include <exception>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "tools/commands.hh"

int main() {
  try {
    std::signal(SIGPIPE, SIG_IGN);  // a broken line is an error of the call
    CLI::App app;
    tools::add_worker(tools::Command(app));
    app.parse("worker");
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    fmt::print(stderr, "fastslow-worker: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
