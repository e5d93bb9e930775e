// A whole encode by libvpx, as vpxenc does it: what ours are compared with.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "host/pipeline.hh"
#include "host/plan.hh"
#include "host/repeatable_input.hh"

namespace tools {

/// How libvpx is to encode.
struct LibvpxOptions {
  int cq = 24;  ///< its scale, 0 to 63
  int threads = 1;
  std::int64_t limit = -1;  ///< pictures at most; -1: all
};

/// Encodes as `vpxenc --good --cpu-used=0 --auto-alt-ref=1 --lag-in-frames=25 --passes=2
/// --end-usage=cq` does, with one key frame unless libvpx sees a cut. `frame` gets the coded frames
/// in order, hidden ones too. The summary's quality is that of our decoder's pictures; its times
/// are those of libvpx's two passes (`lookahead`, `first_pass`), reading and measuring. Throws what
/// the input throws, and std::runtime_error where libvpx fails.
host::EncodeSummary encode_by_libvpx(
    const host::RepeatableInput& input,
    const LibvpxOptions& options,
    const std::function<void(std::span<const std::uint8_t>)>& frame);

}  // namespace tools
