// A worker process: invocations in, answers out.
#pragma once

#include <memory>
#include <string>

#include "cloud/credentials.hh"
#include "cloud/exchange.hh"
#include "cloud/invocation.hh"
#include "cloud/store.hh"

namespace gpu {
class Device;
}  // namespace gpu

namespace cloud {

/// Answers one invocation after the other. Store, exchange and their open lines are kept for the
/// next invocation of the same run.
class Worker {
 public:
  /// `device` must outlive this.
  explicit Worker(gpu::Device& device);

  /// The answer's text. Throws Damaged for a text that is no invocation.
  std::string answer(const std::string& text);

 private:
  void open(const Invocation& invocation);

  gpu::Device& device_;
  std::shared_ptr<CredentialsSource> credentials_ = std::make_shared<CredentialsSource>();
  StoreTarget store_target_;
  std::optional<ExchangeTarget> exchange_target_;
  std::unique_ptr<ObjectStore> store_;
  std::unique_ptr<StateExchange> exchange_;
  bool cold_ = true;
};

}  // namespace cloud
