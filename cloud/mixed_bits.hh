// A well-mixed function of 64 bits (the finaliser of splitmix64): for numbers that should look
// random and be the same everywhere.
#pragma once

#include <cstdint>

namespace cloud {

/// One to one; neighbours have nothing to do with each other.
constexpr std::uint64_t mixed_bits(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace cloud
