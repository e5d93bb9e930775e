// Values that nobody gave are found where they matter, and only there.
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ptx/planted.hh"

namespace ptx {
namespace {

TEST(Uninitialised, RegistersInControlFlowAndAddresses) {
  expect_fault("setp.eq.u32 %p1, %r5, 1;\n@%p1 bra DONE;\nadd.u32 %r6, %r0, 1;\nDONE:",
               {"guarded by %p1, which is not initialised since line 15"});
  expect_fault("@%p1 ret;", {"guarded by %p1, which is not initialised"});
  expect_fault("add.s64 %rd3, %rd1, %rd4;\nld.global.u32 %r1, [%rd3];", {"%rd3", "address"});
  expect_fault("setp.eq.u32 %p9, %r0, 0;\n@%p9 st.global.u32 [%rd2], %r7;",
               {"stores to global memory %r7"});
  expect_fault("add.u32 %r8, %r7, 1;\nsetp.eq.u32 %p9, %r0, 0;\n@%p9 st.global.u32 [%rd2], %r8;",
               {"since line 15"});
  expect_fault("atom.global.add.u32 %r1, [%rd2], %r7;", {"%r7"});
  expect_fault("shfl.sync.idx.b32 %r1, %r7, 0, 31, -1;\nsetp.eq.u32 %p1, %r1, 0;\n@%p1 ret;",
               {"%p1"});
  expect_fault("vote.sync.ballot.b32 %r1, %p3, -1;", {"%p3"});
  expect_fault("redux.sync.add.u32 %r1, %r7, -1;", {"%r7"});
  expect_fault("div.u32 %r1, %r0, %r7;", {"divides by %r7"});
  expect_fault("bar.warp.sync %r7;", {"%r7"});
}
TEST(Uninitialised, RegistersOfSomeLanes) {
  const std::string half = "setp.lt.u32 %p1, %r0, 16;\n@%p1 mov.u32 %r7, 1;\n";
  expect_fault(half + "setp.eq.u32 %p2, %r7, 1;\n@%p2 ret;", {"thread (16, 0, 0)"});
  expect_clean(half + "@!%p1 mov.u32 %r7, 2;\nsetp.eq.u32 %p2, %r7, 1;\n@%p2 ret;");
}
TEST(Uninitialised, ValuesThatNobodyUses) {
  // Compilers compute ahead: only the choice of the undefined value is an error.
  const std::string choice = "add.u32 %r8, %r7, 1;\nsetp.lt.u32 %p1, %r0, 40;\n";
  expect_clean(choice +
               "selp.u32 %r9, %r0, %r8, %p1;\nadd.s64 %rd3, %rd2, 0;\nsetp.eq.u32 %p2, "
               "%r9, 3;\n@%p2 ret;");
  expect_fault(choice + "selp.u32 %r9, %r8, %r0, %p1;\nsetp.eq.u32 %p2, %r9, 3;\n@%p2 ret;",
               {"%p2"});
  // Bits that are masked away, or shifted out.
  const std::string low = "mov.b32 %r8, {%rs1, %rs2};\n";
  expect_clean("cvt.u16.u32 %rs1, %r0;\n" + low +
               "and.b32 %r9, %r8, 0xffff;\n"
               "shl.b32 %r10, %r8, 16;\nbfe.u32 %r11, %r8, 3, 13;\nprmt.b32 %r12, %r8, 0, 0x4140;\n"
               "add.u32 %r9, %r9, %r10;\nadd.u32 %r9, %r9, %r11;\nadd.u32 %r9, %r9, %r12;\n"
               "cvt.u16.u32 %rs3, %r8;\ncvt.u32.u16 %r13, %rs3;\nadd.u32 %r9, %r9, %r13;\n"
               "setp.eq.u32 %p1, %r9, 3;\n@%p1 ret;");
  for (const std::string use : {"and.b32 %r9, %r8, 0x1ffff;", "shl.b32 %r9, %r8, 15;",
                                "bfe.u32 %r9, %r8, 3, 14;", "prmt.b32 %r9, %r8, 0, 0x4142;"})
    expect_fault("cvt.u16.u32 %rs1, %r0;\n" + low + use + "\nsetp.eq.u32 %p1, %r9, 3;\n@%p1 ret;",
                 {"%p1"});
}
TEST(Uninitialised, SharedMemory) {
  expect_fault(own("ld.shared.u32 %r3, [%r1];\nsetp.eq.u32 %p1, %r3, 0;\n@%p1 ret;"),
               {"%p1", "ld.shared.u32 %r3, [%r1];"});
  expect_fault(own("st.shared.u16 [%r1], %r0;\nld.shared.u32 %r3, [%r1];\nsetp.eq.u32 %p1, %r3, "
                   "0;\n@%p1 ret;"),
               {"ld.shared.u32"});
  expect_clean(
      own("st.shared.u16 [%r1], %r0;\nst.shared.u16 [%r1+2], %r0;\n"
          "ld.shared.u32 %r3, [%r1];\nsetp.eq.u32 %p1, %r3, 0;\n@%p1 ret;"));
  // What one block wrote is not there for the next one.
  expect_fault(
      "mov.u32 %r1, %ctaid.x;\nsetp.eq.u32 %p1, %r1, 0;\nsetp.eq.and.u32 %p1, %r0, 0, %p1;\n"
      "@%p1 st.shared.u32 [tile], %r0;\nbar.sync 0;\nld.shared.u32 %r2, [tile];\n"
      "setp.eq.u32 %p2, %r2, 0;\n@%p2 ret;",
      {"block (1, 0, 0)"}, {32, 1, 1}, {2, 1, 1});
}
TEST(Uninitialised, PaddingMayBeCopiedThroughSharedMemory) {
  // A structure with a hole: its copy is fine, its hole stays one.
  const std::string copy =
      own("st.shared.u8 [%r1], %r0;\nst.shared.u16 [%r1+2], %r0;\nld.shared.u32 %r3, [%r1];\n"
          "st.shared.u32 [%r1+256], %r3;\n");
  expect_clean(copy + "ld.shared.u16 %r4, [%r1+258];\nsetp.eq.u32 %p1, %r4, 1;\n@%p1 ret;");
  expect_clean(copy +
               "ld.shared.u32 %r4, [%r1+256];\nbfe.u32 %r5, %r4, 16, 16;\n"
               "setp.eq.u32 %p1, %r5, 1;\n@%p1 ret;");
  expect_fault(copy + "ld.shared.u8 %r4, [%r1+257];\nsetp.eq.u32 %p1, %r4, 1;\n@%p1 ret;", {"%p1"});
}
TEST(Uninitialised, LocalMemory) {
  const std::string mine = ".local .align 8 .b8 mine[32];\n";
  expect_fault(mine + "ld.local.u32 %r3, [mine];\nsetp.eq.u32 %p1, %r3, 0;\n@%p1 ret;", {"%p1"});
  expect_clean(mine +
               "st.local.u32 [mine], 3;\nld.local.u32 %r3, [mine];\nsetp.eq.u32 %p1, %r3, "
               "0;\n@%p1 ret;");
}
TEST(Uninitialised, GlobalMemory) {
  const std::string text = "mul.wide.u32 %rd3, %r0, 8;\nadd.s64 %rd4, %rd2, %rd3;\n";
  const auto run = [&](const std::string& body) {
    Snippet snippet(text + body);
    snippet.out_is_new = true;
    Words out(32);
    snippet.run({1}, out);
  };
  EXPECT_THROW(run("ld.global.u32 %r1, [%rd4];\nsetp.eq.u32 %p1, %r1, 0;\n@%p1 ret;"), Fault);
  EXPECT_THROW(run("atom.global.add.u32 %r1, [%rd4], 1;"), Fault);
  EXPECT_NO_THROW(run("st.global.u32 [%rd4], 0;\natom.global.add.u32 %r1, [%rd4], 1;"));
}
TEST(Uninitialised, IsWhatNobodyWroteForTheHost) {
  Machine machine;
  std::vector<std::uint8_t> bytes(100);
  std::vector<std::uint8_t> others(100);
  machine.register_buffer(bytes.data(), 100, "bytes");
  machine.register_buffer(others.data(), 100, "others");
  EXPECT_FALSE(machine.is_initialised(bytes.data(), 100));
  machine.mark_initialised(bytes.data() + 10, 20);
  EXPECT_TRUE(machine.is_initialised(bytes.data() + 10, 20));
  EXPECT_FALSE(machine.is_initialised(bytes.data() + 9, 2));
  machine.copy_initialised(others.data(), bytes.data() + 5, 10);
  EXPECT_FALSE(machine.is_initialised(others.data() + 4, 2));
  EXPECT_TRUE(machine.is_initialised(others.data() + 5, 5));
  EXPECT_THROW(machine.mark_initialised(bytes.data() + 90, 11), Fault);
  EXPECT_THROW(machine.register_buffer(bytes.data() + 50, 1, "inside"), Fault);
  EXPECT_THROW(machine.register_buffer(bytes.data(), 0, "empty"), Fault);
  EXPECT_THROW(machine.unregister_buffer(bytes.data() + 1), Fault);
}
TEST(Uninitialised, CalledFunctionsBeginAnew) {
  const std::string function =
      ".func (.param .b32 r) f(.param .b32 n)\n{\n.reg .b32 %a<4>;\n.reg .pred %q;\n"
      "ld.param.u32 %a1, [n];\nsetp.eq.u32 %q, %a1, 0;\n@%q mov.u32 %a2, 5;\n"
      "st.param.b32 [r], %a2;\nret;\n}\n";
  const auto call = [](const std::string& n) {
    return "{\n.param .b32 p0;\nst.param.b32 [p0], " + n +
           ";\n.param .b32 r0;\ncall (r0), f, (p0);\nld.param.b32 %r9, [r0];\n}\n"
           "setp.eq.u32 %p1, %r9, 5;\n@!%p1 ret;\n";
  };
  expect_clean(call("0"), {32, 1, 1}, {}, function);
  expect_fault(call("0") + call("1"), {"%p1"}, {32, 1, 1}, {}, function);
}
TEST(Uninitialised, PredicatesThatDoNotDecide) {
  // What is undefined matters only where the other side leaves the choice to it.
  const auto compare = [](const std::string& combine, const std::string& limit) {
    return "setp.lt.u32 %p2, %r0, " + limit + ";\nsetp.eq." + combine +
           ".u32 %p1, %r7, 1, %p2;\n@%p1 ret;";
  };
  expect_clean(compare("and", "0"));
  expect_fault(compare("and", "40"), {"%p1"});
  expect_clean(compare("or", "40"));
  expect_fault(compare("or", "0"), {"%p1"});
  expect_fault(compare("xor", "0"), {"%p1"});
  const auto logic = [](const std::string& op, const std::string& limit) {
    return "setp.lt.u32 %p2, %r0, " + limit + ";\n" + op + ".pred %p1, %p3, %p2;\n@%p1 ret;";
  };
  expect_clean(logic("and", "0"));
  expect_fault(logic("and", "40"), {"%p1"});
  expect_clean(logic("or", "40"));
  expect_fault(logic("or", "0"), {"%p1"});
  expect_fault(logic("xor", "40"), {"%p1"});
}

}  // namespace
}  // namespace ptx
