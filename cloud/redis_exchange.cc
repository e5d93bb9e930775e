// States through Redis: XADD once, XREAD to wait.
#include "cloud/redis_exchange.hh"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "cloud/error.hh"

namespace cloud {
namespace {

constexpr const char* kField = "b";

std::string_view view(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A reply that must not be an error.
RedisReply expect(RedisReply reply, const std::string& what) {
  if (!reply.is_error())
    return reply;
  const std::string text = fmt::format("state exchange: {}: {}", what, reply.words());
  if (reply.words().starts_with("NOPERM") || reply.words().starts_with("NOAUTH"))
    throw Denied(text);
  throw Unavailable(text);
}

// Walks down nested lists: the stream, its entries, the entry, its fields, the value.
const RedisReply* walk(const RedisReply& reply, std::initializer_list<std::size_t> path) {
  const RedisReply* at = &reply;
  for (const std::size_t step : path) {
    if (step >= at->list.size())
      return nullptr;
    at = &at->list[step];
  }
  return at;
}

bool is_taken(const RedisReply& reply) {
  return reply.is_error() &&
         reply.words().find("equal or smaller than the target stream") != std::string::npos;
}

}  // namespace

RedisExchange::RedisExchange(ExchangeTarget target, std::chrono::milliseconds life)
    : target_(std::move(target)), life_(life) {}

std::unique_ptr<RedisConnection> RedisExchange::take_idle() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty())
    return nullptr;
  std::unique_ptr<RedisConnection> connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

// A kept line may have broken long ago: only what fails on a new one is worth telling.
std::vector<RedisReply> RedisExchange::run(std::span<const Command> commands,
                                           std::chrono::milliseconds patience) {
  const RedisOptions options{.host = target_.host,
                             .port = target_.port,
                             .user = target_.user,
                             .password = target_.password,
                             .ca_pem = target_.ca_pem};
  std::unique_ptr<RedisConnection> connection = take_idle();
  std::vector<RedisReply> replies;
  try {
    if (connection)
      replies = connection->run(commands, patience);
  } catch (const Unavailable&) {
    connection.reset();
  }
  if (!connection) {
    connection = std::make_unique<RedisConnection>(options);
    replies = connection->run(commands, patience);
  }
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(connection));
  return replies;
}

bool RedisExchange::publish(const std::string& key, ByteSpan bytes) {
  const std::string path = target_.prefix + key;
  const std::string life = std::to_string(life_.count());
  // In one transaction: no key stays that does not expire.
  const std::array<Command, 4> commands{
      {{"MULTI"}, {"XADD", path, "1-1", kField, view(bytes)}, {"PEXPIRE", path, life}, {"EXEC"}}};
  std::vector<RedisReply> replies = run(commands, {});
  for (RedisReply& reply : replies)
    expect(reply, "publishing " + key);
  const RedisReply* added = walk(replies.back(), {0});
  if (added == nullptr)
    throw Unavailable("state exchange: publishing " + key + ": a reply without its parts");
  if (is_taken(*added))
    return false;
  expect(*added, "publishing " + key);
  return true;
}

std::optional<Bytes> RedisExchange::wait(const std::string& key, std::chrono::milliseconds limit) {
  const std::string path = target_.prefix + key;
  const std::string block = std::to_string(limit.count());
  Command command{"XREAD"};
  if (limit.count() > 0)  // 0 would be for ever
    command.insert(command.end(), {"BLOCK", block});
  command.insert(command.end(), {"STREAMS", path, "0"});
  RedisReply reply = expect(run(std::span(&command, 1), limit).front(), "waiting for " + key);
  if (reply.kind == RedisReply::Kind::kNothing)
    return {};
  const RedisReply* value = walk(reply, {0, 1, 0, 1, 1});
  if (value == nullptr || value->kind != RedisReply::Kind::kText)
    throw Unavailable("state exchange: waiting for " + key + ": a reply without its parts");
  return value->text;
}

ExchangeTarget RedisAdmin::admit(const std::string& user,
                                 const std::string& password,
                                 const std::string& prefix) const {
  const std::string secret = ">" + password;
  const std::string keys = "~" + prefix + "*";
  RedisConnection connection(options_);
  expect(connection.run({"ACL", "SETUSER", user, "reset", "on", secret, keys, "-@all", "+xadd",
                         "+xread", "+pexpire", "+multi", "+exec"}),
         "admitting a run's user");
  connection.run(
      {"ACL", "SAVE"});  // outlives a restart of the server, where that keeps users in a file
  return {options_.host, options_.port, user, password, prefix, options_.ca_pem};
}

void RedisAdmin::dismiss(const std::string& user, const std::string& prefix) const {
  const std::string pattern = prefix + "*";
  RedisConnection connection(options_);
  expect(connection.run({"ACL", "DELUSER", user}), "removing a run's user");
  connection.run({"ACL", "SAVE"});
  std::string cursor = "0";
  do {
    const RedisReply reply =
        expect(connection.run({"SCAN", cursor, "MATCH", pattern, "COUNT", "1000"}), "listing keys");
    if (reply.list.size() != 2)
      throw Unavailable("state exchange: listing keys: a reply without its parts");
    cursor = reply.list[0].words();
    for (const RedisReply& key : reply.list[1].list)
      expect(connection.run({"UNLINK", view(key.text)}), "removing a key");
  } while (cursor != "0");
}

}  // namespace cloud
