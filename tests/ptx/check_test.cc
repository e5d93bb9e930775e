// Planted errors are found where they are, and clean kernels pass: memory, barriers, launches.
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ptx/planted.hh"

namespace ptx {
namespace {

TEST(Faults, NameKernelLineTextBlockAndThread) {
  expect_fault(
      "mov.u32 %r1, %ctaid.y;\nsetp.eq.u32 %p1, %r1, 1;\n@!%p1 ret;\n"
      "setp.eq.u32 %p1, %r0, 2;\nmov.u32 %r2, %tid.y;\nsetp.eq.and.u32 %p1, %r2, 3, %p1;\n"
      "@%p1 ld.global.u32 %r3, [%rd1+4096];",
      {"kernel", "PTX line 21", "@%p1 ld.global.u32 %r3, [%rd1+4096];", "block (0, 1, 0)",
       "thread (2, 3, 0)", "reads 4 bytes out of bounds",
       "3584 bytes behind the end of 'in' (512 bytes)"},
      {4, 8, 1}, {1, 2, 1});
}

// Memory.
TEST(Bounds, OfGlobalMemory) {
  expect_fault("ld.global.u8 %r1, [%rd1+512];", {"0 bytes behind the end of 'in'"});
  expect_fault("ld.global.u64 %rd3, [%rd1+-8];", {"8 bytes before 'in'"});
  expect_fault("ld.global.u32 %r1, [%rd1+510];", {"misaligned"});
  expect_fault("st.global.v2.u64 [%rd2+32760], {%rd1, %rd1};", {"writes 16 bytes"});
  expect_fault("mov.u64 %rd3, 0;\nld.global.u32 %r1, [%rd3];", {"at 0x0"});
  expect_fault("atom.global.add.u32 %r1, [%rd2+32768], 1;", {"updates 4 bytes out of bounds"});
  expect_clean("ld.global.u64 %rd3, [%rd1+504];");
}
TEST(Bounds, OfSharedMemory) {
  // 1024 bytes of the tile and 256 dynamic ones.
  const std::string tile = "mov.u32 %r1, tile;\nsetp.eq.u32 %p1, %r0, 0;\n";
  expect_fault(tile + "@%p1 st.shared.u32 [%r1+1280], %r0;", {"at 1280", "1280 bytes of shared"});
  expect_fault(tile + "sub.u32 %r1, %r1, 4;\n@%p1 st.shared.u32 [%r1], %r0;", {"shared memory"});
  expect_fault(tile + "@%p1 st.shared.u32 [%r1+2], %r0;", {"misaligned"});
  expect_clean(tile + "@%p1 st.shared.u32 [%r1+1276], %r0;");
  // A base before the window is as good, if the sum is inside: 32 bits wrap.
  expect_clean(tile + "sub.u32 %r1, %r1, 8;\n@%p1 st.shared.u32 [%r1+8], %r0;");
  expect_fault("mov.u64 %rd3, tile;\ncvta.shared.u64 %rd3, %rd3;\nst.u32 [%rd3+2000], %r0;",
               {"shared memory"});
  // A shared address is none of global memory.
  expect_fault("mov.u64 %rd3, tile;\ncvta.shared.u64 %rd3, %rd3;\nst.global.u32 [%rd3], %r0;",
               {"out of bounds"});
}
TEST(Bounds, OfLocalMemory) {
  const std::string mine = ".local .align 8 .b8 mine[32];\nmov.u64 %rd3, mine;\n";
  expect_fault(mine + "st.local.u32 [%rd3+32], %r0;", {"at 32 of the thread's 32 bytes of local"});
  expect_fault(mine + "add.u64 %rd3, %rd3, 2;\nst.local.u32 [%rd3], %r0;", {"misaligned"});
  expect_clean(mine + "st.local.u32 [%rd3+28], %r0;");
}
TEST(Bounds, OfParameters) {
  expect_fault("mov.b64 %rd3, in;\nld.param.u64 %rd4, [%rd3+16];", {"parameters"});
  expect_fault("mov.b64 %rd3, in;\nst.param.u64 [%rd3], %rd3;", {"parameters"});
}
TEST(Bounds, OfConstants) {
  const std::string table = ".const .align 4 .u32 table[2] = {1, 2};\n";
  expect_fault("ld.const.u32 %r1, [table+8];", {"behind the end of 'table'"}, {32, 1, 1}, {},
               table);
  expect_fault("st.global.u32 [table], %r0;", {"constant memory 'table'"}, {32, 1, 1}, {}, table);
  expect_fault("ld.const.u32 %r1, [%rd1];", {"global memory 'in' as constant"}, {32, 1, 1}, {},
               table);
}
TEST(Bounds, OfUnregisteredBuffers) {
  Snippet snippet("ld.global.u64 %rd3, [%rd1];\nld.global.u64 %rd4, [%rd3];");
  Words data{5};
  Words out(1);
  const Words pointer{reinterpret_cast<std::uintptr_t>(data.data())};
  snippet.machine.register_buffer(data.data(), 8, "data");
  snippet.machine.mark_initialised(data.data(), 8);
  EXPECT_NO_THROW(snippet.run(pointer, out));
  snippet.machine.unregister_buffer(data.data());
  EXPECT_THROW(snippet.run(pointer, out), Fault);
}

// Barriers.
TEST(Barriers, ThatSomeLanesMiss) {
  const std::string half = "setp.lt.u32 %p1, %r0, 16;\n";
  expect_fault(half + "@%p1 bar.sync 0;", {"bar.sync 0"});
  expect_fault(half + "@%p1 bra SKIP;\nbar.sync 0;\nSKIP:", {"bar.sync 0"});
  expect_fault(half + "@%p1 bra ELSE;\nbar.sync 0;\nbra.uni DONE;\nELSE:\nbar.sync 0;\nDONE:",
               {"divergent barrier"});
  expect_fault(half + "@%p1 ret;\nbar.sync 0;", {"after lanes 0000ffff of its warp have exited"});
  // They come later, from code behind the barrier.
  expect_clean(half +
               "@%p1 bra LATER;\nBACK:\nbar.sync 0;\nret;\nLATER:\nadd.u32 %r1, %r0, 1;\n"
               "bra.uni BACK;");
}
TEST(Barriers, ThatSomeWarpsMiss) {
  const std::string one = "setp.lt.u32 %p1, %r0, 32;\n";
  expect_fault(one + "@%p1 ret;\nbar.sync 0;", {"never come", "warp 0 has exited"}, {64, 1, 1});
  expect_fault(one + "@%p1 bra ELSE;\nbar.sync 0;\nbra.uni DONE;\nELSE:\nbar.sync 0;\nDONE:",
               {"divergent barrier"}, {64, 1, 1});
  expect_fault(one + "@%p1 bar.sync 1;\n@!%p1 bar.sync 2;", {"never come"}, {64, 1, 1});
  expect_fault("bar.sync 1, 96;", {"never come"}, {64, 1, 1});
  expect_fault("bar.sync 1, 40;", {"whole warps"}, {64, 1, 1});
  expect_fault("bar.sync 16;", {"barrier 16"}, {64, 1, 1});
}
TEST(Barriers, OfWarpsThatSomeLanesMiss) {
  const std::string half = "setp.lt.u32 %p1, %r0, 16;\n";
  expect_fault(half + "@%p1 bar.warp.sync -1;", {"bar.warp.sync -1"});
  expect_fault(half + "@%p1 ret;\nbar.warp.sync -1;", {"lanes 0000ffff, which have exited"});
  expect_fault("bar.warp.sync 0xfffffffe;", {"not in its own member mask"});
  expect_fault(half +
                   "@%p1 bra LOW;\nbar.warp.sync 0xffff8000;\nbra.uni DONE;\nLOW:\n"
                   "bar.warp.sync 0xffff;\nDONE:",
               {"never come"});
  expect_fault(half +
                   "@%p1 bra LOW;\nbar.warp.sync 0xfffffffe;\nbra.uni DONE;\nLOW:\n"
                   "bar.warp.sync -1;\nDONE:",
               {"never come"});
  // A block need not fill its last warp.
  expect_clean("bar.warp.sync -1;", {48, 1, 1});
}
TEST(Collectives, ThatSomeLanesMiss) {
  const std::string half = "setp.lt.u32 %p1, %r0, 16;\n";
  for (const std::string op :
       {"shfl.sync.idx.b32 %r1, %r0, 0, 31, -1;", "vote.sync.ballot.b32 %r1, %p1, -1;",
        "redux.sync.add.u32 %r1, %r0, -1;", "match.any.sync.b32 %r1, %r0, -1;",
        "elect.sync %r1|%p2, -1;"}) {
    expect_clean(half + op);
    expect_fault(half + "@%p1 " + op, {op});
    expect_fault(half + "@%p1 ret;\n" + op, {"have exited"});
  }
  expect_fault("shfl.sync.idx.b32 %r1, %r0, 0, 31, 0xfffffffe;", {"own member mask"});
  expect_fault("setp.lt.u32 %p1, %r0, 31;\n@%p1 shfl.sync.down.b32 %r1, %r0, 1, 31, 0x7fffffff;",
               {"thread (30, 0, 0) reads from lane 31, which does not take part"});
  // The same exchange at two places is none.
  expect_fault(half +
                   "@%p1 bra LOW;\nshfl.sync.idx.b32 %r1, %r0, 0, 31, -1;\nbra.uni DONE;\nLOW:\n"
                   "shfl.sync.idx.b32 %r1, %r0, 1, 31, -1;\nDONE:",
               {"never come"});
}

// The rest.
TEST(Faults, OfArithmetic) {
  expect_fault("div.u32 %r1, 5, %r0;", {"thread (0, 0, 0) divides by zero"});
  expect_fault("rem.s64 %rd3, %rd1, 0;", {"divides by zero"});
  expect_clean("setp.ne.u32 %p1, %r0, 0;\n@%p1 div.u32 %r1, 5, %r0;");
}
TEST(Faults, OfTablesOfBranches) {
  expect_fault("T: .branchtargets A;\nbrx.idx %r0, T;\nA:",
               {"thread (1, 0, 0) takes branch 1 of 1"});
}
TEST(Faults, OfFailedAssertions) {
  const std::string strings =
      ".global .align 1 .b8 text[6] = {110, 32, 62, 32, 51, 0};\n"
      ".global .align 1 .b8 file[5] = {97, 46, 99, 117};\n"
      ".extern .func __assertfail(.param .b64 a, .param .b64 b, .param .b32 "
      "c, .param .b64 d, .param .b64 e);\n";
  expect_fault(
      "{\n.param .b64 p0;\nst.param.b64 [p0], text;\n.param .b64 p1;\n"
      "st.param.b64 [p1], file;\n.param .b32 p2;\nst.param.b32 [p2], 17;\n"
      ".param .b64 p3;\n.param .b64 p4;\ncall.uni __assertfail, (p0, p1, p2, p3, p4);\n}",
      {"assertion `n > 3` of a.cu:17"}, {32, 1, 1}, {}, strings);
}
TEST(Faults, OfLaunches) {
  Machine machine;
  const Module module = Module::parse(kernel_text("bar.sync 0;"));
  const std::size_t id = machine.load(module);
  const std::vector<std::byte> parameters(16);
  const auto launch = [&](const Launch& what) { machine.launch(id, what); };
  EXPECT_NO_THROW(launch({.entry = "kernel", .parameters = parameters}));
  EXPECT_THROW(launch({.entry = "other", .parameters = parameters}), Fault);
  EXPECT_THROW(launch({.entry = "kernel"}), Fault);
  EXPECT_THROW(launch({.entry = "kernel", .block = {1025, 1, 1}, .parameters = parameters}), Fault);
  EXPECT_THROW(launch({.entry = "kernel", .block = {0, 1, 1}, .parameters = parameters}), Fault);
  EXPECT_THROW(launch({.entry = "kernel", .grid = {1, 0, 1}, .parameters = parameters}), Fault);
  EXPECT_THROW(
      launch({.entry = "kernel", .dynamic_shared_bytes = 300000, .parameters = parameters}), Fault);
  EXPECT_THROW(machine.launch(id + 1, {.entry = "kernel", .parameters = parameters}), Fault);
}
TEST(Faults, OfKernelsThatHang) {
  Snippet snippet("LOOP:\nbra.uni LOOP;", {}, {.max_warp_instructions = 100000});
  Words out(1);
  EXPECT_THROW(snippet.run({}, out), Fault);
}

// Waiting for others, as kernels do with flags.
TEST(Progress, OfLanesThatWaitForEachOther) {
  // Lane 0 waits for what lane 31 does further down.
  Snippet snippet(
      "setp.eq.u32 %p1, %r0, 0;\n@!%p1 bra SET;\nWAIT:\n"
      "ld.relaxed.gpu.global.u32 %r1, [%rd2];\nsetp.eq.u32 %p2, %r1, 0;\n@%p2 bra WAIT;\n"
      "ret;\nSET:\nsetp.eq.u32 %p1, %r0, 31;\n@%p1 st.relaxed.gpu.global.u32 [%rd2], 1;",
      {}, {.max_warp_instructions = 1000000});
  Words out(1);
  EXPECT_NO_THROW(snippet.run({}, out));
}
TEST(Progress, OfBlocksThatWaitForEachOther) {
  // Each block waits for the one before it, in whatever order they start.
  for (const Order order : {Order::kForward, Order::kReverse, Order::kShuffled}) {
    Snippet snippet(
        "setp.ne.u32 %p1, %r0, 0;\n@%p1 ret;\nmov.u32 %r1, %ctaid.x;\nWAIT:\n"
        "ld.acquire.gpu.global.u32 %r2, [%rd2];\nsetp.ne.u32 %p2, %r2, %r1;\n"
        "@%p2 bra WAIT;\nadd.u32 %r2, %r2, 1;\nst.release.gpu.global.u32 [%rd2], %r2;",
        {}, {.order = order});
    Words out(1);
    snippet.run({}, out, {64, 1, 1}, {12, 1, 1});
    EXPECT_EQ(out[0], 12U);
  }
}

TEST(Counts, AreExact) {
  Snippet snippet(
      "mul.wide.u32 %rd3, %r0, 4;\nadd.s64 %rd4, %rd1, %rd3;\n"
      "ld.global.u32 %r1, [%rd4];\nmov.u32 %r2, tile;\nshl.b32 %r3, %r0, 2;\n"
      "add.u32 %r3, %r3, %r2;\nst.shared.u32 [%r3], %r1;\nbar.sync 0;\nbar.warp.sync -1;\n"
      "setp.lt.u32 %p1, %r0, 10;\n@%p1 ld.shared.v2.u16 {%rs1, %rs2}, [%r3];\n"
      "@!%p1 bra SKIP;\nred.shared.add.u32 [%r3], 1;\nadd.s64 %rd5, %rd2, %rd3;\n"
      "st.global.u8 [%rd5], %r1;\nSKIP:",
      kTile);
  Words out(64);
  const LaunchCounts counts = snippet.run(Words(32, 3), out, {40, 1, 1}, {1, 1, 1});
  EXPECT_EQ(counts.launches, 1U);
  EXPECT_EQ(counts.blocks, 1U);
  EXPECT_EQ(counts.threads, 40U);
  EXPECT_EQ(counts.barriers, 1U);
  EXPECT_EQ(counts.warp_barriers, 2U);
  EXPECT_EQ(counts.global, (Traffic{160, 10}));
  EXPECT_EQ(counts.shared, (Traffic{40 + 40, 160 + 40}));
  EXPECT_EQ(counts.local, Traffic{});
  // 128 bytes and 32 bytes from a start that a 32-byte sector need not share.
  EXPECT_GE(counts.global_load_sectors, 5U);
  EXPECT_LE(counts.global_load_sectors, 7U);
  EXPECT_EQ(counts.opcodes.at("bra"), 40U);
  EXPECT_EQ(counts.opcodes.at("ld.shared.v2.u16"), 10U);
  EXPECT_EQ(counts.opcodes.at("red.shared.add.u32"), 10U);
  EXPECT_EQ(counts.opcodes.at("ret"), 40U);
  // Three before the body, twelve to the branch (one guarded), three behind it, ret.
  EXPECT_EQ(counts.warp_instructions, 2 * (3 + 12 + 1) + 3U);
  EXPECT_EQ(counts.thread_instructions, 40U * 15 + 10 + 10 * 3);
  // mul, add, shl, add, setp; then add.
  EXPECT_EQ(counts.integer_operations, 40U * 5 + 10);
  EXPECT_EQ(snippet.machine.totals().at("kernel"), counts);
}

TEST(Counts, AddUpAndDoNotDependOnTheOrder) {
  std::vector<LaunchCounts> counts;
  for (const Order order : {Order::kForward, Order::kReverse, Order::kShuffled}) {
    Snippet snippet(own("st.shared.u32 [%r1], %r0;\nbar.sync 0;\nld.shared.u32 %r3, [%r1];\n"
                        "atom.global.add.u32 %r4, [%rd2], %r3;"),
                    kTile, {.order = order, .seed = 5});
    Words out(1);
    LaunchCounts sum = snippet.run({}, out, {128, 1, 1}, {7, 1, 1});
    sum += snippet.run({}, out, {128, 1, 1}, {7, 1, 1});
    EXPECT_EQ(sum, snippet.machine.totals().at("kernel"));
    counts.push_back(sum);
  }
  EXPECT_EQ(counts[0], counts[1]);
  EXPECT_EQ(counts[0], counts[2]);
}

TEST(Modules, DescribeTheirKernels) {
  const Module module = Module::parse(R"(
.version 9.0
.target sm_90a
.address_size 64
.global .align 4 .u32 counter = 7;
.extern .shared .align 16 .b8 dynamic[];
.visible .entry first(.param .u64 .ptr .global .align 4 a, .param .u8 b,
  .param .align 8 .b8 c[24])
.maxntid 64, 2, 1
.minnctapersm 2
{
  .local .align 8 .b8 __local_depot0[40];
  .shared .align 8 .b8 tile[100];
  .loc 1 2 3
  ret;
}
.entry second() { ret; }
)");
  ASSERT_EQ(module.entries().size(), 2U);
  EXPECT_EQ(module.target(), 90);
  const Entry& first = module.entries()[0];
  EXPECT_EQ(first.parameter_bytes, 40U);
  EXPECT_EQ(first.parameters[1].offset_bytes, 8U);
  EXPECT_EQ(first.parameters[2].offset_bytes, 16U);
  EXPECT_EQ(first.static_shared_bytes, 100U);
  EXPECT_EQ(first.local_bytes, 40U);
  EXPECT_EQ(first.max_threads, 128U);
  EXPECT_EQ(module.entry("second")->max_threads, 1024U);
  EXPECT_EQ(module.entry("third"), nullptr);
  Machine machine;
  const std::size_t id = machine.load(module);
  const Variable counter = machine.variable(id, "counter");
  EXPECT_EQ(counter.size_bytes, 4U);
  EXPECT_EQ(*counter.address, std::byte{7});
  EXPECT_THROW(static_cast<void>(machine.variable(id, "dynamic")), Fault);
}

TEST(Modules, AreRefusedWhereTheyAreNotPtx) {
  for (const std::string text :
       {"nonsense", ".version 9.0\n.target sm_90\n.address_size 32",
        ".entry f() { add.u32 %r1, %r2 }", ".entry f() { .reg .f16 %h; ret; }",
        ".entry f() { L: ret; L: ret; }", ".entry f() { ret;", ".global .u32 x[2] = {1, 2, 3};",
        ".extern .global .u32 x;", ".tex .u64 t;", ".global .u32 x = 0q1;",
        ".entry f() .reqnctapercluster 2 { ret; }"})
    EXPECT_THROW(Module::parse(text), Fault) << text;
}

TEST(Modules, RefuseRecursion) {
  EXPECT_THROW(Module::parse(".func f() { call f; ret; }\n.entry e() { call f; ret; }"), Fault);
}

}  // namespace
}  // namespace ptx
