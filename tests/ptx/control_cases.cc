// Moves, carries, branches, calls and ends.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ptx/opcode_cases.hh"

namespace ptx {
namespace {

// Moves.
void test_mov_vectors() {
  const Words in = mixed(32);
  const Words out = results("mov.b64",
                            "mov.b64 {%r1, %r2}, %rd3;\nmov.b32 {%rs1, %rs2}, %r1;\n"
                            "mov.b32 %r3, {%rs2, %rs1};\nmov.b64 {%rs3, %rs4, %rs5, %rs6}, %rd3;\n"
                            "mov.b64 %rd10, {%rs6, %rs5, %rs4, %rs3};\nmov.b64 {_, %r4}, %rd10;\n"
                            "mov.b64 %rd9, {%r3, %r4};",
                            in);
  for (std::size_t i = 0; i < 32; ++i) {
    const U w = in[i];
    const U rotated = (w & 0xffff) << 16 | (w >> 16 & 0xffff);
    const U reversed_high = (w & 0xffff) << 16 | (w >> 16 & 0xffff);
    ASSERT_EQ(out[i], reversed_high << 32 | rotated);
  }
}
void test_mov_special() {
  // Three dimensions of threads and blocks.
  Snippet snippet(
      "mov.u32 %r1, %tid.x;\nmov.u32 %r2, %tid.y;\nmov.u32 %r3, %tid.z;\nmov.u32 %r4, %ntid.x;\n"
      "mov.u32 %r5, %ntid.y;\nmov.u32 %r6, %ntid.z;\nmov.u32 %r7, %ctaid.x;\nmov.u32 %r8, "
      "%ctaid.y;\n"
      "mov.u32 %r9, %ctaid.z;\nmov.u32 %r10, %nctaid.x;\nmov.u32 %r11, %nctaid.y;\n"
      "mad.lo.u32 %r12, %r9, %r11, %r8;\nmad.lo.u32 %r12, %r12, %r10, %r7;\n"
      "mad.lo.u32 %r12, %r12, %r6, %r3;\nmad.lo.u32 %r12, %r12, %r5, %r2;\n"
      "mad.lo.u32 %r12, %r12, %r4, %r1;\nmul.wide.u32 %rd3, %r12, 8;\nadd.s64 %rd4, %rd2, %rd3;\n"
      "mov.u32 %r13, %nctaid.z;\nmad.lo.u32 %r14, %r13, 1000, %laneid;\n"
      "mad.lo.u32 %r14, %warpid, 100000, %r14;\ncvt.u64.u32 %rd5, %r14;\nst.global.u64 [%rd4], "
      "%rd5;");
  const Dim3 block{5, 4, 3};
  Words out(60 * 24, ~U{0});
  snippet.run({}, out, block, {2, 3, 4});
  for (std::size_t i = 0; i < out.size(); ++i)
    ASSERT_EQ(out[i], 4000 + i % 60 % 32 + i % 60 / 32 * 100000);

  const Words masks =
      results("mov.u32",
              "mov.u32 %r1, %lanemask_lt;\nmov.u32 %r2, %lanemask_le;\n"
              "mov.u32 %r3, %lanemask_eq;\nmov.u32 %r4, %lanemask_ge;\n"
              "mov.u32 %r5, %lanemask_gt;\nadd.u32 %r6, %r1, %r3;\n"
              "sub.u32 %r6, %r6, %r2;\nadd.u32 %r7, %r5, %r3;\nsub.u32 %r7, %r7, %r4;\n"
              "or.b32 %r6, %r6, %r7;\nnot.b32 %r8, %r2;\nsub.u32 %r8, %r8, %r5;\n"
              "or.b32 %r6, %r6, %r8;\nmov.b64 %rd9, {%r3, %r6};",
              {});
  for (std::size_t i = 0; i < 32; ++i)
    ASSERT_EQ(masks[i], U{1} << i);
  // Clocks go forward.
  const Words clocks = results("mov.u64",
                               "mov.u64 %rd10, %clock64;\nmov.u32 %r1, %clock;\n"
                               "mov.u64 %rd11, %globaltimer;\nsetp.ge.u64 %p1, %rd11, %rd10;\n"
                               "selp.u64 %rd9, 1, 0, %p1;",
                               {});
  EXPECT_EQ(clocks, Words(32, 1));
}

void test_setp_pair() {
  const Words out =
      results("setp.lt.and.s32",
              "setp.eq.u32 %p3, %r0, %r0;\nsetp.lt.and.s32 %p1|%p2, %r0, 10, %p3;\n"
              "setp.lt.or.s32 _|%p4, %r0, 3, !%p3;\nselp.u32 %r1, 1, 0, %p1;\n"
              "selp.u32 %r2, 10, 0, %p2;\nselp.u32 %r3, 100, 0, %p4;\n"
              "add.u32 %r1, %r1, %r2;\nadd.u32 %r1, %r1, %r3;\ncvt.u64.u32 %rd9, %r1;",
              {});
  for (std::size_t i = 0; i < 32; ++i)
    ASSERT_EQ(out[i], (i < 10 ? 1U : 10U) + (i < 3 ? 0U : 100U));
}

/// 128-bit arithmetic in pieces of `bits`, as nvcc writes __int128.
void check_carries(int bits) {
  const std::string n = std::to_string(bits);
  const std::string r = bits == 32 ? "%r" : "%rd";
  const auto reg = [&](int i) { return r + std::to_string(i); };
  const Words in = mixed(32 * 4);
  std::string body =
      "mul.wide.u32 %rd50, %r0, 32;\nadd.s64 %rd51, %rd1, %rd50;\n"
      "mul.wide.u32 %rd50, %r0, 64;\nadd.s64 %rd52, %rd2, %rd50;\n";
  for (int i = 0; i < 4; ++i)
    body += "ld.global.b" + n + " " + reg(10 + i) + ", [%rd51+" + std::to_string(8 * i) + "];\n";
  const auto pair = [&](const std::string& low, const std::string& high) {
    return low + ".cc.u" + n + " " + reg(20) + ", " + reg(10) + ", " + reg(12) + ";\n" + high +
           ".u" + n + " " + reg(21) + ", " + reg(11) + ", " + reg(13) + ";\n";
  };
  int next = 0;
  const auto store = [&](int count) {
    for (int i = 0; i < count; ++i)
      body +=
          "st.global.b" + n + " [%rd52+" + std::to_string(8 * next++) + "], " + reg(20 + i) + ";\n";
  };
  body += pair("add", "addc");
  store(2);
  body += pair("sub", "subc");
  store(2);
  // The carry of the carry: all ones plus the carry of the first sum.
  body += "add.cc.u" + n + " " + reg(20) + ", " + reg(10) + ", " + reg(12) + ";\naddc.cc.u" + n +
          " " + reg(21) + ", " + reg(11) + ", " + reg(13) + ";\naddc.u" + n + " " + reg(22) +
          ", 0, 0;\n";
  store(1);
  body += "st.global.b" + n + " [%rd52+" + std::to_string(8 * next++) + "], " + reg(22) + ";\n";
  body += "mad.lo.cc.u" + n + " " + reg(20) + ", " + reg(10) + ", " + reg(11) + ", " + reg(12) +
          ";\nmadc.hi.u" + n + " " + reg(21) + ", " + reg(10) + ", " + reg(11) + ", " + reg(13) +
          ";\n";
  store(2);
  Words out(32 * 8);
  Snippet snippet(body);
  const LaunchCounts counts = snippet.run(in, out);
  for (const std::string opcode :
       {"add.cc.u", "addc.u", "addc.cc.u", "sub.cc.u", "subc.u", "mad.lo.cc.u", "madc.hi.u"})
    EXPECT_TRUE(counts.opcodes.contains(opcode + n)) << opcode;
  using Big = __uint128_t;
  const U mask = bits == 64 ? ~U{0} : (U{1} << bits) - 1;
  for (std::size_t i = 0; i < 32; ++i) {
    const Big a = (Big{in[4 * i + 1] & mask} << bits) | (in[4 * i] & mask);
    const Big b = (Big{in[4 * i + 3] & mask} << bits) | (in[4 * i + 2] & mask);
    const auto low = [&](Big x) { return static_cast<U>(x) & mask; };
    const auto high = [&](Big x) { return static_cast<U>(x >> bits) & mask; };
    const U* const o = &out[8 * i];
    ASSERT_EQ(o[0], low(a + b));
    ASSERT_EQ(o[1], high(a + b));
    ASSERT_EQ(o[2], low(a - b));
    ASSERT_EQ(o[3], high(a - b));
    ASSERT_EQ(o[4], low(a + b));
    const bool carry = bits == 64 ? a + b < a : (a + b) >> 64 != 0;
    ASSERT_EQ(o[5], U{carry});
    const Big product = Big{in[4 * i] & mask} * (in[4 * i + 1] & mask) + b;
    ASSERT_EQ(o[6], low(product));
    ASSERT_EQ(o[7], high(product));
  }
}
void test_carries() {
  check_carries(32);
  check_carries(64);
}
void test_borrow_chain() {
  const Words out =
      results("subc.cc.u32",
              "sub.cc.u32 %r1, %r0, 16;\nsubc.cc.u32 %r2, 0, 0;\nsubc.u32 %r3, 5, 0;\n"
              "mad.hi.cc.u32 %r4, %r0, -1, %r1;\nmadc.lo.cc.u32 %r4, 0, 0, 0;\n"
              "addc.u32 %r5, 0, 0;\nmov.b64 %rd9, {%r2, %r3};",
              {});
  for (std::size_t i = 0; i < 32; ++i)
    ASSERT_EQ(out[i], i < 16 ? U{4} << 32 | 0xffffffff : U{5} << 32);
}

// Control.
void test_bra() {
  // Collatz steps: loops of different lengths by lane, branches inside them.
  const Words out =
      results("bra",
              "add.u64 %rd10, %rd3, 1;\nmov.u64 %rd9, 0;\nLOOP:\n"
              "setp.eq.u64 %p1, %rd10, 1;\n@%p1 bra DONE;\nadd.u64 %rd9, %rd9, 1;\n"
              "and.b64 %rd11, %rd10, 1;\nsetp.ne.u64 %p2, %rd11, 0;\n@!%p2 bra EVEN;\n"
              "mad.lo.u64 %rd10, %rd10, 3, 1;\nbra.uni LOOP;\nEVEN:\n"
              "shr.u64 %rd10, %rd10, 1;\nbra LOOP;\nDONE:",
              sequence(64), 64);
  for (std::size_t i = 0; i < 64; ++i) {
    U steps = 0;
    for (U n = i + 1; n != 1; n = n % 2 != 0 ? 3 * n + 1 : n / 2)
      ++steps;
    ASSERT_EQ(out[i], steps);
  }
}

void test_brx() {
  const Words out = results("brx.idx",
                            "and.b32 %r1, %r0, 3;\nTABLE: .branchtargets L0, L1, L2, L1;\n"
                            "brx.idx %r1, TABLE;\nL0:\nmov.u64 %rd9, 100;\nbra.uni DONE;\nL1:\n"
                            "mov.u64 %rd9, 200;\nbra.uni DONE;\nL2:\nmov.u64 %rd9, 300;\nDONE:",
                            {});
  for (std::size_t i = 0; i < 32; ++i)
    ASSERT_EQ(out[i], i % 4 == 0 ? 100U : i % 4 == 2 ? 300U : 200U);
}

constexpr const char* kFunctions = R"(
.func (.param .b64 result) twice(.param .b64 value);
.func (.param .b64 result) twice(.param .b64 value)
{
  .local .align 8 .b8 depot[16];
  .reg .b64 %rd<4>;
  .reg .b64 %SP;
  mov.u64 %SP, depot;
  ld.param.u64 %rd1, [value];
  st.local.u64 [%SP+8], %rd1;
  ld.local.u64 %rd2, [%SP+8];
  add.s64 %rd3, %rd1, %rd2;
  st.param.b64 [result+0], %rd3;
  ret;
}
.func (.param .align 16 .b8 result[16]) both(.param .align 16 .b8 pair[16], .param .b32 how)
{
  .reg .b64 %rd<8>;
  .reg .b32 %r<2>;
  .reg .pred %p<2>;
  ld.param.v2.u64 {%rd1, %rd2}, [pair];
  ld.param.u32 %r1, [how];
  setp.eq.u32 %p1, %r1, 0;
  @%p1 bra SWAP;
  {
  .param .b64 param0;
  st.param.b64 [param0], %rd1;
  .param .b64 retval0;
  call.uni (retval0), twice, (param0);
  ld.param.b64 %rd1, [retval0+0];
  }
  st.param.v2.b64 [result], {%rd1, %rd2};
  ret;
SWAP:
  st.param.v2.b64 [result], {%rd2, %rd1};
  ret;
}
.func nothing()
{
  ret;
}
)";

void test_call() {
  // Functions in functions; lanes that call them from different places at once.
  const Words in = mixed(32);
  const std::string call =
      "{\n.param .align 16 .b8 param0[16];\nst.param.b64 [param0], %rd3;\n"
      "st.param.b64 [param0+8], %rd8;\n.param .b32 param1;\n"
      "st.param.b32 [param1], %r1;\n.param .align 16 .b8 retval0[16];\n"
      "call (retval0), both, (param0, param1);\n"
      "ld.param.v2.b64 {%rd9, %rd10}, [retval0];\n}\n";
  const Words out = results("call",
                            "call.uni nothing;\nand.b32 %r1, %r0, 1;\nsetp.lt.u32 %p1, %r0, 10;\n"
                            "@%p1 bra OTHER;\n" +
                                call + "bra.uni DONE;\nOTHER:\n" + call +
                                "add.s64 %rd9, %rd9, 1;\nDONE:\nadd.s64 %rd9, %rd9, %rd10;",
                            in, 32, kFunctions);
  for (std::size_t i = 0; i < 32; ++i)
    ASSERT_EQ(out[i], (i % 2 == 0 ? in[i] + 8 * i : 2 * in[i] + 8 * i) + (i < 10 ? 1 : 0));
}

void test_ends() {
  // ret and exit by some lanes; the others go on.
  Snippet snippet(
      "mul.wide.u32 %rd3, %r0, 8;\nadd.s64 %rd4, %rd2, %rd3;\nsetp.lt.u32 %p1, %r0, 8;\n"
      "@%p1 exit;\nst.global.u64 [%rd4], 1;\nsetp.lt.u32 %p1, %r0, 16;\n@%p1 ret;\n"
      "st.global.u64 [%rd4], 2;\nexit;\ntrap;");
  Words out(32, 9);
  const LaunchCounts counts = snippet.run({}, out);
  for (std::size_t i = 0; i < 32; ++i)
    ASSERT_EQ(out[i], i < 8 ? 9U : i < 16 ? 1U : 2U);
  EXPECT_TRUE(counts.opcodes.contains("exit"));
}

void test_trap() {
  EXPECT_NE(fault_of("setp.eq.u32 %p1, %r0, 3;\n@%p1 trap;").find("thread (3, 0, 0) traps"),
            std::string::npos);
}
void test_brkpt() {
  EXPECT_NE(fault_of("brkpt;"), "");
}

void test_guards() {
  const Words out = results("add.u64",
                            "setp.lt.u32 %p1, %r0, 7;\nmov.u64 %rd9, 1;\n@%p1 add.u64 %rd9, %rd9, "
                            "1;\n@!%p1 add.u64 %rd9, %rd9, 10;",
                            {});
  for (std::size_t i = 0; i < 32; ++i)
    ASSERT_EQ(out[i], i < 7 ? 2U : 11U);
}

}  // namespace

std::vector<KernelCase> control_cases() {
  return {
      {"mov.vectors", test_mov_vectors},
      {"mov.special", test_mov_special},
      {"setp.pair", test_setp_pair},
      {"addc", test_carries},
      {"subc", test_borrow_chain},
      {"madc", test_carries},
      {"bra", test_bra},
      {"brx", test_brx},
      {"call", test_call},
      {"ret", test_ends},
      {"exit", test_ends},
      {"trap", test_trap},
      {"brkpt", test_brkpt},
      {"add.guards", test_guards},
  };
}

}  // namespace ptx
