// Atomics, on global and shared memory.
#include <array>
#include <cstdint>
#include <cstring>

#include "tests/ptx/access.hh"
#include "tests/ptx/lanewise.hh"

namespace ptx {
namespace {

using enum Type;

enum class Atomic : std::uint8_t { kAnd, kOr, kXor, kCas, kExch, kAdd, kInc, kDec, kMin, kMax };

template <class T>
T updated(Atomic operation, T old, T b, T c) {
  switch (operation) {
    case Atomic::kAnd:
      return static_cast<T>(old & b);
    case Atomic::kOr:
      return static_cast<T>(old | b);
    case Atomic::kXor:
      return static_cast<T>(old ^ b);
    case Atomic::kCas:
      return old == b ? c : old;
    case Atomic::kExch:
      return b;
    case Atomic::kAdd:
      return static_cast<T>(static_cast<std::uint64_t>(old) + static_cast<std::uint64_t>(b));
    case Atomic::kInc:
      return old >= b ? T{0} : static_cast<T>(old + T{1});
    case Atomic::kDec:
      return old == 0 || old > b ? b : static_cast<T>(old - T{1});
    case Atomic::kMin:
      return old < b ? old : b;
    default:
      return old < b ? b : old;
  }
}

/// src: address, operand, and cas's new value.
template <class T>
struct Update {
  static void run(Warp& warp, const Instruction& instruction) {
    const auto operation = static_cast<Atomic>(instruction.detail[kOperation]);
    for (std::size_t i = 1; i < instruction.sources; ++i)
      warp.require(instruction, instruction.src[i], "gives to an atomic");
    const Places places = places_of(warp, instruction, sizeof(T));
    const T* const b = warp.lanes<T>(instruction.src[1]);
    const T* const c = warp.lanes<T>(instruction.src[instruction.sources - 1U]);
    std::array<T, kLanes> olds;
    for (const std::uint8_t lane : warp.execution->lane_order) {
      if ((warp.active >> lane & 1) == 0)
        continue;
      if (!all_written<T>(places.initialised[lane]))
        warp.fault(instruction, std::uint32_t{1} << lane, "updates memory that is not initialised");
      std::memcpy(&olds[lane], places.data[lane], sizeof(T));
      const T value = updated(operation, olds[lane], b[lane], c[lane]);
      std::memcpy(places.data[lane], &value, sizeof(T));
    }
    if (instruction.results == 0 || instruction.dst[0] == 0)
      return;
    T* const d = warp.lanes<T>(instruction.dst[0]);
    each_lane(warp.active, [&](int lane) { d[lane] = olds[static_cast<std::size_t>(lane)]; });
    warp.define(instruction.dst[0]);
  }
};

Type expect_atomic_type(Decoder& decoder, Atomic operation) {
  switch (operation) {
    case Atomic::kCas:
      return decoder.expect_type({kB16, kB32, kB64});
    case Atomic::kAnd:
    case Atomic::kOr:
    case Atomic::kXor:
    case Atomic::kExch:
      return decoder.expect_type({kB32, kB64});
    case Atomic::kInc:
    case Atomic::kDec:
      return decoder.expect_type({kU32});
    case Atomic::kAdd:
      return decoder.expect_type({kU32, kS32, kU64});
    default:
      return decoder.expect_type({kU32, kS32, kU64, kS64});
  }
}

void decode_update(Decoder& decoder, bool has_result) {
  Instruction& instruction = decoder.instruction;
  take_space(decoder);
  take_strength(decoder, Strength::kDevice);
  set_purpose(decoder, Purpose::kAtomic);
  const auto operation = static_cast<Atomic>(decoder.expect_one_of(
      {"and", "or", "xor", "cas", "exch", "add", "inc", "dec", "min", "max"}));
  instruction.detail[kOperation] = static_cast<std::uint8_t>(operation);
  const bool swaps = operation == Atomic::kCas || operation == Atomic::kExch;
  if (!has_result && swaps)
    decoder.reject("red does not swap");
  const Type type = expect_atomic_type(decoder, operation);
  std::size_t next = 0;
  decoder.expect_operands((has_result ? 3U : 2U) + (operation == Atomic::kCas ? 1U : 0U));
  if (has_result) {
    if (decoder.operand(next).kind == Operand::Kind::kSink)
      decoder.add_result_slot(0);
    else
      decoder.add_result(next, type);
    ++next;
  }
  instruction.detail[kAddressBits] =
      static_cast<std::uint8_t>(decoder.add_address(decoder.operand(next++)));
  for (; next < decoder.operands(); ++next)
    decoder.add_source(next, type);
  instruction.run = handler_of<Update>(type);
}

void decode_atom(Decoder& decoder) {
  decode_update(decoder, true);
}
void decode_red(Decoder& decoder) {
  decode_update(decoder, false);
}

}  // namespace

std::span<const Opcode> atomic_opcodes() {
  static constexpr Opcode kOpcodes[] = {
      {"atom", &decode_atom, false},
      {"red", &decode_red, false},
  };
  return kOpcodes;
}

}  // namespace ptx
