// A browser plays what the program writes, and finds the pictures that it is sent to.
#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "host/picture_source.hh"
#include "tests/tools/program.hh"

namespace tools::test {
namespace {

constexpr int kFirst = 4;  // as browser_seek takes its samples
constexpr int kStep = 8;

std::vector<vp8::Picture> pictures_of(const std::string& path) {
  const auto source = host::open_source(path);
  std::vector<vp8::Picture> pictures;
  while (auto picture = source->next())
    pictures.push_back(std::move(*picture));
  return pictures;
}

// BT.601, limited range.
std::array<double, 3> rgb_at(const vp8::Picture& picture, int y, int x) {
  const double luma = 255.0 / 219 * (picture.shown(vp8::kPlaneY).at(y, x) - 16);
  const double u = 255.0 / 224 * (picture.shown(vp8::kPlaneU).at(y / 2, x / 2) - 128);
  const double v = 255.0 / 224 * (picture.shown(vp8::kPlaneV).at(y / 2, x / 2) - 128);
  return {luma + 1.402 * v, luma - 0.344136 * u - 0.714136 * v, luma + 1.772 * u};
}

// Mean absolute difference between a picture and the browser's samples.
double distance(const vp8::Picture& picture, const std::string& samples) {
  double sum = 0;
  std::size_t at = 0;
  for (int y = kFirst; y < picture.height(); y += kStep) {
    for (int x = kFirst; x < picture.width(); x += kStep) {
      for (const double value : rgb_at(picture, y, x)) {
        sum +=
            std::abs(std::clamp(value, 0.0, 255.0) - std::stoi(samples.substr(at, 2), nullptr, 16));
        at += 2;
      }
    }
  }
  return sum / static_cast<double>(std::max<std::size_t>(1, at / 2));
}

using Browser = ProgramTest;

TEST_F(Browser, PlaysAndSeeksToThePicturesThatWeDecode) {
  const std::string chromium =
      sh("command -v chromium || command -v chromium-browser || command -v google-chrome").out;
  if (chromium.empty() || !host::test::has_ffmpeg() || sh("command -v python3").code != 0)
    GTEST_SKIP() << "needs Chromium, ffmpeg and python3";
  ASSERT_TRUE(host::test::run_ffmpeg(
      "-f lavfi -i testsrc2=s=160x96:r=24:d=2 -f lavfi -i sine=d=2 -pix_fmt yuv420p -c:v mpeg4 "
      "-q:v 2 " +
      (folder_ / "in.mp4")));
  output_of("encode in.mp4 -o out.webm --quiet --cq 16 --chunk-frames 4 --chunks-per-chain 4");
  output_of("decode out.webm -o out.y4m");
  const std::vector<vp8::Picture> pictures = pictures_of(folder_ / "out.y4m");
  ASSERT_EQ(pictures.size(), 48U);

  const std::array wanted = {37, 5, 22};
  std::string command = FASTSLOW_SOURCES "/tests/tools/browser_seek " +
                        chromium.substr(0, chromium.find('\n')) + " out.webm";
  for (const int picture : wanted)
    command += " " + std::to_string((picture + 0.5) / 24);
  const Outcome browser = sh(command);
  ASSERT_EQ(browser.code, 0) << browser.out << browser.err;
  std::istringstream lines(browser.out);
  int width = 0, height = 0;
  double seconds = 0;
  lines >> width >> height >> seconds;
  EXPECT_EQ(width, 160);
  EXPECT_EQ(height, 96);
  EXPECT_NEAR(seconds, 2, 0.05);
  for (const int picture : wanted) {
    std::string samples;
    ASSERT_TRUE(lines >> samples);
    std::vector<double> distances;
    for (const vp8::Picture& candidate : pictures)
      distances.push_back(distance(candidate, samples));
    const auto nearest = std::min_element(distances.begin(), distances.end());
    EXPECT_EQ(nearest - distances.begin(), picture);
    EXPECT_LT(*nearest, 4) << picture;  // samples of 0 to 255: conversion to RGB rounds
  }
}

}  // namespace
}  // namespace tools::test
