// Pictures for the example kernel of cuda/README.md, and what plain loops find in them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>

#include "tests/cuda/made_clips.hh"
#include "tests/cuda/skeleton.hh"

namespace gpu::test {

/// A texture on which a window moves, with a bright block on it in the picture after.
inline std::vector<vp8::PictureRef> changing_pictures(int width, int height) {
  const vp8::PictureRef moved = window_on_texture(width, height, 2, 4);
  const auto with_block = [&](vp8::Plane plane, int y, int x) {
    const bool inside = y >= height / 3 && x >= width / 3 && y < height / 2 && x < width / 2;
    return inside ? 255 : int{moved->coded(plane).at(y, x)};
  };
  return {window_on_texture(width, height, 0, 0), picture_of(width, height, with_block)};
}

/// What the kernel is to find, sample by sample, by its description alone.
inline Changes plain_changes(const vp8::Picture& before, const vp8::Picture& after) {
  Changes changes;
  for (int mb = 0; mb < before.mb_rows() * before.mb_cols(); ++mb) {
    std::array<int, kChangeClasses> counts{};
    std::uint32_t sad = 0;
    for (int i = 0; i < 256; ++i) {
      const int y = mb / before.mb_cols() * 16 + i / 16;
      const int x = mb % before.mb_cols() * 16 + i % 16;
      const int difference =
          std::abs(before.coded(vp8::kPlaneY).at(y, x) - after.coded(vp8::kPlaneY).at(y, x));
      sad += static_cast<std::uint32_t>(difference);
      ++counts[static_cast<std::size_t>(difference * kChangeClasses / 256)];
    }
    changes.sad.push_back(sad);
    changes.most_frequent.push_back(
        static_cast<std::uint8_t>(std::ranges::max_element(counts) - counts.begin()));
  }
  return changes;
}

}  // namespace gpu::test
