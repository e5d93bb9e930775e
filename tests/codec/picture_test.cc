// Pictures: sizes, borders, and equality that looks at samples.
#include "codec/picture.hh"

#include <algorithm>

#include <gtest/gtest.h>

namespace vp8 {
namespace {

constexpr std::array<Plane, 3> kAllPlanes = {kPlaneY, kPlaneU, kPlaneV};

Picture filled(int width, int height, std::uint8_t first) {
  Picture picture(width, height);
  std::uint8_t next = first;
  for (const Plane plane : kAllPlanes) {
    const PlaneView view = picture.coded(plane);
    for (int y = 0; y < view.height; ++y) {
      for (int x = 0; x < view.width; ++x) {
        view.at(y, x) = next++;
      }
    }
  }
  return picture;
}

TEST(Picture, HasWholeMacroblocksAndRoundsChromaUp) {
  Picture picture(17, 33);
  EXPECT_EQ(picture.mb_cols(), 2);
  EXPECT_EQ(picture.mb_rows(), 3);
  EXPECT_EQ(picture.coded(kPlaneY).width, 32);
  EXPECT_EQ(picture.coded(kPlaneY).height, 48);
  EXPECT_EQ(picture.coded(kPlaneV).width, 16);
  EXPECT_EQ(picture.coded(kPlaneV).height, 24);
  EXPECT_EQ(picture.shown(kPlaneY).width, 17);
  EXPECT_EQ(picture.shown(kPlaneU).width, 9);
  EXPECT_EQ(picture.shown(kPlaneU).height, 17);
}

TEST(Picture, RefusesSizesThatVp8CannotSay) {
  EXPECT_THROW(Picture(0, 1), Unsupported);
  EXPECT_THROW(Picture(1, 0), Unsupported);
  EXPECT_THROW(Picture(-5, 16), Unsupported);
  EXPECT_THROW(Picture(kMaxDimension + 1, 1), Unsupported);
  EXPECT_NO_THROW(Picture(kMaxDimension, 1));
  EXPECT_NO_THROW(Picture(1, kMaxDimension));
}

TEST(Picture, BeginsRowsOnCacheLines) {
  Picture picture(50, 20);
  for (const Plane plane : kAllPlanes) {
    for (const int y : {0, 1, 7}) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(picture.coded(plane).row(y)) % 64, 0u);
    }
  }
}

TEST(Picture, ExtendsBordersFromTheNearestSample) {
  for (const auto& [width, height] : {std::pair{1, 1}, {17, 33}, {160, 16}}) {
    Picture picture = filled(width, height, 3);
    const Picture before = picture;
    picture.extend_borders();
    EXPECT_EQ(picture, before);
    for (const Plane plane : kAllPlanes) {
      const int border = plane == kPlaneY ? Picture::kBorder : Picture::kBorder / 2;
      const PlaneView view = picture.coded(plane);
      for (int y = -border; y < view.height + border; ++y) {
        for (int x = -border; x < view.width + border; ++x) {
          const auto nearest =
              view.at(std::clamp(y, 0, view.height - 1), std::clamp(x, 0, view.width - 1));
          ASSERT_EQ(view.at(y, x), nearest) << "plane " << int{plane} << " " << y << "," << x;
        }
      }
    }
  }
}

TEST(Picture, PadsToMacroblocksFromTheLastShownSample) {
  Picture picture = filled(19, 5, 9);
  picture.pad_to_macroblocks();
  for (const Plane plane : kAllPlanes) {
    const PlaneView all = picture.coded(plane);
    const PlaneView inner = picture.shown(plane);
    for (int y = 0; y < all.height; ++y) {
      for (int x = 0; x < all.width; ++x) {
        ASSERT_EQ(all.at(y, x),
                  inner.at(std::min(y, inner.height - 1), std::min(x, inner.width - 1)));
      }
    }
  }
}

TEST(Picture, ComparesCodedSamplesButNotBorders) {
  Picture a = filled(20, 20, 1);
  Picture b = filled(20, 20, 1);
  a.extend_borders();
  EXPECT_EQ(a, b);
  b.coded(kPlaneV).at(15, 15) ^= 1;  // outside the shown part, inside the last macroblock
  EXPECT_NE(a, b);
  EXPECT_NE(filled(20, 20, 1), filled(20, 21, 1));
  EXPECT_EQ(Picture(), Picture());
  EXPECT_NE(Picture(), a);
}

TEST(PictureRef, ComparesSamplesNotAddresses) {
  const PictureRef a(filled(16, 16, 5));
  const PictureRef b(filled(16, 16, 5));
  const PictureRef c(filled(16, 16, 6));
  EXPECT_EQ(a, b);
  EXPECT_FALSE(a.same_object(b));
  EXPECT_TRUE(a.same_object(PictureRef(a)));
  EXPECT_FALSE(a == c);
  EXPECT_FALSE(a == PictureRef());
  EXPECT_EQ(PictureRef(), PictureRef());
}

}  // namespace
}  // namespace vp8
