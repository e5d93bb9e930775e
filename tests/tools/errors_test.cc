// Bad input, bad output and bad command lines: exit code, message, and nothing left behind.
#include <filesystem>
#include <fstream>

#include "tests/tools/program.hh"

namespace tools::test {
namespace {

constexpr int kFailure = 1;
constexpr int kUsage = 2;

class Errors : public ProgramTest {
 protected:
  void make_stream() const {
    make_clip("in.y4m", 64, 48, 6);
    output_of("encode in.y4m -o in.ivf --quiet");
  }
  void overwrite(const std::string& name, std::streamoff at, const std::string& bytes) const {
    std::fstream file(folder_ / name, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(at);
    file << bytes;
  }
};

TEST_F(Errors, UsageErrorsNameTheOption) {
  expect_failure("", kUsage, {"subcommand", "--help"});
  expect_failure("transcode x", kUsage, {"--help"});
  expect_failure("encode in.y4m", kUsage, {"--output", "fastslow encode --help"});
  for (const char* value : {"0", "-1", "x", "1.5", "99999999999999999999"}) {
    const std::string text(value);
    expect_failure("encode in.y4m -o o.ivf --chunk-frames " + text, kUsage,
                   {"--chunk-frames", text});
    expect_failure("encode in.y4m -o o.ivf --chunks-per-chain " + text, kUsage,
                   {"--chunks-per-chain", text, "endless"});
    expect_failure("plan in.y4m --limit " + text, kUsage, {"--limit", text});
  }
  expect_failure("encode in.y4m -o o.ivf --cq 64", kUsage, {"--cq", "63"});
  expect_failure("encode in.y4m -o o.ivf --cq -0.5", kUsage, {"--cq", "63"});
  for (const char* name : {"--min-q", "--max-q"}) {
    for (const char* value : {"-1", "64", "1.5", "x"})
      expect_failure(std::string("plan in.y4m ") + name + " " + value, kUsage, {name, value});
  }
  for (const char* subcommand : {"encode -o o.ivf", "plan"}) {
    expect_failure(subcommand + std::string(" in.y4m --effort slow"), kUsage,
                   {"--effort", "slow", "fast|default|best"});
  }
  expect_failure("encode in.y4m -o o.ivf --effort 0", kUsage, {"--effort", "fast|default|best"});
  expect_failure("encode in.y4m -o o.ivf --threads -1", kUsage, {"--threads"});
  expect_failure("encode in.y4m -o o.ivf --first-pass x264", kUsage, {"x264", "libvpx"});
  expect_failure("encode in.y4m -o - --json -", kUsage, {"--json", "standard output"});
  expect_failure("decode in.ivf", kUsage, {"--md5"});
  expect_failure("decode in.ivf -o - --md5", kUsage, {"--md5", "standard output"});
  expect_failure("quality - -", kUsage, {"standard input"});
  EXPECT_EQ(files(), "");
}

TEST_F(Errors, QuantiserBoundsThatExcludeEachOtherAreRefused) {
  make_clip("in.y4m", 16, 16, 1);
  for (const char* subcommand : {"encode -o o.ivf", "plan"}) {
    const std::string begin = subcommand + std::string(" in.y4m ");
    expect_failure(begin + "--min-q 30 --max-q 20", kUsage, {"--min-q", "--max-q"});
    expect_failure(begin + "--min-q 30 --max-q 29", kUsage, {"--min-q", "--max-q"});
  }
  EXPECT_EQ(files(), "in.y4m");
  output_of("encode -o o.ivf in.y4m --quiet --min-q 30 --max-q 30");
}

TEST_F(Errors, MissingFilesAreNamed) {
  for (const char* arguments :
       {"encode no.y4m -o o.ivf", "decode no.y4m --md5", "plan no.y4m", "inspect no.y4m",
        "quality no.y4m no.y4m", "rebase no.y4m --source no.y4m -o o.ivf"}) {
    expect_failure(arguments, kFailure, {"no.y4m", "No such file"});
  }
  EXPECT_EQ(files(), "");
}

TEST_F(Errors, BadY4mHeadersAreRefused) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"YUV4MPEG2 W0 H16 F25:1 C420\n", "W is 0"},
      {"YUV4MPEG2 W16 H0 F25:1 C420\n", "H is 0"},
      {"YUV4MPEG2 W20000 H20000 F25:1 C420\nFRAME\n", "W is 20000"},
      {"YUV4MPEG2 W-4 H16 F25:1 C420\nFRAME\n", "W"},
      {"YUV4MPEG2 F25:1 C420\nFRAME\n", "width"},
      {"YUV4MPEG2 W16 H16 F25:1 C420\n", "no pictures"},
      {"YUV4MPEG2 W16 H16", "header line"},
      {"YUV4MPEG2 W16 H16 F25:1 C420\nFROME\n", "FRAME"}};
  for (const auto& [text, word] : cases) {
    make_file("bad.y4m", text);
    expect_failure("encode bad.y4m -o o.ivf", kFailure, {"bad.y4m", word, ";"});
    expect_failure("encode - -o o.ivf < bad.y4m", kFailure, {"standard input", word, ";"});
    EXPECT_EQ(files(), "bad.y4m");
  }
}

TEST_F(Errors, CutOffY4mNamesThePictureAndLeavesNoOutput) {
  make_clip("in.y4m", 64, 48, 5);
  host::test::truncate_file(folder_ / "in.y4m", 0.7);
  expect_failure("encode in.y4m -o o.ivf", kFailure, {"in.y4m: picture 3 at byte", ";"});
  expect_failure("encode - -o o.ivf < in.y4m", kFailure, {"standard input: picture 3 at byte"});
  expect_failure("plan in.y4m", kFailure, {"picture 3"});
  EXPECT_EQ(files(), "in.y4m");
}

TEST_F(Errors, AnOldOutputSurvivesAFailure) {
  make_clip("in.y4m", 64, 48, 5);
  host::test::truncate_file(folder_ / "in.y4m", 0.7);
  make_file("o.ivf", "old");
  expect_failure("encode in.y4m -o o.ivf", kFailure, {"picture 3"});
  EXPECT_EQ(bytes_of("o.ivf").size(), 3U);
  EXPECT_EQ(files(), "in.y4m o.ivf");
}

TEST_F(Errors, DamagedMp4IsRefused) {
  if (!host::test::has_ffmpeg() ||
      !host::test::run_ffmpeg("-f lavfi -i testsrc2=size=128x96:rate=25 -frames:v 40 -c:v mpeg4 " +
                              (folder_ / "in.mp4"))) {
    GTEST_SKIP() << "ffmpeg cannot make the clip";
  }
  output_of("encode in.mp4 -o good.ivf --quiet");
  std::filesystem::remove(folder_ / "good.ivf");
  host::test::truncate_file(folder_ / "in.mp4", 0.5);
  expect_failure("encode in.mp4 -o o.ivf", kFailure, {"in.mp4", ";"});
  make_file("noise.mp4", "no video at all");
  expect_failure("encode noise.mp4 -o o.ivf", kFailure, {"noise.mp4", ";"});
  EXPECT_EQ(files(), "in.mp4 noise.mp4");
}

TEST_F(Errors, OtherSampleFormatsAreConvertedWithANoticeOrRefused) {
  if (!host::test::has_ffmpeg()) {
    GTEST_SKIP() << "ffmpeg is not installed";
  }
  for (const char* format : {"yuv422p", "yuv420p10le", "yuv444p"}) {
    ASSERT_TRUE(
        host::test::run_ffmpeg("-f lavfi -i testsrc2=size=64x48 -frames:v 3 -strict -1 -pix_fmt " +
                               std::string(format) + " " + (folder_ / "in.y4m")));
    const Outcome outcome = fastslow("encode in.y4m -o o.ivf");
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(outcome.err.starts_with("fastslow: in.y4m: ")) << outcome.err;
    expect_failure("encode - -o p.ivf < in.y4m", kFailure, {"standard input", "4:2:0", "ffmpeg"});
  }
  EXPECT_EQ(files(), "in.y4m o.ivf");
}

TEST_F(Errors, CutOffIvfNamesFrameAndByte) {
  make_stream();
  host::test::truncate_file(folder_ / "in.ivf", 0.9);
  for (const char* arguments :
       {"decode in.ivf -o o.y4m --state-out o.state", "rebase in.ivf --source in.y4m -o o.ivf"}) {
    expect_failure(arguments, kFailure, {"in.ivf: frame 5 at byte ", ";"});
  }
  EXPECT_EQ(fastslow("inspect in.ivf").code, kFailure);
  EXPECT_EQ(files(), "in.ivf in.y4m");
}

TEST_F(Errors, CorruptFramesAreNamed) {
  make_stream();
  constexpr std::streamoff start_code = 32 + 12 + 3;
  overwrite("in.ivf", start_code, "xyz");
  expect_failure("decode in.ivf -o o.y4m", kFailure, {"in.ivf: frame 0 at byte 32", "start code"});
  overwrite("in.ivf", 8, "VP90");
  expect_failure("decode in.ivf -o o.y4m", kFailure, {"in.ivf: byte 8", "VP80"});
  overwrite("in.ivf", 0, "RIFF");
  expect_failure("decode in.ivf -o o.y4m", kFailure, {"in.ivf: byte 0", "DKIF"});
  EXPECT_EQ(files(), "in.ivf in.y4m");
}

TEST_F(Errors, IvfWithoutFramesIsRefused) {
  make_stream();
  std::filesystem::resize_file(folder_ / "in.ivf", 32);
  for (const char* arguments : {"decode in.ivf --md5", "inspect in.ivf", "quality in.ivf in.y4m",
                                "rebase in.ivf --source in.y4m -o o.ivf"}) {
    expect_failure(arguments, kFailure, {"in.ivf: byte 32", "no frames", ";"});
  }
  EXPECT_EQ(files(), "in.ivf in.y4m");
}

TEST_F(Errors, ASizeThatChangesIsNamedOrDecodedAsMd5) {
  make_stream();
  make_clip("b.y4m", 48, 48, 2);
  output_of("encode b.y4m -o b.ivf --quiet");
  join_ivf({"in.ivf", "b.ivf"}, "ab.ivf");
  expect_failure("decode ab.ivf -o o.y4m", kFailure,
                 {"ab.ivf: frame 6 at byte", "64x48 to 48x48", "--limit 6"});
  const std::string md5s = output_of("decode ab.ivf --md5");
  EXPECT_NE(md5s.find("ab-64x48-0006.i420"), std::string::npos);
  EXPECT_NE(md5s.find("ab-48x48-0007.i420"), std::string::npos);
  EXPECT_EQ(fastslow("quality ab.ivf ab.ivf").code, kFailure);
  const Outcome encode = fastslow("encode ab.ivf -o o.ivf");
  EXPECT_EQ(encode.code, kFailure);
  EXPECT_NE(encode.err.find("ab.ivf: "), std::string::npos) << encode.err;
  EXPECT_EQ(files(), "ab.ivf b.ivf b.y4m in.ivf in.y4m");
}

TEST_F(Errors, DamagedStatesAreRefused) {
  make_stream();
  output_of("decode in.ivf --limit 3 --state-out 3.state");
  overwrite("3.state", 40, "damage");
  expect_failure("decode in.ivf --skip 3 --state-in 3.state --md5", kFailure, {"3.state", ";"});
  expect_failure("decode in.ivf --skip 3 --md5", kFailure, {"frame 3 at byte", "--state-in"});
  expect_failure("decode in.ivf --skip 7 --md5", kFailure, {"only 6 frames"});
}

TEST_F(Errors, SourcesThatDoNotFitAreRefused) {
  make_stream();
  make_clip("short.y4m", 64, 48, 5);
  make_clip("small.y4m", 48, 48, 6);
  expect_failure("rebase in.ivf --source short.y4m -o o.ivf", kFailure, {"short.y4m", "frame 5"});
  expect_failure("rebase in.ivf --source small.y4m -o o.ivf", kFailure,
                 {"in.ivf: frame 0", "48x48", "64x48"});
  expect_failure("quality in.ivf small.y4m --csv o.csv", kFailure, {"small.y4m", "48x48", "64x48"});
  EXPECT_EQ(fastslow("quality in.ivf short.y4m --csv o.csv").code, kFailure);
  EXPECT_EQ(files(), "in.ivf in.y4m short.y4m small.y4m");
}

TEST_F(Errors, UnwritableOutputIsNamedBeforeAnyWork) {
  make_stream();
  for (const char* name : {"nowhere/o", "/proc/o", ".", "in.y4m/o"}) {
    const std::string path(name);
    expect_failure("encode in.y4m -o " + path, kFailure, {path, "cannot be written"});
    expect_failure("encode in.y4m -o o.ivf --json " + path, kFailure, {path});
    expect_failure("decode in.ivf -o " + path, kFailure, {path});
    expect_failure("decode in.ivf -o o.y4m --state-out " + path, kFailure, {path});
    expect_failure("quality in.ivf in.y4m --csv " + path, kFailure, {path});
    expect_failure("rebase in.ivf --source in.y4m -o " + path, kFailure, {path});
  }
  EXPECT_EQ(files(), "in.ivf in.y4m");
}

TEST_F(Errors, AFullDiskIsNamed) {
  make_stream();
  expect_failure("encode in.y4m -o /dev/full", kFailure, {"/dev/full", "No space left"});
  expect_failure("encode in.y4m -o o.ivf --json /dev/full", kFailure,
                 {"/dev/full", "the same command goes on"});
  output_of("encode in.y4m -o o.ivf --quiet");
  EXPECT_EQ(files(), "in.ivf in.y4m o.ivf");
  std::filesystem::remove(folder_ / "o.ivf");
  for (const char* arguments :
       {"encode in.y4m -o -", "decode in.ivf --md5", "decode in.ivf -o -", "plan in.y4m",
        "inspect in.ivf", "quality in.ivf in.y4m", "--help"}) {
    expect_failure(std::string(arguments) + " > /dev/full", kFailure,
                   {"standard output", "No space left"});
  }
  EXPECT_EQ(files(), "in.ivf in.y4m");
}

TEST_F(Errors, ALimitOnFileSizesIsAnErrorNotADeath) {
  make_stream();
  const Outcome outcome = sh("ulimit -f 8; $F decode in.ivf -o o.y4m");
  EXPECT_EQ(outcome.code, kFailure);
  EXPECT_NE(outcome.err.find("ulimit"), std::string::npos) << outcome.err;
  EXPECT_EQ(files(), "in.ivf in.y4m");
}

TEST_F(Errors, AClosedPipeIsAnError) {
  make_clip("in.y4m", 320, 240, 6);  // more than a pipe holds
  output_of("encode in.y4m -o in.ivf --quiet");
  const Outcome outcome =
      sh("{ $F decode in.ivf -o -; echo $? > code; } | head -c 100 > head; cat code");
  EXPECT_EQ(outcome.out, "1\n") << outcome.err;
  EXPECT_NE(outcome.err.find("standard output"), std::string::npos) << outcome.err;
  EXPECT_EQ(bytes_of("head").size(), 100U);
}

TEST_F(Errors, ASignalRemovesThePartialFile) {
  make_clip("in.y4m", 64, 48, 6);
  expect_signal_leaves_nothing("$F encode - -o o.ivf");
}

}  // namespace
}  // namespace tools::test
