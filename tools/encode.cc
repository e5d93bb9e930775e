// `fastslow encode`: a video in, VP8 in IVF out.
#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <thread>

#include <fmt/core.h>

#include "cuda/device.hh"
#include "host/ivf.hh"
#include "host/output_file.hh"
#include "host/picture_source.hh"
#include "host/pipeline.hh"
#include "tools/commands.hh"
#include "tools/encode_report.hh"
#include "tools/files.hh"
#include "tools/plan_options.hh"

namespace tools {
namespace {

struct Options {
  std::string input;
  std::string output;
  PlanOptions plan;
  int threads = 0;
  std::string json;
  bool verbose = false;
  bool quiet = false;
};

void check(const Options& options) {
  if (options.output == options.json) {
    throw CLI::ValidationError("-o, --json", options.output == "-"
                                                 ? "only one can go to standard output"
                                                 : "both name the same file");
  }
}

int thread_count(const Options& options) {
  return options.threads > 0 ? options.threads
                             : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

// Pictures to come, as far as the container tells; -1 if it does not.
std::int64_t expected_pictures(const Options& options, const host::StreamInfo& info) {
  const std::int64_t limit = options.plan.limit;
  if (info.picture_count < 0) {
    return -1;
  }
  return limit < 0 ? info.picture_count : std::min(info.picture_count, limit);
}

void print_plan(const EncodeReport& report, std::int64_t expected) {
  const host::Plan& plan = report.plan;
  const std::string pictures = expected < 0 ? "unknown" : fmt::format("{}", expected);
  const std::string chain = plan.chunks_per_chain == 0
                                ? "one endless chain"
                                : fmt::format("{} chunks a chain", plan.chunks_per_chain);
  fmt::print(stderr,
             "plan: {}x{} at {}/{} pictures/s, {} pictures; {} pictures a chunk, {}; cq {} "
             "(quantiser index {}); first pass by {}, on {}, {} threads\n",
             plan.width, plan.height, plan.frame_rate.num, plan.frame_rate.den, pictures,
             plan.chunk_frames, chain, plan.cq, host::q_index_of_cq(plan.cq),
             first_pass_name(plan.first_pass), report.device, report.threads);
  constexpr double mebibyte = 1 << 20;
  fmt::print(
      stderr,
      "memory: pictures take at most (3 W + L + G + (W + L) / 2 + 4 T + 6 C + 3) P = {:.0f} MiB "
      "(W: pictures of a wave; L: the lookahead's; G: stand-ins for golden references; T: threads; "
      "C: chunks of a wave; P: bytes of a picture with its decisions)\n",
      static_cast<double>(host::memory_bound(plan, report.threads)) / mebibyte);
}

host::EncodeSummary encode_to(host::OutputFile& out,
                              host::PictureSource& source,
                              gpu::Device& device,
                              const Options& options,
                              ProgressLine& progress,
                              std::int64_t expected) {
  const host::Plan plan = make_plan(options.plan, source.info());
  host::IvfWriter writer(
      out, {.width = plan.width,
            .height = plan.height,
            .frame_rate = plan.frame_rate,
            .frame_count = static_cast<std::uint32_t>(std::max<std::int64_t>(0, expected))});
  host::RunOptions run;
  run.threads = options.threads;
  run.limit = options.plan.limit;
  run.on_progress = [&](const host::Progress& done) { progress.show(done); };
  const host::EncodeSummary summary =
      host::encode_video(source, plan, run, device, [&](const host::CodedFrame& frame) {
        writer.write(frame.bytes, static_cast<std::uint64_t>(frame.picture));
      });
  writer.finish();
  return summary;
}

void run(const Options& options) {
  const std::unique_ptr<host::PictureSource> source = host::open_source(options.input);
  if (!options.quiet) {
    print_notices(options.input, source->info());
  }
  host::OutputFile out(options.output);
  std::optional<host::OutputFile> json;
  if (!options.json.empty()) {
    json.emplace(options.json);
  }
  const std::unique_ptr<gpu::Device> device = gpu::make_cpu_device();
  const std::int64_t expected = expected_pictures(options, source->info());
  EncodeReport report;
  report.input = options.input;
  report.output = options.output;
  report.plan = make_plan(options.plan, source->info());
  report.device = device->name();
  report.threads = thread_count(options);
  if (options.verbose) {
    print_plan(report, expected);
  }
  {
    ProgressLine progress(expected, !options.quiet);
    report.summary = encode_to(out, *source, *device, options, progress, expected);
    report.seconds = progress.seconds();
  }
  if (json) {
    const std::string text = summary_json(report);
    json->write(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
  }
  out.commit();
  if (json) {
    json->commit();
  }
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
  constexpr int max_threads = 1024;
  command
      .add_option("--threads", options.threads,
                  "Threads to work with; 0: one for each processor. The bytes do not depend on it")
      ->check(CLI::Range(0, max_threads))
      ->capture_default_str();
  command.add_option("--json", options.json,
                     "Write the summary as JSON to this file, or - for standard output");
  command.add_flag("-v,--verbose", options.verbose, "Print the plan and the bound on memory");
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
