// Copies, packing, conversions between integers and between kinds of addresses.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "tests/ptx/lanewise.hh"

namespace ptx {
namespace {

using enum Type;

struct Copy : Moving<1> {
  template <class T>
  static constexpr T apply(T a) {
    return a;
  }
};
template <class T>
using Copying = Lanewise<Copy, T, T>;

void copy_predicate(Warp& warp, const Instruction& instruction) {
  std::uint32_t& d = warp.predicate(instruction.dst[0]);
  d = (d & ~warp.active) | (warp.predicate(instruction.src[0]) & warp.active);
  warp.define_predicate(instruction, instruction.dst[0], warp.head(instruction.src[0]).defined);
}

struct Pack : Moving<4> {
  static constexpr std::uint32_t apply(std::uint16_t a, std::uint16_t b) {
    return std::uint32_t{b} << 16 | a;
  }
  static constexpr std::uint64_t apply(std::uint32_t a, std::uint32_t b) {
    return std::uint64_t{b} << 32 | a;
  }
  static constexpr std::uint64_t apply(std::uint16_t a,
                                       std::uint16_t b,
                                       std::uint16_t c,
                                       std::uint16_t d) {
    return apply(apply(a, b), apply(c, d));
  }
};

/// Part I of a word, in a register of its own.
template <class Part, std::size_t kIndex>
struct Unpack : Moving<1> {
  template <class T>
  static constexpr Part apply(T a) {
    return static_cast<Part>(a >> (8 * sizeof(Part) * kIndex));
  }
};

template <class Part, class T, std::size_t... I>
void unpack_parts(Warp& warp, const Instruction& instruction, std::index_sequence<I...>) {
  const auto part = [&]<std::size_t kIndex>() {
    Instruction one = instruction;
    one.dst[0] = instruction.dst[kIndex];
    if (one.dst[0] != 0)
      Lanewise<Unpack<Part, kIndex>, Part, T>::run(warp, one);
  };
  (part.template operator()<I>(), ...);
}
template <class Part, class T>
void unpack(Warp& warp, const Instruction& instruction) {
  unpack_parts<Part, T>(warp, instruction, std::make_index_sequence<sizeof(T) / sizeof(Part)>());
}

/// The part's type where `type` splits into `count`; kNone where it does not.
Type part_of(Type type, std::size_t count) {
  if (bits_of(type) == 32 && count == 2)
    return kB16;
  if (bits_of(type) == 64 && count == 2)
    return kB32;
  return bits_of(type) == 64 && count == 4 ? kB16 : kNone;
}

void decode_pack(Decoder& decoder, Type type) {
  const auto& parts = decoder.operand(1).items;
  const Type part = part_of(type, parts.size());
  if (part == kNone)
    decoder.reject("this vector is not supported");
  using U16 = std::uint16_t;
  decoder.instruction.run = bits_of(type) == 32 ? &Lanewise<Pack, std::uint32_t, U16, U16>::run
                            : part == kB32
                                ? &Lanewise<Pack, std::uint64_t, std::uint32_t, std::uint32_t>::run
                                : &Lanewise<Pack, std::uint64_t, U16, U16, U16, U16>::run;
  decoder.add_result(0, type);
  for (const Operand& operand : parts)
    decoder.add_source(operand, part);
}

void decode_unpack(Decoder& decoder, Type type) {
  const auto& parts = decoder.operand(0).items;
  const Type part = part_of(type, parts.size());
  if (part == kNone)
    decoder.reject("this vector is not supported");
  decoder.instruction.run = bits_of(type) == 32 ? &unpack<std::uint16_t, std::uint32_t>
                            : part == kB32      ? &unpack<std::uint32_t, std::uint64_t>
                                                : &unpack<std::uint16_t, std::uint64_t>;
  for (const Operand& operand : parts) {
    if (operand.kind == Operand::Kind::kSink)
      decoder.add_result_slot(0);
    else
      decoder.add_result(operand, part);
  }
  decoder.add_source(1, type);
}

/// Counts issued instructions; the same in each run.
template <class T>
void read_clock(Warp& warp, const Instruction& instruction) {
  T* const d = warp.lanes<T>(instruction.dst[0]);
  const T now = static_cast<T>(warp.execution->clock);
  each_lane(warp.active, [=](int lane) { d[lane] = now; });
  warp.define(instruction.dst[0]);
}

bool decode_clock(Decoder& decoder, Type type) {
  const Operand& source = decoder.operand(1);
  if (source.kind != Operand::Kind::kSpecial)
    return false;
  if (source.name == "%clock" && bits_of(type) == 32)
    decoder.instruction.run = &read_clock<std::uint32_t>;
  else if ((source.name == "%clock64" || source.name == "%globaltimer") && bits_of(type) == 64)
    decoder.instruction.run = &read_clock<std::uint64_t>;
  else
    return false;
  decoder.add_result(0, type);
  return true;
}

void decode_mov(Decoder& decoder) {
  // Moves of floating-point types move their bits.
  const int bits = decoder.take_one_of({"f32", "f64"});
  const Type type =
      bits == 0 ? kB32
      : bits == 1
          ? kB64
          : decoder.expect_type({kPred, kB16, kU16, kS16, kB32, kU32, kS32, kB64, kU64, kS64});
  decoder.expect_operands(2);
  if (decoder.operand(1).kind == Operand::Kind::kVector)
    return decode_pack(decoder, type);
  if (decoder.operand(0).kind == Operand::Kind::kVector)
    return decode_unpack(decoder, type);
  if (decode_clock(decoder, type))
    return;
  decoder.add_result(0, type);
  decoder.add_source(1, type);
  decoder.instruction.run = type == kPred ? &copy_predicate : handler_of<Copying>(type);
}

// Conversions.
template <class From, class D>
struct Convert : Moving<1> {
  template <class A>
  static constexpr D apply(A a) {
    return static_cast<D>(static_cast<From>(a));
  }
};

template <class From, class A>
Instruction::Run convert_handler(int result_bits) {
  switch (result_bits) {
    case 16:
      return &Lanewise<Convert<From, std::uint16_t>, std::uint16_t, A>::run;
    case 32:
      return &Lanewise<Convert<From, std::uint32_t>, std::uint32_t, A>::run;
    default:
      return &Lanewise<Convert<From, std::uint64_t>, std::uint64_t, A>::run;
  }
}

template <class A>
Instruction::Run convert_handler(Type from, int result_bits) {
  switch (from) {
    case kU8:
      return convert_handler<std::uint8_t, A>(result_bits);
    case kS8:
      return convert_handler<std::int8_t, A>(result_bits);
    case kU16:
      return convert_handler<std::uint16_t, A>(result_bits);
    case kS16:
      return convert_handler<std::int16_t, A>(result_bits);
    case kU32:
      return convert_handler<std::uint32_t, A>(result_bits);
    case kS32:
      return convert_handler<std::int32_t, A>(result_bits);
    case kU64:
      return convert_handler<std::uint64_t, A>(result_bits);
    default:
      return convert_handler<std::int64_t, A>(result_bits);
  }
}

__int128_t lowest(Type type) {
  return is_signed(type) ? -(__int128_t{1} << (bits_of(type) - 1)) : 0;
}
__int128_t highest(Type type) {
  return (__int128_t{1} << (bits_of(type) - (is_signed(type) ? 1 : 0))) - 1;
}
__int128_t extended(std::uint64_t value, Type type) {
  const int unused = 64 - bits_of(type);
  if (is_signed(type))
    return static_cast<std::int64_t>(value << unused) >> unused;
  return value << unused >> unused;
}

std::uint64_t read_lane(const Warp& warp, Slot slot, int bits, int lane) {
  switch (bits) {
    case 16:
      return warp.lanes<std::uint16_t>(slot)[lane];
    case 32:
      return warp.lanes<std::uint32_t>(slot)[lane];
    default:
      return warp.lanes<std::uint64_t>(slot)[lane];
  }
}
void write_lane(const Warp& warp, Slot slot, int bits, int lane, std::uint64_t value) {
  switch (bits) {
    case 16:
      warp.lanes<std::uint16_t>(slot)[lane] = static_cast<std::uint16_t>(value);
      break;
    case 32:
      warp.lanes<std::uint32_t>(slot)[lane] = static_cast<std::uint32_t>(value);
      break;
    default:
      warp.lanes<std::uint64_t>(slot)[lane] = value;
  }
}

/// detail: types of result and source, widths of their registers, saturation.
void convert_slowly(Warp& warp, const Instruction& instruction) {
  const auto to = static_cast<Type>(instruction.detail[0]);
  const auto from = static_cast<Type>(instruction.detail[1]);
  warp.require(instruction, instruction.src[0], "converts");
  each_lane(warp.active, [&](int lane) {
    __int128_t value =
        extended(read_lane(warp, instruction.src[0], instruction.detail[3], lane), from);
    if (instruction.detail[4] != 0)
      value = std::clamp(value, lowest(to), highest(to));
    const __int128_t cut = extended(static_cast<std::uint64_t>(value), to);
    write_lane(warp, instruction.dst[0], instruction.detail[2], lane,
               static_cast<std::uint64_t>(cut));
  });
  warp.define(instruction.dst[0]);
}

/// Two 32-bit integers clamped to 16 or 8 bits; the bytes go below those of c that stay.
template <class T>
struct SaturatingPack {
  static constexpr Flow kFlow = Flow::kMix;
  static constexpr std::uint32_t one(std::int32_t a) {
    const auto cut =
        std::clamp<std::int32_t>(a, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
    return static_cast<std::make_unsigned_t<T>>(cut);
  }
  static constexpr std::uint32_t apply(std::int32_t a, std::int32_t b) {
    return one(a) << (8 * sizeof(T)) | one(b);
  }
  static constexpr std::uint32_t apply(std::int32_t a, std::int32_t b, std::uint32_t c) {
    return c << 16 | apply(a, b);
  }
};

void decode_cvt_pack(Decoder& decoder) {
  if (!decoder.take("sat"))
    decoder.reject("cvt.pack needs .sat");
  const Type to = decoder.expect_type({kU16, kS16, kU8, kS8});
  decoder.expect_type({kS32});
  using W = std::uint32_t;
  using S = std::int32_t;
  const bool bytes = bits_of(to) == 8;
  if (bytes)
    decoder.expect_type({kB32});
  decoder.expect_operands(bytes ? 4 : 3);
  decoder.instruction.run = to == kU16   ? &Lanewise<SaturatingPack<std::uint16_t>, W, S, S>::run
                            : to == kS16 ? &Lanewise<SaturatingPack<std::int16_t>, W, S, S>::run
                            : to == kU8  ? &Lanewise<SaturatingPack<std::uint8_t>, W, S, S, W>::run
                                         : &Lanewise<SaturatingPack<std::int8_t>, W, S, S, W>::run;
  decoder.add_result(0, kB32);
  for (std::size_t i = 1; i < decoder.operands(); ++i)
    decoder.add_source(i, kB32);
}

constexpr std::initializer_list<Type> kConverted{kU8, kS8, kU16, kS16, kU32, kS32, kU64, kS64};

void decode_cvt(Decoder& decoder) {
  if (decoder.take("pack"))
    return decode_cvt_pack(decoder);
  const bool saturates = decoder.take("sat");
  const Type to = decoder.expect_type(kConverted);
  const Type from = decoder.expect_type(kConverted);
  decoder.expect_operands(2);
  Instruction& instruction = decoder.instruction;
  const int result_bits = decoder.add_wide_result(decoder.operand(0), to);
  const int source_bits = decoder.add_wide_source(decoder.operand(1), from);
  instruction.detail = {static_cast<std::uint8_t>(to), static_cast<std::uint8_t>(from),
                        static_cast<std::uint8_t>(result_bits),
                        static_cast<std::uint8_t>(source_bits), saturates};
  if (saturates || result_bits != bits_of(to))
    instruction.run = &convert_slowly;
  else if (source_bits == 16)
    instruction.run = convert_handler<std::uint16_t>(from, result_bits);
  else if (source_bits == 32)
    instruction.run = convert_handler<std::uint32_t>(from, result_bits);
  else
    instruction.run = convert_handler<std::uint64_t>(from, result_bits);
}

// Addresses.
struct Rebase {
  static constexpr Flow kFlow = Flow::kMix;
  static constexpr std::uint64_t apply(std::uint64_t a, std::uint64_t distance) {
    return a + distance;
  }
};

/// The window of generic addresses for memory of this kind, zero where they are the same.
std::uint64_t take_window(Decoder& decoder) {
  switch (decoder.expect_one_of({"global", "const", "param", "shared", "shared::cta", "local"})) {
    case 2:
      return kParameterWindow;
    case 3:
    case 4:
      return kSharedWindow;
    case 5:
      return kLocalWindow;
    default:
      return 0;
  }
}

void decode_cvta(Decoder& decoder) {
  const bool to_space = decoder.take("to");
  const std::uint64_t window = take_window(decoder);
  decoder.expect_type({kU64});
  decoder.expect_operands(2);
  decoder.add_result(0, kU64);
  decoder.add_source(1, kU64);
  decoder.add_constant(kU64, to_space ? 0 - window : window);
  using Word = std::uint64_t;
  decoder.instruction.run = &Lanewise<Rebase, Word, Word, Word>::run;
}

/// src[1] has the window.
void is_in_space(Warp& warp, const Instruction& instruction) {
  warp.require(instruction, instruction.src[0], "asks for the space of");
  const auto* const addresses = warp.lanes<std::uint64_t>(instruction.src[0]);
  const auto* const windows = warp.lanes<std::uint64_t>(instruction.src[1]);
  std::uint32_t& d = warp.predicate(instruction.dst[0]);
  each_lane(warp.active, [&](int lane) {
    const std::uint32_t bit = std::uint32_t{1} << lane;
    d = (addresses[lane] & kWindowMask) == windows[lane] ? d | bit : d & ~bit;
  });
  warp.define(instruction.dst[0]);
}

void decode_isspacep(Decoder& decoder) {
  const std::uint64_t window = take_window(decoder);
  decoder.expect_operands(2);
  decoder.add_result(0, kPred);
  decoder.add_source(1, kU64);
  decoder.add_constant(kU64, window);
  decoder.instruction.run = &is_in_space;
}

}  // namespace

std::span<const Opcode> move_opcodes() {
  static constexpr Opcode kOpcodes[] = {
      {"mov", &decode_mov, false},
      {"cvt", &decode_cvt, true},
      {"cvta", &decode_cvta, false},
      {"isspacep", &decode_isspacep, false},
  };
  return kOpcodes;
}

}  // namespace ptx
