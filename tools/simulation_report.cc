// Reports of simulations.
#include "tools/simulation_report.hh"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kNote =
    "a model, not a measurement: the coordinator's scheduler in simulated time, on a simulated "
    "Lambda";

std::string plan_text(const cloud::Workload& work) {
  return fmt::format(
      "[{}, {}]", work.chunk_frames,
      work.chunks_per_chain == 0 ? "endless" : std::to_string(work.chunks_per_chain));
}

std::string row(int workers, const cloud::Simulation& run) {
  return fmt::format(
      "{:>8} {:>8} {:>10.1f} {:>10.1f} {:>10.1f} {:>9.2f} {:>10.1f} {:>7} {:>8} {:>10}\n", workers,
      run.peak_workers, run.seconds, run.uploaded_after, run.decided_after, run.chain_step_seconds,
      run.chunk_seconds, run.scheduler.copies, run.scheduler.failures,
      cloud::dollars(run.cost.total()));
}

Json run_as_json(int workers, const cloud::Simulation& run) {
  const cloud::SchedulerStatus& status = run.scheduler;
  const cloud::Cost& cost = run.cost;
  Json steps;
  for (int i = 0; i < cloud::kSteps; ++i) {
    const auto step = static_cast<cloud::Step>(i);
    if (cloud::on_worker(step))
      steps[cloud::step_name(step)] = run.step_seconds[static_cast<std::size_t>(i)];
  }
  return {{"workers", workers},
          {"done", run.done},
          {"reason", run.reason},
          {"chunks", run.chunks},
          {"seconds", run.seconds},
          {"uploaded_after_seconds", run.uploaded_after},
          {"decided_after_seconds", run.decided_after},
          {"peak_workers", run.peak_workers},
          {"cold_starts", run.cold_starts},
          {"worker_seconds", run.worker_seconds},
          {"worker_seconds_per_chunk", run.chunk_seconds},
          {"chain_step_seconds", run.chain_step_seconds},
          {"step_seconds", steps},
          {"invocations", status.invocations},
          {"copies", status.copies},
          {"failures", status.failures},
          {"throttled", status.throttled},
          {"nano_dollars",
           {{"compute", cost.compute},
            {"invocations", cost.invocations},
            {"store_requests", cost.store_requests},
            {"storage", cost.storage},
            {"transfer", cost.transfer},
            {"exchange", cost.exchange},
            {"total", cost.total()}}}};
}

}  // namespace

std::string simulation_as_text(const SimulationReport& report, const cloud::PriceTable& prices) {
  const cloud::Scenario& scenario = report.scenario;
  std::string text =
      fmt::format("{}\n{}\n{}, {} chunks; list prices of {}, {}\n\n", kNote, scenario.name,
                  plan_text(scenario.work), report.runs.empty() ? 0 : report.runs.front().chunks,
                  prices.region, prices.date);
  text += fmt::format("{:>8} {:>8} {:>10} {:>10} {:>10} {:>9} {:>10} {:>7} {:>8} {:>10}\n",
                      "workers", "at once", "seconds", "uploaded", "decided", "step s", "s/chunk",
                      "copies", "failures", "cost");
  for (std::size_t i = 0; i < report.runs.size(); ++i) {
    text += row(report.workers[i], report.runs[i]);
    if (!report.runs[i].done)
      text += fmt::format("         ended early: {}\n", report.runs[i].reason);
  }
  text +=
      "\nuploaded, decided: seconds until all pictures were in the store, all first passes done\n"
      "step s: from a chunk's rebase to the next one's in its chain; s/chunk: of workers, paid "
      "for\n"
      "\nwhere the model's numbers are from:\n";
  for (const std::string& source : scenario.sources)
    text += "- " + source + "\n";
  return text;
}

std::string simulation_as_json(const SimulationReport& report, const cloud::PriceTable& prices) {
  const cloud::Workload& work = report.scenario.work;
  Json runs = Json::array();
  for (std::size_t i = 0; i < report.runs.size(); ++i)
    runs.push_back(run_as_json(report.workers[i], report.runs[i]));
  const Json json = {
      {"model", true},
      {"note", kNote},
      {"scenario", report.scenario.name},
      {"sources", report.scenario.sources},
      {"seed", report.seed},
      {"prices", {{"region", prices.region}, {"date", prices.date}, {"source", prices.source}}},
      {"pictures", work.pictures},
      {"chunk_frames", work.chunk_frames},
      {"chunks_per_chain", work.chunks_per_chain},
      {"runs", runs}};
  return json.dump(2) + "\n";
}

}  // namespace tools
