// `fastslow plan`: which pictures would make which chunk of which chain, as JSON.
#include "host/plan.hh"

#include <memory>

#include "host/picture_source.hh"
#include "tools/commands.hh"
#include "tools/files.hh"
#include "tools/media_options.hh"
#include "tools/plan_options.hh"

namespace tools {
namespace {

struct Options {
  std::string input;
  host::SourceOptions source;
  PlanOptions plan;
};

void run(const Options& options) {
  const std::unique_ptr<host::PictureSource> source =
      host::open_source(options.input, options.source);
  print_notices(options.input, source->info());
  const std::int64_t pictures = host::count_pictures(*source, options.plan.limit);
  write_text(host::plan_as_json(make_plan(options.plan, source->info()), pictures) + "\n");
}

}  // namespace

void add_plan(Command app) {
  const auto options = std::make_shared<Options>();
  const Command command = app.add_subcommand(
      "plan", "Print as JSON how a video would be cut into chunks and chains; codes nothing");
  command.add_option("IN", options->input, "Y4M file, - for Y4M on standard input, or any video")
      .required();
  add_source_options(command, options->source);
  add_plan_options(command, options->plan);
  command.footer("Example:\n  fastslow plan in.mp4 --chunk-frames 6 --chunks-per-chain 16");
  command.on_run([options] {
    check_source_options(options->source);
    run(*options);
  });
}

}  // namespace tools
