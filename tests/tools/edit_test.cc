// Edited videos: what is coded again, what players see, what is refused.
#include <filesystem>
#include <fstream>
#include <numeric>

#include <gtest/gtest.h>

#include "host/output_file.hh"
#include "host/quality.hh"
#include "host/y4m.hh"
#include "tests/tools/program.hh"

namespace tools::test {
namespace {

constexpr int kFailure = 1;
constexpr const char* kPlan =
    " -o out.ivf --store store --cq 16 --chunk-frames 3 --chunks-per-chain 4";

class Edit : public ProgramTest {
 protected:
  void SetUp() override {
    make_clip("in.y4m", 80, 64, 40);
    make_clip("other.y4m", 80, 64, 20);
  }
  std::string edit(const std::string& edits, const std::string& more = "") const {
    make_file("edits.json", edits);
    const Outcome outcome = fastslow("edit in.y4m edits.json" + std::string(kPlan) + more);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome.err;
  }
  std::vector<vp8::Picture> pictures_of(const std::string& name) const {
    const auto source = host::open_source(folder_ / name);
    std::vector<vp8::Picture> pictures;
    while (std::optional<vp8::Picture> picture = source->next())
      pictures.push_back(std::move(*picture));
    return pictures;
  }
  // That the output shows these pictures: number in in.y4m, or 1000 + number in other.y4m.
  void expect_shows(const std::vector<int>& wanted) const {
    const std::vector<vp8::Picture> in = pictures_of("in.y4m");
    const std::vector<vp8::Picture> other = pictures_of("other.y4m");
    output_of("decode out.ivf -o decoded.y4m");
    const std::vector<vp8::Picture> out = pictures_of("decoded.y4m");
    ASSERT_EQ(out.size(), wanted.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto number = static_cast<std::size_t>(wanted[i] % 1000);
      EXPECT_GT(host::measure(out[i], wanted[i] < 1000 ? in[number] : other[number]).psnr, 28) << i;
    }
  }
  static std::vector<int> numbers(int begin, int end) {
    std::vector<int> list;
    for (int i = begin; i < end; ++i)
      list.push_back(i);
    return list;
  }
};

TEST_F(Edit, WithoutEditsIsAnEncode) {
  edit("[]");
  output_of("encode in.y4m -o whole.ivf --cq 16 --chunk-frames 3 --chunks-per-chain 4");
  EXPECT_EQ(bytes_of("out.ivf"), bytes_of("whole.ivf"));
}

TEST_F(Edit, ReplacesOnePictureAndKeepsTheOthers) {
  edit("[]");
  const std::string said = edit(R"([{"replace": [17, 18], "with": "other.y4m", "from": 3}])");
  EXPECT_NE(said.find(" 0 pictures encoded in chunks"), std::string::npos) << said;
  EXPECT_NE(said.find(" 2 encoded anew"), std::string::npos) << said;
  std::vector<int> wanted = numbers(0, 40);
  wanted[17] = 1003;
  expect_shows(wanted);
}

TEST_F(Edit, CutsInsertsAndReplacesAnywhere) {
  edit(R"([{"cut": [5, 8]}, {"insert": "other.y4m", "at": 20, "range": [2, 16]},
           {"replace": [0, 2], "with": "other.y4m"}, {"insert": "other.y4m", "at": 51,
            "range": [0, 1]}])");
  std::vector<int> wanted = {1000, 1001, 2, 3, 4};
  for (const auto& [begin, end] : {std::pair{8, 23}, {1002, 1016}, {23, 40}, {1000, 1001}}) {
    for (const int number : numbers(begin, end))
      wanted.push_back(number);
  }
  expect_shows(wanted);
}

TEST_F(Edit, GivesTheSameBytesWhateverTheStoreHolds) {
  const std::string edits =
      R"([{"cut": [5, 8]}, {"insert": "other.y4m", "at": 20, "range": [2, 16]},
          {"fade": [30, 33], "from": 100, "to": 0}])";
  edit(edits);
  const std::vector<std::uint8_t> first = bytes_of("out.ivf");
  edit(edits);
  EXPECT_EQ(bytes_of("out.ivf"), first);
  std::filesystem::remove_all(folder_ / "store");
  edit(edits, " --store-size 1 --threads 1");
  EXPECT_EQ(bytes_of("out.ivf"), first);
}

TEST_F(Edit, FadesToBlack) {
  edit(R"([{"fade": [20, 32], "from": 100, "to": 0}])");
  output_of("decode out.ivf -o decoded.y4m");
  const std::vector<vp8::Picture> out = pictures_of("decoded.y4m");
  const std::vector<vp8::Picture> in = pictures_of("in.y4m");
  ASSERT_EQ(out.size(), 40U);
  const auto mean = [](const vp8::Picture& picture) {
    const vp8::ConstPlaneView luma = picture.shown(vp8::kPlaneY);
    double sum = 0;
    for (int y = 0; y < luma.height; ++y)
      sum += std::accumulate(luma.row(y), luma.row(y) + luma.width, 0.0);
    return sum / luma.height / luma.width;
  };
  EXPECT_NEAR(mean(out[20]), mean(in[20]), 2);
  EXPECT_NEAR(mean(out[31]), 16, 2);
  EXPECT_NEAR(mean(out[26]), 16 + (mean(in[26]) - 16) * 5 / 11, 3);
  EXPECT_NEAR(mean(out[35]), mean(in[35]), 2);
}

TEST_F(Edit, LaysAStillOverPictures) {
  if (!host::test::has_ffmpeg())
    GTEST_SKIP() << "no ffmpeg";
  ASSERT_TRUE(
      host::test::run_ffmpeg("-f lavfi -i color=white:s=32x16,format=rgba,"
                             "colorchannelmixer=aa=0.5 -frames:v 1 " +
                             (folder_ / "half.png")));
  edit(R"([{"overlay": [14, 16], "image": "half.png", "x": 40, "y": 8}])");
  output_of("decode out.ivf -o decoded.y4m");
  const vp8::Picture out = pictures_of("decoded.y4m")[14];
  const vp8::Picture in = pictures_of("in.y4m")[14];
  double inside = 0;
  double outside = 0;
  for (int y = 10; y < 22; ++y) {
    for (int x = 0; x < 28; ++x) {
      inside += out.shown(vp8::kPlaneY).at(y, x + 42) -
                (in.shown(vp8::kPlaneY).at(y, x + 42) + 235) / 2.0;
      outside += out.shown(vp8::kPlaneY).at(y, x + 4) - in.shown(vp8::kPlaneY).at(y, x + 4);
    }
  }
  EXPECT_NEAR(inside / (12 * 28), 0, 3);
  EXPECT_NEAR(outside / (12 * 28), 0, 3);
}

TEST_F(Edit, RefusesWhatMakesNoSense) {
  edit("[]");
  std::filesystem::remove(folder_ / "out.ivf");
  const auto refuses = [&](const std::string& edits, const std::vector<std::string>& words) {
    make_file("edits.json", edits);
    expect_failure("edit in.y4m edits.json" + std::string(kPlan), kFailure, words);
  };
  refuses("{", {"edits.json", "not a JSON list"});
  refuses("[3]", {"edits.json", "edit 0"});
  refuses(R"([{"cut": [0, 1]}, {"paint": 1}])", {"edit 1", "none of cut"});
  refuses(R"([{"cut": [3, 41]}])", {"edit 0", "40"});
  refuses(R"([{"cut": [3, 3]}])", {"edit 0"});
  refuses(R"([{"cut": "x"}])", {"edit 0", "pair"});
  refuses(R"([{"cut": [0, 40]}])", {"no picture"});
  refuses(R"([{"insert": "other.y4m", "at": 0, "range": [15, 25]}])", {"other.y4m", "ends before"});
  refuses(R"([{"insert": "none.y4m", "at": 0, "range": [0, 2]}])", {"none.y4m"});
  refuses(R"([{"overlay": [0, 2], "image": "in.json"}])", {"in.json"});
  make_clip("small.y4m", 64, 64, 2);
  refuses(R"([{"insert": "small.y4m", "at": 0, "range": [0, 2]}])", {"small.y4m", "64x64"});
  expect_failure("edit - edits.json" + std::string(kPlan), kFailure, {"-", "not a pipe"});
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.ivf"));
}

TEST_F(Edit, KeepsTheStoreSmall) {
  edit(R"([{"insert": "other.y4m", "at": 20, "range": [0, 20]}])", " --store-size 1");
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "store"))
    bytes += entry.file_size();
  EXPECT_GT(bytes, 0U);
  EXPECT_LE(bytes, std::uintmax_t{1} << 20);
}

}  // namespace
}  // namespace tools::test
