// What goes wrong between the coordinator, Lambda and the store, on the local engine: real servers
// and worker processes, and proxies that do harm. The bytes stay those of the local pipeline.
#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include <gtest/gtest.h>

#include "cloud/error.hh"
#include "cloud/server_clock.hh"
#include "tests/cloud/engine_fixture.hh"
#include "tests/cloud/faults.hh"
#include "tests/cloud/lambda_proxy.hh"

namespace cloud {
namespace {

using test::CallFault;
using test::Encoded;
using test::Harm;
using test::mixed;

// What goes wrong; by default nothing.
struct Trouble {
  test::LambdaProxy::Choice calls = [](const Task&, int) { return CallFault::kNone; };
  test::StoreProxy::Choice objects = [](const std::string&, const std::string&) {
    return Harm::kNone;
  };
  std::int64_t ahead_seconds = 0;  // of the store's clock
};

class EngineFaults : public test::Engine {
 protected:
  void SetUp() override {
    Engine::SetUp();
    options_.worker = {FASTSLOW_WORKER};
    options_.concurrency = 16;
    clip_.pictures = 24;
    plan_ = test::plan_of(clip_, 3, 4);
    plan_.first_pass = host::FirstPass::kLibvpx;  // for the phase between
  }

  CloudConfig config_of(const test::LambdaProxy& calls, const test::StoreProxy& objects) {
    CloudConfig config = engine().config();
    config.lambda_endpoint = calls.endpoint();
    config.store_endpoint = objects.endpoint();
    return config;
  }

  const Encoded& expected() {
    if (expected_.frames.empty())
      expected_ = test::encode_locally(clip_, plan_);
    return expected_;
  }

  // Encodes in spite of it; returns how often faults of invocations have happened.
  std::map<CallFault, int> expect_survival(const Trouble& trouble,
                                           const CoordinatorOptions& options) {
    const test::StoreProxy objects(engine().s3().endpoint(), trouble.objects,
                                   trouble.ahead_seconds);
    const test::LambdaProxy calls(engine().lambda().endpoint(), trouble.calls);
    test::expect_equal(encode(config_of(calls, objects), options), expected());
    std::map<CallFault, int> happened;
    for (int i = 0; i < static_cast<int>(CallFault::kFaults); ++i)
      happened[static_cast<CallFault>(i)] = calls.happened(static_cast<CallFault>(i));
    return happened;
  }

  // Why a run ends that cannot go on.
  std::string end_of_run(const Trouble& trouble, const CoordinatorOptions& options) {
    const test::StoreProxy objects(engine().s3().endpoint(), trouble.objects);
    const test::LambdaProxy calls(engine().lambda().endpoint(), trouble.calls);
    return host::test::message_of<RunEnded>([&] { encode(config_of(calls, objects), options); });
  }

  // Signals the worker that is busy; if there are several, one of them.
  bool hit_a_worker(int signal) {
    const std::vector<LocalWorker> workers = engine().lambda().workers();
    const auto busy = std::ranges::find_if(workers, [](const auto& w) { return w.is_busy; });
    return busy != workers.end() && ::kill(busy->pid, signal) == 0;
  }

 private:
  Encoded expected_;
};

// Each fault meets every phase; the first two invocations of a task, one after the other.
TEST_F(EngineFaults, InvocationsMayBeDoubledLostForgedOrRefused) {
  constexpr std::array kHere{CallFault::kTwice, CallFault::kThrottled, CallFault::kError500,
                             CallFault::kLost, CallFault::kForged};
  Trouble trouble;
  trouble.calls = [&](const Task& task, int nth) {
    const auto number = static_cast<std::size_t>(task.chunk) + static_cast<std::size_t>(nth);
    return nth < 2 ? kHere[number % kHere.size()] : CallFault::kNone;
  };
  const auto happened = expect_survival(trouble, run_options(6));
  for (const CallFault fault : kHere)
    EXPECT_GT(happened.at(fault), 4) << static_cast<int>(fault);
}

// The late worker does all of its task once more, and answers.
TEST_F(EngineFaults, AWorkerMayComeAfterItsReplacement) {
  Trouble trouble;
  trouble.calls = [](const Task& task, int nth) {
    return task.chunk == 5 && nth == 0 ? CallFault::kLate : CallFault::kNone;
  };
  CoordinatorOptions options = run_options(6);
  options.scheduler.straggler_sample = 3;
  options.scheduler.straggler_least_ms = 300;
  const auto happened = expect_survival(trouble, options);
  EXPECT_EQ(happened.at(CallFault::kLate), 3) << "once in every phase";
}

// One worker at a time, which is killed or stopped at each thing that a phase reads or writes.
TEST_F(EngineFaults, AWorkerMayDieOrHangAnywhereInEveryPhase) {
  options_.concurrency = 1;
  options_.limit = std::chrono::milliseconds(1500);
  struct Moment {
    std::string method;
    std::string kind;
    int signal;
    bool over = false;
  };
  std::vector<Moment> moments;
  for (const char* kind : {"exit/", "decisions/", "boundary/", "frames/", "state/"})
    moments.push_back({"PUT", kind, SIGKILL});
  for (const char* kind : {"raw/", "exit/", "decisions/"})
    moments.push_back({"GET", kind, SIGKILL});
  for (const char* kind : {"decisions/", "boundary/", "state/"})
    moments.push_back({"PUT", kind, SIGSTOP});
  std::mutex mutex;
  Trouble trouble;
  trouble.objects = [&](const std::string& method, const std::string& path) {
    const std::lock_guard lock(mutex);
    const auto now = std::ranges::find_if(moments, [&](const Moment& m) {
      return !m.over && m.method == method && path.find("/" + m.kind) != std::string::npos;
    });
    if (now != moments.end())
      now->over = hit_a_worker(now->signal);
    return Harm::kNone;
  };
  expect_survival(trouble, run_options(1));
  for (const Moment& moment : moments)
    EXPECT_TRUE(moment.over) << moment.method << " " << moment.kind << " " << moment.signal;
}

// Lambda's and the store's clocks are ahead of ours: coordinator and workers sign with theirs.
TEST_F(EngineFaults, ClocksMayDiffer) {
  constexpr std::int64_t kHour = 3600;
  LocalLambdaOptions lambda;
  lambda.command = options_.worker;
  lambda.region = LocalS3::kRegion;
  lambda.credentials = LocalS3::credentials();
  lambda.now = [] { return seconds_now() + kHour; };
  const LocalLambda ahead(lambda);
  const test::StoreProxy store(
      engine().s3().endpoint(), [](const std::string&, const std::string&) { return Harm::kNone; },
      -kHour);
  CloudConfig config = engine().config();
  config.lambda_endpoint = ahead.endpoint();
  config.store_endpoint = store.endpoint();
  test::expect_equal(encode(config, run_options(6)), expected());
}

TEST_F(EngineFaults, AnAccountWithoutWorkersOrCredentialsEndsARunThatCanBeResumed) {
  CoordinatorOptions options = run_options(4);
  options.scheduler.throttle_patience_ms = 300;
  const std::array<std::pair<CallFault, std::string>, 2> ends{
      {{CallFault::kThrottled, "concurrency limit"}, {CallFault::kExpired, "have expired"}}};
  int from = 6;
  for (const auto& [fault, words] : ends) {
    std::atomic<int> count = 0;
    Trouble trouble;
    trouble.calls = [&, fault = fault](const Task&, int) {
      return ++count > from ? fault : CallFault::kNone;
    };
    EXPECT_NE(end_of_run(trouble, options).find(words), std::string::npos) << words;
  }
  expect_survival({}, options);
  EXPECT_GE(summary_.resumed, from) << "what was done before the first end";
}

// --- At random ---

CallFault call_fault(std::uint64_t seed, const Task& task, int nth) {
  const std::uint64_t chance =
      mixed(seed, static_cast<std::uint64_t>(task.phase), static_cast<std::uint64_t>(task.chunk),
            static_cast<std::uint64_t>(nth));
  // All but the last, which ends a run.
  constexpr auto kKinds = static_cast<std::uint64_t>(CallFault::kExpired);
  return chance % 8 != 0 || nth > 2 ? CallFault::kNone
                                    : static_cast<CallFault>(chance / 8 % kKinds);
}

Harm store_harm(std::uint64_t seed, const std::string& what, int nth) {
  const std::uint64_t chance =
      mixed(seed, test::number_of(what), static_cast<std::uint64_t>(nth), 1);
  constexpr auto kKinds = static_cast<std::uint64_t>(Harm::kExpired);
  return chance % 12 != 0 || nth > 2 ? Harm::kNone : static_cast<Harm>(chance / 12 % kKinds);
}

// TLS lets no bit change on the way: this is damage in the store, so to objects alone.
bool is_possible(Harm harm, const std::string& method, const std::string& path) {
  const bool object = path.find("/runs/") != std::string::npos;
  return harm == Harm::kChangeBody     ? object && method == "PUT"
         : harm == Harm::kChangeAnswer ? object && method == "GET"
                                       : true;
}

int count_from(const char* variable, int usual) {
  const char* const wanted = std::getenv(variable);
  return wanted != nullptr ? std::max(1, std::atoi(wanted)) : usual;
}

// Which faults meet whom follows from the seed; what else happens at that moment does not.
class Schedule {
 public:
  explicit Schedule(std::uint64_t seed) : seed_(seed) {}

  Trouble trouble(const std::function<void(int event)>& event) {
    Trouble all;
    all.calls = [this](const Task& task, int nth) { return call_fault(seed_, task, nth); };
    all.objects = [this, event](const std::string& method, const std::string& path) {
      int nth = 0;
      int number = 0;
      {
        const std::lock_guard lock(mutex_);
        nth = tries_[method + path]++;
        number = events_++;
      }
      event(number);
      const Harm harm = store_harm(seed_, method + path, nth);
      return is_possible(harm, method, path) ? harm : Harm::kNone;
    };
    return all;
  }

 private:
  std::uint64_t seed_;
  std::mutex mutex_;
  std::map<std::string, int> tries_;
  int events_ = 0;
};

TEST_F(EngineFaults, RandomFaultsChangeNoByte) {
  engine();
  for (int i = 0; i < count_from("FASTSLOW_ENGINE_SCHEDULES", 3) && !HasFailure(); ++i) {
    SCOPED_TRACE(i);
    const auto seed = static_cast<std::uint64_t>(i);
    Schedule schedule(seed);
    const Trouble trouble = schedule.trouble([&](int event) {
      const std::uint64_t chance = mixed(seed, static_cast<std::uint64_t>(event), 0, 2);
      if (chance % 25 == 0)
        hit_a_worker(SIGKILL);
      if (event == static_cast<int>(20 + seed % 60)) {
        engine().redis().server().kill();
        engine().redis().server().start();
      }
    });
    CoordinatorOptions options = run_options(6);
    options.scheduler.start_limit_ms = 4000;
    expect_survival(trouble, options);
    // The server that was started by the proxy's thread has ended with it.
    engine().redis().server().kill();
    engine().redis().server().start();
  }
}

}  // namespace
}  // namespace cloud
