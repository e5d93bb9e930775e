// A comparison as JSON.
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cloud/price.hh"
#include "host/energy.hh"
#include "tools/bench_phases.hh"
#include "tools/bench_report.hh"

namespace tools {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json case_as_json(const BenchCase& what) {
  Json json = {{"backend", backend_name(what.backend)}, {"cq", what.cq}};
  if (what.backend != BenchBackend::kLibvpx) {
    json["chunk_frames"] = what.shape[0];
    json["chunks_per_chain"] = what.shape[1];
  }
  return json;
}

void add_workers(const cloud::CloudSummary& summary, Json& json) {
  json["workers_at_once"] = summary.most_workers;
  json["invocations"] = summary.scheduler.invocations;
  json["failures"] = summary.scheduler.failures;
  json["uploaded_bytes"] = summary.packed_bytes;
  json["seconds_to_upload"] = summary.seconds_to_upload;
}

// An infinite PSNR is null.
Json row_as_json(const BenchRow& row, const BenchReport& report) {
  Json json = case_as_json(row.what);
  if (!row.missing.empty())
    json["skipped"] = row.missing;
  if (!row.failure.empty())
    json["failed"] = row.failure;
  if (!row.is_done())
    return json;
  const host::PictureQuality& quality = row.summary.quality;
  json["device"] = row.device;
  json["pictures"] = row.summary.pictures;
  json["bytes"] = row.summary.bytes;
  json["digest"] = fmt::format("{:016x}", row.digest);
  json["psnr_y"] = quality.psnr_y;
  json["psnr"] = quality.psnr;
  json["ssim_y"] = quality.ssim_y;
  json["ssim"] = quality.ssim;
  json["seconds"] = row.seconds;
  json["processor_seconds"] = processor_seconds(row);
  for (const auto& [name, seconds] : phase_seconds(row))
    json["phase_seconds"][std::string(name)] = seconds;
  json["cold_starts"] = row.cold_starts;
  json["warm_starts"] = row.warm_starts;
  json["dollars"] = or_null(dollars_of(row, report.machine_price));
  json["joules"] = or_null(row.joules);
  if (row.cloud)
    add_workers(row.cloud->summary, json);
  return json;
}

Json rows_as_json(const std::vector<BenchRow>& rows, const BenchReport& report) {
  Json json = Json::array();
  for (const BenchRow& row : rows)
    json.push_back(row_as_json(row, report));
  return json;
}

Json tradeoff_as_json(const BenchReport& report) {
  Json json = Json::array();
  for (const TradeoffPoint& point : tradeoff(report)) {
    json.push_back({{"chunk_frames", point.shape[0]},
                    {"chunks_per_chain", point.shape[1]},
                    {"serial_seconds", point.serial_seconds},
                    {"bits_lost", point.bits_lost}});
  }
  return json;
}

}  // namespace

std::string bench_as_json(const BenchReport& report) {
  const host::Plan& plan = report.plan;
  const cloud::PriceTable& prices = cloud::us_east_1();
  const host::EnergyMeter energy;
  Json json = {{"input", report.input},
               {"width", plan.width},
               {"height", plan.height},
               {"effort", host::effort_name(plan.effort)},
               {"first_pass", first_pass_name(plan.first_pass)},
               {"threads", report.threads},
               {"rounds", report.rounds},
               {"prices", {{"region", prices.region}, {"date", prices.date}}},
               {"machine_price", report.machine_price},
               {"why_no_joules", energy.missing()},
               {"rows", rows_as_json(report.rows, report)}};
  if (!report.sweep.empty()) {
    json["sweep"] = rows_as_json(report.sweep, report);
    json["tradeoff"] = tradeoff_as_json(report);
  }
  if (report.reference) {
    json["reference"] = rows_as_json({report.reference->fine, report.reference->coarse}, report);
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tools
