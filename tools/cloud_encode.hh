// `fastslow encode --backend lambda`: the part of an encode that runs on AWS Lambda.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cloud/config.hh"
#include "cloud/coordinator.hh"
#include "cloud/run_file.hh"
#include "cloud/services.hh"
#include "host/pipeline.hh"
#include "tools/command_line.hh"

namespace tools {

enum class Backend : std::uint8_t { kLocal, kLambda };

/// What the user says about the cloud.
struct CloudOptions {
  Backend backend = Backend::kLocal;
  std::string config;
  cloud::ExchangeKind exchange = cloud::ExchangeKind::kAuto;
  int workers = 1000;
  int memory_mb = 0;       ///< 0: as the model has it
  double max_dollars = 0;  ///< 0: no limit
  bool dry_run = false;
  bool keep = false;

  bool operator==(const CloudOptions&) const = default;
};

/// Declares --backend and all that goes with it.
void add_cloud_options(Command command, CloudOptions& options);
/// Declares only where workers are, how many, and what they may cost.
void add_worker_options(Command group, CloudOptions& options);
/// Throws UsageError for options that mean nothing with the chosen backend.
void check_cloud_options(const CloudOptions& options);

/// What there is to say about a finished run on workers.
struct CloudReport {
  cloud::CloudSummary summary;
  std::string exchange;
};

/// What an encode on workers needs to know besides its plan.
struct CloudJob {
  const CloudOptions& options;
  const host::Plan& plan;
  std::string input;
  host::SourceOptions source = {};
  std::string output;
  int threads = 0;
  std::int64_t expected = -1;  ///< pictures; -1: unknown
  std::int64_t limit = -1;
};

/// One run: made or found again in the run file beside the output.
class CloudRun {
 public:
  /// Throws host::InputError for a configuration or a run file that does not fit, and what
  /// cloud::RunServices throws.
  explicit CloudRun(const CloudJob& job);

  /// Encodes. An error that a later run could mend says so.
  host::EncodeSummary encode(host::PictureSource& source,
                             const host::RunOptions& run,
                             gpu::Device& device,
                             const std::function<void(const host::CodedFrame&)>& write);
  /// The output is in its place: nothing is left to be resumed.
  void finish();

  const CloudReport& report() const { return report_; }
  /// For people, before the start: where, and whether something is resumed.
  std::string text() const;

 private:
  std::string run_file() const;
  void find_or_make_run();
  cloud::CoordinatorOptions options_of(const host::RunOptions& run) const;

  CloudJob job_;
  cloud::CloudConfig config_;
  cloud::RunRecord run_;
  bool resumed_ = false;
  std::unique_ptr<cloud::RunServices> services_;
  CloudReport report_;
};

/// What `--dry-run` prints: a model of the run, with its cost. Throws host::InputError where the
/// length of the video is not known.
std::string predicted(const CloudJob& job);

/// A line on what workers did and cost.
std::string cloud_line(const CloudReport& report);

}  // namespace tools
