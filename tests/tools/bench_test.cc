// `fastslow bench` as a user sees it. True on machines with a GPU or a cloud and without.
#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/host/test_clips.hh"
#include "tests/tools/program.hh"

namespace tools::test {
namespace {

using Json = nlohmann::json;

constexpr int kFailure = 1;
constexpr int kUsage = 2;

class Bench : public ProgramTest {
 protected:
  void SetUp() override { make_clip("in.y4m", 48, 32, 12); }

  // One picture over and over, so that a key frame costs what an inter frame does not.
  void make_still(const std::string& name, int pictures) const {
    make_clip(name, 48, 32, 1);
    const auto bytes = host::test::file_bytes(folder_ / name);
    const auto frame = std::find(bytes.begin(), bytes.end(), '\n') + 1;
    std::ofstream file(folder_ / name, std::ios::binary | std::ios::app);
    for (int i = 1; i < pictures; ++i)
      file.write(reinterpret_cast<const char*>(&*frame), bytes.end() - frame);
  }

  Json json_of(const std::string& arguments) const {
    return Json::parse(output_of("bench in.y4m --quiet --json - --threads 2 " + arguments));
  }
  // Without a cloud, whatever the machine's user has set up.
  Outcome without_cloud(const std::string& arguments) const {
    return sh("FASTSLOW_CLOUD=nowhere.json $F bench in.y4m --quiet " + arguments);
  }
};

TEST_F(Bench, TellsWhatEncodeTells) {
  const Json row = json_of("--backends cpu --rounds 1 --chunk-frames 3 --cq 30")["rows"].at(0);
  const Json encode = Json::parse(
      output_of("encode in.y4m -o out.ivf --chunk-frames 3 --cq 30 --device cpu --json - --quiet"));
  EXPECT_EQ(row["bytes"], encode["bytes"]);
  EXPECT_EQ(row["pictures"], 12);
  EXPECT_EQ(row["psnr_y"], encode["quality"]["psnr_y"]);
  EXPECT_EQ(row["ssim_y"], encode["quality"]["ssim_y"]);
  EXPECT_EQ(row["chunk_frames"], 3);
  EXPECT_EQ(row["chunks_per_chain"], 16);
}

TEST_F(Bench, MeasuresEachRoundAndEachPhase) {
  const Json json = json_of("--backends cpu --rounds 3");
  const Json& row = json["rows"].at(0);
  EXPECT_EQ(row["seconds"].size(), 3U);
  EXPECT_EQ(row["cold_starts"].size(), 1U);
  double sum = 0;
  for (const auto& [name, seconds] : row["phase_seconds"].items())
    sum += seconds.get<double>();
  EXPECT_GT(sum, 0);
  EXPECT_NEAR(row["processor_seconds"].get<double>(), sum, 1e-9);
}

TEST_F(Bench, HasTheSameEncodeInTheTableAndInTheData) {
  const std::string text = output_of("bench in.y4m --backends cpu --rounds 1 --json t.json");
  const std::vector<std::uint8_t> bytes = bytes_of("t.json");
  const Json json = Json::parse(bytes.begin(), bytes.end());
  EXPECT_NE(text.find(" " + json["rows"][0]["bytes"].dump() + " "), std::string::npos) << text;
  const std::string digest = json["rows"][0]["digest"];
  EXPECT_NE(text.find("  " + digest.substr(0, 8) + "\n"), std::string::npos) << text;
}

TEST_F(Bench, LibvpxIsEncodedDecodedAndMeasured) {
  const Json rows = json_of("--backends cpu,libvpx --rounds 2 --cq 20")["rows"];
  const Json& libvpx = rows.at(1);
  EXPECT_EQ(libvpx["backend"], "libvpx");
  EXPECT_EQ(libvpx["pictures"], 12);
  EXPECT_GT(libvpx["bytes"], 100);
  EXPECT_NEAR(libvpx["psnr_y"].get<double>(), rows.at(0)["psnr_y"].get<double>(), 6);
  EXPECT_FALSE(libvpx.contains("chunk_frames"));
  const Json coarse = json_of("--backends libvpx --rounds 1 --cq 50")["rows"][0];
  EXPECT_GT(coarse["psnr_y"], 15);
  EXPECT_LT(coarse["psnr_y"], libvpx["psnr_y"]);
}

TEST_F(Bench, StopsAtTheLimitOfPictures) {
  const Json json = json_of("--backends cpu,libvpx --rounds 1 --limit 5");
  ASSERT_EQ(json["rows"].size(), 2U);
  for (const Json& row : json["rows"])
    EXPECT_EQ(row["pictures"], 5) << row;
}

TEST_F(Bench, ReadsAPipeAsOftenAsItMust) {
  const Outcome outcome = sh("$F bench - --backends cpu,libvpx --rounds 2 --json - <in.y4m");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Json rows = Json::parse(outcome.out)["rows"];
  EXPECT_EQ(rows.at(0)["digest"], json_of("--backends cpu --rounds 1")["rows"][0]["digest"]);
}

TEST_F(Bench, WhoIsNotThereIsSkippedWithAReason) {
  const Outcome outcome =
      without_cloud("--backends lambda,cpu,lambda-map --rounds 1 --json t.json");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("skipped: "), std::string::npos) << outcome.out;
  const std::vector<std::uint8_t> bytes = bytes_of("t.json");
  const Json rows = Json::parse(bytes.begin(), bytes.end())["rows"];
  for (const int i : {0, 2}) {
    const std::string reason = rows.at(static_cast<std::size_t>(i))["skipped"];
    EXPECT_NE(reason.find("nowhere.json"), std::string::npos) << reason;
  }
  EXPECT_FALSE(rows.at(1).contains("skipped"));
}

TEST_F(Bench, OfNothingButWhatIsNotThereFails) {
  const Outcome outcome = without_cloud("--backends lambda");
  EXPECT_EQ(outcome.code, kFailure);
  EXPECT_NE(outcome.err.find("none of the backends is there"), std::string::npos) << outcome.err;
}

TEST_F(Bench, CostIsTheMachinesPriceForItsTime) {
  EXPECT_EQ(json_of("--backends cpu --rounds 1")["rows"][0]["dollars"], nullptr);
  const Json row = json_of("--backends cpu --rounds 2 --machine-price 36")["rows"][0];
  EXPECT_NEAR(row["dollars"].get<double>(), row["seconds"][1].get<double>() / 100, 1e-12);
}

TEST_F(Bench, ASweepHasAllPlansAndWhatTheyLose) {
  make_still("in.y4m", 12);
  const Json json = json_of("--backends cpu --rounds 1 --sweep 2x1,2x3,6x2,6xendless");
  ASSERT_EQ(json["sweep"].size(), 4U);
  ASSERT_EQ(json["tradeoff"].size(), 4U);
  ASSERT_EQ(json["reference"].size(), 2U);
  EXPECT_EQ(json["reference"][0]["chunk_frames"], 12);
  EXPECT_GT(json["reference"][0]["psnr_y"], json["reference"][1]["psnr_y"]);
  EXPECT_EQ(json["tradeoff"][3]["chunks_per_chain"], 0);
  for (std::size_t i = 0; i < 4; ++i) {
    const Json& row = json["sweep"][i];
    const Json& phases = row["phase_seconds"];
    const double chain = std::array{2.0, 6.0, 12.0, 12.0}[i];
    const double serial = (row["chunk_frames"].get<double>() * phases["1st pass"].get<double>() +
                           chain * phases["rebase"].get<double>()) /
                          12;
    EXPECT_NEAR(json["tradeoff"][i]["serial_seconds"].get<double>(), serial, 1e-9) << i;
  }
  // Six key frames cost more than two.
  EXPECT_GT(json["tradeoff"][0]["bits_lost"], json["tradeoff"][1]["bits_lost"]);
}

TEST_F(Bench, ThePlanThatOthersAreComparedWithLosesNothing) {
  const Json json = json_of("--backends cpu --rounds 1 --sweep 12xendless");
  EXPECT_EQ(json["sweep"][0]["digest"], json["reference"][0]["digest"]);
  EXPECT_NEAR(json["tradeoff"][0]["bits_lost"].get<double>(), 0, 1e-12);
}

TEST_F(Bench, DrawsTheSweep) {
  output_of("bench in.y4m --quiet --backends cpu --rounds 1 --sweep 2x1,2x3,6x2 --svg s.svg");
  const std::vector<std::uint8_t> bytes = bytes_of("s.svg");
  const std::string svg(bytes.begin(), bytes.end());
  for (const char* part : {"<svg ", "[2, 1]</text>", "[2, 3]</text>", "[6, 2]</text>", "</svg>"})
    EXPECT_NE(svg.find(part), std::string::npos) << part;
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST_F(Bench, ATraceShowsEveryEncode) {
  output_of("bench in.y4m --quiet --backends cpu,libvpx --rounds 2 --trace t.json");
  const std::vector<std::uint8_t> bytes = bytes_of("t.json");
  const Json trace = Json::parse(bytes.begin(), bytes.end());
  std::map<std::string, int> spans;
  for (const Json& event : trace["traceEvents"]) {
    if (event["ph"] == "X")
      ++spans[event["name"]];
  }
  EXPECT_EQ(spans["cpu [6, 16]"], 2);
  EXPECT_EQ(spans["libvpx -"], 2);
  EXPECT_GE(spans["rebase"], 4);
}

TEST_F(Bench, RefusesWhatMakesNoSense) {
  expect_failure("bench in.y4m --backends gpu", kUsage, {"--backends", "gpu", "lambda-map"});
  expect_failure("bench in.y4m --sweep 6,16x", kUsage, {"--sweep", "6x16"});
  expect_failure("bench in.y4m --sweep 0x1", kUsage, {"--sweep", "0x1"});
  expect_failure("bench in.y4m --rounds 0", kUsage, {"--rounds"});
  expect_failure("bench in.y4m --svg a.svg", kUsage, {"--svg", "--sweep"});
  expect_failure("bench in.y4m --json a --trace a", kUsage, {"same file"});
  expect_failure("bench none.y4m", kFailure, {"none.y4m"});
  EXPECT_EQ(files(), "in.y4m");
}

}  // namespace
}  // namespace tools::test
