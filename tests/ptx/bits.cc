// Logic, shifts, bit fields and byte permutation.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <type_traits>

#include "tests/ptx/lanewise.hh"

namespace ptx {
namespace {

using enum Type;

template <class T>
constexpr int kBits = 8 * sizeof(T);
template <class T>
using Unsigned = std::make_unsigned_t<T>;

template <class T>
struct And {
  static constexpr Flow kFlow = Flow::kAnd;
  static constexpr T apply(T a, T b) { return static_cast<T>(a & b); }
};
template <class T>
struct Or {
  static constexpr Flow kFlow = Flow::kOr;
  static constexpr T apply(T a, T b) { return static_cast<T>(a | b); }
};
template <class T>
struct Xor {
  static constexpr Flow kFlow = Flow::kXor;
  static constexpr T apply(T a, T b) { return static_cast<T>(a ^ b); }
};
template <class T>
struct Not {
  static constexpr Flow kFlow = Flow::kXor;
  static constexpr T apply(T a) { return static_cast<T>(~a); }
};
template <class T>
struct CNot {
  static constexpr Flow kFlow = Flow::kMix;
  static constexpr T apply(T a) { return a == 0 ? 1 : 0; }
};
/// `table` has the result for each combination of bits of a, b and c.
struct Lop3 {
  static constexpr Flow kFlow = Flow::kXor;
  static constexpr std::uint32_t apply(std::uint32_t a,
                                       std::uint32_t b,
                                       std::uint32_t c,
                                       std::uint32_t table) {
    std::uint32_t result = 0;
    for (unsigned i = 0; i < 8; ++i) {
      const std::uint32_t term =
          ((i & 4) != 0 ? a : ~a) & ((i & 2) != 0 ? b : ~b) & ((i & 1) != 0 ? c : ~c);
      result |= (table >> i & 1) != 0 ? term : 0;
    }
    return result;
  }
};

// What moves bits: the first operands' to where the others say.

template <class T>
struct ShiftLeft : Moving<1> {
  static constexpr T apply(T a, std::uint32_t n) {
    return n >= kBits<T> ? T{0} : static_cast<T>(static_cast<std::uint64_t>(a) << n);
  }
};
template <class T>
struct ShiftRight : Moving<1> {
  static constexpr T apply(T a, std::uint32_t n) {
    if constexpr (std::is_signed_v<T>)
      return static_cast<T>(a >> std::min<std::uint32_t>(n, kBits<T> - 1));
    else
      return n >= kBits<T> ? T{0} : static_cast<T>(a >> n);
  }
};
template <bool kLeft, bool kClamp>
struct Funnel : Moving<2> {
  static constexpr std::uint32_t apply(std::uint32_t low, std::uint32_t high, std::uint32_t n) {
    n = kClamp ? std::min(n, 32U) : n & 31;
    const std::uint64_t both = std::uint64_t{high} << 32 | low;
    return static_cast<std::uint32_t>(kLeft ? both << n >> 32 : both >> n);
  }
};

template <class T>
struct Extract : Moving<1> {
  static constexpr T apply(T a, std::uint32_t start, std::uint32_t length) {
    start &= 255;
    length &= 255;
    if (length == 0)
      return 0;
    // Beyond the most significant bit: its copies, or zeros.
    const T shifted = ShiftRight<T>::apply(a, start);
    if (length >= kBits<T>)
      return shifted;
    const int unused = kBits<T> - static_cast<int>(length);
    return static_cast<T>(static_cast<T>(static_cast<Unsigned<T>>(shifted) << unused) >> unused);
  }
};
template <class T>
struct Insert : Moving<2> {
  static constexpr T apply(T a, T b, std::uint32_t start, std::uint32_t length) {
    start &= 255;
    length &= 255;
    const T ones = static_cast<T>(~ShiftLeft<T>::apply(static_cast<T>(~T{0}), length));
    const T mask = ShiftLeft<T>::apply(ones, start);
    return static_cast<T>((ShiftLeft<T>::apply(a, start) & mask) | (b & ~mask));
  }
};
template <class T>
struct PopCount {
  static constexpr Flow kFlow = Flow::kMix;
  static constexpr std::uint32_t apply(T a) { return static_cast<std::uint32_t>(std::popcount(a)); }
};
template <class T>
struct LeadingZeros {
  static constexpr Flow kFlow = Flow::kMix;
  static constexpr std::uint32_t apply(T a) {
    return static_cast<std::uint32_t>(std::countl_zero(a));
  }
};
/// The most significant bit that is not a copy of the sign; kShift counts it from the top.
template <class T, bool kShift>
struct FindBit {
  static constexpr Flow kFlow = Flow::kMix;
  static constexpr std::uint32_t apply(T a) {
    const auto value = static_cast<Unsigned<T>>(std::is_signed_v<T> && a < 0 ? ~a : a);
    if (value == 0)
      return ~std::uint32_t{0};
    const int zeros = std::countl_zero(value);
    return static_cast<std::uint32_t>(kShift ? zeros : kBits<T> - 1 - zeros);
  }
};
template <class T>
struct Reverse : Moving<1> {
  static constexpr T apply(T a) {
    T result = 0;
    for (int i = 0; i < kBits<T>; ++i)
      result = static_cast<T>(result | (a >> i & 1) << (kBits<T> - 1 - i));
    return result;
  }
};
/// kClamp, else wrap: `start` and `length` modulo 32.
template <bool kClamp>
struct BitMask {
  static constexpr Flow kFlow = Flow::kMix;
  static constexpr std::uint32_t apply(std::uint32_t start, std::uint32_t length) {
    if (!kClamp) {
      start &= 31;
      length &= 31;
    }
    const std::uint32_t ones = ~ShiftLeft<std::uint32_t>::apply(~0U, length);
    return ShiftLeft<std::uint32_t>::apply(ones, start);
  }
};
template <class T, bool kClamp>
struct SignExtend : Moving<1> {
  static constexpr T apply(T a, std::uint32_t width) {
    if (!kClamp)
      width &= 31;
    if (width == 0)
      return 0;
    return width >= 32 ? a : Extract<T>::apply(a, 0, width);
  }
};

/// prmt's modes: how four of the selector's fields pick among the eight bytes of b:a.
enum class Permutation : std::uint8_t { kDefault, kF4e, kB4e, kRc8, kEcl, kEcr, kRc16 };

constexpr unsigned picked_byte(Permutation mode, unsigned selector, unsigned i) {
  const unsigned c = selector & 3;
  switch (mode) {
    case Permutation::kF4e:
      return c + i;
    case Permutation::kB4e:
      return (c - i) & 7;
    case Permutation::kRc8:
      return c;
    case Permutation::kEcl:
      return std::max(c, i);
    case Permutation::kEcr:
      return std::min(c, i);
    case Permutation::kRc16:
      return 2 * (c & 1) + (i & 1);
    default:
      return selector >> (4 * i) & 7;
  }
}

template <Permutation kMode>
struct Permute : Moving<2> {
  static constexpr std::uint32_t apply(std::uint32_t a, std::uint32_t b, std::uint32_t selector) {
    const std::uint64_t bytes = std::uint64_t{b} << 32 | a;
    std::uint32_t result = 0;
    for (unsigned i = 0; i < 4; ++i) {
      auto byte = static_cast<std::uint32_t>(bytes >> (8 * picked_byte(kMode, selector, i))) & 255;
      const bool sign = kMode == Permutation::kDefault && (selector >> (4 * i) & 8) != 0;
      if (sign)
        byte = (byte & 128) != 0 ? 255 : 0;
      result |= byte << (8 * i);
    }
    return result;
  }
};

// Logic on predicates, one bit a lane; detail[0]: which.
enum class Logic : std::uint8_t { kAnd, kOr, kXor, kNot };

template <Logic kOp>
void predicate_logic(Warp& warp, const Instruction& instruction) {
  const Slot a = instruction.src[0];
  const Slot b = instruction.src[kOp == Logic::kNot ? 0 : 1];
  const std::uint32_t x = warp.predicate(a);
  const std::uint32_t y = warp.predicate(b);
  std::uint32_t defined = warp.head(a).defined & warp.head(b).defined;
  // A false (true) operand decides alone.
  if (kOp == Logic::kAnd)
    defined |= (warp.head(a).defined & ~x) | (warp.head(b).defined & ~y);
  if (kOp == Logic::kOr)
    defined |= (warp.head(a).defined & x) | (warp.head(b).defined & y);
  const std::uint32_t value = kOp == Logic::kAnd   ? x & y
                              : kOp == Logic::kOr  ? x | y
                              : kOp == Logic::kXor ? x ^ y
                                                   : ~x;
  std::uint32_t& d = warp.predicate(instruction.dst[0]);
  d = (d & ~warp.active) | (value & warp.active);
  warp.define_predicate(instruction, instruction.dst[0], defined);
}

template <template <class> class F>
struct WithWords {
  template <class T>
  using Shift = Lanewise<F<T>, T, T, std::uint32_t>;
  template <class T>
  using Field = Lanewise<F<T>, T, T, std::uint32_t, std::uint32_t>;
  template <class T>
  using TwoFields = Lanewise<F<T>, T, T, T, std::uint32_t, std::uint32_t>;
};

template <template <class> class F, Logic kOp>
void decode_logic(Decoder& decoder) {
  const Type type = decoder.expect_type({kPred, kB16, kB32, kB64});
  constexpr std::size_t kSources = kOp == Logic::kNot ? 1 : 2;
  if (type == kPred)
    decoder.compute(type, &predicate_logic<kOp>, kSources);
  else if constexpr (kOp == Logic::kNot)
    decoder.compute(type, handler_of<Same<F>::template Unary>(type), 1);
  else
    decoder.compute(type, handler_of<Same<F>::template Binary>(type), 2);
}

void decode_cnot(Decoder& decoder) {
  const Type type = decoder.expect_type({kB16, kB32, kB64});
  decoder.compute(type, handler_of<Same<CNot>::Unary>(type), 1);
}

using Word = std::uint32_t;

void decode_lop3(Decoder& decoder) {
  decoder.expect_type({kB32});
  decoder.compute(kB32, &Lanewise<Lop3, Word, Word, Word, Word, Word>::run, 4);
}

void decode_shl(Decoder& decoder) {
  const Type type = decoder.expect_type({kB16, kB32, kB64});
  decoder.compute(type, handler_of<WithWords<ShiftLeft>::Shift>(type), 1, 1);
}
void decode_shr(Decoder& decoder) {
  const Type type = decoder.expect_type({kB16, kB32, kB64, kU16, kU32, kU64, kS16, kS32, kS64});
  decoder.compute(type, handler_of<WithWords<ShiftRight>::Shift>(type), 1, 1);
}

template <bool kLeft, bool kClamp>
constexpr Instruction::Run kFunnel = &Lanewise<Funnel<kLeft, kClamp>, Word, Word, Word, Word>::run;

void decode_shf(Decoder& decoder) {
  const bool left = decoder.expect_one_of({"l", "r"}) == 0;
  const bool clamp = decoder.expect_one_of({"wrap", "clamp"}) == 1;
  decoder.expect_type({kB32});
  const Instruction::Run wrapping = left ? kFunnel<true, false> : kFunnel<false, false>;
  const Instruction::Run clamping = left ? kFunnel<true, true> : kFunnel<false, true>;
  decoder.compute(kB32, clamp ? clamping : wrapping, 3);
}

void decode_bfe(Decoder& decoder) {
  const Type type = decoder.expect_type({kU32, kS32, kU64, kS64});
  decoder.compute(type, handler_of<WithWords<Extract>::Field>(type), 1, 2);
}
void decode_bfi(Decoder& decoder) {
  const Type type = decoder.expect_type({kB32, kB64});
  decoder.compute(type, handler_of<WithWords<Insert>::TwoFields>(type), 2, 2);
}

/// Results of 32 bits whatever the source has.
void decode_count(Decoder& decoder, Type type, Instruction::Run run) {
  decoder.expect_operands(2);
  decoder.instruction.run = run;
  decoder.add_result(0, kB32);
  decoder.add_source(1, type);
}
template <template <class> class F>
void decode_counting(Decoder& decoder) {
  const Type type = decoder.expect_type({kB32, kB64});
  decode_count(decoder, type,
               type == kB64 ? &Lanewise<F<std::uint64_t>, Word, std::uint64_t>::run
                            : &Lanewise<F<Word>, Word, Word>::run);
}

template <bool kShift>
Instruction::Run find_handler(Type type) {
  switch (type) {
    case kU32:
      return &Lanewise<FindBit<std::uint32_t, kShift>, Word, std::uint32_t>::run;
    case kS32:
      return &Lanewise<FindBit<std::int32_t, kShift>, Word, std::int32_t>::run;
    case kU64:
      return &Lanewise<FindBit<std::uint64_t, kShift>, Word, std::uint64_t>::run;
    default:
      return &Lanewise<FindBit<std::int64_t, kShift>, Word, std::int64_t>::run;
  }
}
void decode_bfind(Decoder& decoder) {
  const bool shift = decoder.take("shiftamt");
  const Type type = decoder.expect_type({kU32, kS32, kU64, kS64});
  decode_count(decoder, type, shift ? find_handler<true>(type) : find_handler<false>(type));
}

void decode_brev(Decoder& decoder) {
  const Type type = decoder.expect_type({kB32, kB64});
  decoder.compute(type, handler_of<Same<Reverse>::Unary>(type), 1);
}

void decode_bmsk(Decoder& decoder) {
  const bool clamp = decoder.expect_one_of({"clamp", "wrap"}) == 0;
  decoder.expect_type({kB32});
  decoder.compute(kB32,
                  clamp ? &Lanewise<BitMask<true>, Word, Word, Word>::run
                        : &Lanewise<BitMask<false>, Word, Word, Word>::run,
                  2);
}

template <bool kClamp>
Instruction::Run extend_handler(Type type) {
  if (is_signed(type))
    return &Lanewise<SignExtend<std::int32_t, kClamp>, std::int32_t, std::int32_t, Word>::run;
  return &Lanewise<SignExtend<Word, kClamp>, Word, Word, Word>::run;
}
void decode_szext(Decoder& decoder) {
  const bool clamp = decoder.expect_one_of({"clamp", "wrap"}) == 0;
  const Type type = decoder.expect_type({kU32, kS32});
  decoder.compute(type, clamp ? extend_handler<true>(type) : extend_handler<false>(type), 1, 1);
}

template <Permutation kMode>
constexpr Instruction::Run kPermute = &Lanewise<Permute<kMode>, Word, Word, Word, Word>::run;

void decode_prmt(Decoder& decoder) {
  decoder.expect_type({kB32});
  const Instruction::Run runs[] = {kPermute<Permutation::kF4e>, kPermute<Permutation::kB4e>,
                                   kPermute<Permutation::kRc8>, kPermute<Permutation::kEcl>,
                                   kPermute<Permutation::kEcr>, kPermute<Permutation::kRc16>};
  const int mode = decoder.take_one_of({"f4e", "b4e", "rc8", "ecl", "ecr", "rc16"});
  decoder.compute(kB32, mode < 0 ? kPermute<Permutation::kDefault> : runs[mode], 3);
}

}  // namespace

std::span<const Opcode> bit_opcodes() {
  static constexpr Opcode kOpcodes[] = {
      {"and", &decode_logic<And, Logic::kAnd>, true},
      {"or", &decode_logic<Or, Logic::kOr>, true},
      {"xor", &decode_logic<Xor, Logic::kXor>, true},
      {"not", &decode_logic<Not, Logic::kNot>, true},
      {"cnot", &decode_cnot, true},
      {"lop3", &decode_lop3, true},
      {"shl", &decode_shl, true},
      {"shr", &decode_shr, true},
      {"shf", &decode_shf, true},
      {"bfe", &decode_bfe, true},
      {"bfi", &decode_bfi, true},
      {"popc", &decode_counting<PopCount>, true},
      {"clz", &decode_counting<LeadingZeros>, true},
      {"bfind", &decode_bfind, true},
      {"brev", &decode_brev, true},
      {"bmsk", &decode_bmsk, true},
      {"szext", &decode_szext, true},
      {"prmt", &decode_prmt, true},
  };
  return kOpcodes;
}

}  // namespace ptx
