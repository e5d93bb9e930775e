// `fastslow decode`: pictures, their MD5s and the decoder's state out of an IVF file.
#include "codec/decode.hh"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

#include <fmt/core.h>

#include "host/error.hh"
#include "host/output_file.hh"
#include "host/y4m.hh"
#include "tools/commands.hh"
#include "tools/files.hh"
#include "tools/ivf_input.hh"
#include "tools/picture_md5.hh"
#include "tools/plan_options.hh"
#include "tools/trace_option.hh"

namespace tools {
namespace {

struct Options {
  std::string input;
  std::string output;
  bool md5 = false;
  std::string state_in;
  std::string state_out;
  std::int64_t skip = 0;
  std::int64_t limit = -1;
  std::string trace;
};

void check(const Options& options) {
  if (options.output.empty() && !options.md5 && options.state_out.empty()) {
    throw UsageError("nothing to do", "give -o, --md5 or --state-out");
  }
  const int on_stdout =
      (options.output == "-" ? 1 : 0) + (options.md5 ? 1 : 0) + (options.state_out == "-" ? 1 : 0);
  if (on_stdout > 1) {
    throw UsageError("-o, --md5, --state-out", "only one can go to standard output");
  }
  if (!options.output.empty() && options.output == options.state_out) {
    throw UsageError("-o, --state-out", "both name the same file");
  }
}

// Writes pictures as Y4M, whose first line needs the first picture's size.
class Y4mOutput {
 public:
  explicit Y4mOutput(const std::string& path) : file_(path) {}

  void show(const vp8::Picture& picture, const IvfInput& input) {
    if (!writer_) {
      width_ = picture.width();
      height_ = picture.height();
      host::StreamInfo info;
      info.width = width_;
      info.height = height_;
      info.frame_rate = input.picture_rate();
      writer_.emplace(file_, info);
    }
    if (picture.width() != width_ || picture.height() != height_) {
      input.fail(fmt::format("the picture size changes from {}x{} to {}x{}, which Y4M cannot hold",
                             width_, height_, picture.width(), picture.height()),
                 fmt::format("decode the two parts apart with --limit {0} and --skip {0}, or use "
                             "--md5",
                             input.number()));
    }
    writer_->write(picture);
  }

  void finish(const IvfInput& input) {
    if (!writer_) {
      input.fail("none of the frames up to here shows a picture", "decode more frames");
    }
    file_.commit();
  }

 private:
  host::OutputFile file_;
  std::optional<host::Y4mWriter> writer_;
  int width_ = 0;
  int height_ = 0;
};

// Everything that is made of the shown pictures.
class Outputs {
 public:
  explicit Outputs(const Options& options)
      : stem_(options.input == "-" ? "stdin"
                                   : std::filesystem::path(options.input).stem().string()),
        md5_(options.md5) {
    if (!options.output.empty()) {
      y4m_.emplace(options.output);
    }
  }

  void show(const vp8::Picture& picture, const IvfInput& input) {
    if (md5_) {
      write_text(fmt::format("{}  {}-{}x{}-{:04}.i420\n", picture_md5(picture), stem_,
                             picture.width(), picture.height(), input.number() + 1));
    }
    if (y4m_) {
      y4m_->show(picture, input);
    }
  }

  void finish(const IvfInput& input) {
    if (y4m_) {
      y4m_->finish(input);
    }
  }

 private:
  std::string stem_;
  bool md5_;
  std::optional<Y4mOutput> y4m_;
};

void skip_frames(IvfInput& input, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    if (!input.next()) {
      throw host::InputError(input.name(), "end of file",
                             fmt::format("there are only {} frames", i), "skip fewer frames");
    }
  }
}

void run(const Options& options) {
  OptionalTrace trace(options.trace, options.output);
  IvfInput input(options.input);
  vp8::State state = read_state_or_default(options.state_in);
  Outputs outputs(options);
  StateOutput state_out(options.state_out);
  skip_frames(input, options.skip);
  for (std::int64_t count = 0; count != options.limit; ++count) {
    const std::optional<host::IvfFrame> frame = input.next();
    if (!frame) {
      break;
    }
    trace.check();
    vp8::Decoded decoded = [&] {
      const gpu::ScopedSpan span(trace.spans(), "decode", "decode", {.picture = count});
      return input.decode(state, *frame);
    }();
    if (decoded.shown) {
      const gpu::ScopedSpan span(trace.spans(), "write", "write", {.picture = count});
      outputs.show(*decoded.reconstruction, input);
    }
    state = std::move(decoded.next);
  }
  outputs.finish(input);
  state_out.commit(state);
  trace.commit();
}

void declare(Command command, Options& options) {
  command
      .add_option("IN", options.input,
                  "IVF, WebM or Matroska file with VP8, or - for standard input")
      .required();
  command.add_option("-o,--output", options.output,
                     "Write the shown pictures as Y4M to this file, or - for standard output");
  command.add_flag("--md5", options.md5,
                   "Print the MD5 of each shown picture's I420 samples; the number is the frame's, "
                   "from 0001 and with hidden frames counted, as vpxdec has it");
  command.add_option("--state-in", options.state_in,
                     "Begin with the state in this file instead of an empty one");
  command.add_option("--state-out", options.state_out,
                     "Write the state after the last decoded frame to this file");
  command
      .add_option("--skip", options.skip,
                  "Pass over this many frames without decoding them (see --state-in)")
      .check(at_least(0))
      .shows_default();
  add_limit_option(command, options.limit, "frames, hidden ones counted");
  add_trace_option(command, options.trace);
}

}  // namespace

void add_decode(Command app) {
  const auto options = std::make_shared<Options>();
  const Command command =
      app.add_subcommand("decode", "Decode VP8: pictures, their MD5s, the decoder's state");
  declare(command, *options);
  command.footer(
      "Example:\n"
      "  fastslow decode out.ivf -o out.y4m\n"
      "  fastslow decode out.ivf --md5\n"
      "Stop after 30 frames and go on later, or elsewhere:\n"
      "  fastslow decode out.ivf -o 1.y4m --limit 30 --state-out 30.state\n"
      "  fastslow decode out.ivf -o 2.y4m --skip 30 --state-in 30.state");
  command.on_run([options] {
    check(*options);
    run(*options);
  });
}

}  // namespace tools
