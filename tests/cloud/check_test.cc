// `fastslow cloud check`'s findings, on services that lack something.
#include "cloud/check.hh"

#include <algorithm>

#include <gtest/gtest.h>

#include "cloud/error.hh"
#include "cuda/device.hh"
#include "tests/cloud/memory_services.hh"

namespace cloud {
namespace {

// A bucket in which some things are not allowed, or do not work.
class LimitedStore : public test::MemoryStore {
 public:
  void put(const std::string& key, ByteSpan bytes) override {
    if (no_put)
      throw Denied("the bucket refuses to be written to (403)");
    MemoryStore::put(key, bytes);
  }
  bool put_new(const std::string& key, ByteSpan bytes) override {
    if (!replaces)
      return MemoryStore::put_new(key, bytes);
    MemoryStore::put(key, bytes);
    return true;
  }
  void remove(std::span<const std::string> keys) override {
    if (!keeps)
      MemoryStore::remove(keys);
  }

  bool no_put = false;
  bool replaces = false;
  bool keeps = false;
};

class SilentExchange : public test::MemoryExchange {
 public:
  std::optional<Bytes> wait(const std::string&, std::chrono::milliseconds) override { return {}; }
};

// A function that gives one kind of outcome.
class OneOutcome : public Invoker {
 public:
  explicit OneOutcome(Outcome outcome) : outcome_(std::move(outcome)) {}
  void start(std::uint64_t attempt, Bytes, std::function<void(Outcome)> done) override {
    Outcome outcome = outcome_;
    outcome.attempt = attempt;
    done(outcome);
  }

 private:
  Outcome outcome_;
};

struct Cloud {
  std::unique_ptr<gpu::Device> device = gpu::make_cpu_device();
  LimitedStore store;
  test::MemoryExchange exchange;
  test::ThreadInvoker workers{
      2, *device, [this](const Bytes&) { return test::shared_services(store, exchange); }};

  std::vector<Finding> check() { return check_services({store, exchange, workers, *device}); }
  std::vector<Finding> check(Outcome outcome) {
    OneOutcome invoker(std::move(outcome));
    return check_services({store, exchange, invoker, *device});
  }
};

TEST(CloudCheck, FindsEverythingGoodWhereItIs) {
  Cloud cloud;
  const std::vector<Finding> findings = cloud.check();
  ASSERT_EQ(findings.size(), 3u);
  for (const Finding& finding : findings)
    EXPECT_TRUE(finding.good) << finding.what << ": " << finding.text;
  EXPECT_EQ(findings[2].text, "4 tasks made the same frames as this machine");
  EXPECT_TRUE(cloud.store.list("").empty());
}

TEST(CloudCheck, TellsThatTheBucketRefusesAndTriesNoWorkers) {
  Cloud cloud;
  cloud.store.no_put = true;
  const std::vector<Finding> findings = cloud.check();
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_FALSE(findings[0].good);
  EXPECT_NE(findings[0].text.find("403"), std::string::npos);
  EXPECT_NE(findings[0].mend.find("EncoderPolicy"), std::string::npos);
  EXPECT_TRUE(findings[1].good);
  EXPECT_EQ(cloud.workers.started(), 0);
}

TEST(CloudCheck, TellsThatAStoreDoesNotDoWhatItSays) {
  Cloud replaces;
  replaces.store.replaces = true;
  EXPECT_NE(replaces.check()[0].text.find("replaced"), std::string::npos);
  Cloud keeps;
  keeps.store.keeps = true;
  EXPECT_NE(keeps.check()[0].text.find("still there"), std::string::npos);
}

TEST(CloudCheck, TellsThatStatesDoNotArrive) {
  Cloud cloud;
  SilentExchange silent;
  const auto findings = check_services({cloud.store, silent, cloud.workers, *cloud.device});
  EXPECT_FALSE(findings[1].good);
  EXPECT_NE(findings[1].text.find("does not arrive"), std::string::npos);
}

TEST(CloudCheck, TellsWhyWorkersDoNotWork) {
  struct Case {
    Outcome outcome;
    std::string text;
    std::string mend;
  };
  using enum Outcome::Kind;
  const std::vector<Case> cases = {
      {{0, kRefused, {}, "no such function"}, "no such function", "region"},
      {{0, kDied, {}, "exit status 127"}, "exit status 127", "CloudWatch"},
      {{0, kAnswered, {1, 2, 3}, ""}, "of chunk", "package anew"}};
  for (const auto& [outcome, text, mend] : cases) {
    Cloud cloud;
    const std::vector<Finding> findings = cloud.check(outcome);
    ASSERT_EQ(findings.size(), 3u);
    EXPECT_FALSE(findings[2].good);
    EXPECT_NE(findings[2].text.find(text), std::string::npos) << findings[2].text;
    EXPECT_NE(findings[2].mend.find(mend), std::string::npos) << findings[2].mend;
    EXPECT_TRUE(cloud.store.list("").empty()) << "what was uploaded is removed";
  }
}

}  // namespace
}  // namespace cloud
