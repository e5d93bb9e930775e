// PSNR and SSIM: exact cases, and agreement with ffmpeg's psnr and ssim filters.
#include "host/quality.hh"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "host/y4m.hh"
#include "tests/host/test_clips.hh"

namespace host {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kPsnrTolerance = 0.01;
constexpr double kSsimTolerance = 0.0005;

vp8::Picture flat_picture(int width, int height, std::uint8_t value) {
  vp8::Picture picture(width, height);
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    const vp8::PlaneView view = picture.coded(plane);
    for (int y = 0; y < view.height; ++y) {
      std::fill_n(view.row(y), view.width, value);
    }
  }
  return picture;
}

// Adds noise of an amplitude to a copy of a picture.
vp8::Picture noisy(const vp8::Picture& source, unsigned seed, unsigned amplitude) {
  vp8::Picture picture = source;
  std::mt19937 random(seed);
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    const vp8::PlaneView view = picture.shown(plane);
    for (int y = 0; y < view.height; ++y) {
      for (int x = 0; x < view.width; ++x) {
        const auto value = static_cast<unsigned>(view.at(y, x) + random() % amplitude);
        view.at(y, x) = static_cast<std::uint8_t>(std::min(value, 255U));
      }
    }
  }
  return picture;
}

TEST(Quality, OfEqualPicturesIsPerfect) {
  for (const auto& [width, height] : {std::pair{1, 1}, {7, 9}, {8, 8}, {64, 48}, {131, 77}}) {
    const vp8::Picture picture = test::random_picture(width, height, 1);
    const PictureQuality q = measure(picture, picture);
    EXPECT_EQ(q.psnr, kInfinity);
    EXPECT_EQ(q.psnr_v, kInfinity);
    EXPECT_NEAR(q.ssim_y, 1, 1e-6);
    EXPECT_NEAR(q.ssim, 1, 1e-6);
    EXPECT_EQ(q.sse, (std::array<std::uint64_t, 3>{0, 0, 0}));
  }
}

TEST(Quality, CountsEverySampleOfEverySize) {
  for (int width = 1; width < 40; ++width) {
    for (const int height : {1, 2, 7, 8, 9, 15, 16, 21}) {
      const auto q = measure(flat_picture(width, height, 10), flat_picture(width, height, 13));
      const auto luma = static_cast<std::uint64_t>(width * height);
      const auto chroma = static_cast<std::uint64_t>(((width + 1) / 2) * ((height + 1) / 2));
      EXPECT_EQ(q.samples, (std::array{luma, chroma, chroma}));
      EXPECT_EQ(q.sse, (std::array{9 * luma, 9 * chroma, 9 * chroma})) << width << "x" << height;
      EXPECT_NEAR(q.psnr, 10 * std::log10(255.0 * 255.0 / 9), 1e-9);
    }
  }
}

TEST(Quality, IgnoresWhatIsNotShown) {
  const vp8::Picture a = test::random_picture(37, 21, 1);
  vp8::Picture b = a;
  b.coded(vp8::kPlaneY).at(21, 0) ^= 255;
  b.coded(vp8::kPlaneY).at(0, 37) ^= 255;
  EXPECT_EQ(measure(a, b).psnr, kInfinity);
}

TEST(Quality, OverflowsNowhereAtTheGreatestDifference) {
  const auto q = measure(flat_picture(16383, 16, 0), flat_picture(16383, 16, 255));
  EXPECT_EQ(q.sse[0], 16383ULL * 16 * 255 * 255);
  EXPECT_EQ(q.psnr, 0);
  EXPECT_NEAR(q.ssim, 0.0001, 0.0001);
  const auto bright = measure(flat_picture(64, 64, 255), flat_picture(64, 64, 255));
  EXPECT_NEAR(bright.ssim, 1, 1e-6);
}

TEST(Quality, RefusesPicturesOfDifferentSizes) {
  const vp8::Picture a(16, 16), b(16, 17);
  EXPECT_THROW(measure(a, b), vp8::Unsupported);
  EXPECT_THROW(measure(vp8::Picture(), vp8::Picture()), vp8::Unsupported);
}

TEST(QualitySum, TakesPsnrOfTheMeanErrorAndTheMeanOfSsim) {
  const vp8::Picture source = test::random_picture(64, 48, 1, 100);
  const auto a = measure(source, source);
  const auto b = measure(source, noisy(source, 2, 20));
  QualitySum sum;
  EXPECT_EQ(sum.mean(), PictureQuality());
  sum.add(a);
  sum.add(b);
  EXPECT_EQ(sum.pictures(), 2);
  EXPECT_NEAR(sum.mean().psnr, b.psnr + 10 * std::log10(2), 1e-9);
  EXPECT_NEAR(sum.mean().psnr_u, b.psnr_u + 10 * std::log10(2), 1e-9);
  EXPECT_NEAR(sum.mean().ssim, (a.ssim + b.ssim) / 2, 1e-12);
}

// Numbers by name out of lines like "n:1 mse_avg:0.2 psnr_avg:inf".
std::map<std::string, double> parse_stats(const std::string& line) {
  std::map<std::string, double> stats;
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    if (const std::size_t colon = word.find(':'); colon != std::string::npos) {
      stats[word.substr(0, colon)] = std::strtod(word.c_str() + colon + 1, nullptr);
    }
  }
  return stats;
}

std::vector<std::string> lines_of(const std::string& path, const std::string& part = "") {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (const std::size_t at = line.find(part); at != std::string::npos) {
      lines.push_back(line.substr(at));
    }
  }
  return lines;
}

void write_clip(const std::string& path, const std::vector<vp8::Picture>& pictures) {
  StreamInfo info;
  info.width = pictures[0].width();
  info.height = pictures[0].height();
  OutputFile file(path);
  Y4mWriter writer(file, info);
  for (const vp8::Picture& picture : pictures) {
    writer.write(picture);
  }
  file.commit();
}

void expect_psnr(double ours, double ffmpegs) {
  if (std::isinf(ours) || std::isinf(ffmpegs)) {
    EXPECT_EQ(ours, ffmpegs);
  } else {
    EXPECT_NEAR(ours, ffmpegs, kPsnrTolerance);
  }
}

void expect_agreement(const PictureQuality& q,
                      std::map<std::string, double> psnr,
                      std::map<std::string, double> ssim,
                      const std::string& prefix) {
  expect_psnr(q.psnr_y, psnr.at(prefix + "y"));
  expect_psnr(q.psnr_u, psnr.at(prefix + "u"));
  expect_psnr(q.psnr_v, psnr.at(prefix + "v"));
  expect_psnr(q.psnr, psnr.at(prefix.empty() ? "average" : prefix + "avg"));
  EXPECT_NEAR(q.ssim_y, ssim.at("Y"), kSsimTolerance);
  EXPECT_NEAR(q.ssim_u, ssim.at("U"), kSsimTolerance);
  EXPECT_NEAR(q.ssim_v, ssim.at("V"), kSsimTolerance);
  EXPECT_NEAR(q.ssim, ssim.at("All"), kSsimTolerance);
}

// Compares pictures of one size, from equal to very different, with both filters in plain C: for
// widths that leave one window over (8, 25, 88, ...) the SIMD code of ffmpeg 5.1's ssim differs.
void compare_with_ffmpeg(int width, int height) {
  const test::TempFolder folder;
  std::vector<vp8::Picture> a, b;
  for (const unsigned amplitude : {1U, 2U, 9U, 60U, 250U}) {
    a.push_back(test::random_picture(width, height, amplitude, 64));
    b.push_back(noisy(a.back(), amplitude, amplitude));
  }
  write_clip(folder / "a.y4m", a);
  write_clip(folder / "b.y4m", b);
  for (const std::string filter : {"psnr", "ssim"}) {
    ASSERT_TRUE(test::run_ffmpeg("-cpuflags 0 -v info -i " + (folder / "b.y4m") + " -i " +
                                 (folder / "a.y4m") + " -lavfi " + filter +
                                 "=stats_file=" + (folder / filter) + " -f null - 2> " +
                                 (folder / (filter + ".log"))));
  }
  const auto psnr = lines_of(folder / "psnr"), ssim = lines_of(folder / "ssim");
  ASSERT_EQ(psnr.size(), a.size());
  ASSERT_EQ(ssim.size(), a.size());
  QualitySum sum;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum.add(measure(a[i], b[i]));
    expect_agreement(measure(a[i], b[i]), parse_stats(psnr[i]), parse_stats(ssim[i]), "psnr_");
  }
  const auto mean_psnr = lines_of(folder / "psnr.log", "PSNR y:");
  const auto mean_ssim = lines_of(folder / "ssim.log", "SSIM Y:");
  ASSERT_EQ(mean_psnr.size(), 1U);
  ASSERT_EQ(mean_ssim.size(), 1U);
  expect_agreement(sum.mean(), parse_stats(mean_psnr[0]), parse_stats(mean_ssim[0]), "");
}

TEST(Quality, AgreesWithFfmpegsFilters) {
  if (!test::has_ffmpeg()) {
    GTEST_SKIP() << "needs the ffmpeg program to compare with";
  }
  for (const auto& [width, height] :
       {std::pair{16, 16}, {64, 48}, {175, 143}, {131, 77}, {50, 202}, {352, 288}}) {
    SCOPED_TRACE(std::to_string(width) + "x" + std::to_string(height));
    compare_with_ffmpeg(width, height);
  }
}

}  // namespace
}  // namespace host
