// Kernels that test the instructions which need more than one lane, or memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ptx/snippet.hh"

namespace ptx {

struct KernelCase {
  /// With the modifiers that it tests.
  std::string opcode;
  void (*run)();
};
std::vector<KernelCase> access_cases();
std::vector<KernelCase> atomic_cases();
std::vector<KernelCase> warp_cases();
std::vector<KernelCase> control_cases();

using U = std::uint64_t;
using Words = std::vector<U>;

/// Shared memory that kernels may use.
inline constexpr const char* kSpaces = ".shared .align 16 .b8 tile[2048];\n";

/// The low 32 bits, or all 64, as a signed number.
inline std::int64_t sx(U value, int bits) {
  return bits == 64 ? static_cast<std::int64_t>(value)
                    : static_cast<std::int64_t>(static_cast<std::int32_t>(value));
}

/// Each thread's %rd9 after `body`, in blocks of `threads`. The thread's number in the block is in
/// %r0, its word of `in` in %rd3.
inline Words results(const std::string& opcode,
                     const std::string& body,
                     const Words& in,
                     std::uint32_t threads = 32,
                     const std::string& declarations = {}) {
  Snippet snippet(
      "mul.wide.u32 %rd8, %r0, 8;\nadd.s64 %rd4, %rd1, %rd8;\n"
      "add.s64 %rd5, %rd2, %rd8;\nld.global.u64 %rd3, [%rd4];\n" +
          body + "\nst.global.u64 [%rd5], %rd9;",
      declarations);
  Words out(threads, 0);
  Words padded = in;
  padded.resize(threads);
  const LaunchCounts counts = snippet.run(padded, out, {threads, 1, 1});
  EXPECT_TRUE(counts.opcodes.contains(opcode)) << opcode << " was not executed";
  return out;
}

inline Words sequence(std::size_t count, U factor = 1, U first = 0) {
  Words values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = first + factor * i;
  return values;
}
inline Words mixed(std::size_t count) {
  Words values(count);
  U state = 88172645463325252;
  for (U& value : values) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    value = state;
  }
  return values;
}

}  // namespace ptx
