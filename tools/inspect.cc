// `fastslow inspect`: what is in each frame of an IVF file.
#include <memory>
#include <optional>
#include <string>

#include <fmt/core.h>

#include "codec/state.hh"
#include "tools/commands.hh"
#include "tools/files.hh"
#include "tools/frame_report.hh"
#include "tools/ivf_input.hh"
#include "tools/plan_options.hh"

namespace tools {
namespace {

struct Options {
  std::string input;
  bool json = false;
  bool modes = false;
  std::int64_t frame = -1;
};

void print(const Options& options, const nlohmann::ordered_json& report, bool first) {
  if (!options.json) {
    write_text(frame_report_text(report));
  } else if (options.frame >= 0) {
    write_text(report.dump(2) + "\n");
  } else {
    write_text((first ? "[\n" : ",\n") + report.dump());
  }
}

void run(const Options& options) {
  IvfInput input(options.input);
  vp8::State state;
  while (const std::optional<host::IvfFrame> frame = input.next()) {
    vp8::Decoded decoded = input.decode(state, *frame);
    state = std::move(decoded.next);
    if (options.frame < 0 || options.frame == input.number()) {
      const FrameFacts facts = {.number = input.number(),
                                .offset_bytes = input.offset_bytes(),
                                .frame = *frame,
                                .syntax = decoded.frame,
                                .state = state};
      print(options, frame_report(facts, options.modes), input.number() == 0);
    }
    if (options.frame == input.number()) {
      return;
    }
  }
  if (options.frame >= 0) {
    input.fail("this is the last frame", fmt::format("choose --frame 0 to {}", input.number()));
  }
  if (options.json) {
    write_text("\n]\n");
  }
}

}  // namespace

void add_inspect(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "inspect", "Show the header, modes, vectors and the state's hash of every frame");
  command
      ->add_option("IN", options->input,
                   "IVF, WebM or Matroska file with VP8, or - for standard input")
      ->required();
  command->add_flag("--json", options->json, "Print JSON: an array, or one object with --frame");
  command->add_option("--frame", options->frame, "This frame only; frames count from 0")
      ->check(at_least(0));
  command->add_flag("--modes", options->modes, "Add a map of the macroblocks' modes");
  command->footer(
      "The map has two letters a macroblock. First the mode: d DC, v V, h H, t TM, b B_PRED; "
      "n NEAREST, r NEAR, z ZERO, w NEW, s SPLIT. Then the reference: . none, l last, g golden, "
      "a altref; a capital if the macroblock has coefficients.\n\n"
      "Example:\n  fastslow inspect out.ivf --frame 0 --modes");
  command->callback([options] { run(*options); });
}

}  // namespace tools
