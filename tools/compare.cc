// `fastslow compare`: two streams side by side.
#include <memory>
#include <string>

#include "tools/commands.hh"
#include "tools/compare_report.hh"
#include "tools/files.hh"
#include "tools/plan_options.hh"
#include "tools/stream_summary.hh"

namespace tools {
namespace {

struct Options {
  std::string a;
  std::string b;
  std::string source;
  std::int64_t limit = -1;
  bool json = false;
  bool totals = false;
};

void check(const Options& options) {
  if (options.source == "-")
    throw UsageError("--source", "it is read twice; give a file");
  if (options.a == "-" && options.b == "-")
    throw UsageError("A and B", "only one of them can be standard input");
}

void run(const Options& options) {
  const StreamSummary a = summarise_stream(options.a, options.source, options.limit);
  const StreamSummary b = summarise_stream(options.b, options.source, options.limit);
  if (options.json) {
    const nlohmann::ordered_json json = {{"a", stream_json(a)}, {"b", stream_json(b)}};
    write_text(json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
    return;
  }
  write_text("A: " + a.name + "\nB: " + b.name + "\n");
  if (!options.totals)
    write_text(pictures_table(a, b) + "\n");
  write_text(totals_table(a, b));
}

}  // namespace

void add_compare(Command app) {
  const auto options = std::make_shared<Options>();
  const Command command = app.add_subcommand(
      "compare", "Two streams side by side: frames, bits, quantisers, modes, references");
  command
      .add_option("A", options->a, "IVF, WebM or Matroska file with VP8, or - for standard input")
      .required();
  command.add_option("B", options->b, "The other stream").required();
  command.add_option("--source", options->source,
                     "The video that both were made from: adds PSNR and SSIM");
  command.add_flag("--totals", options->totals, "Only the totals, without a line a picture");
  command.add_flag("--json", options->json, "Print JSON, with each frame");
  add_limit_option(command, options->limit, "pictures");
  command.footer(
      "A line shows the frames that a picture takes (K key, P inter, e empty; h before a hidden "
      "one, "
      "which is counted to the picture after it), their bits, and of the frame that shows it the "
      "quantiser index, and how many macroblocks are intra, and golden or altref.\n\n"
      "Example:\n  fastslow compare default.ivf best.ivf --source in.mp4");
  command.on_run([options] {
    check(*options);
    run(*options);
  });
}

}  // namespace tools
