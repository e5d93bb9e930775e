// `fastslow simulate` as a user sees it.
#include <nlohmann/json.hpp>

#include "tests/tools/program.hh"

namespace tools::test {
namespace {

using Json = nlohmann::json;

constexpr int kUsage = 2;

class Simulate : public ProgramTest {};

TEST_F(Simulate, SaysThatItIsAModelAndWhereItsNumbersAreFrom) {
  for (const char* arguments : {"simulate --paper", "simulate --pictures 600 --size 640x480"}) {
    const std::string text = output_of(arguments);
    EXPECT_TRUE(text.starts_with("a model, not a measurement")) << text;
    EXPECT_NE(text.find("where the model's numbers are from:\n- "), std::string::npos);
    EXPECT_NE(text.find("us-east-1, 20"), std::string::npos);
    const Json json = Json::parse(output_of(std::string(arguments) + " --json"));
    EXPECT_EQ(json["model"], true);
    EXPECT_TRUE(json["note"].get<std::string>().starts_with("a model"));
    EXPECT_GE(json["sources"].size(), 3u);
  }
}

TEST_F(Simulate, ComparesLimitsOfWorkers) {
  const Json json = Json::parse(output_of(
      "simulate --pictures 960 --size 1920x1080 --plan 6,4 --uploaded --workers 1,10,100 --json"));
  ASSERT_EQ(json["runs"].size(), 3u);
  EXPECT_EQ(json["chunk_frames"], 6);
  EXPECT_EQ(json["chunks_per_chain"], 4);
  double before = 1e9;
  for (const Json& run : json["runs"]) {
    EXPECT_EQ(run["chunks"], 160);
    EXPECT_LE(run["peak_workers"], run["workers"]);
    EXPECT_LT(run["seconds"].get<double>(), before);
    before = run["seconds"];
    std::int64_t sum = 0;
    for (const auto& [name, part] : run["nano_dollars"].items())
      sum += name == "total" ? 0 : part.get<std::int64_t>();
    EXPECT_EQ(run["nano_dollars"]["total"], sum);
  }
}

TEST_F(Simulate, FollowsItsSeedAndItsOptions) {
  const std::string video = "simulate --pictures 960 --size 640x480 --uploaded --json ";
  EXPECT_EQ(output_of(video + "--seed 3"), output_of(video + "--seed 3"));
  EXPECT_NE(output_of(video + "--seed 3"), output_of(video + "--seed 4"));
  const auto run = [&](const std::string& options) {
    return Json::parse(output_of(video + options))["runs"][0];
  };
  const Json usual = run("");
  EXPECT_GT(run("--first-pass-ms 5000")["seconds"], usual["seconds"]);
  EXPECT_GT(run("--rebase-ms 5000")["chain_step_seconds"], usual["chain_step_seconds"]);
  EXPECT_GT(run("--source-mb 50")["worker_seconds"], usual["worker_seconds"]);
  EXPECT_GT(run("--failures 20")["failures"], usual["failures"]);
  EXPECT_GT(run("--read-ms 100")["seconds"], usual["seconds"]);
  EXPECT_GT(run("--line-mb-s 0.1")["seconds"], usual["seconds"]);
  EXPECT_GT(run("--memory-mb 10240")["nano_dollars"]["compute"], usual["nano_dollars"]["compute"]);
  EXPECT_LT(run("--arm")["nano_dollars"]["compute"], usual["nano_dollars"]["compute"]);
}

TEST_F(Simulate, OfAnEncodeThatCannotEndSaysWhy) {
  const std::string text =
      output_of("simulate --pictures 60 --size 64x64 --uploaded --failures 100");
  EXPECT_NE(text.find("ended early: "), std::string::npos) << text;
}

TEST_F(Simulate, RefusesWhatMakesNoSense) {
  expect_failure("simulate --workers 0", kUsage, {"--workers"});
  expect_failure("simulate --workers 10001", kUsage, {"--workers"});
  expect_failure("simulate --workers 1,x", kUsage, {"--workers"});
  expect_failure("simulate --pictures 0", kUsage, {"--pictures"});
  expect_failure("simulate --paper --size 64x64", kUsage, {"--paper", "--size"});
  expect_failure("simulate --failures 101", kUsage, {"--failures"});
  expect_failure("simulate --line-mb-s 0", kUsage, {"--line-mb-s"});
  expect_failure("simulate --size 64", kUsage, {"--size", "WxH"});
}

}  // namespace
}  // namespace tools::test
