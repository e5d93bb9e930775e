// Tests of the checker: what is right passes, and each planted error is found where it is.
#include "tests/checker/checker.hh"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "codec/team.hh"
#include "tests/checker/sample_kernels.hh"

namespace checker {
namespace {

/// Buffers of smooth_histogram().
struct Histogram {
  Buffer<std::uint8_t> samples{"samples", samples::some_samples()};
  Buffer<samples::Scratch> scratch{"scratch", 1, Lifetime::kTeam};
  Buffer<std::uint8_t> smooth{"smooth", 256};
  Buffer<samples::Result> result{"result", 1};

  Report run(const Options& options) {
    return checker::run(options, [this](const auto& team) {
      samples::smooth_histogram(team, samples.data(), scratch.data(), smooth.data(), result.data());
    });
  }
};

TEST(Checker, PassesARightKernelOnAllSchedules) {
  const auto samples = samples::some_samples();
  samples::Scratch scratch;
  std::array<std::uint8_t, 256> smooth{};
  samples::Result expected;
  samples::smooth_histogram(vp8::OneLane{}, samples.data(), &scratch, smooth.data(), &expected);
  for (const Options& options : schedules()) {
    const auto histogram = std::make_unique<Histogram>();
    const Report report = histogram->run(options);
    EXPECT_TRUE(report.clean()) << report;
    EXPECT_GT(report.accesses, 256 * 7);
    EXPECT_EQ(report.barriers.size(), 4);
    EXPECT_EQ(histogram->result.values()[0], expected);
    EXPECT_TRUE(std::ranges::equal(histogram->smooth.values(), smooth));
    EXPECT_EQ(histogram->smooth.unwritten_bytes(), 0);
  }
}

TEST(Checker, FindsARaceWhereABarrierIsMissing) {
  for (Options options : schedules()) {
    options.without_barrier = samples::staging_site();
    Histogram histogram;
    const Report report = histogram.run(options);
    EXPECT_EQ(report.clean(), options.lanes == 1) << report;
    EXPECT_TRUE(report.has("race: ") || options.lanes == 1) << report;
  }
}

TEST(Checker, ShowsWhichBarriersAreNeeded) {
  const std::vector<Site> barriers = Histogram().run({}).barriers;
  ASSERT_EQ(barriers.size(), 4);
  EXPECT_EQ(barriers[1], samples::staging_site());
  std::vector<bool> needed;
  for (const Site& site : barriers)
    needed.push_back(!Histogram().run({.lanes = 32, .without_barrier = site}).clean());
  // The window's, which does for the bins as well, and the counting's. Nobody reads what the end of
  // the kernel wrote.
  EXPECT_EQ(needed, (std::vector<bool>{false, true, true, false}));
}

TEST(Checker, NamesBothLinesOfARace) {
  Buffer<int> word("word", 1);
  const Report report =
      run({.lanes = 2}, [&](const auto& team) { team.each(2, [&](int i) { *word.data() = i; }); });
  const std::string line = "tests/checker/checker_test.cc:" + std::to_string(__LINE__ - 1);
  ASSERT_EQ(report.faults.size(), 1) << report;
  EXPECT_TRUE(
      report.has("race: lane 1 writes word[0] (4 of 4 bytes, at byte 0), which lane 0 "
                 "wrote since the last barrier\n    at " +
                 line))
      << report;
  EXPECT_TRUE(report.has("the other at " + line)) << report;
}

TEST(Checker, FindsARaceOfEqualValues) {
  Buffer<int> word("word", 1);
  EXPECT_TRUE(run({.lanes = 4}, [&](const auto& team) {
                *word.data() = 7;
                team.sync();
              }).has("race: "));
}

TEST(Checker, FindsWritesAfterReadsInEitherOrder) {
  for (const Order order : {Order::kForward, Order::kReverse}) {
    Buffer<int> words("words", std::vector<int>{1, 2});
    Buffer<int> out("out", 2);
    const Report report = run({.lanes = 2, .order = order}, [&](const auto& team) {
      team.each(2, [&](int i) {
        if (i == 0)
          words.data()[1] = 3;
        else
          out.data()[1] = words.data()[1];
      });
    });
    EXPECT_TRUE(report.has(order == Order::kForward ? "which lane 0 wrote" : "which lane 1 read"))
        << report;
  }
}

TEST(Checker, FindsReadsByAnyOfSeveralLanes) {
  Buffer<int> word("word", std::vector<int>{1});
  Buffer<int> out("out", 3);
  const Report report = run({.lanes = 3}, [&](const auto& team) {
    out.data()[team.lane()] = *word.data();
    if (team.lane() == 2)
      *word.data() = 2;
    team.sync();
  });
  EXPECT_TRUE(report.has("which other lanes read")) << report;
}

TEST(Checker, ASumOrdersReadsBeforeWritesButShowsNoWrites) {
  Buffer<int> words("words", std::vector<int>{1, 2, 3, 4});
  int* const at = words.data();
  const Report good = run({.lanes = 4}, [at](const auto& team) {
    const int total = team.sum(4, [&](int i) { return at[i]; });
    team.once([&] { at[3] = total; });
  });
  EXPECT_TRUE(good.clean()) << good;
  EXPECT_EQ(words.values()[3], 10);
  Buffer<int> sums("sums", 4);
  const Report bad = run({.lanes = 4}, [&, at](const auto& team) {
    sums.data()[team.lane()] = team.sum(4, [&](int i) { return ++at[i]; }) + at[0];
    team.sync();
  });
  EXPECT_TRUE(bad.has("race: lane 1 reads words[0]")) << bad;
}

TEST(Checker, SumsHaveTheirItemsType) {
  run({.lanes = 5}, [&](const auto& team) {
    const auto narrow = team.sum(10, [](int i) { return 0x40000000u + static_cast<unsigned>(i); });
    const auto wide = team.sum(10, [](int i) { return std::int64_t{-1} << (i + 30); });
    if (narrow != 0x8000002du || wide != -(std::int64_t{1023} << 30))
      throw std::runtime_error("wrong sum");
  });
  const auto report = run({.lanes = 5}, [](const auto& team) {
    if (team.sum(3, [](int i) { return -i; }) == -3)
      throw std::runtime_error("as it should be");
  });
  EXPECT_TRUE(report.has("as it should be")) << report;
}

TEST(Checker, AtomicAddsDoNotRaceUnlessWithPlainAccesses) {
  Buffer<std::uint32_t> count("count", std::vector<std::uint32_t>{0});
  const Report good = run({.lanes = 32, .teams = 3}, [&](const auto& team) {
    team.each(64, [&](int) { team.add(count.data(), 1); });
  });
  EXPECT_TRUE(good.clean()) << good;
  EXPECT_EQ(count.values()[0], 192);
  for (const bool read : {false, true}) {
    const Report bad = run({.lanes = 2}, [&](const auto& team) {
      team.each(2, [&](int i) {
        if (i == 0)
          team.add(count.data(), 1);
        else if (read)
          team.add(count.data(), *count.data());
        else
          *count.data() = 0;
      });
    });
    EXPECT_TRUE(bad.has("race: lane 1 ")) << bad;
  }
  EXPECT_TRUE(run({.lanes = 2}, [&](const auto& team) {
                team.add(count.data(), 1);
                team.sync();
              }).has("misuse: lane 0 calls add() outside"));
}

TEST(Checker, AtomicAddsCountAsTheirLanesWrites) {
  const auto report_of = [](const auto& body) {
    Buffer<std::uint32_t> count("count", std::vector<std::uint32_t>{0});
    return run({.lanes = 2}, [&](const auto& team) {
      team.each(2, [&](int i) { body(team, count.data(), i); });
    });
  };
  const Report written_before = report_of([](const auto& team, std::uint32_t* at, int i) {
    if (i == 0)
      *at = 1;
    team.add(at, 1);
  });
  EXPECT_TRUE(written_before.has("race: lane 1 adds to count[0]")) << written_before;
  const Report read_behind = report_of([](const auto& team, std::uint32_t* at, int i) {
    team.add(at, 1);
    if (i == 1)
      team.add(at, *at);
  });
  EXPECT_TRUE(read_behind.has("race: lane 1 reads count[0]")) << read_behind;
  Buffer<std::uint32_t> fresh("fresh", 1);
  const Report uninitialised =
      run({.lanes = 1}, [&](const auto& team) { team.once([&] { team.add(fresh.data(), 1); }); });
  EXPECT_TRUE(uninitialised.has("uninitialised: lane 0 adds to fresh[0]")) << uninitialised;
}

TEST(Checker, ASumSeparatesReaders) {
  Buffer<int> word("word", std::vector<int>{1});
  int* const at = word.data();
  const Report report = run({.lanes = 2}, [at](const auto& team) {
    const int first = team.sum(1, [&](int) { return *at; });
    const int second = team.sum(2, [&](int i) { return i == 0 ? 0 : *at += first; });
    if (first + second != 3)
      throw std::runtime_error("wrong sum");
  });
  EXPECT_TRUE(report.clean()) << report;
}

TEST(Checker, RunsLanesInTheOrderAskedFor) {
  std::vector<std::vector<int>> turns;
  for (const Order order : {Order::kForward, Order::kReverse, Order::kSeeded}) {
    Buffer<int> next("next", std::vector<int>{0});
    Buffer<int> turn("turn", 5);
    run({.lanes = 5, .order = order}, [&](const auto& team) {
      turn.data()[team.lane()] = (*next.data())++;  // a race, so that the order shows
    });
    turns.emplace_back(turn.values().begin(), turn.values().end());
  }
  EXPECT_EQ(turns[0], (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_EQ(turns[1], (std::vector<int>{4, 3, 2, 1, 0}));
  EXPECT_NE(turns[2], turns[0]);
  std::ranges::sort(turns[2]);
  EXPECT_EQ(turns[2], turns[0]);
}

TEST(Checker, NamesBothSitesOfADivergentBarrier) {
  Buffer<int> out("out", 1);
  const Report report = run({.lanes = 4}, [&](const auto& team) {
    if (team.lane() < 2)
      team.once([&] { *out.data() = 1; });
    else
      team.sync();
  });
  const std::string file = "checker_test.cc:";
  EXPECT_TRUE(report.has("divergent: lane 0 is in once() at ")) << report;
  EXPECT_TRUE(report.has(file + std::to_string(__LINE__ - 6))) << report;
  EXPECT_TRUE(report.has(file + std::to_string(__LINE__ - 5))) << report;
}

TEST(Checker, FindsALaneThatEndsEarly) {
  Buffer<int> out("out", 4);
  const Report report = run({.lanes = 4}, [&](const auto& team) {
    if (team.lane() == 3)
      return;
    team.each(4, [&](int i) { out.data()[i] = i; });
  });
  EXPECT_TRUE(report.has("lane 3 has ended")) << report;
}

TEST(Checker, FindsCountsThatDifferBetweenLanes) {
  Buffer<int> out("out", 8);
  const Report each = run({.lanes = 4}, [&](const auto& team) {
    team.each(team.lane() == 1 ? 5 : 4, [&](int i) { out.data()[i] = i; });
  });
  EXPECT_TRUE(each.has("not uniform: lane 0 is in each() at ")) << each;
  EXPECT_TRUE(each.has("with n = 4 and 5")) << each;
  const Report sum = run({.lanes = 4}, [&](const auto& team) {
    out.data()[team.lane()] = team.sum(team.lane(), [](int i) { return i; });
    team.sync();
  });
  EXPECT_TRUE(sum.has("not uniform: lane 0 is in sum()")) << sum;
}

TEST(Checker, FindsBarriersInsideOfItems) {
  Buffer<int> out("out", 4);
  const Report report = run({.lanes = 4}, [&](const auto& team) {
    team.each(4, [&](int i) {
      out.data()[i] = i;
      team.sync();
    });
  });
  EXPECT_TRUE(report.has("misuse: lane 0 calls sync()")) << report;
}

TEST(Checker, FindsRacesBetweenTeams) {
  Buffer<int> words("words", 4);
  const Report apart = run({.lanes = 2, .teams = 4}, [&](const auto& team, int index) {
    team.once([&] { words.data()[index] = index; });
  });
  EXPECT_TRUE(apart.clean()) << apart;
  const Report neighbour = run({.lanes = 2, .teams = 4}, [&](const auto& team, int index) {
    team.sync();
    team.once([&] { words.data()[index] = words.data()[(index + 3) % 4] + 1; });
  });
  EXPECT_TRUE(neighbour.has("which another team wrote in the same launch")) << neighbour;
  EXPECT_TRUE(neighbour.has("which another team read in the same launch")) << neighbour;
  const Report next = run({.lanes = 2}, [&](const auto& team) {
    team.once([&] { words.data()[0] = words.data()[3]; });
  });
  EXPECT_TRUE(next.clean()) << next;
}

TEST(Checker, FindsRacesBetweenTeamsBehindTheTeamsOwnAccesses) {
  Buffer<std::uint32_t> word("word", std::vector<std::uint32_t>{1});
  Buffer<std::uint32_t> out("out", 2);
  const Report reads = run({.lanes = 1, .teams = 2}, [&](const auto& team, int index) {
    team.once([&] { out.data()[index] = *word.data(); });
    if (index == 1)
      team.once([&] { *word.data() = 2; });
  });
  EXPECT_TRUE(
      reads.has("race: lane 0 writes word[0] (4 of 4 bytes, at byte 0), which another team "
                "read in the same launch"))
      << reads;
  for (const bool write : {false, true}) {
    const Report adds = run({.lanes = 1, .teams = 2}, [&](const auto& team, int index) {
      team.once([&] { team.add(word.data(), 1); });
      if (index == 1 && write)
        team.once([&] { *word.data() = 2; });
      else if (index == 1)
        team.once([&] { out.data()[0] = *word.data(); });
    });
    EXPECT_TRUE(adds.has("which another team wrote in the same launch")) << adds;
  }
}

TEST(Checker, TeamsFindTheirSharedMemoryUninitialised) {
  Buffer<int> shared("shared", 1, Lifetime::kTeam);
  Buffer<int> out("out", 2);
  const Report report = run({.lanes = 2, .teams = 2}, [&](const auto& team, int index) {
    if (index == 0)
      team.once([&] { *shared.data() = 1; });
    team.once([&] { out.data()[index] = *shared.data(); });
  });
  EXPECT_EQ(report.faults.size(), 1) << report;
  EXPECT_TRUE(report.has("uninitialised: lane 0 reads shared[0]")) << report;
}

TEST(Checker, ScattersItemsOverLanes) {
  Buffer<int> lanes("lanes", 64);
  const Report report = run({.lanes = 7, .scatter = true}, [&](const auto& team) {
    team.each(64, [&](int i) { lanes.data()[i] = team.lane(); });
  });
  EXPECT_TRUE(report.clean()) << report;
  EXPECT_EQ(lanes.unwritten_bytes(), 0);
  int strided = 0;
  for (std::size_t i = 0; i < 64; ++i)
    strided += lanes.values()[i] == static_cast<int>(i % 7) ? 1 : 0;
  EXPECT_LT(strided, 32);
}

TEST(Checker, ComplainsWhereNothingWasChecked) {
  EXPECT_TRUE(run({.lanes = 2}, [](const auto& team) { team.sync(); }).has("nothing checked"));
}

}  // namespace
}  // namespace checker
