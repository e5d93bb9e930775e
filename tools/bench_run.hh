// The encodes that `fastslow bench` compares: one video by one backend with one plan.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/pipeline.hh"
#include "host/repeatable_input.hh"
#include "host/trace.hh"
#include "tools/cloud_encode.hh"
#include "tools/pair_option.hh"
#include "tools/plan_options.hh"

namespace tools {

/// Who encodes.
enum class BenchBackend : std::uint8_t {
  kCpu,
  kCuda,
  kLambda,
  kLambdaMap,  ///< workers without chains, [n, 1]: nothing goes from one to the next
  kLibvpx,     ///< libvpx itself, over the whole video, in two passes
  kBackends,
};

/// "cpu", "cuda", "lambda", "lambda-map", "libvpx".
std::string backend_name(BenchBackend backend);

/// One line of the comparison.
struct BenchCase {
  BenchBackend backend = BenchBackend::kCpu;
  Pair shape{};  ///< pictures a chunk, chunks a chain (0: endless); libvpx has none
  double cq = 24;
};

/// What became of it.
struct BenchRow {
  BenchCase what;
  std::string missing;              ///< why this backend is not there; empty if it is
  std::string failure;              ///< why it did not encode; empty if it did
  std::string device;               ///< for people
  host::EncodeSummary summary;      ///< of the last round, like all below but `seconds`
  std::uint64_t digest = 0;         ///< of all frames: equal streams have equal digests
  std::vector<double> seconds;      ///< wall time of each round; the first may be a cold start
  std::vector<double> cold_starts;  ///< seconds until something began to work, in all rounds
  std::vector<double> warm_starts;  ///< the same of workers that had run before
  std::optional<CloudReport> cloud;
  std::optional<double> joules;  ///< of this machine's processors, where the work was done on it

  bool is_done() const { return missing.empty() && failure.empty(); }
};

/// What all encodes of one comparison share.
struct BenchSession {
  const host::RepeatableInput& input;
  std::string path;  ///< of the input
  host::StreamInfo info;
  PlanOptions plan;  ///< without what a case says
  CloudOptions cloud;
  int threads = 0;
  bool tell = true;              ///< a line on standard error before each encode
  host::Trace* trace = nullptr;  ///< null: none
};

/// Encodes `rounds` times. What goes wrong with a backend is in the row; only the input's and the
/// trace's errors are thrown.
BenchRow run_case(const BenchSession& session, const BenchCase& what, int rounds);

/// The plan of a case as people write it: "[6, 16]".
std::string shape_text(const BenchCase& what);

}  // namespace tools
