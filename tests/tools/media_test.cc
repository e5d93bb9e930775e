// Times, turning, scaling, cutting and sound, as a user asks for them.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "tests/tools/program.hh"

namespace tools::test {
namespace {

class Media : public ProgramTest {
 protected:
  void SetUp() override {
    if (!host::test::has_ffmpeg())
      GTEST_SKIP() << "needs ffmpeg to make its clips";
  }

  void make(const std::string& name, const std::string& options) const {
    ASSERT_TRUE(host::test::run_ffmpeg(options + " " + (folder_ / name))) << name;
  }
  // Four seconds at 10 pictures/s, key frames a second apart, with a tone.
  void make_film() const {
    make("in.mp4",
         "-f lavfi -i testsrc=s=96x64:r=10:d=4 -f lavfi -i sine=d=4 -pix_fmt yuv420p -c:v mpeg4 "
         "-q:v 2 -g 10 -bf 2 -c:a aac");
  }
  // Pictures whose steps vary.
  void make_uneven() const {
    make("in.mkv",
         "-f lavfi -i testsrc=s=64x48:r=20:d=2 -vf \"select='not(mod(n,3))+gt(n,25)'\" -vsync vfr "
         "-pix_fmt yuv420p -c:v mpeg4");
  }
  void encode(const std::string& arguments) const {
    output_of("encode " + arguments + " --quiet --effort fast --cq 16");
  }
  std::string probe(const std::string& name, const std::string& what) const {
    return sh("ffprobe -v error -of default=nw=1 -show_entries " + what + " " + name).out;
  }
  // When the pictures of a file are shown, as FFmpeg sees it.
  std::vector<double> times_of(const std::string& name) const {
    std::istringstream words(sh("ffprobe -v error -select_streams v -show_entries "
                                "frame=best_effort_timestamp_time -of csv=p=0 " +
                                name + " | tr -d ,")
                                 .out);
    return {std::istream_iterator<double>(words), {}};
  }
  // PSNR of all pictures' mean, in dB. Fails where the numbers of pictures differ.
  double quality(const std::string& a, const std::string& b) const {
    const std::string told = output_of("quality " + a + " " + b);
    const std::size_t mean = told.find("PSNR Y ", told.find("mean"));
    return mean == std::string::npos ? 0 : std::stod(told.substr(mean + 7));
  }
};

TEST_F(Media, KeepsTheTimesOfUnevenPictures) {
  make_uneven();
  const std::vector<double> wanted = times_of("in.mkv");
  ASSERT_GT(wanted.size(), 20U);
  for (const char* name : {"out.webm", "out.mkv", "out.ivf"}) {
    encode(std::string("in.mkv -o ") + name);
    const std::vector<double> times = times_of(name);
    ASSERT_EQ(times.size(), wanted.size()) << name;
    for (std::size_t i = 0; i < times.size(); ++i)
      EXPECT_NEAR(times[i], wanted[i], 0.0011) << name << " picture " << i;
  }
  output_of("decode out.ivf -o out.y4m");
  EXPECT_NEAR(std::stod(probe("out.y4m", "format=duration").substr(9)), 2, 0.15);
  EXPECT_EQ(output_of("decode --md5 out.ivf"), output_of("decode --md5 out.webm"));
}

TEST_F(Media, KeepsTheTimesThroughASearch) {
  make_uneven();
  encode("in.mkv -o plain.webm");
  output_of("encode in.mkv -o found.webm --quiet --effort fast --bitrate 60k");
  EXPECT_EQ(times_of("found.webm"), times_of("plain.webm"));
}

TEST_F(Media, CutsAtThePicture) {
  make_film();
  make("want.y4m", "-i " + (folder_ / "in.mp4") +
                       " -vf trim=start_frame=13:end_frame=27,setpts=PTS-STARTPTS -an");
  encode("in.mp4 -o out.webm --start 1.3 --end 0:02.7");
  EXPECT_GT(quality("want.y4m", "out.webm"), 38);
  const std::vector<double> times = times_of("out.webm");
  ASSERT_EQ(times.size(), 14U);
  EXPECT_EQ(times.front(), 0);
  EXPECT_NEAR(std::stod(probe("out.webm", "format=duration").substr(9)), 1.4, 0.03);
  expect_failure("encode in.mp4 -o x.webm --start 5", 1, {"in.mp4", "no picture", "--start"});
  expect_failure("encode in.mp4 -o x.webm --start 2 --end 1", 2, {"--end"});
  expect_failure("encode in.mp4 -o x.webm --start soon", 2, {"--start", "soon"});
}

TEST_F(Media, ScalesAndChangesTheRate) {
  make_film();
  encode("in.mp4 -o out.webm --scale -2x33 --fps 5");
  const std::string told = probe("out.webm", "stream=width,height,avg_frame_rate");
  EXPECT_NE(told.find("width=50\nheight=33\navg_frame_rate=5/1"), std::string::npos) << told;
  EXPECT_EQ(times_of("out.webm").size(), 20U);
  expect_failure("encode in.mp4 -o x.webm --scale -1x-1", 2, {"--scale"});
  expect_failure("encode in.mp4 -o x.webm --fps 0", 2, {"--fps"});
}

TEST_F(Media, TurnsThePicturesAsTheFileAsks) {
  make_film();
  for (const char* angle : {"90", "180", "270"}) {
    make("turned.mp4", "-i " + (folder_ / "in.mp4") + " -c copy -metadata:s:v rotate=" + angle);
    make("want.y4m", "-i " + (folder_ / "turned.mp4") + " -an");
    encode("turned.mp4 -o out.webm");
    EXPECT_GT(quality("want.y4m", "out.webm"), 38) << angle;
  }
}

TEST_F(Media, ResumesOnlyWhatIsTheSame) {
  make_film();
  encode("in.mp4 -o all.webm");
  encode("in.mp4 -o part.webm --start 2");
  // Killed in the middle, then run with other times.
  sh("timeout -s KILL 0.3 $F encode in.mp4 -o out.webm --effort fast --cq 16 --quiet");
  encode("in.mp4 -o out.webm --start 2");
  EXPECT_EQ(bytes_of("out.webm"), bytes_of("part.webm"));
}

TEST_F(Media, EncodesSoundAsOpusAndCopiesWhatIsThat) {
  make_film();
  const Outcome outcome = fastslow("encode in.mp4 -o out.webm --effort fast");
  EXPECT_NE(outcome.err.find("aac to Opus"), std::string::npos) << outcome.err;
  EXPECT_NE(probe("out.webm", "stream=codec_name").find("opus"), std::string::npos);
  EXPECT_NEAR(std::stod(probe("out.webm", "format=duration").substr(9)), 4, 0.08);
  encode("out.webm -o again.webm");
  const auto sound = [&](const std::string& name) {
    return sh("ffmpeg -v error -i " + name + " -map 0:a -c copy -f md5 -").out;
  };
  EXPECT_FALSE(sound("out.webm").empty());
  EXPECT_EQ(sound("again.webm"), sound("out.webm"));
  encode("in.mp4 -o mute.webm --no-audio");
  EXPECT_EQ(probe("mute.webm", "stream=codec_name"), "codec_name=vp8\n");
  const Outcome ivf = fastslow("encode in.mp4 -o out.ivf --effort fast");
  EXPECT_NE(ivf.err.find("IVF holds no sound"), std::string::npos) << ivf.err;
}

TEST_F(Media, SoundStaysWithThePictures) {
  // A tone that begins at 2 s, cut from 1 s on.
  make("in.mkv",
       "-f lavfi -i testsrc=s=64x48:r=10:d=4 -f lavfi -i "
       "\"aevalsrc='if(gt(t,2),sin(2800*t),0)':d=4\" -pix_fmt yuv420p -c:v mpeg4 -c:a pcm_s16le");
  encode("in.mkv -o out.webm --start 1 --end 3");
  const std::string told =
      sh("ffmpeg -hide_banner -i out.webm -af silencedetect=n=-40dB:d=0.3 -f null - 2>&1").out;
  const std::size_t end = told.find("silence_end: ");
  ASSERT_NE(end, std::string::npos) << told;
  EXPECT_NEAR(std::stod(told.substr(end + 13)), 1, 0.03);
}

TEST_F(Media, SoundCountsForAMaximumSize) {
  make_film();
  output_of("encode in.mp4 -o out.webm --quiet --effort fast --max-size 60k");
  EXPECT_LE(bytes_of("out.webm").size(), 60000U);
}

TEST_F(Media, KeepsSubtitlesAndChapters) {
  make_file("s.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nhello\n");
  make_file("c.txt",
            ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2000\ntitle=one\n"
            "[CHAPTER]\nTIMEBASE=1/1000\nSTART=2000\nEND=4000\ntitle=two\n");
  make_film();
  make("in.mkv", "-i " + (folder_ / "in.mp4") + " -i " + (folder_ / "s.vtt") + " -i " +
                     (folder_ / "c.txt") + " -map 0 -map 1 -map_chapters 2 -c copy");
  for (const char* name : {"out.webm", "out.mkv"}) {
    encode(std::string("in.mkv -o ") + name);
    EXPECT_NE(probe(name, "stream=codec_name").find("webvtt"), std::string::npos) << name;
    EXPECT_NE(sh(std::string("ffprobe -v error -show_chapters ") + name).out.find("title=two"),
              std::string::npos)
        << name;
  }
}

TEST_F(Media, ReadsAnMp4FromAPipeAndNumberedPictures) {
  make_film();
  encode("in.mp4 -o file.webm");
  const Outcome piped = sh("$F encode - -o pipe.webm --effort fast --cq 16 < in.mp4");
  EXPECT_EQ(piped.code, 0);
  EXPECT_NE(piped.err.find("scratch file"), std::string::npos) << piped.err;
  EXPECT_EQ(bytes_of("pipe.webm"), bytes_of("file.webm"));
  EXPECT_EQ(
      sh("cat in.mp4 | $F encode - -o - --format webm --quiet --effort fast > live.webm").code, 0);
  EXPECT_EQ(times_of("live.webm").size(), 40U);
  make("p%03d.png", "-i " + (folder_ / "in.mp4") + " -frames:v 7 -start_number 12");
  encode("p%03d.png -o out.webm --fps 7/2");
  EXPECT_EQ(times_of("out.webm").size(), 7U);
  EXPECT_NE(probe("out.webm", "stream=avg_frame_rate").find("7/2"), std::string::npos);
  expect_failure("encode q%03d.png -o x.webm", 1, {"q%03d.png"});
}

TEST_F(Media, DamagedFilesGiveAnErrorAndNoOutput) {
  make_film();
  encode("in.mp4 -o whole.webm");
  sh("head -c 20000 in.mp4 > cut.mp4; : > empty.mp4; head -c 9000 /dev/urandom > noise.webm; "
     "head -c $(($(wc -c < whole.webm) / 2)) whole.webm > cut.webm");
  const std::string before = files();
  for (const char* name : {"cut.mp4", "empty.mp4", "noise.webm"})
    expect_failure(std::string("encode ") + name + " -o x.webm", 1, {name});
  EXPECT_EQ(fastslow("encode - -o x.webm < cut.mp4").code, 1);
  EXPECT_EQ(fastslow("decode cut.webm --md5").code, 1);
  EXPECT_EQ(fastslow("encode cut.webm -o x.webm --quiet").code, 1);
  EXPECT_EQ(files(), before);
}

}  // namespace
}  // namespace tools::test
