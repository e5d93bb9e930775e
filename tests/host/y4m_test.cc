// Y4M: what is read, what is refused, and that what we write reads back.
#include "host/y4m.hh"

#include <algorithm>
#include <cstdio>

#include <gtest/gtest.h>

#include "host/error.hh"
#include "tests/host/test_clips.hh"

namespace host {
namespace {

using test::message_of;
using test::text_bytes;

Y4mReader read(const std::vector<std::uint8_t>& bytes) {
  return {open_memory(bytes), "clip.y4m"};
}

std::string refusal(const std::string& text) {
  const auto bytes = text_bytes(text);
  return message_of<InputError>([&] {
    auto reader = read(bytes);
    while (reader.next()) {
    }
  });
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Two rows of four luma samples, one row of two samples of U, then V.
const std::string kPicture = "FRAME\nabcdefghUVuv";

TEST(Y4mReader, ReadsThePlanesOfEveryPicture) {
  const auto bytes = text_bytes("YUV4MPEG2 W4 H2 F30000:1001 Ip A4:3 C420jpeg\n" + kPicture +
                                "FRAME Ix\nABCDEFGHWXwx");
  Y4mReader reader = read(bytes);
  EXPECT_EQ(reader.info().width, 4);
  EXPECT_EQ(reader.info().height, 2);
  EXPECT_EQ(reader.info().frame_rate, (Rational{30000, 1001}));
  EXPECT_EQ(reader.info().sample_aspect, (Rational{4, 3}));
  EXPECT_TRUE(reader.info().notices.empty());
  const auto first = reader.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->shown(vp8::kPlaneY).at(1, 2), 'g');
  EXPECT_EQ(first->shown(vp8::kPlaneU).at(0, 1), 'V');
  EXPECT_EQ(first->shown(vp8::kPlaneV).at(0, 0), 'u');
  EXPECT_EQ(first->coded(vp8::kPlaneY).at(15, 15), 'h') << "the alignment repeats the edge";
  EXPECT_EQ(first->coded(vp8::kPlaneY).at(-48, -48), 'a') << "and so does the border";
  const auto second = reader.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->shown(vp8::kPlaneV).at(0, 1), 'x');
  EXPECT_FALSE(reader.next());
}

TEST(Y4mReader, CountsThePicturesOfAFileWithPlainFrameLines) {
  const auto three = text_bytes("YUV4MPEG2 W4 H2 F25:1\n" + kPicture + kPicture + kPicture);
  EXPECT_EQ(read(three).info().picture_count, 3);
  const auto odd = text_bytes("YUV4MPEG2 W4 H2 F25:1\n" + kPicture + "F");
  EXPECT_EQ(read(odd).info().picture_count, -1);
}

TEST(Y4mReader, TakesEveryNameOfEightBit420) {
  for (const std::string tag : {"", " C420", " C420jpeg", " C420mpeg2", " C420paldv"}) {
    const auto bytes = text_bytes("YUV4MPEG2 W4 H2 F25:1" + tag + "\n" + kPicture);
    EXPECT_TRUE(read(bytes).next()) << tag;
  }
}

TEST(Y4mReader, RefusesOtherSampleFormatsAndNamesTheRemedy) {
  for (const std::string tag : {"422", "444", "mono", "420p10", "411", "nonsense"}) {
    const std::string message = refusal("YUV4MPEG2 W4 H2 F25:1 C" + tag + "\n" + kPicture);
    EXPECT_TRUE(contains(message, "C" + tag)) << message;
    EXPECT_TRUE(contains(message, "-pix_fmt yuv420p")) << message;
  }
}

TEST(Y4mReader, BringsFullRangeIntoLimitedRange) {
  std::string text = "YUV4MPEG2 W2 H2 F25:1 XCOLORRANGE=FULL\nFRAME\n";
  for (const int sample : {0, 255, 128, 64, 0, 255}) {
    text.push_back(static_cast<char>(sample));
  }
  const auto bytes = text_bytes(text);
  Y4mReader reader = read(bytes);
  EXPECT_TRUE(reader.info().full_range);
  EXPECT_EQ(reader.info().notices.size(), 1U);
  const auto picture = reader.next();
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->shown(vp8::kPlaneY).at(0, 0), 16);
  EXPECT_EQ(picture->shown(vp8::kPlaneY).at(0, 1), 235);
  EXPECT_EQ(picture->shown(vp8::kPlaneY).at(1, 0), 126);
  EXPECT_EQ(picture->shown(vp8::kPlaneU).at(0, 0), 16);
  EXPECT_EQ(picture->shown(vp8::kPlaneV).at(0, 0), 240);
}

TEST(Y4mReader, AssumesAndNotesAFrameRateWhereThereIsNone) {
  for (const std::string tag : {"", " F0:0"}) {
    const auto bytes = text_bytes("YUV4MPEG2 W4 H2" + tag + "\n" + kPicture);
    const Y4mReader reader = read(bytes);
    EXPECT_EQ(reader.info().frame_rate, (Rational{25, 1}));
    EXPECT_EQ(reader.info().notices.size(), 1U);
  }
}

TEST(Y4mReader, RefusesBadHeadersWithFilePlaceAndReason) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "does not begin with YUV4MPEG2"},
      {"RIFF", "the stream ends inside a header line"},
      {"RIFF W4 H2\n", "does not begin with YUV4MPEG2"},
      {"YUV4MPEG22 W4 H2\n", "does not begin with YUV4MPEG2"},
      {"YUV4MPEG2 W4", "the stream ends inside a header line"},
      {"YUV4MPEG2 W4\n", "no height"},
      {"YUV4MPEG2 W0 H2\n", "W is 0"},
      {"YUV4MPEG2 W4 H16384\n", "H is 16384"},
      {"YUV4MPEG2 W99999999999 H2\n", "W is not a number"},
      {"YUV4MPEG2 W-4 H2\n", "W is not a number"},
      {"YUV4MPEG2 W4x H2\n", "W is not a number"},
      {"YUV4MPEG2 W4 H2 F25\n", "F is not a ratio"},
      {"YUV4MPEG2 W4 H2 Fa:b\n", "F is not a number"},
      {"YUV4MPEG2 W4 H2 X" + std::string(2000, 'x') + "\n", "longer than 1024 bytes"},
  };
  for (const auto& [text, reason] : cases) {
    const std::string message = refusal(text);
    EXPECT_TRUE(message.starts_with("clip.y4m: byte 0: ")) << text << " gave " << message;
    EXPECT_TRUE(contains(message, reason)) << text << " gave " << message;
  }
}

TEST(Y4mReader, RefusesATruncatedPictureWithItsNumberAndOffset) {
  const std::string header = "YUV4MPEG2 W4 H2 F25:1\n";
  const std::string whole = header + kPicture + kPicture;
  const std::string message = refusal(whole.substr(0, whole.size() - 1));
  EXPECT_TRUE(message.starts_with("clip.y4m: picture 1 at byte 46: the stream ends")) << message;
  EXPECT_TRUE(contains(refusal(whole + "FRA"), "picture 2 at byte 61: the stream ends inside"));
  EXPECT_TRUE(contains(refusal(whole + "FRAMES\n"), "begins with FRAME"));
  EXPECT_TRUE(contains(refusal(header + "FRAME" + std::string(2000, ' ')), "longer than"));
}

TEST(Y4mReader, RefusesATruncatedPictureOfAPipe) {
  class Pipe final : public ByteSource {
    std::size_t read_some(std::span<std::uint8_t> to) override {
      const std::size_t count = std::min(to.size(), text_.size() - offset());
      std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(offset()), count, to.begin());
      return count;
    }
    std::optional<std::uint64_t> size_bytes() const override { return std::nullopt; }
    std::string text_ = "YUV4MPEG2 W4 H2 F25:1\nFRAME\nabcde";
  };
  Y4mReader reader(std::make_unique<Pipe>(), "standard input");
  EXPECT_EQ(reader.info().picture_count, -1);
  const std::string message = message_of<InputError>([&] { reader.next(); });
  EXPECT_TRUE(message.starts_with("standard input: picture 0 at byte 33: ")) << message;
}

TEST(Y4mReader, RefusesAStreamOfNoPictures) {
  EXPECT_TRUE(contains(refusal("YUV4MPEG2 W4 H2 F25:1\n"), "no pictures"));
}

TEST(Y4mReader, AllocatesNothingForAHugePictureThatIsNotThere) {
  EXPECT_TRUE(contains(refusal("YUV4MPEG2 W16383 H16383 F25:1\nFRAME\n"), "0 of 402"));
}

TEST(Y4mReader, NamesAFileThatIsMissingOrAFolder) {
  const test::TempFolder folder;
  const auto open = [](const std::string& path) {
    return message_of<std::system_error>([&] { open_source(path); });
  };
  EXPECT_TRUE(open(folder / "none.y4m").starts_with(folder / "none.y4m"));
  EXPECT_TRUE(contains(open(folder / ""), "Is a directory"));
}

TEST(Y4mWriter, WritesWhatTheReaderReads) {
  const test::TempFolder folder;
  for (const auto& [width, height] : {std::pair{1, 1}, {17, 33}, {175, 143}, {64, 48}}) {
    const std::vector pictures = {test::random_picture(width, height, 1),
                                  test::random_picture(width, height, 2)};
    StreamInfo info;
    info.width = width;
    info.height = height;
    info.frame_rate = {24000, 1001};
    info.sample_aspect = {16, 11};
    OutputFile file(folder / "clip.y4m");
    Y4mWriter writer(file, info);
    for (const vp8::Picture& picture : pictures) {
      writer.write(picture);
    }
    file.commit();

    const auto source = open_source(folder / "clip.y4m");
    info.picture_count = 2;
    EXPECT_EQ(source->info(), info);
    for (const vp8::Picture& picture : pictures) {
      const auto read_back = source->next();
      ASSERT_TRUE(read_back);
      EXPECT_EQ(*read_back, picture);
    }
    EXPECT_FALSE(source->next());
  }
}

TEST(Y4mWriter, RefusesAPictureOfAnotherSize) {
  const test::TempFolder folder;
  OutputFile file(folder / "clip.y4m");
  StreamInfo info;
  info.width = 16;
  info.height = 16;
  Y4mWriter writer(file, info);
  writer.write(test::random_picture(16, 16, 1));
  const std::string message =
      message_of<InputError>([&] { writer.write(test::random_picture(32, 16, 1)); });
  EXPECT_TRUE(contains(message, "picture 1: the size changes from 16x16 to 32x16")) << message;
}

}  // namespace
}  // namespace host
