// `fastslow encode`: a video in, VP8 in IVF, WebM or Matroska out.
#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include <fmt/core.h>

#include "host/device_choice.hh"
#include "host/error.hh"
#include "host/ivf.hh"
#include "host/media_output.hh"
#include "host/output_file.hh"
#include "host/picture_source.hh"
#include "host/pipeline.hh"
#include "host/repeatable_input.hh"
#include "host/scratch_file.hh"
#include "host/trace.hh"
#include "tools/cloud_encode.hh"
#include "tools/commands.hh"
#include "tools/device_options.hh"
#include "tools/encode_output.hh"
#include "tools/encode_report.hh"
#include "tools/files.hh"
#include "tools/frame_log.hh"
#include "tools/media_options.hh"
#include "tools/output_format.hh"
#include "tools/plan_options.hh"
#include "tools/rate_options.hh"
#include "tools/rate_search.hh"
#include "tools/resume.hh"

namespace tools {
namespace {

struct Options {
  std::string input;
  StreamOutput output;
  host::SourceOptions source;
  bool audio = true;
  PlanOptions plan;
  RateOptions rate;
  DeviceOptions device;
  CloudOptions cloud;
  int threads = 0;
  std::string json;
  std::string trace;
  bool resume = true;
  bool verbose = false;
  bool quiet = false;
};

// No two outputs may share a place.
void check_different(const std::string& a, const std::string& b, const std::string& options) {
  if (!a.empty() && a == b) {
    throw UsageError(options,
                     a == "-" ? "only one can go to standard output" : "both name the same file");
  }
}

void check(const Options& options) {
  options.output.container();
  check_source_options(options.source);
  check_different(options.output.path, options.json, "-o, --json");
  check_different(options.output.path, options.trace, "-o, --trace");
  check_different(options.json, options.trace, "--json, --trace");
  check_device_options(options.device);
  check_cloud_options(options.cloud);
  if (options.cloud.backend == Backend::kLambda && options.rate.target) {
    throw UsageError(
        "--backend lambda",
        "takes --cq only: a search would upload the video several times; search it with --backend "
        "local first");
  }
}

// One line on what `--device auto` has chosen.
void print_device(const host::DeviceChoice& choice, bool verbose) {
  const std::string why = verbose && !choice.why_not_cuda.empty()
                              ? fmt::format("; not CUDA: {}", choice.why_not_cuda)
                              : "";
  fmt::print(stderr, "fastslow: device: {}{}\n", choice.description, why);
}

// What all encodes of one command share.
struct Session {
  const Options& options;
  gpu::Device& device;
  host::Trace* trace;  // null: none
  FrameLogs* frames;   // null: not wanted
  CloudRun* cloud;     // null: here
  Resume& resume;
  EncodeOutput& output;
};

TimedSummary encode(const Session& session,
                    host::PictureSource& source,
                    const host::Plan& plan,
                    const EncodeCall& call) {
  ProgressLine progress(call.expected, !session.options.quiet, call.label);
  host::RunOptions run;
  run.threads = session.options.threads;
  run.limit = session.options.plan.limit;
  run.spans = session.trace;
  run.store = session.resume.store();
  run.on_progress = [&](const host::Progress& done) {
    progress.show(done);
    session.resume.check();
    if (session.trace != nullptr)
      session.trace->check();
  };
  session.output.use_times(source);
  FrameLog log;
  const auto write = [&](const host::CodedFrame& frame) {
    if (session.frames != nullptr)
      log.add(frame);
    call.write(frame);
  };
  const host::EncodeSummary summary =
      session.cloud != nullptr ? session.cloud->encode(source, run, session.device, write)
                               : host::encode_video(source, plan, run, session.device, write);
  if (session.frames != nullptr)
    (*session.frames)[plan.cq16] = std::move(log);
  return {summary, progress.seconds()};
}

// Encodes once, as the plan says.
void encode_as_planned(const Session& session,
                       host::PictureSource& source,
                       host::OutputFile& out,
                       EncodeReport& report) {
  const std::int64_t expected = host::expected_pictures(source.info(), session.options.plan.limit);
  const auto writer = session.output.open(out, report.plan, expected);
  const auto write = [&](const host::CodedFrame& frame) {
    writer->write(frame.bytes, static_cast<std::uint64_t>(frame.picture));
  };
  const TimedSummary done = encode(session, source, report.plan, {expected, "", write});
  writer->finish();
  report.summary = done.summary;
  report.seconds = done.seconds;
}

// Encodes until the target is met, and writes that.
void encode_to_target(const Session& session,
                      const host::RepeatableInput& input,
                      host::OutputFile& out,
                      EncodeReport& report) {
  const RateFound found = search_rate(
      {.input = input,
       .plan = report.plan,
       .wanted = session.options.rate,
       .limit = session.options.plan.limit,
       .side_bytes = session.output.side_bytes(),
       .scratch_folder = host::scratch_folder(session.options.output.path),
       .encode = [&](host::PictureSource& source, const host::Plan& plan, const EncodeCall& call) {
         return encode(session, source, plan, call);
       }});
  report.plan = found.best.plan;
  report.summary = found.best.result.summary;
  report.seconds = found.best.result.seconds;
  report.rate = found.report;
  const auto writer = session.output.open(out, report.plan, found.best.frames->frames());
  found.best.frames->write_to(*writer);
  writer->finish();
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
  report.source = options.source;
  report.variable_rate = info.time_unit.has_value();
  report.output = options.output.path;
  report.plan = make_plan(options.plan, info);
  report.device = device.name();
  report.threads = thread_count(options.threads);
  report.limits = host::schedule_limits(report.plan, report.threads, device);
  return report;
}

// Nothing unless the input is read several times. A pipe is read here.
std::optional<host::RepeatableInput> repeatable_input(const Options& options) {
  if (!options.rate.target)
    return {};
  const ProgressLine reading(-1, !options.quiet);
  return std::optional<host::RepeatableInput>(std::in_place, options.input, options.plan.limit,
                                              host::scratch_folder(options.output.path),
                                              options.source);
}

void print_plan(const Options& options, const EncodeReport& report, const host::StreamInfo& info) {
  const std::string quality =
      options.rate.target
          ? options.rate.text
          : fmt::format("cq {}", static_cast<double>(report.plan.cq16) / host::kCqParts);
  fmt::print(stderr, "{}",
             plan_text(report, host::expected_pictures(info, options.plan.limit), quality));
}

void print_result(const EncodeReport& report) {
  if (report.rate)
    fmt::print(stderr, "{}", rate_line(*report.rate, report.plan));
  if (report.cloud)
    fmt::print(stderr, "{}", cloud_line(*report.cloud));
  fmt::print(stderr, "{}", summary_line(report));
}

CloudJob cloud_job(const Options& options, const host::Plan& plan, const host::StreamInfo& info) {
  return {.options = options.cloud,
          .plan = plan,
          .input = options.input,
          .source = options.source,
          .output = options.output.path,
          .threads = options.threads,
          .expected = host::expected_pictures(info, options.plan.limit),
          .limit = options.plan.limit};
}

// What it would be like, without doing it.
void print_prediction(const Options& options) {
  const std::unique_ptr<host::PictureSource> source =
      host::open_source(options.input, options.source);
  const host::Plan plan = make_plan(options.plan, source->info());
  write_text(predicted(cloud_job(options, plan, source->info())));
}

void print_reused(const std::string& output, const host::EncodeSummary& summary) {
  if (summary.reused_pictures > 0) {
    fmt::print(stderr, "fastslow: {}: {} of {} pictures were finished by an earlier run\n", output,
               summary.reused_pictures, summary.pictures);
  }
}

void run(const Options& options, Resume& resume) {
  host::OutputFile out(options.output.path);
  SideOutputs side(options);
  const std::optional<host::RepeatableInput> input = repeatable_input(options);
  const std::unique_ptr<host::PictureSource> source =
      input ? input->open() : host::open_source(options.input, options.source);
  EncodeOutput output(options.output, *source,
                      {.name = options.input,
                       .source = options.source,
                       .limit = options.plan.limit,
                       .audio = options.audio});
  if (!options.quiet) {
    print_notices(options.input, source->info().notices);
    print_notices(options.input, output.notices());
  }
  const host::DeviceChoice choice =
      host::choose_device(options.device.kind, options.device.memory_bytes);
  if (options.device.kind == host::DeviceKind::kAuto && !options.quiet) {
    print_device(choice, options.verbose);
  }
  EncodeReport report = report_of(options, source->info(), *choice.device);
  if (options.verbose) {
    print_plan(options, report, source->info());
  }
  std::optional<CloudRun> cloud;
  if (options.cloud.backend == Backend::kLambda) {
    cloud.emplace(cloud_job(options, report.plan, source->info()));
    if (options.verbose)
      fmt::print(stderr, "{}", cloud->text());
  }
  FrameLogs frames;
  const Session session = {options,
                           *choice.device,
                           side.trace ? &*side.trace : nullptr,
                           side.json ? &frames : nullptr,
                           cloud ? &*cloud : nullptr,
                           resume,
                           output};
  if (input) {
    encode_to_target(session, *input, out, report);
  } else {
    encode_as_planned(session, *source, out, report);
  }
  if (cloud)
    report.cloud = cloud->report();
  report.frames = std::move(frames[report.plan.cq16]);
  if (side.json) {
    const std::string text = summary_json(report);
    side.json->write(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
  }
  out.commit();
  side.commit();
  resume.forget();
  if (cloud)
    cloud->finish();
  if (!options.quiet) {
    print_reused(options.output.path, report.summary);
    print_result(report);
  }
}

// A lambda run keeps what it has in its own way. Damaged input will not be better next time.
void run(const Options& options) {
  const bool here = options.cloud.backend != Backend::kLambda;
  for (const std::string& path : {options.output.path, options.json, options.trace})
    host::remove_stale_partials(path);
  Resume resume(here ? options.output.path : "-", options.resume);
  try {
    run(options, resume);
  } catch (const host::InputError&) {
    resume.forget();
    throw;
  } catch (const UsageError&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(resume.with_what_is_kept(error.what()));
  }
}

void declare(Command command, Options& options) {
  command
      .add_option(
          "IN", options.input,
          "Y4M file, - for standard input, any video that FFmpeg's libraries open, or numbered "
          "pictures as img_%04d.png")
      .required();
  command.add_option("-o,--output", options.output.path, kStreamOutputText).required();
  add_format_option(command, options.output);
  add_source_options(command, options.source);
  command.add_flag("--audio,!--no-audio", options.audio,
                   "Keep the sound, which is the default where the output is WebM or Matroska: "
                   "Vorbis and Opus as they are, all else as Opus");
  add_plan_options(command, options.plan);
  add_rate_options(command, options.rate);
  add_device_option(command, options.device);
  add_device_memory_option(command, options.device);
  add_threads_option(command, options.threads);
  add_cloud_options(command, options.cloud);
  command.add_option("--json", options.json,
                     "Write the summary as JSON to this file, or - for standard output");
  command.add_option("--trace", options.trace,
                     "Write what each thread did when as trace events to this file; "
                     "https://ui.perfetto.dev shows them");
  command.add_flag("--resume,!--no-resume", options.resume,
                   "Go on where the same command was interrupted, which is the default");
  command.add_flag("-v,--verbose", options.verbose,
                   "Print the plan, the bound on memory, and why no GPU is used");
  command.add_flag("--quiet", options.quiet, "Print errors only");
}

}  // namespace

void add_encode(Command app) {
  const auto options = std::make_shared<Options>();
  const Command command = app.add_subcommand(
      "encode", "Encode a video as VP8: chunks in parallel, then chains of them made seamless");
  declare(command, *options);
  command.footer(
      "Example:\n"
      "  fastslow encode in.mp4 -o out.ivf --cq 24\n"
      "  fastslow encode in.mp4 -o out.webm --bitrate 800k\n"
      "  fastslow encode in.mp4 -o out.webm --start 1:05 --end 1:20.5 --scale -2x720\n"
      "  ffmpeg -v error -i in.mkv -f yuv4mpegpipe -pix_fmt yuv420p - |\n"
      "    fastslow encode - -o out.ivf --chunk-frames 6 --chunks-per-chain 16 --json report.json");
  command.on_run([options] {
    check(*options);
    if (options->cloud.dry_run) {
      print_prediction(*options);
    } else {
      run(*options);
    }
  });
}

}  // namespace tools
