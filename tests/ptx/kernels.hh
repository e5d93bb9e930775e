// What the kernels of kernels.cu compute for one item, as code for host and device alike.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define PTX_HD __host__ __device__
#define PTX_HD_NOINLINE __host__ __device__ __noinline__
#else
#define PTX_HD
#define PTX_HD_NOINLINE
#endif

namespace ptx_kernels {

// Integer arithmetic of all widths, a result for each kind.
__extension__ using Wide = unsigned __int128;
struct Sums {
  std::uint64_t wide;
  std::int64_t divided;
  std::uint32_t bits;
  std::int32_t clamped;
  std::int16_t narrow;
  std::uint8_t byte;
  std::int8_t sign;

  bool operator==(const Sums&) const = default;
};

PTX_HD inline std::uint32_t rotated(std::uint32_t x, unsigned n) {
  return n == 0 ? x : x << n | x >> (32 - n);
}

PTX_HD inline Sums sums_of(std::uint64_t a, std::int32_t b) {
  Sums s{};
  const auto low = static_cast<std::uint32_t>(a);
  s.wide = static_cast<std::uint64_t>((static_cast<Wide>(a) * (a ^ low)) >> 37);
  s.divided = static_cast<std::int64_t>(a) / (b | 1) + static_cast<std::int64_t>(a) % 1000;
  s.bits = rotated(low, static_cast<unsigned>(b) & 31) ^ (low / 7) ^ (low % 10);
  const std::int32_t shifted = b >> (low & 15);
  s.clamped = shifted < -128 ? -128 : shifted > 127 ? 127 : shifted;
  s.narrow = static_cast<std::int16_t>(static_cast<std::int16_t>(low) * 3 - b / 3);
  s.byte = static_cast<std::uint8_t>((low >> 8) + (low & 255) * 5);
  s.sign = static_cast<std::int8_t>(s.byte - 100);
  return s;
}

// A function that stays one, with a structure by value and an array that is indexed at run time.
struct Block {
  std::int32_t at[16];

  bool operator==(const Block&) const = default;
};

PTX_HD_NOINLINE inline Block transformed(Block in, int turn) {
  Block out;
  for (int i = 0; i < 16; ++i)
    out.at[(i + turn) & 15] = in.at[i];
  for (int row = 0; row < 4; ++row) {
    std::int32_t* const x = out.at + 4 * row;
    const std::int32_t sum = x[0] + x[3];
    const std::int32_t difference = x[1] - x[2];
    x[0] = sum + difference;
    x[3] = (sum - difference) * 2217 >> 12;
    x[1] = x[(turn + row) & 3] + 7;
  }
  return out;
}

// Different ways by value, as a table of branches.
PTX_HD inline std::uint32_t chosen(std::uint32_t how, std::uint32_t x) {
  switch (how % 8) {
    case 0:
      return x * 3 + 1;
    case 1:
      return x ^ 0xdeadbeef;
    case 2:
      return x / (how + 1);
    case 3:
      return x << (how & 31);
    case 4:
      return x % 77 + how * x;
    case 5:
      return ~x;
    case 6:
      return rotated(x, 11) + 9;
    default:
      return (x >> 5) * (x & 31);
  }
}

// Loops of other lengths in each lane: the steps of a number to one, and its greatest divisors.
PTX_HD inline std::uint32_t steps_to_one(std::uint64_t n) {
  std::uint32_t steps = 0;
  for (; n != 1; ++steps) {
    if ((n & 1) != 0)
      n = 3 * n + 1;
    else
      n >>= 1;
  }
  return steps;
}
PTX_HD inline std::uint32_t divisor(std::uint32_t a, std::uint32_t b) {
  while (b != 0) {
    const std::uint32_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

// A structure with a hole.
struct Vector {
  std::int16_t row;
  std::int16_t col;
  std::uint8_t mode;
  std::uint32_t cost;

  bool operator==(const Vector&) const = default;
};

constexpr int kItems = 1000;
constexpr int kWindow = 48;

/// Of the kernel `search`: where a 16x16 block is found best in a window of 48x48, all bytes.
struct Search {
  const std::uint8_t* blocks;
  const std::uint8_t* windows;
  Vector* found;
};

}  // namespace ptx_kernels
