// Tables of a comparison.
#include "tools/bench_report.hh"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "cloud/price.hh"
#include "host/energy.hh"
#include "tools/bench_phases.hh"

namespace tools {
namespace {

double pictures_per_second(const BenchRow& row) {
  const double best = *std::min_element(row.seconds.begin(), row.seconds.end());
  return best > 0 ? static_cast<double>(row.summary.pictures) / best : 0;
}

// A number, or a dash.
std::string or_dash(const std::optional<double>& value, int digits, const char* unit = "") {
  return value ? fmt::format("{}{:.{}f}", unit, *value, digits) : "-";
}

std::optional<double> warm_seconds(const BenchRow& row) {
  if (row.seconds.size() < 2)
    return {};
  return median({row.seconds.begin() + 1, row.seconds.end()});
}

std::string table_row(const BenchRow& row, const BenchReport& report) {
  const host::PictureQuality& quality = row.summary.quality;
  return fmt::format(
      "{:<11} {:<13} {:>5} {:>10} {:>7.2f} {:>7.4f} {:>8.2f} {:>8} {:>7.1f} {:>8.2f} {:>10} {:>7}  "
      "{:08x}\n",
      backend_name(row.what.backend), shape_text(row.what), fmt::format("{:g}", row.what.cq),
      row.summary.bytes, quality.psnr_y, quality.ssim_y, row.seconds.front(),
      or_dash(warm_seconds(row), 2), pictures_per_second(row), processor_seconds(row),
      or_dash(dollars_of(row, report.machine_price), 5, "$"), or_dash(row.joules, 1),
      row.digest >> 32U);
}

// Why a row is not there, as one line.
std::string absent_row(const BenchRow& row) {
  const bool missing = !row.missing.empty();
  return fmt::format("{:<11} {:<13} {}: {}\n", backend_name(row.what.backend), shape_text(row.what),
                     missing ? "skipped" : "failed", missing ? row.missing : row.failure);
}

std::string table(const std::vector<BenchRow>& rows, const BenchReport& report) {
  std::string text = fmt::format(
      "{:<11} {:<13} {:>5} {:>10} {:>7} {:>7} {:>8} {:>8} {:>7} {:>8} {:>10} {:>7}  {}\n",
      "backend", "plan", "cq", "bytes", "PSNR-Y", "SSIM-Y", "cold s", "warm s", "pics/s", "CPU s",
      "cost", "joules", "digest");
  for (const BenchRow& row : rows)
    text += row.is_done() ? table_row(row, report) : absent_row(row);
  return text;
}

// The paper's figure of where the time goes, as shares of a row's sum.
std::string phase_table(const BenchReport& report) {
  std::string text = "\nwhere the time goes, in % of the seconds of all threads and workers\n";
  text += fmt::format("{:<11} {:<13} {:>8}", "backend", "plan", "seconds");
  for (const auto& [name, seconds] : phase_seconds(BenchRow{}))
    text += fmt::format(" {:>9}", name);
  text += "\n";
  for (const BenchRow& row : report.rows) {
    if (!row.is_done())
      continue;
    const auto phases = phase_seconds(row);
    double sum = 0;
    for (const auto& [name, seconds] : phases)
      sum += seconds;
    text += fmt::format("{:<11} {:<13} {:>8.2f}", backend_name(row.what.backend),
                        shape_text(row.what), sum);
    for (const auto& [name, seconds] : phases)
      text += fmt::format(" {:>9.1f}", sum > 0 ? 100 * seconds / sum : 0);
    text += "\n";
  }
  return text;
}

std::string starts_of(const std::vector<double>& seconds, const char* kind) {
  return seconds.empty()
             ? fmt::format("no {} ones", kind)
             : fmt::format("{} {}, median {:.3f} s", seconds.size(), kind, median(seconds));
}

std::string starts_text(const BenchReport& report) {
  std::string text;
  for (const BenchRow& row : report.rows) {
    if (!row.is_done() || (row.cold_starts.empty() && row.warm_starts.empty()))
      continue;
    text += fmt::format("{} {}: {}, {}", backend_name(row.what.backend), shape_text(row.what),
                        starts_of(row.cold_starts, "cold"), starts_of(row.warm_starts, "warm"));
    if (row.cloud)
      text += fmt::format("; {} called at once", row.cloud->summary.most_workers);
    text += "\n";
  }
  return text.empty() ? "" : "\nstarts, of devices and workers\n" + text;
}

std::string equality_text(const BenchReport& report) {
  std::string text;
  for (const auto& [a, b] : same_plans(report))
    text += fmt::format("{} and {} {}: {} bytes\n", backend_name(a->what.backend),
                        backend_name(b->what.backend), shape_text(a->what),
                        a->digest == b->digest ? "equal" : "DIFFERENT");
  return text.empty() ? "" : "\nthe same plan\n" + text;
}

std::string sweep_text(const BenchReport& report) {
  if (report.sweep.empty())
    return "";
  std::string text = "\nsweep\n" + table(report.sweep, report);
  text += fmt::format("\n{:<13} {:>12} {:>10}\n", "plan", "serial s", "bits lost");
  for (const TradeoffPoint& point : tradeoff(report))
    text += fmt::format("{:<13} {:>12.3f} {:>8.1f} %\n",
                        shape_text({BenchBackend::kCpu, point.shape, 0}), point.serial_seconds,
                        100 * point.bits_lost);
  text +=
      "serial s: with a worker for each chunk and no transfers, from the measured processor time\n"
      "bits lost: at equal PSNR-Y, to one chain of chunks of " +
      std::to_string(kReferenceChunk) + " pictures\n";
  return text;
}

std::string notes(const BenchReport& report) {
  std::string text = "\ncold s, warm s: wall time of the first round, median of later ones\n";
  const cloud::PriceTable& prices = cloud::us_east_1();
  text += fmt::format("cost: of workers by list prices of {}, {}, without what the coordinator's ",
                      prices.region, prices.date);
  text +=
      report.machine_price > 0
          ? fmt::format("machine costs; of this machine at ${:g} an hour\n", report.machine_price)
          : "machine costs; say --machine-price for the rest\n";
  const host::EnergyMeter energy;
  text +=
      "joules: " + (energy.missing().empty()
                        ? "of this machine's processor packages, whatever runs on them; a GPU's "
                          "and the workers' are not read\n"
                        : "not known: " + energy.missing() + "\n");
  return text;
}

}  // namespace

std::optional<double> dollars_of(const BenchRow& row, double machine_price) {
  constexpr double kNano = 1e-9;
  constexpr double kHour = 3600;
  if (row.cloud)
    return static_cast<double>(row.cloud->summary.scheduler.cost) * kNano;
  if (machine_price > 0 && !row.seconds.empty())
    return machine_price * row.seconds.back() / kHour;
  return {};
}

std::vector<TradeoffPoint> tradeoff(const BenchReport& report) {
  std::vector<TradeoffPoint> points;
  if (!report.reference)
    return points;
  for (const BenchRow& row : report.sweep) {
    if (row.is_done())
      points.push_back(tradeoff_of(row, *report.reference));
  }
  return points;
}

std::vector<std::string> differences(const BenchReport& report) {
  std::vector<std::string> found;
  for (const auto& [a, b] : same_plans(report)) {
    if (a->digest != b->digest)
      found.push_back(fmt::format("{} and {} gave different bytes for the plan {}",
                                  backend_name(a->what.backend), backend_name(b->what.backend),
                                  shape_text(a->what)));
  }
  return found;
}

std::string bench_as_text(const BenchReport& report) {
  const host::Plan& plan = report.plan;
  std::int64_t pictures = 0;
  for (const BenchRow& row : report.rows)
    pictures = std::max(pictures, row.summary.pictures);
  std::string text =
      fmt::format("{}: {}x{}, {} pictures; effort {}, {} threads, {} round{}\n\n", report.input,
                  plan.width, plan.height, pictures, host::effort_name(plan.effort), report.threads,
                  report.rounds, report.rounds == 1 ? "" : "s");
  return text + table(report.rows, report) + phase_table(report) + starts_text(report) +
         equality_text(report) + sweep_text(report) + notes(report);
}

}  // namespace tools
