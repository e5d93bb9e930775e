// Barriers of warps and blocks, and memory fences.
#include <cstdint>

#include <fmt/format.h>

#include "tests/ptx/collective.hh"

namespace ptx {
namespace {

using enum Type;

void meet_warp(Warp& warp, const Instruction&) {
  warp.meet(warp.active);
  ++warp.execution->counts.warp_barriers;
}

// Barriers of blocks. src: number, threads (zero: all), and for reductions the predicate.
// detail[0]: BarrierKind; detail[1]: whether the predicate is negated.
void reach_barrier(Warp& warp, const Instruction& instruction) {
  const auto uniform = [&](Slot slot) {
    warp.require(instruction, slot, "names a barrier by");
    const auto* const values = warp.lanes<std::uint32_t>(slot);
    const std::uint32_t first = values[__builtin_ctz(warp.active)];
    for (std::uint32_t left = warp.active; left != 0; left &= left - 1)
      if (values[__builtin_ctz(left)] != first)
        warp.fault(instruction, left & -left, "names another barrier than its warp");
    return first;
  };
  const std::uint32_t number = uniform(instruction.src[0]);
  const std::uint32_t threads = uniform(instruction.src[1]);
  if (warp.live != warp.exists)
    warp.fault(instruction, warp.active,
               fmt::format("waits at a barrier after lanes {:08x} of its warp have exited",
                           warp.exists & ~warp.live));
  for (std::uint32_t left = warp.group; left != 0; left &= left - 1) {
    const int lane = __builtin_ctz(left);
    warp.pcs[static_cast<std::size_t>(lane)] = (warp.active >> lane & 1) != 0 ? warp.pc : warp.next;
  }
  warp.at_barrier |= warp.active;
  warp.scattered = true;
  if (warp.at_barrier != warp.live)
    return;
  for (std::uint32_t left = warp.live; left != 0; left &= left - 1) {
    const auto lane = static_cast<std::size_t>(__builtin_ctz(left));
    if (warp.pcs[lane] != warp.pc)
      warp.fault(instruction, warp.active,
                 fmt::format("divergent barrier: other lanes of its warp wait in line {}",
                             warp.execution->program.code[warp.pcs[lane]].line));
  }
  warp.active = warp.live;
  warp.block->arrive(warp, instruction, number, threads);
}

void decode_barrier_operands(Decoder& decoder, BarrierKind kind, std::size_t first) {
  Instruction& instruction = decoder.instruction;
  const std::size_t predicates = kind >= BarrierKind::kPopc ? 1 : 0;
  decoder.expect_operands(first + 1 + predicates, first + 2 + predicates);
  const bool has_threads = decoder.operands() == first + 2 + predicates;
  if (kind == BarrierKind::kArrive && !has_threads)
    decoder.reject("needs a number of threads");
  decoder.add_source(first, kB32);
  if (has_threads)
    decoder.add_source(first + 1, kB32);
  else
    decoder.add_constant(kB32, 0);
  instruction.detail[0] = static_cast<std::uint8_t>(kind);
  if (predicates != 0)
    instruction.detail[1] = decoder.add_predicate_source(decoder.operands() - 1);
  instruction.run = &reach_barrier;
}

void decode_bar(Decoder& decoder) {
  if (decoder.take("warp")) {
    take_sync(decoder);
    decoder.expect_operands(1);
    add_mask(decoder, 0);
    decoder.instruction.run = &collect<&meet_warp>;
    return;
  }
  decoder.take("cta");
  decoder.take("aligned");
  const int kind = decoder.expect_one_of({"sync", "arrive", "red"});
  if (kind < 2)
    return decode_barrier_operands(decoder, kind == 0 ? BarrierKind::kSync : BarrierKind::kArrive,
                                   0);
  const int operation = decoder.expect_one_of({"popc", "and", "or"});
  const Type type = decoder.expect_type({operation == 0 ? kU32 : kPred});
  decoder.add_result(0, type);
  constexpr BarrierKind kKinds[] = {BarrierKind::kPopc, BarrierKind::kAnd, BarrierKind::kOr};
  decode_barrier_operands(decoder, kKinds[operation], 1);
}

// Fences order nothing here: the race check only knows barriers.
void decode_nothing(Decoder& decoder) {
  decoder.instruction.run = [](Warp&, const Instruction&) {};
}
void decode_membar(Decoder& decoder) {
  decoder.expect_one_of({"cta", "gl", "sys"});
  decoder.expect_operands(0);
  decode_nothing(decoder);
}
void decode_fence(Decoder& decoder) {
  decoder.take_one_of({"sc", "acq_rel", "acquire", "release"});
  decoder.expect_one_of({"cta", "cluster", "gpu", "sys"});
  decoder.expect_operands(0);
  decode_nothing(decoder);
}
void decode_nanosleep(Decoder& decoder) {
  decoder.expect_type({kU32});
  decoder.expect_operands(1);
  decoder.add_source(0, kU32);
  decode_nothing(decoder);
}

}  // namespace

std::span<const Opcode> barrier_opcodes() {
  static constexpr Opcode kOpcodes[] = {
      {"bar", &decode_bar, false},
      {"barrier", &decode_bar, false},
      {"membar", &decode_membar, false},
      {"fence", &decode_fence, false},
      {"nanosleep", &decode_nanosleep, false},
  };
  return kOpcodes;
}

}  // namespace ptx
