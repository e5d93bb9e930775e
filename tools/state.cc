// `fastslow state`: prints a state, says how two differ, and shows their references.
#include "codec/state.hh"

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "host/error.hh"
#include "tools/commands.hh"
#include "tools/files.hh"
#include "tools/state_input.hh"
#include "tools/state_report.hh"
#include "tools/stills.hh"

namespace tools {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string a;
  std::string b;
  bool json = false;
  std::string extract;
};

void check_has_references(const std::string& name, const vp8::State& state) {
  if (!state.ready()) {
    throw host::InputError(name, "references", "this state is before the first key frame",
                           "leave --extract out, or take a state behind a frame");
  }
}

// The references of one state, or of two beside each other with their difference.
void extract(const Options& options, const vp8::State& a, const vp8::State* b) {
  check_has_references(options.a, a);
  if (b != nullptr) {
    check_has_references(options.b, *b);
    if (a.width != b->width || a.height != b->height) {
      throw host::InputError(options.b, "references", "the two states have pictures of other sizes",
                             "extract from each alone");
    }
  }
  make_folder(options.extract);
  for (const auto& [name, ref] :
       {std::pair("last.png", vp8::LAST_FRAME), std::pair("golden.png", vp8::GOLDEN_FRAME),
        std::pair("altref.png", vp8::ALTREF_FRAME)}) {
    const vp8::Picture& picture = *a.references[ref];
    write_png((std::filesystem::path(options.extract) / name).string(),
              b != nullptr ? compared(picture, *b->references[ref]) : host::to_still(picture));
  }
}

void print_one(const Options& options, const vp8::State& state) {
  const Json json = state_json(state);
  write_text(options.json ? json.dump(2) + "\n" : options.a + ":\n" + state_text(json));
}

void print_two(const Options& options, const vp8::State& a, const vp8::State& b) {
  const Json differences = differences_json(a, b);
  if (options.json) {
    const Json all = {{"a", state_json(a)}, {"b", state_json(b)}};
    Json json = differences;
    json.update(all);
    write_text(json.dump(2) + "\n");
  } else {
    write_text(differences_text(differences));
  }
}

void run(const Options& options) {
  const vp8::State a = named_state(options.a);
  if (options.b.empty()) {
    if (!options.extract.empty())
      extract(options, a, nullptr);
    print_one(options, a);
    return;
  }
  const vp8::State b = named_state(options.b);
  if (!options.extract.empty())
    extract(options, a, &b);
  print_two(options, a, b);
}

}  // namespace

void add_state(Command app) {
  const auto options = std::make_shared<Options>();
  const Command command = app.add_subcommand(
      "state", "Print a decoder's state, compare two, and extract their references");
  command
      .add_option("A", options->a,
                  "State file (see decode --state-out), or STREAM[n]: the state behind frame n of "
                  "a stream, from 0, hidden frames counted")
      .required();
  command.add_option("B", options->b, "Another state: print only what differs, and where");
  command.add_flag("--json", options->json, "Print JSON, with all values");
  command.add_option("--extract", options->extract,
                     fmt::format("Write last.png, golden.png and altref.png into this folder; of "
                                 "two states A, B, and {} times their difference around grey",
                                 kDifferenceFactor));
  command.footer(
      "Of references all decoded samples are compared, to whole macroblocks. Macroblocks are given "
      "as row and column, coefficient probabilities as [type, band, context, node] (RFC 6386 "
      "13.4).\n\nExample:\n"
      "  fastslow state 'out.ivf[30]' --extract references\n"
      "  fastslow state 30.state 'out.ivf[30]'");
  command.on_run([options] { run(*options); });
}

}  // namespace tools
