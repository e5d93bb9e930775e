// Workers through Lambda's APIs: the invoker, the runtime loop, and the local engine's Lambda
// between them.
#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cloud/error.hh"
#include "cloud/lambda_invoker.hh"
#include "cloud/lambda_runtime.hh"
#include "cloud/local_lambda.hh"
#include "tests/cloud/fake_s3.hh"
#include "tests/cloud/test_server.hh"
#include "tests/host/test_clips.hh"

namespace cloud {
namespace {

using host::test::message_of;
using host::test::text_bytes;
using Kind = Outcome::Kind;

LocalLambdaOptions stub_options(int concurrency = 4) {
  LocalLambdaOptions options;
  options.command = {FASTSLOW_STUB_WORKER};
  options.concurrency = concurrency;
  options.credentials = test::FakeS3::credentials();
  return options;
}

LambdaOptions options_for(const std::string& endpoint) {
  return {.endpoint = endpoint, .region = "local", .function = "fastslow", .ca_pem = {}};
}

// Starts attempts and waits for their outcomes.
class Starter {
 public:
  explicit Starter(const std::string& endpoint)
      : invoker_(options_for(endpoint), {}, test::FakeS3::source()) {}

  void start(std::uint64_t attempt, const std::string& task) {
    invoker_.start(attempt, text_bytes(task), [this](Outcome outcome) {
      const std::lock_guard lock(mutex_);
      EXPECT_TRUE(outcomes_.emplace(outcome.attempt, outcome).second);
      changed_.notify_all();
    });
  }
  Outcome wait(std::uint64_t attempt) {
    std::unique_lock lock(mutex_);
    const bool came = changed_.wait_for(lock, std::chrono::seconds(60),
                                        [&] { return outcomes_.contains(attempt); });
    EXPECT_TRUE(came) << attempt;
    return outcomes_[attempt];
  }
  Outcome run(std::uint64_t attempt, const std::string& task) {
    start(attempt, task);
    return wait(attempt);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, Outcome> outcomes_;
  LambdaInvoker invoker_;  // last: its thread uses the rest
};

std::string text_of(const Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

// Waits until as many workers are busy.
void wait_for_busy(const LocalLambda& lambda, int count) {
  const auto busy = [&] {
    const std::vector<LocalWorker> workers = lambda.workers();
    return std::count_if(workers.begin(), workers.end(), [](auto& w) { return w.is_busy; });
  };
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (busy() != count && std::chrono::steady_clock::now() < limit)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ASSERT_EQ(busy(), count);
}

TEST(Invocation, IsReadAsItWasWritten) {
  Invocation invocation;
  invocation.store = {"http://[::1]", "here", "bucket", "runs/\xc3\xa4/", "PEM"};
  invocation.task = text_bytes(std::string("\0\xff", 2));
  EXPECT_EQ(read_invocation(write_invocation(invocation)), invocation);
  invocation.exchange = ExchangeTarget{"host", 1, "user", "password", "prefix", "PEM"};
  EXPECT_EQ(read_invocation(write_invocation(invocation)), invocation);
  EXPECT_EQ(read_answer(write_answer(invocation.task)), invocation.task);
}

TEST(Invocation, AnythingElseIsDamagedAndNotQuoted) {
  for (const std::string text : {"", "{}", "[1,2", R"({"answer":5,"store":{},"task":"x"})",
                                 R"({"answer":"secret!","store":"secret","task":"secret"})"}) {
    const std::string message = message_of<Damaged>([&] { read_invocation(text); });
    EXPECT_NE(message, "") << text;
    EXPECT_EQ(message.find("secret"), std::string::npos);
    EXPECT_THROW(read_answer(text), Damaged) << text;
  }
}

TEST(Lambda, AnswersOnWarmWorkersAndColdOnes) {
  LocalLambda lambda(stub_options());
  Starter starter(lambda.endpoint());
  for (std::uint64_t i = 1; i <= 5; ++i) {
    const Outcome outcome = starter.run(i, "echo hello");
    EXPECT_EQ(outcome.kind, Kind::kAnswered) << outcome.reason;
    EXPECT_EQ(text_of(outcome.answer), "hello");
  }
  EXPECT_EQ(lambda.cold_starts(), 1);
}

TEST(Lambda, RunsAsManyWorkersAsItMayAndThrottlesTheNext) {
  LocalLambda lambda(stub_options(3));
  Starter starter(lambda.endpoint());
  for (std::uint64_t i = 1; i <= 3; ++i)
    starter.start(i, "hang");
  wait_for_busy(lambda, 3);
  const Outcome outcome = starter.run(4, "echo");
  EXPECT_EQ(outcome.kind, Kind::kThrottled);
  EXPECT_NE(outcome.reason.find("TooManyRequests"), std::string::npos) << outcome.reason;
  EXPECT_EQ(lambda.cold_starts(), 3);
}

TEST(Lambda, WorkersThatDieAreReportedAndReplaced) {
  LocalLambda lambda(stub_options(1));
  Starter starter(lambda.endpoint());
  const std::pair<const char*, const char*> ends[] = {{"crash", "Killed"}, {"exit 3", "status 3"}};
  std::uint64_t attempt = 0;
  for (const auto& [task, word] : ends) {
    const Outcome outcome = starter.run(++attempt, task);
    EXPECT_EQ(outcome.kind, Kind::kDied);
    EXPECT_NE(outcome.reason.find(word), std::string::npos) << outcome.reason;
    EXPECT_EQ(starter.run(++attempt, "echo").kind, Kind::kAnswered);
  }
  starter.start(++attempt, "hang");
  wait_for_busy(lambda, 1);
  ::kill(lambda.workers()[0].pid, SIGKILL);
  EXPECT_EQ(starter.wait(attempt).kind, Kind::kDied);
}

TEST(Lambda, WorkersThatTakeTooLongAreKilled) {
  LocalLambdaOptions options = stub_options(1);
  options.limit = std::chrono::milliseconds(100);
  LocalLambda lambda(options);
  Starter starter(lambda.endpoint());
  const Outcome outcome = starter.run(1, "hang");
  EXPECT_EQ(outcome.kind, Kind::kDied);
  EXPECT_NE(outcome.reason.find("timed out after 0.10 seconds"), std::string::npos)
      << outcome.reason;
  EXPECT_EQ(starter.run(2, "echo").kind, Kind::kAnswered);
}

TEST(Lambda, WorkersThatNeverAskAreKilled) {
  LocalLambdaOptions options = stub_options(1);
  options.environment = {"MUTE=1"};
  options.start_limit = std::chrono::milliseconds(100);
  LocalLambda lambda(options);
  const Outcome outcome = Starter(lambda.endpoint()).run(1, "echo");
  EXPECT_EQ(outcome.kind, Kind::kDied);
  EXPECT_NE(outcome.reason.find("does not ask for"), std::string::npos) << outcome.reason;
}

TEST(Lambda, WorkersThatCannotBeStartedAreReported) {
  LocalLambdaOptions options = stub_options(1);
  options.command = {"/does/not/exist"};
  LocalLambda lambda(options);
  EXPECT_EQ(Starter(lambda.endpoint()).run(1, "echo").kind, Kind::kDied);
}

TEST(Lambda, ErrorsOfAWorkerAreReportedAndItGoesOn) {
  LocalLambda lambda(stub_options(1));
  Starter starter(lambda.endpoint());
  const Outcome outcome = starter.run(1, "throw no \"luck\" \xff");
  EXPECT_EQ(outcome.kind, Kind::kDied);
  EXPECT_NE(outcome.reason.find("no \"luck\""), std::string::npos) << outcome.reason;
  EXPECT_EQ(starter.run(2, "echo").kind, Kind::kAnswered);
  EXPECT_EQ(lambda.cold_starts(), 1);
}

TEST(Lambda, AnswersOfMoreThan6MegabytesAreRefused) {
  LocalLambda lambda(stub_options(1));
  Starter starter(lambda.endpoint());
  EXPECT_EQ(starter.run(1, "long 4700000").answer.size(), 4700000U);  // 6.27 MB as Base64
  const Outcome outcome = starter.run(2, "long 4800000");
  EXPECT_EQ(outcome.kind, Kind::kDied);
  EXPECT_NE(outcome.reason.find("more than Lambda takes"), std::string::npos) << outcome.reason;
  EXPECT_EQ(starter.run(3, "echo").kind, Kind::kAnswered);
  const Outcome large = starter.run(4, "echo " + std::string(5000000, 'x'));
  EXPECT_EQ(large.kind, Kind::kRefused);
  EXPECT_NE(large.reason.find("413"), std::string::npos) << large.reason;
}

TEST(Lambda, RefusesWhoeverItDoesNotKnow) {
  LocalLambdaOptions options = stub_options();
  options.credentials.secret_access_key = "ANOTHER";
  LocalLambda lambda(options);
  Outcome outcome = Starter(lambda.endpoint()).run(1, "echo");
  EXPECT_EQ(outcome.kind, Kind::kRefused);
  EXPECT_NE(outcome.reason.find("InvalidSignature"), std::string::npos) << outcome.reason;
  options.credentials.access_key_id = "ANOTHER";
  LocalLambda other(options);
  outcome = Starter(other.endpoint()).run(1, "echo");
  EXPECT_NE(outcome.reason.find("UnrecognizedClient"), std::string::npos) << outcome.reason;
  EXPECT_EQ(lambda.cold_starts() + other.cold_starts(), 0);
}

TEST(Lambda, FunctionsThatDoNotExistAreRefused) {
  LocalLambdaOptions options = stub_options();
  options.function = "another";
  LocalLambda lambda(options);
  const Outcome outcome = Starter(lambda.endpoint()).run(1, "echo");
  EXPECT_EQ(outcome.kind, Kind::kRefused);
  EXPECT_NE(outcome.reason.find("Function not found"), std::string::npos) << outcome.reason;
}

TEST(Lambda, ExpiredCredentialsAreRefusedInWords) {
  LocalLambdaOptions options = stub_options();
  options.credentials.expires_at = 1;
  LocalLambda lambda(options);
  const Outcome outcome = Starter(lambda.endpoint()).run(1, "echo");
  EXPECT_EQ(outcome.kind, Kind::kRefused);
  EXPECT_NE(outcome.reason.find("have expired"), std::string::npos) << outcome.reason;
}

TEST(Lambda, AClockThatIsADayOffDoesNotMatter) {
  LocalLambdaOptions options = stub_options();
  options.now = [] { return seconds_now() + 86400; };
  LocalLambda lambda(options);
  const Outcome outcome = Starter(lambda.endpoint()).run(1, "echo");
  EXPECT_EQ(outcome.kind, Kind::kAnswered) << outcome.reason;
}

TEST(Lambda, AnInvokerThatGoesLeavesNothingBehind) {
  LocalLambda lambda(stub_options(2));
  {
    Starter starter(lambda.endpoint());
    starter.start(1, "hang");
    wait_for_busy(lambda, 1);
  }
  EXPECT_EQ(Starter(lambda.endpoint()).run(2, "echo").kind, Kind::kAnswered);
}

TEST(Lambda, ServersThatAreAwayOrTalkNonsenseAreDeaths) {
  test::TestServer server([](const httplib::Request&, httplib::Response& response) {
    response.set_content("{}", "application/json");
  });
  EXPECT_EQ(Starter(server.url()).run(1, "echo").kind, Kind::kDied);
  EXPECT_EQ(Starter("http://127.0.0.1:1").run(1, "echo").kind, Kind::kDied);
}

TEST(Lambda, InvokersThatWouldSendInTheClearAreRefused) {
  EXPECT_THROW(Starter("http://lambda.example"), std::invalid_argument);
}

TEST(LambdaRuntime, EndsWhenThereIsNoInvocation) {
  for (const int status : {403, 500}) {
    std::atomic<int> asked = 0;
    test::TestServer server([&](const httplib::Request&, httplib::Response& response) {
      ++asked;
      response.status = status;
    });
    const std::string address = "127.0.0.1:" + std::to_string(server.port());
    const std::string message = message_of<std::runtime_error>(
        [&] { serve_runtime(address, [](const RuntimeInvocation&) { return ""; }); });
    EXPECT_NE(message.find(std::to_string(status)), std::string::npos) << message;
    EXPECT_EQ(asked, 1);
  }
}

TEST(LambdaRuntime, TellsTheDeadlineAndReportsErrors) {
  std::vector<std::string> posts;
  test::TestServer server([&](const httplib::Request& request, httplib::Response& response) {
    if (request.method == "GET") {
      response.status = posts.empty() ? 200 : 500;
      response.set_header("Lambda-Runtime-Aws-Request-Id", "id");
      response.set_header("Lambda-Runtime-Deadline-Ms", "1700000000123");
      response.set_content("payload", "application/json");
    } else {
      posts.push_back(request.path + " " + request.body);
    }
  });
  RuntimeInvocation seen;
  const auto handle = [&](const RuntimeInvocation& invocation) -> std::string {
    seen = invocation;
    throw std::runtime_error("no");
  };
  const std::string address = "127.0.0.1:" + std::to_string(server.port());
  EXPECT_ANY_THROW(serve_runtime(address, handle));
  EXPECT_EQ(seen.deadline_ms, 1700000000123);
  EXPECT_EQ(seen.payload, "payload");
  ASSERT_EQ(posts.size(), 1U);
  EXPECT_TRUE(posts[0].starts_with("/2018-06-01/runtime/invocation/id/error {")) << posts[0];
}

}  // namespace
}  // namespace cloud
