// `fastslow encode`: a video in, VP8 in IVF out.
#include <algorithm>
#include <memory>
#include <optional>
#include <span>

#include <fmt/core.h>

#include "host/device_choice.hh"
#include "host/ivf.hh"
#include "host/output_file.hh"
#include "host/picture_source.hh"
#include "host/pipeline.hh"
#include "host/trace.hh"
#include "tools/commands.hh"
#include "tools/device_options.hh"
#include "tools/encode_report.hh"
#include "tools/files.hh"
#include "tools/plan_options.hh"

namespace tools {
namespace {

struct Options {
  std::string input;
  std::string output;
  PlanOptions plan;
  DeviceOptions device;
  int threads = 0;
  std::string json;
  std::string trace;
  bool verbose = false;
  bool quiet = false;
};

// No two outputs may share a place.
void check_different(const std::string& a, const std::string& b, const std::string& options) {
  if (!a.empty() && a == b) {
    throw CLI::ValidationError(
        options, a == "-" ? "only one can go to standard output" : "both name the same file");
  }
}

void check(const Options& options) {
  check_different(options.output, options.json, "-o, --json");
  check_different(options.output, options.trace, "-o, --trace");
  check_different(options.json, options.trace, "--json, --trace");
  check_device_options(options.device);
}

// Pictures to come, as far as the container tells; -1 if it does not.
std::int64_t expected_pictures(const Options& options, const host::StreamInfo& info) {
  const std::int64_t limit = options.plan.limit;
  if (info.picture_count < 0) {
    return -1;
  }
  return limit < 0 ? info.picture_count : std::min(info.picture_count, limit);
}

// One line on what `--device auto` has chosen.
void print_device(const host::DeviceChoice& choice, bool verbose) {
  const std::string why = verbose && !choice.why_not_cuda.empty()
                              ? fmt::format("; not CUDA: {}", choice.why_not_cuda)
                              : "";
  fmt::print(stderr, "fastslow: device: {}{}\n", choice.description, why);
}

host::EncodeSummary encode_to(host::OutputFile& out,
                              host::PictureSource& source,
                              gpu::Device& device,
                              const Options& options,
                              host::Trace* trace,
                              ProgressLine& progress) {
  const host::Plan plan = make_plan(options.plan, source.info());
  const std::int64_t expected = expected_pictures(options, source.info());
  host::IvfWriter writer(
      out, {.width = plan.width,
            .height = plan.height,
            .frame_rate = plan.frame_rate,
            .frame_count = static_cast<std::uint32_t>(std::max<std::int64_t>(0, expected))});
  host::RunOptions run;
  run.threads = options.threads;
  run.limit = options.plan.limit;
  run.spans = trace;
  run.on_progress = [&](const host::Progress& done) {
    progress.show(done);
    if (trace != nullptr)
      trace->check();
  };
  const host::EncodeSummary summary =
      host::encode_video(source, plan, run, device, [&](const host::CodedFrame& frame) {
        writer.write(frame.bytes, static_cast<std::uint64_t>(frame.picture));
      });
  writer.finish();
  return summary;
}

// The outputs beside the stream itself; each may be absent.
struct SideOutputs {
  std::optional<host::OutputFile> json;
  std::optional<host::Trace> trace;

  explicit SideOutputs(const Options& options) {
    if (!options.json.empty())
      json.emplace(options.json);
    if (!options.trace.empty())
      trace.emplace(options.trace);
  }
  void commit() {
    if (json)
      json->commit();
    if (trace)
      trace->commit();
  }
};

EncodeReport report_of(const Options& options,
                       const host::StreamInfo& info,
                       const gpu::Device& device) {
  EncodeReport report;
  report.input = options.input;
  report.output = options.output;
  report.plan = make_plan(options.plan, info);
  report.device = device.name();
  report.threads = thread_count(options.threads);
  report.limits = host::schedule_limits(report.plan, report.threads, device);
  return report;
}

void run(const Options& options) {
  const std::unique_ptr<host::PictureSource> source = host::open_source(options.input);
  if (!options.quiet) {
    print_notices(options.input, source->info());
  }
  host::OutputFile out(options.output);
  SideOutputs side(options);
  const host::DeviceChoice choice =
      host::choose_device(options.device.kind, options.device.memory_bytes);
  if (options.device.kind == host::DeviceKind::kAuto && !options.quiet) {
    print_device(choice, options.verbose);
  }
  EncodeReport report = report_of(options, source->info(), *choice.device);
  const std::int64_t expected = expected_pictures(options, source->info());
  if (options.verbose) {
    fmt::print(stderr, "{}", plan_text(report, expected));
  }
  {
    ProgressLine progress(expected, !options.quiet);
    host::Trace* const trace = side.trace ? &*side.trace : nullptr;
    report.summary = encode_to(out, *source, *choice.device, options, trace, progress);
    report.seconds = progress.seconds();
  }
  if (side.json) {
    const std::string text = summary_json(report);
    side.json->write(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
  }
  out.commit();
  side.commit();
  if (!options.quiet) {
    fmt::print(stderr, "{}", summary_line(report));
  }
}

void declare(CLI::App& command, Options& options) {
  command
      .add_option(
          "IN", options.input,
          "Y4M file, - for Y4M on standard input, or any video that FFmpeg's libraries open")
      ->required();
  command.add_option("-o,--output", options.output, "IVF file to write, or - for standard output")
      ->required();
  add_plan_options(command, options.plan);
  add_device_option(command, options.device);
  add_device_memory_option(command, options.device);
  add_threads_option(command, options.threads);
  command.add_option("--json", options.json,
                     "Write the summary as JSON to this file, or - for standard output");
  command.add_option("--trace", options.trace,
                     "Write what each thread did when as trace events to this file; "
                     "https://ui.perfetto.dev shows them");
  command.add_flag("-v,--verbose", options.verbose,
                   "Print the plan, the bound on memory, and why no GPU is used");
  command.add_flag("--quiet", options.quiet, "Print errors only");
}

}  // namespace

void add_encode(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "encode", "Encode a video as VP8: chunks in parallel, then chains of them made seamless");
  declare(*command, *options);
  command->footer(
      "Example:\n"
      "  fastslow encode in.mp4 -o out.ivf --cq 24\n"
      "  ffmpeg -v error -i in.mkv -f yuv4mpegpipe -pix_fmt yuv420p - |\n"
      "    fastslow encode - -o out.ivf --chunk-frames 6 --chunks-per-chain 16 --json report.json");
  command->callback([options] {
    check(*options);
    run(*options);
  });
}

}  // namespace tools
