// `fastslow profile`: an encode, and where its time went.
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <fmt/core.h>

#include "host/device_choice.hh"
#include "host/ivf.hh"
#include "host/output_file.hh"
#include "host/picture_source.hh"
#include "tools/commands.hh"
#include "tools/device_options.hh"
#include "tools/files.hh"
#include "tools/plan_options.hh"
#include "tools/profile_report.hh"
#include "tools/thread_times.hh"
#include "tools/trace_option.hh"

namespace tools {
namespace {

struct Options {
  std::string input;
  std::string output;
  PlanOptions plan;
  DeviceOptions device;
  int threads = 0;
  std::string trace;
};

// Where the frames go: a file, or nowhere.
class Output {
 public:
  Output(const std::string& path, const host::Plan& plan) {
    if (path.empty())
      return;
    file_.emplace(path);
    writer_.emplace(*file_, host::IvfHeader{.width = plan.width,
                                            .height = plan.height,
                                            .frame_rate = plan.frame_rate,
                                            .frame_count = 0});
  }

  void write(const host::CodedFrame& frame) {
    if (writer_)
      writer_->write(frame.bytes, static_cast<std::uint64_t>(frame.picture));
  }
  void commit() {
    if (!writer_)
      return;
    writer_->finish();
    file_->commit();
  }

 private:
  std::optional<host::OutputFile> file_;
  std::optional<host::IvfWriter> writer_;
};

Profile encode(const Options& options,
               host::PictureSource& source,
               gpu::Device& device,
               const host::Plan& plan,
               OptionalTrace& trace,
               Output& out) {
  SpanSums sums(trace.spans());
  host::RunOptions run;
  run.threads = options.threads;
  run.limit = options.plan.limit;
  run.spans = &sums;
  run.on_progress = [&](const host::Progress&) { trace.check(); };
  std::map<int, double> before = thread_cpu_times();
  const double cpu_before = process_cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  Profile profile;
  profile.summary = host::encode_video(source, plan, run, device,
                                       [&](const host::CodedFrame& frame) { out.write(frame); });
  profile.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  profile.cpu_seconds = process_cpu_seconds() - cpu_before;
  for (const auto& [thread, seconds] : thread_cpu_times())
    profile.thread_cpu[thread] = seconds - before[thread];
  profile.threads = thread_count(options.threads);
  profile.device = device.name();
  profile.work = sums.work();
  profile.thread_spans = sums.thread_seconds();
  return profile;
}

void run(const Options& options) {
  OptionalTrace trace(options.trace, options.output);
  const std::unique_ptr<host::PictureSource> source = host::open_source(options.input);
  print_notices(options.input, source->info());
  const host::DeviceChoice choice =
      host::choose_device(options.device.kind, options.device.memory_bytes);
  const host::Plan plan = make_plan(options.plan, source->info());
  Output out(options.output, plan);
  const Profile profile = encode(options, *source, *choice.device, plan, trace, out);
  out.commit();
  trace.commit();
  // Where the stream is on standard output, the tables are not.
  if (options.output == "-") {
    fmt::print(stderr, "{}", profile_text(profile));
  } else {
    write_text(profile_text(profile));
  }
}

void declare(Command command, Options& options) {
  command
      .add_option(
          "IN", options.input,
          "Y4M file, - for Y4M on standard input, or any video that FFmpeg's libraries open")
      .required();
  command.add_option("-o,--output", options.output,
                     "Keep the stream: IVF file to write, or - for standard output");
  add_plan_options(command, options.plan);
  add_device_option(command, options.device);
  add_device_memory_option(command, options.device);
  add_threads_option(command, options.threads);
  add_trace_option(command, options.trace);
}

}  // namespace

void add_profile(Command app) {
  const auto options = std::make_shared<Options>();
  const Command command = app.add_subcommand(
      "profile", "Encode a video, and tell where the time went: phases, work, threads");
  declare(command, *options);
  command.footer(
      "Pictures/s of a phase are those of one processor that does nothing else.\n"
      "Work is wall time, without that of other work within it; on CUDA the kernels are\n"
      "one of it, and NVTX ranges show its steps to NVIDIA's tools.\n"
      "Spans of a thread: what it began itself, with what it waited for.\n\n"
      "Example:\n  fastslow profile in.mp4 --cq 24 --trace trace.json");
  command.on_run([options] {
    check_device_options(options->device);
    run(*options);
  });
}

}  // namespace tools
