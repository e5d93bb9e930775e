// Every form of the instructions that compute in one lane, with what the PTX manual says it gives.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ptx {

using U = std::uint64_t;

/// What an instruction computes from its operands a, b, c, e (zero-extended from their widths).
using Expectation = std::function<U(U a, U b, U c, U e)>;

struct Row {
  std::string opcode;
  /// Widths of the result and of the operands: 1, 16, 32 or 64 bits.
  int result;
  std::vector<int> sources;
  Expectation expected;
  /// Where given, only operands that it accepts are tried.
  std::function<bool(U a, U b)> defined = nullptr;
};

const std::vector<Row>& all_rows();

/// The low bits of a value; all from 64 on.
inline U masked(U value, int bits) {
  return bits >= 64 ? value : value & ((U{1} << bits) - 1);
}

}  // namespace ptx
