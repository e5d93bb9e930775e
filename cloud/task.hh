// The worker: one function from a task to a result, through the objects of the run.
#pragma once

#include "cloud/bytes.hh"
#include "cloud/exchange.hh"
#include "cloud/message.hh"
#include "cloud/store.hh"

namespace gpu {
class Device;
}  // namespace gpu

namespace cloud {

/// What a worker works with. Store and exchange are those of the task's run.
struct WorkerServices {
  ObjectStore& store;
  StateExchange& exchange;
  gpu::Device& device;
  bool cold = false;  ///< nothing was run here before
};

/// Carries out a task. What goes wrong is in the result. Doing a task twice does no harm: outputs
/// are equal, and the first ones stay.
Result run_task(const Task& task, const WorkerServices& services);

/// Likewise from the bytes of a task message to those of a result message. Throws Damaged if the
/// first are none.
Bytes answer_task(ByteSpan task, const WorkerServices& services);

}  // namespace cloud
