// Encodes in a model of Lambda.
#include "cloud/simulate.hh"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "cloud/worker_pool.hh"

namespace cloud {
namespace {

Simulation run(const Scenario& scenario, std::uint64_t seed = 1) {
  return simulate(scenario, scheduler_options(scenario, us_east_1()), us_east_1(), seed);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// What the paper and its authors' logs say of Sintel in 4K, [6, 16].
TEST(Simulate, ReproducesThePapersEncodeWithinAQuarter) {
  std::vector<double> seconds;
  std::vector<double> worker;
  std::vector<double> step;
  std::vector<double> price;
  for (std::uint64_t seed = 1; seed <= 9; ++seed) {
    const Simulation simulation = run(paper_scenario(), seed);
    ASSERT_TRUE(simulation.done);
    EXPECT_EQ(simulation.chunks, 3552);
    EXPECT_EQ(simulation.peak_workers, 3552);
    seconds.push_back(simulation.seconds);
    worker.push_back(simulation.chunk_seconds);
    step.push_back(simulation.chain_step_seconds);
    price.push_back(static_cast<double>(simulation.cost.compute) / 1e9);
  }
  EXPECT_NEAR(median(seconds), 2.6 * 60, 0.25 * 2.6 * 60);
  EXPECT_NEAR(median(worker), 62, 0.25 * 62);
  EXPECT_NEAR(median(step), 3.7, 0.25 * 3.7);
  EXPECT_NEAR(median(price), 5.35, 0.25 * 5.35);
  // No single run is far off either.
  EXPECT_GT(*std::min_element(seconds.begin(), seconds.end()), 100);
  EXPECT_LT(*std::max_element(seconds.begin(), seconds.end()), 250);
}

// Small enough to be reckoned by hand: everybody is as fast as everybody else.
Scenario plain(std::int64_t pictures, int chunks_per_chain, int workers) {
  Scenario scenario;
  scenario.lambda = {.cold_median_ms = 500,
                     .warm_ms = 100,
                     .mb_per_s = 100,
                     .account_limit = workers,
                     .burst = workers,
                     .per_second = 100,
                     .memory_mb = 1024};
  scenario.work = {.pictures = pictures,
                   .chunk_frames = 4,
                   .chunks_per_chain = chunks_per_chain,
                   .first_pass_ms = 1000,
                   .rebase_ms = 250,
                   .uploaded = true,
                   .coordinator_mb_s = 100};
  return scenario;
}

TEST(Simulate, AddsUpWhatAChainTakes) {
  // Four cold first passes at once, then four warm rebases, one after the other.
  const Simulation simulation = run(plain(16, 4, 10));
  EXPECT_NEAR(simulation.seconds, 4.5 + 4 * 1.1, 0.01);
  EXPECT_NEAR(simulation.decided_after, 4.5, 0.01);
  EXPECT_NEAR(simulation.chain_step_seconds, 1.1, 0.01);
  EXPECT_NEAR(simulation.worker_seconds, 4 * 4.5 + 4 * 1.1, 0.01);
  EXPECT_EQ(simulation.cold_starts, 4);
  EXPECT_EQ(simulation.peak_workers, 4);
  EXPECT_EQ(simulation.scheduler.invocations, 8);
  EXPECT_NEAR(static_cast<double>(simulation.cost.compute), 22.4 * 16'666.7, 10);
}

TEST(Simulate, TakesTheTimeOfTransfers) {
  Scenario scenario = plain(4, 4, 10);
  scenario.lambda.latency_ms = 10;
  scenario.work.source_mb = 2.5;  // 10 MB a chunk: 100 ms
  scenario.work.decisions_mb = 0.25;
  scenario.work.frame_mb = 0.5;
  scenario.work.state_mb = 1;
  // First pass: 10 + 100 pictures in, 10 + 20 decisions and state out. Rebase: the same pictures,
  // 10 + 10 decisions, 10 + 10 state in, 10 + 30 frames and state out. The fetch: 20 + 10.
  EXPECT_NEAR(run(scenario).seconds, 4.5 + 0.14 + 1.1 + 0.19 + 0.03, 0.01);
  scenario.work.uploaded = false;  // 100 ms and 10
  EXPECT_NEAR(run(scenario).seconds, 4.5 + 0.14 + 1.1 + 0.19 + 0.03 + 0.11, 0.01);
  EXPECT_NEAR(run(scenario).uploaded_after, 0.11, 0.01);
}

TEST(Simulate, WithOneWorkerDoesOneThingAfterTheOther) {
  const Simulation simulation = run(plain(40, 5, 1));
  EXPECT_TRUE(simulation.done);
  EXPECT_EQ(simulation.peak_workers, 1);
  EXPECT_NEAR(simulation.seconds, 0.5 + 9 * 0.1 + 10 * 4 + 10 * 1.1, 0.01);
}

TEST(Simulate, ResidentWorkersArePaidForWhileTheyWait) {
  Scenario scenario = plain(16, 4, 10);
  scenario.lambda.resident = true;
  const Simulation simulation = run(scenario);
  EXPECT_EQ(simulation.cold_starts, 4);
  EXPECT_EQ(simulation.peak_workers, 4);
  // The k-th chunk's worker stays until k rebases are over.
  EXPECT_NEAR(simulation.worker_seconds, 4 * 4.5 + (1 + 2 + 3 + 4) * 1.1, 0.01);
}

TEST(Simulate, IsTheSameForTheSameSeed) {
  const host::Plan plan{.width = 640, .height = 480};
  const Scenario scenario = encode_scenario(plan, 3000);
  const Simulation a = run(scenario, 7);
  const Simulation b = run(scenario, 7);
  EXPECT_EQ(a.seconds, b.seconds);
  EXPECT_EQ(a.cost, b.cost);
  EXPECT_EQ(a.scheduler.invocations, b.scheduler.invocations);
  EXPECT_NE(a.seconds, run(scenario, 8).seconds);
}

TEST(Simulate, SurvivesWorkersThatFailAndDawdle) {
  Scenario scenario = plain(400, 10, 50);
  scenario.lambda.failure_chance = 0.1;
  scenario.lambda.silence_chance = 0.02;
  scenario.lambda.straggler_chance = 0.1;
  scenario.lambda.straggler_factor = 10;
  const Simulation simulation = run(scenario);
  EXPECT_TRUE(simulation.done) << simulation.reason;
  EXPECT_GT(simulation.scheduler.failures, 10);
  EXPECT_GT(simulation.scheduler.copies, 5);
}

TEST(Simulate, TellsWhenNothingCanWork) {
  Scenario scenario = plain(40, 10, 50);
  scenario.lambda.failure_chance = 1;
  const Simulation simulation = run(scenario);
  EXPECT_FALSE(simulation.done);
  EXPECT_NE(simulation.reason.find("attempts failed"), std::string::npos);
}

TEST(Simulate, IsThrottledWhereTheSchedulerAsksForTooMuch) {
  const Scenario scenario = plain(400, 10, 20);
  SchedulerOptions options = scheduler_options(scenario, us_east_1());
  options.workers = {.start = 100, .per_second = 50, .limit = 100};
  const Simulation simulation = simulate(scenario, options, us_east_1(), 1);
  EXPECT_TRUE(simulation.done) << simulation.reason;
  EXPECT_GT(simulation.scheduler.throttled, 0);
  EXPECT_EQ(simulation.peak_workers, 20);
}

TEST(Simulate, OfAnEmptyVideoIsDoneAtOnce) {
  const Simulation simulation = run(plain(0, 4, 10));
  EXPECT_TRUE(simulation.done);
  EXPECT_EQ(simulation.chunks, 0);
  EXPECT_EQ(simulation.cost.compute, 0);
}

// Ten thousand workers, a film of two hours: more workers never take longer.
TEST(Simulate, OfAFilmGetsFasterWithMoreWorkers) {
  const host::Plan plan{.width = 3840, .height = 2160};
  Scenario scenario = encode_scenario(plan, std::int64_t{2} * 3600 * 24);
  scenario.work.uploaded = true;
  scenario.work.read_ms = 0;
  double before = 1e9;
  for (const int workers : {100, 1000, 10'000}) {
    scenario.lambda.account_limit = workers;
    const Simulation simulation = run(scenario);
    ASSERT_TRUE(simulation.done);
    EXPECT_LE(simulation.peak_workers, workers);
    EXPECT_LT(simulation.seconds, before);
    before = simulation.seconds;
  }
}

TEST(Draw, DependsOnlyOnWhatItIsFor) {
  const Draw draw(5);
  EXPECT_EQ(draw.uniform(1, 2, 3), Draw(5).uniform(1, 2, 3));
  EXPECT_NE(draw.uniform(1, 2, 3), draw.uniform(1, 3, 2));
  EXPECT_NE(draw.uniform(1, 2, 3), draw.uniform(2, 2, 3));
  EXPECT_NE(draw.uniform(1, 2, 3), Draw(6).uniform(1, 2, 3));
}

TEST(Draw, HasTheDistributionsThatItSays) {
  const Draw draw(9);
  constexpr int kNumbers = 100'000;
  double sum = 0;
  double squares = 0;
  double uniforms = 0;
  double factors = 0;
  for (std::uint64_t i = 0; i < kNumbers; ++i) {
    const double normal = draw.normal(3, i);
    sum += normal;
    squares += normal * normal;
    uniforms += draw.uniform(4, i);
    factors += draw.factor(0.25, 5, i);
  }
  EXPECT_NEAR(sum / kNumbers, 0, 0.02);
  EXPECT_NEAR(squares / kNumbers, 1, 0.02);
  EXPECT_NEAR(uniforms / kNumbers, 0.5, 0.01);
  EXPECT_NEAR(factors / kNumbers, 1, 0.01);
}

// The distribution that the scenario asks for: half of the starts within the median, 95 % within
// the other.
TEST(WorkerPool, StartsAsTheLogsSay) {
  const Scenario paper = paper_scenario();
  LambdaModel model = paper.lambda;
  model.account_limit = model.burst = 100'000;
  const Draw draw(1);
  WorkerPool pool(model, draw);
  int within_median = 0;
  int within_p95 = 0;
  int late = 0;
  for (std::int64_t chunk = 0; chunk < 100'000; ++chunk) {
    const auto lease = pool.take(chunk, 0);
    ASSERT_TRUE(lease);
    within_median += lease->start_ms <= 2200 ? 1 : 0;
    within_p95 += lease->start_ms <= 3200 ? 1 : 0;
    late += lease->start_ms > 10'000 ? 1 : 0;
  }
  EXPECT_NEAR(within_median, 50'000, 1'000);
  EXPECT_NEAR(within_p95, 95'000, 500);
  EXPECT_GE(late, 1);
  EXPECT_LE(late, 10);  // 2.25 expected
}

TEST(WorkerPool, RefusesMoreThanTheAccountHas) {
  LambdaModel model = plain(4, 1, 2).lambda;
  model.burst = 10;
  const Draw draw(1);
  WorkerPool pool(model, draw);
  ASSERT_TRUE(pool.take(0, 0));
  ASSERT_TRUE(pool.take(1, 0));
  EXPECT_FALSE(pool.take(2, 0));
  pool.give_back(0, 0, true);
  const auto again = pool.take(2, 0);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->cold);
  EXPECT_EQ(again->worker, 0);
}

TEST(WorkerPool, StartsNoFasterThanLambdaDoes) {
  LambdaModel model = plain(4, 1, 1000).lambda;
  model.burst = 3;
  model.per_second = 2;
  const Draw draw(1);
  WorkerPool pool(model, draw);
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(pool.take(i, 0));
  EXPECT_FALSE(pool.take(3, 100));
  EXPECT_TRUE(pool.take(3, 600));
  EXPECT_FALSE(pool.take(4, 600));
}

}  // namespace
}  // namespace cloud
