// `fastslow splice`: ranges of coded streams, joined without coding again what lies between.
#include <memory>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "host/device_choice.hh"
#include "host/ivf.hh"
#include "host/media_output.hh"
#include "host/output_file.hh"
#include "tools/commands.hh"
#include "tools/device_options.hh"
#include "tools/output_format.hh"
#include "tools/stream_range.hh"
#include "tools/trace_option.hh"

namespace tools {
namespace {

struct Options {
  StreamOutput output;
  std::vector<std::string> ranges;
  DeviceOptions device;
  std::string trace;
  bool quiet = false;
};

void print_summary(const std::string& output, const host::SpliceSummary& summary) {
  std::string quality;
  if (summary.changed.pictures() > 0) {
    quality = fmt::format("; {} pictures are not what they were: PSNR {:.2f} dB to that",
                          summary.changed.pictures(), summary.changed.mean().psnr);
  }
  fmt::print(stderr,
             "fastslow: {}: {} pictures, {} bytes; {} frames copied, {} rebased, {} encoded "
             "anew{}\n",
             output, summary.pictures, summary.bytes, summary.frames[0], summary.frames[1],
             summary.frames[2], quality);
}

// The size and frame rate of the first picture, which the header needs before all frames.
host::IvfHeader header_of(const StreamRange& range) {
  host::IvfHeader header;
  const StreamFacts facts =
      visit_range({range.path, range.begin, range.begin + 1}, [&](const host::OwnFrame& own) {
        header.width = own.decoded.next.width;
        header.height = own.decoded.next.height;
      });
  header.frame_rate = facts.frame_rate;
  return header;
}

void add_range(const StreamRange& range,
               bool is_last,
               const host::IvfHeader& header,
               host::Splicer& splicer) {
  splicer.begin_range();
  const StreamFacts facts = splice_range(range, is_last, splicer);
  if (!(facts.frame_rate == header.frame_rate)) {
    fmt::print(stderr, "fastslow: {}: {}/{} pictures/s become {}/{}, those of the first file.\n",
               range.path, facts.frame_rate.num, facts.frame_rate.den, header.frame_rate.num,
               header.frame_rate.den);
  }
}

void run(const Options& options) {
  std::vector<StreamRange> ranges;
  for (const std::string& text : options.ranges)
    ranges.push_back(parse_range(text));
  OptionalTrace trace(options.trace, options.output.path);
  host::OutputFile out(options.output.path);
  const host::DeviceChoice choice =
      host::choose_device(options.device.kind, options.device.memory_bytes);
  const host::IvfHeader header = header_of(ranges.front());
  const auto writer = host::open_writer(out, options.output.container(), {.header = header});
  std::uint64_t picture = 0;
  const std::function<void(const host::JoinedFrame&)> write = [&](const host::JoinedFrame& frame) {
    writer->write(frame.bytes, picture);
    picture += frame.shown ? 1 : 0;
  };
  host::Splicer splicer(*choice.device, write);
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const gpu::ScopedSpan span(trace.spans(), ranges[i].path, "range",
                               {.picture = ranges[i].begin});
    add_range(ranges[i], i + 1 == ranges.size(), header, splicer);
    trace.check();
  }
  writer->finish();
  out.commit();
  trace.commit();
  if (!options.quiet)
    print_summary(options.output.path, splicer.summary());
}

}  // namespace

void add_splice(Command app) {
  const auto options = std::make_shared<Options>();
  const Command command = app.add_subcommand(
      "splice", "Join ranges of coded streams, at any picture, and keep what lies between");
  command.add_option("OUT", options->output.path, kStreamOutputText).required();
  command
      .add_option("RANGE", options->ranges,
                  "FILE, or FILE[a:b] for its pictures from a to b - 1, counted from 0")
      .required();
  add_format_option(command, options->output);
  add_device_option(command, options->device);
  add_device_memory_option(command, options->device);
  add_trace_option(command, options->trace);
  command.add_flag("--quiet", options->quiet, "Print errors only");
  command.footer(
      "At a join one picture is encoded given the state there; frames up to the next key frame\n"
      "are rebased, all others copied.\n\n"
      "Example:\n"
      "  fastslow splice out.webm 'a.webm[0:100]' 'b.ivf[37:]' 'a.webm[100:]'");
  command.on_run([options] {
    options->output.container();
    check_device_options(options->device);
    run(*options);
  });
}

}  // namespace tools
