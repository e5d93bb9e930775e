// What the lanes of a warp do together: shuffles, votes, reductions, matches.
#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "tests/ptx/collective.hh"

namespace ptx {
namespace {

using enum Type;

void give_all(Warp& warp, const Instruction& instruction, std::uint32_t value) {
  auto* const d = warp.lanes<std::uint32_t>(instruction.dst[0]);
  each_lane(warp.active, [=](int lane) { d[lane] = value; });
  warp.define(instruction.dst[0]);
}

void give_predicate(Warp& warp, Slot slot, std::uint32_t value) {
  if (slot == 0)
    return;
  std::uint32_t& d = warp.predicate(slot);
  d = (d & ~warp.active) | (value & warp.active);
  warp.define(slot);
}

// Shuffles.
enum class Shuffle : std::uint8_t { kUp, kDown, kButterfly, kIndex };

struct Lane {
  int source = 0;
  bool in_range = false;
};

constexpr Lane source_lane(Shuffle mode, int lane, std::uint32_t b, std::uint32_t c) {
  const int distance = static_cast<int>(b & 31);
  const int segment = static_cast<int>(c >> 8 & 31);
  const int first = lane & segment;
  const int bound = first | (static_cast<int>(c & 31) & ~segment);
  switch (mode) {
    case Shuffle::kUp:
      return {lane - distance, lane - distance >= bound};
    case Shuffle::kDown:
      return {lane + distance, lane + distance <= bound};
    case Shuffle::kButterfly:
      return {lane ^ distance, (lane ^ distance) <= bound};
    default: {
      const int source = first | (distance & ~segment);
      return {source, source <= bound};
    }
  }
}

/// src: value, b, c, mask; dst[1]: whether the source lane was in range.
template <Shuffle kMode>
void shuffle(Warp& warp, const Instruction& instruction) {
  warp.require(instruction, instruction.src[1], "shuffles by");
  warp.require(instruction, instruction.src[2], "shuffles by");
  const Slot slot = instruction.src[0];
  const auto* const a = warp.lanes<std::uint32_t>(slot);
  const auto* const b = warp.lanes<std::uint32_t>(instruction.src[1]);
  const auto* const c = warp.lanes<std::uint32_t>(instruction.src[2]);
  std::array<std::uint32_t, kLanes> values{};
  std::array<std::uint64_t, kLanes> undefined{};
  std::uint32_t in_range = 0;
  std::uint64_t any_undefined = 0;
  for (std::uint32_t left = warp.active; left != 0; left &= left - 1) {
    const int lane = __builtin_ctz(left);
    const auto i = static_cast<std::size_t>(lane);
    const Lane from = source_lane(kMode, lane, b[lane], c[lane]);
    const int source = from.in_range ? from.source : lane;
    if ((warp.active >> source & 1) == 0)
      warp.fault(instruction, std::uint32_t{1} << lane,
                 fmt::format("reads from lane {}, which does not take part", source));
    in_range |= std::uint32_t{from.in_range} << lane;
    values[i] = a[source];
    if ((warp.head(slot).defined >> source & 1) == 0)
      any_undefined |= undefined[i] = warp.undefined_bits(slot, source);
  }
  if (any_undefined == 0)
    warp.define(instruction.dst[0]);
  else
    warp.define_partly(instruction, instruction.dst[0], undefined, 32);
  auto* const d = warp.lanes<std::uint32_t>(instruction.dst[0]);
  each_lane(warp.active, [&](int lane) { d[lane] = values[static_cast<std::size_t>(lane)]; });
  if (instruction.results > 1)
    give_predicate(warp, instruction.dst[1], in_range);
}

// Votes. detail[1]: whether the predicate is negated.
enum class Vote : std::uint8_t { kAll, kAny, kUni, kBallot };

template <Vote kMode>
void vote(Warp& warp, const Instruction& instruction) {
  warp.require(instruction, instruction.src[0], "votes with");
  const std::uint32_t negation = instruction.detail[1] != 0 ? kAllLanes : 0;
  const std::uint32_t yes = (warp.predicate(instruction.src[0]) ^ negation) & warp.active;
  const bool all = yes == warp.active;
  if constexpr (kMode == Vote::kBallot) {
    give_all(warp, instruction, yes);
  } else {
    const bool result = kMode == Vote::kAll   ? all
                        : kMode == Vote::kAny ? yes != 0
                                              : all || yes == 0;
    give_predicate(warp, instruction.dst[0], result ? kAllLanes : 0);
  }
}

// Reductions.
enum class Reduce : std::uint8_t { kAdd, kMin, kMax, kAnd, kOr, kXor };

template <class T>
T reduced(Reduce operation, T a, T b) {
  switch (operation) {
    case Reduce::kAdd:
      return static_cast<T>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
    case Reduce::kMin:
      return std::min(a, b);
    case Reduce::kMax:
      return std::max(a, b);
    case Reduce::kAnd:
      return a & b;
    case Reduce::kOr:
      return a | b;
    default:
      return a ^ b;
  }
}

/// detail[1]: Reduce.
template <class T>
void reduce(Warp& warp, const Instruction& instruction) {
  warp.require(instruction, instruction.src[0], "reduces");
  const T* const a = warp.lanes<T>(instruction.src[0]);
  T result = a[__builtin_ctz(warp.active)];
  for (std::uint32_t left = warp.active & (warp.active - 1); left != 0; left &= left - 1)
    result = reduced(static_cast<Reduce>(instruction.detail[1]), result, a[__builtin_ctz(left)]);
  give_all(warp, instruction, static_cast<std::uint32_t>(result));
}

// Matches: which lanes have the same value.
template <class T>
void match_any(Warp& warp, const Instruction& instruction) {
  warp.require(instruction, instruction.src[0], "matches");
  const T* const a = warp.lanes<T>(instruction.src[0]);
  std::array<std::uint32_t, kLanes> same{};
  each_lane(warp.active, [&](int lane) {
    for (std::uint32_t left = warp.active; left != 0; left &= left - 1)
      same[static_cast<std::size_t>(lane)] |= a[__builtin_ctz(left)] == a[lane] ? left & -left : 0;
  });
  auto* const d = warp.lanes<std::uint32_t>(instruction.dst[0]);
  each_lane(warp.active, [&](int lane) { d[lane] = same[static_cast<std::size_t>(lane)]; });
  warp.define(instruction.dst[0]);
}

template <class T>
void match_all(Warp& warp, const Instruction& instruction) {
  warp.require(instruction, instruction.src[0], "matches");
  const T* const a = warp.lanes<T>(instruction.src[0]);
  bool same = true;
  for (std::uint32_t left = warp.active; left != 0; left &= left - 1)
    same &= a[__builtin_ctz(left)] == a[__builtin_ctz(warp.active)];
  give_all(warp, instruction, same ? warp.active : 0);
  if (instruction.results > 1)
    give_predicate(warp, instruction.dst[1], same ? kAllLanes : 0);
}

void elect(Warp& warp, const Instruction& instruction) {
  const auto leader = static_cast<std::uint32_t>(__builtin_ctz(warp.active));
  if (instruction.dst[0] != 0)
    give_all(warp, instruction, leader);
  give_predicate(warp, instruction.dst[1], std::uint32_t{1} << leader);
}

// Decoders.
/// `d` or `d|p`, either of which may be `_`.
void add_pair(Decoder& decoder) {
  const Operand& operand = decoder.operand(0);
  const auto add = [&](const Operand& one, Type type) {
    if (one.kind == Operand::Kind::kSink)
      decoder.add_result_slot(0);
    else
      decoder.add_result(one, type);
  };
  if (operand.kind != Operand::Kind::kPair)
    return decoder.add_result(operand, kB32);
  add(operand.items[0], kB32);
  add(operand.items[1], kPred);
}

void decode_shfl(Decoder& decoder) {
  take_sync(decoder);
  const Instruction::Run runs[] = {
      &collect<&shuffle<Shuffle::kUp>>, &collect<&shuffle<Shuffle::kDown>>,
      &collect<&shuffle<Shuffle::kButterfly>>, &collect<&shuffle<Shuffle::kIndex>>};
  decoder.instruction.run = runs[decoder.expect_one_of({"up", "down", "bfly", "idx"})];
  decoder.expect_type({kB32});
  decoder.expect_operands(5);
  add_pair(decoder);
  for (std::size_t i = 1; i < 4; ++i)
    decoder.add_source(i, kB32);
  add_mask(decoder, 4);
}

void decode_vote(Decoder& decoder) {
  take_sync(decoder);
  const Instruction::Run runs[] = {&collect<&vote<Vote::kAll>>, &collect<&vote<Vote::kAny>>,
                                   &collect<&vote<Vote::kUni>>, &collect<&vote<Vote::kBallot>>};
  const int mode = decoder.expect_one_of({"all", "any", "uni", "ballot"});
  decoder.instruction.run = runs[mode];
  const Type type = mode == 3 ? kB32 : kPred;
  decoder.expect_type({type});
  decoder.expect_operands(3);
  decoder.add_result(0, type);
  decoder.instruction.detail[1] = decoder.add_predicate_source(1);
  add_mask(decoder, 2);
}

void decode_redux(Decoder& decoder) {
  take_sync(decoder);
  const int operation = decoder.expect_one_of({"add", "min", "max", "and", "or", "xor"});
  const Type type = operation < 3 ? decoder.expect_type({kU32, kS32}) : decoder.expect_type({kB32});
  decoder.instruction.detail[1] = static_cast<std::uint8_t>(operation);
  decoder.instruction.run =
      is_signed(type) ? &collect<&reduce<std::int32_t>> : &collect<&reduce<std::uint32_t>>;
  decoder.expect_operands(3);
  decoder.add_result(0, kB32);
  decoder.add_source(1, kB32);
  add_mask(decoder, 2);
}

void decode_match(Decoder& decoder) {
  take_sync(decoder);
  const bool any = decoder.expect_one_of({"any", "all"}) == 0;
  const Type type = decoder.expect_type({kB32, kB64});
  const bool wide = type == kB64;
  const Instruction::Run all_run =
      wide ? &collect<&match_all<std::uint64_t>> : &collect<&match_all<std::uint32_t>>;
  const Instruction::Run any_run =
      wide ? &collect<&match_any<std::uint64_t>> : &collect<&match_any<std::uint32_t>>;
  decoder.instruction.run = any ? any_run : all_run;
  decoder.expect_operands(3);
  if (any)
    decoder.add_result(0, kB32);
  else
    add_pair(decoder);
  decoder.add_source(1, type);
  add_mask(decoder, 2);
}

void decode_elect(Decoder& decoder) {
  take_sync(decoder);
  decoder.expect_operands(2);
  if (decoder.operand(0).kind != Operand::Kind::kPair)
    decoder.reject("elect gives d|p");
  add_pair(decoder);
  add_mask(decoder, 1);
  decoder.instruction.run = &collect<&elect>;
}

void decode_activemask(Decoder& decoder) {
  decoder.expect_type({kB32});
  decoder.expect_operands(1);
  decoder.add_result(0, kB32);
  decoder.instruction.run = [](Warp& warp, const Instruction& instruction) {
    give_all(warp, instruction, warp.active);
  };
}

}  // namespace

std::uint32_t complete_members(const Warp& warp, const Instruction& instruction, int lane) {
  const Waiting& mine = warp.waiting[static_cast<std::size_t>(lane)];
  const std::uint32_t members = mine.mask & warp.exists;
  const std::vector<Instruction>& code = warp.execution->program.code;
  for (std::uint32_t left = members; left != 0; left &= left - 1) {
    const auto other = static_cast<std::size_t>(__builtin_ctz(left));
    if ((warp.collecting >> other & 1) == 0 || warp.waiting[other].mask != mine.mask)
      return 0;
    // Lanes may wait at different barriers, but exchange values only at one instruction.
    const bool is_barrier = instruction.results == 0;
    if (warp.waiting[other].pc != mine.pc &&
        !(is_barrier && code[warp.waiting[other].pc].run == instruction.run))
      return 0;
  }
  return members;
}

void check_mask(const Warp& warp, const Instruction& instruction, int lane, std::uint32_t mask) {
  const std::uint32_t bit = std::uint32_t{1} << lane;
  if ((mask & bit) == 0)
    warp.fault(instruction, bit, fmt::format("is not in its own member mask {:08x}", mask));
  const std::uint32_t gone = mask & warp.exists & ~warp.live;
  if (gone != 0)
    warp.fault(instruction, bit, fmt::format("waits for lanes {:08x}, which have exited", gone));
}

void take_sync(Decoder& decoder) {
  if (!decoder.take("sync"))
    decoder.reject("only the .sync form is supported");
}

void add_mask(Decoder& decoder, std::size_t index) {
  decoder.instruction.detail[kMaskSource] = decoder.instruction.sources;
  decoder.add_source(index, kB32);
}

std::span<const Opcode> collective_opcodes() {
  static constexpr Opcode kOpcodes[] = {
      {"shfl", &decode_shfl, false},   {"vote", &decode_vote, false},
      {"redux", &decode_redux, true},  {"match", &decode_match, false},
      {"elect", &decode_elect, false}, {"activemask", &decode_activemask, false},
  };
  return kOpcodes;
}

}  // namespace ptx
