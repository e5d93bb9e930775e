// The whole program on the stand-in for the CUDA runtime: its kernels run as PTX on the CPU, so
// that
// --device cuda can be held against --device cpu, and what goes wrong can be made to go wrong.
#include <nlohmann/json.hpp>

#include "tests/tools/program.hh"

namespace tools::test {
namespace {

class CudaEncode : public ProgramTest {
 protected:
  void SetUp() override {
    make_clip("in.y4m", 40, 32, 6);
    output_of("encode in.y4m -o cpu.ivf --device cpu " + plan_);
  }

  Outcome encode(const std::string& environment, const std::string& options) const {
    return sh(environment + " $F encode in.y4m -o cuda.ivf " + options + " " + plan_);
  }
  void expect_same_bytes(const std::string& environment, const std::string& options) const {
    SCOPED_TRACE(environment + " " + options);
    const Outcome outcome = encode(environment, "--device cuda " + options);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(bytes_of("cuda.ivf"), bytes_of("cpu.ivf"));
  }
  // Either the work was done another way, to the same bytes, or it ended with a message and left
  // nothing behind. True if it was done.
  bool expect_done_or_clear_error(const std::string& environment) const {
    SCOPED_TRACE(environment);
    sh("rm -f cuda.ivf");
    const Outcome outcome = encode(environment, "--device cuda");
    if (outcome.code == 0) {
      EXPECT_EQ(bytes_of("cuda.ivf"), bytes_of("cpu.ivf"));
      return true;
    }
    EXPECT_EQ(outcome.code, 1) << outcome.err;
    EXPECT_NE(outcome.err.find("fastslow: "), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("--device cpu"), std::string::npos) << outcome.err;
    EXPECT_EQ(files().find("cuda.ivf"), std::string::npos) << files();
    return false;
  }

  const std::string plan_ = "--chunk-frames 2 --chunks-per-chain 2 --cq 20 --quiet";
};

TEST_F(CudaEncode, GivesTheCpusBytesInAnyOrderOfWork) {
  for (const char* order : {"in-order", "late", "seeded"}) {
    for (const char* threads : {"1", "2"}) {
      expect_same_bytes("FAKE_CUDA_ORDER=" + std::string(order),
                        "--threads " + std::string(threads));
    }
  }
}

TEST_F(CudaEncode, GivesTheCpusBytesInAnyOrderOfLanes) {
  for (const char* lanes : {"forward", "reverse", "shuffled"})
    expect_same_bytes("FAKE_CUDA_LANES=" + std::string(lanes), "");
}

TEST_F(CudaEncode, RunsTheKernels) {
  expect_same_bytes("FAKE_CUDA_REPORT=report.json", "");
  const auto bytes = bytes_of("report.json");
  const std::string report(bytes.begin(), bytes.end());
  for (const char* kernel : {"set_borders", "decide_inter", "decide_intra", "code_macroblock",
                             "measure_filter", "step_filter_search", "filter_macroblock",
                             "extend_borders", "halve_pictures", "compare_macroblock"}) {
    EXPECT_NE(report.find(kernel), std::string::npos) << kernel;
  }
}

TEST_F(CudaEncode, WorksInPartsWhereMemoryIsShort) {
  expect_same_bytes("FAKE_CUDA_MEMORY=2000000", "");
  expect_same_bytes("", "--device-memory 700K");
  const Outcome outcome = encode("", "--device cuda --device-memory 10K");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.err.find("--device-memory"), std::string::npos) << outcome.err;
}

TEST_F(CudaEncode, SurvivesOrReportsEveryFailedAllocation) {
  int done = 0;
  int failed = 0;
  for (const int n : {1, 2, 3, 5, 8, 13, 21, 34}) {
    ++(expect_done_or_clear_error("FAKE_CUDA_FAIL_ALLOCATION=" + std::to_string(n)) ? done
                                                                                    : failed);
  }
  EXPECT_GT(done, 0);
}

TEST_F(CudaEncode, ReportsFailedLaunchesAndKernels) {
  for (const int n : {1, 2, 30, 64})
    EXPECT_FALSE(expect_done_or_clear_error("FAKE_CUDA_FAIL_LAUNCH=" + std::to_string(n)));
  for (const int n : {1, 2, 5})
    EXPECT_FALSE(expect_done_or_clear_error("FAKE_CUDA_FAIL_SYNCHRONISE=" + std::to_string(n)));
}

TEST_F(CudaEncode, WithoutAUsableGpuSaysWhyAndAutoGoesOn) {
  // None, an old driver, and one that the program has no code for.
  for (const char* environment :
       {"FAKE_CUDA_DEVICES=0", "FAKE_CUDA_OLD_DRIVER=1", "FAKE_CUDA_DEVICE=t4"}) {
    EXPECT_FALSE(expect_done_or_clear_error(environment));
    const Outcome outcome = encode(environment, "--device auto");
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(bytes_of("cuda.ivf"), bytes_of("cpu.ivf"));
  }
}

}  // namespace
}  // namespace tools::test
