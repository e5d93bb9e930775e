// `fastslow inspect`: what is in each frame of an IVF file, in words or drawn over its picture.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "codec/state.hh"
#include "tools/commands.hh"
#include "tools/files.hh"
#include "tools/frame_range.hh"
#include "tools/frame_report.hh"
#include "tools/ivf_input.hh"
#include "tools/overlay.hh"
#include "tools/overlay_output.hh"
#include "tools/plan_options.hh"

namespace tools {
namespace {

struct Options {
  std::string input;
  bool json = false;
  bool modes = false;
  bool bits = false;
  std::int64_t frame = -1;
  FrameRange frames;
  std::string overlay;
  std::vector<std::string> layers = {"modes", "vectors"};
  int zoom = 2;
};

constexpr int kMaxZoom = 16;

// --frame is the range of one.
FrameRange wanted_frames(const Options& options) {
  return options.frame < 0 ? options.frames : FrameRange{options.frame, options.frame + 1};
}

void print(const Options& options, const nlohmann::ordered_json& report, bool first) {
  if (!options.json) {
    write_text(frame_report_text(report));
  } else if (options.frame >= 0) {
    write_text(report.dump(2) + "\n");
  } else {
    write_text((first ? "[\n" : ",\n") + report.dump());
  }
}

// One of the wanted frames.
struct WantedFrame {
  const host::IvfFrame& frame;
  const vp8::Decoded& decoded;
  const vp8::FrameBits& bits;
  bool first;  // of the wanted ones
};

// Calls `take` for each wanted frame. Throws host::InputError if there is none.
template <class Take>
void for_each_wanted(const Options& options, IvfInput& input, const Take& take) {
  const FrameRange wanted = wanted_frames(options);
  vp8::State state;
  bool first = true;
  while (const std::optional<host::IvfFrame> frame = input.next()) {
    const vp8::Decoded decoded = input.decode(state, *frame);
    if (wanted.contains(input.number())) {
      vp8::FrameBits bits;
      if (decoded.frame && (options.bits || !options.overlay.empty()))
        vp8::parse_frame(state, frame->bytes, &bits);
      take(WantedFrame{*frame, decoded, bits, first});
      first = false;
    }
    state = decoded.next;
    if (input.number() + 1 >= wanted.end)
      break;
  }
  if (first) {
    input.fail(
        "this is the last frame",
        fmt::format("choose --frame{} 0 to {}", options.frame < 0 ? "s from" : "", input.number()));
  }
}

void print_frames(const Options& options, IvfInput& input) {
  for_each_wanted(options, input, [&](const WantedFrame& wanted) {
    const FrameFacts facts = {.number = input.number(),
                              .offset_bytes = input.offset_bytes(),
                              .frame = wanted.frame,
                              .syntax = wanted.decoded.frame,
                              .bits = options.bits ? &wanted.bits : nullptr,
                              .state = wanted.decoded.next};
    print(options, frame_report(facts, options.modes), wanted.first);
  });
  if (options.json && options.frame < 0)
    write_text("\n]\n");
}

void draw_frames(const Options& options, IvfInput& input) {
  const OverlayLayers layers = layers_named(options.layers);
  OverlayOutput out(options.overlay, input.picture_rate());
  for_each_wanted(options, input, [&](const WantedFrame& wanted) {
    const vp8::Decoded& decoded = wanted.decoded;
    const OverlayFrame frame = {.picture = *decoded.reconstruction,
                                .syntax = decoded.frame ? &*decoded.frame : nullptr,
                                .bits = wanted.bits,
                                .shown = decoded.shown};
    out.add(input.number(), overlay(frame, layers, options.zoom));
  });
  out.commit();
}

void run(const Options& options) {
  IvfInput input(options.input);
  if (options.overlay.empty()) {
    print_frames(options, input);
  } else {
    draw_frames(options, input);
  }
}

void declare_overlay(Command command, Options& options) {
  const Option overlay =
      command
          .add_option("--overlay", options.overlay,
                      "Draw instead of telling: to this PNG (%d in its name: one for each frame; "
                      "%05d: with leading zeros), or to this Y4M (- for standard output)")
          .check({[](const std::string& path) { return overlay_path_problem(path); }, ""});
  command.add_option("--layers", options.layers, "What to draw, see below")
      .delimiter(',')
      .check(one_of(layer_names()))
      .needs(overlay)
      .shows_default();
  command.add_option("--zoom", options.zoom, "Draw each pixel so many times as wide and high")
      .check(in_range(1, kMaxZoom))
      .needs(overlay)
      .shows_default();
}

}  // namespace

void add_inspect(Command app) {
  const auto options = std::make_shared<Options>();
  const Command command = app.add_subcommand(
      "inspect", "Show the header, modes, vectors and the state's hash of every frame");
  command
      .add_option("IN", options->input,
                  "IVF, WebM or Matroska file with VP8, or - for standard input")
      .required();
  command.add_flag("--json", options->json, "Print JSON: an array, or one object with --frame");
  command.add_option("--frame", options->frame, "This frame only; frames count from 0")
      .check(at_least(0));
  add_frames_option(command, options->frames).excludes(command.option("--frame"));
  command.add_flag("--modes", options->modes, "Add a map of the macroblocks' modes");
  command.add_flag(
      "--bits", options->bits,
      "Add what header, modes and coefficients take, and each macroblock in JSON: whole "
      "bits by the bool coder's position (RFC 6386 7)");
  declare_overlay(command, *options);
  command.footer(
      "The map has two letters a macroblock. First the mode: d DC, v V, h H, t TM, b B_PRED; "
      "n NEAREST, r NEAR, z ZERO, w NEW, s SPLIT. Then the reference: . none, l last, g golden, "
      "a altref; a capital if the macroblock has coefficients.\n\n"
      "Layers of the overlay: " +
      overlay_legend() +
      "\n\nExample:\n  fastslow inspect out.ivf --frame 0 --modes\n"
      "  fastslow inspect out.ivf --overlay frame%03d.png --frames 0:10 --layers modes,vectors\n"
      "  fastslow inspect out.ivf --overlay - --layers bits | ffplay -");
  command.on_run([options] { run(*options); });
}

}  // namespace tools
