// `fastslow worker`.
#include "tools/commands.hh"
#include "tools/worker.hh"

namespace tools {

void add_worker(Command app) {
  const Command command = app.add_subcommand(
      "worker", "Work for an encode elsewhere: take tasks from the Lambda Runtime API");
  command.footer(
      "Takes host:port from the environment variable AWS_LAMBDA_RUNTIME_API, and everything else\n"
      "with each task. Ends when it gets no more tasks.\n\n"
      "Example:\n  AWS_LAMBDA_RUNTIME_API=127.0.0.1:9001 fastslow worker");
  command.on_run(run_worker);
}

}  // namespace tools
