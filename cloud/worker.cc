// A worker process: invocations in, answers out.
#include "cloud/worker.hh"

#include <utility>

#include "cloud/services.hh"
#include "cloud/task.hh"

namespace cloud {

Worker::Worker(gpu::Device& device) : device_(device) {}

void Worker::open(const Invocation& invocation) {
  const bool same =
      store_ && invocation.store == store_target_ && invocation.exchange == exchange_target_;
  if (same)
    return;
  exchange_.reset();
  store_ = open_store(invocation.store, credentials_);
  exchange_ = open_exchange(invocation.exchange, *store_);
  store_target_ = invocation.store;
  exchange_target_ = invocation.exchange;
}

std::string Worker::answer(const std::string& text) {
  const Invocation invocation = read_invocation(text);
  open(invocation);
  const bool cold = std::exchange(cold_, false);
  return write_answer(
      answer_task(invocation.task,
                  {.store = *store_, .exchange = *exchange_, .device = device_, .cold = cold}));
}

}  // namespace cloud
