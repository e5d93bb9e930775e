// What quality, compare, inspect and state measure and draw.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <sstream>

#include <nlohmann/json.hpp>

#include "host/picture_source.hh"
#include "host/still.hh"
#include "tests/tools/program.hh"

namespace tools::test {
namespace {

using Json = nlohmann::json;

constexpr int kFailure = 1;
constexpr int kUsage = 2;

class Measure : public ProgramTest {
 protected:
  // in.y4m of 14 pictures, and out.ivf with a hidden frame in each chain of 10.
  void make_stream(const std::string& options = "--cq 30") const {
    make_clip("in.y4m", 67, 35, 14);
    output_of("encode in.y4m -o out.ivf --quiet --chunk-frames 5 --chunks-per-chain 2 " + options);
  }
  Json json_of(const std::string& arguments) const { return Json::parse(output_of(arguments)); }
  host::Still still_of(const std::string& name) const {
    return host::to_still(*host::open_source(folder_ / name)->next());
  }
  std::int64_t pictures_of(const std::string& name) const {
    return host::count_pictures(*host::open_source(folder_ / name), -1);
  }
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

int distance(const host::Rgb& a, const host::Rgb& b) {
  int most = 0;
  for (std::size_t c = 0; c < 3; ++c)
    most = std::max(most, std::abs(a[c] - b[c]));
  return most;
}

// Pixels that differ clearly.
std::size_t changed(const host::Still& a, const host::Still& b) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i)
    count += distance(a.pixels[i], b.pixels[i]) > 12 ? 1U : 0U;
  return count;
}

TEST_F(Measure, HelpShowsAnExampleOfEach) {
  for (const char* name : {"quality", "compare", "inspect", "state", "report"}) {
    const std::string help = output_of(std::string(name) + " --help");
    EXPECT_TRUE(has(help, "Example:\n") && has(help, std::string("fastslow ") + name)) << name;
  }
}

// --- quality ---

TEST_F(Measure, WorstPicturesAreTheLowestOfTheCsvInOrder) {
  make_stream();
  const std::vector<std::string> printed =
      lines_of(output_of("quality in.y4m out.ivf --csv q.csv --worst 4 --by ssim_y"));
  const std::vector<std::uint8_t> csv = bytes_of("q.csv");
  std::vector<std::pair<double, int>> values;
  for (const std::string& line : lines_of({csv.begin(), csv.end()})) {
    std::istringstream fields(line);
    std::vector<std::string> columns;
    for (std::string field; std::getline(fields, field, ',');)
      columns.push_back(field);
    if (columns.at(0) != "picture" && columns.at(0) != "mean")
      values.emplace_back(std::stod(columns.at(5)), std::stoi(columns.at(0)));
  }
  ASSERT_EQ(values.size(), 14U);
  std::sort(values.begin(), values.end());
  ASSERT_EQ(printed.size(), 6U);  // mean, title, four pictures
  EXPECT_EQ(printed[1], "worst by ssim_y:");
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(std::stoi(printed[2 + i]), values[i].second) << printed[2 + i];
}

TEST_F(Measure, StillsShowSourceCodedPictureAndDifference) {
  make_stream("--cq 63");
  const std::vector<std::string> printed =
      lines_of(output_of("quality in.y4m out.ivf --worst 1 --stills worst"));
  const int picture = std::stoi(printed.back());
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "picture-%06d.png", picture);
  EXPECT_EQ(sh("ls worst").out, std::string(name.data()) + "\n");
  const host::Still still = still_of("worst/" + std::string(name.data()));
  ASSERT_EQ(still.width, 3 * 67 + 2 * 4);
  ASSERT_EQ(still.height, 35);
  const std::unique_ptr<host::PictureSource> source = host::open_source(folder_ / "in.y4m");
  std::optional<vp8::Picture> wanted;
  for (int i = 0; i <= picture; ++i)
    wanted = source->next();
  const host::Still left = host::to_still(*wanted);
  std::size_t grey = 0;
  for (int y = 0; y < 35; ++y) {
    for (int x = 0; x < 67; ++x) {
      // A PNG read as 4:2:0 has blurred chroma.
      EXPECT_LE(distance(left.at(y, x), still.at(y, x)), 60);
      grey += distance(still.at(y, 2 * 71 + x), {128, 128, 128}) < 4 ? 1U : 0U;
    }
  }
  EXPECT_LT(grey, 67U * 35U / 2);  // noise at the coarsest quality is mostly lost
}

TEST_F(Measure, QualityRefusesOptionsThatMakeNoSense) {
  make_stream();
  expect_failure("quality in.y4m out.ivf --worst 0", kUsage, {"--worst"});
  expect_failure("quality in.y4m out.ivf --by vmaf", kUsage, {"--by", "vmaf"});
  expect_failure("quality in.y4m out.ivf --csv - --worst 2", kUsage, {"--worst", "file"});
  make_file("plain", "x");
  expect_failure("quality in.y4m out.ivf --stills plain/x", kFailure, {"plain/x", "folder"});
  EXPECT_EQ(files(), "in.y4m out.ivf plain");
}

// --- inspect ---

TEST_F(Measure, InspectTellsBitsThatFillTheFrames) {
  make_stream();
  const Json frames = json_of("inspect out.ivf --json --bits");
  ASSERT_GT(frames.size(), 14U);
  for (const Json& frame : frames) {
    const Json& bits = frame["bits"];
    ASSERT_EQ(bits["macroblock_modes"].size(), 15U);
    std::uint64_t tokens = 0;
    for (const Json& mb : bits["macroblock_tokens"])
      tokens += mb.get<std::uint64_t>();
    EXPECT_EQ(bits["tokens"], tokens);
    const std::uint64_t all =
        bits["header"].get<std::uint64_t>() + bits["modes"].get<std::uint64_t>() + tokens;
    const std::uint64_t written = 8 * frame["bytes"].get<std::uint64_t>();
    EXPECT_LT(all, written);
    EXPECT_GT(all + 8 * (10 + 3 * 7 + 2 * 9), written);  // tag, table, padding
  }
  EXPECT_FALSE(json_of("inspect out.ivf --json --frame 0").contains("bits"));
  EXPECT_TRUE(has(output_of("inspect out.ivf --frame 1 --bits"), "  bits: header "));
}

TEST_F(Measure, InspectTellsARangeOfFrames) {
  make_stream();
  const Json all = json_of("inspect out.ivf --json");
  EXPECT_EQ(json_of("inspect out.ivf --json --frames 3:6"), Json({all[3], all[4], all[5]}));
  EXPECT_EQ(json_of("inspect out.ivf --json --frames :1"), Json::array({all[0]}));
  EXPECT_EQ(json_of("inspect out.ivf --json --frames 2"), Json::array({all[2]}));
  EXPECT_EQ(json_of("inspect out.ivf --json --frames 13:").size(), all.size() - 13);
  for (const char* range : {"", "3:3", "4:3", "-1", "x", "1:2:3", "9999999999999999999:"})
    expect_failure("inspect out.ivf --frames '" + std::string(range) + "'", kUsage, {"--frames"});
  expect_failure("inspect out.ivf --frames 99:", kFailure, {"out.ivf", "last frame", "--frames"});
  expect_failure("inspect out.ivf --frames 1 --frame 1", kUsage, {"--frame"});
}

TEST_F(Measure, OverlayDrawsEachLayerByItself) {
  make_stream();
  output_of("inspect out.ivf --frames 3 --overlay all.png --zoom 3");
  const host::Still all = still_of("all.png");
  EXPECT_EQ(all.width, 3 * 67);
  EXPECT_EQ(all.height, 3 * 35);
  std::map<std::string, host::Still> stills;
  for (const char* layer : {"modes", "vectors", "segments", "bits"}) {
    const std::string name = std::string(layer) + ".png";
    output_of("inspect out.ivf --frames 3 --zoom 3 --overlay " + name + " --layers " + layer);
    stills[layer] = still_of(name);
  }
  EXPECT_GT(changed(stills["modes"], stills["bits"]), 1000U);
  EXPECT_GT(changed(stills["modes"], all), 20U);     // vectors
  EXPECT_GT(changed(stills["vectors"], all), 500U);  // tints
  // Modes and bits cover macroblocks, vectors are lines.
  EXPECT_LT(changed(stills["vectors"], stills["segments"]),
            changed(stills["bits"], stills["segments"]));
}

TEST_F(Measure, OverlayOfBitsIsReddestWhereMostBitsAre) {
  make_stream();
  const Json bits = json_of("inspect out.ivf --json --bits --frame 0")["bits"];
  std::vector<std::uint64_t> sums;
  for (std::size_t i = 0; i < 15; ++i) {
    sums.push_back(bits["macroblock_modes"][i].get<std::uint64_t>() +
                   bits["macroblock_tokens"][i].get<std::uint64_t>());
  }
  output_of("inspect out.ivf --frame 0 --overlay bits.png --layers bits --zoom 1");
  const host::Still still = still_of("bits.png");
  // A key frame of noise: each whole macroblock has bits, so all are more red than blue.
  for (int mb = 0; mb < 8; ++mb) {
    long red = 0;
    long blue = 0;
    for (int i = 0; i < 256; ++i) {
      const host::Rgb& pixel = still.at(mb / 4 * 16 + i / 16, mb % 4 * 16 + i % 16);
      red += pixel[0];
      blue += pixel[2];
    }
    EXPECT_GT(red, blue + 256 * 60) << mb << " with " << sums[static_cast<std::size_t>(mb)];
  }
}

TEST_F(Measure, OverlaysGoToNumberedFilesAndToY4m) {
  make_stream();
  output_of("inspect out.ivf --frames 2:5 --overlay f%03d.png");
  EXPECT_EQ(files(), "f002.png f003.png f004.png in.y4m out.ivf");
  output_of("inspect out.ivf --overlay o.y4m --zoom 1 --layers modes,vectors,segments,bits");
  const Json frames = json_of("inspect out.ivf --json");
  EXPECT_EQ(pictures_of("o.y4m"), static_cast<std::int64_t>(frames.size()));
  EXPECT_EQ(sh("$F inspect out.ivf --overlay - --zoom 1 --layers modes,vectors,segments,bits | "
               "cmp - o.y4m")
                .code,
            0);
}

TEST_F(Measure, OverlayRefusesWhatItCannotWrite) {
  make_stream();
  expect_failure("inspect out.ivf --overlay x.jpg", kUsage, {"x.jpg", ".png", ".y4m"});
  expect_failure("inspect out.ivf --overlay x.png", kFailure, {"x.png", "--frames", "%d"});
  expect_failure("inspect out.ivf --overlay x.png --frame 0 --layers colours", kUsage,
                 {"--layers", "colours"});
  expect_failure("inspect out.ivf --layers modes", kUsage, {"--overlay"});
  expect_failure("inspect out.ivf --overlay none/x.png --frame 0", kFailure, {"none/x.png"});
  EXPECT_EQ(files(), "in.y4m out.ivf");
}

// --- compare ---

TEST_F(Measure, CompareShowsBothStreamsWithTheirTotals) {
  make_stream("--cq 20");
  output_of("encode in.y4m -o 2.ivf --quiet --cq 50 --chunk-frames 14 --chunks-per-chain 1");
  const Json json = json_of("compare out.ivf 2.ivf --source in.y4m --json");
  for (const auto& [side, file] : {std::pair("a", "out.ivf"), std::pair("b", "2.ivf")}) {
    const Json& stream = json[side];
    const Json frames = json_of("inspect " + std::string(file) + " --json");
    ASSERT_EQ(stream["frames"].size(), frames.size());
    EXPECT_EQ(stream["pictures"], 14);
    for (std::size_t i = 0; i < frames.size(); ++i) {
      EXPECT_EQ(stream["frames"][i]["bits"], 8 * frames[i]["bytes"].get<int>());
      EXPECT_EQ(stream["frames"][i]["q_index"], frames[i]["q_index"]);
      EXPECT_EQ(stream["frames"][i]["modes"], frames[i]["modes"]);
      EXPECT_EQ(stream["frames"][i]["references"], frames[i]["references"]);
    }
    const std::string mean =
        lines_of(output_of("quality in.y4m " + std::string(file) + " --csv -")).back();
    EXPECT_NEAR(stream["psnr_y"].get<double>(), std::stod(mean.substr(5)), 1e-3);
  }
  EXPECT_EQ(json["a"]["key_frames"], 2);
  EXPECT_EQ(json["b"]["key_frames"], 1);
  EXPECT_GT(json["a"]["psnr_y"], json["b"]["psnr_y"]);

  const std::string text = output_of("compare out.ivf 2.ivf --source in.y4m");
  const std::vector<std::string> lines = lines_of(text);
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [](const std::string& line) { return has(line, " |   "); }),
            14);
  for (const char* words : {"key frames", "PSNR Y, dB", "SPLITMV", "altref", "bits / A's"})
    EXPECT_TRUE(has(text, words)) << words;
  EXPECT_FALSE(has(output_of("compare out.ivf 2.ivf --totals"), "PSNR Y"));
}

TEST_F(Measure, CompareTakesStreamsOfOtherLengthsButNoShorterSource) {
  make_stream();
  output_of("encode in.y4m -o 2.ivf --quiet --limit 9");
  const std::vector<std::string> lines = lines_of(output_of("compare out.ivf 2.ivf"));
  EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
    return line.starts_with("     13 |") && line.ends_with("| -");
  }));
  make_clip("short.y4m", 67, 35, 5);
  make_clip("small.y4m", 32, 32, 14);
  expect_failure("compare out.ivf 2.ivf --source short.y4m", kFailure, {"short.y4m", "--limit 5"});
  expect_failure("compare out.ivf 2.ivf --source small.y4m", kFailure, {"small.y4m", "32x32"});
  expect_failure("compare - -", kUsage, {"standard input"});
  output_of("compare out.ivf 2.ivf --source short.y4m --limit 5");
}

// --- state ---

TEST_F(Measure, StateOfAFileIsThatBehindItsFrame) {
  make_stream();
  output_of("decode out.ivf --limit 6 --state-out 5.state");
  EXPECT_EQ(output_of("state 5.state 'out.ivf[5]'"), "the states are equal\n");
  const Json state = json_of("state 5.state --json");
  const Json frame = json_of("inspect out.ivf --frame 5 --json");
  EXPECT_EQ(state["hash"], frame["state"]);
  EXPECT_EQ(state["width"], 67);
  EXPECT_EQ(state["probabilities"]["coef"]["values"].size(), 1056U);
  EXPECT_TRUE(has(output_of("state 5.state"), frame["state"].get<std::string>()));
}

TEST_F(Measure, StateTellsWhatDiffersAndWhere) {
  make_stream();
  const Json same = json_of("state 'out.ivf[4]' 'out.ivf[4]' --json");
  EXPECT_EQ(same["equal"], true);
  EXPECT_TRUE(same["differences"].empty());
  const Json other = json_of("state 'out.ivf[4]' 'out.ivf[5]' --json");
  EXPECT_EQ(other["equal"], false);
  const Json& last = other["differences"]["references.last"];
  EXPECT_GT(last["planes"]["y"]["pixels"], 0);
  EXPECT_EQ(last["planes"]["y"]["of"], 80 * 48);
  EXPECT_LE(last["macroblocks"], 15);
  // The first macroblock that differs, by the pictures themselves.
  EXPECT_LT(last["first_macroblock"][0], 3);
  EXPECT_LT(last["first_macroblock"][1], 5);
  EXPECT_TRUE(has(output_of("state 'out.ivf[4]' 'out.ivf[5]'"), "references.last: "));
  // Two noisy pictures of other sizes.
  make_clip("2.y4m", 32, 32, 1);
  output_of("encode 2.y4m -o 2.ivf --quiet");
  const Json size = json_of("state 'out.ivf[4]' '2.ivf[0]' --json")["differences"]["size"];
  EXPECT_EQ(size, Json({{"a", {67, 35}}, {"b", {32, 32}}}));
}

TEST_F(Measure, StateExtractsReferencesAsTheyAreShown) {
  make_stream();
  output_of("state 'out.ivf[5]' --extract refs");
  EXPECT_EQ(sh("ls refs").out, "altref.png\ngolden.png\nlast.png\n");
  output_of("decode out.ivf -o out.y4m");
  const host::Still last = still_of("refs/last.png");
  EXPECT_EQ(last.width, 67);
  EXPECT_EQ(last.height, 35);
  const auto shown = host::open_source(folder_ / "out.y4m");
  bool found = false;
  while (const std::optional<vp8::Picture> picture = shown->next()) {
    const host::Still still = host::to_still(*picture);
    int most = 0;
    for (std::size_t i = 0; i < still.pixels.size(); ++i)
      most = std::max(most, distance(still.pixels[i], last.pixels[i]));
    found = found || most < 60;
  }
  EXPECT_TRUE(found);
  output_of("state 'out.ivf[5]' 'out.ivf[6]' --extract both");
  EXPECT_EQ(still_of("both/last.png").width, 3 * 67 + 2 * 4);
}

TEST_F(Measure, StateRefusesWhatIsNoState) {
  make_stream();
  expect_failure("state in.y4m", kFailure, {"in.y4m", "not a state", "--state-out"});
  expect_failure("state 'out.ivf[99]'", kFailure, {"out.ivf", "last frame", "[0]"});
  expect_failure("state 'none.ivf[0]'", kFailure, {"none.ivf"});
  expect_failure("state 'out.ivf[x]'", kFailure, {"out.ivf[x]"});
  expect_failure("state out.ivf '2.ivf[0]'", kFailure, {"out.ivf"});
  EXPECT_EQ(files(), "in.y4m out.ivf");
}

}  // namespace
}  // namespace tools::test
