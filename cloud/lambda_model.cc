// The scenarios' numbers, and random ones.
#include "cloud/lambda_model.hh"

#include <cmath>
#include <numbers>

#include <fmt/core.h>

#include "cloud/mixed_bits.hh"

namespace cloud {
namespace {

// log-normal: the 95th percentile lies this many deviations above the median.
constexpr double kP95 = 1.645;

double sigma_of(double median, double p95) {
  return std::log(p95 / median) / kP95;
}

}  // namespace

double Draw::uniform(std::uint64_t purpose, std::uint64_t a, std::uint64_t b) const {
  const std::uint64_t bits = mixed_bits(mixed_bits(mixed_bits(seed_ ^ purpose << 56) + a) + b);
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

// Box and Muller's method.
double Draw::normal(std::uint64_t purpose, std::uint64_t a, std::uint64_t b) const {
  const double radius = 1 - uniform(128 + 2 * purpose, a, b);
  const double angle = uniform(129 + 2 * purpose, a, b);
  return std::sqrt(-2 * std::log(radius)) * std::cos(2 * std::numbers::pi * angle);
}

double Draw::factor(double sigma, std::uint64_t purpose, std::uint64_t a, std::uint64_t b) const {
  return std::exp(sigma * normal(purpose, a, b) - sigma * sigma / 2);
}

Scenario paper_scenario() {
  Scenario paper;
  paper.name = "Sintel in 4K as the paper encoded it, on Lambda of 2017";
  LambdaModel& lambda = paper.lambda;
  lambda.cold_median_ms = 2200;
  lambda.cold_sigma = sigma_of(2200, 3200);
  lambda.late_chance = 0.08 / 3552;
  lambda.mb_per_s = 64 / 1.5;
  lambda.latency_ms = 50;
  lambda.worker_sigma = 0.1;
  lambda.account_limit = 4000;
  lambda.burst = 4000;
  lambda.per_second = 1000;
  lambda.memory_mb = 1536;
  lambda.resident = true;
  Workload& work = paper.work;
  work.pictures = 21'312;
  work.boundary = true;
  work.first_pass_ms = 1800 + 500;
  work.boundary_ms = 1800 + 500;
  work.rebase_ms = 600;
  work.content_sigma = 0.25;
  work.source_mb = 64.0 / 6;
  work.frame_mb = 0.1;
  work.state_mb = 1;
  work.uploaded = true;
  work.coordinator_mb_s = 100;
  paper.sources = {
      "the authors' logs: vpxenc 1.8 s, decode 0.5 s, rebase 0.6 s a picture; start to connect "
      "median 2.2 s, 95 % within 3.2 s, in 8 % of runs one worker later than 10 s; 64 MB in 1.5 s",
      "the paper: 14:48 of 24 pictures a second, [6, 16], workers that keep their chunk, 1.5 GB",
      "assumed: workers differ by 10 % in speed, chains by 25 % in content, a state takes 0.1 s "
      "from one worker to the next, the boundary takes what a picture of the first pass takes",
  };
  return paper;
}

namespace {

LambdaModel lambda_of_today() {
  LambdaModel lambda;
  lambda.cold_median_ms = 330;
  lambda.cold_sigma = sigma_of(330, 700);
  lambda.late_chance = 0.08 / 3552;
  lambda.warm_ms = 30;
  lambda.mb_per_s = 64 / 1.5;
  lambda.latency_ms = 30;
  lambda.worker_sigma = 0.1;
  lambda.failure_chance = 0.0005;
  lambda.silence_chance = 0.0001;
  lambda.straggler_chance = 0.001;
  lambda.straggler_factor = 5;
  lambda.account_limit = 1000;
  lambda.burst = 1000;
  lambda.per_second = 100;
  lambda.memory_mb = 1769;
  return lambda;
}

// The default effort is 1; the others as README.md's table has them.
double effort_factor(gpu::Effort effort) {
  return effort == gpu::Effort::kFast ? 0.75 : effort == gpu::Effort::kBest ? 1.18 : 1;
}

}  // namespace

Scenario encode_scenario(const host::Plan& plan, std::int64_t pictures) {
  constexpr double k4kPixels = 3840.0 * 2160;
  const double scale = static_cast<double>(plan.width) * plan.height / k4kPixels;
  Scenario scenario;
  scenario.name = fmt::format("{} pictures of {} x {}, coded by this program on Lambda of today",
                              pictures, plan.width, plan.height);
  scenario.lambda = lambda_of_today();
  Workload& work = scenario.work;
  work.pictures = pictures;
  work.chunk_frames = plan.chunk_frames;
  work.chunks_per_chain = plan.chunks_per_chain;
  work.boundary = plan.first_pass == host::FirstPass::kLibvpx;
  work.first_pass_ms = 360 * scale * effort_factor(plan.effort);
  work.boundary_ms = work.first_pass_ms;
  work.rebase_ms = 116 * scale * effort_factor(plan.effort);
  work.content_sigma = 0.25;
  work.source_mb = 12.4 * 0.5 * scale;
  work.decisions_mb = 0.05 * scale;
  work.frame_mb = 0.2 * scale;
  work.state_mb = 5 * scale;
  work.read_ms = 10 * scale;
  work.coordinator_mb_s = 1250;
  scenario.sources = {
      "measured, one thread of an AMD EPYC, two 1080p clips, --cq 24, scaled by the pixels: for 4K "
      "first pass 0.36 s, rebase 0.12 s, 0.2 MB a picture",
      "docs.aws.amazon.com/lambda: 1,769 MB are one processor; 1,000 workers more every 10 s; "
      "account limit 1,000 unless raised",
      "mikhail.io/serverless/coldstarts/aws: two thirds of cold starts within 0.4 s, 95 % within "
      "0.7 s",
      "Lambda's service level agreement (99.95 %): one attempt in 2,000 fails",
      "the logs of the paper's authors: 64 MB in 1.5 s; in 8 % of runs one worker later than 10 s",
      "assumed: pictures compress to half without loss; the coordinator has 10 Gbit/s to the store "
      "and prepares 100 pictures of 4K a second; a warm start takes 30 ms, a transfer 30 ms and "
      "its "
      "bytes; one attempt in 10,000 falls silent, one in 1,000 takes five times as long; workers "
      "differ by 10 % in speed, chains by 25 % in content",
  };
  return scenario;
}

}  // namespace cloud
