// `fastslow worker`: a worker of `encode --backend lambda`, on AWS Lambda or anything that speaks
// its Runtime API.
#include "cloud/worker.hh"

#include <cstdlib>

#include "cloud/lambda_runtime.hh"
#include "host/device_choice.hh"
#include "tools/commands.hh"

namespace tools {
namespace {

void run() {
  const char* address = std::getenv("AWS_LAMBDA_RUNTIME_API");
  if (address == nullptr || *address == '\0')
    throw UsageError("AWS_LAMBDA_RUNTIME_API",
                     "is not set: workers are started by AWS Lambda, or by fastslow cloud local");
  const host::DeviceChoice choice = host::choose_device(host::DeviceKind::kCpu, 0);
  cloud::Worker worker(*choice.device);
  cloud::serve_runtime(address, [&](const cloud::RuntimeInvocation& invocation) {
    return worker.answer(invocation.payload);
  });
}

}  // namespace

void add_worker(Command app) {
  const Command command = app.add_subcommand(
      "worker", "Work for an encode elsewhere: take tasks from the Lambda Runtime API");
  command.footer(
      "Takes host:port from the environment variable AWS_LAMBDA_RUNTIME_API, and everything else\n"
      "with each task. Ends when it gets no more tasks.\n\n"
      "Example:\n  AWS_LAMBDA_RUNTIME_API=127.0.0.1:9001 fastslow worker");
  command.on_run(run);
}

}  // namespace tools
