// Tables of a profile.
#include "tools/profile_report.hh"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "tools/encode_report.hh"

namespace tools {
namespace {

// Less is the noise of clocks.
constexpr double kNothing = 5e-4;

double ratio(double a, double b) {
  return b > 0 ? a / b : 0;
}

template <class Value, class Seconds>
auto by_time(const std::map<Value, Seconds>& map, double (*seconds)(const Seconds&)) {
  std::vector<std::pair<Value, Seconds>> list(map.begin(), map.end());
  std::stable_sort(list.begin(), list.end(), [&](const auto& a, const auto& b) {
    return seconds(a.second) > seconds(b.second);
  });
  return list;
}

std::string whole_line(const Profile& profile) {
  const auto pictures = static_cast<double>(profile.summary.pictures);
  return fmt::format(
      "{} pictures, {} bytes in {:.3f} s: {:.1f} pictures/s; {}\n"
      "{:.3f} processor seconds on {} threads: parallel efficiency {:.0f} %\n",
      profile.summary.pictures, profile.summary.bytes, profile.seconds,
      ratio(pictures, profile.seconds), profile.device, profile.cpu_seconds, profile.threads,
      100 * parallel_efficiency(profile));
}

std::string phase_line(std::string_view name, double seconds, const Profile& profile) {
  const auto pictures = static_cast<double>(profile.summary.pictures);
  const std::string speed =
      seconds > kNothing ? fmt::format("{:.1f}", ratio(pictures, seconds)) : "-";
  return fmt::format("{:<12} {:>9.3f} {:>5.1f} % {:>12}\n", name, seconds,
                     100 * ratio(seconds, profile.cpu_seconds), speed);
}

std::string phase_table(const Profile& profile) {
  std::string text =
      fmt::format("\n{:<12} {:>9} {:>7} {:>12}\n", "phase", "CPU s", "share", "pictures/s");
  double rest = profile.cpu_seconds;
  for (const auto& [name, seconds] : named_phases(profile.summary.cpu)) {
    text += phase_line(name, seconds, profile);
    rest -= seconds;
  }
  return text + phase_line("other", std::max(0.0, rest), profile);
}

std::string work_table(const Profile& profile) {
  std::string text = fmt::format("\n{:<12} {:<12} {:>7} {:>9} {:>9} {:>9}\n", "work", "of", "times",
                                 "seconds", "mean ms", "pictures");
  for (const auto& [work, sum] :
       by_time<SpanSums::Work, WorkSum>(profile.work, [](const WorkSum& s) { return s.seconds; })) {
    text += fmt::format("{:<12} {:<12} {:>7} {:>9.3f} {:>9.3f} {:>9}\n", work.second, work.first,
                        sum.count, sum.seconds,
                        1e3 * ratio(sum.seconds, static_cast<double>(sum.count)),
                        sum.pictures > 0 ? fmt::format("{}", sum.pictures) : "-");
  }
  return text;
}

std::string thread_table(const Profile& profile) {
  std::string text =
      fmt::format("\n{:<12} {:>9} {:>7} {:>9}\n", "thread", "CPU s", "busy", "spans s");
  int number = 0;
  for (const auto& [thread, seconds] :
       by_time<int, double>(profile.thread_cpu, [](const double& s) { return s; })) {
    const auto spans = profile.thread_spans.find(thread);
    if (seconds < kNothing && spans == profile.thread_spans.end())
      continue;
    text += fmt::format("{:<12} {:>9.3f} {:>5.1f} % {:>9.3f}\n", ++number, seconds,
                        100 * ratio(seconds, profile.seconds),
                        spans == profile.thread_spans.end() ? 0 : spans->second);
  }
  return text;
}

}  // namespace

double parallel_efficiency(const Profile& profile) {
  return ratio(profile.cpu_seconds, profile.seconds * profile.threads);
}

std::string profile_text(const Profile& profile) {
  return whole_line(profile) + phase_table(profile) + work_table(profile) + thread_table(profile);
}

}  // namespace tools
