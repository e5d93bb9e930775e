// Everything that can go wrong, one after the other and at random: the bytes stay those of the
// local pipeline.
#include <algorithm>
#include <cstdlib>
#include <optional>

#include <gtest/gtest.h>

#include "cloud/coordinator.hh"
#include "cloud/error.hh"
#include "cloud/run_objects.hh"
#include "tests/cloud/faults.hh"
#include "tests/cloud/test_runs.hh"

namespace cloud {
namespace {

using test::Clip;
using test::Encoded;
using test::ExchangeFault;
using test::ObjectFault;
using test::WorkerFate;
using test::WorkerFault;

// What goes wrong; by default nothing.
struct Trouble {
  test::Fates fates = [](const Task&, int) { return WorkerFate{}; };
  std::function<ObjectFault(const std::string&, int)> objects = [](const std::string&, int) {
    return ObjectFault::kNone;
  };
  std::function<ExchangeFault(const std::string&)> exchange = [](const std::string&) {
    return ExchangeFault::kNone;
  };
};

// A cloud with trouble. Objects and states outlive coordinators.
struct Cloud {
  Trouble trouble;
  std::unique_ptr<gpu::Device> device = gpu::make_cpu_device();
  test::MemoryStore memory;
  test::LossyStore store{memory, trouble.objects};
  test::MemoryExchange states;
  test::FaultyExchange exchange{states, trouble.exchange};
  test::FaultyInvoker invoker{6, *device, store, exchange, trouble.fates};

  explicit Cloud(Trouble with) : trouble(std::move(with)) {}
  CoordinatorServices services() { return {store, exchange, invoker, *device}; }
};

// Many retries, and no patience.
CoordinatorOptions options_of(const Clip& clip) {
  CoordinatorOptions options;
  options.key = make_seal_key();
  options.scheduler.workers = {.start = 5, .per_second = 100, .limit = 5};
  options.scheduler.attempts = 40;
  options.scheduler.losses = 40;
  options.scheduler.backoff_ms = 2;
  options.scheduler.longest_backoff_ms = 20;
  options.scheduler.start_limit_ms = 400;
  options.scheduler.silence_limit_ms = 400;
  options.drain_ms = 100;
  options.threads = 2;
  options.reopen = [clip] { return clip.open_again(); };
  return options;
}

Encoded encode(const Clip& clip,
               const host::Plan& plan,
               const CoordinatorOptions& options,
               const CoordinatorServices& services,
               CloudSummary* summary = nullptr) {
  Encoded encoded;
  test::SyntheticSource source = clip.open();
  const CloudSummary done = encode_on_workers(
      source, plan, options, services, [&](const host::CodedFrame& frame) { encoded.add(frame); });
  encoded.summary = done.encode;
  if (summary != nullptr)
    *summary = done;
  return encoded;
}

const Clip kClip{.width = 48, .height = 32, .pictures = 32};

host::Plan plan_of(bool libvpx = false) {
  host::Plan plan = test::plan_of(kClip, 3, 3);
  if (libvpx)
    plan.first_pass = host::FirstPass::kLibvpx;
  return plan;
}

const Encoded& expected(bool libvpx = false) {
  static const Encoded by_device = test::encode_locally(kClip, plan_of());
  static const Encoded by_libvpx = test::encode_locally(kClip, plan_of(true));
  return libvpx ? by_libvpx : by_device;
}

// Encodes in spite of it.
CloudSummary expect_survival(Cloud& cloud, bool libvpx = false) {
  CloudSummary summary;
  const CoordinatorOptions options = options_of(kClip);
  test::expect_equal(encode(kClip, plan_of(libvpx), options, cloud.services(), &summary),
                     expected(libvpx));
  return summary;
}

// The same fault for the first attempt at each task of a phase.
Trouble first_attempts(Phase phase, WorkerFate fate) {
  Trouble trouble;
  trouble.fates = [phase, fate](const Task& task, int nth) {
    return task.phase == phase && nth == 0 ? fate : WorkerFate{};
  };
  return trouble;
}

class EveryPhase : public testing::TestWithParam<Phase> {};

TEST_P(EveryPhase, AWorkerThatDiesAtOnceIsReplaced) {
  Cloud cloud(first_attempts(GetParam(), {WorkerFault::kDiesAtOnce}));
  EXPECT_GT(expect_survival(cloud, true).scheduler.failures, 0);
  EXPECT_GT(cloud.invoker.happened(WorkerFault::kDiesAtOnce), 0);
}

TEST_P(EveryPhase, AWorkerMayDieAtAnyOfItsObjects) {
  for (int step = 0; step < 8; ++step) {
    SCOPED_TRACE(step);
    Cloud cloud(first_attempts(GetParam(), {WorkerFault::kDiesMidway, step}));
    expect_survival(cloud, true);
  }
}

TEST_P(EveryPhase, AWorkerThatFallsSilentIsReplaced) {
  Trouble trouble;
  trouble.fates = [phase = GetParam()](const Task& task, int nth) {
    const bool hit = task.phase == phase && task.chunk == 4 && nth == 0;
    return WorkerFate{hit ? WorkerFault::kSilent : WorkerFault::kNone};
  };
  Cloud cloud(trouble);
  expect_survival(cloud, true);
  EXPECT_EQ(cloud.invoker.happened(WorkerFault::kSilent), 1);
}

TEST_P(EveryPhase, AWorkerMayRunTwice) {
  Cloud cloud(first_attempts(GetParam(), {WorkerFault::kTwice}));
  expect_survival(cloud, true);
  EXPECT_GT(cloud.invoker.happened(WorkerFault::kTwice), 0);
}

TEST_P(EveryPhase, AnAnswerMayComeAfterItsReplacements) {
  Trouble trouble;
  trouble.fates = [phase = GetParam()](const Task& task, int nth) {
    const bool hit = task.phase == phase && task.chunk == 4 && nth == 0;
    return WorkerFate{hit ? WorkerFault::kLate : WorkerFault::kNone};
  };
  Cloud cloud(trouble);
  expect_survival(cloud, true);
  EXPECT_EQ(cloud.invoker.happened(WorkerFault::kLate), 1);
}

TEST_P(EveryPhase, AChangedOrForeignAnswerIsNotBelieved) {
  for (const WorkerFault fault : {WorkerFault::kForgedAnswer, WorkerFault::kForeignAnswer}) {
    Cloud cloud(first_attempts(GetParam(), {fault}));
    EXPECT_GT(expect_survival(cloud, true).scheduler.failures, 0);
    EXPECT_GT(cloud.invoker.happened(fault), 0);
  }
}

TEST_P(EveryPhase, AStoreThatFailsOnceIsAskedAgain) {
  for (int step = 0; step < 6; ++step) {
    Cloud cloud(first_attempts(GetParam(), {WorkerFault::kStoreFails, step}));
    expect_survival(cloud, true);
  }
}

INSTANTIATE_TEST_SUITE_P(CoordinatorFaults,
                         EveryPhase,
                         testing::Values(Phase::kFirstPass, Phase::kBoundary, Phase::kRebase));

TEST(CoordinatorFaults, AThrottledAccountOnlyTakesLonger) {
  Trouble trouble;
  trouble.fates = [](const Task& task, int nth) {
    const bool hit = task.chunk == 4 && task.phase == Phase::kFirstPass && nth < 2;
    return WorkerFate{hit ? WorkerFault::kThrottled : WorkerFault::kNone};
  };
  Cloud cloud(trouble);
  EXPECT_GT(expect_survival(cloud).scheduler.throttled, 0);
}

// Every kind of object, lost the first time that it is written.
TEST(CoordinatorFaults, LostAndDamagedObjectsAreMadeAgain) {
  for (const char* const kind :
       {"raw/", "filtered/", "work/", "decisions/", "exit/", "boundary/", "state/", "frames/"}) {
    for (const ObjectFault fault :
         {ObjectFault::kVanishes, ObjectFault::kIsDamaged, ObjectFault::kIsCut}) {
      SCOPED_TRACE(std::string(kind) + std::to_string(static_cast<int>(fault)));
      const bool libvpx = std::string(kind) == "exit/" || std::string(kind) == "boundary/";
      Trouble trouble;
      trouble.objects = [&](const std::string& key, int nth) {
        return key.starts_with(kind) && nth == 0 ? fault : ObjectFault::kNone;
      };
      // Copies in the exchange would hide the loss of states.
      trouble.exchange = [](const std::string&) { return ExchangeFault::kDown; };
      Cloud cloud(trouble);
      expect_survival(cloud, libvpx);
      EXPECT_GT(cloud.store.happened(), 0);
    }
  }
}

TEST(CoordinatorFaults, PicturesThatAreLostAndCannotBeReadAgainEndTheRun) {
  Trouble trouble;
  trouble.objects = [](const std::string& key, int nth) {
    return key == raw_name(3) && nth == 0 ? ObjectFault::kVanishes : ObjectFault::kNone;
  };
  Cloud cloud(trouble);
  CoordinatorOptions options = options_of(kClip);
  options.reopen = {};
  EXPECT_THROW(encode(kClip, plan_of(), options, cloud.services()), std::runtime_error);
}

TEST(CoordinatorFaults, TheExchangeMayBeDownRestartedOrWrittenByOthers) {
  for (const ExchangeFault fault : {ExchangeFault::kDown, ExchangeFault::kRestarts,
                                    ExchangeFault::kTampered, ExchangeFault::kTaken}) {
    SCOPED_TRACE(static_cast<int>(fault));
    Trouble trouble;
    trouble.exchange = [fault](const std::string&) { return fault; };
    Cloud cloud(trouble);
    expect_survival(cloud);
    EXPECT_GT(cloud.exchange.happened(), 0);
  }
}

TEST(CoordinatorFaults, ExpiredCredentialsEndARunThatCanBeResumed) {
  bool expired = true;
  std::mutex mutex;
  Trouble trouble;
  trouble.fates = [&](const Task& task, int) {
    const std::lock_guard lock(mutex);
    const bool hit = expired && task.phase == Phase::kRebase && task.chunk == 5;
    return WorkerFate{hit ? WorkerFault::kStoreDenies : WorkerFault::kNone};
  };
  Cloud cloud(trouble);
  const CoordinatorOptions options = options_of(kClip);
  try {
    encode(kClip, plan_of(), options, cloud.services());
    FAIL() << "not denied";
  } catch (const RunEnded& ended) {
    EXPECT_EQ(ended.reason(), EndReason::kFatal);
    EXPECT_NE(std::string(ended.what()).find("credentials have expired"), std::string::npos)
        << ended.what();
  }
  {
    const std::lock_guard lock(mutex);
    expired = false;
  }
  CloudSummary summary;
  test::expect_equal(encode(kClip, plan_of(), options, cloud.services(), &summary), expected());
  EXPECT_GT(summary.resumed, 10);
}

// Kills the coordinator at its `at`th operation on the store: from then on it neither reads nor
// writes nor hears of anything. Its workers live on.
std::optional<Encoded> encode_killed_at(Cloud& cloud, const CoordinatorOptions& options, int at) {
  test::FailingStore store(cloud.store, at, true, [] { throw Denied("killed"); });
  try {
    return encode(kClip, plan_of(), options, {store, cloud.exchange, cloud.invoker, *cloud.device});
  } catch (const std::exception&) {
    return {};
  }
}

TEST(CoordinatorFaults, ACoordinatorThatIsKilledAtAnyMomentIsResumed) {
  int operations = 0;
  {
    Cloud cloud(Trouble{});
    test::FailingStore store(cloud.store, -1, false, [] {});
    encode(kClip, plan_of(), options_of(kClip),
           {store, cloud.exchange, cloud.invoker, *cloud.device});
    operations = store.operations();
  }
  std::int64_t resumed = 0;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const auto at = static_cast<int>(test::mixed(1, i, 0, 0) % static_cast<unsigned>(operations));
    SCOPED_TRACE(at);
    Cloud cloud(Trouble{});
    const CoordinatorOptions options = options_of(kClip);
    encode_killed_at(cloud, options, at);
    encode_killed_at(cloud, options, at);  // and once more on the way
    CloudSummary summary;
    test::expect_equal(encode(kClip, plan_of(), options, cloud.services(), &summary), expected());
    resumed += summary.resumed;
  }
  EXPECT_GT(resumed, 100);
}

TEST(CoordinatorFaults, ARunOfAnotherVideoIsNotResumed) {
  Cloud cloud(Trouble{});
  CoordinatorOptions options = options_of(kClip);
  options.keep = true;
  encode(kClip, plan_of(), options, cloud.services());
  Clip other = kClip;
  other.content = oracle::Content::kPan;
  try {
    encode(other, plan_of(), options, cloud.services());
    FAIL() << "resumed";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("another video"), std::string::npos) << error.what();
  }
}

// --- At random ---

// One in ten attempts, objects and states meets with something; the third time all goes well.
Trouble random_trouble(std::uint64_t seed) {
  Trouble trouble;
  trouble.fates = [seed](const Task& task, int nth) {
    const std::uint64_t chance =
        test::mixed(seed, static_cast<std::uint64_t>(task.phase),
                    static_cast<std::uint64_t>(task.chunk), static_cast<std::uint64_t>(nth));
    if (chance % 10 != 0 || nth > 2)
      return WorkerFate{};
    // All but the last, which ends a run.
    constexpr auto kinds = static_cast<std::uint64_t>(WorkerFault::kStoreDenies);
    return WorkerFate{static_cast<WorkerFault>(chance / 10 % kinds),
                      static_cast<int>(chance / 1000 % 8)};
  };
  trouble.objects = [seed](const std::string& key, int nth) {
    const std::uint64_t chance =
        test::mixed(seed, test::number_of(key), static_cast<std::uint64_t>(nth), 1);
    return chance % 20 != 0 || nth > 2 ? ObjectFault::kNone
                                       : static_cast<ObjectFault>(chance / 20 % 4);
  };
  trouble.exchange = [seed](const std::string& key) {
    const std::uint64_t chance = test::mixed(seed, test::number_of(key), 0, 2);
    return chance % 5 != 0 ? ExchangeFault::kNone : static_cast<ExchangeFault>(chance / 5 % 5);
  };
  return trouble;
}

int schedules() {
  const char* const wanted = std::getenv("FASTSLOW_FAULT_SCHEDULES");
  return wanted != nullptr ? std::max(1, std::atoi(wanted)) : 20;
}

TEST(CoordinatorFaults, RandomFaultsChangeNoByte) {
  for (int i = 0; i < schedules(); ++i) {
    SCOPED_TRACE(i);
    const auto seed = static_cast<std::uint64_t>(i);
    Cloud cloud(random_trouble(seed));
    const CoordinatorOptions options = options_of(kClip);
    for (std::uint64_t kills = test::mixed(seed, 0, 0, 3) % 3; kills > 0; --kills)
      encode_killed_at(cloud, options, static_cast<int>(test::mixed(seed, kills, 0, 4) % 120));
    test::expect_equal(encode(kClip, plan_of(), options, cloud.services()), expected());
    if (HasFailure())
      break;
  }
}

}  // namespace
}  // namespace cloud
