// What is noted of each frame while it is written, for `encode --json`.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include <nlohmann/json.hpp>

#include "host/pipeline.hh"

namespace tools {

/// Sizes, types and quality of an encode's frames. Memory: 40 bytes a frame.
class FrameLog {
 public:
  void add(const host::CodedFrame& frame);
  /// An array with an object for each frame: "picture", "key", "shown", "bytes", and of shown ones
  /// "psnr_y", null where it is infinite, and "ssim_y".
  nlohmann::ordered_json json() const;

 private:
  struct Entry {
    std::int64_t picture;
    std::uint64_t bytes;
    bool key;
    bool shown;
    double psnr_y;
    double ssim_y;
  };
  std::vector<Entry> entries_;
};

/// The last encode at each cq16 of a search.
using FrameLogs = std::map<int, FrameLog>;

}  // namespace tools
