// Tests of the team of threads, and that ThreadSanitizer finds in it what the checker finds.
#include "tests/checker/thread_team.hh"

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "codec/team.hh"
#include "tests/checker/sample_kernels.hh"

namespace checker {
namespace {

TEST(ThreadTeam, GivesWhatOneLaneGives) {
  const auto samples = samples::some_samples();
  samples::Scratch scratch;
  std::array<std::uint8_t, 256> smooth{};
  samples::Result one;
  samples::smooth_histogram(vp8::OneLane{}, samples.data(), &scratch, smooth.data(), &one);
  samples::Result many;
  run_threads(5, [&](const auto& team) {
    samples::smooth_histogram(team, samples.data(), &scratch, smooth.data(), &many);
  });
  EXPECT_EQ(many, one);
}

struct Outcome {
  int status = 0;
  std::string output;
};

Outcome run_program(const std::string& command) {
  Outcome outcome;
  std::FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  std::array<char, 4096> piece{};
  while (pipe != nullptr && std::fgets(piece.data(), piece.size(), pipe) != nullptr)
    outcome.output += piece.data();
  outcome.status = pipe == nullptr ? -1 : pclose(pipe);
  return outcome;
}

TEST(ThreadTeam, ThreadSanitizerPassesTheRightKernel) {
  const Outcome outcome = run_program(FASTSLOW_THREAD_RACE_CHECK);
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_TRUE(outcome.output.starts_with("total ")) << outcome.output;
}

TEST(ThreadTeam, ThreadSanitizerFindsAMissingBarrier) {
  const Outcome outcome = run_program(FASTSLOW_THREAD_RACE_CHECK " drop");
  EXPECT_TRUE(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 66) << outcome.output;
  EXPECT_NE(outcome.output.find("data race"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("sample_kernels.hh"), std::string::npos) << outcome.output;
}

}  // namespace
}  // namespace checker
