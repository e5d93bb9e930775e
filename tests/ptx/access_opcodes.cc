// Loads, stores and prefetches.
#include <array>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "tests/ptx/access.hh"
#include "tests/ptx/decoder.hh"

namespace ptx {
namespace {

using enum Type;

// Loads.
/// Bits of the loaded register that come from bytes that nobody wrote.
template <class Word, class Register>
std::uint64_t unwritten_bits(const std::uint8_t* initialised) {
  using Mask = std::make_unsigned_t<Word>;
  Mask undefined = 0;
  for (std::size_t i = 0; i < sizeof(Word); ++i)
    if (initialised[i] == 0)
      undefined = static_cast<Mask>(undefined | Mask{255} << (8 * i));
  return static_cast<std::make_unsigned_t<Register>>(
      static_cast<Register>(static_cast<Word>(undefined)));
}

template <class Word, class Register>
void load(Warp& warp, const Instruction& instruction) {
  const Places places = places_of(warp, instruction, sizeof(Word) * instruction.results);
  for (std::size_t element = 0; element < instruction.results; ++element) {
    const Slot slot = instruction.dst[element];
    if (slot == 0)
      continue;
    Register* const d = warp.lanes<Register>(slot);
    const std::size_t offset = element * sizeof(Word);
    std::uint32_t written = 0;
    for (std::uint32_t left = warp.active; left != 0; left &= left - 1) {
      const int lane = __builtin_ctz(left);
      const auto i = static_cast<std::size_t>(lane);
      Word word = 0;
      std::memcpy(&word, places.data[i] + offset, sizeof word);
      d[lane] = static_cast<Register>(word);
      const std::uint8_t* const initialised = places.initialised[i];
      const bool defined = initialised == nullptr || all_written<Word>(initialised + offset);
      written |= std::uint32_t{defined} << lane;
    }
    if (written == warp.active) [[likely]] {
      warp.define(slot);
      continue;
    }
    std::array<std::uint64_t, kLanes> undefined{};
    each_lane(warp.active & ~written, [&](int lane) {
      const auto i = static_cast<std::size_t>(lane);
      undefined[i] = unwritten_bits<Word, Register>(places.initialised[i] + offset);
    });
    warp.define_partly(instruction, slot, undefined, 8 * sizeof(Register));
  }
}

// Stores.
template <class Word, class Register>
void store(Warp& warp, const Instruction& instruction) {
  const std::size_t count = instruction.sources - 1U;
  const Places places = places_of(warp, instruction, sizeof(Word) * count);
  for (std::size_t element = 0; element < count; ++element) {
    const Slot slot = instruction.src[element + 1];
    const Register* const source = warp.lanes<Register>(slot);
    const std::uint32_t defined = warp.head(slot).defined;
    const std::size_t offset = element * sizeof(Word);
    for (std::uint32_t left = warp.active; left != 0; left &= left - 1) {
      const int lane = __builtin_ctz(left);
      const auto i = static_cast<std::size_t>(lane);
      const Word word = static_cast<Word>(source[lane]);
      std::memcpy(places.data[i] + offset, &word, sizeof word);
      std::memset(places.initialised[i] + offset, 1, sizeof word);
      if ((defined >> lane & 1) != 0) [[likely]]
        continue;
      const std::uint64_t undefined = warp.undefined_bits(slot, lane);
      if (static_cast<Word>(undefined) != 0 && (places.global >> lane & 1) != 0)
        warp.refuse_undefined(instruction, slot, "stores to global memory");
      for (std::size_t byte = 0; byte < sizeof word; ++byte)
        if ((undefined >> (8 * byte) & 255) != 0)
          places.initialised[i][offset + byte] = 0;
    }
  }
}

// Decoders.
/// Hints for caches change nothing here.
void skip_hints(Decoder& decoder) {
  decoder.take_one_of({"ca", "cg", "cs", "lu", "wb"});
  decoder.take_one_of({"L1::evict_normal", "L1::evict_unchanged", "L1::evict_first",
                       "L1::evict_last", "L1::no_allocate"});
  decoder.take_one_of({"L2::evict_normal", "L2::evict_first", "L2::evict_last"});
  decoder.take_one_of({"L2::64B", "L2::128B", "L2::256B"});
}

Type take_memory_type(Decoder& decoder) {
  const int bits = decoder.take_one_of({"f32", "f64"});
  if (bits >= 0)
    return bits == 0 ? kB32 : kB64;
  return decoder.expect_type({kB8, kU8, kS8, kB16, kU16, kS16, kB32, kU32, kS32, kB64, kU64, kS64});
}

/// The registers of {a, b, ...} or of a single operand.
std::span<const Operand> elements_of(Decoder& decoder, const Operand& operand) {
  constexpr std::size_t kCounts[] = {2, 4, 8};
  const int vector = decoder.take_one_of({"v2", "v4", "v8"});
  const std::size_t count = vector < 0 ? 1 : kCounts[vector];
  if (operand.kind != Operand::Kind::kVector) {
    if (count != 1)
      decoder.reject("needs a vector of registers");
    return {&operand, 1};
  }
  if (operand.items.size() != count)
    decoder.reject("the vector has the wrong length");
  return operand.items;
}

template <template <class, class> class Access, class Word>
Instruction::Run access_handler(int register_bits) {
  switch (register_bits) {
    case 16:
      if constexpr (sizeof(Word) <= 2)
        return Access<Word, std::uint16_t>::run;
      break;
    case 32:
      if constexpr (sizeof(Word) <= 4)
        return Access<Word, std::uint32_t>::run;
      break;
    case 64:
      return Access<Word, std::uint64_t>::run;
    default:
      break;
  }
  return nullptr;
}

template <template <class, class> class Access>
Instruction::Run access_handler(Type type, int register_bits) {
  switch (type) {
    case kS8:
      return access_handler<Access, std::int8_t>(register_bits);
    case kB8:
    case kU8:
      return access_handler<Access, std::uint8_t>(register_bits);
    case kS16:
      return access_handler<Access, std::int16_t>(register_bits);
    case kB16:
    case kU16:
      return access_handler<Access, std::uint16_t>(register_bits);
    case kS32:
      return access_handler<Access, std::int32_t>(register_bits);
    case kB32:
    case kU32:
      return access_handler<Access, std::uint32_t>(register_bits);
    case kS64:
      return access_handler<Access, std::int64_t>(register_bits);
    default:
      return access_handler<Access, std::uint64_t>(register_bits);
  }
}

template <class Word, class Register>
struct Load {
  static constexpr Instruction::Run run = &load<Word, Register>;
};
template <class Word, class Register>
struct Store {
  static constexpr Instruction::Run run = &store<Word, Register>;
};

void decode_ld(Decoder& decoder) {
  Instruction& instruction = decoder.instruction;
  take_space(decoder);
  take_strength(decoder, Strength::kWeak);
  set_purpose(decoder, decoder.take("nc") ? Purpose::kReadOnlyCache : Purpose::kRead);
  skip_hints(decoder);
  const Type type = take_memory_type(decoder);
  decoder.expect_operands(2);
  int bits = 0;
  for (const Operand& element : elements_of(decoder, decoder.operand(0))) {
    if (element.kind == Operand::Kind::kSink)
      decoder.add_result_slot(0);
    else
      bits = decoder.add_wide_result(element, type);
  }
  instruction.detail[kAddressBits] =
      static_cast<std::uint8_t>(decoder.add_address(decoder.operand(1)));
  instruction.run = access_handler<Load>(type, bits);
  if (instruction.run == nullptr)
    decoder.reject("the register does not fit the type");
}

void decode_st(Decoder& decoder) {
  Instruction& instruction = decoder.instruction;
  take_space(decoder);
  take_strength(decoder, Strength::kWeak);
  set_purpose(decoder, Purpose::kWrite);
  skip_hints(decoder);
  const Type type = take_memory_type(decoder);
  decoder.expect_operands(2);
  instruction.detail[kAddressBits] =
      static_cast<std::uint8_t>(decoder.add_address(decoder.operand(0)));
  int bits = 0;
  for (const Operand& element : elements_of(decoder, decoder.operand(1)))
    bits = decoder.add_wide_source(element, type);
  instruction.run = access_handler<Store>(type, bits);
  if (instruction.run == nullptr)
    decoder.reject("the register does not fit the type");
}

/// Also of addresses that may not be read: the hardware ignores those.
void decode_prefetch(Decoder& decoder) {
  decoder.take_one_of({"global", "local"});
  decoder.expect_one_of({"L1", "L2"});
  decoder.expect_operands(1);
  decoder.add_address(decoder.operand(0));
  decoder.instruction.run = [](Warp&, const Instruction&) {};
}

}  // namespace

std::span<const Opcode> access_opcodes() {
  static constexpr Opcode kOpcodes[] = {
      {"ld", &decode_ld, false},
      {"st", &decode_st, false},
      {"prefetch", &decode_prefetch, false},
      {"prefetchu", &decode_prefetch, false},
  };
  return kOpcodes;
}

}  // namespace ptx
