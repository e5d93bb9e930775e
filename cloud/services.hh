// The real services of a run, from the cloud's configuration: S3, Redis or polling, Lambda.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cloud/config.hh"
#include "cloud/exchange.hh"
#include "cloud/invocation.hh"
#include "cloud/invoker.hh"
#include "cloud/store.hh"

namespace cloud {

/// How states travel between neighbours.
enum class ExchangeKind : std::uint8_t {
  kAuto,   ///< through the Redis server of the configuration; polled for where it has none
  kRedis,  ///< through that server, or not at all
  kStore,  ///< polled for in the object store
};

class CredentialsSource;
class RedisAdmin;

/// What a coordinator needs for one run. Objects lie under "runs/NAME/" in the bucket; on the Redis
/// server the run has a user of its own, who sees nothing but "runs/NAME/".
class RunServices {
 public:
  /// `name` is the run's, of letters, digits and '-'. Admits the run's user. Throws
  /// std::invalid_argument for a configuration that makes no sense, Unavailable, Denied, and
  /// std::system_error for a file of certificates that cannot be read.
  RunServices(const CloudConfig& config, const std::string& name, ExchangeKind exchange);
  RunServices(const RunServices&) = delete;
  RunServices(RunServices&&) = delete;
  RunServices& operator=(const RunServices&) = delete;
  RunServices& operator=(RunServices&&) = delete;
  /// Stops what is under way. Objects and states stay.
  ~RunServices();

  ObjectStore& store() { return *store_; }
  StateExchange& exchange() { return *exchange_; }
  Invoker& invoker() { return *invoker_; }
  /// "redis" or "s3".
  const char* exchange_name() const { return admin_ ? "redis" : "s3"; }

  /// Removes the run's user and states from the Redis server: for the end of a run. Objects are the
  /// coordinator's to remove. Throws Unavailable and Denied.
  void dismiss();

 private:
  std::string prefix_;
  std::string user_;
  std::unique_ptr<ObjectStore> store_;
  std::unique_ptr<RedisAdmin> admin_;  // null without Redis
  std::unique_ptr<StateExchange> exchange_;
  std::unique_ptr<Invoker> invoker_;
};

/// A store as a target says. Throws std::invalid_argument.
std::unique_ptr<ObjectStore> open_store(const StoreTarget& target,
                                        std::shared_ptr<CredentialsSource> credentials);

/// An exchange as a target says; without one, by polling `store`, which must outlive it.
std::unique_ptr<StateExchange> open_exchange(const std::optional<ExchangeTarget>& target,
                                             ObjectStore& store);

}  // namespace cloud
