// Arithmetic on the four bytes of a 32-bit word, of which the team primitives are made: one
// instruction of the GPU each, and what that instruction does in portable code.
//
// Byte 0 is the lowest, as in memory.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "codec/types.hh"

namespace gpu::words {

static_assert(std::endian::native == std::endian::little);

/// What the instructions below compute, for CPUs and for tests that compare the two.
namespace portable {

VP8_HD constexpr std::uint32_t byte(std::uint32_t word, int i) {
  return word >> (8 * i) & 0xFF;
}

VP8_HD constexpr std::uint32_t sad(std::uint32_t a, std::uint32_t b, std::uint32_t sum) {
  for (int i = 0; i < 4; ++i)
    sum += byte(a, i) > byte(b, i) ? byte(a, i) - byte(b, i) : byte(b, i) - byte(a, i);
  return sum;
}

VP8_HD constexpr int dot(std::uint32_t samples, std::uint32_t taps, int sum) {
  for (int i = 0; i < 4; ++i)
    sum += static_cast<int>(byte(samples, i)) * static_cast<std::int8_t>(byte(taps, i));
  return sum;
}

VP8_HD constexpr std::uint32_t dot_samples(std::uint32_t a, std::uint32_t b, std::uint32_t sum) {
  for (int i = 0; i < 4; ++i)
    sum += byte(a, i) * byte(b, i);
  return sum;
}

VP8_HD constexpr std::uint32_t permute(std::uint32_t x, std::uint32_t y, std::uint32_t selector) {
  std::uint32_t out = 0;
  for (int i = 0; i < 4; ++i) {
    const int from = static_cast<int>(selector >> (4 * i) & 7);
    out |= byte(from < 4 ? x : y, from & 3) << (8 * i);
  }
  return out;
}

VP8_HD constexpr std::uint32_t shift_right(std::uint32_t low, std::uint32_t high, int bits) {
  return static_cast<std::uint32_t>((static_cast<std::uint64_t>(high) << 32 | low) >> bits);
}

}  // namespace portable

/// sum + the four |a - b|.
VP8_HD inline std::uint32_t sad(std::uint32_t a, std::uint32_t b, std::uint32_t sum) {
#if defined(__CUDA_ARCH__)
  std::uint32_t out;
  asm("vabsdiff4.u32.u32.u32.add %0, %1, %2, %3;" : "=r"(out) : "r"(a), "r"(b), "r"(sum));
  return out;
#else
  return portable::sad(a, b, sum);
#endif
}

/// sum + the dot product of four samples with four signed taps.
VP8_HD inline int dot(std::uint32_t samples, std::uint32_t taps, int sum) {
#if defined(__CUDA_ARCH__)
  int out;
  asm("dp4a.u32.s32 %0, %1, %2, %3;" : "=r"(out) : "r"(samples), "r"(taps), "r"(sum));
  return out;
#else
  return portable::dot(samples, taps, sum);
#endif
}

/// sum + the dot product of four samples with four samples.
VP8_HD inline std::uint32_t dot_samples(std::uint32_t a, std::uint32_t b, std::uint32_t sum) {
#if defined(__CUDA_ARCH__)
  return __dp4a(a, b, sum);
#else
  return portable::dot_samples(a, b, sum);
#endif
}

/// Four of the eight bytes of x (0..3) and y (4..7), as the digits of `selector` say, lowest first.
VP8_HD inline std::uint32_t permute(std::uint32_t x, std::uint32_t y, std::uint32_t selector) {
#if defined(__CUDA_ARCH__)
  return __byte_perm(x, y, selector);
#else
  return portable::permute(x, y, selector);
#endif
}

/// The low word of (high, low) >> bits, for bits of 0 to 31.
VP8_HD inline std::uint32_t shift_right(std::uint32_t low, std::uint32_t high, int bits) {
#if defined(__CUDA_ARCH__)
  return __funnelshift_r(low, high, static_cast<unsigned>(bits));
#else
  return portable::shift_right(low, high, bits);
#endif
}

/// Byte `i`, a constant.
VP8_HD inline int byte(std::uint32_t word, int i) {
  return static_cast<int>(portable::byte(word, i));
}

/// A word from four values of 0..255.
VP8_HD inline std::uint32_t pack(int a, int b, int c, int d) {
  const std::uint32_t low =
      permute(static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b), 0x0040);
  const std::uint32_t high =
      permute(static_cast<std::uint32_t>(c), static_cast<std::uint32_t>(d), 0x0040);
  return permute(low, high, 0x5410);
}

/// A byte four times.
VP8_HD inline std::uint32_t splat(int value) {
  return static_cast<std::uint32_t>(value) * 0x01010101u;
}

/// Means of bytes, halves rounded up.
VP8_HD inline std::uint32_t mean_up(std::uint32_t a, std::uint32_t b) {
  return (a | b) - ((a ^ b) >> 1 & 0x7F7F7F7Fu);
}
/// Means of bytes, halves rounded down.
VP8_HD inline std::uint32_t mean_down(std::uint32_t a, std::uint32_t b) {
  return (a & b) + ((a ^ b) >> 1 & 0x7F7F7F7Fu);
}

/// Reads a word that lies on a multiple of its size, as one access.
template <class Word = std::uint32_t>
VP8_HD inline Word load(const void* p) {
#if defined(__CUDA_ARCH__)
  // nvcc would copy byte by byte where it has lost sight of the alignment.
  using Alias [[gnu::may_alias]] = Word;
  return *static_cast<const Alias*>(p);
#else
  Word word;
  std::memcpy(&word, __builtin_assume_aligned(p, sizeof(Word)), sizeof(Word));
  return word;
#endif
}

/// Writes a word that lies on a multiple of its size, as one access.
template <class Word>
VP8_HD inline void store(void* p, Word word) {
#if defined(__CUDA_ARCH__)
  using Alias [[gnu::may_alias]] = Word;
  *static_cast<Alias*>(p) = word;
#else
  std::memcpy(__builtin_assume_aligned(p, sizeof(Word)), &word, sizeof(Word));
#endif
}

/// Halves of a word as signed numbers, and a word of the low 16 bits of two numbers.
VP8_HD inline int low16(std::uint32_t word) {
  return static_cast<std::int16_t>(word & 0xFFFF);
}
VP8_HD inline int high16(std::uint32_t word) {
  return static_cast<std::int16_t>(word >> 16);
}
VP8_HD inline std::uint32_t pack16(int low, int high) {
  return permute(static_cast<std::uint32_t>(low), static_cast<std::uint32_t>(high), 0x5410);
}

/// Rows of samples that begin anywhere; their stride is a multiple of 4. A GPU reads whole aligned
/// words, and only those that hold a byte that was asked for.
class AnyRows {
 public:
  VP8_HD AnyRows(const std::uint8_t* first, std::ptrdiff_t stride)
      : stride_(stride), ahead_(static_cast<int>(reinterpret_cast<std::uintptr_t>(first) & 3)) {
    base_ = first - ahead_;
  }

  /// Four samples from column x on, a multiple of 4.
  VP8_HD std::uint32_t four(int y, int x) const {
    const std::uint8_t* at = base_ + y * stride_ + x;
#if defined(__CUDA_ARCH__)
    return shift_right(load(at), load(at + ((ahead_ + 3) & ~3)), 8 * ahead_);
#else
    std::uint32_t word;
    std::memcpy(&word, at + ahead_, 4);
    return word;
#endif
  }

  struct Nine {
    std::uint32_t first;
    std::uint32_t second;
    std::uint32_t third;  // one sample
  };
  /// Nine samples from column x on, a multiple of 4. The rest of the last word is arbitrary.
  VP8_HD Nine nine(int y, int x) const {
    const std::uint8_t* at = base_ + y * stride_ + x;
#if defined(__CUDA_ARCH__)
    const std::uint32_t a = load(at);
    const std::uint32_t b = load(at + 4);
    const std::uint32_t c = load(at + 8);
    return {shift_right(a, b, 8 * ahead_), shift_right(b, c, 8 * ahead_), c >> 8 * ahead_};
#else
    Nine out;
    std::memcpy(&out.first, at + ahead_, 4);
    std::memcpy(&out.second, at + ahead_ + 4, 4);
    out.third = at[ahead_ + 8];
    return out;
#endif
  }

 private:
  const std::uint8_t* base_;  // the aligned word in which the first row begins
  std::ptrdiff_t stride_;
  int ahead_;  // bytes from there to the first sample
};

}  // namespace gpu::words
