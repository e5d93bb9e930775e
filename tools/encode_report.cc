// Progress, summary line and summary data.
#include "tools/encode_report.hh"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "tools/media_options.hh"
#include "tools/plan_options.hh"

namespace tools {
namespace {

double ratio(double a, double b) {
  return b > 0 ? a / b : 0;
}

double kb_per_second(const EncodeReport& report) {
  const host::Rational& rate = report.plan.frame_rate;
  const double duration =
      static_cast<double>(report.summary.pictures) * rate.den / static_cast<double>(rate.num);
  return ratio(static_cast<double>(report.summary.bytes) * 8e-3, duration);
}

std::string time_left(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  constexpr std::int64_t hour = 3600;
  if (whole >= hour) {
    return fmt::format("{}:{:02}:{:02}", whole / hour, whole / 60 % 60, whole % 60);
  }
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

nlohmann::ordered_json plan_json(const EncodeReport& report) {
  const host::Plan& plan = report.plan;
  return {{"chunk_frames", plan.chunk_frames},
          {"chunks_per_chain", plan.chunks_per_chain},
          {"cq", static_cast<double>(plan.cq16) / host::kCqParts},
          {"min_q", plan.min_q},
          {"max_q", plan.max_q},
          {"effort", host::effort_name(plan.effort)},
          {"first_pass", first_pass_name(plan.first_pass)},
          {"device", report.device},
          {"threads", report.threads}};
}

nlohmann::ordered_json quality_json(const host::PictureQuality& q) {
  return {{"psnr_y", q.psnr_y}, {"psnr_u", q.psnr_u}, {"psnr_v", q.psnr_v}, {"psnr", q.psnr},
          {"ssim_y", q.ssim_y}, {"ssim_u", q.ssim_u}, {"ssim_v", q.ssim_v}, {"ssim", q.ssim}};
}

// Seconds of each phase, all divided by `divisor`.
nlohmann::ordered_json times_json(const host::PhaseTimes& times, double divisor) {
  nlohmann::ordered_json json;
  for (const auto& [name, seconds] : named_phases(times)) {
    std::string key(name);
    std::replace(key.begin(), key.end(), ' ', '_');
    json[key] = ratio(seconds, divisor);
  }
  return json;
}

nlohmann::ordered_json task_times_json(const cloud::PhaseTotals& phase) {
  const auto seconds = [](std::uint64_t microseconds) {
    return static_cast<double>(microseconds) / 1e6;
  };
  const cloud::TaskTimes& times = phase.times;
  return {{"tasks", phase.tasks},
          {"cold_starts", phase.cold},
          {"start", seconds(phase.start)},
          {"fetch", seconds(times.fetch)},
          {"state", seconds(times.state)},
          {"code", seconds(times.code)},
          {"measure", seconds(times.measure)},
          {"store", seconds(times.store)},
          {"wall", seconds(times.wall)},
          {"bytes_in", phase.bytes_in},
          {"bytes_out", phase.bytes_out}};
}

nlohmann::ordered_json cloud_json(const CloudReport& report) {
  const cloud::CloudSummary& s = report.summary;
  const auto phase = [&](cloud::Phase p) {
    return task_times_json(s.phases[static_cast<std::size_t>(p)]);
  };
  return {{"exchange", report.exchange},
          {"invocations", s.scheduler.invocations},
          {"workers_at_once", s.most_workers},
          {"second_copies", s.scheduler.copies},
          {"failures", s.scheduler.failures},
          {"throttled", s.scheduler.throttled},
          {"resumed_tasks", s.resumed},
          {"worker_dollars", static_cast<double>(s.scheduler.cost) * 1e-9},
          {"raw_bytes", s.raw_bytes},
          {"uploaded_bytes", s.packed_bytes},
          {"seconds_to_upload", s.seconds_to_upload},
          {"worker_seconds",
           {{"first_pass", phase(cloud::Phase::kFirstPass)},
            {"boundary", phase(cloud::Phase::kBoundary)},
            {"rebase", phase(cloud::Phase::kRebase)}}}};
}

}  // namespace

NamedPhases named_phases(const host::PhaseTimes& times) {
  return {{{"read", times.read},
           {"lookahead", times.lookahead},
           {"first pass", times.first_pass},
           {"boundary", times.boundary},
           {"rebase", times.rebase},
           {"measure", times.measure},
           {"write", times.write}}};
}

ProgressLine::ProgressLine(std::int64_t expected, bool wanted, std::string label)
    : expected_(expected),
      enabled_(wanted && ::isatty(STDERR_FILENO) != 0),
      label_(std::move(label)) {
  if (enabled_) {
    fmt::print(stderr, "{}reading...", label_);
  }
}

ProgressLine::~ProgressLine() {
  if (enabled_) {
    std::fputs("\r\x1b[K", stderr);
  }
}

double ProgressLine::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void ProgressLine::show(const host::Progress& progress) {
  constexpr double interval = 0.1;
  const double now = seconds();
  if (enabled_ && now >= shown_at_ + interval) {
    shown_at_ = now;
    fmt::print(stderr, "\r{}{}\x1b[K", label_, progress_text(progress, now, expected_));
    std::fflush(stderr);
  }
}

std::string progress_text(const host::Progress& progress, double seconds, std::int64_t expected) {
  const auto pictures = static_cast<double>(progress.pictures);
  std::string text = fmt::format("{}", progress.pictures);
  if (expected >= 0) {
    text += fmt::format("/{}", expected);
  }
  text += fmt::format(" pictures, {:.1f}/s", ratio(pictures, seconds));
  if (expected >= progress.pictures && progress.pictures > 0) {
    const auto left = static_cast<double>(expected - progress.pictures);
    text += fmt::format(", ETA {}", time_left(left * ratio(seconds, pictures)));
  }
  double total = 0;
  for (const auto& [name, time] : named_phases(progress.cpu)) {
    total += time;
  }
  for (const auto& [name, time] : named_phases(progress.cpu)) {
    text += fmt::format(", {} {:.0f} %", name, 100 * ratio(time, total));
  }
  return text;
}

std::string plan_text(const EncodeReport& report,
                      std::int64_t expected,
                      const std::string& quality) {
  const host::Plan& plan = report.plan;
  const std::string pictures = expected < 0 ? "unknown" : fmt::format("{}", expected);
  const std::string chain = plan.chunks_per_chain == 0
                                ? "one endless chain"
                                : fmt::format("{} chunks a chain", plan.chunks_per_chain);
  constexpr double mebibyte = 1 << 20;
  return fmt::format(
      "plan: {}x{} at {}/{} pictures/s, {} pictures; {} pictures a chunk, {}; {}; "
      "effort {}, first pass by {}, on {}, {} threads\n"
      "memory: pictures take at most (W + L + F + (R + L) / 2 + 7 T + 6 C + 4) P = {:.0f} MiB "
      "(W: pictures that are read and not written; L: the lookahead's; F: filtered "
      "ones; R: pictures of a reading step; T: threads; C: chunks that are decided about at "
      "once; P: bytes of a picture with its decisions)\n",
      plan.width, plan.height, plan.frame_rate.num, plan.frame_rate.den, pictures,
      plan.chunk_frames, chain, quality, host::effort_name(plan.effort),
      first_pass_name(plan.first_pass), report.device, report.threads,
      static_cast<double>(host::memory_bound(plan, report.limits)) / mebibyte);
}

std::string summary_line(const EncodeReport& report) {
  const host::EncodeSummary& summary = report.summary;
  std::string line = fmt::format(
      "{} pictures in {:.2f} s ({:.1f}/s), {} bytes, {:.1f} kb/s, PSNR Y {:.2f} all {:.2f} dB, "
      "SSIM Y {:.4f} all {:.4f}; CPU seconds:",
      summary.pictures, report.seconds,
      ratio(static_cast<double>(summary.pictures), report.seconds), summary.bytes,
      kb_per_second(report), summary.quality.psnr_y, summary.quality.psnr, summary.quality.ssim_y,
      summary.quality.ssim);
  const char* separator = "";
  for (const auto& [name, seconds] : named_phases(summary.cpu)) {
    line += fmt::format("{} {} {:.2f}", separator, name, seconds);
    separator = ",";
  }
  return line + "\n";
}

std::string summary_json(const EncodeReport& report) {
  const host::EncodeSummary& summary = report.summary;
  const auto pictures = static_cast<double>(summary.pictures);
  nlohmann::ordered_json json = {
      {"input", report.input},
      {"output", report.output},
      {"width", report.plan.width},
      {"height", report.plan.height},
      {"frame_rate", {report.plan.frame_rate.num, report.plan.frame_rate.den}},
      {"variable_rate", report.variable_rate},
      {"plan", plan_json(report)},
      {"pictures", summary.pictures},
      {"seconds", report.seconds},
      {"pictures_per_second", ratio(pictures, report.seconds)},
      {"bytes", summary.bytes},
      {"kb_per_second", kb_per_second(report)},
      {"quality", quality_json(summary.quality)},
      {"cpu_seconds", times_json(summary.cpu, 1)},
      {"cpu_seconds_per_picture", times_json(summary.cpu, pictures)},
      {"rebase_to_first_pass",
       ratio(summary.cpu.rebase, summary.cpu.lookahead + summary.cpu.first_pass)},
      {"state", fmt::format("{:016x}", summary.state_hash)},
      {"reused_pictures", summary.reused_pictures},
  };
  if (report.source.any())
    json["source"] = source_text(report.source);
  if (report.rate)
    json["rate_control"] = rate_json(*report.rate);
  if (report.cloud)
    json["lambda"] = cloud_json(*report.cloud);
  json["frames"] = report.frames.json();
  using Json = nlohmann::ordered_json;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tools
