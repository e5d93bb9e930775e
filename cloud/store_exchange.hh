// States between neighbours without a server of their own: whoever waits polls the object store.
#pragma once

#include "cloud/exchange.hh"
#include "cloud/store.hh"

namespace cloud {

/// All that is published lies in the store already, under the same key: publishing does nothing,
/// and waiting asks the store again and again, ever more slowly.
class StoreExchange final : public StateExchange {
 public:
  /// `store` must outlive this.
  explicit StoreExchange(ObjectStore& store) : store_(store) {}

  bool publish(const std::string& key, ByteSpan bytes) override;
  std::optional<Bytes> wait(const std::string& key, std::chrono::milliseconds limit) override;

 private:
  ObjectStore& store_;
};

}  // namespace cloud
