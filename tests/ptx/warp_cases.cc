// What lanes and warps do together.
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ptx/opcode_cases.hh"

namespace ptx {
namespace {

// Warps.
/// A value that differs by lane, as 32 bits.
Words lane_values() {
  Words values = mixed(32);
  for (U& value : values)
    value &= 0xffffffff;
  return values;
}

/// The manual's definition of shfl, in its own words.
void check_shuffle(const std::string& mode, std::uint32_t b, std::uint32_t c) {
  const Words in = lane_values();
  const Words out = results("shfl.sync." + mode + ".b32",
                            "cvt.u32.u64 %r1, %rd3;\nshfl.sync." + mode + ".b32 %r2|%p1, %r1, " +
                                std::to_string(b) + ", " + std::to_string(c) +
                                ", -1;\nselp.u32 %r3, 1, 0, %p1;\nmov.b64 %rd9, {%r2, %r3};",
                            in);
  for (int lane = 0; lane < 32; ++lane) {
    const int bval = static_cast<int>(b & 31);
    const int cval = static_cast<int>(c & 31);
    const int mask = static_cast<int>(c >> 8 & 31);
    const int max_lane = (lane & mask) | (cval & ~mask);
    const int min_lane = lane & mask;
    int j = 0;
    bool p = false;
    if (mode == "up") {
      j = lane - bval;
      p = j >= max_lane;
    } else if (mode == "down") {
      j = lane + bval;
      p = j <= max_lane;
    } else if (mode == "bfly") {
      j = lane ^ bval;
      p = j <= max_lane;
    } else {
      j = min_lane | (bval & ~mask);
      p = j <= max_lane;
    }
    if (!p)
      j = lane;
    ASSERT_EQ(out[static_cast<std::size_t>(lane)], U{p} << 32 | in[static_cast<std::size_t>(j)])
        << mode << " " << b << " " << c << " lane " << lane;
  }
}
void test_shfl() {
  for (std::uint32_t b = 0; b < 33; ++b) {
    // Whole warps and segments of 16, 8 and 4 lanes, as the CUDA headers build them.
    for (const std::uint32_t width : {32U, 16U, 8U, 4U}) {
      const std::uint32_t segment = (32 - width) << 8;
      check_shuffle("up", b, segment);
      for (const std::string mode : {"down", "bfly", "idx"})
        check_shuffle(mode, b, segment | 31);
    }
  }
}
void test_shfl_parts() {
  // Halves of the warp shuffle on their own, one after the other.
  const Words in = lane_values();
  const Words out = results("shfl.sync.bfly.b32",
                            "cvt.u32.u64 %r1, %rd3;\nsetp.lt.u32 %p1, %r0, 16;\n"
                            "@%p1 bra LOW;\nshfl.sync.bfly.b32 %r2, %r1, 1, 31, 0xffff0000;\n"
                            "bra.uni DONE;\nLOW:\nshfl.sync.bfly.b32 %r2, %r1, 2, 31, 0xffff;\n"
                            "DONE:\ncvt.u64.u32 %rd9, %r2;",
                            in);
  for (std::size_t i = 0; i < 32; ++i)
    ASSERT_EQ(out[i], in[i < 16 ? i ^ 2 : i ^ 1]);
  // The member mask differs by lane at one instruction.
  const Words tiles = results("shfl.sync.down.b32",
                              "cvt.u32.u64 %r1, %rd3;\nand.b32 %r3, %r0, 24;\nmov.u32 %r4, 255;\n"
                              "shl.b32 %r4, %r4, %r3;\nshfl.sync.down.b32 %r2, %r1, 3, 0x181f, "
                              "%r4;\ncvt.u64.u32 %rd9, %r2;",
                              in);
  for (std::size_t i = 0; i < 32; ++i)
    ASSERT_EQ(tiles[i], in[i % 8 + 3 < 8 ? i + 3 : i]);
}
void test_shfl_after_divergence() {
  // Lanes that come by different ways, some much later, meet at the shuffle.
  const Words in = lane_values();
  const Words out = results("shfl.sync.idx.b32",
                            "cvt.u32.u64 %r1, %rd3;\nmov.u32 %r5, %r0;\nsetp.eq.u32 %p1, %r0, 31;\n"
                            "@%p1 bra JOIN;\nLOOP:\nsub.u32 %r5, %r5, 1;\nadd.u32 %r1, %r1, 1;\n"
                            "setp.gt.s32 %p2, %r5, 0;\n@%p2 bra LOOP;\nJOIN:\n"
                            "shfl.sync.idx.b32 %r2, %r1, 7, 31, -1;\ncvt.u64.u32 %rd9, %r2;",
                            in);
  EXPECT_EQ(out, Words(32, (in[7] + 7) & 0xffffffff));
}

void test_vote() {
  const auto vote = [](const std::string& mode, U pattern, bool negated) {
    Words in(32);
    for (std::size_t i = 0; i < 32; ++i)
      in[i] = pattern >> i & 1;
    const bool ballot = mode == "ballot";
    const std::string opcode = "vote.sync." + mode + (ballot ? ".b32" : ".pred");
    const Words out =
        results(opcode,
                "setp.ne.u64 %p1, %rd3, 0;\n" + opcode + (ballot ? " %r1, " : " %p2, ") +
                    (negated ? "!" : "") + "%p1, -1;\n" +
                    (ballot ? "" : "selp.u32 %r1, 1, 0, %p2;\n") + "cvt.u64.u32 %rd9, %r1;",
                in);
    EXPECT_EQ(out, Words(32, out[0]));
    return out[0];
  };
  for (const U pattern : {U{0}, U{0xffffffff}, U{1}, U{0x80000000}, U{0x12345678}, U{0xfffffffe}}) {
    for (const bool negated : {false, true}) {
      const U p = negated ? ~pattern & 0xffffffff : pattern;
      EXPECT_EQ(vote("ballot", pattern, negated), p);
      EXPECT_EQ(vote("all", pattern, negated), U{p == 0xffffffff});
      EXPECT_EQ(vote("any", pattern, negated), U{p != 0});
      EXPECT_EQ(vote("uni", pattern, negated), U{p == 0 || p == 0xffffffff});
    }
  }
}

void test_redux() {
  const Words in = lane_values();
  const auto reduce = [&](const std::string& form) {
    const Words out = results(
        "redux.sync." + form,
        "cvt.u32.u64 %r1, %rd3;\nredux.sync." + form + " %r2, %r1, -1;\ncvt.u64.u32 %rd9, %r2;",
        in);
    EXPECT_EQ(out, Words(32, out[0]));
    return out[0];
  };
  const auto fold = [&](U first, auto f) {
    return std::accumulate(in.begin(), in.end(), first, f) & 0xffffffff;
  };
  const auto less = [](U a, U b) { return sx(a, 32) < sx(b, 32); };
  EXPECT_EQ(reduce("add.u32"), fold(0, [](U a, U b) { return a + b; }));
  EXPECT_EQ(reduce("add.s32"), fold(0, [](U a, U b) { return a + b; }));
  EXPECT_EQ(reduce("min.u32"), *std::min_element(in.begin(), in.end()));
  EXPECT_EQ(reduce("max.u32"), *std::max_element(in.begin(), in.end()));
  EXPECT_EQ(reduce("min.s32"), *std::min_element(in.begin(), in.end(), less));
  EXPECT_EQ(reduce("max.s32"), *std::max_element(in.begin(), in.end(), less));
  EXPECT_EQ(reduce("and.b32"), fold(~U{0}, [](U a, U b) { return a & b; }));
  EXPECT_EQ(reduce("or.b32"), fold(0, [](U a, U b) { return a | b; }));
  EXPECT_EQ(reduce("xor.b32"), fold(0, [](U a, U b) { return a ^ b; }));
}

void test_match() {
  Words in(32);
  for (std::size_t i = 0; i < 32; ++i)
    in[i] = (i * i % 7) << 33 | i % 2;
  const Words any = results("match.any.sync.b64",
                            "match.any.sync.b64 %r1, %rd3, -1;\ncvt.u32.u64 %r2, %rd3;\n"
                            "match.any.sync.b32 %r3, %r2, -1;\nmov.b64 %rd9, {%r1, %r3};",
                            in);
  for (std::size_t i = 0; i < 32; ++i) {
    U same = 0;
    for (std::size_t j = 0; j < 32; ++j)
      same |= U{in[i] == in[j]} << j;
    ASSERT_EQ(any[i], (i % 2 == 0 ? U{0x55555555} : U{0xaaaaaaaa}) << 32 | same);
  }
  const auto all = [](const Words& values) {
    return results("match.all.sync.b64",
                   "match.all.sync.b64 %r1|%p1, %rd3, -1;\ncvt.u32.u64 %r2, %rd3;\n"
                   "match.all.sync.b32 %r3, %r2, -1;\nselp.u32 %r4, 1, 0, %p1;\n"
                   "add.u32 %r1, %r1, %r4;\nmov.b64 %rd9, {%r1, %r3};",
                   values)[3];
  };
  EXPECT_EQ(all(Words(32, 99)), U{0xffffffff} << 32);  // -1 + 1 below
  EXPECT_EQ(all(in), 0U);
  EXPECT_EQ(all([] {
              Words high(32, 99);
              high[7] |= U{1} << 40;
              return high;
            }()),
            U{0xffffffff} << 32);
}

void test_activemask() {
  const Words out = results("activemask.b32",
                            "setp.lt.u32 %p1, %r0, 5;\n@%p1 bra FEW;\nactivemask.b32 %r1;\n"
                            "bra.uni DONE;\nFEW:\nactivemask.b32 %r1;\nDONE:\n"
                            "cvt.u64.u32 %rd9, %r1;",
                            {});
  for (std::size_t i = 0; i < 32; ++i)
    ASSERT_EQ(out[i], i < 5 ? 0x1fU : 0xffffffe0U);
}

void test_elect() {
  const Words out = results("elect.sync",
                            "setp.lt.u32 %p1, %r0, 3;\n@%p1 bra DONE;\nelect.sync %r1|%p2, "
                            "0xfffffff8;\nselp.u32 %r2, 100, 0, %p2;\nadd.u32 %r1, %r1, %r2;\n"
                            "bra.uni STORE;\nDONE:\nmov.u32 %r1, 77;\nSTORE:\n"
                            "cvt.u64.u32 %rd9, %r1;",
                            {});
  for (std::size_t i = 0; i < 32; ++i)
    ASSERT_EQ(out[i], i < 3 ? 77U : i == 3 ? 103U : 3U);
}

// Barriers.
void test_bar_sync() {
  // Each thread hands its value to another warp's, in every form of the barrier.
  const Words in = mixed(128);
  for (const std::string form :
       {"bar.sync 0;", "bar.cta.sync 0;", "barrier.sync 3;", "barrier.sync.aligned 0;",
        "barrier.cta.sync.aligned 0, 128;", "bar.sync 1, 128;", "mov.u32 %r9, 5;\nbar.sync %r9;"}) {
    const std::string opcode =
        form.substr(form.find("bar"), form.substr(form.find("bar")).find(' '));
    const Words out = results(opcode,
                              "mul.wide.u32 %rd10, %r0, 8;\nmov.u64 %rd11, tile;\n"
                              "add.s64 %rd12, %rd10, %rd11;\nst.shared.u64 [%rd12], %rd3;\n" +
                                  form +
                                  "\nxor.b64 %rd10, %rd10, 1016;\nadd.s64 %rd12, %rd10, %rd11;\n"
                                  "ld.shared.u64 %rd9, [%rd12];",
                              in, 128, kSpaces);
    for (std::size_t i = 0; i < 128; ++i)
      ASSERT_EQ(out[i], in[i ^ 127]) << form;
  }
}

void test_bar_arrive() {
  // Warp 0 produces for warp 1 and does not wait itself.
  const Words in = mixed(64);
  const Words out = results("bar.arrive",
                            "mul.wide.u32 %rd10, %r0, 8;\nmov.u64 %rd11, tile;\n"
                            "add.s64 %rd12, %rd10, %rd11;\nsetp.ge.u32 %p1, %r0, 32;\n"
                            "@%p1 bra TAKE;\nst.shared.u64 [%rd12], %rd3;\nbar.arrive 2, 64;\n"
                            "mov.u64 %rd9, 0;\nbra.uni DONE;\nTAKE:\nbar.sync 2, 64;\n"
                            "ld.shared.u64 %rd9, [%rd12+-256];\nDONE:",
                            in, 64, kSpaces);
  for (std::size_t i = 0; i < 64; ++i)
    ASSERT_EQ(out[i], i < 32 ? 0 : in[i - 32]);
}

void test_bar_red() {
  const auto reduce = [](std::uint32_t true_threads, const std::string& c) {
    return results("bar.red.popc.u32",
                   "setp.lt.u32 %p1, %r0, " + std::to_string(true_threads) +
                       ";\nbar.red.popc.u32 %r1, 0, " + c + ";\nbar.red.and.pred %p2, 0, " + c +
                       ";\nbar.red.or.pred %p3, 1, 96, " + c +
                       ";\nselp.u32 %r2, 1000, 0, %p2;\nselp.u32 %r3, 10000, 0, %p3;\n"
                       "add.u32 %r1, %r1, %r2;\nadd.u32 %r1, %r1, %r3;\ncvt.u64.u32 %rd9, %r1;",
                   {}, 96);
  };
  EXPECT_EQ(reduce(0, "%p1"), Words(96, 0));
  EXPECT_EQ(reduce(40, "%p1"), Words(96, 10040));
  EXPECT_EQ(reduce(96, "%p1"), Words(96, 11096));
  EXPECT_EQ(reduce(40, "!%p1"), Words(96, 10056));
  EXPECT_EQ(reduce(0, "!%p1"), Words(96, 11096));
}

void test_bar_warp() {
  const Words in = mixed(32);
  // The whole warp, then halves that come by different instructions.
  const Words out =
      results("bar.warp.sync",
              "mul.wide.u32 %rd10, %r0, 8;\nmov.u64 %rd11, tile;\n"
              "add.s64 %rd12, %rd10, %rd11;\nst.shared.u64 [%rd12], %rd3;\n"
              "bar.warp.sync -1;\nxor.b64 %rd10, %rd10, 8;\n"
              "add.s64 %rd13, %rd10, %rd11;\nld.shared.u64 %rd9, [%rd13];\n"
              "and.b32 %r1, %r0, 1;\nsetp.eq.u32 %p1, %r1, 1;\n@%p1 bra ODD;\n"
              "bar.warp.sync 0xffffffff;\nst.shared.u64 [%rd12], %rd9;\nbra.uni DONE;\n"
              "ODD:\nbar.warp.sync -1;\nadd.u64 %rd9, %rd9, 1;\n"
              "st.shared.u64 [%rd12], %rd9;\nDONE:\nbar.warp.sync -1;\n"
              "ld.shared.u64 %rd9, [%rd13];",
              in, 32, kSpaces);
  for (std::size_t i = 0; i < 32; ++i)
    ASSERT_EQ(out[i], in[i] + (i % 2 == 0 ? 1 : 0));
}

void test_nothing(const std::string& opcode, const std::string& line) {
  const Words in = mixed(32);
  EXPECT_EQ(results(opcode, line + "\nmov.u64 %rd9, %rd3;", in), in);
}
void test_membar() {
  for (const std::string scope : {"cta", "gl", "sys"})
    test_nothing("membar." + scope, "membar." + scope + ";");
}
void test_fence() {
  for (const std::string form : {"sc.gpu", "acq_rel.cta", "acquire.sys", "release.cluster", "gpu"})
    test_nothing("fence." + form, "fence." + form + ";");
}
void test_nanosleep() {
  test_nothing("nanosleep.u32", "nanosleep.u32 10;\nnanosleep.u32 %r0;");
}
void test_pmevent() {
  test_nothing("pmevent", "pmevent 1;\npmevent.mask 3;");
}

}  // namespace

std::vector<KernelCase> warp_cases() {
  return {
      {"shfl", test_shfl},
      {"shfl.parts", test_shfl_parts},
      {"shfl.diverged", test_shfl_after_divergence},
      {"vote", test_vote},
      {"redux", test_redux},
      {"match", test_match},
      {"activemask", test_activemask},
      {"elect", test_elect},
      {"bar.sync", test_bar_sync},
      {"barrier.sync", test_bar_sync},
      {"bar.arrive", test_bar_arrive},
      {"bar.red", test_bar_red},
      {"bar.warp", test_bar_warp},
      {"membar", test_membar},
      {"fence", test_fence},
      {"nanosleep", test_nanosleep},
      {"pmevent", test_pmevent},
  };
}

}  // namespace ptx
