// What each subcommand makes of good input.
#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>
#include <tuple>

#include <nlohmann/json.hpp>

#include "tests/tools/program.hh"

namespace tools::test {
namespace {

using Json = nlohmann::json;

// Chains without and with a hidden frame.
constexpr const char* kPlainChains = "--chunk-frames 3 --chunks-per-chain 2";
constexpr const char* kHidingChains = "--chunk-frames 5 --chunks-per-chain 2";

class Subcommands : public ProgramTest {
 protected:
  // in.y4m with 14 pictures, and out.ivf in chains of 6 pictures if not told else.
  void make_stream(const std::string& options = kPlainChains) const {
    make_clip("in.y4m", 67, 35, 14);
    output_of("encode in.y4m -o out.ivf --quiet --cq 30 " + options);
  }
  Json json_of(const std::string& arguments) const { return Json::parse(output_of(arguments)); }
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

// The first word of each line.
std::vector<std::string> first_words(const std::string& text) {
  std::vector<std::string> words = lines_of(text);
  for (std::string& word : words) {
    word.resize(std::min(word.size(), word.find(' ')));
  }
  return words;
}

TEST_F(Subcommands, HelpShowsAnExampleOfEach) {
  for (const char* name :
       {"", "encode", "decode", "rebase", "plan", "inspect", "quality", "devices"}) {
    const std::string help = output_of(std::string(name) + " --help");
    EXPECT_NE(help.find("Example"), std::string::npos) << name;
    EXPECT_NE(help.find(std::string("fastslow ") + name), std::string::npos) << name;
  }
  EXPECT_TRUE(output_of("--version").starts_with("fastslow "));
}

TEST_F(Subcommands, EncodeSumsUpInOneLineAndAsData) {
  make_clip("in.y4m", 64, 48, 8);
  const Outcome outcome = fastslow("encode in.y4m -o out.ivf --json out.json --cq 20 --device cpu");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(lines_of(outcome.err).size(), 1U) << outcome.err;
  EXPECT_TRUE(outcome.err.starts_with("8 pictures in ")) << outcome.err;
  const std::vector<std::uint8_t> text = bytes_of("out.json");
  const Json json = Json::parse(text.begin(), text.end());
  EXPECT_EQ(json["pictures"], 8);
  constexpr std::size_t ivf_overhead = 32 + 8 * 12;
  EXPECT_EQ(json["bytes"], bytes_of("out.ivf").size() - ivf_overhead);
  for (const char* phase : {"read", "lookahead", "first_pass", "boundary", "rebase", "write"}) {
    EXPECT_GE(json["cpu_seconds"][phase], 0) << phase;
    EXPECT_GE(json["cpu_seconds_per_picture"][phase], 0) << phase;
  }
  EXPECT_EQ(files(), "in.y4m out.ivf out.json");
}

TEST_F(Subcommands, EncodeAndPlanTellEffortAndQuality) {
  make_clip("in.y4m", 32, 32, 4);
  for (const auto& [options, effort, cq] :
       {std::tuple("", "default", 24.0), std::tuple("--effort default", "default", 24.0),
        std::tuple("--effort fast --cq 20.5", "fast", 20.5),
        std::tuple("--effort best --cq 63", "best", 63.0)}) {
    const std::string given(options);
    const Json plan = json_of("plan in.y4m " + given);
    const Json report = json_of("encode in.y4m -o out.ivf --quiet --json - " + given);
    for (const Json& json : {plan, report["plan"]}) {
      EXPECT_EQ(json["effort"], effort);
      EXPECT_EQ(json["cq"], cq);
    }
    const std::string verbose = fastslow("encode in.y4m -o out.ivf -v " + given).err;
    EXPECT_NE(verbose.find("effort " + std::string(effort)), std::string::npos) << verbose;
  }
}

TEST_F(Subcommands, EveryEffortEncodesDifferentlyAndDecodesToItsReportedQuality) {
  make_clip("in.y4m", 67, 35, 12);
  std::set<std::vector<std::uint8_t>> streams;
  for (const char* effort : {"fast", "default", "best"}) {
    const Json json =
        json_of("encode in.y4m -o out.ivf --quiet --json - --effort " + std::string(effort));
    const std::vector<std::string> lines = lines_of(output_of("quality in.y4m out.ivf --csv -"));
    ASSERT_EQ(lines.size(), 14U) << effort;  // titles, pictures, mean
    const double psnr_y = std::stod(lines.back().substr(lines.back().find(',') + 1));
    EXPECT_NEAR(psnr_y, json["quality"]["psnr_y"].get<double>(), 1e-3) << effort;
    streams.insert(bytes_of("out.ivf"));
  }
  EXPECT_EQ(streams.size(), 3U);
}

TEST_F(Subcommands, QualitiesBetweenTwoStepsLieBetweenThem) {
  make_clip("in.y4m", 64, 48, 16);
  std::size_t before = ~std::size_t{0};
  for (const char* cq : {"20", "20.25", "20.5", "20.75", "21"}) {
    output_of("encode in.y4m -o out.ivf --quiet --cq " + std::string(cq));
    const std::size_t size = bytes_of("out.ivf").size();
    EXPECT_LT(size, before) << cq;
    before = size;
  }
}

TEST_F(Subcommands, HiddenFramesAreReportedAndNotShown) {
  make_clip("in.y4m", 64, 48, 20);
  const Json report = json_of("encode in.y4m -o out.ivf --quiet --json -");
  EXPECT_EQ(report["pictures"], 20);
  const Json frames = json_of("inspect out.ivf --json");
  EXPECT_GT(frames.size(), 20U);
  EXPECT_EQ(std::count_if(frames.begin(), frames.end(), [](const Json& f) { return f["shown"]; }),
            20);
  EXPECT_EQ(lines_of(output_of("decode out.ivf --md5")).size(), 20U);
  const std::size_t ivf_overhead = 32 + frames.size() * 12;
  EXPECT_EQ(report["bytes"], bytes_of("out.ivf").size() - ivf_overhead);
}

TEST_F(Subcommands, EncodeTellsPlanAndMemoryOnlyIfAsked) {
  make_clip("in.y4m", 64, 48, 2);
  const std::string verbose = fastslow("encode in.y4m -o out.ivf -v").err;
  EXPECT_NE(verbose.find("plan: 64x48"), std::string::npos) << verbose;
  EXPECT_NE(verbose.find("memory: pictures take at most"), std::string::npos) << verbose;
  EXPECT_EQ(fastslow("encode in.y4m -o out.ivf --quiet").err, "");
}

TEST_F(Subcommands, BytesDoNotDependOnThreadsNorOnFileOrPipe) {
  make_stream("--chunk-frames 2 --chunks-per-chain 3 --threads 1");
  output_of(
      "encode in.y4m -o 2.ivf --quiet --cq 30 --chunk-frames 2 --chunks-per-chain 3 "
      "--threads 2");
  EXPECT_EQ(bytes_of("out.ivf"), bytes_of("2.ivf"));
  EXPECT_EQ(sh("$F encode - -o - --quiet --cq 30 --chunk-frames 2 --chunks-per-chain 3 "
               "< in.y4m | cat > 3.ivf")
                .code,
            0);
  // A pipe's number of frames may be unknown when the header is written.
  const std::vector<std::uint8_t> a = bytes_of("out.ivf");
  const std::vector<std::uint8_t> b = bytes_of("3.ivf");
  ASSERT_EQ(a.size(), b.size());
  EXPECT_TRUE(std::equal(a.begin() + 32, a.end(), b.begin() + 32));
}

TEST_F(Subcommands, EveryShapeOfPlanDecodesToTheEncodersOwnPictures) {
  make_clip("in.y4m", 67, 35, 9);
  const std::vector<std::string> shapes = {
      "--chunk-frames 1 --chunks-per-chain 1", "--chunk-frames 4 --chunks-per-chain 1",
      "--chunk-frames 1 --chunks-per-chain 30", "--chunk-frames 2 --chunks-per-chain endless",
      "--chunk-frames 100 --chunks-per-chain 2"};
  for (const std::string& shape : shapes) {
    const Json json = json_of("encode in.y4m -o out.ivf --quiet --json - " + shape);
    const std::vector<std::string> lines = lines_of(output_of("quality in.y4m out.ivf --csv -"));
    ASSERT_EQ(lines.size(), 11U) << shape;  // titles, pictures, mean
    const double psnr_y = std::stod(lines.back().substr(lines.back().find(',') + 1));
    EXPECT_NEAR(psnr_y, json["quality"]["psnr_y"].get<double>(), 1e-3) << shape;
  }
}

TEST_F(Subcommands, OddSizesEncodeAndDecode) {
  for (const auto& [width, height] : {std::pair(1, 1), std::pair(17, 3), std::pair(33, 50)}) {
    make_clip("in.y4m", width, height, 3);
    output_of("encode in.y4m -o out.ivf --quiet");
    const std::vector<std::string> lines = lines_of(output_of("decode out.ivf --md5"));
    ASSERT_EQ(lines.size(), 3U);
    const std::string size = std::to_string(width) + "x" + std::to_string(height);
    EXPECT_TRUE(lines[1].ends_with("  out-" + size + "-0002.i420")) << lines[1];
  }
}

TEST_F(Subcommands, LimitCutsTheVideo) {
  make_clip("in.y4m", 32, 32, 9);
  const Json json = json_of("encode in.y4m -o out.ivf --quiet --json - --limit 5");
  EXPECT_EQ(json["pictures"], 5);
  EXPECT_EQ(json_of("plan in.y4m --limit 5")["pictures"], 5);
  output_of("quality in.y4m out.ivf --limit 5");
}

TEST_F(Subcommands, DecodeEqualsLibvpx) {
  if (sh("vpxdec --help").code != 0) {
    GTEST_SKIP() << "vpxdec is not installed";
  }
  for (const char* chains : {kPlainChains, kHidingChains}) {
    make_stream(chains);
    const Outcome theirs = sh("vpxdec --i420 --md5 -o p_%4.i420 out.ivf");
    ASSERT_EQ(theirs.code, 0) << theirs.err;
    EXPECT_EQ(first_words(output_of("decode out.ivf --md5")), first_words(theirs.out));
  }
}

TEST_F(Subcommands, DecodeEqualsFfmpeg) {
  if (!host::test::has_ffmpeg()) {
    GTEST_SKIP() << "ffmpeg is not installed";
  }
  for (const char* chains : {kPlainChains, kHidingChains}) {
    make_stream(chains);
    output_of("decode out.ivf -o ours.y4m");
    const std::string to_yuv = " -vsync passthrough -f rawvideo -pix_fmt yuv420p -y ";
    ASSERT_TRUE(
        host::test::run_ffmpeg("-i " + (folder_ / "out.ivf") + to_yuv + (folder_ / "a.yuv")));
    ASSERT_TRUE(
        host::test::run_ffmpeg("-i " + (folder_ / "ours.y4m") + to_yuv + (folder_ / "b.yuv")));
    EXPECT_EQ(bytes_of("a.yuv"), bytes_of("b.yuv"));
  }
}

TEST_F(Subcommands, DecodeStopsAndGoesOnAnywhere) {
  for (const char* chains : {kPlainChains, kHidingChains}) {
    make_stream(chains);
    const std::string straight = output_of("decode out.ivf --md5 --state-out end.state");
    for (const char* k : {"1", "5", "6", "13"}) {
      const std::string n(k);
      const std::string a = output_of("decode out.ivf --md5 --limit " + n + " --state-out a.state");
      const std::string b =
          output_of("decode out.ivf --md5 --state-in a.state --state-out b.state --skip " + n);
      EXPECT_EQ(a + b, straight) << n;
      EXPECT_EQ(bytes_of("b.state"), bytes_of("end.state")) << n;
    }
  }
}

TEST_F(Subcommands, RebaseOntoTheSameStateKeepsTheWayAndLeadsToItsOwnState) {
  for (const char* chains : {kPlainChains, kHidingChains}) {
    make_stream(chains);
    output_of("rebase out.ivf --source in.y4m -o r.ivf --state-out r.state --quiet");
    EXPECT_EQ(lines_of(output_of("decode r.ivf --md5 --state-out d.state")).size(), 14U);
    EXPECT_EQ(bytes_of("r.state"), bytes_of("d.state"));
    const Json before = json_of("inspect out.ivf --json");
    const Json after = json_of("inspect r.ivf --json");
    ASSERT_EQ(before.size(), after.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
      EXPECT_EQ(before[i]["modes"], after[i]["modes"]) << i;
      EXPECT_EQ(before[i]["vectors"], after[i]["vectors"]) << i;
    }
  }
}

TEST_F(Subcommands, RebaseLetsAChunkGoOnWithoutItsKeyFrame) {
  make_clip("in.y4m", 48, 32, 6);
  output_of("encode in.y4m -o a.ivf --quiet --cq 40");
  output_of("encode in.y4m -o b.ivf --quiet --cq 20");
  output_of("decode a.ivf --state-out a.state");
  output_of(
      "rebase b.ivf --source in.y4m --skip 1 --state-in a.state -o b2.ivf "
      "--state-out end.state --quiet");
  join_ivf({"a.ivf", "b2.ivf"}, "ab.ivf");
  EXPECT_EQ(lines_of(output_of("decode ab.ivf --md5 --state-out ab.state")).size(), 11U);
  EXPECT_EQ(bytes_of("ab.state"), bytes_of("end.state"));
}

TEST_F(Subcommands, RebaseTakesHiddenFramesOfLibvpx) {
  if (!host::test::has_ffmpeg() ||
      !host::test::run_ffmpeg("-f lavfi -i testsrc2=size=128x96:rate=25 -frames:v 40 -pix_fmt "
                              "yuv420p " +
                              (folder_ / "in.y4m"))) {
    GTEST_SKIP() << "ffmpeg cannot make the clip";
  }
  const Outcome vpx =
      sh("vpxenc --codec=vp8 -q --good --cpu-used=5 --passes=2 --auto-alt-ref=1 "
         "--lag-in-frames=16 --target-bitrate=200 --ivf -o v.ivf in.y4m");
  if (vpx.code != 0) {
    GTEST_SKIP() << "vpxenc cannot be run: " << vpx.err;
  }
  const Json frames = json_of("inspect v.ivf --json");
  ASSERT_GT(frames.size(), 40U) << "no hidden frame";
  output_of("rebase v.ivf --source in.y4m -o r.ivf --state-out r.state --quiet");
  EXPECT_EQ(lines_of(output_of("decode r.ivf --md5 --state-out d.state")).size(), 40U);
  EXPECT_EQ(bytes_of("r.state"), bytes_of("d.state"));
}

TEST_F(Subcommands, PlanListsEveryPictureOnce) {
  make_clip("in.y4m", 32, 32, 14);
  const Json plan = json_of("plan in.y4m --chunk-frames 3 --chunks-per-chain 2 --cq 30");
  EXPECT_EQ(plan["pictures"], 14);
  std::int64_t next = 0;
  for (const Json& chain : plan["chains"]) {
    for (const Json& chunk : chain["chunks"]) {
      EXPECT_EQ(chunk["first_picture"], next);
      next += chunk["pictures"].get<std::int64_t>();
    }
  }
  EXPECT_EQ(next, 14);
  EXPECT_EQ(plan["chains"].size(), 3U);
}

TEST_F(Subcommands, InspectCountsEveryMacroblockOnce) {
  make_stream();
  const Json frames = json_of("inspect out.ivf --json --modes");
  ASSERT_EQ(frames.size(), 14U);
  std::set<std::string> hashes;
  for (const Json& frame : frames) {
    for (const char* by : {"modes", "references", "segments"}) {
      int sum = 0;
      for (const Json& count : frame[by]) {
        sum += count.get<int>();
      }
      EXPECT_EQ(sum, 5 * 3) << by;
    }
    EXPECT_EQ(frame["type"], frame["frame"].get<int>() % 6 == 0 ? "key" : "inter");
    ASSERT_EQ(frame["mode_map"].size(), 3U);
    EXPECT_EQ(frame["mode_map"][0].get<std::string>().size(), 10U);
    hashes.insert(frame["state"].get<std::string>());
  }
  EXPECT_EQ(hashes.size(), 14U);
  EXPECT_EQ(json_of("inspect out.ivf --json --modes --frame 7"), frames[7]);
  EXPECT_TRUE(output_of("inspect out.ivf --frame 7").starts_with("frame 7: inter, shown, "));
}

TEST_F(Subcommands, QualityOfAVideoWithItselfIsPerfect) {
  make_clip("in.y4m", 40, 40, 3);
  const std::vector<std::string> lines = lines_of(output_of("quality in.y4m in.y4m"));
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_NE(lines.back().find("PSNR Y inf"), std::string::npos) << lines.back();
  EXPECT_NE(lines.back().find("SSIM Y 1.00000"), std::string::npos) << lines.back();
}

}  // namespace
}  // namespace tools::test
