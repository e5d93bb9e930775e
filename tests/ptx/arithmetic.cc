// Integer arithmetic, with and without carries.
#include <cstdint>

#include "tests/ptx/integer.hh"

namespace ptx {
namespace {

using enum Type;

template <class T, class F>
struct Division {
  static void run(Warp& warp, const Instruction& instruction) {
    warp.require(instruction, instruction.src[1], "divides by");
    const T* const divisors = warp.lanes<T>(instruction.src[1]);
    std::uint32_t zeros = 0;
    each_lane(warp.active, [&](int lane) { zeros |= std::uint32_t{divisors[lane] == 0} << lane; });
    if (zeros != 0)
      warp.fault(instruction, zeros, "divides by zero");
    Lanewise<F, T, T, T>::run(warp, instruction);
  }
};

template <template <class> class F>
struct DivisionOf {
  template <class T>
  using Handler = Division<T, F<T>>;
};

// Carries.
enum class Carry : std::uint8_t { kAdd, kSub, kMadLow, kMadHigh };

/// detail[0]: whether the carry comes in, detail[1]: whether it goes out.
template <class T, Carry kOp>
void with_carry(Warp& warp, const Instruction& instruction) {
  constexpr bool kMad = kOp == Carry::kMadLow || kOp == Carry::kMadHigh;
  const Slot flag = instruction.src[instruction.sources - 1U];
  for (std::size_t i = 0; i < instruction.sources - 1U; ++i)
    warp.require(instruction, instruction.src[i], "computes a carry with");
  if (instruction.detail[0] != 0)
    warp.require(instruction, flag, "takes the carry");
  std::uint32_t& carries = warp.predicate(flag);
  T* const d = warp.lanes<T>(instruction.dst[0]);
  const T* const a = warp.lanes<T>(instruction.src[0]);
  const T* const b = warp.lanes<T>(instruction.src[1]);
  const T* const c = warp.lanes<T>(instruction.src[kMad ? 2 : 1]);
  each_lane(warp.active, [&](int lane) {
    const std::uint32_t bit = std::uint32_t{1} << lane;
    const __uint128_t in = instruction.detail[0] != 0 && (carries & bit) != 0 ? 1 : 0;
    __uint128_t sum = 0;
    if constexpr (kOp == Carry::kAdd)
      sum = __uint128_t{a[lane]} + b[lane] + in;
    else if constexpr (kOp == Carry::kSub)
      sum = __uint128_t{a[lane]} - b[lane] - in;
    else if constexpr (kOp == Carry::kMadLow)
      sum = __uint128_t{MulLow<T>::apply(a[lane], b[lane])} + c[lane] + in;
    else
      sum = __uint128_t{MulHigh<T>::apply(a[lane], b[lane])} + c[lane] + in;
    d[lane] = static_cast<T>(sum);
    if (instruction.detail[1] != 0)
      carries = (sum >> (8 * sizeof(T)) & 1) != 0 ? carries | bit : carries & ~bit;
  });
  warp.define(instruction.dst[0]);
  if (instruction.detail[1] != 0)
    warp.define(flag);
}

/// `carries_in` of addc; add.cc is one that only gives a carry.
template <Carry kOp>
void decode_carry(Decoder& decoder, bool carries_in) {
  constexpr bool kMad = kOp == Carry::kMadLow || kOp == Carry::kMadHigh;
  Instruction& instruction = decoder.instruction;
  instruction.detail = {carries_in, decoder.take("cc")};
  const Type type = decoder.expect_type({kU32, kS32, kB32, kU64, kS64, kB64});
  // The carry of a signed product's upper half would not be that of the unsigned one.
  if (kOp == Carry::kMadHigh && is_signed(type))
    decoder.reject("mad.hi.cc is only supported for unsigned types");
  decoder.expect_operands(kMad ? 4 : 3);
  decoder.add_result(0, type);
  for (std::size_t i = 1; i < decoder.operands(); ++i)
    decoder.add_source(i, type);
  decoder.add_source_slot(decoder.builder().carry(decoder.function()));
  instruction.run =
      bits_of(type) == 64 ? &with_carry<std::uint64_t, kOp> : &with_carry<std::uint32_t, kOp>;
}

// Decoders.

template <template <class> class F>
void decode_halves(Decoder& decoder, Type type) {
  decoder.compute(
      type,
      is_signed(type)
          ? &Lanewise<Halves<std::int16_t, F>, std::uint32_t, std::uint32_t, std::uint32_t>::run
          : &Lanewise<Halves<std::uint16_t, F>, std::uint32_t, std::uint32_t, std::uint32_t>::run,
      2);
}

constexpr std::initializer_list<Type> kWordTypes{kU16, kS16, kU32, kS32, kU64, kS64};

template <template <class> class F, class Saturating, Carry kOp>
void decode_sum(Decoder& decoder) {
  if (decoder.take("cc")) {
    decode_carry<kOp>(decoder, false);
    decoder.instruction.detail[1] = true;
    return;
  }
  if (decoder.take("sat")) {
    decoder.compute(decoder.expect_type({kS32}),
                    &Lanewise<Saturating, std::int32_t, std::int32_t, std::int32_t>::run, 2);
    return;
  }
  const Type type = decoder.expect_type({kU16, kS16, kU32, kS32, kU64, kS64, kU16x2, kS16x2});
  if (type == kU16x2 || type == kS16x2)
    decode_halves<F>(decoder, type);
  else
    decoder.compute(type, handler_of<Same<F>::template Binary>(type), 2);
}
void decode_add(Decoder& decoder) {
  decode_sum<Add, AddSat, Carry::kAdd>(decoder);
}
void decode_sub(Decoder& decoder) {
  decode_sum<Sub, SubSat, Carry::kSub>(decoder);
}
void decode_addc(Decoder& decoder) {
  decode_carry<Carry::kAdd>(decoder, true);
}
void decode_subc(Decoder& decoder) {
  decode_carry<Carry::kSub>(decoder, true);
}

template <template <class> class F>
void decode_extreme(Decoder& decoder) {
  const bool relu = decoder.take("relu");
  const Type type = decoder.expect_type({kU16, kS16, kU32, kS32, kU64, kS64, kU16x2, kS16x2});
  if (relu && type == kS16x2)
    decode_halves<Relu<F>::template Of>(decoder, type);
  else if (relu && type == kS32)
    decoder.compute(type, handler_of<Same<Relu<F>::template Of>::template Binary>(type), 2);
  else if (relu)
    decoder.reject(".relu is not supported for this type");
  else if (type == kU16x2 || type == kS16x2)
    decode_halves<F>(decoder, type);
  else
    decoder.compute(type, handler_of<Same<F>::template Binary>(type), 2);
}
void decode_min(Decoder& decoder) {
  decode_extreme<Min>(decoder);
}
void decode_max(Decoder& decoder) {
  decode_extreme<Max>(decoder);
}

Type twice(Type type) {
  switch (type) {
    case kU16:
      return kU32;
    case kS16:
      return kS32;
    case kU32:
      return kU64;
    default:
      return kS64;
  }
}

template <class T>
using WideProduct = Lanewise<MulWide<T>, Twice<T>, T, T>;
template <class T>
using WideSum = Lanewise<MadWide<T>, Twice<T>, T, T, Twice<T>>;

Instruction::Run wide_handler(Type type, bool mad) {
  switch (type) {
    case kU16:
      return mad ? &WideSum<std::uint16_t>::run : &WideProduct<std::uint16_t>::run;
    case kS16:
      return mad ? &WideSum<std::int16_t>::run : &WideProduct<std::int16_t>::run;
    case kU32:
      return mad ? &WideSum<std::uint32_t>::run : &WideProduct<std::uint32_t>::run;
    default:
      return mad ? &WideSum<std::int32_t>::run : &WideProduct<std::int32_t>::run;
  }
}

void decode_wide(Decoder& decoder, bool mad) {
  const Type type = decoder.expect_type({kU16, kS16, kU32, kS32});
  decoder.expect_operands(mad ? 4 : 3);
  decoder.instruction.run = wide_handler(type, mad);
  decoder.add_result(0, twice(type));
  decoder.add_source(1, type);
  decoder.add_source(2, type);
  if (mad)
    decoder.add_source(3, twice(type));
}

void decode_mul(Decoder& decoder) {
  const int part = decoder.expect_one_of({"lo", "hi", "wide"});
  if (part == 2)
    return decode_wide(decoder, false);
  const Type type = decoder.expect_type(kWordTypes);
  decoder.compute(
      type,
      part == 0 ? handler_of<Same<MulLow>::Binary>(type) : handler_of<Same<MulHigh>::Binary>(type),
      2);
}

void decode_mad(Decoder& decoder) {
  const int part = decoder.expect_one_of({"lo", "hi", "wide"});
  if (part == 2)
    return decode_wide(decoder, true);
  if (decoder.take("cc")) {
    if (part == 0)
      decode_carry<Carry::kMadLow>(decoder, false);
    else
      decode_carry<Carry::kMadHigh>(decoder, false);
    decoder.instruction.detail[1] = true;
    return;
  }
  const Type type = decoder.expect_type(kWordTypes);
  decoder.compute(type,
                  part == 0 ? handler_of<Same<MadLow>::Ternary>(type)
                            : handler_of<Same<MadHigh>::Ternary>(type),
                  3);
}

void decode_madc(Decoder& decoder) {
  if (decoder.expect_one_of({"lo", "hi"}) == 0)
    decode_carry<Carry::kMadLow>(decoder, true);
  else
    decode_carry<Carry::kMadHigh>(decoder, true);
}

void decode_mul24(Decoder& decoder) {
  const bool upper = decoder.expect_one_of({"lo", "hi"}) == 1;
  const Type type = decoder.expect_type({kU32, kS32});
  decoder.compute(
      type,
      upper ? handler_of<Same<Mul24High>::Binary>(type) : handler_of<Same<Mul24Low>::Binary>(type),
      2);
}

void decode_mad24(Decoder& decoder) {
  const bool upper = decoder.expect_one_of({"lo", "hi"}) == 1;
  const Type type = decoder.expect_type({kU32, kS32});
  decoder.compute(type,
                  upper ? handler_of<Same<Mad24High>::Ternary>(type)
                        : handler_of<Same<Mad24Low>::Ternary>(type),
                  3);
}

template <template <class> class F>
void decode_division(Decoder& decoder) {
  const Type type = decoder.expect_type(kWordTypes);
  decoder.compute(type, handler_of<DivisionOf<F>::template Handler>(type), 2);
}

template <template <class> class F>
void decode_signed_unary(Decoder& decoder) {
  const Type type = decoder.expect_type({kS16, kS32, kS64});
  decoder.compute(type, handler_of<Same<F>::template Unary>(type), 1);
}

void decode_sad(Decoder& decoder) {
  const Type type = decoder.expect_type(kWordTypes);
  decoder.compute(type, handler_of<Same<Sad>::Ternary>(type), 3);
}

}  // namespace

std::span<const Opcode> arithmetic_opcodes() {
  static constexpr Opcode kOpcodes[] = {
      {"add", &decode_add, true},
      {"sub", &decode_sub, true},
      {"addc", &decode_addc, true},
      {"subc", &decode_subc, true},
      {"mul", &decode_mul, true},
      {"mad", &decode_mad, true},
      {"madc", &decode_madc, true},
      {"mul24", &decode_mul24, true},
      {"mad24", &decode_mad24, true},
      {"div", &decode_division<Divide>, true},
      {"rem", &decode_division<Remainder>, true},
      {"abs", &decode_signed_unary<Absolute>, true},
      {"neg", &decode_signed_unary<Negate>, true},
      {"min", &decode_min, true},
      {"max", &decode_max, true},
      {"sad", &decode_sad, true},
  };
  return kOpcodes;
}

}  // namespace ptx
