// Timelines of workers, and sums over their answers.
#include "cloud/worker_tracks.hh"

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "cloud/run_summary.hh"

namespace cloud {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct SeenSpan {
  std::string name;
  std::string category;
  std::string kind;
  int track = 0;
  std::int64_t begin = 0;  // microseconds
  std::int64_t end = 0;
};

// Keeps all spans.
class Spans : public gpu::SpanSink {
 public:
  void span(const gpu::Span& span) noexcept override {
    const auto micros = [](Clock::time_point at) {
      return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
    };
    all.push_back({std::string(span.name), std::string(span.category), std::string(span.track_kind),
                   span.track, micros(span.begin), micros(span.end)});
  }
  void counter(std::string_view, std::int64_t) noexcept override {}

  std::vector<SeenSpan> all;
};

Result result_of(Phase phase, bool cold = false) {
  Result result;
  result.phase = phase;
  result.cold = cold;
  result.times = {
      .fetch = 2000, .state = 1000, .code = 5000, .measure = 500, .store = 3000, .wall = 20'000};
  result.bytes_in = 10;
  result.bytes_out = 20;
  return result;
}

Clock::time_point at(int ms) {
  return Clock::time_point(milliseconds(ms));
}

TEST(WorkerTracks, ATaskIsAStartAFetchItsWorkAndAStore) {
  Spans spans;
  WorkerTracks tracks(&spans);
  tracks.add(at(100), at(150), {.index = 7}, result_of(Phase::kRebase, true));
  ASSERT_EQ(spans.all.size(), 4U);
  const std::vector<std::tuple<std::string, int, int>> expected = {
      {"cold start", 100'000, 130'000},  // the worker says that it took 20 ms
      {"fetch", 130'000, 133'000},       // and the state
      {"rebase", 133'000, 147'000},
      {"store", 147'000, 150'000}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const SeenSpan& span = spans.all[i];
    EXPECT_EQ(std::tuple(span.name, static_cast<int>(span.begin), static_cast<int>(span.end)),
              expected[i]);
    EXPECT_EQ(span.category, "rebase");
    EXPECT_EQ(span.kind, "lambda worker");
  }
}

TEST(WorkerTracks, TasksOfOneTrackFollowEachOtherAndOthersGetTracksOfTheirOwn) {
  Spans spans;
  WorkerTracks tracks(&spans);
  tracks.add(at(0), at(30), {}, result_of(Phase::kFirstPass));
  tracks.add(at(10), at(40), {}, result_of(Phase::kFirstPass));
  tracks.add(at(30), at(60), {}, result_of(Phase::kRebase));
  tracks.add(at(45), at(70), {}, result_of(Phase::kRebase));
  std::map<int, std::int64_t> until;
  for (const SeenSpan& span : spans.all) {
    EXPECT_GE(span.begin, until[span.track]);
    EXPECT_GE(span.end, span.begin);
    until[span.track] = span.end;
  }
  EXPECT_EQ(until.size(), 2U);
}

TEST(WorkerTracks, AWorkerWhoseClockRunsFastStaysWithinItsCall) {
  Spans spans;
  WorkerTracks tracks(&spans);
  tracks.add(at(100), at(101), {}, result_of(Phase::kFirstPass));
  for (const SeenSpan& span : spans.all) {
    EXPECT_GE(span.begin, 100'000);
    EXPECT_LE(span.end, 101'000);
    EXPECT_LE(span.begin, span.end);
  }
}

TEST(RunSummary, AddsUpWhatWorkersSayAndHowLongTheyTookToStart) {
  CloudSummary summary;
  count(summary, result_of(Phase::kFirstPass, true), milliseconds(70));
  count(summary, result_of(Phase::kFirstPass), milliseconds(25));
  count(summary, result_of(Phase::kRebase), milliseconds(1));  // its clock runs fast
  const PhaseTotals& first = summary.phases[static_cast<std::size_t>(Phase::kFirstPass)];
  EXPECT_EQ(first.tasks, 2);
  EXPECT_EQ(first.cold, 1);
  EXPECT_EQ(first.start, 55'000U);
  EXPECT_EQ(first.times.fetch, 4000U);
  EXPECT_EQ(first.bytes_in, 20U);
  EXPECT_EQ(first.bytes_out, 40U);
  ASSERT_EQ(summary.cold_starts.size(), 1U);
  EXPECT_DOUBLE_EQ(summary.cold_starts[0], 0.05);
  ASSERT_EQ(summary.warm_starts.size(), 2U);
  EXPECT_DOUBLE_EQ(summary.warm_starts[0], 0.005);
  EXPECT_EQ(summary.warm_starts[1], 0);
  EXPECT_DOUBLE_EQ(summary.encode.cpu.first_pass, 0.01);
  EXPECT_DOUBLE_EQ(summary.encode.cpu.rebase, 0.005);
  EXPECT_DOUBLE_EQ(summary.encode.cpu.measure, 0.0015);
}

}  // namespace
}  // namespace cloud
