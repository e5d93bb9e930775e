// Traces: whole JSON whatever the threads do, nothing left behind by a failure, memory that does
// not grow.
#include "host/trace.hh"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "tests/host/test_clips.hh"

namespace host {
namespace {

using Json = nlohmann::json;
using std::chrono::microseconds;
using std::chrono::steady_clock;
using test::TempFolder;

std::vector<Json> events_of(const std::string& path, const std::string& phase) {
  const std::vector<std::uint8_t> bytes = test::file_bytes(path);
  const Json json = Json::parse(bytes.begin(), bytes.end());
  std::vector<Json> events;
  for (const Json& event : json.at("traceEvents")) {
    if (event.at("ph") == phase)
      events.push_back(event);
  }
  return events;
}

TEST(Trace, OfNothingIsWhole) {
  const TempFolder folder;
  Trace(folder / "t.json").commit();
  EXPECT_TRUE(events_of(folder / "t.json", "X").empty());
  EXPECT_EQ(folder.file_count(), 1U);
}

TEST(Trace, KeepsNamesTimesAndLabels) {
  const TempFolder folder;
  Trace trace(folder / "t.json");
  const auto begin = steady_clock::now();
  trace.span({"a \"quoted\"\n\xff name", "kind", begin, begin + microseconds(1500),
              gpu::Span::kThisThread, gpu::SpanLabels{-1, 2, 0, 5, 7}});
  trace.counter("pictures", -3);
  trace.commit();
  const Json span = events_of(folder / "t.json", "X").at(0);
  EXPECT_EQ(span["name"], "a \"quoted\"\n\uFFFD name");
  EXPECT_EQ(span["cat"], "kind");
  EXPECT_EQ(span["dur"], 1500.0);
  EXPECT_GE(span["ts"], 0.0);
  EXPECT_EQ(span["args"], Json({{"chain", 2}, {"chunk", 0}, {"picture", 5}, {"pictures", 7}}));
  EXPECT_EQ(events_of(folder / "t.json", "C").at(0)["args"]["value"], -3);
}

TEST(Trace, GivesEveryThreadAndEveryTrackOfADeviceAName) {
  constexpr int kThreads = 8;
  constexpr int kSpans = 500;
  const TempFolder folder;
  Trace trace(folder / "t.json");
  std::atomic<int> ready = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      ++ready;
      while (ready < kThreads) {
      }
      for (int k = 0; k < kSpans; ++k)
        const gpu::ScopedSpan span(&trace, "work", "test", {.chunk = k});
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  const auto now = steady_clock::now();
  trace.span({"copy", "device", now, now, 0, {}});
  trace.span({"kernel", "device", now, now, 2, {}});
  trace.commit();

  std::set<int> tracks;
  std::set<std::string> names;
  for (const Json& event : events_of(folder / "t.json", "X"))
    tracks.insert(event["tid"].get<int>());
  for (const Json& event : events_of(folder / "t.json", "M")) {
    if (event["name"] == "thread_name") {
      names.insert(event["args"]["name"].get<std::string>());
      tracks.erase(event["tid"].get<int>());
    }
  }
  EXPECT_EQ(events_of(folder / "t.json", "X").size(), kThreads * kSpans + 2U);
  EXPECT_TRUE(tracks.empty()) << tracks.size() << " tracks without a name";
  EXPECT_EQ(names.size(), kThreads + 3U);
  EXPECT_TRUE(names.contains("main"));
  EXPECT_TRUE(names.contains("device 2"));
}

TEST(Trace, WithoutASinkASpanDoesNothing) {
  gpu::ScopedSpan span(nullptr, "work", "test");
  span.labels().chunk = 1;
}

TEST(Trace, ThatIsNotCommittedLeavesNothing) {
  const TempFolder folder;
  {
    Trace trace(folder / "t.json");
    const gpu::ScopedSpan span(&trace, "work", "test");
  }
  EXPECT_EQ(folder.file_count(), 0U);
}

// Spans reach the file while the run goes on: they do not pile up in memory.
TEST(Trace, IsWrittenAsItGrows) {
  const TempFolder folder;
  Trace trace(folder / "t.json");
  const auto written = [&] {
    std::uintmax_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder / ""))
      bytes += file.file_size();
    return bytes;
  };
  constexpr std::uintmax_t kMostHeld = 100'000;
  constexpr std::uintmax_t kLeastPerSpan = 50;
  for (std::uintmax_t i = 1; i <= 20'000; ++i) {
    const auto now = steady_clock::now();
    trace.span({"work", "test", now, now, gpu::Span::kThisThread, {}});
    if (i % 5000 == 0) {
      EXPECT_GE(written() + kMostHeld, i * kLeastPerSpan);
    }
  }
  trace.commit();
  EXPECT_EQ(events_of(folder / "t.json", "X").size(), 20'000U);
}

TEST(Trace, ReportsAPlaceThatCannotBeWrittenAtOnce) {
  const TempFolder folder;
  EXPECT_THROW(Trace(folder / "none/t.json"), std::system_error);
  EXPECT_THROW(Trace("/dev/full"), std::system_error);
}

TEST(Trace, ReportsAFailureOfASpanLater) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  std::signal(SIGPIPE, SIG_IGN);
  Trace trace("/dev/fd/" + std::to_string(ends[1]));
  ::close(ends[0]);
  trace.check();
  const auto now = steady_clock::now();
  for (int i = 0; i < 5000; ++i)
    trace.span({"work", "test", now, now, gpu::Span::kThisThread, {}});
  EXPECT_THROW(trace.check(), std::system_error);
  EXPECT_THROW(trace.commit(), std::system_error);
  ::close(ends[1]);
}

}  // namespace
}  // namespace host
