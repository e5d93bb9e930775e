// The promises of the scheduler, under random faults. The world checks at every action; here are
// the ends.
#include <numeric>

#include <gtest/gtest.h>

#include "tests/cloud/scheduler_world.hh"

namespace cloud {
namespace {

using test::Faults;
using test::video_of;
using test::World;

SchedulerOptions few_workers(int workers) {
  SchedulerOptions options;
  options.workers = {.start = std::min(2, workers), .per_second = 2, .limit = workers};
  options.attempts = 30;
  options.losses = 30;
  options.attempt_limit_ms = 100'000;
  options.start_limit_ms = 20'000;
  options.silence_limit_ms = 20'000;
  options.longest_backoff_ms = 4'000;
  return options;
}

void expect_all_written(const World& world, int chunks) {
  ASSERT_FALSE(world.given_up()) << world.reason().text;
  ASSERT_TRUE(world.finished()) << "livelock: " << world.history().back();
  std::vector<std::int64_t> wanted(static_cast<std::size_t>(chunks));
  std::iota(wanted.begin(), wanted.end(), 0);
  EXPECT_EQ(world.written(), wanted);
}

TEST(SchedulerUnderFaults, WritesEveryChunkOnceWhateverHappens) {
  const Faults bad{.fails = 10,
                   .throttled = 10,
                   .dies = 5,
                   .hangs = 3,
                   .late = 10,
                   .twice = 20,
                   .vanishes = 2,
                   .found_missing = 2};
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    const int chunks = 1 + static_cast<int>(seed * 7 % 60);
    const int per_chain = 1 + static_cast<int>(seed % 17);
    World world(seed, few_workers(1 + static_cast<int>(seed % 16)),
                video_of(chunks, per_chain, seed % 2 == 0), bad);
    world.run();
    ASSERT_NO_FATAL_FAILURE(expect_all_written(world, chunks));
  }
}

// Chunks that wait for others never hold the only worker.
TEST(SchedulerUnderFaults, ManyChunksOnOneWorkerEnd) {
  for (const int per_chain : {1, 4, 100}) {
    World world(3, few_workers(1), video_of(100, per_chain, true), {.fails = 5, .hangs = 1});
    world.run();
    ASSERT_NO_FATAL_FAILURE(expect_all_written(world, 100));
    EXPECT_EQ(world.most_workers(), 1);
  }
}

TEST(SchedulerUnderFaults, GoesOnAfterTheCoordinatorDied) {
  int restarts = 0;
  for (std::uint64_t seed = 100; seed < 120; ++seed) {
    SCOPED_TRACE(seed);
    World world(seed, few_workers(8), video_of(48, 16, seed % 2 == 0),
                {.fails = 5, .dies = 3, .vanishes = 1, .killed = 20});
    world.run();
    ASSERT_NO_FATAL_FAILURE(expect_all_written(world, 48));
    restarts += world.restarts();
  }
  EXPECT_GE(restarts, 20);
}

TEST(SchedulerUnderFaults, EndsWithAReasonWhereNothingWorks) {
  const std::vector<std::pair<Faults, EndReason>> worlds = {
      {{.fails = 100}, EndReason::kExhausted},
      {{.throttled = 100}, EndReason::kThrottled},
      {{.dies = 100}, EndReason::kExhausted},
      {{.hangs = 100}, EndReason::kExhausted},
      {{.vanishes = 100}, EndReason::kLost}};
  for (const auto& [faults, reason] : worlds) {
    World world(1, few_workers(8), video_of(20, 5), faults);
    world.run();
    ASSERT_TRUE(world.given_up());
    EXPECT_EQ(world.reason().reason, reason) << world.reason().text;
  }
}

TEST(SchedulerUnderFaults, DoesTheSameForTheSameEvents) {
  const Faults bad{.fails = 10, .throttled = 10, .dies = 5, .hangs = 3, .late = 10, .vanishes = 2};
  const auto history = [&](std::uint64_t seed) {
    World world(seed, few_workers(8), video_of(40, 8), bad);
    world.run();
    return world.history();
  };
  EXPECT_EQ(history(5), history(5));
  EXPECT_NE(history(5), history(6));
}

TEST(SchedulerUnderFaults, WithoutAnyDoesEachTaskOnce) {
  SchedulerOptions options = few_workers(16);
  options.straggler_percent = 1000;  // the world's durations differ by seven
  World world(9, options, video_of(64, 16, true), {});
  world.run();
  ASSERT_NO_FATAL_FAILURE(expect_all_written(world, 64));
  EXPECT_EQ(world.attempts().size(), 64u * 4 + 60);  // four chunks have no boundary
  for (const auto& [task, attempts] : world.attempts())
    EXPECT_EQ(attempts, 1) << task_name(task);
  EXPECT_GE(world.most_workers(), 12);
}

}  // namespace
}  // namespace cloud
