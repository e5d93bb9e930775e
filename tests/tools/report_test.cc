// The page of `fastslow report`, also as headless Chromium draws it.
#include <algorithm>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "host/picture_source.hh"
#include "host/still.hh"
#include "tests/tools/program.hh"

namespace tools::test {
namespace {

using Json = nlohmann::json;

constexpr int kFailure = 1;
constexpr int kUsage = 2;

class Report : public ProgramTest {
 protected:
  void SetUp() override {
    if (fastslow("report none.json -o x.html").err.find("Chart.js") != std::string::npos)
      GTEST_SKIP() << "built without Chart.js: npm, or its network, was missing";
  }
  // Two runs, the trace of one, and a table as bench/curve writes it.
  void make_measurements() const {
    make_clip("in.y4m", 64, 48, 24);
    output_of("encode in.y4m -o 1.ivf --quiet --json 1.json --trace trace.json --cq 20");
    output_of("encode in.y4m -o 2.ivf --quiet --json 2.json --cq 40");
    make_file("curve.json", R"({"points": [
      {"clip": "</script><b>", "encoder": "fast", "bytes": 9000, "pictures": 24, "psnr_y_db": 31.5,
       "ssim_y_db": 9.5, "wall_s": 0.5},
      {"clip": "</script><b>", "encoder": "fast", "bytes": 18000, "pictures": 24, "psnr_y_db": 35,
       "ssim_y_db": 12, "wall_s": 0.6}]})");
  }
  Json data_of(const std::string& page) const {
    const std::vector<std::uint8_t> bytes = bytes_of(page);
    const std::string text(bytes.begin(), bytes.end());
    const std::string open = "type=\"application/json\">";
    const std::size_t begin = text.find(open) + open.size();
    return Json::parse(text.substr(begin, text.find("</script>", begin) - begin));
  }
  std::string chromium() const {
    return sh("command -v chromium || command -v chromium-browser || command -v google-chrome").out;
  }
  // Headless, with all that it writes in a folder of the test.
  Outcome browse(const std::string& options) const {
    return sh(
        "b=$(command -v chromium || command -v chromium-browser || command -v google-chrome); "
        "timeout 90 \"$b\" --headless --no-sandbox --disable-gpu --hide-scrollbars "
        "--user-data-dir=\"$PWD/profile\" --virtual-time-budget=4000 " +
        options + " \"file://$PWD/report.html\"; rm -rf profile");
  }
};

TEST_F(Report, CarriesRunsCurvesTracesAndStills) {
  make_measurements();
  output_of("report trace.json 2.json curve.json 1.json -o report.html --worst 2");
  const Json data = data_of("report.html");
  ASSERT_EQ(data["runs"].size(), 2U);
  EXPECT_EQ(data["runs"][0]["plan"]["cq"], 40);
  std::uint64_t bytes = 0;
  for (const Json& frame : data["runs"][1]["frames"])
    bytes += frame["bytes"].get<std::uint64_t>();
  EXPECT_EQ(data["runs"][1]["bytes"], bytes);
  EXPECT_EQ(data["curves"][0]["points"].size(), 2U);
  const Json& spans = data["traces"][0]["spans"];
  for (const char* name : {"first pass", "rebase", "read", "write"}) {
    EXPECT_TRUE(std::any_of(spans.begin(), spans.end(), [&](const Json& span) {
      return span["name"] == name;
    })) << name;
  }
  ASSERT_EQ(data["stills"].size(), 2U);
  ASSERT_EQ(data["stills"][0]["stills"].size(), 2U);
  EXPECT_TRUE(data["stills"][0]["stills"][0]["png"].get<std::string>().starts_with(
      "data:image/png;base64,iVBORw0KGgo"));
  EXPECT_LE(data["stills"][0]["stills"][0]["psnr_y"], data["stills"][0]["stills"][1]["psnr_y"]);
  EXPECT_TRUE(data["notes"].empty());
}

TEST_F(Report, SaysWhyStillsAreMissing) {
  make_measurements();
  sh("rm 2.ivf");
  output_of("report 1.json 2.json -o report.html --worst 1");
  const Json data = data_of("report.html");
  EXPECT_EQ(data["stills"].size(), 1U);
  ASSERT_EQ(data["notes"].size(), 1U);
  EXPECT_NE(data["notes"][0].get<std::string>().find("2.ivf"), std::string::npos);
  output_of("report 2.json -o report.html --worst 0");
  EXPECT_TRUE(data_of("report.html")["notes"].empty());
}

TEST_F(Report, FetchesNothing) {
  make_measurements();
  output_of("report 1.json curve.json -o report.html");
  const std::vector<std::uint8_t> bytes = bytes_of("report.html");
  const std::string text(bytes.begin(), bytes.end());
  for (const char* fetch : {"<link", " src=\"http", "@import", "fetch(", "XMLHttpRequest"})
    EXPECT_EQ(text.find(fetch), std::string::npos) << fetch;
  EXPECT_NE(text.find("default-src 'none'"), std::string::npos);
}

TEST_F(Report, RefusesFilesThatItDoesNotKnow) {
  make_clip("in.y4m", 32, 32, 2);
  make_file("list.json", "[1, 2]");
  make_file("other.json", "{\"a\": 1}");
  make_file("plan.json", "{\"plan\": {}}");
  make_file("trace.json", "{\"traceEvents\": [{\"ph\": \"X\", \"name\": \"rebase\"}]}");
  make_file("curve.json", "{\"points\": [{\"clip\": 7}]}");
  make_file("text.json", "no JSON");
  expect_failure("report none.json -o x.html", kFailure, {"none.json"});
  expect_failure("report in.y4m -o x.html", kFailure, {"in.y4m", "JSON"});
  expect_failure("report list.json -o x.html", kFailure, {"list.json", "object"});
  expect_failure("report other.json -o x.html", kFailure, {"other.json", "--json"});
  expect_failure("report plan.json -o x.html", kFailure, {"plan.json", "/input is missing"});
  expect_failure("report trace.json -o x.html", kFailure, {"event 0", "/ts is missing"});
  expect_failure("report curve.json -o x.html", kFailure, {"point 0", "/clip is not a text"});
  expect_failure("report text.json -o x.html", kFailure, {"text.json"});
  expect_failure("report -o x.html", kUsage, {"FILES"});
  EXPECT_EQ(files(), "curve.json in.y4m list.json other.json plan.json text.json trace.json");
}

TEST_F(Report, IsDrawnByABrowser) {
  if (chromium().empty())
    GTEST_SKIP() << "Chromium is not installed";
  make_measurements();
  output_of("report 1.json 2.json curve.json trace.json -o report.html --worst 1");
  const Outcome page = browse("--dump-dom");
  ASSERT_EQ(page.code, 0) << page.err;
  // Two of quality for the clip of the runs and two for the curve's, speed, phases, frames of two
  // runs, chunks, threads.
  EXPECT_NE(page.out.find("data-charts=\"10\""), std::string::npos)
      << page.out.substr(page.out.size() - std::min<std::size_t>(3000, page.out.size()));
  EXPECT_EQ(page.out.find("data-error"), std::string::npos);
  EXPECT_EQ(page.out.find("<b>"), std::string::npos);  // names are text

  ASSERT_EQ(browse("--window-size=1200,4000 --screenshot=shot.png").code, 0);
  const host::Still shot = host::to_still(*host::open_source(folder_ / "shot.png")->next());
  ASSERT_EQ(shot.width, 1200);
  // The palette's first blue and orange: curves, bars and spans are really there.
  const auto count = [&](const host::Rgb& wanted) {
    return std::count_if(shot.pixels.begin(), shot.pixels.end(), [&](const host::Rgb& pixel) {
      return std::abs(pixel[0] - wanted[0]) + std::abs(pixel[1] - wanted[1]) +
                 std::abs(pixel[2] - wanted[2]) <
             30;
    });
  };
  EXPECT_GT(count({0x0f, 0x7a, 0xc4}), 3000);
  EXPECT_GT(count({0xc7, 0x5b, 0x9b}), 1000);  // the first pass
}

}  // namespace
}  // namespace tools::test
