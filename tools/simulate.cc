// `fastslow simulate`: how an encode on Lambda would go, from a model.
#include "cloud/simulate.hh"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/commands.hh"
#include "tools/files.hh"
#include "tools/pair_option.hh"
#include "tools/plan_options.hh"
#include "tools/simulation_report.hh"

namespace tools {
namespace {

constexpr int kMostWorkers = 10'000;
constexpr std::int64_t kMostPictures = 10'000'000;

struct Options {
  bool paper = false;
  Pair size{3840, 2160};
  Pair plan{host::Plan{}.chunk_frames, host::Plan{}.chunks_per_chain};
  std::int64_t pictures = std::int64_t{2} * 3600 * 24;
  std::vector<int> workers;
  std::optional<double> first_pass_ms;
  std::optional<double> rebase_ms;
  std::optional<double> read_ms;
  std::optional<double> source_mb;
  std::optional<double> line_mb_s;
  std::optional<double> failures_percent;
  std::optional<int> memory_mb;
  bool arm = false;
  bool uploaded = false;
  std::uint64_t seed = 1;
  bool json = false;
};

cloud::Scenario scenario_of(const Options& options) {
  if (options.paper)
    return cloud::paper_scenario();
  host::Plan plan;
  plan.width = options.size[0];
  plan.height = options.size[1];
  plan.chunk_frames = options.plan[0];
  plan.chunks_per_chain = options.plan[1];
  cloud::Scenario scenario = cloud::encode_scenario(plan, options.pictures);
  cloud::Workload& work = scenario.work;
  work.first_pass_ms = options.first_pass_ms.value_or(work.first_pass_ms);
  work.rebase_ms = options.rebase_ms.value_or(work.rebase_ms);
  work.read_ms = options.read_ms.value_or(work.read_ms);
  work.source_mb = options.source_mb.value_or(work.source_mb);
  work.coordinator_mb_s = options.line_mb_s.value_or(work.coordinator_mb_s);
  work.uploaded = options.uploaded;
  cloud::LambdaModel& lambda = scenario.lambda;
  if (options.failures_percent)
    lambda.failure_chance = *options.failures_percent / 100;
  lambda.memory_mb = options.memory_mb.value_or(lambda.memory_mb);
  lambda.architecture = options.arm ? cloud::Architecture::kArm : cloud::Architecture::kX86;
  return scenario;
}

void run(const Options& options) {
  SimulationReport report{scenario_of(options), options.seed, options.workers, {}};
  if (report.workers.empty())
    report.workers = {report.scenario.lambda.account_limit};
  const cloud::PriceTable& prices = cloud::us_east_1();
  for (const int workers : report.workers) {
    cloud::Scenario scenario = report.scenario;
    scenario.lambda.account_limit = workers;
    report.runs.push_back(cloud::simulate(scenario, cloud::scheduler_options(scenario, prices),
                                          prices, options.seed));
  }
  write_text(options.json ? simulation_as_json(report, prices)
                          : simulation_as_text(report, prices));
}

// What the paper's scenario has of its own.
void add_video_options(Command command, Options& options, Option paper) {
  const auto ours = [&](Option option) { option.excludes(paper); };
  const auto number = [&](const char* name, std::optional<double>& value, const char* text) {
    ours(command.add_option(name, value, text).check(in_range(0.0, 1e9)));
  };
  add_pair_option(command, "--size", "WxH", options.size, "Size of the pictures (3840x2160)",
                  parse_size);
  ours(command.option("--size"));
  add_pair_option(command, "--plan", "N,X", options.plan,
                  "Pictures a chunk, and chunks a chain or endless (6,16)", parse_plan);
  ours(command.option("--plan"));
  ours(command.add_option("--pictures", options.pictures, "Pictures of the video")
           .shows_default()
           .check(in_range(std::int64_t{1}, kMostPictures)));
  number("--first-pass-ms", options.first_pass_ms, "Worker's milliseconds a picture, first pass");
  number("--rebase-ms", options.rebase_ms, "Worker's milliseconds a picture, rebase");
  number("--read-ms", options.read_ms, "Coordinator's milliseconds a picture, to prepare it");
  number("--source-mb", options.source_mb, "Megabytes of a picture, compressed without loss");
  ours(command
           .add_option("--line-mb-s", options.line_mb_s,
                       "Megabytes a second between coordinator and store")
           .check(in_range(0.001, 1e6)));
  ours(command.add_option("--failures", options.failures_percent, "Percent of attempts that fail")
           .check(in_range(0.0, 100.0)));
  ours(command.add_option("--memory-mb", options.memory_mb, "Memory of a worker, for its price")
           .check(in_range(128, 10'240)));
  ours(command.add_flag("--arm", options.arm, "Prices of Arm processors"));
  ours(command.add_flag("--uploaded", options.uploaded, "The pictures are in the store already"));
}

}  // namespace

void add_simulate(Command app) {
  const auto options = std::make_shared<Options>();
  const Command command = app.add_subcommand(
      "simulate", "Tell how an encode on AWS Lambda would go: time, workers, cost, from a model");
  const Option paper = command.add_flag(
      "--paper", options->paper, "The encode that the ExCamera paper reports: Sintel in 4K, 2017");
  add_video_options(command, *options, paper);
  command
      .add_option("--workers", options->workers,
                  "Workers at once, or several such limits to compare: 10,100,1000")
      .delimiter(',')
      .check(in_range(1, kMostWorkers));
  command.add_option("--seed", options->seed, "Of the model's random numbers").shows_default();
  command.add_flag("--json", options->json, "Print JSON");
  command.footer(
      "Example:\n  fastslow simulate --size 3840x2160 --pictures 172800 --workers 10,100,1000");
  command.on_run([options] { run(*options); });
}

}  // namespace tools
