// Without its barriers a kernel is wrong, and both the checker and ThreadSanitizer see it.
#include "tests/cuda/kernel_barriers.hh"

#include <algorithm>
#include <array>
#include <cstdio>
#include <list>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "tests/cuda/kernel_launches.hh"
#include "tests/cuda/kernel_pictures.hh"

namespace gpu::test {
namespace {

using oracle::Content;

// Few pictures that between them come by every barrier, and the kernels that they go through.
class Pictures {
 public:
  Pictures() {
    take(Clip{"Pan", Content::kPan, 32, 32, 2}, {0, 1});
    take(Clip{"Screen", Content::kScreen, 32, 32, 3, 30}, {2});
    take(Clip{"Flat", Content::kFlat, 32, 16, 2, 127}, {1});
  }

  Findings run(const checker::Options& options) {
    Findings all;
    for (Prepared& p : prepared_) {
      p.round.reset(options);
      p.round.buffers(0).set_filter(p.filter);
      p.round.set_borders();
      p.round.decide_and_code(Order::kDiagonals);
      p.round.measure_filter();
      p.round.filter(Order::kDiagonals);
      p.round.extend_borders();
      all.add(p.round.findings());
      if (!all.clean())
        break;
    }
    return all;
  }

 private:
  struct Prepared {
    CheckedRound round;
    vp8::FrameFilter filter;
  };

  void take(const Clip& clip, const std::set<int>& wanted) {
    const int level = 20;  // any that filters
    int index = 0;
    for_each_round(clip, 1, [&](const Round& round) {
      if (wanted.contains(index++)) {
        prepared_.push_back(
            {CheckedRound(subjects_of(round)), vp8::FrameFilter(round.front()->rules(), level)});
      }
    });
  }

  std::list<Prepared> prepared_;
};

// Steps of decisions store different things one after the other: there the next step's barrier, or
// the kernel's end, does for both. Everything else needs all of its barriers.
TEST(KernelBarriers, AreMissedByTheCheckerWhenTheyAreGone) {
  Pictures pictures;
  expect_needed_barriers(
      [&](const checker::Options& options) { return pictures.run(options); },
      {"cuda/kernels-inl.h", "cuda/macroblock_trial-inl.h", "cuda/intra_decision-inl.h",
       "cuda/inter_decision-inl.h", "cuda/kernel_launches.cc"},
      30);
}

struct Outcome {
  int status = 0;
  std::string output;
};

// Ends with the first race: after one, lanes may wait for each other for ever.
Outcome run_race_check(const std::string& arguments) {
  Outcome outcome;
  const std::string command = "TSAN_OPTIONS=halt_on_error=1 timeout 60 " FASTSLOW_KERNEL_RACE_CHECK
                              " " +
                              arguments + " 2>&1";
  std::FILE* const pipe = popen(command.c_str(), "r");
  std::array<char, 4096> piece{};
  while (pipe != nullptr && std::fgets(piece.data(), piece.size(), pipe) != nullptr)
    outcome.output += piece.data();
  outcome.status = pipe == nullptr ? -1 : pclose(pipe);
  return outcome;
}

TEST(KernelBarriers, SufficeForThreadSanitizer) {
  const Outcome outcome = run_race_check("");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_TRUE(outcome.output.starts_with("equal ")) << outcome.output;
}

TEST(KernelBarriers, AreMissedByThreadSanitizerWhenTheyAreGone) {
  Pictures pictures;
  const std::vector<checker::Site> sites = pictures.run({}).barriers;
  for (const std::string file :
       {"cuda/lane_residue.hh", "cuda/lane_predict.hh", "cuda/lane_metrics.hh"}) {
    const auto site = std::ranges::find_if(
        sites, [&](const checker::Site& s) { return text_of(s).starts_with(file); });
    ASSERT_NE(site, sites.end()) << file;
    const Outcome outcome =
        run_race_check(std::string(site->file) + " " + std::to_string(site->line));
    EXPECT_TRUE(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 66) << outcome.output;
    EXPECT_NE(outcome.output.find("data race"), std::string::npos) << outcome.output;
  }
}

}  // namespace
}  // namespace gpu::test
