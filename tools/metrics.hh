// The metrics of picture quality that the program prints, sorts by and writes as CSV.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/quality.hh"

namespace tools {

/// One metric: a column of `quality --csv`, a choice of `--by`. More is better.
struct Metric {
  const char* name;
  double host::PictureQuality::*value;
  int digits;  ///< behind the point
};

/// All metrics in the order of columns. A further one, such as VMAF, is added here, with a member
/// of host::PictureQuality that host::measure() fills and host::QualitySum averages.
inline constexpr std::array<Metric, 8> kMetrics = {{
    {"psnr_y", &host::PictureQuality::psnr_y, 4},
    {"psnr_u", &host::PictureQuality::psnr_u, 4},
    {"psnr_v", &host::PictureQuality::psnr_v, 4},
    {"psnr", &host::PictureQuality::psnr, 4},
    {"ssim_y", &host::PictureQuality::ssim_y, 6},
    {"ssim_u", &host::PictureQuality::ssim_u, 6},
    {"ssim_v", &host::PictureQuality::ssim_v, 6},
    {"ssim", &host::PictureQuality::ssim, 6},
}};

/// The metric of that name; throws std::out_of_range if there is none.
const Metric& metric_named(const std::string& name);

/// Names of all metrics.
std::vector<std::string> metric_names();

/// A metric's value with its digits; "inf" for equal pictures.
std::string metric_text(const Metric& metric, const host::PictureQuality& quality);

/// The worst pictures of a video by one metric.
class WorstPictures {
 public:
  /// Keeps at most `count`.
  WorstPictures(const Metric& metric, std::size_t count) : metric_(metric), count_(count) {}

  /// True if the picture is among the worst so far. `dropped` is then the number of the one that
  /// made way, if there was one.
  bool add(std::int64_t picture, const host::PictureQuality& quality);
  std::optional<std::int64_t> dropped() const { return dropped_; }

  struct Entry {
    std::int64_t picture;
    host::PictureQuality quality;
  };
  /// The worst first; of equal ones the earlier first.
  const std::vector<Entry>& list() const { return list_; }

 private:
  const Metric& metric_;
  std::size_t count_;
  std::vector<Entry> list_;
  std::optional<std::int64_t> dropped_;
};

}  // namespace tools
