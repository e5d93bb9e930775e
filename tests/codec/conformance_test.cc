// The decoder against the conformance vectors: the MD5 of every shown picture.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

extern "C" {
#include <libavutil/md5.h>
}

#include "codec/decode.hh"
#include "tests/oracle/libvpx_oracle.hh"
#include "tests/shared_path.hh"

namespace vp8 {
namespace {

using oracle::Bytes;

constexpr int kVectors = 61;

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

std::size_t little_endian_32(const Bytes& bytes, std::size_t at) {
  return bytes[at] | static_cast<std::size_t>(bytes[at + 1]) << 8 |
         static_cast<std::size_t>(bytes[at + 2]) << 16 |
         static_cast<std::size_t>(bytes[at + 3]) << 24;
}

// A well-formed IVF file's frames.
std::vector<Bytes> ivf_frames(const Bytes& file) {
  std::vector<Bytes> frames;
  for (std::size_t at = 32; at + 12 <= file.size();) {
    const auto begin = file.begin() + static_cast<std::ptrdiff_t>(at + 12);
    const std::size_t size = little_endian_32(file, at);
    frames.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(size));
    at += 12 + size;
  }
  return frames;
}

std::string md5_of(const Bytes& bytes) {
  std::array<std::uint8_t, 16> digest;
  av_md5_sum(digest.data(), bytes.data(), bytes.size());
  std::string hex;
  for (const std::uint8_t byte : digest) {
    for (const int nibble : {byte >> 4, byte & 15}) {
      hex += "0123456789abcdef"[nibble];
    }
  }
  return hex;
}

// vp80-00-comprehensive-001 to -018, then the rest of libvpx's 61 vectors.
std::string vector_name(int number) {
  constexpr std::array<const char*, kVectors> kNames = {
      "00-comprehensive-001", "00-comprehensive-002", "00-comprehensive-003",
      "00-comprehensive-004", "00-comprehensive-005", "00-comprehensive-006",
      "00-comprehensive-007", "00-comprehensive-008", "00-comprehensive-009",
      "00-comprehensive-010", "00-comprehensive-011", "00-comprehensive-012",
      "00-comprehensive-013", "00-comprehensive-014", "00-comprehensive-015",
      "00-comprehensive-016", "00-comprehensive-017", "00-comprehensive-018",
      "01-intra-1400",        "01-intra-1411",        "01-intra-1416",
      "01-intra-1417",        "02-inter-1402",        "02-inter-1412",
      "02-inter-1418",        "02-inter-1424",        "03-segmentation-01",
      "03-segmentation-02",   "03-segmentation-03",   "03-segmentation-04",
      "03-segmentation-1401", "03-segmentation-1403", "03-segmentation-1407",
      "03-segmentation-1408", "03-segmentation-1409", "03-segmentation-1410",
      "03-segmentation-1413", "03-segmentation-1414", "03-segmentation-1415",
      "03-segmentation-1425", "03-segmentation-1426", "03-segmentation-1427",
      "03-segmentation-1432", "03-segmentation-1435", "03-segmentation-1436",
      "03-segmentation-1437", "03-segmentation-1441", "03-segmentation-1442",
      "04-partitions-1404",   "04-partitions-1405",   "04-partitions-1406",
      "05-sharpness-1428",    "05-sharpness-1429",    "05-sharpness-1430",
      "05-sharpness-1431",    "05-sharpness-1433",    "05-sharpness-1434",
      "05-sharpness-1438",    "05-sharpness-1439",    "05-sharpness-1440",
      "05-sharpness-1443"};
  return std::string("vp80-") + kNames[static_cast<std::size_t>(number)];
}

class Vector : public testing::TestWithParam<int> {};

TEST_P(Vector, DecodesToTheMd5OfEveryPicture) {
  const std::filesystem::path path =
      shared_path("vp8-test-vectors/" + vector_name(GetParam()) + ".ivf");
  const std::filesystem::path md5_path = path.string() + ".md5";
  if (!std::filesystem::exists(path) || !std::filesystem::exists(md5_path)) {
    GTEST_SKIP() << "needs " << path << " and its .md5 (set FASTSLOW_SHARED)";
  }
  std::ifstream md5s(md5_path);
  State state;
  int pictures = 0;
  std::string expected;
  std::string name;
  for (const Bytes& frame : ivf_frames(read_file(path))) {
    const Decoded decoded = decode(state, frame);
    state = decoded.next;
    if (!decoded.shown) {
      continue;
    }
    ASSERT_TRUE(md5s >> expected >> name) << "more pictures than MD5s: " << pictures + 1;
    ASSERT_EQ(md5_of(oracle::shown_samples(*decoded.reconstruction).samples), expected) << name;
    ++pictures;
  }
  EXPECT_GT(pictures, 0);
  EXPECT_FALSE(md5s >> expected) << "fewer pictures than MD5s";
}

INSTANTIATE_TEST_SUITE_P(Conformance, Vector, testing::Range(0, kVectors), [](const auto& vector) {
  std::string name = vector_name(vector.param);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace vp8
