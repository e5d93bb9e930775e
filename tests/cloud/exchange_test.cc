// States through a real Redis server over TLS, and by polling a store.
#include <future>

#include <gtest/gtest.h>

#include "cloud/error.hh"
#include "cloud/local_engine.hh"
#include "cloud/process.hh"
#include "cloud/redis_exchange.hh"
#include "cloud/services.hh"
#include "cloud/store_exchange.hh"
#include "tests/cloud/fake_s3.hh"
#include "tests/host/test_clips.hh"

namespace cloud {
namespace {

using host::test::message_of;
using host::test::text_bytes;
using std::chrono::milliseconds;

constexpr milliseconds kLong{60'000};

std::string file_text(const std::string& path) {
  const Bytes bytes = host::test::file_bytes(path);
  return {bytes.begin(), bytes.end()};
}

class Redis : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (find_program("redis-server").empty() || find_program("openssl").empty())
      return;
    folder_ = std::make_unique<host::test::TempFolder>();
    redis_ = std::make_unique<LocalRedis>(*folder_ / "redis");
  }
  static void TearDownTestSuite() {
    redis_.reset();
    folder_.reset();
  }
  void SetUp() override {
    if (!redis_)
      GTEST_SKIP() << "redis-server or openssl is not installed";
  }

  static RedisOptions admin_options() {
    const ExchangeConfig& config = redis_->config();
    return {.host = config.host,
            .port = config.port,
            .user = config.user,
            .password = config.password,
            .ca_pem = file_text(config.ca_file)};
  }
  static ExchangeTarget admit(const std::string& run) {
    return RedisAdmin(admin_options()).admit("run-" + run, "secret-" + run, "runs/" + run + "/");
  }

  static std::unique_ptr<host::test::TempFolder> folder_;
  static std::unique_ptr<LocalRedis> redis_;
};

std::unique_ptr<host::test::TempFolder> Redis::folder_;
std::unique_ptr<LocalRedis> Redis::redis_;

TEST_F(Redis, GivesWhatWasPublishedToAllWhoAsk) {
  const ExchangeTarget target = admit("1");
  RedisExchange one(target);
  RedisExchange two(target);
  const Bytes state = text_bytes(std::string("a\0\r\n\xff", 5));
  EXPECT_EQ(two.wait("key", milliseconds(0)), std::nullopt);
  EXPECT_EQ(two.wait("key", milliseconds(20)), std::nullopt);
  EXPECT_TRUE(one.publish("key", state));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(one.wait("key", milliseconds(0)), state);
    EXPECT_EQ(two.wait("key", kLong), state);
  }
  EXPECT_TRUE(one.publish("empty", {}));
  EXPECT_EQ(one.wait("empty", milliseconds(0)), Bytes());
}

TEST_F(Redis, CarriesLargeStates) {
  RedisExchange exchange(admit("large"));
  Bytes state(5'000'000);
  for (std::size_t i = 0; i < state.size(); ++i)
    state[i] = static_cast<std::uint8_t>(i * i >> 7U);
  EXPECT_TRUE(exchange.publish("key", state));
  EXPECT_EQ(exchange.wait("key", kLong), state);
}

TEST_F(Redis, KeepsTheFirstOfTwoStates) {
  RedisExchange exchange(admit("twice"));
  EXPECT_TRUE(exchange.publish("key", text_bytes("one")));
  EXPECT_FALSE(exchange.publish("key", text_bytes("two")));
  EXPECT_EQ(exchange.wait("key", kLong), text_bytes("one"));
}

TEST_F(Redis, WakesWhoeverWaits) {
  const ExchangeTarget target = admit("wake");
  RedisExchange exchange(target);
  std::future<std::optional<Bytes>> waiting =
      std::async(std::launch::async, [&] { return exchange.wait("key", kLong); });
  RedisExchange other(target);
  EXPECT_TRUE(other.publish("key", text_bytes("state")));
  EXPECT_EQ(waiting.get(), text_bytes("state"));
}

TEST_F(Redis, ForgetsAfterAWhile) {
  RedisExchange exchange(admit("short"), milliseconds(1));
  EXPECT_TRUE(exchange.publish("key", text_bytes("state")));
  const auto limit = std::chrono::steady_clock::now() + kLong;
  while (exchange.wait("key", milliseconds(0)) && std::chrono::steady_clock::now() < limit)
    std::this_thread::yield();
  EXPECT_EQ(exchange.wait("key", milliseconds(0)), std::nullopt);
}

TEST_F(Redis, AdmitsARunToItsOwnKeysOnly) {
  ExchangeTarget target = admit("mine");
  RedisExchange(admit("other")).publish("key", text_bytes("theirs"));
  target.prefix = "runs/other/";
  RedisExchange exchange(target);
  EXPECT_THROW(exchange.wait("key", milliseconds(0)), Denied);
  EXPECT_THROW(exchange.publish("new", {}), Denied);
  RedisConnection connection({.host = target.host,
                              .port = target.port,
                              .user = target.user,
                              .password = target.password,
                              .ca_pem = target.ca_pem});
  for (const RedisConnection::Command& command : {RedisConnection::Command{"KEYS", "*"},
                                                  {"DEL", "runs/mine/key"},
                                                  {"ACL", "LIST"},
                                                  {"FLUSHALL"}})
    EXPECT_TRUE(connection.run(command).is_error()) << command[0];
}

TEST_F(Redis, KnowsNobodyElse) {
  ExchangeTarget target = admit("known");
  target.password = "guessed";
  const std::string message =
      message_of<Denied>([&] { RedisExchange(target).wait("key", milliseconds(0)); });
  EXPECT_NE(message.find("run-known"), std::string::npos) << message;
  EXPECT_EQ(message.find("guessed"), std::string::npos) << message;
  target.user = "default";
  EXPECT_THROW(RedisExchange(target).wait("key", milliseconds(0)), Denied);
}

TEST_F(Redis, IsOnlyTalkedToWithACertificateThatIsTrusted) {
  ExchangeTarget target = admit("tls");
  target.ca_pem = "";  // the system's do not know it
  EXPECT_THROW(RedisExchange(target).wait("key", milliseconds(0)), Unavailable);
  const host::test::TempFolder folder;
  LocalRedis another(folder / "redis");
  target.ca_pem = file_text(another.config().ca_file);
  EXPECT_THROW(RedisExchange(target).wait("key", milliseconds(0)), Unavailable);
}

TEST_F(Redis, ForgetsARunThatIsDismissed) {
  const ExchangeTarget target = admit("gone");
  RedisExchange exchange(target);
  for (int i = 0; i < 3; ++i)
    exchange.publish("key" + std::to_string(i), {});
  const RedisAdmin admin(admin_options());
  RedisExchange(admit("stays")).publish("key", text_bytes("here"));
  admin.dismiss(target.user, target.prefix);
  admin.dismiss(target.user, target.prefix);
  EXPECT_ANY_THROW(RedisExchange(target).wait("key0", milliseconds(0)));
  EXPECT_EQ(RedisExchange(admit("gone")).wait("key0", milliseconds(0)), std::nullopt);
  EXPECT_EQ(RedisExchange(admit("stays")).wait("key", milliseconds(0)), text_bytes("here"));
}

TEST_F(Redis, GoesOnAfterARestartThatLosesAllStates) {
  RedisExchange exchange(admit("restart"));
  EXPECT_TRUE(exchange.publish("key", text_bytes("one")));
  redis_->server().kill();
  EXPECT_THROW(exchange.wait("key", milliseconds(0)), Unavailable);
  EXPECT_THROW(exchange.publish("key", {}), Unavailable);
  redis_->server().start();
  EXPECT_EQ(exchange.wait("key", milliseconds(0)), std::nullopt);
  EXPECT_TRUE(exchange.publish("key", text_bytes("two")));
  EXPECT_EQ(exchange.wait("key", milliseconds(0)), text_bytes("two"));
}

TEST_F(Redis, ALineThatBreaksWhileItIsIdleIsReplaced) {
  RedisExchange exchange(admit("idle"));
  EXPECT_TRUE(exchange.publish("key", text_bytes("one")));
  RedisConnection(admin_options()).run({"CLIENT", "KILL", "USER", "run-idle"});
  EXPECT_EQ(exchange.wait("key", milliseconds(0)), text_bytes("one"));
}

TEST_F(Redis, AServerThatHangsIsGivenUp) {
  RedisOptions options = admin_options();
  options.limit = milliseconds(100);
  RedisConnection connection(options);
  redis_->server().freeze(true);
  EXPECT_THROW(connection.run({"PING"}), Unavailable);
  EXPECT_THROW(RedisConnection another(options), Unavailable);
  redis_->server().freeze(false);
  EXPECT_EQ(RedisConnection(admin_options()).run({"PING"}).words(), "PONG");
}

TEST(StoreExchange, WaitsForWhatIsPutIntoTheStore) {
  test::FakeS3 s3;
  const auto store = std::make_unique<S3Store>(s3.options(), test::FakeS3::source());
  const auto exchange = open_exchange({}, *store);
  EXPECT_EQ(exchange->wait("key", milliseconds(0)), std::nullopt);
  EXPECT_EQ(exchange->wait("key", milliseconds(30)), std::nullopt);
  EXPECT_GE(s3.requests.size(), 3U);
  std::future<std::optional<Bytes>> waiting =
      std::async(std::launch::async, [&] { return exchange->wait("key", kLong); });
  store->put("key", text_bytes("state"));
  EXPECT_TRUE(exchange->publish("key", text_bytes("state")));
  EXPECT_EQ(waiting.get(), text_bytes("state"));
}

}  // namespace
}  // namespace cloud
