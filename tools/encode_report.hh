// What `fastslow encode` tells: the progress line, the summary line and the same as JSON.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "host/pipeline.hh"
#include "host/plan.hh"
#include "tools/cloud_encode.hh"
#include "tools/frame_log.hh"
#include "tools/rate_report.hh"

namespace tools {

/// One line on standard error that is drawn a few times a second, and erased at the end.
class ProgressLine {
 public:
  /// `expected` pictures, or -1 if that is unknown; `label` begins the line. Draws nothing unless
  /// standard error is a terminal and `wanted`.
  ProgressLine(std::int64_t expected, bool wanted, std::string label = "");
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine(ProgressLine&&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ProgressLine& operator=(ProgressLine&&) = delete;
  ~ProgressLine();

  bool enabled() const { return enabled_; }
  void show(const host::Progress& progress);
  double seconds() const;

 private:
  std::int64_t expected_;
  bool enabled_;
  std::string label_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double shown_at_ = 0;  // seconds
};

/// All that is known after an encode.
struct EncodeReport {
  std::string input;
  std::string output;
  host::SourceOptions source;
  bool variable_rate = false;  ///< the steps between pictures vary
  host::Plan plan;
  std::string device;
  int threads = 0;
  host::ScheduleLimits limits;
  double seconds = 0;
  host::EncodeSummary summary;
  std::optional<RateReport> rate;    ///< where a size or a quality was searched
  std::optional<CloudReport> cloud;  ///< where workers did it
  FrameLog frames;                   ///< empty where no JSON is wanted
};

/// Names of phases and their seconds, in the order of the work.
using NamedPhases = std::array<std::pair<std::string_view, double>, 7>;
NamedPhases named_phases(const host::PhaseTimes& times);

/// The text of the progress line: pictures, speed, time left, share of each phase.
std::string progress_text(const host::Progress& progress, double seconds, std::int64_t expected);

/// What will be coded and in how much memory, two lines. `expected` is as for ProgressLine,
/// `quality` says what decides about the quality.
std::string plan_text(const EncodeReport& report,
                      std::int64_t expected,
                      const std::string& quality);

/// One line for people.
std::string summary_line(const EncodeReport& report);

/// The same as JSON. An infinite PSNR is null.
std::string summary_json(const EncodeReport& report);

}  // namespace tools
