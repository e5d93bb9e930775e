// Loads and stores of all kinds of memory, and addresses.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ptx/opcode_cases.hh"

namespace ptx {
namespace {

/// st then ld of one type in one kind of memory: the stored bytes come back, extended by type.
void check_round_trip(const std::string& space, const std::string& type, int bits) {
  const bool is_signed = type[0] == 's';
  const std::string window = space == ".shared"  ? "mul.wide.u32 %rd10, %r0, 16;\nmov.u64 %rd11, "
                                                   "tile;\nadd.s64 %rd10, %rd10, %rd11;\n"
                             : space == ".local" ? "mov.u64 %rd10, mine;\n"
                                                 : "mul.wide.u32 %rd10, %r0, 8;\nadd.s64 %rd10, "
                                                   "%rd2, %rd10;\n";
  const std::string local = space == ".local" ? ".local .align 8 .b8 mine[32];\n" : "";
  const Words in = mixed(32);
  const Words out = results("ld" + space + "." + type,
                            local + window + "st" + space + "." + type + " [%rd10], %rd3;\nld" +
                                space + "." + type + " %rd9, [%rd10];",
                            in, 32, kSpaces);
  for (std::size_t i = 0; i < 32; ++i) {
    const U cut = bits == 64 ? in[i] : in[i] & ((U{1} << bits) - 1);
    const bool negative = is_signed && (cut >> (bits - 1) & 1) != 0;
    const U extended = negative && bits < 64 ? cut | ~U{0} << bits : cut;
    ASSERT_EQ(out[i], extended) << space << type;
  }
}

void test_ld_types() {
  for (const std::string space : {".shared", ".local", ".global", ""})
    for (const std::string kind : {"u", "s", "b"})
      for (const int bits : {8, 16, 32, 64})
        check_round_trip(space, kind + std::to_string(bits), bits);
}

void test_ld_narrow_registers() {
  // Into 16 and 32 bits: what does not fit the type is its sign.
  const Words in{0x80, 0x7f, 0xff, 0x1ff};
  const Words out = results("ld.global.s8",
                            "ld.global.s8 %rs1, [%rd4];\nld.global.s8 %r1, [%rd4];\n"
                            "cvt.u32.u16 %r2, %rs1;\nmov.b64 %rd9, {%r1, %r2};",
                            in);
  EXPECT_EQ(out[0], 0x0000ff80ffffff80);
  EXPECT_EQ(out[1], 0x0000007f0000007f);
  EXPECT_EQ(out[2], 0x0000ffffffffffff);
  EXPECT_EQ(out[3], 0x0000ffffffffffff);
}

void test_vectors() {
  const Words in = mixed(64);
  std::vector<U> out(64);
  Snippet v4(
      "mul.wide.u32 %rd8, %r0, 16;\nadd.s64 %rd4, %rd1, %rd8;\nadd.s64 %rd5, %rd2, %rd8;\n"
      "ld.global.v4.u32 {%r1, %r2, %r3, %r4}, [%rd4];\nst.global.v4.u32 [%rd5], {%r4, %r3, %r2, "
      "%r1};");
  v4.run(in, out);
  const auto word = [&](const Words& words, std::size_t i) {
    return static_cast<std::uint32_t>(words[i / 2] >> (32 * (i % 2)));
  };
  for (std::size_t i = 0; i < 128; ++i)
    ASSERT_EQ(word(out, i), word(in, i / 4 * 4 + 3 - i % 4));

  // The other widths and counts, each moving the warp's 8 bytes a lane.
  for (const std::string body :
       {"ld.global.v2.b32 {%r1, %r2}, [%rd4];\nst.global.v2.b32 [%rd5], {%r1, %r2};",
        "ld.global.v4.u16 {%rs1, %rs2, %rs3, %rs4}, [%rd4];\n"
        "st.global.v4.u16 [%rd5], {%rs1, %rs2, %rs3, %rs4};",
        "ld.global.v4.b8 {%rs1, %rs2, %rs3, %rs4}, [%rd4];\n"
        "st.global.v4.b8 [%rd5], {%rs1, %rs2, %rs3, %rs4};\n"
        "ld.global.v4.u8 {%r1, %r2, %r3, %r4}, [%rd4+4];\n"
        "st.global.v4.u8 [%rd5+4], {%r1, %r2, %r3, %r4};",
        "ld.global.v2.u8 {%rs1, %rs2}, [%rd4];\nst.global.v2.u8 [%rd5], {%rs1, %rs2};\n"
        "ld.global.v2.s16 {%r1, %r2}, [%rd4+4];\nst.global.v2.u16 [%rd5+4], {%r1, %r2};\n"
        "ld.global.u8 %r1, [%rd4+3];\nst.global.u8 [%rd5+3], %r1;\n"
        "ld.global.u8 %r1, [%rd4+2];\nst.global.u8 [%rd5+2], %r1;"}) {
    Snippet snippet(
        "mul.wide.u32 %rd8, %r0, 8;\nadd.s64 %rd4, %rd1, %rd8;\n"
        "add.s64 %rd5, %rd2, %rd8;\n" +
        body);
    Words copy(32);
    snippet.run(in, copy);
    EXPECT_EQ(copy, Words(in.begin(), in.begin() + 32)) << body;
  }

  Words wide(64);
  Snippet v2(
      "mul.wide.u32 %rd8, %r0, 16;\nadd.s64 %rd4, %rd1, %rd8;\nadd.s64 %rd5, %rd2, %rd8;\n"
      "ld.global.v2.u64 {%rd6, %rd7}, [%rd4];\nst.global.v2.b64 [%rd5], {%rd7, %rd6};");
  v2.run(in, wide);
  for (std::size_t i = 0; i < 64; ++i)
    ASSERT_EQ(wide[i], in[i ^ 1]);

  Words first(32);
  Snippet sinks(
      "mul.wide.u32 %rd8, %r0, 8;\nadd.s64 %rd4, %rd1, %rd8;\nadd.s64 %rd5, %rd2, %rd8;\n"
      "ld.global.v2.u32 {_, %r1}, [%rd4];\ncvt.u64.u32 %rd9, %r1;\n"
      "st.global.u64 [%rd5], %rd9;");
  sinks.run(in, first);
  for (std::size_t i = 0; i < 32; ++i)
    ASSERT_EQ(first[i], in[i] >> 32);
}

void test_v8() {
  const Words in = mixed(128);
  Words out(128);
  Snippet snippet(
      "mul.wide.u32 %rd8, %r0, 32;\nadd.s64 %rd4, %rd1, %rd8;\nadd.s64 %rd5, %rd2, %rd8;\n"
      "ld.global.v8.b32 {%r1, %r2, %r3, %r4, %r5, %r6, %r7, %r8}, [%rd4];\n"
      "st.global.v8.b32 [%rd5], {%r1, %r2, %r3, %r4, %r5, %r6, %r7, %r8};");
  std::vector<std::uint64_t> spare(128);
  // 32-byte vectors need 32-byte addresses, which a std::vector need not have.
  alignas(32) static std::array<U, 128> source;
  alignas(32) static std::array<U, 128> target;
  std::copy(in.begin(), in.end(), source.begin());
  snippet.machine.register_buffer(source.data(), sizeof source, "source");
  snippet.machine.register_buffer(target.data(), sizeof target, "target");
  snippet.machine.mark_initialised(source.data(), sizeof source);
  const void* addresses[2] = {source.data(), target.data()};
  std::array<std::byte, sizeof addresses> parameters;
  std::memcpy(parameters.data(), addresses, sizeof addresses);
  snippet.machine.launch(snippet.module(),
                         {.entry = "kernel", .block = {32, 1, 1}, .parameters = parameters});
  EXPECT_EQ(source, target);
  EXPECT_TRUE(snippet.machine.is_initialised(target.data(), sizeof target));
}

void test_ld_forms() {
  // Orders, scopes and hints change no value.
  const Words in = mixed(32);
  for (const std::string form :
       {"ld.weak.global.u64", "ld.relaxed.gpu.global.u64", "ld.acquire.sys.global.u64",
        "ld.volatile.global.u64", "ld.global.nc.u64", "ld.global.nc.L1::no_allocate.u64",
        "ld.global.L1::evict_last.L2::128B.u64", "ld.global.ca.u64", "ld.global.cg.b64",
        "ld.relaxed.cta.u64", "ld.acquire.gpu.b64", "ld.global.f64"})
    EXPECT_EQ(results(form, form + " %rd9, [%rd4];", in), in) << form;
}

void test_st_forms() {
  const Words in = mixed(32);
  for (const std::string form :
       {"st.weak.global.u64", "st.relaxed.gpu.global.u64", "st.release.sys.global.u64",
        "st.volatile.global.u64", "st.global.wb.u64", "st.global.cs.b64", "st.release.cta.b64",
        "st.global.L1::evict_first.u64", "st.global.f64"})
    EXPECT_EQ(results(form, form + " [%rd5], %rd3;\nld.global.u64 %rd9, [%rd5];", in), in) << form;
  // A constant, a special register and an offset.
  const Words out = results("st.global.u32",
                            "st.global.u32 [%rd5], 7;\nst.global.u32 [%rd5+4], %laneid;\n"
                            "add.s64 %rd6, %rd5, 8;\nld.global.u64 %rd9, [%rd6+-8];",
                            in);
  for (std::size_t i = 0; i < 32; ++i)
    ASSERT_EQ(out[i], i << 32 | 7);
}

void test_spaces() {
  // Variables of the module: data, addresses of data, constants.
  const Words out = results(
      "ld.const.u32",
      "and.b64 %rd10, %rd3, 3;\nshl.b64 %rd10, %rd10, 2;\nmov.u64 %rd11, table;\n"
      "add.s64 %rd10, %rd10, %rd11;\nld.const.u32 %r1, [%rd10];\n"
      "ld.const.u64 %rd12, [pointers+8];\ncvta.to.global.u64 %rd12, %rd12;\n"
      "ld.global.u16 %r2, [%rd12+2];\nld.global.u16 %r3, [bytes+4];\nmad.lo.u32 %r1, %r2, 1000, "
      "%r1;\n"
      "mad.lo.u32 %r1, %r3, 1000000, %r1;\ncvta.const.u64 %rd13, table;\nld.u32 %r4, [%rd13+12];\n"
      "add.u32 %r1, %r1, %r4;\ncvt.u64.u32 %rd9, %r1;",
      sequence(32), 32,
      ".const .align 4 .u32 table[4] = {10, 20, 30, 40};\n"
      ".global .align 2 .b8 bytes[6] = {1, 0, 2, 0, 3};\n"
      ".const .align 8 .u64 pointers[2] = {generic(table), generic(bytes)};\n");
  for (std::size_t i = 0; i < 32; ++i)
    ASSERT_EQ(out[i], 3002000 + 10 * (i % 4 + 1) + 40);
}

void test_parameters() {
  // A kernel's parameters by name, by address and as generic memory.
  const Words in = mixed(32);
  const Words out = results("ld.param.u64",
                            "mov.b64 %rd10, in;\nld.param.u64 %rd11, [%rd10];\n"
                            "cvta.param.u64 %rd12, %rd10;\nld.u64 %rd13, [%rd12+8];\n"
                            "sub.s64 %rd11, %rd11, %rd1;\nsub.s64 %rd13, %rd13, %rd2;\n"
                            "ld.param::entry.u32 %r1, [out+4];\nshr.u64 %rd14, %rd2, 32;\n"
                            "cvt.u64.u32 %rd15, %r1;\nsub.s64 %rd15, %rd15, %rd14;\n"
                            "or.b64 %rd9, %rd11, %rd13;\nor.b64 %rd9, %rd9, %rd15;",
                            in);
  EXPECT_EQ(out, Words(32, 0));
}

void test_generic() {
  // Through generic addresses: shared, local and global memory by the same instruction.
  const Words in = mixed(32);
  const Words out = results(
      "cvta.shared.u64",
      ".local .align 8 .b8 mine[8];\nmul.wide.u32 %rd10, %r0, 8;\nmov.u64 %rd11, tile;\n"
      "add.s64 %rd10, %rd10, %rd11;\ncvta.shared.u64 %rd12, %rd10;\nst.u64 [%rd12], %rd3;\n"
      "mov.u64 %rd13, mine;\ncvta.local.u64 %rd14, %rd13;\ncvt.u64.u32 %rd19, %r0;\nst.u64 "
      "[%rd14], %rd19;\n"
      "and.b32 %r1, %r0, 1;\nsetp.eq.u32 %p1, %r1, 0;\nselp.b64 %rd15, %rd12, %rd14, %p1;\n"
      "setp.eq.u32 %p2, %r0, 5;\nselp.b64 %rd15, %rd4, %rd15, %p2;\nld.u64 %rd9, [%rd15];\n"
      "cvta.to.shared.u64 %rd16, %rd12;\nld.shared.u64 %rd17, [%rd16];\nsub.s64 %rd17, %rd17, "
      "%rd3;\n"
      "add.s64 %rd9, %rd9, %rd17;\ncvta.to.local.u64 %rd18, %rd14;\nld.local.u32 %r2, [%rd18];\n"
      "sub.u32 %r2, %r2, %r0;\ncvt.u64.u32 %rd17, %r2;\nadd.s64 %rd9, %rd9, %rd17;",
      in, 32, kSpaces);
  for (std::size_t i = 0; i < 32; ++i)
    ASSERT_EQ(out[i], i % 2 == 0 || i == 5 ? in[i] : i);
}

void test_isspacep() {
  const Words out = results("isspacep.shared",
                            "mov.u64 %rd10, tile;\ncvta.shared.u64 %rd11, %rd10;\n"
                            ".local .align 8 .b8 mine[8];\nmov.u64 %rd12, mine;\n"
                            "cvta.local.u64 %rd12, %rd12;\nisspacep.shared %p1, %rd11;\n"
                            "isspacep.shared %p2, %rd1;\nisspacep.global %p3, %rd1;\n"
                            "isspacep.global %p4, %rd12;\nisspacep.local %p5, %rd12;\n"
                            "isspacep.local %p6, %rd11;\nselp.u64 %rd9, 1, 0, %p1;\n"
                            "@%p2 add.u64 %rd9, %rd9, 10;\n@%p3 add.u64 %rd9, %rd9, 100;\n"
                            "@%p4 add.u64 %rd9, %rd9, 1000;\n@%p5 add.u64 %rd9, %rd9, 10000;\n"
                            "@%p6 add.u64 %rd9, %rd9, 100000;",
                            {}, 32, kSpaces);
  EXPECT_EQ(out, Words(32, 10101));
}

void test_dynamic_shared() {
  // The dynamic part follows the static one.
  Snippet snippet(
      "shl.b32 %r1, %r0, 2;\nmov.u32 %r2, dynamic;\nadd.u32 %r3, %r1, %r2;\n"
      "st.shared.u32 [%r3], %r0;\nmov.u32 %r4, fixed;\nsub.u32 %r2, %r2, %r4;\n"
      "bar.sync 0;\nmov.u32 %r5, 124;\nsub.u32 %r5, %r5, %r1;\nmov.u32 %r6, dynamic;\n"
      "add.u32 %r5, %r5, %r6;\nld.shared.u32 %r7, [%r5];\nmov.u32 %r8, %dynamic_smem_size;\n"
      "mad.lo.u32 %r7, %r2, 1000, %r7;\nmad.lo.u32 %r7, %r8, 1000000, %r7;\n"
      "cvt.u64.u32 %rd9, %r7;\nmul.wide.u32 %rd8, %r0, 8;\nadd.s64 %rd5, %rd2, %rd8;\n"
      "st.global.u64 [%rd5], %rd9;",
      ".shared .align 4 .b8 fixed[20];\n.extern .shared .align 16 .b8 dynamic[];\n");
  Words out(32);
  snippet.run({}, out, {32, 1, 1}, {}, 128);
  for (std::size_t i = 0; i < 32; ++i)
    ASSERT_EQ(out[i], 128 * 1000000 + 32 * 1000 + 31 - i);
}

void test_prefetch() {
  const Words in = mixed(32);
  EXPECT_EQ(results("prefetch.global.L2",
                    "prefetch.global.L2 [%rd4];\nprefetch.L1 [0];\nmov.u64 %rd9, %rd3;", in),
            in);
}
void test_prefetchu() {
  const Words in = mixed(32);
  EXPECT_EQ(results("prefetchu.L1", "prefetchu.L1 [%rd4];\nmov.u64 %rd9, %rd3;", in), in);
}

}  // namespace

std::vector<KernelCase> access_cases() {
  return {
      {"ld.types", test_ld_types},
      {"ld.narrow", test_ld_narrow_registers},
      {"ld.vectors", test_vectors},
      {"ld.v8", test_v8},
      {"ld.forms", test_ld_forms},
      {"ld.const", test_spaces},
      {"ld.param", test_parameters},
      {"st.forms", test_st_forms},
      {"cvta", test_generic},
      {"isspacep", test_isspacep},
      {"ld.dynamic_shared", test_dynamic_shared},
      {"prefetch", test_prefetch},
      {"prefetchu", test_prefetchu},
  };
}

}  // namespace ptx
