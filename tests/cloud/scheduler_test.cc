// Rules of the scheduler, one by one, and of the ramp of its workers.
#include "cloud/scheduler.hh"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include <gtest/gtest.h>

namespace cloud {
namespace {

const ChunkNeeds kAlone{.begins_chain = true, .boundary = false, .pictures = {}};
const ChunkNeeds kNext{.begins_chain = false, .boundary = false, .pictures = {}};

// A scheduler with what it has asked for. Uploads and fetches succeed at once.
class Session {
 public:
  explicit Session(const SchedulerOptions& options = {}) : scheduler_(options, 0) {}

  void add(const std::vector<ChunkNeeds>& chunks) {
    for (const ChunkNeeds& chunk : chunks)
      scheduler_.add_chunk(chunk);
    scheduler_.close();
    tick();
  }
  void send(const Event& event) {
    for (const Action& action : scheduler_.on(event, now))
      take(action);
  }
  void tick() { send(event::Tick{}); }
  void wait(std::int64_t ms) {
    now += ms;
    tick();
  }
  void done(Attempt attempt) {
    std::erase(started, attempt);
    send(event::Done{attempt, task_name(attempt.task)});
  }
  void fail(Attempt attempt, Failure kind, std::vector<TaskOutput> lost = {}) {
    std::erase(started, attempt);
    send(event::Failed{attempt, kind, "because", std::move(lost)});
  }
  // The one attempt that runs on a worker.
  Attempt running() const {
    EXPECT_EQ(started.size(), 1u);
    return started.empty() ? Attempt{} : started.front();
  }
  void all_done() {
    while (!started.empty())
      done(started.front());
  }

  Scheduler scheduler_;
  std::int64_t now = 0;
  std::vector<Attempt> started;  // on workers, and neither done nor failed
  std::vector<Attempt> ignored;
  std::vector<std::int64_t> written;
  std::optional<action::GiveUp> end;
  int uploads = 0;

 private:
  void take(const Action& action) {
    if (const auto* invoke = std::get_if<action::Invoke>(&action)) {
      if (on_worker(invoke->attempt.task.step)) {
        started.push_back(invoke->attempt);
      } else {
        uploads += invoke->attempt.task.step == Step::kUpload ? 1 : 0;
        send(event::Done{invoke->attempt, task_name(invoke->attempt.task)});
      }
    } else if (const auto* ignore = std::get_if<action::Ignore>(&action)) {
      ignored.push_back(ignore->attempt);
    } else if (const auto* write = std::get_if<action::Write>(&action)) {
      written.push_back(write->chunk);
    } else {
      end = std::get<action::GiveUp>(action);
    }
  }
};

SchedulerOptions workers(int limit) {
  SchedulerOptions options;
  options.workers = {.start = limit, .per_second = 1, .limit = limit};
  return options;
}

TEST(Scheduler, RunsAChunkFromUploadToWriting) {
  Session run;
  run.add({kAlone});
  EXPECT_EQ(run.running(), (Attempt{{0, Step::kFirstPass}, 1}));
  run.done(run.running());
  EXPECT_EQ(run.running(), (Attempt{{0, Step::kRebase}, 1}));
  EXPECT_FALSE(run.scheduler_.finished());
  run.done(run.running());
  EXPECT_EQ(run.written, (std::vector<std::int64_t>{0}));
  EXPECT_TRUE(run.scheduler_.finished());
  EXPECT_FALSE(run.end);
}

TEST(Scheduler, OfNoChunksIsFinishedAtOnce) {
  Session run;
  EXPECT_FALSE(run.scheduler_.finished());
  run.add({});
  EXPECT_TRUE(run.scheduler_.finished());
  EXPECT_FALSE(run.scheduler_.given_up());
}

TEST(Scheduler, StartsRebasesBeforeFirstPassesAndOldChunksBeforeNewOnes) {
  Session run(workers(1));
  run.add({kAlone, kNext, kAlone});
  std::vector<TaskId> order;
  while (!run.started.empty()) {
    order.push_back(run.running().task);
    run.done(run.running());
  }
  EXPECT_EQ(order, (std::vector<TaskId>{{0, Step::kFirstPass},
                                        {0, Step::kRebase},
                                        {1, Step::kFirstPass},
                                        {1, Step::kRebase},
                                        {2, Step::kFirstPass},
                                        {2, Step::kRebase}}));
}

TEST(Scheduler, WritesInOrderWhateverIsDoneFirst) {
  Session run;
  run.add({kAlone, kAlone, kAlone});
  for (const std::int64_t chunk : {2, 0, 1}) {
    run.done({{chunk, Step::kFirstPass}, 1});
    run.done({{chunk, Step::kRebase}, 1});
    EXPECT_EQ(run.written.size(), chunk == 2 ? 0u : chunk == 0 ? 1u : 3u);
  }
  EXPECT_EQ(run.written, (std::vector<std::int64_t>{0, 1, 2}));
}

TEST(Scheduler, FetchesNoFurtherAheadThanItIsAllowedTo) {
  SchedulerOptions options;
  options.fetch_ahead = 2;
  Session run(options);
  run.add({kAlone, kAlone, kAlone, kAlone});
  for (const std::int64_t chunk : {1, 2, 3}) {
    run.done({{chunk, Step::kFirstPass}, 1});
    run.done({{chunk, Step::kRebase}, 1});
  }
  EXPECT_NE(run.scheduler_.output({1, Step::kFetch}), nullptr);
  EXPECT_EQ(run.scheduler_.output({2, Step::kFetch}), nullptr);
  run.all_done();
  EXPECT_EQ(run.written, (std::vector<std::int64_t>{0, 1, 2, 3}));
}

TEST(Scheduler, RampsUpItsWorkers) {
  SchedulerOptions options;
  options.workers = {.start = 2, .per_second = 3, .limit = 6};
  Session run(options);
  run.add(std::vector<ChunkNeeds>(20, kAlone));
  EXPECT_EQ(run.started.size(), 2u);
  run.wait(1000);
  EXPECT_EQ(run.started.size(), 5u);
  run.wait(1000);
  EXPECT_EQ(run.started.size(), 6u);
  EXPECT_EQ(run.scheduler_.status(run.now).workers, 6);
}

TEST(Scheduler, HalvesItsWorkersWhenThrottledAndGrowsAgain) {
  Session run(workers(8));
  run.add(std::vector<ChunkNeeds>(20, kAlone));
  ASSERT_EQ(run.started.size(), 8u);
  const std::vector<Attempt> all = run.started;
  for (std::size_t i = 4; i < 8; ++i)
    run.fail(all[i], Failure::kThrottled);
  EXPECT_EQ(run.started.size(), 4u) << "nothing starts for a second";
  run.wait(1000);
  EXPECT_EQ(run.scheduler_.status(run.now).allowed, 3) << "four refusals are one event";
  run.done(all[0]);
  run.done(all[1]);
  EXPECT_EQ(run.started.size(), 3u);
  run.wait(5000);
  EXPECT_EQ(run.started.size(), 8u);
  EXPECT_EQ(run.scheduler_.status(run.now).throttled, 4);
  EXPECT_EQ(run.scheduler_.status(run.now).failures, 0);
}

TEST(Scheduler, GivesUpWhenThrottledForTooLong) {
  SchedulerOptions options = workers(4);
  options.throttle_patience_ms = 10'000;
  Session run(options);
  run.add({kAlone});
  for (int i = 0; i < 100 && !run.end; ++i) {
    if (!run.started.empty())
      run.fail(run.running(), Failure::kThrottled);
    run.wait(500);
  }
  ASSERT_TRUE(run.end);
  EXPECT_EQ(run.end->reason, EndReason::kThrottled);
  EXPECT_GT(run.now, 10'000);
  EXPECT_LT(run.now, 13'000);
}

TEST(Scheduler, TriesAgainLaterAndLater) {
  SchedulerOptions options;
  options.backoff_ms = 1000;
  options.attempts = 4;
  Session run(options);
  run.add({kAlone});
  for (int failures = 1; failures < 4; ++failures) {
    run.fail(run.running(), Failure::kRetryable);
    run.wait((500 << (failures - 1)) - 1);
    EXPECT_TRUE(run.started.empty()) << failures;
    run.wait((500 << (failures - 1)) + 1);
    EXPECT_EQ(run.running().number, failures + 1);
  }
  run.fail(run.running(), Failure::kRetryable);
  ASSERT_TRUE(run.end);
  EXPECT_EQ(run.end->reason, EndReason::kExhausted);
  EXPECT_EQ(run.end->text, "first-pass of chunk 0 failed: because (4 attempts failed)");
  EXPECT_TRUE(run.scheduler_.finished());
}

TEST(Scheduler, EndsAtOnceOnAFatalFailure) {
  Session run;
  run.add({kAlone, kAlone});
  run.fail({{1, Step::kFirstPass}, 1}, Failure::kFatal);
  ASSERT_TRUE(run.end);
  EXPECT_EQ(run.end->reason, EndReason::kFatal);
  EXPECT_EQ(run.end->text, "first-pass of chunk 1 failed: because");
  EXPECT_EQ(run.ignored, (std::vector<Attempt>{{{0, Step::kFirstPass}, 1}}));
  run.done({{0, Step::kFirstPass}, 1});
  EXPECT_TRUE(run.started.empty()) << "nothing follows";
}

TEST(Scheduler, ReplacesAWorkerThatNeverStarts) {
  SchedulerOptions options;
  options.start_limit_ms = 10'000;
  Session run(options);
  run.add({kAlone});
  run.wait(10'000);
  EXPECT_TRUE(run.ignored.empty());
  run.wait(1);
  EXPECT_EQ(run.ignored, (std::vector<Attempt>{{{0, Step::kFirstPass}, 1}}));
  run.wait(500);
  EXPECT_EQ(run.started.back().number, 2);
}

TEST(Scheduler, ReplacesAWorkerThatFallsSilent) {
  SchedulerOptions options;
  options.silence_limit_ms = 5'000;
  Session run(options);
  run.add({kAlone});
  run.now = 1000;
  run.send(event::Started{run.running()});
  for (int i = 0; i < 10; ++i) {
    run.wait(4'000);
    run.send(event::Heartbeat{run.running()});
  }
  EXPECT_TRUE(run.ignored.empty());
  run.wait(5'001);
  EXPECT_EQ(run.ignored.size(), 1u);
}

TEST(Scheduler, ReplacesAWorkerThatLivesButNeverEnds) {
  SchedulerOptions options;
  options.attempt_limit_ms = 60'000;
  Session run(options);
  run.add({kAlone});
  while (run.now < 60'000) {
    run.send(event::Heartbeat{run.running()});
    run.wait(1'000);
  }
  EXPECT_TRUE(run.ignored.empty());
  run.wait(1);
  EXPECT_EQ(run.ignored.size(), 1u);
}

TEST(Scheduler, TakesTheResultOfAWorkerThatWasGivenUp) {
  SchedulerOptions options;
  options.start_limit_ms = 10'000;
  Session run(options);
  run.add({kAlone});
  const Attempt first = run.running();
  run.wait(10'001);
  run.wait(1'000);
  ASSERT_EQ(run.started.back().number, 2);
  run.send(event::Done{first, "the late one"});
  EXPECT_EQ(*run.scheduler_.output(first.task), "the late one");
  EXPECT_EQ(run.ignored.back(), (Attempt{first.task, 2}));
  run.done({first.task, 2});
  EXPECT_EQ(*run.scheduler_.output(first.task), "the late one");
  // Its failure would not matter either.
  run.fail({first.task, 2}, Failure::kFatal);
  EXPECT_FALSE(run.end);
}

TEST(Scheduler, DoesNotTryAgainWhatWasDoneLate) {
  Session run;
  run.add({kAlone});
  const Attempt first = run.running();
  run.fail(first, Failure::kRetryable);
  run.send(event::Done{first, "it did work"});
  run.wait(60'000);
  for (const Attempt& attempt : run.started)
    EXPECT_EQ(attempt.task.step, Step::kRebase);
}

TEST(Scheduler, LetsASecondCopyOvertakeAStraggler) {
  SchedulerOptions options = workers(20);
  options.straggler_sample = 5;
  options.straggler_percent = 200;
  Session run(options);
  run.add(std::vector<ChunkNeeds>(11, kAlone));
  run.now = 10'000;
  for (std::int64_t chunk = 0; chunk < 10; ++chunk)
    run.done({{chunk, Step::kFirstPass}, 1});
  const TaskId slow{10, Step::kFirstPass};
  // The median is known within an eighth, towards the lower side.
  run.wait(7'000);
  EXPECT_EQ(run.scheduler_.status(run.now).copies, 0);
  run.wait(3'000);
  EXPECT_EQ(run.scheduler_.status(run.now).copies, 1);
  EXPECT_EQ(run.started.back(), (Attempt{slow, 2}));
  run.wait(5'000);
  EXPECT_EQ(run.scheduler_.status(run.now).copies, 1) << "one copy, not one a tick";
  run.done({slow, 2});
  EXPECT_EQ(run.ignored, (std::vector<Attempt>{{slow, 1}}));
}

TEST(Scheduler, SpendsFewWorkersOnCopies) {
  SchedulerOptions options = workers(20);
  options.straggler_sample = 1;
  options.straggler_slots_percent = 10;
  Session run(options);
  run.add(std::vector<ChunkNeeds>(11, kAlone));
  run.now = 1'000;
  run.done({{0, Step::kFirstPass}, 1});
  run.done({{0, Step::kRebase}, 1});
  run.wait(60'000);
  EXPECT_EQ(run.scheduler_.status(run.now).copies, 2);
  EXPECT_EQ(run.started.size(), 12u);
}

// A chunk that waits for its neighbour is not late.
TEST(Scheduler, TimesATaskFromWhenItsInputsExist) {
  SchedulerOptions options = workers(20);
  options.straggler_sample = 1;
  Session run(options);
  run.add({kAlone, kNext, kNext});
  run.now = 1'000;
  for (std::int64_t chunk = 0; chunk < 3; ++chunk)
    run.done({{chunk, Step::kFirstPass}, 1});
  run.wait(1'000);
  run.done({{0, Step::kRebase}, 1});
  run.wait(1'900);
  run.done({{1, Step::kRebase}, 1});
  run.wait(1'900);  // chunk 2 has been decided for far longer
  EXPECT_EQ(run.scheduler_.status(run.now).copies, 0);
}

TEST(Scheduler, MakesALostInputAgain) {
  Session run;
  run.add({kAlone, kNext});
  run.done({{0, Step::kFirstPass}, 1});
  run.done({{1, Step::kFirstPass}, 1});
  run.done({{0, Step::kRebase}, 1});
  const TaskOutput lost{{0, Step::kRebase}, "rebase of chunk 0"};
  run.fail({{1, Step::kRebase}, 1}, Failure::kLostInput, {lost});
  EXPECT_EQ(run.running(), (Attempt{lost.task, 2})) << "at once, and not the one that needs it";
  run.done(run.running());
  EXPECT_EQ(run.running(), (Attempt{{1, Step::kRebase}, 2}));
  run.done(run.running());
  EXPECT_EQ(run.written, (std::vector<std::int64_t>{0, 1}));
}

TEST(Scheduler, FailsATaskThatMissesAnInputThatIsThere) {
  SchedulerOptions options;
  options.attempts = 2;
  Session run(options);
  run.add({kAlone});
  const TaskOutput never{{0, Step::kUpload}, "some other key"};
  run.fail(run.running(), Failure::kLostInput, {never});
  EXPECT_EQ(run.uploads, 1);
  run.wait(1'000);
  run.fail(run.running(), Failure::kLostInput, {never});
  ASSERT_TRUE(run.end);
  EXPECT_EQ(run.end->reason, EndReason::kExhausted);
}

TEST(Scheduler, GivesUpOnAnOutputThatIsLostAgainAndAgain) {
  SchedulerOptions options;
  options.losses = 2;
  Session run(options);
  run.add({kAlone});
  const TaskOutput pictures{{0, Step::kUpload}, "upload of chunk 0"};
  run.fail(run.running(), Failure::kLostInput, {pictures});
  run.fail(run.running(), Failure::kLostInput, {pictures});
  EXPECT_EQ(run.uploads, 3);
  run.fail(run.running(), Failure::kLostInput, {pictures});
  ASSERT_TRUE(run.end);
  EXPECT_EQ(run.end->reason, EndReason::kLost);
  EXPECT_EQ(run.end->text, "the output of upload of chunk 0 was lost 3 times");
}

TEST(Scheduler, DoesOnlyWhatAnEarlierRunHasNot) {
  Session run;
  run.scheduler_.restore({{0, Step::kRebase}, "frames"});
  run.scheduler_.restore({{1, Step::kUpload}, "pictures"});
  run.add({kAlone, kNext});
  EXPECT_EQ(run.uploads, 0);
  EXPECT_EQ(run.written, (std::vector<std::int64_t>{0}));
  EXPECT_EQ(run.running(), (Attempt{{1, Step::kFirstPass}, 1}));
  EXPECT_THROW(run.scheduler_.restore({{5, Step::kFetch}, ""}), std::invalid_argument);
}

TEST(Scheduler, SpendsNoMoreThanItMay) {
  SchedulerOptions options = workers(10);
  options.price = {.per_second = 10'000, .per_invocation = 1'000};
  options.expected_ms = {0, 1'000, 0, 1'000, 0};  // 11,000 each
  options.max_cost = 40'000;
  Session run(options);
  run.add(std::vector<ChunkNeeds>(5, kAlone));
  EXPECT_EQ(run.started.size(), 3u);
  run.now = 500;  // cheaper than expected: 6,000
  run.done(run.started.front());
  EXPECT_EQ(run.scheduler_.status(run.now).cost, 6'000);
  EXPECT_EQ(run.started.size(), 3u) << "6,000 are spent, 3 x 11,000 set aside";
  EXPECT_FALSE(run.end);
  while (!run.started.empty()) {
    run.now += 250;
    run.done(run.started.front());
  }
  ASSERT_TRUE(run.end);
  EXPECT_EQ(run.end->reason, EndReason::kCost);
  EXPECT_NE(run.end->text.find("could cost more than is left of the limit"), std::string::npos);
  EXPECT_LE(run.scheduler_.status(run.now).cost, 40'000);
  EXPECT_GT(run.scheduler_.status(run.now).cost, 40'000 - 11'000);
}

TEST(Scheduler, SetsAsideWhatRunningWorkersTakeLonger) {
  SchedulerOptions options = workers(10);
  options.price = {.per_second = 10'000, .per_invocation = 1'000};
  options.expected_ms = {0, 1'000, 0, 1'000, 0};
  options.max_cost = 33'000;
  Session run(options);
  run.add({kAlone, kAlone});
  EXPECT_EQ(run.started.size(), 2u);
  run.wait(2'000);  // 21,000 instead of 11,000 are gone, for each
  run.done({{0, Step::kFirstPass}, 1});
  EXPECT_EQ(run.started.size(), 1u);
  EXPECT_FALSE(run.end);
  run.done({{1, Step::kFirstPass}, 1});
  ASSERT_TRUE(run.end);
  EXPECT_EQ(run.end->reason, EndReason::kCost);
}

TEST(Scheduler, IgnoresWhatItKnowsNothingOf) {
  Session run;
  run.add({kAlone});
  const std::vector<Attempt> before = run.started;
  run.send(event::Done{{{7, Step::kRebase}, 1}, "x"});
  run.send(event::Done{{{0, Step::kRebase}, 1}, "x"});
  run.send(event::Done{{{0, Step::kFirstPass}, 2}, "x"});
  run.send(event::Done{{{0, Step::kFirstPass}, 0}, "x"});
  run.send(event::Failed{{{0, Step::kFirstPass}, 2}, Failure::kFatal, "x", {}});
  run.send(event::Heartbeat{{{0, Step::kFirstPass}, 9}});
  run.send(event::OutputLost{{{9, Step::kUpload}, "x"}});
  run.send(event::OutputLost{{{0, Step::kBoundary}, "x"}});
  EXPECT_EQ(run.started, before);
  EXPECT_FALSE(run.end);
  EXPECT_EQ(run.scheduler_.output({0, Step::kFirstPass}), nullptr);
}

TEST(Scheduler, TellsHowFarReadingIsAhead) {
  SchedulerOptions options;
  options.uploads = 2;
  Scheduler scheduler(options, 0);
  for (int i = 0; i < 5; ++i)
    scheduler.add_chunk(kAlone);
  EXPECT_EQ(scheduler.waiting_uploads(), 5);
  EXPECT_EQ(scheduler.on(event::Tick{}, 0).size(), 2u);
  EXPECT_EQ(scheduler.waiting_uploads(), 5);
  scheduler.on(event::Done{{{0, Step::kUpload}, 1}, "p"}, 1);
  EXPECT_EQ(scheduler.waiting_uploads(), 4);
}

}  // namespace
}  // namespace cloud
