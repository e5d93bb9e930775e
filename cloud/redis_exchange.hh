// States between neighbours through a Redis server.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "cloud/exchange.hh"
#include "cloud/invocation.hh"
#include "cloud/redis_connection.hh"

namespace cloud {

/// Each key is a stream with one entry, number 1-1: adding it a second time is refused by the
/// server, so that the first one stays, and readers wait without taking it away. Keys expire. Lines
/// are kept for later calls; one that breaks is replaced once a call.
class RedisExchange final : public StateExchange {
 public:
  static constexpr std::chrono::hours kDefaultLife{6};

  explicit RedisExchange(ExchangeTarget target, std::chrono::milliseconds life = kDefaultLife);

  bool publish(const std::string& key, ByteSpan bytes) override;
  std::optional<Bytes> wait(const std::string& key, std::chrono::milliseconds limit) override;

 private:
  using Command = RedisConnection::Command;

  std::vector<RedisReply> run(std::span<const Command> commands,
                              std::chrono::milliseconds patience);
  std::unique_ptr<RedisConnection> take_idle();

  ExchangeTarget target_;
  std::chrono::milliseconds life_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<RedisConnection>> idle_;
};

/// What the coordinator does on the server before and after a run, as a user who may.
class RedisAdmin {
 public:
  explicit RedisAdmin(RedisOptions options) : options_(std::move(options)) {}

  /// Makes a user for a run who can publish, wait and nothing else, and only under the prefix.
  /// Doing it again does no harm. Throws Unavailable and Denied.
  ExchangeTarget admit(const std::string& user,
                       const std::string& password,
                       const std::string& prefix) const;
  /// Removes the user and all keys of the prefix. Throws Unavailable and Denied.
  void dismiss(const std::string& user, const std::string& prefix) const;

 private:
  RedisOptions options_;
};

}  // namespace cloud
