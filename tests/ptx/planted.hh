// Kernels with planted errors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ptx/snippet.hh"

namespace ptx {

using Words = std::vector<std::uint64_t>;

constexpr const char* kTile = ".shared .align 16 .b8 tile[1024];\n";
/// %r1 is the address of the thread's own word of `tile`.
constexpr const char* kOwnWord =
    "shl.b32 %r1, %r0, 2;\nmov.u32 %r2, tile;\nadd.u32 %r1, %r1, %r2;\n";

/// The kernel faults, and the message has all of these parts.
inline void expect_fault(const std::string& body,
                         const std::vector<std::string>& parts,
                         const Dim3& block = {32, 1, 1},
                         const Dim3& grid = {},
                         const std::string& declarations = kTile) {
  const std::string message = fault_of(body, block, grid, declarations);
  EXPECT_NE(message, "") << body;
  for (const std::string& part : parts)
    EXPECT_NE(message.find(part), std::string::npos) << message << "\nlacks " << part;
}
inline void expect_clean(const std::string& body,
                         const Dim3& block = {32, 1, 1},
                         const Dim3& grid = {},
                         const std::string& declarations = kTile) {
  EXPECT_EQ(fault_of(body, block, grid, declarations), "") << body;
}
inline std::string own(const std::string& body) {
  return kOwnWord + body;
}

}  // namespace ptx
