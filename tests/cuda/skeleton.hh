// What the example kernel of cuda/README.md reads and writes: see skeleton-inl.h.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "codec/picture.hh"

namespace gpu::test {

/// Classes of absolute differences of two samples: 0..15, 16..31, and so on.
inline constexpr int kChangeClasses = 16;

/// Two pictures to be compared, whole macroblocks, and an element a macroblock for what comes out.
/// All that is pointed at belongs to the device.
struct ChangeTask {
  int mb_rows;
  int mb_cols;
  vp8::ConstPlaneView before;
  vp8::ConstPlaneView after;
  std::uint32_t* sad;           // how much a macroblock changed
  std::uint8_t* most_frequent;  // the class of most of its samples; the lower of two
};

/// Memory that the lanes of a team share.
struct ChangeWork {
  std::array<std::uint32_t, kChangeClasses> counts;
};

/// The outputs of a task.
struct Changes {
  std::vector<std::uint32_t> sad;
  std::vector<std::uint8_t> most_frequent;

  bool operator==(const Changes&) const = default;
};

/// Compares pictures of one size with the CPU's vector instructions.
Changes vector_changes(const vp8::Picture& before, const vp8::Picture& after);

/// Of one size.
struct PicturePair {
  const vp8::Picture& before;
  const vp8::Picture& after;
};

/// The same on a GPU, all pairs in one launch. Throws std::runtime_error with CUDA's error name.
std::vector<Changes> cuda_changes(const std::vector<PicturePair>& pairs);

}  // namespace gpu::test
