// What workers find out about a chunk, as bytes: decisions and frames.
#pragma once

#include <cstdint>
#include <vector>

#include "cloud/bytes.hh"
#include "codec/encode.hh"
#include "host/chain.hh"

namespace cloud {

/// The canonical bytes of decisions about pictures of one size.
Bytes write_decisions(const std::vector<vp8::Decisions>& decisions);
/// Throws Damaged for anything else, or if there are not `count` of `macroblocks` macroblocks.
std::vector<vp8::Decisions> read_decisions(ByteSpan bytes,
                                           std::size_t count,
                                           std::size_t macroblocks);

/// The frames of a chunk.
struct StoredFrames {
  std::vector<host::RebasedPicture> frames;
  std::uint64_t state_hash = 0;  ///< vp8::hash of the state behind them
};

/// The canonical bytes of frames.
Bytes write_frames(const StoredFrames& frames);
/// Throws Damaged.
StoredFrames read_frames(ByteSpan bytes);

}  // namespace cloud
