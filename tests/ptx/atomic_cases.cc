// Atomics.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ptx/opcode_cases.hh"

namespace ptx {
namespace {

using Update = std::uint64_t (*)(U old, U b, U c, int bits);

struct AtomicForm {
  std::string operation;
  std::vector<std::string> types;
  Update update;
};
const std::vector<AtomicForm>& atomic_forms() {
  static const std::vector<AtomicForm> forms{
      {"add", {"u32", "s32", "u64"}, [](U o, U b, U, int) { return o + b; }},
      {"min", {"u32", "u64"}, [](U o, U b, U, int) { return std::min(o, b); }},
      {"max", {"u32", "u64"}, [](U o, U b, U, int) { return std::max(o, b); }},
      {"min", {"s32", "s64"}, [](U o, U b, U, int n) { return sx(o, n) < sx(b, n) ? o : b; }},
      {"max", {"s32", "s64"}, [](U o, U b, U, int n) { return sx(o, n) < sx(b, n) ? b : o; }},
      {"and", {"b32", "b64"}, [](U o, U b, U, int) { return o & b; }},
      {"or", {"b32", "b64"}, [](U o, U b, U, int) { return o | b; }},
      {"xor", {"b32", "b64"}, [](U o, U b, U, int) { return o ^ b; }},
      {"inc", {"u32"}, [](U o, U b, U, int) { return o >= b ? U{0} : o + 1; }},
      {"dec", {"u32"}, [](U o, U b, U, int) { return o == 0 || o > b ? b : o - 1; }},
      {"exch", {"b32", "b64"}, [](U, U b, U, int) { return b; }},
      {"cas", {"b32", "b64", "b16"}, [](U o, U b, U c, int) { return o == b ? c : o; }}};
  return forms;
}

/// Each lane has a word of its own, whose old value, operand and new value come from `in`.
void check_atomic(const AtomicForm& form, const std::string& type, bool shared, bool returns) {
  const int bits = std::stoi(type.substr(1));
  const U mask = bits == 64 ? ~U{0} : (U{1} << bits) - 1;
  Words in(32 * 3);
  const Words random = mixed(64);
  for (std::size_t i = 0; i < 32; ++i) {
    in[3 * i] = (i % 4 == 0 ? i : random[i]) & mask;
    in[3 * i + 1] = (i % 8 == 0 ? in[3 * i] : i % 4 == 1 ? i : random[i + 32]) & mask;
    in[3 * i + 2] = (random[i] ^ 99) & mask;
  }
  const std::string reg = bits == 16 ? "%rs" : bits == 32 ? "%r" : "%rd";
  const std::string space = shared ? ".shared" : ".global";
  const std::string opcode = (returns ? "atom" : "red") + space + "." + form.operation + "." + type;
  const std::string b = "b" + std::to_string(bits);
  std::string body =
      "mul.wide.u32 %rd8, %r0, 24;\nadd.s64 %rd4, %rd1, %rd8;\nmul.wide.u32 %rd8, %r0, 16;\n"
      "add.s64 %rd5, %rd2, %rd8;\nmul.wide.u32 %rd6, %r0, 8;\nmov.u64 %rd7, tile;\n"
      "add.s64 %rd6, %rd6, %rd7;\n";
  for (int i = 0; i < 3; ++i)
    body += "ld.global." + b + " " + reg + std::to_string(20 + i) + ", [%rd4+" +
            std::to_string(8 * i) + "];\n";
  const std::string at = shared ? "[%rd6]" : "[%rd5]";
  body += "st" + space + "." + b + " " + at + ", " + reg + "20;\n" + opcode + " " +
          (returns ? reg + "23, " : "") + at + ", " + reg + "21" +
          (form.operation == "cas" ? ", " + reg + "22" : "") + ";\n";
  body += "ld" + space + "." + b + " " + reg + "24, " + at + ";\nst.global." + b + " [%rd5], " +
          reg + "24;\n";
  body += "st.global." + b + " [%rd5+8], " + reg + (returns ? "23" : "20") + ";\n";
  Snippet snippet(body, ".shared .align 8 .b8 tile[256];\n");
  Words out(64);
  const LaunchCounts counts = snippet.run(in, out);
  EXPECT_EQ(counts.opcodes.at(opcode), 32U);
  for (std::size_t i = 0; i < 32; ++i) {
    ASSERT_EQ(out[2 * i], form.update(in[3 * i], in[3 * i + 1], in[3 * i + 2], bits) & mask)
        << opcode << " lane " << i;
    ASSERT_EQ(out[2 * i + 1], in[3 * i]) << opcode << " lane " << i;
  }
}

void test_atom() {
  for (const AtomicForm& form : atomic_forms())
    for (const std::string& type : form.types)
      for (const bool shared : {false, true})
        check_atomic(form, type, shared, true);
}
void test_red() {
  for (const AtomicForm& form : atomic_forms()) {
    if (form.operation == "cas" || form.operation == "exch")
      continue;
    for (const std::string& type : form.types)
      for (const bool shared : {false, true})
        check_atomic(form, type, shared, false);
  }
}

void test_atomics_together() {
  // All threads of several blocks on one word, with scopes and through a generic address.
  Snippet snippet(
      "atom.add.relaxed.gpu.global.u32 %r1, [%rd2], 1;\nred.global.max.u32 [%rd2+8], %r1;\n"
      "atom.acq_rel.sys.global.add.u64 %rd9, [%rd2+16], %rd2;\nred.release.gpu.global.or.b32 "
      "[%rd2+24], %r1;\natom.add.u32 _, [%rd2+32], %r0;");
  Words out(8);
  snippet.run({}, out, {96, 1, 1}, {5, 1, 1});
  EXPECT_EQ(out[0], 480U);
  EXPECT_EQ(out[1], 479U);
  EXPECT_EQ(out[3], 511U);
  EXPECT_EQ(out[4], 5 * 95 * 96 / 2U);
}

void test_atomic_order() {
  // Who comes first is the order's choice, and all orders are one of the possible ones.
  std::vector<Words> seen;
  for (const Order order : {Order::kForward, Order::kReverse, Order::kShuffled}) {
    Snippet snippet(
        "mul.wide.u32 %rd8, %r0, 8;\nadd.s64 %rd5, %rd2, %rd8;\n"
        "atom.global.add.u32 %r1, [%rd1], 1;\ncvt.u64.u32 %rd9, %r1;\n"
        "st.global.u64 [%rd5], %rd9;",
        {}, {.order = order});
    Words out(64);
    snippet.run({0}, out, {64, 1, 1});
    Words sorted = out;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sorted, sequence(64));
    seen.push_back(out);
  }
  EXPECT_EQ(seen[0], sequence(64));
  EXPECT_EQ(seen[1], sequence(64, ~U{0}, 63));
  EXPECT_NE(seen[2], seen[0]);
}

}  // namespace

std::vector<KernelCase> atomic_cases() {
  return {
      {"atom", test_atom},
      {"red", test_red},
      {"atom.together", test_atomics_together},
      {"atom.order", test_atomic_order},
  };
}

}  // namespace ptx
