// Whole encodes through the local engine: real servers, real worker processes, and what goes wrong
// between them.
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "cloud/error.hh"
#include "cloud/redis_exchange.hh"
#include "cloud/s3_store.hh"
#include "tests/cloud/engine_fixture.hh"

namespace cloud {
namespace {

using host::test::text_bytes;
using test::Clip;
using test::Encoded;
using test::Engine;
using test::Harm;

constexpr int kAlways = 1 << 30;

// Signals workers that are busy, one after the other, until it goes.
class Trouble {
 public:
  Trouble(LocalLambda& lambda, int signal, int count)
      : thread_([this, &lambda, signal, count] {
          std::set<pid_t> hit;
          while (!stopped_ && static_cast<int>(hit.size()) < count) {
            for (const LocalWorker& worker : lambda.workers())
              if (worker.is_busy && hit.insert(worker.pid).second) {
                ::kill(worker.pid, signal);
                ++hits_;
                break;
              }
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
          }
        }) {}
  Trouble(const Trouble&) = delete;
  Trouble(Trouble&&) = delete;
  Trouble& operator=(const Trouble&) = delete;
  Trouble& operator=(Trouble&&) = delete;
  ~Trouble() {
    stopped_ = true;
    thread_.join();
  }
  int hits() const { return hits_; }

 private:
  std::atomic<bool> stopped_ = false;
  std::atomic<int> hits_ = 0;
  std::thread thread_;  // last: it uses the rest
};

TEST_F(Engine, KeepsObjectsAsS3Does) {
  S3Options options;
  options.endpoint = engine().config().store_endpoint;
  options.region = engine().config().region;
  options.bucket = engine().config().bucket;
  options.prefix = "runs/x/";
  options.part_bytes = std::size_t{5} << 20U;
  S3Store store(options, std::make_shared<CredentialsSource>());
  const Bytes large(11'000'000, 7);
  store.put("a b/+%", text_bytes("0123456789"));
  EXPECT_EQ(store.get("a b/+%"), text_bytes("0123456789"));
  EXPECT_EQ(store.get("a b/+%", Range{3, 4}), text_bytes("3456"));
  EXPECT_THROW(store.get("a b/+%", Range{20, 4}), Damaged);
  EXPECT_TRUE(store.put_new("large", large));
  EXPECT_FALSE(store.put_new("large", Bytes(12'000'000, 8)));
  EXPECT_FALSE(store.put_new("large", text_bytes("small")));
  EXPECT_EQ(store.get("large"), large);
  EXPECT_EQ(store.get("none"), std::nullopt);
  EXPECT_EQ(store.list(""), (std::vector<std::string>{"a b/+%", "large"}));
  EXPECT_EQ(store.list("a b/"), std::vector<std::string>{"a b/+%"});
  store.remove(store.list(""));
  EXPECT_TRUE(store.list("").empty());
}

TEST_F(Engine, OfManyWritersUnderAConditionOneWins) {
  S3Options options;
  options.endpoint = engine().config().store_endpoint;
  options.region = engine().config().region;
  options.bucket = engine().config().bucket;
  S3Store store(options, std::make_shared<CredentialsSource>());
  std::atomic<int> wins = 0;
  std::vector<std::thread> writers;
  for (int i = 0; i < 8; ++i)
    writers.emplace_back(
        [&, i] { wins += store.put_new("key", Bytes(1000, static_cast<std::uint8_t>(i))); });
  for (std::thread& writer : writers)
    writer.join();
  EXPECT_EQ(wins, 1);
  EXPECT_EQ(store.get("key")->size(), 1000U);
}

TEST_F(Engine, RefusesWhoeverHasOtherKeys) {
  ::setenv("AWS_SECRET_ACCESS_KEY", "ANOTHER", 1);
  EXPECT_THROW(encode(engine().config(), run_options()), Denied);
}

TEST_F(Engine, GivesTheBytesOfTheLocalPipeline) {
  const Encoded local = test::encode_locally(clip_, plan_);
  for (const ExchangeKind exchange : {ExchangeKind::kRedis, ExchangeKind::kStore}) {
    test::expect_equal(encode(engine().config(), run_options(), exchange), local);
    EXPECT_GT(engine().lambda().cold_starts(), 1);
  }
}

TEST_F(Engine, Runs32WorkersAtOnce) {
  options_.concurrency = 32;
  clip_.pictures = 64;
  plan_ = test::plan_of(clip_, 1, 4);
  test::expect_equal(encode(engine().config(), run_options(32)),
                     test::encode_locally(clip_, plan_));
  EXPECT_LE(engine().lambda().cold_starts(), 32);
}

TEST_F(Engine, SurvivesASmallAccount) {
  options_.concurrency = 2;
  test::expect_equal(encode(engine().config(), run_options()), test::encode_locally(clip_, plan_));
  EXPECT_GT(summary_.scheduler.throttled, 0);
  EXPECT_LE(engine().lambda().cold_starts(), 2);
}

TEST_F(Engine, SurvivesWorkersThatAreKilled) {
  Trouble trouble(engine().lambda(), SIGKILL, 8);
  test::expect_equal(encode(engine().config(), run_options()), test::encode_locally(clip_, plan_));
  EXPECT_GT(trouble.hits(), 0);
  EXPECT_GT(engine().lambda().cold_starts(), trouble.hits());
}

TEST_F(Engine, SurvivesWorkersThatHang) {
  options_.limit = std::chrono::milliseconds(700);
  Trouble trouble(engine().lambda(), SIGSTOP, 3);
  test::expect_equal(encode(engine().config(), run_options()), test::encode_locally(clip_, plan_));
  EXPECT_GT(trouble.hits(), 0);
}

TEST_F(Engine, SurvivesAStoreThatFailsNowAndThen) {
  std::atomic<int> count = 0;
  expect_equal_with([&](const std::string& method, const std::string&) {
    const bool reads = method == "GET";
    switch (++count % 16) {
      case 2:
        return Harm::kError500;
      case 5:
        return Harm::kError503;
      case 7:
        return Harm::kSlow;
      case 10:
        return reads ? Harm::kCutAnswer : Harm::kNone;
      case 13:
        return reads ? Harm::kChangeAnswer : Harm::kNone;
      default:
        return Harm::kNone;
    }
  });
}

TEST_F(Engine, MakesAgainWhatIsDamagedInTheStore) {
  for (const std::string kind : {"raw/", "work/", "decisions/", "state/", "frames/"}) {
    std::atomic<int> harmed = 0;
    expect_equal_with([&](const std::string& method, const std::string& path) {
      const bool hit = method == "PUT" && path.find("/" + kind + "00000001") != std::string::npos;
      return hit && ++harmed == 1 ? Harm::kChangeBody : Harm::kNone;
    });
    EXPECT_GE(harmed, 1) << kind;
  }
}

TEST_F(Engine, SurvivesAnExchangeThatLosesEverything) {
  std::atomic<int> states = 0;
  expect_equal_with([&](const std::string& method, const std::string& path) {
    if (method == "PUT" && path.find("/state/") != std::string::npos && ++states == 2) {
      engine().redis().server().kill();
      engine().redis().server().start();
    }
    return Harm::kNone;
  });
  EXPECT_GE(states, 2);
}

TEST_F(Engine, SurvivesAnExchangeThatIsGone) {
  std::atomic<int> states = 0;
  expect_equal_with([&](const std::string& method, const std::string& path) {
    if (method == "PUT" && path.find("/state/") != std::string::npos && ++states == 2)
      engine().redis().server().kill();
    if (method == "PUT" && path.find("/frames/") != std::string::npos &&
        path.find("00000009") != std::string::npos)
      engine().redis().server().start();  // for the end of the run
    return Harm::kNone;
  });
  EXPECT_GE(states, 2);
}

TEST_F(Engine, RefusesStatesOfAnAttacker) {
  const ExchangeConfig& redis = *engine().config().exchange;
  const Bytes certificate = host::test::file_bytes(redis.ca_file);
  RedisExchange attacker({redis.host, redis.port, redis.user, redis.password, "runs/test/",
                          std::string(certificate.begin(), certificate.end())});
  std::atomic<int> forged = 0;
  expect_equal_with([&](const std::string& method, const std::string& path) {
    const std::size_t at = path.find("state/");
    if (method == "PUT" && at != std::string::npos)
      forged += attacker.publish(path.substr(at), Bytes(500, 1)) ? 1 : 0;
    return Harm::kNone;
  });
  EXPECT_GE(forged, 5);
}

TEST_F(Engine, ARunWhoseCredentialsExpireGoesOnWithNewOnes) {
  std::atomic<int> left = 60;
  const test::StoreProxy proxy(engine().s3().endpoint(),
                               [&](const std::string&, const std::string&) {
                                 return --left < 0 ? Harm::kExpired : Harm::kNone;
                               });
  CloudConfig config = engine().config();
  config.store_endpoint = proxy.endpoint();
  std::string message;
  try {
    encode(config, run_options());
    FAIL() << "60 requests were enough";
  } catch (const std::runtime_error& error) {
    message = error.what();
  }
  EXPECT_NE(message.find("have expired"), std::string::npos) << message;
  left = kAlways;
  test::expect_equal(encode(config, run_options()), test::encode_locally(clip_, plan_));
  EXPECT_GT(summary_.resumed, 0);
}

}  // namespace
}  // namespace cloud
