// IVF: what is written reads back, and every kind of damage is named with its frame and byte.
#include "host/ivf.hh"

#include <algorithm>

#include <gtest/gtest.h>

#include "host/error.hh"
#include "tests/host/test_clips.hh"

namespace host {
namespace {

using test::message_of;
using Bytes = std::vector<std::uint8_t>;

constexpr IvfHeader kHeader{.width = 176, .height = 144, .frame_rate = {30000, 1001}};

// An IVF file of three frames; the second is empty.
const std::vector<IvfFrame> kFrames = {{Bytes(100, 7), 0}, {Bytes(), 1}, {Bytes(5, 9), 3}};

Bytes ivf_bytes() {
  const test::TempFolder folder;
  OutputFile file(folder / "clip.ivf");
  IvfWriter writer(file, kHeader);
  for (const IvfFrame& frame : kFrames) {
    writer.write(frame.bytes, frame.pts);
  }
  writer.finish();
  file.commit();
  return test::file_bytes(folder / "clip.ivf");
}

std::string refusal(const Bytes& bytes) {
  return message_of<InputError>([&] {
    IvfReader reader(open_memory(bytes), "clip.ivf");
    while (reader.next()) {
    }
  });
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Yields its bytes but does not know their number.
class Pipe final : public ByteSource {
 public:
  explicit Pipe(Bytes bytes) : bytes_(std::move(bytes)) {}

 private:
  std::size_t read_some(std::span<std::uint8_t> to) override {
    const std::size_t count = std::min(to.size(), bytes_.size() - offset());
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset()), count, to.begin());
    return count;
  }
  std::optional<std::uint64_t> size_bytes() const override { return std::nullopt; }

  Bytes bytes_;
};

TEST(Ivf, ReadsBackWhatItWrote) {
  const Bytes bytes = ivf_bytes();
  IvfReader reader(open_memory(bytes), "clip.ivf");
  IvfHeader expected = kHeader;
  expected.frame_count = 3;
  EXPECT_EQ(reader.header(), expected) << "the frame count is patched in at the end";
  for (const IvfFrame& frame : kFrames) {
    EXPECT_EQ(reader.next(), frame);
  }
  EXPECT_FALSE(reader.next());
}

TEST(Ivf, ReadsLargeFramesFromAPipe) {
  const test::TempFolder folder;
  const IvfFrame large{Bytes(5'000'000, 3), 1};
  OutputFile file(folder / "clip.ivf");
  IvfWriter(file, kHeader).write(large.bytes, large.pts);
  file.commit();
  IvfReader reader(std::make_unique<Pipe>(test::file_bytes(folder / "clip.ivf")), "clip.ivf");
  EXPECT_EQ(reader.header().frame_count, 0U) << "nobody called finish()";
  EXPECT_EQ(reader.next(), large);
  EXPECT_FALSE(reader.next());
}

TEST(Ivf, KeepsTheCountGivenUpFrontWhereOutputCannotBePatched) {
  OutputFile file("/dev/null");
  IvfHeader header = kHeader;
  header.frame_count = 1;
  IvfWriter writer(file, header);
  writer.write(Bytes(3), 0);
  writer.write(Bytes(3), 1);
  EXPECT_NO_THROW(writer.finish());
  EXPECT_EQ(file.size_bytes(), 32U + 2 * 15U);
}

TEST(Ivf, SkipsTheRestOfALongerHeader) {
  Bytes bytes = ivf_bytes();
  bytes[6] = 40;
  bytes.insert(bytes.begin() + 32, 8, 0xff);
  IvfReader reader(open_memory(bytes), "clip.ivf");
  EXPECT_EQ(reader.next(), kFrames[0]);
}

TEST(Ivf, AssumesAFrameRateWhereTheHeaderHasNone) {
  Bytes bytes = ivf_bytes();
  std::fill_n(bytes.begin() + 16, 4, std::uint8_t{0});
  EXPECT_EQ(IvfReader(open_memory(bytes), "clip.ivf").header().frame_rate, (Rational{25, 1}));
}

TEST(Ivf, RefusesWhatIsNotIvfWithVp8) {
  const Bytes good = ivf_bytes();
  Bytes signature = good, length = good, codec = good;
  signature[0] = 'X';
  length[6] = 31;
  codec[11] = '9';
  EXPECT_TRUE(contains(refusal({}), "clip.ivf: byte 0: the file does not begin with DKIF"));
  EXPECT_TRUE(contains(refusal(signature), "byte 0: the file does not begin with DKIF"));
  EXPECT_TRUE(contains(refusal(length), "byte 6: the header claims 31 bytes"));
  EXPECT_TRUE(contains(refusal(codec), "byte 8: the codec is not VP80"));
  EXPECT_TRUE(contains(refusal(Bytes(good.begin(), good.begin() + 20)), "byte 20: the file ends"));
}

TEST(Ivf, RefusesATruncatedFrameWithItsNumberAndOffset) {
  const Bytes good = ivf_bytes();
  for (std::size_t size = 32; size < good.size(); ++size) {
    const Bytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    const bool between_frames = size == 32 || size == 144 || size == 156;
    EXPECT_EQ(refusal(cut).empty(), between_frames) << size;
  }
  const Bytes payload(good.begin(), good.end() - 1);
  EXPECT_TRUE(
      contains(refusal(payload), "frame 2 at byte 168: the frame claims 5 bytes, but only 4"))
      << refusal(payload);
  const Bytes header(good.begin(), good.begin() + 150);
  EXPECT_TRUE(contains(refusal(header), "frame 1 at byte 150: the file ends")) << refusal(header);
}

TEST(Ivf, RefusesATruncatedFrameOfAPipe) {
  Bytes bytes = ivf_bytes();
  bytes.pop_back();
  IvfReader reader(std::make_unique<Pipe>(bytes), "standard input");
  reader.next();
  reader.next();
  const std::string message = message_of<InputError>([&] { reader.next(); });
  EXPECT_TRUE(contains(message, "standard input: frame 2")) << message;
  EXPECT_TRUE(contains(message, "after 4 of the frame's 5 bytes")) << message;
}

TEST(Ivf, RefusesHugeFramesWithoutAllocatingThem) {
  Bytes bytes = ivf_bytes();
  std::fill_n(bytes.begin() + 32, 4, std::uint8_t{0xff});
  EXPECT_TRUE(contains(refusal(bytes), "frame 0 at byte 44: the frame claims 4294967295 bytes"));
  bytes[35] = 0x0f;
  EXPECT_TRUE(contains(refusal(bytes), "but only 129 remain")) << refusal(bytes);
}

TEST(Ivf, NamesAFileThatIsMissing) {
  const std::string message = message_of<std::system_error>([] { open_file("/nowhere/clip.ivf"); });
  EXPECT_TRUE(contains(message, "/nowhere/clip.ivf")) << message;
}

}  // namespace
}  // namespace host
