// `fastslow quality`: PSNR and SSIM of two videos, per picture and over all.
#include "host/quality.hh"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "host/output_file.hh"
#include "tools/commands.hh"
#include "tools/files.hh"
#include "tools/metrics.hh"
#include "tools/picture_pairs.hh"
#include "tools/plan_options.hh"
#include "tools/stills.hh"
#include "tools/trace_option.hh"

namespace tools {
namespace {

struct Options {
  std::string a;
  std::string b;
  std::string csv;
  std::int64_t limit = -1;
  std::size_t worst = 0;
  std::string by = kMetrics.front().name;
  std::string stills;
  std::string trace;
};

constexpr std::size_t kMaxWorst = 100;    // pairs of pictures are held for stills
constexpr std::size_t kDefaultWorst = 5;  // of --stills

void check(const Options& options) {
  if (options.a == "-" && options.b == "-")
    throw UsageError("A and B", "only one of them can be standard input");
  if (options.worst > 0 && options.csv == "-")
    throw UsageError("--worst, --csv", "both print; write the CSV to a file");
}

std::string csv_titles() {
  std::string line = "picture";
  for (const Metric& metric : kMetrics)
    line += fmt::format(",{}", metric.name);
  return line + "\n";
}

std::string csv_line(const std::string& picture, const host::PictureQuality& q) {
  std::string line = picture;
  for (const Metric& metric : kMetrics)
    line += "," + metric_text(metric, q);
  return line + "\n";
}

std::string text_line(const std::string& picture, const host::PictureQuality& q) {
  return fmt::format(
      "{:>7}  PSNR Y {:.3f} U {:.3f} V {:.3f} all {:.3f} dB  SSIM Y {:.5f} U {:.5f} V {:.5f} all "
      "{:.5f}\n",
      picture, q.psnr_y, q.psnr_u, q.psnr_v, q.psnr, q.ssim_y, q.ssim_u, q.ssim_v, q.ssim);
}

// Lines for each picture, and one for all: to standard output, or to a CSV file if one is named.
class Report {
 public:
  explicit Report(const std::string& csv) : is_csv_(!csv.empty()), out_(is_csv_ ? csv : "-") {
    if (is_csv_) {
      put(csv_titles());
    }
  }

  void add(const host::PictureQuality& quality) {
    const std::string number = fmt::format("{}", sum_.pictures());
    put(is_csv_ ? csv_line(number, quality) : text_line(number, quality));
    sum_.add(quality);
  }

  void finish() {
    const host::PictureQuality mean = sum_.mean();
    if (is_csv_) {
      put(csv_line("mean", mean));
      out_.commit();
    } else {
      put(text_line("mean", mean));
    }
    if (is_csv_ && out_.path() != "standard output") {
      write_text(text_line("mean", mean));
    }
  }

 private:
  void put(const std::string& text) {
    out_.write(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
  }

  bool is_csv_;
  host::OutputFile out_;
  host::QualitySum sum_;
};

// The worst pictures, and stills of them.
class Worst {
 public:
  explicit Worst(const Options& options)
      : options_(options), worst_(metric_named(options.by), options.worst) {
    if (!options.stills.empty())
      make_folder(options.stills);
  }

  void add(std::int64_t number, const host::PictureQuality& quality, PicturePair&& pair) {
    if (!worst_.add(number, quality))
      return;
    if (worst_.dropped())
      pairs_.erase(*worst_.dropped());
    if (!options_.stills.empty())
      pairs_.emplace(number, std::move(pair));
  }

  void finish() const {
    if (options_.worst > 0)
      write_text(fmt::format("worst by {}:\n", options_.by));
    for (const WorstPictures::Entry& entry : worst_.list())
      write_text(text_line(fmt::format("{}", entry.picture), entry.quality));
    for (const auto& [number, pair] : pairs_) {
      const std::string name = fmt::format("picture-{:06}.png", number);
      write_png((std::filesystem::path(options_.stills) / name).string(), compared(pair.a, pair.b));
    }
  }

 private:
  const Options& options_;
  WorstPictures worst_;
  std::map<std::int64_t, PicturePair> pairs_;
};

void run(Options& options) {
  if (!options.stills.empty() && options.worst == 0)
    options.worst = kDefaultWorst;
  check(options);
  OptionalTrace trace(options.trace, options.csv);
  PicturePairs pairs(options.a, options.b, options.limit);
  Report report(options.csv);
  Worst worst(options);
  const auto next = [&] {
    trace.check();
    const gpu::ScopedSpan span(trace.spans(), "read", "read", {.picture = pairs.count()});
    return pairs.next();
  };
  const auto measure = [&](const PicturePair& pair) {
    const gpu::ScopedSpan span(trace.spans(), "measure", "measure", {.picture = pairs.count() - 1});
    return host::measure(pair.a, pair.b);
  };
  while (std::optional<PicturePair> pair = next()) {
    const host::PictureQuality quality = measure(*pair);
    report.add(quality);
    worst.add(pairs.count() - 1, quality, std::move(*pair));
  }
  report.finish();
  worst.finish();
  trace.commit();
}

}  // namespace

void add_quality(Command app) {
  const auto options = std::make_shared<Options>();
  const Command command = app.add_subcommand(
      "quality", "PSNR and SSIM of two videos, as ffmpeg's psnr and ssim filters have them");
  const std::string what =
      "IVF (by our own decoder), Y4M, - for Y4M on standard input, or any video";
  command.add_option("A", options->a, what).required();
  command.add_option("B", options->b, "The other video, of the same size and length").required();
  command.add_option("--csv", options->csv,
                     "Write the pictures' values to this file (- for standard output), and print "
                     "the mean only");
  add_limit_option(command, options->limit, "pictures");
  command
      .add_option("--worst", options->worst,
                  "Print the worst pictures again, this many, the worst first")
      .check(in_range(std::size_t{1}, kMaxWorst));
  command.add_option("--by", options->by, "What makes a picture worse than another")
      .check(one_of(metric_names()))
      .shows_default();
  command.add_option("--stills", options->stills,
                     fmt::format("Write PNGs of the worst pictures ({} without --worst) into this "
                                 "folder: A, B, and {} times their difference around grey",
                                 kDefaultWorst, kDifferenceFactor));
  add_trace_option(command, options->trace);
  command.footer(
      "Pictures count from 0. The mean PSNR is that of the mean squared error; equal pictures have "
      "inf dB.\n\nExample:\n  fastslow quality in.mp4 out.ivf --csv quality.csv\n"
      "  fastslow quality in.mp4 out.ivf --worst 5 --by ssim_y --stills worst");
  command.on_run([options] { run(*options); });
}

}  // namespace tools
