// Accesses that no barrier puts in order are found; those that one does are not.
#include <string>

#include <gtest/gtest.h>

#include "tests/ptx/planted.hh"

namespace ptx {
namespace {

// Races in a block.
TEST(Races, BetweenWarpsOfABlock) {
  const std::string exchange = "xor.b32 %r3, %r1, 128;\nld.shared.u32 %r4, [%r3];\n";
  expect_fault(own("st.shared.u32 [%r1], %r0;\n" + exchange), {"race", "shared memory"},
               {64, 1, 1});
  expect_clean(own("st.shared.u32 [%r1], %r0;\nbar.sync 0;\n" + exchange), {64, 1, 1});
  // The second barrier, before the next write.
  const std::string loop =
      own("mov.u32 %r5, 3;\nLOOP:\nst.shared.u32 [%r1], %r0;\nbar.sync 0;\n" + exchange +
          "BARRIERsub.u32 %r5, %r5, 1;\n"
          "setp.ne.u32 %p1, %r5, 0;\n@%p1 bra LOOP;");
  const auto with = [&](const std::string& barrier) {
    std::string text = loop;
    return text.replace(text.find("BARRIER"), 7, barrier);
  };
  expect_fault(with(""), {"race"}, {64, 1, 1});
  expect_clean(with("bar.sync 0;\n"), {64, 1, 1});
  // A warp's barrier is not enough for two warps.
  expect_fault(own("st.shared.u32 [%r1], %r0;\nbar.warp.sync -1;\n" + exchange), {"race"},
               {64, 1, 1});
}
TEST(Races, BetweenLanesOfAWarp) {
  const std::string exchange = "xor.b32 %r3, %r1, 8;\nld.shared.u32 %r4, [%r3];\n";
  expect_fault(own("st.shared.u32 [%r1], %r0;\n" + exchange), {"race"});
  expect_clean(own("st.shared.u32 [%r1], %r0;\nbar.warp.sync -1;\n" + exchange));
  expect_clean(own("st.shared.u32 [%r1], %r0;\nbar.sync 0;\n" + exchange));
  // Shuffles and votes order no memory.
  expect_fault(
      own("st.shared.u32 [%r1], %r0;\nshfl.sync.idx.b32 %r5, %r0, 0, 31, -1;\n" + exchange),
      {"race"});
}
TEST(Races, BetweenLanesThatMeetInParts) {
  // Groups of 8 lanes meet; lanes 8 apart did not.
  const std::string meet =
      own("st.shared.u32 [%r1], %r0;\nand.b32 %r5, %r0, 24;\nmov.u32 %r6, 255;\n"
          "shl.b32 %r6, %r6, %r5;\nbar.warp.sync %r6;\n");
  const std::string near = "xor.b32 %r3, %r1, 16;\nld.shared.u32 %r4, [%r3];\n";
  const std::string far = "xor.b32 %r3, %r1, 32;\nld.shared.u32 %r4, [%r3];\n";
  expect_clean(meet + near);
  expect_fault(meet + far, {"race"});
  expect_clean(meet + "bar.warp.sync -1;\n" + far);
  // Meeting is transitive: pairs, then other pairs.
  expect_clean(
      own("st.shared.u32 [%r1], %r0;\nand.b32 %r5, %r0, 16;\nmov.u32 %r6, 0xffff;\n"
          "shl.b32 %r6, %r6, %r5;\nbar.warp.sync %r6;\nand.b32 %r5, %r0, 15;\n"
          "mov.u32 %r6, 0x10001;\nshl.b32 %r6, %r6, %r5;\nbar.warp.sync %r6;\n"
          "xor.b32 %r3, %r1, 76;\nld.shared.u32 %r4, [%r3];"));
}
TEST(Races, OfEqualValues) {
  expect_fault("st.shared.u32 [tile], 1;", {"race", "writes"});
  expect_fault("st.global.u32 [%rd2], 1;", {"race", "'out'"});
  expect_clean("setp.eq.u32 %p1, %r0, 4;\n@%p1 st.shared.u32 [tile], 1;");
}
TEST(Races, OfSingleBytes) {
  const std::string bytes =
      "mov.u32 %r2, tile;\nadd.u32 %r1, %r0, %r2;\nst.shared.u8 [%r1], %r0;\n";
  expect_clean(bytes);
  expect_fault(bytes + "setp.eq.u32 %p1, %r0, 7;\n@%p1 ld.shared.u16 %r3, [%r1+1];",
               {"race", "offset 8"});
  expect_fault(
      "mov.u32 %r2, tile;\nadd.u32 %r1, %r0, %r2;\nand.b32 %r1, %r1, -2;\n"
      "st.shared.u8 [%r1], %r0;",
      {"race"});
}
TEST(Races, AreNoneBetweenAtomics) {
  const std::string zero = "setp.eq.u32 %p1, %r0, 0;\n@%p1 st.shared.u32 [tile], 0;\nbar.sync 0;\n";
  expect_clean(zero + "atom.shared.add.u32 %r3, [tile], 1;\nred.shared.max.u32 [tile], %r0;",
               {64, 1, 1});
  expect_fault(zero + "atom.shared.add.u32 %r3, [tile], 1;\nld.shared.u32 %r4, [tile];", {"race"},
               {64, 1, 1});
  expect_clean(
      zero + "atom.shared.add.u32 %r3, [tile], 1;\nbar.sync 0;\nld.shared.u32 %r4, [tile];",
      {64, 1, 1});
  // Without the barrier the zero may come after the sum.
  expect_fault(
      "setp.eq.u32 %p1, %r0, 0;\n@%p1 st.shared.u32 [tile], 0;\n"
      "atom.shared.add.u32 %r3, [tile], 1;",
      {"race"}, {64, 1, 1});
  expect_clean(zero + "ld.volatile.shared.u32 %r3, [tile];\natom.shared.add.u32 %r3, [tile], 1;",
               {64, 1, 1});
}
TEST(Races, OfNamedBarriers) {
  // Warps 0 and 1 meet, warps 2 and 3 meet, each pair exchanges its own words.
  const std::string pairs =
      own("st.shared.u32 [%r1], %r0;\nshr.u32 %r5, %r0, 6;\n"
          "add.u32 %r5, %r5, 1;\nbar.sync %r5, 64;\n");
  expect_clean(pairs + "xor.b32 %r3, %r1, 128;\nld.shared.u32 %r4, [%r3];", {128, 1, 1});
  expect_fault(pairs + "xor.b32 %r3, %r1, 256;\nld.shared.u32 %r4, [%r3];", {"race"}, {128, 1, 1});
}
TEST(Races, OfWhatBarArriveDoesNotCover) {
  const std::string producer =
      own("setp.ge.u32 %p1, %r0, 32;\n@%p1 bra TAKE;\nst.shared.u32 [%r1], %r0;\n"
          "bar.arrive 1, 64;\nLATEbra.uni DONE;\nTAKE:\nbar.sync 1, 64;\n"
          "ld.shared.u32 %r4, [%r1+-128];\nDONE:");
  const auto with = [&](const std::string& late) {
    std::string text = producer;
    return text.replace(text.find("LATE"), 4, late);
  };
  expect_clean(with(""), {64, 1, 1});
  expect_fault(with("st.shared.u32 [%r1], 1;\n"), {"race"}, {64, 1, 1});
}
TEST(Races, OnGlobalMemoryOfABlock) {
  const std::string mine =
      "mul.wide.u32 %rd3, %r0, 4;\nadd.s64 %rd4, %rd2, %rd3;\n"
      "st.global.u32 [%rd4], %r0;\n";
  const std::string other =
      "xor.b64 %rd5, %rd3, 128;\nadd.s64 %rd6, %rd2, %rd5;\n"
      "ld.global.u32 %r3, [%rd6];";
  expect_fault(mine + other, {"race", "'out'"}, {64, 1, 1});
  expect_clean(mine + "bar.sync 0;\n" + other, {64, 1, 1});
  expect_fault(mine + "bar.warp.sync -1;\n" + other, {"race"}, {64, 1, 1});
}

// Races between blocks.
TEST(Races, BetweenBlocks) {
  const std::string first = "setp.ne.u32 %p1, %r0, 0;\n@%p1 ret;\nmov.u32 %r1, %ctaid.x;\n";
  const Dim3 two{2, 1, 1};
  expect_fault(first + "st.global.u32 [%rd2], %r1;", {"race", "block 0"}, {32, 1, 1}, two);
  expect_fault(first +
                   "setp.eq.u32 %p2, %r1, 0;\n@%p2 st.global.u32 [%rd2], %r1;\n"
                   "@!%p2 ld.global.u32 %r3, [%rd2];",
               {"race", "reads", "wrote"}, {32, 1, 1}, two);
  expect_fault(first +
                   "setp.eq.u32 %p2, %r1, 1;\n@%p2 st.global.u32 [%rd2], %r1;\n"
                   "@!%p2 ld.global.u32 %r3, [%rd2];",
               {"race", "writes", "read"}, {32, 1, 1}, two);
  // A barrier is the block's own.
  expect_fault("bar.sync 0;\n" + first + "st.global.u32 [%rd2], %r1;\n", {"race"}, {32, 1, 1}, two);
  expect_clean(first + "ld.global.u32 %r3, [%rd2];", {32, 1, 1}, {50, 1, 1});
  expect_clean(first + "atom.global.add.u32 %r3, [%rd2], 1;", {32, 1, 1}, two);
  expect_clean(
      first + "ld.relaxed.gpu.global.u32 %r4, [%rd2];\natom.global.add.u32 %r3, [%rd2], 1;",
      {32, 1, 1}, two);
  expect_fault(first + "atom.global.cta.add.u32 %r3, [%rd2], 1;", {"race"}, {32, 1, 1}, two);
  expect_fault(first + "ld.global.u32 %r4, [%rd2];\natom.global.add.u32 %r3, [%rd2], 1;", {"race"},
               {32, 1, 1}, two);
  expect_clean(first +
                   "mul.wide.u32 %rd3, %r1, 1;\nadd.s64 %rd4, %rd2, %rd3;\n"
                   "st.global.u8 [%rd4], %r1;",
               {32, 1, 1}, {100, 1, 1});
  // Many readers, then one that writes.
  expect_fault(first +
                   "ld.global.u32 %r3, [%rd2];\nsetp.eq.u32 %p2, %r1, 40;\n"
                   "@%p2 st.global.u32 [%rd2], %r1;",
               {"race", "several blocks read"}, {32, 1, 1}, {50, 1, 1});
}
TEST(Races, AreForgottenWithTheLaunch) {
  Snippet snippet(
      "mul.wide.u32 %rd3, %r0, 8;\nadd.s64 %rd4, %rd2, %rd3;\n"
      "ld.global.u64 %rd5, [%rd4];\nadd.u64 %rd5, %rd5, 1;\nst.global.u64 [%rd4], %rd5;");
  Words out(32);
  for (int i = 0; i < 3; ++i)
    snippet.run({}, out);
  EXPECT_EQ(out, Words(32, 3));
}
TEST(Races, ThroughTheReadOnlyCache) {
  expect_fault(
      "mul.wide.u32 %rd3, %r0, 8;\nadd.s64 %rd4, %rd2, %rd3;\nst.global.u64 [%rd4], 1;\n"
      "ld.global.nc.u64 %rd5, [%rd4];",
      {"read-only cache"});
  expect_clean("ld.global.nc.u64 %rd5, [%rd2];");
}

}  // namespace
}  // namespace ptx
