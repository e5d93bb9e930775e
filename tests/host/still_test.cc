// Stills: conversion to RGB and back, PNG, enlarging, reducing, differences.
#include "host/still.hh"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "host/picture_source.hh"
#include "tests/host/test_clips.hh"

namespace host {
namespace {

using test::random_picture;

vp8::Picture flat(int width, int height, std::array<std::uint8_t, 3> yuv) {
  vp8::Picture picture(width, height);
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    const vp8::PlaneView view = picture.shown(plane);
    for (int y = 0; y < view.height; ++y)
      std::fill_n(view.row(y), view.width, yuv[plane]);
  }
  picture.pad_to_macroblocks();
  picture.extend_borders();
  return picture;
}

int distance(const Rgb& a, const Rgb& b) {
  int most = 0;
  for (std::size_t c = 0; c < 3; ++c)
    most = std::max(most, std::abs(a[c] - b[c]));
  return most;
}

TEST(Still, HasTheColoursOfBt601InLimitedRange) {
  const std::vector<std::pair<std::array<std::uint8_t, 3>, Rgb>> colours = {
      {{16, 128, 128}, {0, 0, 0}},   {{235, 128, 128}, {255, 255, 255}},
      {{81, 90, 240}, {254, 0, 0}},  {{145, 54, 34}, {0, 255, 1}},
      {{41, 240, 110}, {0, 0, 255}}, {{126, 128, 128}, {128, 128, 128}}};
  for (const auto& [yuv, rgb] : colours) {
    const Still still = to_still(flat(20, 10, yuv));
    for (const Rgb& pixel : still.pixels)
      EXPECT_LE(distance(pixel, rgb), 3) << int{yuv[0]};
  }
}

TEST(Still, ComesBackAlmostTheSameFromRgb) {
  for (const auto& [width, height] : {std::pair(1, 1), std::pair(17, 3), std::pair(64, 48)}) {
    const vp8::Picture grey = flat(width, height, {100, 128, 128});
    const vp8::Picture back = to_picture(to_still(grey));
    ASSERT_EQ(back.width(), width);
    ASSERT_EQ(back.height(), height);
    for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
      const vp8::ConstPlaneView a = grey.coded(plane);
      const vp8::ConstPlaneView b = back.coded(plane);
      for (int y = 0; y < a.height; ++y) {
        for (int x = 0; x < a.width; ++x)
          ASSERT_LE(std::abs(a.at(y, x) - b.at(y, x)), 1);
      }
    }
  }
}

TEST(Still, BecomesAPngThatReadsBackInItsColours) {
  const test::TempFolder folder;
  Still still(37, 21, {200, 30, 60});
  for (int y = 0; y < still.height; ++y)
    std::fill_n(&still.at(y, 0), 18, Rgb{10, 120, 240});
  const std::vector<std::uint8_t> bytes = png(still);
  std::ofstream(folder / "x.png", std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  const std::optional<vp8::Picture> read = open_source(folder / "x.png")->next();
  ASSERT_TRUE(read);
  const Still again = to_still(*read);
  ASSERT_EQ(again.width, 37);
  ASSERT_EQ(again.height, 21);
  EXPECT_LE(distance(again.at(10, 5), still.at(10, 5)), 4);
  EXPECT_LE(distance(again.at(10, 30), still.at(10, 30)), 4);
}

TEST(Still, EnlargesToBlocksAndReducesToTheirMeans) {
  Still still(3, 2);
  for (std::size_t i = 0; i < still.pixels.size(); ++i)
    still.pixels[i] = {static_cast<std::uint8_t>(40 * i), 7, 200};
  const Still large = enlarged(still, 4);
  EXPECT_EQ(large.width, 12);
  EXPECT_EQ(large.height, 8);
  EXPECT_EQ(large.at(7, 11), still.at(1, 2));
  EXPECT_EQ(large.at(3, 4), still.at(0, 1));
  EXPECT_EQ(reduced(large, 4), still);
  EXPECT_EQ(reduced(still, 2), [] {
    Still mean(1, 1, {80, 7, 200});  // of 0, 40, 120, 160
    return mean;
  }());
}

TEST(Still, DifferencesAreGreyWhereNothingDiffers) {
  Still a(2, 1, {50, 60, 70});
  Still b = a;
  b.at(0, 1) = {60, 60, 0};
  const Still d = difference(a, b, 4);
  EXPECT_EQ(d.at(0, 0), (Rgb{128, 128, 128}));
  EXPECT_EQ(d.at(0, 1), (Rgb{168, 128, 0}));
  const Still all = beside({a, b, d}, 3);
  EXPECT_EQ(all.width, 12);
  EXPECT_EQ(all.at(0, 1), a.at(0, 1));
  EXPECT_EQ(all.at(0, 2), (Rgb{128, 128, 128}));
  EXPECT_EQ(all.at(0, 6), b.at(0, 1));
  EXPECT_EQ(all.at(0, 11), d.at(0, 1));
}

}  // namespace
}  // namespace host
