// Backends of `fastslow bench`, all behind one function.
#include "tools/bench_run.hh"

#include <array>
#include <chrono>
#include <cmath>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include <fmt/core.h>
#include <xxhash.h>

#include "host/device_choice.hh"
#include "host/energy.hh"
#include "host/error.hh"
#include "tools/device_options.hh"
#include "tools/libvpx_encode.hh"

namespace tools {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array<const char*, static_cast<std::size_t>(BenchBackend::kBackends)> kNames = {
    "cpu", "cuda", "lambda", "lambda-map", "libvpx"};

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// A digest of frames and their lengths.
class Digest {
 public:
  Digest() : state_(XXH3_createState(), &XXH3_freeState) { XXH3_64bits_reset(state_.get()); }
  void add(std::span<const std::uint8_t> frame) {
    const std::uint64_t size = frame.size();
    XXH3_64bits_update(state_.get(), &size, sizeof size);
    XXH3_64bits_update(state_.get(), frame.data(), frame.size());
  }
  std::uint64_t value() const { return XXH3_64bits_digest(state_.get()); }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

// One encode; counts its frames in the digest.
using Encode = std::function<host::EncodeSummary(Digest& digest, BenchRow& row)>;

host::Plan plan_of(const BenchSession& session, const BenchCase& what) {
  PlanOptions options = session.plan;
  options.chunk_frames = what.shape[0];
  options.chunks_per_chain = what.shape[1];
  options.cq = what.cq;
  return make_plan(options, session.info);
}

host::RunOptions run_options(const BenchSession& session) {
  host::RunOptions run;
  run.threads = session.threads;
  run.limit = session.plan.limit;
  run.spans = session.trace;
  return run;
}

Encode on_device(const BenchSession& session, BenchRow& row, host::DeviceKind kind) {
  const Clock::time_point begin = Clock::now();
  auto choice = std::make_shared<host::DeviceChoice>(host::choose_device(kind, 0));
  row.cold_starts.push_back(seconds_since(begin));
  row.device = choice->description;
  return [&session, choice, plan = plan_of(session, row.what)](Digest& digest, BenchRow&) {
    const std::unique_ptr<host::PictureSource> source = session.input.open();
    return host::encode_video(*source, plan, run_options(session), *choice->device,
                              [&](const host::CodedFrame& frame) { digest.add(frame.bytes); });
  };
}

CloudJob job_of(const BenchSession& session, const host::Plan& plan) {
  return {.options = session.cloud,
          .plan = plan,
          .input = session.path,
          .output = "-",
          .threads = session.threads,
          .expected = host::expected_pictures(session.info, session.plan.limit),
          .limit = session.plan.limit};
}

host::EncodeSummary encode_on_workers(const BenchSession& session,
                                      CloudRun& run,
                                      gpu::Device& device,
                                      Digest& digest,
                                      BenchRow& row) {
  const std::unique_ptr<host::PictureSource> source = session.input.open();
  const host::EncodeSummary summary =
      run.encode(*source, run_options(session), device,
                 [&](const host::CodedFrame& frame) { digest.add(frame.bytes); });
  run.finish();
  row.cloud = run.report();
  const cloud::CloudSummary& s = row.cloud->summary;
  row.cold_starts.insert(row.cold_starts.end(), s.cold_starts.begin(), s.cold_starts.end());
  row.warm_starts.insert(row.warm_starts.end(), s.warm_starts.begin(), s.warm_starts.end());
  return summary;
}

Encode on_workers(const BenchSession& session, BenchRow& row) {
  const auto plan = std::make_shared<host::Plan>(plan_of(session, row.what));
  const std::shared_ptr<gpu::Device> device = host::choose_device(host::DeviceKind::kCpu, 0).device;
  // The first run is made here: without a cloud to be reached there is no such backend.
  auto first = std::make_shared<std::optional<CloudRun>>(std::in_place, job_of(session, *plan));
  row.device = "workers";
  return [&session, plan, device, first](Digest& digest, BenchRow& done) {
    if (!*first)
      first->emplace(job_of(session, *plan));
    const host::EncodeSummary summary = encode_on_workers(session, **first, *device, digest, done);
    first->reset();
    return summary;
  };
}

Encode by_libvpx(const BenchSession& session, BenchRow& row) {
  row.device = "libvpx";
  const LibvpxOptions options = {.cq = static_cast<int>(std::lround(row.what.cq)),
                                 .threads = thread_count(session.threads),
                                 .limit = session.plan.limit};
  return [&session, options](Digest& digest, BenchRow&) {
    return encode_by_libvpx(session.input, options,
                            [&](std::span<const std::uint8_t> frame) { digest.add(frame); });
  };
}

// Throws what keeps the backend from being used.
Encode encode_by(const BenchSession& session, BenchRow& row) {
  switch (row.what.backend) {
    case BenchBackend::kCuda:
      return on_device(session, row, host::DeviceKind::kCuda);
    case BenchBackend::kLambda:
    case BenchBackend::kLambdaMap:
      return on_workers(session, row);
    case BenchBackend::kLibvpx:
      return by_libvpx(session, row);
    case BenchBackend::kCpu:
    case BenchBackend::kBackends:
      break;
  }
  return on_device(session, row, host::DeviceKind::kCpu);
}

bool is_here(BenchBackend backend) {
  return backend != BenchBackend::kLambda && backend != BenchBackend::kLambdaMap;
}

void run_round(const BenchSession& session, const Encode& encode, BenchRow& row) {
  const std::string name = backend_name(row.what.backend) + " " + shape_text(row.what);
  if (session.tell) {
    fmt::print(stderr, "fastslow: {}, cq {}, round {}\n", name, row.what.cq,
               row.seconds.size() + 1);
  }
  const gpu::ScopedSpan span(session.trace, name, "bench");
  Digest digest;
  host::EnergyMeter energy;
  const Clock::time_point begin = Clock::now();
  row.summary = encode(digest, row);
  row.seconds.push_back(seconds_since(begin));
  row.joules = is_here(row.what.backend) ? energy.joules() : std::nullopt;
  row.digest = digest.value();
}

}  // namespace

std::string backend_name(BenchBackend backend) {
  return kNames[static_cast<std::size_t>(backend)];
}

std::string shape_text(const BenchCase& what) {
  if (what.backend == BenchBackend::kLibvpx)
    return "-";
  return what.shape[1] == 0 ? fmt::format("[{}, endless]", what.shape[0])
                            : fmt::format("[{}, {}]", what.shape[0], what.shape[1]);
}

BenchRow run_case(const BenchSession& session, const BenchCase& what, int rounds) {
  BenchRow row;
  row.what = what;
  Encode encode;
  try {
    encode = encode_by(session, row);
  } catch (const std::exception& error) {
    row.missing = error.what();
    return row;
  }
  try {
    for (int round = 0; round < rounds; ++round)
      run_round(session, encode, row);
  } catch (const host::InputError&) {
    throw;
  } catch (const std::exception& error) {
    row.failure = error.what();
  }
  if (session.trace != nullptr)
    session.trace->check();
  return row;
}

}  // namespace tools
