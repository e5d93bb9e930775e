// Pictures as sections.
#include "codec/picture_io.hh"

#include <algorithm>
#include <array>

#include "codec/stored_prediction-inl.h"

namespace vp8 {
namespace {

using namespace stored_prediction;

using Bytes = std::vector<std::uint8_t>;

constexpr std::array<std::uint8_t, 8> kMagic = {'V', 'P', '8', 'I', 'M', 'A', 'G', 'E'};
constexpr std::uint8_t kVersion = 1;

// Everything before the sections.
Bytes header_of(int width, int height, bool temporal) {
  Bytes header(kMagic.begin(), kMagic.end());
  sections::append_number(header, kVersion, 1);
  sections::append_number(header, temporal ? 1 : 0, 1);
  sections::append_number(header, static_cast<std::uint64_t>(width), 2);
  sections::append_number(header, static_cast<std::uint64_t>(height), 2);
  return header;
}

}  // namespace

void append_picture(Bytes& out, const Picture& picture, const Picture* reference) {
  CodedPicture coded = code_picture(picture, reference);
  sections::append_section(out, coded.map);
  std::size_t total = 0;
  for (const Bytes& residuals : coded.residuals)
    total += residuals.size();
  Bytes all;
  all.reserve(total);
  for (Bytes& residuals : coded.residuals) {
    all.insert(all.end(), residuals.begin(), residuals.end());
    Bytes().swap(residuals);
  }
  sections::append_section(out, all);
}

Picture read_picture(sections::SectionReader& in,
                     const std::string& name,
                     int width,
                     int height,
                     const Picture* reference) {
  const Bytes map = in.next(name + " blocks", block_count(width, height));
  const std::uint8_t end = BlockCode{kClasses, false}.byte();
  for (std::size_t i = 0; i < map.size(); ++i) {
    if (map[i] >= end || (reference == nullptr && BlockCode::of(map[i]).temporal))
      in.refuse(name + " blocks", "block " + std::to_string(i) + " has an impossible code");
  }
  const auto sizes = residual_sizes(width, height, map);
  std::size_t total = 0;
  for (const std::size_t size : sizes)
    total += size;
  const Bytes residuals = in.next(name + " residuals", total);
  PictureReader reader{.map = map};
  const std::uint8_t* next = residuals.data();
  for (std::size_t i = 0; i < kClasses; ++i) {
    reader.residuals[i] = next;
    next += sizes[i];
  }
  return decode_picture(width, height, reference, reader);
}

Bytes serialise_picture(const Picture& picture, const Picture* reference) {
  Bytes out = header_of(picture.width(), picture.height(), reference != nullptr);
  append_picture(out, picture, reference);
  return out;
}

Picture parse_picture(std::span<const std::uint8_t> bytes,
                      int width,
                      int height,
                      const Picture* reference) {
  const Bytes header = header_of(width, height, reference != nullptr);
  const auto difference = std::ranges::mismatch(header, bytes);
  if (difference.in1 != header.end()) {
    sections::fail(
        "picture, header", static_cast<std::size_t>(difference.in1 - header.begin()),
        "not a picture of " + std::to_string(width) + "x" + std::to_string(height) +
            (reference != nullptr ? " that was predicted from another" : " that stands alone"));
  }
  sections::SectionReader in("picture", bytes, header.size());
  Picture picture = read_picture(in, "samples", width, height, reference);
  in.expect_end();
  return picture;
}

}  // namespace vp8
