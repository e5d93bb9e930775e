// What `fastslow worker` and `fastslow-worker` run.
#pragma once

namespace tools {

/// Takes tasks of `encode --backend lambda` from the Lambda Runtime API at $AWS_LAMBDA_RUNTIME_API,
/// until it gives no more. Throws UsageError if the variable is not set.
void run_worker();

}  // namespace tools
