// The uncompressed start of a frame (RFC 6386 §9.1).
#include "codec/header.hh"

#include <string>

namespace vp8 {
namespace {

constexpr std::array<std::uint8_t, 3> kStartCode = {0x9d, 0x01, 0x2a};
constexpr std::uint32_t kMaxFirstPartition = (1u << 19) - 1;

void read_key_frame_start(std::span<const std::uint8_t> bytes, FrameHeader& header) {
  if (bytes.size() < 10)
    throw BitstreamError("key frame ends inside its 10-byte start (RFC 6386 §9.1)");
  if (bytes[3] != kStartCode[0] || bytes[4] != kStartCode[1] || bytes[5] != kStartCode[2]) {
    throw BitstreamError("key frame has no start code 9d 01 2a at byte 3 (RFC 6386 §9.1)");
  }
  const auto word = [&](std::size_t at) {
    return static_cast<std::uint16_t>(bytes[at] | bytes[at + 1] << 8);
  };
  header.width = word(6) & 0x3fff;
  header.horizontal_scale = static_cast<std::uint8_t>(word(6) >> 14);
  header.height = word(8) & 0x3fff;
  header.vertical_scale = static_cast<std::uint8_t>(word(8) >> 14);
  if (header.width == 0 || header.height == 0) {
    throw BitstreamError("key frame has size " + std::to_string(header.width) + "x" +
                         std::to_string(header.height) + " (RFC 6386 §9.1)");
  }
}

}  // namespace

FrameTag read_frame_tag(std::span<const std::uint8_t> bytes, FrameHeader& header) {
  if (bytes.size() < 3)
    throw BitstreamError("frame ends inside its 3-byte tag (RFC 6386 §9.1)");
  const std::uint32_t tag = bytes[0] | static_cast<std::uint32_t>(bytes[1]) << 8 |
                            static_cast<std::uint32_t>(bytes[2]) << 16;
  header.key_frame = (tag & 1) == 0;
  header.version = static_cast<std::uint8_t>(tag >> 1 & 7);
  header.show_frame = (tag >> 4 & 1) != 0;
  if (header.key_frame)
    read_key_frame_start(bytes, header);
  const FrameTag result{tag >> 5, header.key_frame ? 10u : 3u};
  if (result.first_partition_size == 0 ||
      result.first_partition_size > bytes.size() - result.size_bytes) {
    throw BitstreamError("first partition claims " + std::to_string(result.first_partition_size) +
                         " bytes, " + std::to_string(bytes.size() - result.size_bytes) +
                         " are there (RFC 6386 §9.1)");
  }
  return result;
}

void write_frame_tag(const FrameHeader& header,
                     std::uint32_t first_partition_size,
                     std::vector<std::uint8_t>& out) {
  if (first_partition_size > kMaxFirstPartition) {
    throw Unsupported("the modes of this picture need " + std::to_string(first_partition_size) +
                      " bytes, VP8 allows 524287 (RFC 6386 §9.1)");
  }
  const std::uint32_t tag = (header.key_frame ? 0u : 1u) |
                            static_cast<std::uint32_t>(header.version) << 1 |
                            (header.show_frame ? 1u : 0u) << 4 | first_partition_size << 5;
  for (const int shift : {0, 8, 16})
    out.push_back(static_cast<std::uint8_t>(tag >> shift));
  if (!header.key_frame)
    return;
  out.insert(out.end(), kStartCode.begin(), kStartCode.end());
  for (const int word : {header.width | header.horizontal_scale << 14,
                         header.height | header.vertical_scale << 14}) {
    out.push_back(static_cast<std::uint8_t>(word));
    out.push_back(static_cast<std::uint8_t>(word >> 8));
  }
}

}  // namespace vp8
