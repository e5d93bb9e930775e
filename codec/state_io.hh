// The bytes of a State: canonical, versioned, compressed, checksummed (RFC 6386 §9.3-§9.11 for the
// meaning of the fields).
//
//   magic version width height golden altref | section ... | checksum
//
// Numbers are little-endian. `golden` and `altref` say which distinct picture each reference is;
// the last frame is picture 0. A section is its length and one zstd frame: first the fields with
// the segment map, then for each distinct picture the coding of its blocks and their residuals. The
// checksum is the XXH3-64 of all bytes before it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "codec/state.hh"

namespace vp8 {

/// The canonical bytes of a state: equal states give equal bytes, whatever they share in memory,
/// under one release of zstd (another may compress differently). Throws Unsupported for a state
/// that no stream leads to: some references only, or members that do not fit together.
std::vector<std::uint8_t> serialise(const State& state);

/// The state whose serialise() is exactly `bytes`; equal references share one picture. Throws
/// BitstreamError, which names the section and the byte offset, for any other bytes.
///
/// Sizes are checked before memory is allocated. A picture is allocated only once all residuals
/// that its blocks need have been decompressed; a few hundred bytes are a legal 16383x16383 state,
/// if a flat one. Memory stays below ten pictures of the size that the bytes declare.
State parse_state(std::span<const std::uint8_t> bytes);

}  // namespace vp8
