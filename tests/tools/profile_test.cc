// `fastslow profile`, the sums below it, and --trace of every command that takes long.
#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/tools/program.hh"
#include "tools/span_sums.hh"

namespace tools::test {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr int kUsage = 2;
const std::vector<std::string> kPhases = {"read",   "lookahead", "first pass", "boundary",
                                          "rebase", "measure",   "write",      "other"};

class ProfileTest : public ProgramTest {
 protected:
  void make_stream() const {
    make_clip("in.y4m", 67, 35, 14);
    output_of("encode in.y4m -o in.ivf --quiet --cq 30 --chunk-frames 5");
  }
  // Categories of the spans in a trace, each of which must be whole.
  std::set<std::string> categories_of(const std::string& name) const {
    const std::vector<std::uint8_t> bytes = bytes_of(name);
    std::set<std::string> categories;
    const Json trace = Json::parse(bytes.begin(), bytes.end());
    for (const Json& event : trace.at("traceEvents")) {
      if (event.at("ph") != "X")
        continue;
      EXPECT_GE(event.at("dur").get<double>(), 0);
      categories.insert(event.at("cat").get<std::string>());
    }
    return categories;
  }
};

using Lines = std::vector<std::string>;

// The lines of a table below its titles, which begin with `title`.
Lines table(const std::string& text, const std::string& title) {
  std::istringstream stream(text);
  Lines lines;
  bool is_inside = false;
  for (std::string line; std::getline(stream, line);) {
    if (is_inside && !line.empty())
      lines.push_back(line);
    is_inside = line.empty() ? false : is_inside || line.rfind(title, 0) == 0;
  }
  return lines;
}

// The number that stands behind the first 12 columns.
double number_in(const std::string& line) {
  return std::stod(line.substr(12));
}

gpu::Span span_of(const char* name, int begin_ms, int end_ms, int track) {
  const std::chrono::steady_clock::time_point zero;
  return {name,  "kind",         zero + milliseconds(begin_ms), zero + milliseconds(end_ms),
          track, {.pictures = 2}};
}

TEST(SpanSums, CountsATimeOnceWhereSpansAreNested) {
  SpanSums sums(nullptr);
  sums.span(span_of("inner", 10, 20, 0));
  sums.span(span_of("inner", 30, 50, 0));
  sums.span(span_of("other track", 0, 100, 1));
  sums.span(span_of("outer", 0, 100, 0));
  sums.span(span_of("later", 100, 107, 0));
  const auto& work = sums.work();
  EXPECT_DOUBLE_EQ(work.at({"kind", "inner"}).seconds, 0.030);
  EXPECT_DOUBLE_EQ(work.at({"kind", "outer"}).seconds, 0.070);
  EXPECT_DOUBLE_EQ(work.at({"kind", "later"}).seconds, 0.007);
  EXPECT_DOUBLE_EQ(work.at({"kind", "other track"}).seconds, 0.100);
  EXPECT_EQ(work.at({"kind", "inner"}).count, 2);
  EXPECT_EQ(work.at({"kind", "inner"}).pictures, 4);
  EXPECT_TRUE(sums.thread_seconds().empty());
}

TEST(SpanSums, TellsThreadsApart) {
  SpanSums sums(nullptr);
  sums.span(span_of("a", 0, 10, gpu::Span::kThisThread));
  std::thread([&] { sums.span(span_of("a", 0, 20, gpu::Span::kThisThread)); }).join();
  ASSERT_EQ(sums.thread_seconds().size(), 2U);
  EXPECT_DOUBLE_EQ(sums.work().at({"kind", "a"}).seconds, 0.030);
}

TEST_F(ProfileTest, NamesAllPhasesWhoseSumIsWhatTheProcessorsDid) {
  make_clip("in.y4m", 67, 35, 14);
  const std::string text = output_of("profile in.y4m --device cpu --threads 2 --chunk-frames 5");
  std::istringstream stream(text);
  std::string word;
  double cpu = 0;
  std::getline(stream, word);
  EXPECT_EQ(word.rfind("14 pictures, ", 0), 0U) << text;
  stream >> cpu;
  double sum = 0;
  const Lines phases = table(text, "phase");
  ASSERT_EQ(phases.size(), kPhases.size()) << text;
  for (std::size_t i = 0; i < kPhases.size(); ++i) {
    EXPECT_EQ(phases[i].substr(0, kPhases[i].size()), kPhases[i]);
    EXPECT_GE(number_in(phases[i]), 0);
    sum += number_in(phases[i]);
  }
  // Each number is rounded to a thousandth, and phases are measured apart from the whole.
  EXPECT_NEAR(sum, cpu, 0.01 + 0.1 * cpu) << text;
  EXPECT_EQ(files(), "in.y4m");
}

TEST_F(ProfileTest, TellsOfWorkAndThreads) {
  make_clip("in.y4m", 67, 35, 14);
  const std::string text = output_of("profile in.y4m --device cpu --threads 2 --chunk-frames 5");
  std::map<std::string, double> work;
  for (const std::string& line : table(text, "work"))
    work[line.substr(0, line.find("  "))] = number_in(line.substr(13));
  EXPECT_EQ(work["rebase"], 3) << text;  // times: chunks
  EXPECT_EQ(work["write"], 3) << text;
  EXPECT_GE(work["first pass"], 1) << text;
  EXPECT_FALSE(table(text, "thread").empty()) << text;
}

TEST_F(ProfileTest, WritesTheStreamOfEncode) {
  make_stream();
  output_of("profile in.y4m --cq 30 --chunk-frames 5 -o out.ivf --trace t.json");
  const std::vector<std::uint8_t> expected = bytes_of("in.ivf");
  const std::vector<std::uint8_t> bytes = bytes_of("out.ivf");
  constexpr std::size_t kHeader = 32;  // it may tell how many frames follow
  ASSERT_EQ(bytes.size(), expected.size());
  EXPECT_TRUE(std::equal(bytes.begin() + kHeader, bytes.end(), expected.begin() + kHeader));
  const std::set<std::string> categories = categories_of("t.json");
  for (const char* phase : {"read", "lookahead", "first pass", "rebase", "write"})
    EXPECT_EQ(categories.count(phase), 1U) << phase;
}

TEST_F(ProfileTest, EveryLongCommandWritesATrace) {
  make_stream();
  make_file("edits.json", R"([{"cut": [3, 5]}])");
  const std::map<std::string, std::string> commands = {
      {"decode in.ivf -o out.y4m", "decode"},
      {"quality in.y4m in.ivf", "measure"},
      {"splice out.ivf 'in.ivf[2:9]' in.ivf --quiet", "range"},
      {"rebase in.ivf --source in.y4m -o out.ivf --quiet", "rebase"},
      {"edit in.y4m edits.json -o out.ivf --quiet --store store", "edit"},
      {"encode in.y4m -o out.ivf --quiet", "first pass"},
      {"profile in.y4m", "first pass"},
      {"bench in.y4m --backends cpu", "bench"},
  };
  for (const auto& [command, category] : commands) {
    output_of(command + " --trace t.json");
    EXPECT_EQ(categories_of("t.json").count(category), 1U) << command;
    sh("rm t.json");
  }
}

TEST_F(ProfileTest, ATraceInTheOutputsPlaceIsRefused) {
  make_stream();
  for (const char* command :
       {"decode in.ivf -o x", "splice x in.ivf", "profile in.y4m -o x",
        "rebase in.ivf --source in.y4m -o x", "quality in.y4m in.ivf --csv x"})
    expect_failure(std::string(command) + " --trace x", kUsage, {"--trace", "same file"});
}

}  // namespace
}  // namespace tools::test
