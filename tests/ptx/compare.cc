// Comparisons and what picks by predicates.
#include <cstdint>
#include <functional>

#include "tests/ptx/lanewise.hh"

namespace ptx {
namespace {

using enum Type;

/// Lanes in which the comparison holds; only active lanes' bits mean something.
using Compare = std::uint32_t (*)(const Warp&, const Instruction&);

template <class T, class F>
std::uint32_t compare(const Warp& warp, const Instruction& instruction) {
  const T* const a = warp.lanes<T>(instruction.src[0]);
  const T* const b = warp.lanes<T>(instruction.src[1]);
  std::uint32_t result = 0;
  if (warp.active == kAllLanes) {
    for (int lane = 0; lane < kLanes; ++lane)
      result |= std::uint32_t{F{}(a[lane], b[lane])} << lane;
  } else {
    for (std::uint32_t left = warp.active; left != 0; left &= left - 1) {
      const int lane = __builtin_ctz(left);
      result |= std::uint32_t{F{}(a[lane], b[lane])} << lane;
    }
  }
  return result;
}

/// How setp and set combine the comparison with a predicate.
enum class Combine : std::uint8_t { kNone, kAnd, kOr, kXor };

std::uint32_t combined(Combine how, std::uint32_t a, std::uint32_t b) {
  switch (how) {
    case Combine::kAnd:
      return a & b;
    case Combine::kOr:
      return a | b;
    case Combine::kXor:
      return a ^ b;
    default:
      return a;
  }
}

struct Outcome {
  std::uint32_t holds = 0;
  std::uint32_t fails = 0;
  std::uint32_t defined = 0;
};

/// detail[0]: Combine; detail[1]: whether the predicate is negated.
template <Compare kCompare>
Outcome outcome(const Warp& warp, const Instruction& instruction) {
  const auto how = static_cast<Combine>(instruction.detail[0]);
  const std::uint32_t holds = kCompare(warp, instruction);
  Outcome result{
      .holds = holds,
      .fails = ~holds,
      .defined = warp.head(instruction.src[0]).defined & warp.head(instruction.src[1]).defined};
  if (how == Combine::kNone)
    return result;
  const Slot slot = instruction.src[2];
  const std::uint32_t other = warp.predicate(slot) ^ (instruction.detail[1] != 0 ? kAllLanes : 0);
  result.holds = combined(how, holds, other);
  result.fails = combined(how, ~holds, other);
  result.defined &= warp.head(slot).defined;
  // The other predicate decides alone where it is false (true).
  if (how != Combine::kXor)
    result.defined |= warp.head(slot).defined & (how == Combine::kAnd ? ~other : other);
  return result;
}

template <Compare kCompare>
void set_predicates(Warp& warp, const Instruction& instruction) {
  const Outcome result = outcome<kCompare>(warp, instruction);
  const auto store = [&](Slot slot, std::uint32_t value) {
    std::uint32_t& d = warp.predicate(slot);
    d = (d & ~warp.active) | (value & warp.active);
    warp.define_predicate(instruction, slot, result.defined);
  };
  if (instruction.dst[0] != 0)
    store(instruction.dst[0], result.holds);
  if (instruction.results > 1 && instruction.dst[1] != 0)
    store(instruction.dst[1], result.fails);
}

template <Compare kCompare>
void set_word(Warp& warp, const Instruction& instruction) {
  const Outcome result = outcome<kCompare>(warp, instruction);
  if ((result.defined & warp.active) != warp.active)
    warp.refuse_undefined(instruction, instruction.src[0], "compares");
  auto* const d = warp.lanes<std::uint32_t>(instruction.dst[0]);
  each_lane(warp.active, [&](int lane) { d[lane] = (result.holds >> lane & 1) != 0 ? ~0U : 0; });
  warp.define(instruction.dst[0]);
}

/// The handlers of one comparison.
struct Handlers {
  Instruction::Run setp = nullptr;
  Instruction::Run set = nullptr;
};
template <class T, class F>
constexpr Handlers kHandlers{&set_predicates<&compare<T, F>>, &set_word<&compare<T, F>>};

template <class T>
Handlers handlers_of(int comparison) {
  const Handlers all[] = {kHandlers<T, std::equal_to<T>>, kHandlers<T, std::not_equal_to<T>>,
                          kHandlers<T, std::less<T>>,     kHandlers<T, std::less_equal<T>>,
                          kHandlers<T, std::greater<T>>,  kHandlers<T, std::greater_equal<T>>};
  return all[comparison];
}

Handlers handlers_of(Type type, int comparison) {
  switch (type) {
    case kB16:
    case kU16:
      return handlers_of<std::uint16_t>(comparison);
    case kS16:
      return handlers_of<std::int16_t>(comparison);
    case kB32:
    case kU32:
      return handlers_of<std::uint32_t>(comparison);
    case kS32:
      return handlers_of<std::int32_t>(comparison);
    case kB64:
    case kU64:
      return handlers_of<std::uint64_t>(comparison);
    default:
      return handlers_of<std::int64_t>(comparison);
  }
}

/// Takes the comparison, its combination and the type of what is compared (the last one).
Type decode_comparison(Decoder& decoder, Handlers& handlers, Type type) {
  int comparison =
      decoder.expect_one_of({"eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs"});
  const bool is_bits = type == kB16 || type == kB32 || type == kB64;
  if (is_bits && comparison > 1)
    decoder.reject("bits have no order");
  if (comparison > 5) {
    if (is_signed(type))
      decoder.reject("this comparison is for unsigned types");
    comparison -= 4;
  }
  decoder.instruction.detail[0] =
      static_cast<std::uint8_t>(decoder.take_one_of({"and", "or", "xor"}) + 1);
  handlers = handlers_of(type, comparison);
  return type;
}

void decode_compared(Decoder& decoder, Type type) {
  const bool combines = decoder.instruction.detail[0] != 0;
  decoder.expect_operands(combines ? 4 : 3);
  decoder.add_source(1, type);
  decoder.add_source(2, type);
  if (combines)
    decoder.instruction.detail[1] = decoder.add_predicate_source(3);
}

constexpr std::initializer_list<Type> kCompared{kB16, kB32, kB64, kU16, kU32,
                                                kU64, kS16, kS32, kS64};

void decode_setp(Decoder& decoder) {
  Handlers handlers;
  const Type type = decode_comparison(decoder, handlers, decoder.expect_type(kCompared));
  decode_compared(decoder, type);
  decoder.instruction.run = handlers.setp;
  const auto add_result = [&](const Operand& operand) {
    if (operand.kind == Operand::Kind::kSink)
      decoder.add_result_slot(0);
    else
      decoder.add_result(operand, kPred);
  };
  const Operand& result = decoder.operand(0);
  if (result.kind != Operand::Kind::kPair)
    return add_result(result);
  add_result(result.items[0]);
  add_result(result.items[1]);
}

void decode_set(Decoder& decoder) {
  decoder.expect_type({kU32, kS32});
  Handlers handlers;
  const Type type = decode_comparison(decoder, handlers, decoder.expect_type(kCompared));
  decode_compared(decoder, type);
  decoder.instruction.run = handlers.set;
  decoder.add_result(0, kB32);
}

/// Lanes that take the first operand, and those whose selector is defined.
struct Choice {
  std::uint32_t takes_first = 0;
  std::uint32_t defined = 0;
};

/// dst[0] = takes_first ? src[0] : src[1], undefined bits too.
template <class T>
void pick(Warp& warp, const Instruction& instruction, const Choice choice) {
  const std::uint32_t first = choice.takes_first;
  const Slot a = instruction.src[0];
  const Slot b = instruction.src[1];
  const std::uint32_t defined =
      ((warp.head(a).defined & first) | (warp.head(b).defined & ~first)) & choice.defined;
  if ((warp.active & ~defined) == 0) [[likely]] {
    warp.define(instruction.dst[0]);
  } else {
    std::array<std::uint64_t, kLanes> undefined{};
    each_lane(warp.active, [&](int lane) {
      undefined[static_cast<std::size_t>(lane)] =
          (choice.defined >> lane & 1) == 0
              ? ~std::uint64_t{0}
              : warp.undefined_bits((first >> lane & 1) != 0 ? a : b, lane);
    });
    warp.define_partly(instruction, instruction.dst[0], undefined, 8 * sizeof(T));
  }
  T* const d = warp.lanes<T>(instruction.dst[0]);
  const T* const x = warp.lanes<T>(a);
  const T* const y = warp.lanes<T>(b);
  each_lane(warp.active, [=](int lane) { d[lane] = (first >> lane & 1) != 0 ? x[lane] : y[lane]; });
}

template <class T>
struct SelectByPredicate {
  static void run(Warp& warp, const Instruction& instruction) {
    const Slot selector = instruction.src[2];
    pick<T>(warp, instruction, {warp.predicate(selector), warp.head(selector).defined});
  }
};
template <class T>
struct SelectBySign {
  static void run(Warp& warp, const Instruction& instruction) {
    const Slot selector = instruction.src[2];
    const auto* const signs = warp.lanes<std::int32_t>(selector);
    std::uint32_t takes_first = 0;
    each_lane(warp.active,
              [&](int lane) { takes_first |= std::uint32_t{signs[lane] >= 0} << lane; });
    pick<T>(warp, instruction, {takes_first, warp.head(selector).defined});
  }
};

template <template <class> class Handler>
void decode_select(Decoder& decoder, Type selector) {
  const Type type = decoder.expect_type(kCompared);
  decoder.expect_operands(4);
  decoder.instruction.run = handler_of<Handler>(type);
  decoder.add_result(0, type);
  decoder.add_source(1, type);
  decoder.add_source(2, type);
  decoder.add_source(3, selector);
}

void decode_selp(Decoder& decoder) {
  decode_select<SelectByPredicate>(decoder, kPred);
}
void decode_slct(Decoder& decoder) {
  decode_select<SelectBySign>(decoder, kS32);
  decoder.expect_type({kS32});
}

}  // namespace

std::span<const Opcode> compare_opcodes() {
  static constexpr Opcode kOpcodes[] = {
      {"setp", &decode_setp, true},
      {"set", &decode_set, true},
      {"selp", &decode_selp, true},
      {"slct", &decode_slct, true},
  };
  return kOpcodes;
}

}  // namespace ptx
