// `fastslow-worker`: what runs on AWS Lambda. As `fastslow worker`, without the rest of the
// program.
#include <csignal>
#include <cstdlib>
#include <exception>

#include <fmt/core.h>

#include "tools/worker.hh"

int main() {
  try {
    std::signal(SIGPIPE, SIG_IGN);  // a broken line is an error of the call
    tools::run_worker();
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    fmt::print(stderr, "fastslow-worker: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
