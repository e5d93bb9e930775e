// `fastslow quality`: PSNR and SSIM of two videos, per picture and over all.
#include "host/quality.hh"

#include <limits>
#include <memory>
#include <optional>

#include <fmt/core.h>

#include "host/error.hh"
#include "host/output_file.hh"
#include "tools/commands.hh"
#include "tools/files.hh"
#include "tools/ivf_input.hh"
#include "tools/plan_options.hh"

namespace tools {
namespace {

constexpr const char* kColumns = "psnr_y,psnr_u,psnr_v,psnr,ssim_y,ssim_u,ssim_v,ssim";

struct Options {
  std::string a;
  std::string b;
  std::string csv;
  std::int64_t limit = -1;
};

std::string csv_line(const std::string& picture, const host::PictureQuality& q) {
  return fmt::format("{},{:.4f},{:.4f},{:.4f},{:.4f},{:.6f},{:.6f},{:.6f},{:.6f}\n", picture,
                     q.psnr_y, q.psnr_u, q.psnr_v, q.psnr, q.ssim_y, q.ssim_u, q.ssim_v, q.ssim);
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
      put(fmt::format("picture,{}\n", kColumns));
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

void check_sizes(const Options& options, const host::StreamInfo& a, const host::StreamInfo& b) {
  if (a.width != b.width || a.height != b.height) {
    throw host::InputError(options.b, "picture 0",
                           fmt::format("the size is {}x{}, but {} has {}x{}", b.width, b.height,
                                       options.a, a.width, a.height),
                           "scale one of them");
  }
}

[[noreturn]] void fail_at_end(const std::string& shorter,
                              const std::string& longer,
                              std::int64_t pictures) {
  throw host::InputError(shorter, fmt::format("picture {}", pictures),
                         fmt::format("the video ends here, but {} goes on", longer),
                         fmt::format("compare the first pictures only with --limit {}", pictures));
}

void run(const Options& options) {
  const std::unique_ptr<host::PictureSource> a = open_pictures(options.a);
  const std::unique_ptr<host::PictureSource> b = open_pictures(options.b);
  print_notices(options.a, a->info());
  print_notices(options.b, b->info());
  check_sizes(options, a->info(), b->info());
  Report report(options.csv);
  for (std::int64_t number = 0; number != options.limit; ++number) {
    const std::optional<vp8::Picture> picture_a = a->next();
    const std::optional<vp8::Picture> picture_b = b->next();
    if (picture_a.has_value() != picture_b.has_value()) {
      fail_at_end(picture_a ? options.b : options.a, picture_a ? options.a : options.b, number);
    }
    if (!picture_a) {
      break;
    }
    report.add(host::measure(*picture_a, *picture_b));
  }
  report.finish();
}

}  // namespace

void add_quality(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "quality", "PSNR and SSIM of two videos, as ffmpeg's psnr and ssim filters have them");
  const std::string what =
      "IVF (by our own decoder), Y4M, - for Y4M on standard input, or any video";
  command->add_option("A", options->a, what)->required();
  command->add_option("B", options->b, "The other video, of the same size and length")->required();
  command->add_option("--csv", options->csv,
                      "Write the pictures' values to this file (- for standard output), and print "
                      "the mean only");
  add_limit_option(*command, options->limit, "pictures");
  command->footer(
      "Pictures count from 0. The mean PSNR is that of the mean squared error; equal pictures have "
      "inf dB.\n\nExample:\n  fastslow quality in.mp4 out.ivf --csv quality.csv");
  command->callback([options] {
    if (options->a == "-" && options->b == "-") {
      throw CLI::ValidationError("A and B", "only one of them can be standard input");
    }
    run(*options);
  });
}

}  // namespace tools
