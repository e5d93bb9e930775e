// `fastslow rebase`: moves coded frames onto another state, keeping their modes and vectors.
#include <memory>
#include <optional>

#include <fmt/core.h>

#include "codec/decode.hh"
#include "codec/encode.hh"
#include "host/error.hh"
#include "host/ivf.hh"
#include "host/media_output.hh"
#include "host/output_file.hh"
#include "host/picture_source.hh"
#include "host/quality.hh"
#include "tools/commands.hh"
#include "tools/files.hh"
#include "tools/ivf_input.hh"
#include "tools/output_format.hh"
#include "tools/plan_options.hh"
#include "tools/trace_option.hh"

namespace tools {
namespace {

struct Options {
  std::string input;
  std::string source;
  StreamOutput output;
  std::string state_in;
  std::string state_out;
  std::string own_state_in;
  std::int64_t skip = 0;
  std::string trace;
  bool quiet = false;
};

void check(const Options& options) {
  if (options.input == "-" && options.source == "-") {
    throw UsageError("IN, --source", "only one of them can be standard input");
  }
  options.output.container();
  if (options.output.path == options.state_out) {
    throw UsageError("-o, --state-out", "both name the same output");
  }
}

// Walks two streams at once: IN in its own world, and its frames in the world of another state.
class Rebaser {
 public:
  explicit Rebaser(const Options& options)
      : options_(options),
        trace_(options.trace, options.output.path),
        input_(options.input),
        source_(open_pictures(options.source)),
        state_(read_state_or_default(options.state_in)),
        own_state_(options.own_state_in.empty() ? state_ : read_state(options.own_state_in)),
        out_(options.output.path),
        writer_(host::open_writer(out_, options.output.container(), {.header = input_.header()})),
        state_out_(options.state_out) {}

  void run() {
    print_notices(options_.source, source_->info());
    while (const std::optional<host::IvfFrame> frame = input_.next()) {
      rebase(*frame);
    }
    if (source_->next()) {
      fmt::print(stderr, "fastslow: {}: The source has more pictures than {} shows.\n",
                 options_.source, input_.name());
    }
    writer_->finish();
    out_.commit();
    state_out_.commit(state_);
    trace_.commit();
    if (!options_.quiet) {
      print_summary();
    }
  }

 private:
  void rebase(const host::IvfFrame& frame) {
    const bool skipped = input_.number() < options_.skip;
    trace_.check();
    vp8::Decoded own = [&] {
      const gpu::ScopedSpan span(trace_.spans(), "decode", "decode", here());
      return input_.decode(own_state_, frame);
    }();
    own_state_ = std::move(own.next);
    std::optional<vp8::Picture> source;
    if (own.shown) {
      source = next_source();
    }
    if (skipped) {
      return;
    }
    if (!own.frame) {
      write(frame.bytes, frame);  // repeats a picture on any state
    } else if (source) {
      const vp8::Encoded coded = encode(*source, *own.frame);
      quality_.add(host::measure(*source, *coded.reconstruction));
      write(coded.bytes, frame);
    } else {
      // Nobody shows a hidden frame: its own reconstruction is what it is for.
      write(encode(*own.reconstruction, *own.frame).bytes, frame);
    }
  }

  vp8::Picture next_source() {
    std::optional<vp8::Picture> picture = source_->next();
    if (!picture) {
      throw host::InputError(
          options_.source, "end of video",
          fmt::format("there is no picture for frame {} of {}", input_.number(), input_.name()),
          "give the video that this file was made from");
    }
    return std::move(*picture);
  }

  gpu::SpanLabels here() const { return {.picture = input_.number()}; }

  vp8::Encoded encode(const vp8::Picture& source, const vp8::Frame& frame) {
    const gpu::ScopedSpan span(trace_.spans(), "rebase", "rebase", here());
    try {
      vp8::Encoded coded = vp8::rebase(state_, source, frame);
      state_ = coded.next;
      return coded;
    } catch (const vp8::Unsupported& error) {
      input_.fail(error.what(), "check --source and --state-in");
    }
  }

  void write(std::span<const std::uint8_t> bytes, const host::IvfFrame& original) {
    writer_->write(bytes, original.pts);
    ++frames_;
    bytes_before_ += original.bytes.size();
    bytes_after_ += bytes.size();
  }

  void print_summary() const {
    const host::PictureQuality mean = quality_.mean();
    fmt::print(stderr, "{} frames, {} bytes before, {} after, PSNR Y {:.2f} dB, SSIM Y {:.4f}\n",
               frames_, bytes_before_, bytes_after_, mean.psnr_y, mean.ssim_y);
  }

  const Options& options_;
  OptionalTrace trace_;
  IvfInput input_;
  std::unique_ptr<host::PictureSource> source_;
  vp8::State state_;
  vp8::State own_state_;
  host::OutputFile out_;
  std::unique_ptr<host::FrameWriter> writer_;
  StateOutput state_out_;
  host::QualitySum quality_;
  std::int64_t frames_ = 0;
  std::uint64_t bytes_before_ = 0;
  std::uint64_t bytes_after_ = 0;
};

void declare(Command command, Options& options) {
  command
      .add_option("IN", options.input, "IVF, WebM or Matroska file with VP8 from any encoder, or -")
      .required();
  command
      .add_option("--source", options.source,
                  "The video that IN was made from: one picture for each frame that IN shows")
      .required();
  command.add_option("-o,--output", options.output.path, kStreamOutputText).required();
  add_format_option(command, options.output);
  command.add_option("--state-in", options.state_in,
                     "The state that precedes the first frame to write (from --state-out of decode "
                     "or rebase); empty if not given");
  command.add_option("--state-out", options.state_out, "Write the state after the last frame");
  command.add_option("--own-state-in", options.own_state_in,
                     "The state that IN was made for, if IN does not begin with a key frame; that "
                     "of --state-in if not given");
  command
      .add_option("--skip", options.skip,
                  "Leave this many frames out; with 1 the rest of a chunk lands on --state-in "
                  "without the chunk's key frame")
      .check(at_least(0))
      .shows_default();
  add_trace_option(command, options.trace);
  command.add_flag("--quiet", options.quiet, "Print no summary");
}

}  // namespace

void add_rebase(Command app) {
  const auto options = std::make_shared<Options>();
  const Command command = app.add_subcommand(
      "rebase", "Code frames again on another state: modes and vectors stay, the rest is new");
  declare(command, *options);
  command.footer(
      "A key frame stays a key frame. A hidden frame has no source picture: its own reconstruction "
      "takes that place.\n\n"
      "Example: chunk 2 goes on where chunk 1 ends, without its key frame:\n"
      "  fastslow decode 1.ivf --state-out 1.state\n"
      "  fastslow rebase 2.ivf --source 2.y4m --skip 1 --state-in 1.state -o 2on1.ivf");
  command.on_run([options] {
    check(*options);
    Rebaser(*options).run();
  });
}

}  // namespace tools
