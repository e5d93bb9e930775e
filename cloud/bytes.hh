// Runs of bytes, as stores, exchanges and messages take and give them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace cloud {

using Bytes = std::vector<std::uint8_t>;
using ByteSpan = std::span<const std::uint8_t>;

}  // namespace cloud
