// Encodes on Lambda.
#include "tools/cloud_encode.hh"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cloud/error.hh"
#include "cloud/price.hh"
#include "cloud/simulate.hh"
#include "host/error.hh"
#include "tools/media_options.hh"
#include "tools/simulation_report.hh"

namespace tools {
namespace {

constexpr int kMostWorkers = 10'000;
constexpr double kMostDollars = 1e6;
constexpr double kNano = 1e-9;

std::string default_config() {
  if (const char* const path = std::getenv("FASTSLOW_CLOUD"); path != nullptr && *path != '\0')
    return path;
  const char* const home = std::getenv("HOME");
  return std::string(home != nullptr ? home : ".") + "/.config/fastslow/cloud.json";
}

cloud::Scenario scenario_of(const CloudJob& job, std::int64_t pictures) {
  cloud::Scenario scenario = cloud::encode_scenario(job.plan, pictures);
  scenario.lambda.account_limit = job.options.workers;
  if (job.options.memory_mb > 0)
    scenario.lambda.memory_mb = job.options.memory_mb;
  return scenario;
}

cloud::SchedulerOptions scheduler_options(const CloudJob& job) {
  cloud::SchedulerOptions options = cloud::scheduler_options(
      scenario_of(job, std::max<std::int64_t>(1, job.expected)), cloud::us_east_1());
  // An open line tells of a worker that dies; of one that hangs, its own time-out.
  options.start_limit_ms = options.attempt_limit_ms;
  options.silence_limit_ms = options.attempt_limit_ms;
  options.max_cost = static_cast<std::int64_t>(std::llround(job.options.max_dollars / kNano));
  return options;
}

}  // namespace

void add_worker_options(Command group, CloudOptions& options) {
  group
      .add_option("--cloud-config", options.config,
                  "Where the function and the bucket are: a file; $FASTSLOW_CLOUD or "
                  "~/.config/fastslow/cloud.json if not given")
      .type_name("FILE");
  group
      .add_option("--exchange", options.exchange,
                  "How states travel between workers: auto (redis if the configuration names a "
                  "server, else s3), redis, or s3")
      .transform(word_of({"auto", "redis", "s3"}))
      .type_name("");
  group.add_option("--workers", options.workers, "Workers at once, at most")
      .check(in_range(1, kMostWorkers))
      .shows_default();
  group
      .add_option("--worker-memory", options.memory_mb,
                  "Megabytes that the function was given: for what it costs")
      .check(in_range(128, 10'240));
  group
      .add_option("--max-cost", options.max_dollars,
                  "Stop before workers cost more than so many dollars; what is done can be gone "
                  "on from")
      .check(in_range(0.000001, kMostDollars))
      .type_name("DOLLARS");
}

void add_cloud_options(Command command, CloudOptions& options) {
  command
      .add_option("--backend", options.backend,
                  "Where chunks are coded: local (here, the default) or lambda (by workers on AWS "
                  "Lambda; see fastslow cloud). The bytes do not depend on it")
      .transform(word_of({"local", "lambda"}))
      .type_name("");
  const Command group = command.add_group("lambda", "With --backend lambda only:");
  add_worker_options(group, options);
  group.add_flag("--dry-run", options.dry_run,
                 "Only print how the run would go in a model of Lambda, and what it would cost");
  group.add_flag("--keep", options.keep, "Leave all objects in the bucket in the end");
}

void check_cloud_options(const CloudOptions& options) {
  if (options.backend == Backend::kLocal && options != CloudOptions{})
    throw UsageError("options of workers", "need --backend lambda");
}

CloudRun::CloudRun(const CloudJob& job)
    : job_(job),
      config_(cloud::read_cloud_config(job.options.config.empty() ? default_config()
                                                                  : job.options.config)) {
  find_or_make_run();
  services_ = std::make_unique<cloud::RunServices>(config_, run_.name, job.options.exchange);
  report_.exchange = services_->exchange_name();
}

// Nothing is left beside standard output.
std::string CloudRun::run_file() const {
  return job_.output == "-" ? "" : job_.output + ".run";
}

void CloudRun::find_or_make_run() {
  const std::string encode = cloud::digest_of(
      job_.plan, job_.limit, job_.input + " " + source_text(job_.source), FASTSLOW_VERSION);
  const std::string path = run_file();
  std::optional<cloud::RunRecord> found;
  if (!path.empty())
    found = cloud::read_run_file(path);
  resumed_ = found.has_value();
  if (!found)
    found = cloud::new_run(encode, config_.bucket);
  run_ = std::move(*found);
  if (run_.encode != encode || run_.bucket != config_.bucket) {
    throw host::InputError(path, "run " + run_.name, "is of another encode, which has not ended",
                           "go on with that one's command, or remove the file to give it up");
  }
  if (!resumed_ && !path.empty())
    cloud::write_run_file(path, run_);
}

cloud::CoordinatorOptions CloudRun::options_of(const host::RunOptions& run) const {
  cloud::CoordinatorOptions options;
  options.key = run_.key;
  options.scheduler = scheduler_options(job_);
  options.threads = job_.threads;
  options.limit = job_.limit;
  options.keep = job_.options.keep;
  if (!host::is_pipe(job_.input))
    options.reopen = [input = job_.input, source = job_.source] {
      return host::open_source(input, source);
    };
  options.on_progress = run.on_progress;
  options.spans = run.spans;
  return options;
}

host::EncodeSummary CloudRun::encode(host::PictureSource& source,
                                     const host::RunOptions& run,
                                     gpu::Device& device,
                                     const std::function<void(const host::CodedFrame&)>& write) {
  const std::string again = run_file().empty()
                                ? "; the output is a pipe, so it cannot be resumed"
                                : "; the same command goes on where this one stopped";
  try {
    report_.summary = cloud::encode_on_workers(
        source, job_.plan, options_of(run),
        {services_->store(), services_->exchange(), services_->invoker(), device}, write);
    return report_.summary.encode;
  } catch (const cloud::RunEnded& ended) {
    const bool cost = ended.reason() == cloud::EndReason::kCost;
    throw std::runtime_error(ended.what() + again + (cost ? ", with a higher --max-cost" : ""));
  } catch (const cloud::Unavailable& error) {
    throw std::runtime_error(error.what() + again);
  } catch (const cloud::Denied& error) {
    throw std::runtime_error(error.what() + again);
  }
}

// States expire by themselves where the server cannot be told.
void CloudRun::finish() {
  if (!job_.options.keep) {
    try {
      services_->dismiss();
    } catch (const std::exception& error) {
      fmt::print(stderr, "fastslow: the exchange still knows the run {}: {}\n", run_.name,
                 error.what());
    }
  }
  if (!run_file().empty())
    std::remove(run_file().c_str());
}

std::string CloudRun::text() const {
  return fmt::format("lambda: run {} of function {}, bucket {}, states by {}{}\n", run_.name,
                     config_.function, config_.bucket, report_.exchange,
                     resumed_ ? "; resumed" : "");
}

std::string predicted(const CloudJob& job) {
  if (job.expected <= 0) {
    throw host::InputError(job.input, "its header", "does not tell how many pictures it has",
                           "say so with --limit");
  }
  SimulationReport report{scenario_of(job, job.expected), 1, {job.options.workers}, {}};
  const cloud::PriceTable& prices = cloud::us_east_1();
  cloud::SchedulerOptions options = scheduler_options(job);
  report.runs.push_back(cloud::simulate(report.scenario, options, prices, report.seed));
  return simulation_as_text(report, prices);
}

std::string cloud_line(const CloudReport& report) {
  const cloud::CloudSummary& s = report.summary;
  const double raw = static_cast<double>(std::max<std::uint64_t>(1, s.raw_bytes));
  return fmt::format(
      "{} tasks, {} workers called at once ({} second copies, {} failed, {} throttled, {} of an "
      "earlier "
      "run), at most {}; uploaded {} bytes, {:.0f} % of the pictures, in {:.1f} s; states by {}\n",
      s.scheduler.invocations, s.most_workers, s.scheduler.copies, s.scheduler.failures,
      s.scheduler.throttled, s.resumed, cloud::dollars(s.scheduler.cost), s.packed_bytes,
      100 * static_cast<double>(s.packed_bytes) / raw, s.seconds_to_upload, report.exchange);
}

}  // namespace tools
