// The bytes of a picture, without loss: samples are predicted, and what remains goes through zstd.
//
//   magic version temporal width height | blocks | residuals
//
// Numbers are little-endian. There is no checksum: who stores pictures seals them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codec/picture.hh"
#include "codec/sections.hh"

namespace vp8 {

/// The canonical bytes of a picture's coded samples. Blocks may be predicted from `reference`, of
/// the same size, if there is one.
std::vector<std::uint8_t> serialise_picture(const Picture& picture, const Picture* reference);

/// The picture, borders extended, whose serialise_picture() with this reference gave the bytes.
/// Throws BitstreamError for bytes that are no picture, or one that was predicted where there is no
/// reference (or the reverse), or of another size than `width` x `height`. Memory stays below four
/// pictures.
Picture parse_picture(std::span<const std::uint8_t> bytes,
                      int width,
                      int height,
                      const Picture* reference);

/// Likewise the two sections alone.
void append_picture(std::vector<std::uint8_t>& out,
                    const Picture& picture,
                    const Picture* reference);
/// `name`: of the picture, for messages.
Picture read_picture(sections::SectionReader& in,
                     const std::string& name,
                     int width,
                     int height,
                     const Picture* reference);

}  // namespace vp8
