// WebM and Matroska out of the program, and into it again.
#include <iterator>
#include <optional>
#include <sstream>

#include "host/media_frames.hh"
#include "tests/tools/program.hh"

namespace tools::test {
namespace {

class Containers : public ProgramTest {
 protected:
  // in.y4m with 14 pictures, coded with a hidden frame into each of these names.
  void encode_to(const std::vector<std::string>& names,
                 const std::string& options = "--cq 30") const {
    make_clip("in.y4m", 67, 35, 14);
    for (const std::string& name : names) {
      output_of("encode in.y4m -o " + name + " --quiet --chunk-frames 5 --chunks-per-chain 2 " +
                options);
    }
  }

  // The pictures' sums without their names.
  std::string sums_of(const std::string& name) const {
    std::istringstream lines(output_of("decode --md5 " + name));
    std::string sums;
    for (std::string line; std::getline(lines, line);)
      sums += line.substr(0, line.find(' ')) + "\n";
    return sums;
  }

  std::vector<std::vector<std::uint8_t>> frames_of(const std::string& name) const {
    const auto reader = host::open_frames(host::open_file(folder_ / name), name);
    std::vector<std::vector<std::uint8_t>> frames;
    while (const std::optional<host::IvfFrame> frame = reader->next())
      frames.push_back(frame->bytes);
    return frames;
  }

  // Times of all blocks, in seconds.
  std::vector<double> times_of(const std::string& name) const {
    const Outcome probe =
        sh("ffprobe -v error -show_entries packet=pts_time -of csv=p=0 " + name + " | tr -d ,");
    EXPECT_EQ(probe.code, 0) << probe.err;
    std::istringstream words(probe.out);
    return {std::istream_iterator<double>(words), {}};
  }
};

TEST_F(Containers, HoldTheSameFramesAndGiveTheirTimesBack) {
  encode_to({"out.ivf", "out.webm", "out.mkv"});
  const auto frames = frames_of("out.ivf");
  ASSERT_EQ(frames.size(), 15U);  // one of them hidden
  EXPECT_EQ(frames_of("out.webm"), frames);
  EXPECT_EQ(frames_of("out.mkv"), frames);
  const auto ivf = host::open_frames(host::open_file(folder_ / "out.ivf"), "out.ivf");
  const auto webm = host::open_frames(host::open_file(folder_ / "out.webm"), "out.webm");
  EXPECT_EQ(webm->header().frame_rate, ivf->header().frame_rate);
  while (const std::optional<host::IvfFrame> frame = ivf->next())
    EXPECT_EQ(webm->next()->pts, frame->pts);
}

TEST_F(Containers, GiveTheSameBytesEachTime) {
  encode_to({"a.webm", "b.webm", "a.mkv", "b.mkv"});
  EXPECT_EQ(bytes_of("a.webm"), bytes_of("b.webm"));
  EXPECT_EQ(bytes_of("a.mkv"), bytes_of("b.mkv"));
}

TEST_F(Containers, HiddenFramesStandBeforeThePictureThatFollows) {
  if (!host::test::has_ffmpeg())
    GTEST_SKIP() << "needs ffprobe";
  encode_to({"out.webm"});
  const auto frames = frames_of("out.webm");
  const std::vector<double> times = times_of("out.webm");
  ASSERT_EQ(times.size(), frames.size());
  int hidden = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    EXPECT_GT(times[i], times[i - 1]) << i;
    hidden += host::is_hidden_frame(frames[i]) ? 1 : 0;
  }
  EXPECT_EQ(hidden, 1);
  EXPECT_NEAR(times.back(), 13 / 30.0, 0.0006);
}

TEST_F(Containers, FfmpegDecodesTheSamePictures) {
  if (!host::test::has_ffmpeg())
    GTEST_SKIP() << "needs ffmpeg";
  encode_to({"out.ivf", "out.webm", "out.mkv"});
  output_of("decode out.ivf -o ours.y4m");
  const auto sum = [&](const std::string& name) {
    return sh("ffmpeg -v error -i " + name + " -vsync passthrough -f rawvideo - | md5sum").out;
  };
  EXPECT_EQ(sum("out.webm"), sum("ours.y4m"));
  EXPECT_EQ(sum("out.mkv"), sum("ours.y4m"));
}

TEST_F(Containers, AreReadByDecodeInspectAndQuality) {
  encode_to({"out.ivf", "out.webm"});
  EXPECT_EQ(sums_of("out.webm"), sums_of("out.ivf"));
  EXPECT_EQ(output_of("quality in.y4m out.webm"), output_of("quality in.y4m out.ivf"));
  EXPECT_NE(output_of("inspect out.webm --frame 0").find("key"), std::string::npos);
}

TEST_F(Containers, GoThroughPipes) {
  encode_to({"out.ivf"});
  const Outcome piped = sh(
      "$F encode in.y4m -o - --format webm --quiet --cq 30 --chunk-frames 5 --chunks-per-chain 2 | "
      "tee piped.webm | $F decode - --md5 | cut -d' ' -f1");
  EXPECT_EQ(piped.code, 0) << piped.err;
  EXPECT_EQ(piped.out, sums_of("out.ivf"));
  EXPECT_EQ(frames_of("piped.webm"), frames_of("out.ivf"));
}

TEST_F(Containers, HoldWhatASearchFound) {
  encode_to({"out.ivf", "out.webm"}, "--bitrate 100k");
  EXPECT_EQ(frames_of("out.webm"), frames_of("out.ivf"));
}

TEST_F(Containers, TellShapeColourAndDuration) {
  if (!host::test::has_ffmpeg())
    GTEST_SKIP() << "needs ffmpeg";
  ASSERT_TRUE(host::test::run_ffmpeg(
      "-f lavfi -i testsrc=s=96x48:r=25 -frames:v 10 -pix_fmt yuv420p -vf setsar=4/3 -c:v ffv1 "
      "-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv " +
      (folder_ / "in.mkv")));
  output_of("encode in.mkv -o out.webm --quiet --cq 30");
  const std::string told =
      sh("ffprobe -v error -show_entries stream=sample_aspect_ratio,color_range,color_space,"
         "color_transfer,color_primaries,r_frame_rate:format=duration -of default=nw=1 out.webm")
          .out;
  for (const char* word :
       {"sample_aspect_ratio=4:3", "color_range=tv", "color_space=bt709", "color_transfer=bt709",
        "color_primaries=bt709", "r_frame_rate=25/1", "duration=0.400000"}) {
    EXPECT_NE(told.find(word), std::string::npos) << word << " in\n" << told;
  }
}

TEST_F(Containers, NamesThatTellNoContainerAreRefused) {
  make_clip("in.y4m", 32, 32, 2);
  const Outcome outcome = fastslow("encode in.y4m -o out.mp4 --cq 30");
  EXPECT_NE(outcome.code, 0);
  EXPECT_NE(outcome.err.find("--format"), std::string::npos) << outcome.err;
  EXPECT_EQ(files(), "in.y4m");
  output_of("encode in.y4m -o out.mp4 --format mkv --cq 30 --quiet");
  EXPECT_EQ(frames_of("out.mp4").size(), 2U);
}

TEST_F(Containers, DamagedAndForeignFilesAreRefused) {
  encode_to({"out.webm"});
  host::test::truncate_file(folder_ / "out.webm", 0.5);
  expect_failure("decode out.webm -o out.y4m", 1, {"out.webm", "cut off"});
  make_file("bad.webm", "\x1a\x45\xdf\xa3 this is no WebM");
  expect_failure("decode bad.webm -o out.y4m", 1, {"bad.webm"});
  EXPECT_EQ(files(), "bad.webm in.y4m out.webm");
  if (host::test::has_ffmpeg() &&
      host::test::run_ffmpeg("-f lavfi -i testsrc=s=64x48 -frames:v 2 -c:v ffv1 " +
                             (folder_ / "other.mkv"))) {
    expect_failure("decode other.mkv -o out.y4m", 1, {"other.mkv", "ffv1", "not VP8"});
  }
}

}  // namespace
}  // namespace tools::test
