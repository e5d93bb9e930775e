// A worker of `encode --backend lambda`, on AWS Lambda or anything that speaks its Runtime API.
#include "tools/worker.hh"

#include <cstdlib>

#include "cloud/lambda_runtime.hh"
#include "cloud/worker.hh"
#include "host/device_choice.hh"
#include "tools/command_line.hh"

namespace tools {

void run_worker() {
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

}  // namespace tools
