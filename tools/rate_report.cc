// Lines and data about a search.
#include "tools/rate_report.hh"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace tools {
namespace {

double cq_of(const host::RateTry& result) {
  return static_cast<double>(result.cq16) / host::kCqParts;
}

std::string reached_text(host::RateGoal goal, const host::RateTry& result) {
  const double value = host::reached(goal, result);
  switch (goal) {
    case host::RateGoal::kBitrate:
      return fmt::format("{:.1f} kb/s", value * 1e-3);
    case host::RateGoal::kMaxSize:
      return fmt::format("{} bytes", result.file_bytes);
    case host::RateGoal::kPsnr:
      return fmt::format("PSNR Y {:.2f} dB", value);
    case host::RateGoal::kSsim:
      break;
  }
  return fmt::format("SSIM Y {:.4f}, which is {:.2f} dB", result.ssim_y, value);
}

// Why the target is not met; empty if it is.
std::string reason(host::RateEnd end, const host::Plan& plan) {
  switch (end) {
    case host::RateEnd::kMet:
      return "";
    case host::RateEnd::kNextStep:
      return "; no step of quality comes nearer";
    case host::RateEnd::kFinest:
      return fmt::format("; the finest quality, with --min-q {}, reaches no more", plan.min_q);
    case host::RateEnd::kCoarsest:
      break;
  }
  return fmt::format("; the coarsest quality, with --max-q {}, reaches no less", plan.max_q);
}

std::string encodes(std::size_t count) {
  return count == 1 ? "1 encode" : fmt::format("{} encodes", count);
}

nlohmann::ordered_json try_json(const host::RateTry& result, bool of_sample) {
  return {{"sample", of_sample},     {"cq", cq_of(result)},
          {"bytes", result.bytes},   {"file_bytes", result.file_bytes},
          {"psnr_y", result.psnr_y}, {"ssim_y", result.ssim_y}};
}

}  // namespace

std::string rate_line(const RateReport& report, const host::Plan& plan) {
  const host::RateTry& found = report.search.found();
  const std::string sample =
      report.sample_tries.empty() ? "" : encodes(report.sample_tries.size()) + " of a sample and ";
  return fmt::format("fastslow: {}{}: {} at --cq {}, after {}{} of all pictures{}\n", report.wanted,
                     report.met() ? "" : " cannot be met", reached_text(report.target.goal, found),
                     cq_of(found), sample, encodes(report.search.tries.size()),
                     reason(report.search.end, plan));
}

nlohmann::ordered_json rate_json(const RateReport& report) {
  const host::RateTry& found = report.search.found();
  nlohmann::ordered_json tries = nlohmann::ordered_json::array();
  for (const host::RateTry& result : report.sample_tries)
    tries.push_back(try_json(result, true));
  for (const host::RateTry& result : report.search.tries)
    tries.push_back(try_json(result, false));
  return {{"option", report.wanted},
          {"wanted", report.target.wanted},
          {"reached", host::reached(report.target.goal, found)},
          {"met", report.met()},
          {"cq", cq_of(found)},
          {"seconds", report.seconds},
          {"tries", tries}};
}

}  // namespace tools
