// The PTX manual's definitions written again in plain C++ on wide integers.
#include "tests/ptx/opcode_rows.hh"

#include <algorithm>
#include <array>
#include <utility>

namespace ptx {
namespace {

__extension__ using I = __int128;

/// The value as a signed number of so many bits.
std::int64_t sx(U value, int bits) {
  return bits == 64 ? static_cast<std::int64_t>(value)
                    : static_cast<std::int64_t>(masked(value, bits)) -
                          ((value >> (bits - 1) & 1) != 0 ? std::int64_t{1} << bits : 0);
}
I wide(U value, int bits, bool is_signed) {
  return is_signed ? I{sx(value, bits)} : static_cast<I>(masked(value, bits));
}
U low(I value) {
  return static_cast<U>(value);
}
I limit(I value, int bits, bool is_signed) {
  const I least = is_signed ? -(I{1} << (bits - 1)) : 0;
  const I most = (I{1} << (bits - (is_signed ? 1 : 0))) - 1;
  return value < least ? least : value > most ? most : value;
}
std::int64_t part(U word, int index, int bits, bool is_signed) {
  const U value = masked(word >> (index * bits), bits);
  return is_signed ? sx(value, bits) : static_cast<std::int64_t>(value);
}

using Rows = std::vector<Row>;

struct Named {
  std::string name;
  int bits;
  bool is_signed;
};
std::vector<Named> types(std::initializer_list<int> widths, const std::string& kinds = "us") {
  std::vector<Named> result;
  for (const int bits : widths)
    for (const char kind : kinds)
      result.push_back({std::string(1, kind) + std::to_string(bits), bits, kind == 's'});
  return result;
}

bool nonzero_divisor(U, U b) {
  return b != 0;
}

void add_sums(Rows& rows) {
  for (const auto& [t, n, s] : types({16, 32, 64})) {
    rows.push_back({"add." + t, n, {n, n}, [](U a, U b, U, U) { return a + b; }});
    rows.push_back({"sub." + t, n, {n, n}, [](U a, U b, U, U) { return a - b; }});
    rows.push_back({"mul.lo." + t, n, {n, n}, [](U a, U b, U, U) { return a * b; }});
    rows.push_back({"mul.hi." + t, n, {n, n}, [n = n, s = s](U a, U b, U, U) {
                      if (s)
                        return low((wide(a, n, true) * wide(b, n, true)) >> n);
                      return static_cast<U>((static_cast<__uint128_t>(a) * b) >> n);
                    }});
    rows.push_back({"mad.lo." + t, n, {n, n, n}, [](U a, U b, U c, U) { return a * b + c; }});
    rows.push_back({"mad.hi." + t, n, {n, n, n}, [n = n, s = s](U a, U b, U c, U) {
                      if (s)
                        return low((wide(a, n, true) * wide(b, n, true)) >> n) + c;
                      return static_cast<U>((static_cast<__uint128_t>(a) * b) >> n) + c;
                    }});
    rows.push_back({"div." + t,
                    n,
                    {n, n},
                    [n = n, s = s](U a, U b, U, U) { return low(wide(a, n, s) / wide(b, n, s)); },
                    nonzero_divisor});
    rows.push_back({"rem." + t,
                    n,
                    {n, n},
                    [n = n, s = s](U a, U b, U, U) { return low(wide(a, n, s) % wide(b, n, s)); },
                    nonzero_divisor});
    rows.push_back({"min." + t, n, {n, n}, [n = n, s = s](U a, U b, U, U) {
                      return low(std::min(wide(a, n, s), wide(b, n, s)));
                    }});
    rows.push_back({"max." + t, n, {n, n}, [n = n, s = s](U a, U b, U, U) {
                      return low(std::max(wide(a, n, s), wide(b, n, s)));
                    }});
    rows.push_back({"sad." + t, n, {n, n, n}, [n = n, s = s](U a, U b, U c, U) {
                      const I distance = wide(a, n, s) - wide(b, n, s);
                      return c + low(distance < 0 ? -distance : distance);
                    }});
  }
}

void add_special_sums(Rows& rows) {
  for (const auto& [t, n, s] : types({16, 32})) {
    rows.push_back({"mul.wide." + t, 2 * n, {n, n}, [n = n, s = s](U a, U b, U, U) {
                      return low(wide(a, n, s) * wide(b, n, s));
                    }});
    rows.push_back({"mad.wide." + t, 2 * n, {n, n, 2 * n}, [n = n, s = s](U a, U b, U c, U) {
                      return low(wide(a, n, s) * wide(b, n, s)) + c;
                    }});
  }
  for (const auto& [t, n, s] : types({16, 32, 64}, "s")) {
    rows.push_back({"neg." + t, n, {n}, [](U a, U, U, U) { return 0 - a; }});
    rows.push_back(
        {"abs." + t, n, {n}, [n = n](U a, U, U, U) { return sx(a, n) < 0 ? 0 - a : a; }});
  }
  for (const auto& [t, n, s] : types({32})) {
    const auto product24 = [s = s](U a, U b) { return wide(a, 24, s) * wide(b, 24, s); };
    rows.push_back(
        {"mul24.lo." + t, 32, {32, 32}, [=](U a, U b, U, U) { return low(product24(a, b)); }});
    rows.push_back({"mul24.hi." + t, 32, {32, 32}, [=](U a, U b, U, U) {
                      return low(product24(a, b) >> 16);
                    }});
    rows.push_back({"mad24.lo." + t, 32, {32, 32, 32}, [=](U a, U b, U c, U) {
                      return low(product24(a, b)) + c;
                    }});
    rows.push_back({"mad24.hi." + t, 32, {32, 32, 32}, [=](U a, U b, U c, U) {
                      return low(product24(a, b) >> 16) + c;
                    }});
  }
  rows.push_back({"add.sat.s32", 32, {32, 32}, [](U a, U b, U, U) {
                    return low(limit(I{sx(a, 32)} + sx(b, 32), 32, true));
                  }});
  rows.push_back({"sub.sat.s32", 32, {32, 32}, [](U a, U b, U, U) {
                    return low(limit(I{sx(a, 32)} - sx(b, 32), 32, true));
                  }});
  rows.push_back({"min.relu.s32", 32, {32, 32}, [](U a, U b, U, U) {
                    return low(std::max<I>(0, std::min(sx(a, 32), sx(b, 32))));
                  }});
  rows.push_back({"max.relu.s32", 32, {32, 32}, [](U a, U b, U, U) {
                    return low(std::max<I>(0, std::max(sx(a, 32), sx(b, 32))));
                  }});
}

/// Two halves or four bytes of a word, each by itself.
U by_parts(int bits, const std::function<I(int)>& value) {
  U word = 0;
  for (int i = 0; i < 32 / bits; ++i)
    word |= masked(low(value(i)), bits) << (i * bits);
  return word;
}

void add_packed(Rows& rows) {
  using Op = I (*)(I, I);
  const std::vector<std::pair<std::string, Op>> operations{
      {"add", [](I a, I b) { return a + b; }},
      {"sub", [](I a, I b) { return a - b; }},
      {"min", [](I a, I b) { return std::min(a, b); }},
      {"max", [](I a, I b) { return std::max(a, b); }},
      {"absdiff", [](I a, I b) { return a < b ? b - a : a - b; }},
      {"avrg", [](I a, I b) { return (a + b + 1) / 2; }}};
  for (const auto& [name, op] : operations) {
    for (const bool s : {false, true}) {
      if (name.size() == 3)
        rows.push_back(
            {name + (s ? ".s16x2" : ".u16x2"), 32, {32, 32}, [=, op = op](U a, U b, U, U) {
               return by_parts(16, [&](int i) { return op(part(a, i, 16, s), part(b, i, 16, s)); });
             }});
    }
    if (name == "min" || name == "max")
      rows.push_back({name + ".relu.s16x2", 32, {32, 32}, [op = op](U a, U b, U, U) {
                        return by_parts(16, [&](int i) {
                          return std::max<I>(0, op(part(a, i, 16, true), part(b, i, 16, true)));
                        });
                      }});
    for (const int count : {2, 4}) {
      const int n = 32 / count;
      // Signs of result, a and b; saturation.
      for (int form = 0; form < 16; ++form) {
        const bool sd = (form & 1) != 0;
        const bool sa = (form & 2) != 0;
        const bool sb = (form & 4) != 0;
        const bool sat = (form & 8) != 0;
        if (name == "avrg" && (sa || sb))
          continue;
        const auto sign = [](bool is_signed) { return is_signed ? ".s32" : ".u32"; };
        rows.push_back({"v" + name + std::to_string(count) + sign(sd) + sign(sa) + sign(sb) +
                            (sat ? ".sat" : ""),
                        32,
                        {32, 32, 32},
                        [=, op = op](U a, U b, U, U) {
                          return by_parts(n, [&](int i) {
                            const I value = op(part(a, i, n, sa), part(b, i, n, sb));
                            return sat ? limit(value, n, sd) : value;
                          });
                        }});
      }
    }
  }
  for (const int count : {2, 4}) {
    for (const bool s : {false, true}) {
      const std::string t = s ? ".s32" : ".u32";
      rows.push_back({"vabsdiff" + std::to_string(count) + ".u32" + t + t + ".add",
                      32,
                      {32, 32, 32},
                      [=](U a, U b, U c, U) {
                        I sum = static_cast<I>(c);
                        for (int i = 0; i < count; ++i) {
                          const auto d = part(a, i, 32 / count, s) - part(b, i, 32 / count, s);
                          sum += d < 0 ? -d : d;
                        }
                        return low(sum);
                      }});
    }
  }
}

void add_dots(Rows& rows) {
  for (const bool sa : {false, true}) {
    for (const bool sb : {false, true}) {
      const std::string t = std::string(sa ? ".s32" : ".u32") + (sb ? ".s32" : ".u32");
      rows.push_back({"dp4a" + t, 32, {32, 32, 32}, [=](U a, U b, U c, U) {
                        I sum = static_cast<I>(c);
                        for (int i = 0; i < 4; ++i)
                          sum += part(a, i, 8, sa) * part(b, i, 8, sb);
                        return low(sum);
                      }});
      for (const bool high : {false, true})
        rows.push_back({std::string("dp2a") + (high ? ".hi" : ".lo") + t,
                        32,
                        {32, 32, 32},
                        [=](U a, U b, U c, U) {
                          I sum = static_cast<I>(c);
                          for (int i = 0; i < 2; ++i)
                            sum += part(a, i, 16, sa) * part(b, i + (high ? 2 : 0), 8, sb);
                          return low(sum);
                        }});
    }
  }
}

void add_logic(Rows& rows) {
  for (const auto& [t, n, s] : types({1, 16, 32, 64}, "b")) {
    const std::string type = n == 1 ? "pred" : t;
    rows.push_back({"and." + type, n, {n, n}, [](U a, U b, U, U) { return a & b; }});
    rows.push_back({"or." + type, n, {n, n}, [](U a, U b, U, U) { return a | b; }});
    rows.push_back({"xor." + type, n, {n, n}, [](U a, U b, U, U) { return a ^ b; }});
    rows.push_back({"not." + type, n, {n}, [](U a, U, U, U) { return ~a; }});
    rows.push_back({"mov." + type, n, {n}, [](U a, U, U, U) { return a; }});
    if (n == 1)
      continue;
    rows.push_back({"cnot." + t, n, {n}, [](U a, U, U, U) { return a == 0 ? U{1} : U{0}; }});
    rows.push_back({"shl." + t, n, {n, 32}, [n = n](U a, U b, U, U) {
                      return b >= static_cast<U>(n) ? 0 : a << b;
                    }});
    rows.push_back({"shr." + t, n, {n, 32}, [n = n](U a, U b, U, U) {
                      return b >= static_cast<U>(n) ? 0 : a >> b;
                    }});
  }
  for (const auto& [t, n, s] : types({16, 32, 64})) {
    rows.push_back({"shr." + t, n, {n, 32}, [n = n, s = s](U a, U b, U, U) {
                      return low(wide(a, n, s) >> std::min<U>(b, 100));
                    }});
    rows.push_back({"mov." + t, n, {n}, [](U a, U, U, U) { return a; }});
    rows.push_back({"selp." + t, n, {n, n, 1}, [](U a, U b, U c, U) { return c != 0 ? a : b; }});
    rows.push_back({"slct." + t + ".s32", n, {n, n, 32}, [](U a, U b, U c, U) {
                      return sx(c, 32) >= 0 ? a : b;
                    }});
  }
  for (const auto& [t, n, s] : types({16, 32, 64}, "b")) {
    rows.push_back({"selp." + t, n, {n, n, 1}, [](U a, U b, U c, U) { return c != 0 ? a : b; }});
    rows.push_back({"slct." + t + ".s32", n, {n, n, 32}, [](U a, U b, U c, U) {
                      return sx(c, 32) >= 0 ? a : b;
                    }});
  }
  for (const std::string type : {"f32", "f64"}) {
    const int n = type == "f32" ? 32 : 64;
    rows.push_back({"mov." + type, n, {n}, [](U a, U, U, U) { return a; }});
  }
  // Each table that nvcc may write, at each combination of three bits.
  for (const unsigned table :
       {0x00U, 0x01U, 0x1bU, 0x3cU, 0x80U, 0x96U, 0xb2U, 0xe8U, 0xeaU, 0xfeU})
    rows.push_back(
        {"lop3.b32:" + std::to_string(table), 32, {32, 32, 32}, [table](U a, U b, U c, U) {
           U word = 0;
           for (int i = 0; i < 32; ++i) {
             const U index = (a >> i & 1) << 2 | (b >> i & 1) << 1 | (c >> i & 1);
             word |= U{table >> index & 1} << i;
           }
           return word;
         }});
}

void add_fields(Rows& rows) {
  for (const bool left : {false, true})
    for (const bool clamp : {false, true})
      rows.push_back(
          {std::string("shf.") + (left ? "l." : "r.") + (clamp ? "clamp" : "wrap") + ".b32",
           32,
           {32, 32, 32},
           [=](U a, U b, U c, U) {
             const U n = clamp ? std::min<U>(c, 32) : c % 32;
             const __uint128_t both = static_cast<__uint128_t>(b) << 32 | a;
             return static_cast<U>(left ? (both << n) >> 32 : both >> n);
           }});
  for (const auto& [t, n, s] : types({32, 64})) {
    // Bit by bit, as the manual has it.
    rows.push_back({"bfe." + t, n, {n, 32, 32}, [n = n, s = s](U a, U b, U c, U) {
                      const int position = static_cast<int>(b & 255);
                      const int length = static_cast<int>(c & 255);
                      const int last = std::min(position + length - 1, n - 1);
                      const U sign = !s || length == 0 ? 0 : a >> last & 1;
                      U word = 0;
                      for (int i = 0; i < n; ++i) {
                        const bool inside = i < length && position + i < n;
                        word |= (inside ? a >> (position + i) & 1 : sign) << i;
                      }
                      return word;
                    }});
    rows.push_back({"bfind." + t, 32, {n}, [n = n, s = s](U a, U, U, U) {
                      const U value = s && sx(a, n) < 0 ? ~a : a;
                      for (int i = n - 1; i >= 0; --i)
                        if ((value >> i & 1) != 0)
                          return static_cast<U>(i);
                      return U{0xffffffff};
                    }});
    rows.push_back({"bfind.shiftamt." + t, 32, {n}, [n = n, s = s](U a, U, U, U) {
                      const U value = s && sx(a, n) < 0 ? ~a : a;
                      for (int i = n - 1; i >= 0; --i)
                        if ((value >> i & 1) != 0)
                          return static_cast<U>(n - 1 - i);
                      return U{0xffffffff};
                    }});
  }
  for (const auto& [t, n, s] : types({32, 64}, "b")) {
    rows.push_back({"bfi." + t, n, {n, n, 32, 32}, [n = n](U a, U b, U c, U e) {
                      U word = b;
                      for (int i = 0; i < static_cast<int>(e & 255); ++i) {
                        const int at = static_cast<int>(c & 255) + i;
                        if (at < n && i < n)
                          word = (word & ~(U{1} << at)) | (a >> i & 1) << at;
                      }
                      return word;
                    }});
    rows.push_back({"popc." + t, 32, {n}, [](U a, U, U, U) {
                      U count = 0;
                      for (; a != 0; a &= a - 1)
                        ++count;
                      return count;
                    }});
    rows.push_back({"clz." + t, 32, {n}, [n = n](U a, U, U, U) {
                      int count = 0;
                      while (count < n && (a >> (n - 1 - count) & 1) == 0)
                        ++count;
                      return static_cast<U>(count);
                    }});
    rows.push_back({"brev." + t, n, {n}, [n = n](U a, U, U, U) {
                      U word = 0;
                      for (int i = 0; i < n; ++i)
                        word = word << 1 | (a >> i & 1);
                      return word;
                    }});
  }
  for (const bool clamp : {false, true}) {
    const std::string mode = clamp ? "clamp" : "wrap";
    rows.push_back({"bmsk." + mode + ".b32", 32, {32, 32}, [clamp](U a, U b, U, U) {
                      const U start = clamp ? std::min<U>(a, 32) : a % 32;
                      const U length = clamp ? std::min<U>(b, 32) : b % 32;
                      U word = 0;
                      for (U i = start; i < std::min<U>(start + length, 32); ++i)
                        word |= U{1} << i;
                      return word;
                    }});
    for (const auto& [t, n, s] : types({32}))
      rows.push_back({"szext." + mode + "." + t, 32, {32, 32}, [clamp, s = s](U a, U b, U, U) {
                        const int width = static_cast<int>(clamp ? std::min<U>(b, 32) : b % 32);
                        if (width == 0)
                          return U{0};
                        return s ? static_cast<U>(sx(a, width)) : masked(a, width);
                      }});
  }
}

void add_permutations(Rows& rows) {
  const auto bytes = [](U a, U b, std::array<int, 4> picks) {
    U word = 0;
    for (std::size_t i = 0; i < 4; ++i)
      word |= ((b << 32 | a) >> (8 * picks[i]) & 255) << (8 * i);
    return word;
  };
  rows.push_back({"prmt.b32", 32, {32, 32, 32}, [](U a, U b, U c, U) {
                    U word = 0;
                    for (int i = 0; i < 4; ++i) {
                      const U field = c >> (4 * i) & 15;
                      const U byte = (b << 32 | a) >> (8 * (field & 7)) & 255;
                      word |= ((field & 8) == 0 ? byte : byte >= 128 ? U{255} : U{0}) << (8 * i);
                    }
                    return word;
                  }});
  // The manual's tables, a line a selector.
  const std::vector<std::pair<std::string, std::array<std::array<int, 4>, 4>>> tables{
      {"f4e", {{{0, 1, 2, 3}, {1, 2, 3, 4}, {2, 3, 4, 5}, {3, 4, 5, 6}}}},
      {"b4e", {{{0, 7, 6, 5}, {1, 0, 7, 6}, {2, 1, 0, 7}, {3, 2, 1, 0}}}},
      {"rc8", {{{0, 0, 0, 0}, {1, 1, 1, 1}, {2, 2, 2, 2}, {3, 3, 3, 3}}}},
      {"ecl", {{{0, 1, 2, 3}, {1, 1, 2, 3}, {2, 2, 2, 3}, {3, 3, 3, 3}}}},
      {"ecr", {{{0, 0, 0, 0}, {0, 1, 1, 1}, {0, 1, 2, 2}, {0, 1, 2, 3}}}},
      {"rc16", {{{0, 1, 0, 1}, {2, 3, 2, 3}, {0, 1, 0, 1}, {2, 3, 2, 3}}}}};
  for (const auto& [mode, table] : tables)
    rows.push_back({"prmt.b32." + mode, 32, {32, 32, 32}, [=, table = table](U a, U b, U c, U) {
                      return bytes(a, b, table[c & 3]);
                    }});
}

void add_comparisons(Rows& rows) {
  using Test = bool (*)(I, I);
  const std::vector<std::pair<std::string, Test>> tests{
      {"eq", [](I a, I b) { return a == b; }}, {"ne", [](I a, I b) { return a != b; }},
      {"lt", [](I a, I b) { return a < b; }},  {"le", [](I a, I b) { return a <= b; }},
      {"gt", [](I a, I b) { return a > b; }},  {"ge", [](I a, I b) { return a >= b; }},
      {"lo", [](I a, I b) { return a < b; }},  {"ls", [](I a, I b) { return a <= b; }},
      {"hi", [](I a, I b) { return a > b; }},  {"hs", [](I a, I b) { return a >= b; }}};
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const auto& [name, test] = tests[i];
    for (const auto& [t, n, s] : types({16, 32, 64}, "usb")) {
      if ((i > 1 && t[0] == 'b') || (i > 5 && s))
        continue;
      const auto holds = [test = test, n = n, s = s](U a, U b) {
        return test(wide(a, n, s), wide(b, n, s));
      };
      rows.push_back(
          {"setp." + name + "." + t, 1, {n, n}, [=](U a, U b, U, U) { return U{holds(a, b)}; }});
      rows.push_back({"set." + name + ".u32." + t, 32, {n, n}, [=](U a, U b, U, U) {
                        return holds(a, b) ? ~U{0} : 0;
                      }});
      rows.push_back({"setp." + name + ".and." + t, 1, {n, n, 1}, [=](U a, U b, U c, U) {
                        return U{holds(a, b)} & c;
                      }});
      rows.push_back({"setp." + name + ".or." + t, 1, {n, n, 1}, [=](U a, U b, U c, U) {
                        return U{holds(a, b)} | c;
                      }});
      rows.push_back({"setp." + name + ".xor." + t, 1, {n, n, 1}, [=](U a, U b, U c, U) {
                        return U{holds(a, b)} ^ c;
                      }});
    }
  }
  rows.push_back({"set.lt.and.s32.s32", 32, {32, 32, 1}, [](U a, U b, U c, U) {
                    return sx(a, 32) < sx(b, 32) && c != 0 ? ~U{0} : 0;
                  }});
}

void add_conversions(Rows& rows) {
  const auto all = types({8, 16, 32, 64});
  for (const auto& [to, m, ms] : all) {
    for (const auto& [from, n, ns] : all) {
      const int result = std::max(m, 16);
      const int source = std::max(n, 16);
      // A result narrower than its register is extended by its type.
      rows.push_back({"cvt." + to + "." + from,
                      result,
                      {source},
                      [m = m, ms = ms, n = n, ns = ns](U a, U, U, U) {
                        return low(wide(low(wide(a, n, ns)), m, ms));
                      }});
      rows.push_back({"cvt.sat." + to + "." + from,
                      result,
                      {source},
                      [m = m, ms = ms, n = n, ns = ns](U a, U, U, U) {
                        return low(limit(wide(a, n, ns), m, ms));
                      }});
    }
  }
  // From wider registers, only the low part counts.
  rows.push_back({"cvt.s32.s8", 32, {32}, [](U a, U, U, U) { return static_cast<U>(sx(a, 8)); }});
  rows.push_back({"cvt.u64.u16", 64, {32}, [](U a, U, U, U) { return a & 0xffff; }});
  rows.push_back({"cvt.u16.u32", 16, {64}, [](U a, U, U, U) { return a & 0xffff; }});
  for (const auto& [to, m, s] : types({8, 16})) {
    const auto one = [m = m, s = s](U a) { return masked(low(limit(sx(a, 32), m, s)), m); };
    if (m == 16)
      rows.push_back({"cvt.pack.sat." + to + ".s32", 32, {32, 32}, [=](U a, U b, U, U) {
                        return one(a) << 16 | one(b);
                      }});
    else
      rows.push_back({"cvt.pack.sat." + to + ".s32.b32", 32, {32, 32, 32}, [=](U a, U b, U c, U) {
                        return c << 16 | one(a) << 8 | one(b);
                      }});
  }
}

Rows make_rows() {
  Rows rows;
  add_sums(rows);
  add_special_sums(rows);
  add_packed(rows);
  add_dots(rows);
  add_logic(rows);
  add_fields(rows);
  add_permutations(rows);
  add_comparisons(rows);
  add_conversions(rows);
  return rows;
}
}  // namespace

const std::vector<Row>& all_rows() {
  static const Rows rows = make_rows();
  return rows;
}

}  // namespace ptx
