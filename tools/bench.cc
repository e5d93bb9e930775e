// `fastslow bench`: backends, plans and libvpx side by side on one video.
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "host/output_file.hh"
#include "host/scratch_file.hh"
#include "tools/bench_report.hh"
#include "tools/commands.hh"
#include "tools/device_options.hh"
#include "tools/files.hh"

namespace tools {
namespace {

constexpr int kMostRounds = 100;
constexpr double kMostDollars = 1e6;

struct Options {
  std::string input;
  std::vector<std::string> backends = {"cpu", "cuda", "lambda", "lambda-map", "libvpx"};
  std::vector<std::string> sweep;
  PlanOptions plan;
  CloudOptions cloud;
  int threads = 0;
  int rounds = 2;
  double machine_price = 0;
  std::string json;
  std::string svg;
  std::string trace;
  bool quiet = false;
};

std::optional<BenchBackend> backend_of(const std::string& name) {
  for (int i = 0; i < static_cast<int>(BenchBackend::kBackends); ++i) {
    const auto backend = static_cast<BenchBackend>(i);
    if (backend_name(backend) == name)
      return backend;
  }
  return {};
}

Check backend_word() {
  return {[](std::string& text) {
            return backend_of(text) ? std::string()
                                    : text + " is none of cpu, cuda, lambda, lambda-map and libvpx";
          },
          ""};
}

// A plan as the sweep has it: 6x16, or 6xendless.
std::optional<Pair> parse_shape(std::string text) {
  std::replace(text.begin(), text.end(), 'x', ',');
  return parse_plan(text);
}

Check shape_word() {
  return {[](std::string& text) {
            return parse_shape(text) ? std::string()
                                     : text + " is not a plan such as 6x16 or 6xendless";
          },
          ""};
}

void check(const Options& options) {
  const std::vector<const std::string*> outputs = {&options.json, &options.svg, &options.trace};
  for (auto a = outputs.begin(); a != outputs.end(); ++a) {
    for (auto b = a + 1; b != outputs.end(); ++b) {
      if (!(*a)->empty() && **a == **b)
        throw UsageError("--json, --svg, --trace", "two of them name the same file");
    }
  }
  if (!options.svg.empty() && options.sweep.empty())
    throw UsageError("--svg", "draws what --sweep measures; give plans to it");
}

// The outputs beside the table, opened before any work; each may be absent.
struct SideOutputs {
  std::optional<host::OutputFile> json;
  std::optional<host::OutputFile> svg;
  std::optional<host::Trace> trace;

  explicit SideOutputs(const Options& options) {
    if (!options.json.empty())
      json.emplace(options.json);
    if (!options.svg.empty())
      svg.emplace(options.svg);
    if (!options.trace.empty())
      trace.emplace(options.trace);
  }
  static void write(std::optional<host::OutputFile>& file, const std::string& text) {
    if (!file)
      return;
    file->write(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
    file->commit();
  }
};

Pair shape_of(const Options& options, BenchBackend backend) {
  const bool chains = backend != BenchBackend::kLambdaMap;
  return {options.plan.chunk_frames, chains ? options.plan.chunks_per_chain : 1};
}

std::vector<BenchRow> run_backends(const Options& options, const BenchSession& session) {
  std::vector<BenchRow> rows;
  for (const std::string& name : options.backends) {
    const BenchBackend backend = backend_of(name).value();
    rows.push_back(
        run_case(session, {backend, shape_of(options, backend), options.plan.cq}, options.rounds));
  }
  return rows;
}

// The first backend that can run any plan.
const BenchRow& row_to_sweep(const std::vector<BenchRow>& rows) {
  const auto found = std::find_if(rows.begin(), rows.end(), [](const BenchRow& row) {
    return row.is_done() && row.what.backend != BenchBackend::kLambdaMap &&
           row.what.backend != BenchBackend::kLibvpx;
  });
  if (found == rows.end())
    throw std::runtime_error("--sweep: none of cpu, cuda and lambda ran; add one to --backends");
  return *found;
}

void run_sweep(const Options& options, const BenchSession& session, BenchReport& report) {
  if (options.sweep.empty())
    return;
  const BenchRow& base = row_to_sweep(report.rows);
  for (const std::string& shape : options.sweep) {
    report.sweep.push_back(
        run_case(session, {base.what.backend, parse_shape(shape).value(), options.plan.cq}, 1));
  }
  const std::vector<BenchCase> cases =
      reference_cases(base.what.backend, base.summary.pictures, options.plan.cq);
  report.reference = {run_case(session, cases[0], 1), run_case(session, cases[1], 1)};
  for (const BenchRow* row : {&report.reference->fine, &report.reference->coarse}) {
    if (!row->is_done())
      throw std::runtime_error("--sweep: what plans are compared with failed: " + row->missing +
                               row->failure);
  }
}

// After everything was told: what makes this a failure.
void fail_where_due(const BenchReport& report) {
  bool any = false;
  for (const std::vector<BenchRow>* rows : {&report.rows, &report.sweep}) {
    for (const BenchRow& row : *rows) {
      any = any || row.is_done();
      if (!row.failure.empty())
        throw std::runtime_error(backend_name(row.what.backend) + " failed: " + row.failure);
    }
  }
  if (!any)
    throw std::runtime_error("none of the backends is there; the table says why");
  if (const std::vector<std::string> wrong = differences(report); !wrong.empty())
    throw std::runtime_error(wrong.front() + "; please report this, it is a bug");
}

BenchSession session_of(const Options& options,
                        const host::RepeatableInput& input,
                        host::Trace* trace) {
  return {.input = input,
          .path = options.input,
          .info = input.open()->info(),
          .plan = options.plan,
          .cloud = options.cloud,
          .threads = options.threads,
          .tell = !options.quiet,
          .trace = trace};
}

void run(const Options& options) {
  SideOutputs side(options);
  const host::RepeatableInput input(options.input, options.plan.limit,
                                    host::scratch_folder(options.input));
  const BenchSession session = session_of(options, input, side.trace ? &*side.trace : nullptr);
  if (!options.quiet)
    print_notices(options.input, session.info);
  BenchReport report;
  report.input = options.input;
  report.plan = make_plan(options.plan, session.info);
  report.threads = thread_count(options.threads);
  report.rounds = options.rounds;
  report.machine_price = options.machine_price;
  report.rows = run_backends(options, session);
  run_sweep(options, session, report);
  if (options.json != "-")
    write_text(bench_as_text(report));
  SideOutputs::write(side.json, bench_as_json(report));
  if (side.svg)
    SideOutputs::write(side.svg, tradeoff_as_svg(tradeoff(report), report.input));
  if (side.trace)
    side.trace->commit();
  fail_where_due(report);
}

void declare_outputs(Command command, Options& options) {
  command.add_option("--json", options.json,
                     "Write all of it as JSON to this file, or - for standard output instead of "
                     "the table");
  command.add_option("--svg", options.svg, "Draw the sweep: bits lost against time in series");
  command.add_option("--trace", options.trace,
                     "Write what each thread and worker did when as trace events to this file; "
                     "https://ui.perfetto.dev shows them");
  command.add_flag("--quiet", options.quiet, "Print the table and errors only");
}

void declare(Command command, Options& options) {
  command.add_option("IN", options.input, "The video, as for encode").required();
  command
      .add_option("--backends", options.backends,
                  "Who encodes: cpu, cuda, lambda, lambda-map (workers without chains, [n, 1]) and "
                  "libvpx; who is not there is skipped with a reason")
      .delimiter(',')
      .check(backend_word())
      .type_name("NAME,...");
  command
      .add_option("--sweep", options.sweep,
                  "Also encode with these plans, pictures a chunk x chunks a chain, on the first "
                  "of cpu, cuda and lambda that is there: 6x1,6x16,24x4")
      .delimiter(',')
      .check(shape_word())
      .type_name("NxX,...");
  command.add_option("--rounds", options.rounds, "Encodes of each; the first one is cold")
      .check(in_range(1, kMostRounds))
      .shows_default();
  command.add_option("--machine-price", options.machine_price, "What this machine costs an hour")
      .check(in_range(0.0, kMostDollars))
      .type_name("DOLLARS");
  add_plan_options(command, options.plan);
  add_threads_option(command, options.threads);
  add_worker_options(command.add_group("workers", "Workers on AWS Lambda:"), options.cloud);
  declare_outputs(command, options);
}

}  // namespace

void add_bench(Command app) {
  const auto options = std::make_shared<Options>();
  const Command command = app.add_subcommand(
      "bench",
      "Compare backends, plans and libvpx on one video: bytes, quality, time, cost, energy");
  declare(command, *options);
  command.footer(
      "Backends must give equal bytes for equal plans; anything else is an error.\n\n"
      "Example:\n"
      "  fastslow bench in.mp4 --backends cpu,cuda,lambda,lambda-map,libvpx\n"
      "  fastslow bench in.mp4 --limit 96 --backends cpu --sweep 6x1,6x4,6x16,24x1,24x4 --svg "
      "out.svg");
  command.on_run([options] {
    check(*options);
    run(*options);
  });
}

}  // namespace tools
