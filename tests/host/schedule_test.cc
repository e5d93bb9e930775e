// The order of work: nothing is lost, nothing overtakes, limits hold, nobody idles. Jobs are only
// pretended, in virtual time, so that any number of threads can be tried.
#include "host/schedule.hh"

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace host {
namespace {

constexpr std::array<const char*, 5> kNames = {"read", "prepare", "decide", "rebase", "write"};

// Runs a schedule for a video of `chunks` chunks, and checks every job that it gives.
class Simulation {
 public:
  // Time that a job takes.
  using Duration = std::function<std::int64_t(const Job&)>;

  Simulation(const ScheduleLimits& limits, int chunks_per_chain, int chunks)
      : limits_(limits),
        chunks_per_chain_(chunks_per_chain),
        total_(chunks),
        schedule_(limits, chunks_per_chain) {}

  // Returns the time at which all is done; ends early where a check fails or no job is left.
  std::int64_t run(const Duration& duration) {
    std::int64_t now = 0;
    for (;;) {
      while (const std::optional<Job> job = schedule_.start()) {
        begin(*job);
        if (testing::Test::HasFailure())
          return -1;
        running_.emplace(now + duration(*job), *job);
      }
      EXPECT_FALSE(schedule_.ready());
      if (running_.empty())
        return now;
      const auto next = running_.begin();
      now = next->first;
      const Job job = next->second;
      running_.erase(next);
      end(job);
    }
  }

  void expect_all_done() const {
    EXPECT_TRUE(schedule_.finished());
    EXPECT_EQ(written_, total_);
    EXPECT_EQ(schedule_.in_window(), 0);
  }
  int most_in_window() const { return most_in_window_; }
  // Time that threads worked, elsewhere not counted.
  std::int64_t busy(const Duration& duration) const {
    std::int64_t sum = 0;
    for (const Job& job : done_)
      sum += on_thread(job) ? duration(job) : 0;
    return sum;
  }

 private:
  bool on_thread(const Job& job) const { return job.kind != Job::kDecide || !limits_.elsewhere; }
  std::int64_t chain_of(std::int64_t chunk) const {
    return chunks_per_chain_ == 0 ? 0 : chunk / chunks_per_chain_;
  }

  void begin(const Job& job) {
    SCOPED_TRACE(testing::Message()
                 << kNames[job.kind] << " " << job.first_chunk << " + " << job.chunks);
    ++under_way_[job.kind];
    on_threads_ += on_thread(job) ? 1 : 0;
    EXPECT_LE(on_threads_, limits_.threads);
    EXPECT_LE(under_way_[job.kind], job.kind == Job::kDecide   ? limits_.calls
                                    : job.kind == Job::kRebase ? limits_.threads
                                                               : 1);
    EXPECT_GE(job.chunks, 1);
    switch (job.kind) {
      case Job::kRead:
        EXPECT_EQ(job.first_chunk, read_);
        read_ += job.chunks;
        break;
      case Job::kPrepare:
        EXPECT_EQ(job.first_chunk, prepared_);
        EXPECT_LE(job.first_chunk + job.chunks, finished_read_);
        break;
      case Job::kDecide:
        EXPECT_EQ(job.first_chunk, deciding_);
        deciding_ += job.chunks;
        EXPECT_LE(deciding_, prepared_);
        EXPECT_LE(job.chunks, limits_.call_chunks);
        break;
      case Job::kRebase:
        EXPECT_TRUE(decided_.contains(job.first_chunk));
        EXPECT_TRUE(chains_at_work_.insert(chain_of(job.first_chunk)).second);
        EXPECT_TRUE(has_its_turn(job.first_chunk));
        EXPECT_FALSE(rebased_.contains(job.first_chunk));
        break;
      case Job::kWrite:
        EXPECT_EQ(job.first_chunk, written_);
        EXPECT_TRUE(rebased_.contains(job.first_chunk));
        break;
    }
    most_in_window_ = std::max(most_in_window_, static_cast<int>(read_ - written_));
  }

  void end(const Job& job) {
    --under_way_[job.kind];
    on_threads_ -= on_thread(job) ? 1 : 0;
    done_.push_back(job);
    switch (job.kind) {
      case Job::kRead:
        finished_read_ += job.chunks;
        return schedule_.finish_read(job, finished_read_ < total_);
      case Job::kPrepare: {
        const auto exist = std::clamp<std::int64_t>(total_ - job.first_chunk, 0, job.chunks);
        prepared_ += exist;
        return schedule_.finish_prepare(job, static_cast<int>(exist));
      }
      case Job::kDecide:
        for (int i = 0; i < job.chunks; ++i)
          decided_.insert(job.first_chunk + i);
        break;
      case Job::kRebase:
        chains_at_work_.erase(chain_of(job.first_chunk));
        rebased_.insert(job.first_chunk);
        break;
      case Job::kWrite:
        ++written_;
        break;
    }
    schedule_.finish(job);
    EXPECT_EQ(schedule_.first_undecided(), first_undecided());
  }

  // The chunk before it, in its chain, is rebased.
  bool has_its_turn(std::int64_t chunk) const {
    return chunk == 0 || chain_of(chunk - 1) != chain_of(chunk) || rebased_.contains(chunk - 1);
  }
  std::int64_t first_undecided() {
    while (decided_.contains(first_undecided_))
      ++first_undecided_;
    return first_undecided_;
  }

  const ScheduleLimits limits_;
  const int chunks_per_chain_;
  const std::int64_t total_;
  Schedule schedule_;
  std::multimap<std::int64_t, Job> running_;
  std::vector<Job> done_;
  std::array<int, 5> under_way_{};
  int on_threads_ = 0;
  std::int64_t read_ = 0;
  std::int64_t finished_read_ = 0;
  std::int64_t prepared_ = 0;
  std::int64_t deciding_ = 0;
  std::int64_t first_undecided_ = 0;
  std::set<std::int64_t> decided_;
  std::set<std::int64_t> rebased_;
  std::set<std::int64_t> chains_at_work_;
  std::int64_t written_ = 0;
  int most_in_window_ = 0;
};

TEST(Schedule, DoesEverythingInOrderWithinItsLimitsHoweverLongJobsTake) {
  std::mt19937 random(7);
  const auto pick = [&](int from, int to) {
    return from + static_cast<int>(random() % static_cast<unsigned>(to - from + 1));
  };
  for (int round = 0; round < 2000; ++round) {
    ScheduleLimits limits;
    limits.threads = pick(1, 6);
    limits.read_chunks = pick(1, 5);
    limits.call_chunks = pick(1, 7);
    limits.calls = pick(1, 4);
    limits.elsewhere = pick(0, 1) == 1;
    limits.window = limits.least_window() + pick(0, 20);
    const int per_chain = pick(0, 9);
    const int chunks = pick(0, 60);
    SCOPED_TRACE(testing::Message()
                 << "round " << round << ": " << chunks << " chunks, " << per_chain
                 << " a chain; threads " << limits.threads << ", read " << limits.read_chunks
                 << ", call " << limits.call_chunks << " x " << limits.calls << ", window "
                 << limits.window << (limits.elsewhere ? ", elsewhere" : ""));
    Simulation simulation(limits, per_chain, chunks);
    const int slowest = pick(1, 100);
    simulation.run([&](const Job&) { return pick(1, slowest); });
    simulation.expect_all_done();
    EXPECT_LE(simulation.most_in_window(), limits.window);
    ASSERT_FALSE(HasFailure());
  }
}

// Thousandths of the time of deciding about a chunk of six pictures on one thread, as measured.
// Preparing is as if idle threads helped: there are some wherever it would hold things up.
std::int64_t typical(const Job& job) {
  constexpr std::array<int, 5> kTimes = {70, 60, 1000, 260, 1};
  return std::int64_t{kTimes[job.kind]} * job.chunks;
}

// The same where pictures come without being decoded.
std::int64_t read_at_once(const Job& job) {
  return job.kind == Job::kRead || job.kind == Job::kPrepare ? job.chunks : typical(job);
}

// Share of the threads' time in which they work, until the last chunk is written.
double busy_share(const ScheduleLimits& limits,
                  int per_chain,
                  int chunks,
                  const Simulation::Duration& duration = typical) {
  Simulation simulation(limits, per_chain, chunks);
  const std::int64_t time = simulation.run(duration);
  simulation.expect_all_done();
  return static_cast<double>(simulation.busy(duration)) /
         (static_cast<double>(time) * limits.threads);
}

ScheduleLimits limits_of_cpu(int threads) {
  return {.threads = threads,
          .read_chunks = 2,
          .call_chunks = 1,
          .calls = threads,
          .elsewhere = false,
          .window = 6 * threads + 2};
}

TEST(Schedule, KeepsThreadsBusyThroughSeveralChains) {
  for (const int threads : {1, 2, 3, 4, 8, 14}) {
    const int chunks = 100 * threads;
    EXPECT_GT(busy_share(limits_of_cpu(threads), 16, chunks), 0.96) << threads;
    EXPECT_GT(busy_share(limits_of_cpu(threads), 1, chunks), 0.96) << threads;
  }
}

// Where reading, which is serial, does not hold them up.
TEST(Schedule, KeepsManyThreadsBusyThroughSeveralChains) {
  for (const int threads : {32, 100}) {
    EXPECT_GT(busy_share(limits_of_cpu(threads), 16, 100 * threads, read_at_once), 0.95) << threads;
  }
}

// One chain is rebased on one thread, which is enough for a few.
TEST(Schedule, KeepsAFewThreadsBusyInOneEndlessChain) {
  for (const int threads : {1, 2, 3, 4}) {
    EXPECT_GT(busy_share(limits_of_cpu(threads), 0, 100 * threads), 0.96) << threads;
  }
}

TEST(Schedule, TwoThreadsAreNearlyTwiceAsFastAsOneOnAShortVideo) {
  Simulation one(limits_of_cpu(1), 16, 16);
  Simulation two(limits_of_cpu(2), 16, 16);
  const auto alone = static_cast<double>(one.run(typical));
  EXPECT_GT(alone / static_cast<double>(two.run(typical)), 1.85);
}

// While hardware elsewhere decides about a wave, the next one gets ready and the one before is
// rebased: as long as threads keep up, it never waits.
TEST(Schedule, KeepsHardwareElsewhereBusy) {
  const ScheduleLimits limits = {.threads = 8,
                                 .read_chunks = 16,
                                 .call_chunks = 64,
                                 .calls = 1,
                                 .elsewhere = true,
                                 .window = 3 * 64 + 16};
  constexpr int kChunks = 64 * 20;
  const auto duration = [](const Job& job) {
    return job.kind == Job::kDecide ? std::int64_t{500} * job.chunks : typical(job) / 2;
  };
  Simulation simulation(limits, 16, kChunks);
  const std::int64_t time = simulation.run(duration);
  simulation.expect_all_done();
  EXPECT_LT(static_cast<double>(time), 1.1 * 500 * kChunks);
}

// Where reading is slower than the hardware, that begins early, and what is left at the end of the
// video is little.
TEST(Schedule, HardwareElsewhereDoesNotWaitForAFullCallThatReadingHoldsUp) {
  const ScheduleLimits limits = {.threads = 8,
                                 .read_chunks = 10,
                                 .call_chunks = 500,
                                 .calls = 2,
                                 .elsewhere = true,
                                 .window = 4 * 500 + 10};
  constexpr std::int64_t kRead = 70;
  constexpr int kChunks = 1200;
  const auto duration = [](const Job& job) -> std::int64_t {
    switch (job.kind) {
      case Job::kRead:
        return kRead * job.chunks;
      case Job::kDecide:
        return 1000 + 40 * job.chunks;
      case Job::kRebase:
        return 260;
      default:
        return 1;
    }
  };
  Simulation simulation(limits, 16, kChunks);
  const std::int64_t time = simulation.run(duration);
  simulation.expect_all_done();
  EXPECT_LT(static_cast<double>(time), 1.15 * kRead * kChunks);
  EXPECT_LT(simulation.most_in_window(), 200);
}

}  // namespace
}  // namespace host
