// Joined streams: what is kept, what players see, what is refused.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "host/byte_source.hh"
#include "host/ivf.hh"
#include "host/output_file.hh"
#include "host/quality.hh"
#include "host/y4m.hh"
#include "tests/tools/program.hh"

namespace tools::test {
namespace {

constexpr int kFailure = 1;
constexpr int kUsage = 2;

class Splice : public ProgramTest {
 protected:
  // Two streams of chains of 12 pictures: one of noise on a slope, one of a square that moves.
  void SetUp() override {
    make_clip("a.y4m", 80, 64, 30);
    make_moving("b.y4m");
    for (const char* name : {"a", "b"}) {
      output_of("encode " + std::string(name) + ".y4m -o " + name +
                ".ivf --quiet --cq 20 --chunk-frames 3 --chunks-per-chain 4");
    }
  }
  void make_moving(const std::string& name) const {
    host::OutputFile file(folder_ / name);
    host::StreamInfo info;
    info.width = 80;
    info.height = 64;
    info.frame_rate = {30, 1};
    host::Y4mWriter writer(file, info);
    for (int i = 0; i < 30; ++i) {
      vp8::Picture picture = host::test::random_picture(80, 64, 1, 40);
      const vp8::PlaneView luma = picture.shown(vp8::kPlaneY);
      for (int y = 20; y < 40; ++y)
        std::fill_n(luma.row(y) + i, 20, std::uint8_t{235});
      writer.write(picture);
    }
    file.commit();
  }
  // All pictures that a stream shows.
  std::vector<vp8::Picture> pictures_of(const std::string& name) const {
    output_of("decode " + name + " -o decoded.y4m");
    const auto source = host::open_source(folder_ / "decoded.y4m");
    std::vector<vp8::Picture> pictures;
    while (std::optional<vp8::Picture> picture = source->next())
      pictures.push_back(std::move(*picture));
    return pictures;
  }
  std::string splice(const std::string& ranges) const {
    const Outcome outcome = fastslow("splice out.ivf " + ranges);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome.err;
  }
  static double psnr(const vp8::Picture& a, const vp8::Picture& b) {
    return host::measure(a, b).psnr;
  }
};

TEST_F(Splice, OfAWholeStreamIsThatStream) {
  splice("a.ivf");
  EXPECT_EQ(bytes_of("out.ivf"), bytes_of("a.ivf"));
  splice("'a.ivf[:]'");
  EXPECT_EQ(bytes_of("out.ivf"), bytes_of("a.ivf"));
}

TEST_F(Splice, OfTwoPartsThatFollowOnEachOtherCopiesAll) {
  for (const int at : {1, 11, 12, 13, 17, 29}) {
    const std::string cut = std::to_string(at);
    const std::string said = splice("'a.ivf[0:" + cut + "]' 'a.ivf[" + cut + ":]'");
    EXPECT_NE(said.find(" 0 rebased, 0 encoded"), std::string::npos) << at << said;
    EXPECT_EQ(bytes_of("out.ivf"), bytes_of("a.ivf")) << at;
  }
}

TEST_F(Splice, AtAKeyFrameCopiesAll) {
  const std::string said = splice("'a.ivf[0:7]' 'b.ivf[12:30]'");
  EXPECT_NE(said.find("25 pictures"), std::string::npos) << said;
  EXPECT_NE(said.find(" 0 rebased, 0 encoded"), std::string::npos) << said;
}

// What is shown is what the parts showed, exactly where frames are copied.
TEST_F(Splice, AtAnyPictureShowsWhatThePartsShowed) {
  const std::vector<vp8::Picture> a = pictures_of("a.ivf");
  const std::vector<vp8::Picture> b = pictures_of("b.ivf");
  for (const auto& [end, begin] : {std::pair{7, 17}, {12, 1}, {1, 23}, {30, 11}, {9, 29}}) {
    SCOPED_TRACE(testing::Message() << end << " " << begin);
    splice("'a.ivf[0:" + std::to_string(end) + "]' 'b.ivf[" + std::to_string(begin) + ":]'");
    const std::vector<vp8::Picture> out = pictures_of("out.ivf");
    ASSERT_EQ(out.size(), static_cast<std::size_t>(end + 30 - begin));
    const int next_key = (begin + 11) / 12 * 12;
    for (int i = 0; i < static_cast<int>(out.size()); ++i) {
      const int own = i - end + begin;
      const vp8::Picture& wanted =
          i < end ? a[static_cast<std::size_t>(i)] : b[static_cast<std::size_t>(own)];
      const vp8::Picture& shown = out[static_cast<std::size_t>(i)];
      if (i < end || own >= next_key) {
        EXPECT_EQ(shown, wanted) << i;
      } else {
        EXPECT_GT(psnr(shown, wanted), 30) << i;
      }
    }
  }
}

TEST_F(Splice, JoinsManyShortRangesAndThePartsOfOneStream) {
  const std::string said =
      splice("'b.ivf[5:6]' 'a.ivf[3:5]' 'b.ivf[20:23]' 'b.ivf[2:14]' 'a.ivf[29:30]'");
  EXPECT_NE(said.find("19 pictures"), std::string::npos) << said;
  EXPECT_EQ(pictures_of("out.ivf").size(), 19U);
}

TEST_F(Splice, GivesTheSameBytesAgain) {
  splice("'b.ivf[5:20]' 'a.ivf[3:15]'");
  const std::vector<std::uint8_t> first = bytes_of("out.ivf");
  splice("'b.ivf[5:20]' 'a.ivf[3:15]'");
  EXPECT_EQ(bytes_of("out.ivf"), first);
}

TEST_F(Splice, IsWhatOtherDecodersSee) {
  if (!host::test::has_ffmpeg())
    GTEST_SKIP() << "no ffmpeg";
  splice("'b.ivf[5:20]' 'a.ivf[3:15]' 'b.ivf[13:17]'");
  pictures_of("out.ivf");
  const std::string raw = " -fps_mode passthrough -f rawvideo -pix_fmt yuv420p ";
  ASSERT_TRUE(host::test::run_ffmpeg("-c:v libvpx -i " + (folder_ / "out.ivf") + raw +
                                     (folder_ / "theirs")));
  ASSERT_TRUE(host::test::run_ffmpeg("-i " + (folder_ / "decoded.y4m") + raw + (folder_ / "ours")));
  EXPECT_EQ(bytes_of("theirs"), bytes_of("ours"));
}

TEST_F(Splice, RefusesRangesThatAreNotThere) {
  std::filesystem::remove(folder_ / "out.ivf");
  expect_failure("splice out.ivf 'a.ivf[0:31]'", kFailure, {"a.ivf", "30 pictures"});
  expect_failure("splice out.ivf 'a.ivf[30:]'", kFailure, {"a.ivf", "30 pictures"});
  for (const char* range : {"a.ivf[5:5]", "a.ivf[7:3]", "a.ivf[x:3]", "a.ivf[-1:3]", "a.ivf[3]"})
    expect_failure("splice out.ivf '" + std::string(range) + "'", kUsage, {"FILE[a:b]"});
  expect_failure("splice out.ivf none.ivf", kFailure, {"none.ivf"});
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.ivf"));
}

TEST_F(Splice, RefusesStreamsThatDoNotFit) {
  make_clip("c.y4m", 64, 64, 8);
  output_of("encode c.y4m -o c.ivf --quiet");
  expect_failure("splice out.ivf 'a.ivf[0:3]' c.ivf", kFailure, {"c.ivf", "64x64", "80x64"});
  host::test::truncate_file(folder_ / "b.ivf", 0.6);
  expect_failure("splice out.ivf 'a.ivf[0:3]' b.ivf", kFailure, {"b.ivf"});
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.ivf"));
}

}  // namespace
}  // namespace tools::test
