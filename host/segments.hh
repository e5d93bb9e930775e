// Macroblocks of different worth in one frame: the format has four quantisers for them (RFC 6386
// section 9.3).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "codec/tables.hh"

namespace host {

/// Which macroblocks of a frame share a quantiser.
struct Segments {
  std::vector<std::uint8_t> map;                       ///< of each macroblock, in raster order
  std::array<std::uint8_t, vp8::kSegments> q_index{};  ///< of each segment

  bool operator==(const Segments&) const = default;
};

/// The best four quantiser indices for macroblocks that want `wanted`, each 0..127: the sum of
/// squared differences is the smallest there is. Segments that nobody needs repeat another's index.
Segments choose_segments(std::span<const std::uint8_t> wanted);

}  // namespace host
