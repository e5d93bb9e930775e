// Every instruction against the PTX manual's definition: those that compute in one lane over edge
// cases and random values, the others by kernels.
#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ptx/opcode_cases.hh"
#include "tests/ptx/opcode_rows.hh"
#include "tests/ptx/snippet.hh"

namespace ptx {
namespace {

/// Values where something changes, and random ones.
std::vector<U> interesting(int bits, std::mt19937_64& random) {
  if (bits == 1)
    return {0, 1};
  std::vector<U> values{0, 1, 2, 3, 5, 7, 8, 31, 32, 33, 63, 64, 127, 128, 255, 256};
  for (const int n : {15, 16, 24, 31, 32, 63})
    for (const int d : {-1, 0, 1})
      values.push_back((U{1} << n) + static_cast<U>(d));
  for (const int d : {1, 2, 3, 128, 129, 256, 32768})
    values.push_back(0 - static_cast<U>(d));
  values.push_back(0x0102030405060708);
  values.push_back(0x80ff7f0080ff7f00);
  for (int i = 0; i < 8; ++i)
    values.push_back(random());
  for (U& value : values)
    value = masked(value, bits);
  return values;
}

std::vector<std::array<U, 4>> operand_sets(const Row& row) {
  std::mt19937_64 random(1);
  std::array<std::vector<U>, 4> values;
  for (std::size_t i = 0; i < 4; ++i)
    values[i] = i < row.sources.size() ? interesting(row.sources[i], random) : std::vector<U>{0};
  std::vector<std::array<U, 4>> sets;
  for (const U a : values[0])
    for (const U b : values[1])
      sets.push_back(
          {a, b, values[2][random() % values[2].size()], values[3][random() % values[3].size()]});
  for (int i = 0; i < 1500; ++i) {
    std::array<U, 4> set{};
    for (std::size_t k = 0; k < row.sources.size(); ++k)
      set[k] = random() % 4 != 0 ? values[k][random() % values[k].size()]
                                 : masked(random(), row.sources[k]);
    sets.push_back(set);
  }
  if (row.defined)
    std::erase_if(sets, [&](const auto& set) { return !row.defined(set[0], set[1]); });
  return sets;
}

std::string reg(int bits, int index) {
  const char* const prefix = bits == 1 ? "%p" : bits == 16 ? "%rs" : bits == 32 ? "%r" : "%rd";
  return prefix + std::to_string(10 + index);
}

/// Loads the thread's operands, runs the instruction, stores its result as 64 bits.
std::string body_of(const Row& row) {
  std::string body =
      "mov.u32 %r1, %ctaid.x;\nmov.u32 %r2, %ntid.x;\nmad.lo.s32 %r0, %r1, %r2, %r0;\n"
      "mul.wide.u32 %rd3, %r0, 32;\nadd.s64 %rd4, %rd1, %rd3;\n"
      "mul.wide.u32 %rd3, %r0, 8;\nadd.s64 %rd5, %rd2, %rd3;\n";
  const auto colon = row.opcode.find(':');
  std::string instruction = row.opcode.substr(0, colon) + " " + reg(row.result, 0);
  for (std::size_t i = 0; i < row.sources.size(); ++i) {
    const int bits = row.sources[i];
    const std::string name = reg(bits, static_cast<int>(i) + 1);
    const std::string at = "[%rd4+" + std::to_string(8 * i) + "]";
    if (bits == 1)
      body += "ld.global.u32 %r9, " + at + ";\nsetp.ne.u32 " + name + ", %r9, 0;\n";
    else
      body += "ld.global.b" + std::to_string(bits) + " " + name + ", " + at + ";\n";
    instruction += ", " + name;
  }
  if (colon != std::string::npos)
    instruction += ", " + row.opcode.substr(colon + 1);
  body += instruction + ";\n";
  if (row.result == 1)
    body += "selp.u64 %rd9, 1, 0, " + reg(1, 0) + ";\n";
  else if (row.result < 64)
    body += "cvt.u64.u" + std::to_string(row.result) + " %rd9, " + reg(row.result, 0) + ";\n";
  else
    body += "mov.u64 %rd9, " + reg(64, 0) + ";\n";
  return body + "st.global.u64 [%rd5], %rd9;";
}

std::string base(const std::string& opcode) {
  return opcode.substr(0, opcode.find('.'));
}

/// All forms of one opcode.
class LaneOpcode : public testing::TestWithParam<std::string> {
 protected:
  template <class F>
  void each_row(const F& f) {
    for (const Row& row : all_rows())
      if (base(row.opcode) == GetParam())
        f(row);
  }
};

std::vector<U> flattened(const std::vector<std::array<U, 4>>& sets) {
  std::vector<U> in;
  for (const auto& set : sets)
    in.insert(in.end(), set.begin(), set.end());
  return in;
}

TEST_P(LaneOpcode, ComputesWhatTheManualSays) {
  each_row([](const Row& row) {
    auto sets = operand_sets(row);
    constexpr std::size_t kBlock = 96;
    sets.resize((sets.size() + kBlock - 1) / kBlock * kBlock, sets[0]);
    std::vector<U> out(sets.size());
    Snippet snippet(body_of(row));
    const LaunchCounts counts =
        snippet.run(flattened(sets), out, {kBlock, 1, 1},
                    {static_cast<std::uint32_t>(sets.size() / kBlock), 1, 1});
    EXPECT_GE(counts.opcodes.at(row.opcode.substr(0, row.opcode.find(':'))), sets.size());
    for (std::size_t i = 0; i < sets.size(); ++i) {
      const auto& [a, b, c, e] = sets[i];
      ASSERT_EQ(out[i], masked(row.expected(a, b, c, e), row.result))
          << row.opcode << std::hex << " of " << a << ", " << b << ", " << c << ", " << e;
    }
  });
}

TEST_P(LaneOpcode, LeavesOtherLanesAlone) {
  each_row([](const Row& row) {
    auto sets = operand_sets(row);
    sets.resize(32, sets[0]);
    constexpr U kUntouched = 0x5a5a5a5a5a5a5a5a;
    std::vector<U> out(32, kUntouched);
    // Only every third lane gets there.
    Snippet snippet("rem.u32 %r1, %r0, 3;\nsetp.ne.u32 %p1, %r1, 0;\n@%p1 ret;\n" + body_of(row));
    snippet.run(flattened(sets), out);
    for (std::size_t i = 0; i < 32; ++i) {
      const auto& [a, b, c, e] = sets[i];
      ASSERT_EQ(out[i], i % 3 != 0 ? kUntouched : masked(row.expected(a, b, c, e), row.result))
          << row.opcode << " lane " << i;
    }
  });
}

std::vector<std::string> row_bases() {
  std::set<std::string> bases;
  for (const Row& row : all_rows())
    bases.insert(base(row.opcode));
  return {bases.begin(), bases.end()};
}
INSTANTIATE_TEST_SUITE_P(Ptx, LaneOpcode, testing::ValuesIn(row_bases()), [](const auto& bases) {
  return bases.param;
});

std::vector<KernelCase> kernel_cases() {
  std::vector<KernelCase> all;
  for (const auto& cases : {access_cases(), atomic_cases(), warp_cases(), control_cases()})
    all.insert(all.end(), cases.begin(), cases.end());
  return all;
}

class KernelOpcode : public testing::TestWithParam<KernelCase> {};
TEST_P(KernelOpcode, DoesWhatTheManualSays) {
  GetParam().run();
}

INSTANTIATE_TEST_SUITE_P(Ptx,
                         KernelOpcode,
                         testing::ValuesIn(kernel_cases()),
                         [](const auto& kernel) {
                           std::string name = kernel.param.opcode;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(Opcodes, AllHaveATest) {
  std::set<std::string> tested;
  for (const Row& row : all_rows())
    tested.insert(base(row.opcode));
  for (const KernelCase& kernel : kernel_cases())
    tested.insert(base(kernel.opcode));
  for (const std::string& opcode : implemented_opcodes())
    EXPECT_TRUE(tested.contains(opcode)) << opcode << " is implemented but not tested";
}

TEST(Opcodes, AreRefusedWhereTheyAreNotKnown) {
  for (const std::string line :
       {"frobnicate.b32 %r1, %r0;", "add.s32.frob %r1, %r0, %r0;", "add.rn.f32 %r1, %r0, %r0;",
        "add.s32 %r1, %rd1, %r0;", "add.s32 %r1, %r0;", "add.b32 %r1, %r0, %r0;",
        "mul.s32 %r1, %r0, %r0;", "ld.global.v4.u32 {%r1, %r2}, [%rd1];",
        "shfl.down.b32 %r1, %r0, 1, 31;", "mov.u32 %r1, %envreg3;", "mov.f32 %r1, 0f3F800000;",
        "setp.lt.b32 %p1, %r0, 1;", "cvt.rn.f32.s32 %r1, %r0;", "bra nowhere;", "call missing;",
        "atom.global.add.f32 %r1, [%rd1], %r0;", "and.s32 %r1, %r0, 1;", "fence.proxy.async;",
        "st.global.u32 [%rd2], 1, 2;"})
    EXPECT_NE(fault_of(line), "") << line;
}

}  // namespace
}  // namespace ptx
