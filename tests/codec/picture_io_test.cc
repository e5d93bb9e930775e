// Pictures as bytes: they come back, and nothing else is taken.
#include "codec/picture_io.hh"

#include <array>
#include <random>

#include <gtest/gtest.h>

#include "tests/oracle/libvpx_oracle.hh"

namespace vp8 {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::array<oracle::Content, 6> kContents = {
    oracle::Content::kPan,  oracle::Content::kSlow, oracle::Content::kNoise,
    oracle::Content::kCuts, oracle::Content::kFlat, oracle::Content::kScreen};

Picture picture_of(int width, int height, oracle::Content content, int index) {
  Picture picture = oracle::synthetic_picture(width, height, content, index);
  picture.extend_borders();
  return picture;
}

TEST(PictureIo, ReadsBackWhatItWroteAloneAndAgainstAnother) {
  for (const oracle::Content content : kContents) {
    for (const auto& [width, height] : {std::pair(1, 1), {17, 33}, {64, 48}, {100, 18}}) {
      const Picture first = picture_of(width, height, content, 0);
      const Picture second = picture_of(width, height, content, 1);
      EXPECT_EQ(parse_picture(serialise_picture(second, nullptr), width, height, nullptr), second);
      EXPECT_EQ(parse_picture(serialise_picture(second, &first), width, height, &first), second);
    }
  }
}

TEST(PictureIo, BordersComeBackToo) {
  const Picture picture = picture_of(40, 24, oracle::Content::kPan, 3);
  const Picture again = parse_picture(serialise_picture(picture, nullptr), 40, 24, nullptr);
  const ConstPlaneView here = picture.coded(kPlaneY);
  const ConstPlaneView there = again.coded(kPlaneY);
  for (int y = -Picture::kBorder; y < here.height + Picture::kBorder; ++y) {
    for (int x = -Picture::kBorder; x < here.width + Picture::kBorder; ++x)
      ASSERT_EQ(here.row(y)[x], there.row(y)[x]) << y << ", " << x;
  }
}

TEST(PictureIo, AStillPictureCostsNextToNothingAgainstItself) {
  const Picture picture = picture_of(128, 96, oracle::Content::kNoise, 0);
  EXPECT_GT(serialise_picture(picture, nullptr).size(), 10'000U);
  EXPECT_LT(serialise_picture(picture, &picture).size(), 200U);
}

TEST(PictureIo, RefusesAnotherSizeAndAnotherReference) {
  const Picture picture = picture_of(32, 16, oracle::Content::kPan, 0);
  const Bytes alone = serialise_picture(picture, nullptr);
  const Bytes predicted = serialise_picture(picture, &picture);
  EXPECT_THROW(parse_picture(alone, 32, 32, nullptr), BitstreamError);
  EXPECT_THROW(parse_picture(alone, 16, 16, nullptr), BitstreamError);
  EXPECT_THROW(parse_picture(alone, 32, 16, &picture), BitstreamError);
  EXPECT_THROW(parse_picture(predicted, 32, 16, nullptr), BitstreamError);
}

TEST(PictureIo, RefusesWhatIsCutShortOrGoesOn) {
  const Picture picture = picture_of(32, 16, oracle::Content::kPan, 0);
  Bytes bytes = serialise_picture(picture, nullptr);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_THROW(parse_picture(std::span(bytes).first(size), 32, 16, nullptr), BitstreamError);
  bytes.push_back(0);
  EXPECT_THROW(parse_picture(bytes, 32, 16, nullptr), BitstreamError);
}

TEST(PictureIo, AnyChangedByteGivesAPictureOrAnError) {
  const Picture reference = picture_of(32, 16, oracle::Content::kSlow, 0);
  const Bytes bytes = serialise_picture(picture_of(32, 16, oracle::Content::kSlow, 1), &reference);
  std::mt19937 random(1);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes changed = bytes;
    changed[i] = static_cast<std::uint8_t>(random());
    try {
      EXPECT_EQ(parse_picture(changed, 32, 16, &reference).width(), 32);
    } catch (const BitstreamError&) {
      // Refused, as most are.
    }
  }
}

}  // namespace
}  // namespace vp8
