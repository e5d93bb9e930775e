// `fastslow encode` with a wanted size or quality.
#include <cmath>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "tests/tools/program.hh"

namespace tools::test {
namespace {

using Json = nlohmann::json;

constexpr int kFailure = 1;
constexpr int kUsage = 2;

class RateControl : public ProgramTest {
 protected:
  // Encodes in.y4m to out.ivf, and returns what the report says.
  Json encode(const std::string& options) const {
    output_of("encode in.y4m -o out.ivf --quiet --json out.json " + options);
    const std::vector<std::uint8_t> text = bytes_of("out.json");
    return Json::parse(text.begin(), text.end());
  }
  // That out.ivf is what the quality in its report gives.
  void expect_bytes_of_found_quality(const Json& report, const std::string& options = "") const {
    const std::string cq = report["rate_control"]["cq"].dump();
    EXPECT_EQ(report["plan"]["cq"].dump(), cq);
    output_of("encode in.y4m -o again.ivf --quiet --cq " + cq + " " + options);
    EXPECT_EQ(bytes_of("out.ivf"), bytes_of("again.ivf")) << cq;
  }
};

TEST_F(RateControl, MeetsEveryTarget) {
  make_clip("in.y4m", 64, 48, 20);  // 30 pictures a second
  for (const int wanted : {200000, 500000}) {
    const Json report = encode("--bitrate " + std::to_string(wanted));
    EXPECT_NEAR(report["bytes"].get<double>() * 8 * 30 / 20, wanted, 0.02 * wanted);
    EXPECT_TRUE(report["rate_control"]["met"]);
    expect_bytes_of_found_quality(report);
  }
  for (const int wanted : {20000, 50000}) {
    const Json report = encode("--max-size " + std::to_string(wanted));
    const auto size = static_cast<double>(bytes_of("out.ivf").size());
    EXPECT_LE(size, wanted);
    EXPECT_GE(size, 0.97 * wanted);
    EXPECT_EQ(report["rate_control"]["reached"], size);
    expect_bytes_of_found_quality(report);
  }
  const Json psnr = encode("--target-psnr 36.5");
  EXPECT_NEAR(psnr["quality"]["psnr_y"].get<double>(), 36.5, 0.1);
  expect_bytes_of_found_quality(psnr);
  const Json ssim = encode("--target-ssim 14");
  EXPECT_NEAR(-10 * std::log10(1 - ssim["quality"]["ssim_y"].get<double>()), 14, 0.1);
  expect_bytes_of_found_quality(ssim);
}

TEST_F(RateControl, TakesSuffixesAndPlainSsim) {
  make_clip("in.y4m", 64, 48, 10);
  const std::vector<std::pair<std::string, double>> cases = {
      {"--bitrate 0.3M", 300000},  {"--bitrate 300k", 300000},      {"--max-size 20K", 20 * 1024},
      {"--max-size 0.02M", 20971}, {"--target-ssim 0.95", 13.0103}, {"--target-ssim 13", 13}};
  for (const auto& [option, wanted] : cases)
    EXPECT_NEAR(encode(option)["rate_control"]["wanted"].get<double>(), wanted, 1e-4) << option;
}

TEST_F(RateControl, TellsItsTriesAsDataAndInOneLine) {
  make_clip("in.y4m", 64, 48, 10);
  const Json report = encode("--target-psnr 40");
  const Json& rate = report["rate_control"];
  EXPECT_EQ(rate["option"], "--target-psnr 40");
  EXPECT_EQ(rate["reached"], report["quality"]["psnr_y"]);
  ASSERT_GE(rate["tries"].size(), 2U);
  const Json& last = rate["tries"].back();
  EXPECT_EQ(last["sample"], false);
  EXPECT_EQ(last["cq"], rate["cq"]);
  EXPECT_EQ(last["bytes"], report["bytes"]);
  EXPECT_EQ(last["psnr_y"], report["quality"]["psnr_y"]);
  EXPECT_EQ(last["ssim_y"], report["quality"]["ssim_y"]);
  const std::string told = fastslow("encode in.y4m -o out.ivf --device cpu --target-psnr 40").err;
  EXPECT_TRUE(told.starts_with("fastslow: --target-psnr 40: PSNR Y 4")) << told;
  EXPECT_NE(told.find("at --cq " + rate["cq"].dump().substr(0, 2)), std::string::npos) << told;
}

TEST_F(RateControl, TheSameBytesComeFromAFileAndAPipeOnAnyThreadsToFileAndPipe) {
  make_clip("in.y4m", 64, 48, 14);
  const std::string options = " --quiet --bitrate 300k --chunk-frames 3 --chunks-per-chain 2 ";
  output_of("encode in.y4m -o out.ivf --threads 1" + options);
  for (const char* command :
       {"$F encode - -o 2.ivf --threads 2 $O < in.y4m", "cat in.y4m | $F encode - -o - $O > 2.ivf",
        "$F encode in.y4m -o - $O | cat > 2.ivf",
        "mkdir t && cat in.y4m | TMPDIR=t $F encode - -o 2.ivf $O && rmdir t"}) {
    const Outcome outcome = sh("O='" + options + "'; " + command);
    EXPECT_EQ(outcome.code, 0) << command << outcome.err;
    EXPECT_EQ(bytes_of("out.ivf"), bytes_of("2.ivf")) << command;
    std::filesystem::remove(folder_ / "2.ivf");
  }
  EXPECT_EQ(files(), "in.y4m out.ivf");
}

TEST_F(RateControl, SearchesLongVideosOnASample) {
  make_clip("in.y4m", 32, 32, 600);
  const std::string shape = " --chunk-frames 5 --chunks-per-chain 4 --limit 590";
  for (const std::string option : {"--bitrate 120k", "--target-psnr 35", "--max-size 120k"}) {
    const Json report = encode(option + shape);
    EXPECT_TRUE(report["rate_control"]["met"]) << option;
    EXPECT_EQ(report["pictures"], 590);
    std::vector<double> sample_bytes;
    int wholes = 0;
    for (const Json& result : report["rate_control"]["tries"]) {
      if (result["sample"].get<bool>()) {
        EXPECT_EQ(wholes, 0) << option;
        sample_bytes.push_back(result["bytes"].get<double>());
      } else {
        ++wholes;
      }
    }
    // Noise is everywhere the same: what the sample foretells comes true. A maximum is one-sided,
    // and may take another try where one is above it by a hair.
    EXPECT_LE(wholes, option.starts_with("--max-size") ? 3 : 2) << option;
    ASSERT_FALSE(sample_bytes.empty()) << option;
    const auto bytes = report["bytes"].get<double>();
    EXPECT_NEAR(sample_bytes.back(), bytes, 0.1 * bytes) << option;
    expect_bytes_of_found_quality(report, shape);
  }
}

TEST_F(RateControl, WhatIsOutOfReachIsSaidAndTheNearestIsWritten) {
  make_clip("in.y4m", 64, 48, 6);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"--bitrate 900M", "the finest quality"},
      {"--bitrate 10", "the coarsest quality"},
      {"--target-psnr 90", "the finest quality"},
      {"--target-psnr 5", "the coarsest quality"},
      {"--target-ssim 0.999999", "the finest quality"},
      {"--target-ssim 0.01", "the coarsest"},
      {"--target-psnr 50 --min-q 20", "--min-q 20"},
      {"--target-psnr 22 --max-q 40", "--max-q 40"}};
  for (const auto& [option, words] : cases) {
    const Outcome outcome = fastslow("encode in.y4m -o out.ivf --device cpu " + option);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_NE(outcome.err.find(" cannot be met: "), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome.err;
    const Json report = encode(option);
    EXPECT_FALSE(report["rate_control"]["met"]) << option;
    expect_bytes_of_found_quality(report,
                                  option.substr(std::min(option.find(" --m"), option.size())));
  }
}

TEST_F(RateControl, AMaximumThatNothingKeepsIsAnErrorWithoutOutput) {
  make_clip("in.y4m", 64, 48, 6);
  make_file("out.ivf", "old");
  for (const char* from : {"in.y4m", "- < in.y4m"}) {
    expect_failure(
        "encode -o out.ivf --json out.json --device cpu --max-size 120 " + std::string(from),
        kFailure, {"--max-size 120", "coarsest", "--max-q 63", "bytes;"});
  }
  expect_failure("encode in.y4m -o - --max-size 120", kFailure, {"in.y4m: --max-size 120"});
  EXPECT_EQ(bytes_of("out.ivf").size(), 3U);
  EXPECT_EQ(files(), "in.y4m out.ivf");
}

TEST_F(RateControl, AMaximumThatEverythingKeepsTakesTheFinest) {
  make_clip("in.y4m", 64, 48, 6);
  const Json report = encode("--max-size 1G");
  EXPECT_EQ(report["plan"]["cq"], 0);
  EXPECT_TRUE(report["rate_control"]["met"]);
}

TEST_F(RateControl, BadValuesAreRefused) {
  for (const char* value :
       {"0", "-5", "x", "", "5x", "5kk", "1e3", "nan", "inf", "0.5", "9999999G"}) {
    const std::string text = " '" + std::string(value) + "'";
    expect_failure("encode in.y4m -o o.ivf --bitrate" + text, kUsage, {"--bitrate"});
    expect_failure("encode in.y4m -o o.ivf --max-size" + text, kUsage, {"--max-size"});
  }
  for (const char* value : {"0", "-5", "x", "", "40k", "100", "nan", "inf"}) {
    const std::string text = " '" + std::string(value) + "'";
    expect_failure("encode in.y4m -o o.ivf --target-psnr" + text, kUsage, {"--target-psnr"});
    expect_failure("encode in.y4m -o o.ivf --target-ssim" + text, kUsage, {"--target-ssim"});
  }
  expect_failure("encode in.y4m -o o.ivf --target-ssim 1", kUsage, {"--target-ssim", "0.97"});
  EXPECT_EQ(files(), "");
}

TEST_F(RateControl, OnlyOneTargetCanBeGiven) {
  const std::vector<std::string> options = {"--cq 30", "--bitrate 500k", "--max-size 1M",
                                            "--target-psnr 40", "--target-ssim 15"};
  for (const std::string& a : options) {
    for (const std::string& b : options) {
      if (a != b) {
        expect_failure("encode in.y4m -o o.ivf " + a + " " + b, kUsage,
                       {"excludes", a.substr(0, a.find(' ')), b.substr(0, b.find(' '))});
      }
    }
  }
}

TEST_F(RateControl, DamagedInputLeavesNoOutput) {
  make_clip("in.y4m", 64, 48, 5);
  host::test::truncate_file(folder_ / "in.y4m", 0.7);
  expect_failure("encode in.y4m -o o.ivf --bitrate 100k", kFailure, {"in.y4m: picture 3"});
  expect_failure("encode - -o o.ivf --bitrate 100k < in.y4m", kFailure,
                 {"standard input: picture 3"});
  expect_failure("encode no.y4m -o o.ivf --bitrate 100k", kFailure, {"no.y4m", "No such file"});
  EXPECT_EQ(files(), "in.y4m");
}

TEST_F(RateControl, NoRoomForScratchFilesIsAnError) {
  make_clip("in.y4m", 320, 240, 6);
  const Outcome full = sh("ulimit -f 100; $F encode - -o o.ivf --bitrate 100k < in.y4m");
  EXPECT_EQ(full.code, kFailure);
  EXPECT_NE(full.err.find("scratch file"), std::string::npos) << full.err;
  EXPECT_NE(full.err.find("TMPDIR"), std::string::npos) << full.err;
  const Outcome nowhere = sh("TMPDIR=/nowhere $F encode in.y4m -o o.ivf --bitrate 100k");
  EXPECT_EQ(nowhere.code, kFailure);
  EXPECT_NE(nowhere.err.find("/nowhere"), std::string::npos) << nowhere.err;
  EXPECT_EQ(files(), "in.y4m");
}

TEST_F(RateControl, ASignalLeavesNothing) {
  make_clip("in.y4m", 64, 48, 6);
  expect_signal_leaves_nothing("TMPDIR=. $F encode - -o o.ivf --bitrate 100k");
}

}  // namespace
}  // namespace tools::test
