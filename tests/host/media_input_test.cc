// Media through FFmpeg's libraries: what is read and converted, and that no damage goes unnoticed.
#include "host/media_input.hh"

#include <algorithm>
#include <system_error>

#include <gtest/gtest.h>

#include "host/error.hh"
#include "host/quality.hh"
#include "tests/host/test_clips.hh"

namespace host {
namespace {

using test::message_of;
using test::run_ffmpeg;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The remaining pictures.
std::vector<vp8::Picture> pictures_of(PictureSource& source) {
  std::vector<vp8::Picture> pictures;
  while (auto picture = source.next()) {
    pictures.push_back(std::move(*picture));
  }
  return pictures;
}

std::string refusal(const std::string& path) {
  return message_of<InputError>([&] { pictures_of(*open_source(path)); });
}

class MediaInput : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::has_ffmpeg()) {
      GTEST_SKIP() << "needs the ffmpeg program to make its clips";
    }
  }

  // Makes a clip of 20 pictures of 129x97 (odd) with the given options; returns its path.
  std::string make(const std::string& name, const std::string& options) const {
    const std::string path = folder_ / name;
    EXPECT_TRUE(run_ffmpeg("-f lavfi -i testsrc=s=129x97:r=30000/1001 -frames:v 20 " + options +
                           " " + path));
    return path;
  }

  // Asserts that both files show the same pictures, up to a mean squared error.
  static void expect_near(const std::string& a, const std::string& b, double min_psnr) {
    const auto source_a = open_source(a), source_b = open_source(b);
    const auto pictures_a = pictures_of(*source_a), pictures_b = pictures_of(*source_b);
    ASSERT_EQ(pictures_a.size(), pictures_b.size());
    for (std::size_t i = 0; i < pictures_a.size(); ++i) {
      EXPECT_GE(measure(pictures_a[i], pictures_b[i]).psnr, min_psnr) << a << " picture " << i;
    }
  }

  test::TempFolder folder_;
};

TEST_F(MediaInput, ReadsTheSamePicturesAsFfmpeg) {
  const std::string clip = make("a.mp4", "-pix_fmt yuv420p -c:v mpeg4 -bf 2");
  ASSERT_TRUE(run_ffmpeg("-i " + clip + " -pix_fmt yuv420p " + (folder_ / "a.y4m")));
  const auto source = open_source(clip);
  EXPECT_EQ(source->info().width, 129);
  EXPECT_EQ(source->info().height, 97);
  EXPECT_EQ(source->info().frame_rate, (Rational{30000, 1001}));
  EXPECT_EQ(source->info().sample_aspect, (Rational{1, 1}));
  EXPECT_EQ(source->info().picture_count, 20);
  EXPECT_FALSE(source->info().full_range);
  EXPECT_TRUE(source->info().notices.empty());
  EXPECT_EQ(pictures_of(*source), pictures_of(*open_source(folder_ / "a.y4m")));
}

TEST_F(MediaInput, PadsAndExtendsItsPictures) {
  const auto picture = open_source(make("a.mkv", "-pix_fmt yuv420p -c:v ffv1"))->next();
  ASSERT_TRUE(picture);
  const auto luma = picture->coded(vp8::kPlaneY);
  EXPECT_EQ(luma.at(0, luma.width - 1), luma.at(0, 128));
  EXPECT_EQ(luma.at(-48, -48), luma.at(0, 0));
}

TEST_F(MediaInput, ConvertsTenBit422WithANotice) {
  const std::string clip = make("b.mkv", "-pix_fmt yuv422p10le -c:v ffv1");
  ASSERT_TRUE(run_ffmpeg("-i " + clip + " -pix_fmt yuv420p " + (folder_ / "b.y4m")));
  const auto source = open_source(clip);
  ASSERT_EQ(source->info().notices.size(), 1U);
  EXPECT_TRUE(contains(source->info().notices[0], "yuv422p10le"));
  expect_near(clip, folder_ / "b.y4m", 45);
}

TEST_F(MediaInput, ConvertsY4mThatIsNotPlain) {
  const std::string clip = make("c.y4m", "-pix_fmt yuv444p10le -strict -1");
  ASSERT_TRUE(run_ffmpeg("-i " + clip + " -pix_fmt yuv420p " + (folder_ / "plain.y4m")));
  EXPECT_EQ(open_source(clip)->info().notices.size(), 1U);
  expect_near(clip, folder_ / "plain.y4m", 45);
  test::truncate_file(clip, 0.51);
  const std::string message = refusal(clip);
  EXPECT_TRUE(contains(message, "picture 10: the file is cut off")) << message;
}

TEST_F(MediaInput, BringsFullRangeIntoLimitedRangeWithANotice) {
  const std::string clip = make("d.avi", "-pix_fmt yuvj420p -c:v mjpeg -q:v 1");
  ASSERT_TRUE(run_ffmpeg("-i " + clip + " -vf scale=out_range=tv -pix_fmt yuv420p -strict -1 " +
                         (folder_ / "d.y4m")));
  const auto source = open_source(clip);
  EXPECT_TRUE(source->info().full_range);
  ASSERT_EQ(source->info().notices.size(), 1U);
  EXPECT_TRUE(contains(source->info().notices[0], "limited range"));
  expect_near(clip, folder_ / "d.y4m", 45);
}

TEST_F(MediaInput, ConvertsRgb) {
  const std::string clip = make("e.mkv", "-pix_fmt bgr0 -c:v ffv1");
  ASSERT_TRUE(run_ffmpeg("-i " + clip + " -pix_fmt yuv420p " + (folder_ / "e.y4m")));
  EXPECT_EQ(open_source(clip)->info().notices.size(), 1U);
  expect_near(clip, folder_ / "e.y4m", 35);
}

TEST_F(MediaInput, KeepsTheSampleAspect) {
  const std::string clip = make("f.mkv", "-pix_fmt yuv420p -vf setsar=4/3 -c:v mpeg4");
  EXPECT_EQ(open_source(clip)->info().sample_aspect, (Rational{4, 3}));
}

TEST_F(MediaInput, OpensNamesWithAColonAndSpaces) {
  const std::string clip = make("a.mp4", "-pix_fmt yuv420p -c:v mpeg4");
  std::filesystem::rename(clip, folder_ / "http: a b.mp4");
  EXPECT_EQ(pictures_of(*open_source(folder_ / "http: a b.mp4")).size(), 20U);
}

TEST_F(MediaInput, RefusesTruncatedFilesWithThePictureNumber) {
  const std::string y = "-pix_fmt yuv420p ";
  for (const auto& [name, options] : {std::pair{"a.mp4", "-c:v mpeg4 -movflags +faststart"},
                                      {"a.mkv", "-c:v mpeg4"},
                                      {"b.mkv", "-c:v ffv1"},
                                      {"a.avi", "-c:v mjpeg -strict -1"},
                                      {"a.ivf", "-c:v libvpx"}}) {
    const std::string clip = make(name, y + options);
    test::truncate_file(clip, 0.7);
    const std::string message = refusal(clip);
    EXPECT_TRUE(message.starts_with(clip + ": picture ")) << name << ": " << message;
    EXPECT_TRUE(contains(message, "cut off or damaged")) << name << ": " << message;
  }
}

TEST_F(MediaInput, RefusesAnMp4WithoutItsIndex) {
  const std::string clip = make("a.mp4", "-pix_fmt yuv420p -c:v mpeg4");
  test::truncate_file(clip, 0.7);
  const std::string message = refusal(clip);
  EXPECT_TRUE(contains(message, "moov atom not found")) << message;
}

TEST_F(MediaInput, RefusesADamagedPicture) {
  const std::string clip = make("a.avi", "-pix_fmt yuv420p -c:v mpeg4 -g 1");
  auto bytes = test::file_bytes(clip);
  const auto middle = bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2);
  std::fill(middle, middle + 200, std::uint8_t{0x55});
  std::ofstream(clip, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  const std::string message = refusal(clip);
  EXPECT_TRUE(contains(message, "picture ")) << message;
}

TEST_F(MediaInput, RefusesASizeThatChangesMidway) {
  for (const std::string size : {"64x48", "96x48"}) {
    ASSERT_TRUE(run_ffmpeg("-f lavfi -i testsrc=s=" + size +
                           " -frames:v 5 -pix_fmt yuvj420p -c:v mjpeg -f mjpeg " +
                           (folder_ / size)));
  }
  const std::string both = folder_ / "both.mjpeg";
  ASSERT_TRUE(std::ofstream(both, std::ios::binary)
              << std::ifstream(folder_ / "64x48", std::ios::binary).rdbuf()
              << std::ifstream(folder_ / "96x48", std::ios::binary).rdbuf());
  const std::string message = refusal(both);
  EXPECT_TRUE(contains(message, "picture 5: the size changes from 64x48 to 96x48")) << message;
  EXPECT_TRUE(contains(message, "scale it to one size")) << message;
}

TEST_F(MediaInput, RefusesAFileWithoutVideo) {
  ASSERT_TRUE(run_ffmpeg("-f lavfi -i sine=d=1 " + (folder_ / "sound.wav")));
  EXPECT_TRUE(contains(refusal(folder_ / "sound.wav"), "no video stream"));
}

TEST(OpenSource, RefusesWhatIsNoVideo) {
  const test::TempFolder folder;
  std::ofstream(folder / "text.mp4") << "this is not a video\n";
  const std::string message = refusal(folder / "text.mp4");
  EXPECT_TRUE(contains(message, "not a video that can be opened")) << message;
  std::ofstream(folder / "empty.mp4");
  EXPECT_TRUE(contains(refusal(folder / "empty.mp4"), "empty.mp4"));
}

TEST(OpenSource, NamesAFileThatIsMissing) {
  const std::string message =
      message_of<std::system_error>([] { open_source("/nowhere/clip.mp4"); });
  EXPECT_TRUE(message.starts_with("/nowhere/clip.mp4: cannot be read")) << message;
  EXPECT_FALSE(message_of<InputError>([] { open_source("unheardof://clip"); }).empty());
}

}  // namespace
}  // namespace host
