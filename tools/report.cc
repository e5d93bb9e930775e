// `fastslow report`: measurements as one page of HTML.
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/output_file.hh"
#include "tools/commands.hh"
#include "tools/report_data.hh"
#include "tools/report_page.hh"

namespace tools {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string output;
  std::size_t worst = 3;
};

constexpr std::size_t kMaxWorst = 50;

void run(const Options& options) {
  if (!can_make_pages()) {
    throw std::runtime_error(
        "report: this program was built without Chart.js, for npm or its network was missing; "
        "install npm, then run cmake --preset release && cmake --build --preset release again");
  }
  host::OutputFile out(options.output);
  ReportData data;
  for (const std::string& file : options.files)
    data.add_file(file);
  if (options.worst > 0)
    data.add_worst_pictures(options.worst);
  const std::string page = report_page(data.json());
  out.write(std::span(reinterpret_cast<const std::uint8_t*>(page.data()), page.size()));
  out.commit();
}

}  // namespace

void add_report(Command app) {
  const auto options = std::make_shared<Options>();
  const Command command = app.add_subcommand(
      "report", "Draw runs, curves and traces as one HTML page that needs nothing else");
  command
      .add_option("FILES", options->files,
                  "Files of encode --json, encode --trace, bench/curve --json, in any order")
      .required();
  command.add_option("-o,--output", options->output, "HTML file to write, or - for standard output")
      .required();
  command
      .add_option("--worst", options->worst,
                  "Stills of so many of each run's worst pictures, where its input and output are "
                  "still there; 0: none, and no video is read")
      .check(in_range(std::size_t{0}, kMaxWorst))
      .shows_default();
  command.footer(
      "The page shows quality against rate, speed, time per phase, bits per frame, a timeline of "
      "chunks and threads for each trace, and the worst pictures.\n\n"
      "Example:\n"
      "  fastslow encode in.mp4 -o out.ivf --json run.json --trace trace.json\n"
      "  fastslow report run.json trace.json -o report.html");
  command.on_run([options] { run(*options); });
}

}  // namespace tools
