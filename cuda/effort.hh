// How much work goes into an encode.
#pragma once

#include <cstdint>

namespace gpu {

/// How much work goes into decisions: what it buys is in the table of the README.
enum class Effort : std::uint8_t {
  kFast,     ///< nearness alone decides in the first pass; rebasing takes the modes as they are
  kDefault,  ///< full costs decide between the nearest few; rebasing refines
  kBest,     ///< rebasing decides everything again, from what the first pass found
};

}  // namespace gpu
