// The choice of a device, the list of devices and traces, as a user sees them. True on machines
// with a GPU and without.
#include <algorithm>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "tests/tools/program.hh"

namespace tools::test {
namespace {

using Json = nlohmann::json;

constexpr int kFailure = 1;
constexpr int kUsage = 2;

class Devices : public ProgramTest {
 protected:
  Json json_of(const std::string& arguments) const { return Json::parse(output_of(arguments)); }
  bool has_gpu() const { return !json_of("devices --json").contains("why_no_cuda"); }
};

TEST_F(Devices, AreListedOrTheReasonIsGiven) {
  const Json json = json_of("devices --json");
  EXPECT_EQ(json["devices"][0]["device"], "cpu");
  EXPECT_GE(json["devices"][0]["threads"], 1);
  EXPECT_FALSE(json["devices"][0]["instruction_set"].get<std::string>().empty());
  EXPECT_EQ(json["devices"].size() == 1, json.contains("why_no_cuda"));
  EXPECT_FALSE(json["devices"][0].contains("wave"));
  EXPECT_TRUE(output_of("devices").starts_with("cpu: "));
}

TEST_F(Devices, TellWhatAWaveHolds) {
  const Json small = json_of("devices --size 640x480 --plan 5,endless --threads 3 --json");
  const Json& wave = small["devices"][0]["wave"];
  EXPECT_EQ(wave["pictures"].get<int>(), 5 * wave["chunks"].get<int>());
  EXPECT_GE(wave["at_once"], 1);
  const Json large = json_of("devices --size 1280x960 --plan 5,7 --threads 3 --json");
  EXPECT_GT(large["devices"][0]["wave"]["host_memory_bytes"].get<std::uint64_t>(),
            3 * wave["host_memory_bytes"].get<std::uint64_t>());
  EXPECT_NE(output_of("devices --size 64x48").find("a wave holds"), std::string::npos);
}

TEST_F(Devices, RefuseSizesAndPlansThatMakeNoSense) {
  for (const char* value : {"64", "64x", "x48", "0x48", "64x-1", "64x48x2", "64 x48", "99999x9"}) {
    expect_failure("devices --size '" + std::string(value) + "'", kUsage, {"--size", value, "WxH"});
  }
  for (const char* value : {"6", "6,", ",6", "0,6", "6,0", "6,x", "6,6,6", "endless,6"}) {
    expect_failure("devices --plan '" + std::string(value) + "'", kUsage, {"--plan", value, "N,X"});
  }
  for (const char* value :
       {"0", "-1", "G", "1.5G", "8Q", "8GB", "99999999999999999999", "99999999T"}) {
    const std::string option = "--device-memory " + std::string(value);
    expect_failure("devices " + option, kUsage, {"--device-memory", value, "512M"});
    expect_failure("encode a -o b " + option, kUsage, {"--device-memory", value});
  }
  expect_failure("encode a -o b --device gpu", kUsage, {"--device", "gpu", "cuda"});
  expect_failure("encode a -o b --device cpu --device-memory 1G", kUsage, {"--device-memory"});
}

TEST_F(Devices, EncodeSaysWhichItTookUnlessItWasTold) {
  make_clip("in.y4m", 32, 32, 2);
  EXPECT_TRUE(fastslow("encode in.y4m -o o.ivf").err.starts_with("fastslow: device: "));
  EXPECT_TRUE(fastslow("encode in.y4m -o o.ivf --device cpu").err.starts_with("2 pictures in "));
  EXPECT_EQ(fastslow("encode in.y4m -o o.ivf --quiet").err, "");
  if (!has_gpu()) {
    const std::string err = fastslow("encode in.y4m -o o.ivf -v").err;
    EXPECT_NE(err.find("; not CUDA: "), std::string::npos) << err;
  }
}

TEST_F(Devices, CudaWithoutAGpuIsAnErrorThatSaysHowToMend) {
  if (has_gpu()) {
    GTEST_SKIP() << "there is a GPU";
  }
  make_clip("in.y4m", 32, 32, 2);
  expect_failure("encode in.y4m -o o.ivf --device cuda", kFailure,
                 {"no CUDA device can be used: ", ";", "--device cpu"});
  EXPECT_EQ(files(), "in.y4m");
}

// Bytes are those of an encode without a trace; every picture is in a span of each phase.
TEST_F(Devices, TracesCoverAllPicturesInAllPhases) {
  make_clip("in.y4m", 48, 32, 23);
  const std::string encode =
      "encode in.y4m --quiet --device cpu --chunk-frames 3 --chunks-per-chain 2 ";
  output_of(encode + "-o plain.ivf");
  output_of(encode + "-o traced.ivf --trace t.json");
  EXPECT_EQ(bytes_of("plain.ivf"), bytes_of("traced.ivf"));
  EXPECT_EQ(files(), "in.y4m plain.ivf t.json traced.ivf");

  const std::vector<std::uint8_t> bytes = bytes_of("t.json");
  std::map<std::string, std::multiset<std::int64_t>> covered;
  const Json json = Json::parse(bytes.begin(), bytes.end());
  for (const Json& event : json["traceEvents"]) {
    const Json args = event.value("args", Json::object());
    if (event["ph"] != "X")
      continue;
    const std::int64_t first = args.value("picture", std::int64_t{0});
    for (std::int64_t i = 0; i < args.value("pictures", std::int64_t{0}); ++i)
      covered[event["cat"]].insert(first + i);
  }
  for (const char* phase : {"read", "lookahead", "first pass", "rebase", "write"}) {
    const std::multiset<std::int64_t>& pictures = covered[phase];
    EXPECT_EQ(pictures.size(), 23U) << phase;
    EXPECT_EQ(std::set<std::int64_t>(pictures.begin(), pictures.end()).size(), 23U) << phase;
  }
}

TEST_F(Devices, ATraceThatCannotBeWrittenIsAnErrorAndLeavesNothing) {
  make_clip("in.y4m", 32, 32, 4);
  expect_failure("encode in.y4m -o o.ivf --trace none/t.json", kFailure, {"none/t.json"});
  expect_failure("encode in.y4m -o o.ivf --trace /dev/full", kFailure, {"/dev/full"});
  expect_failure("encode in.y4m -o o.ivf --trace o.ivf", kUsage, {"--trace", "same file"});
  expect_failure("encode in.y4m -o - --trace -", kUsage, {"--trace", "standard output"});
  EXPECT_EQ(files(), "in.y4m");
}

}  // namespace
}  // namespace tools::test
