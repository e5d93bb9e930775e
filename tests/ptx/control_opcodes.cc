// Branches, calls and ends.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include <fmt/format.h>

#include "tests/ptx/access.hh"
#include "tests/ptx/decoder.hh"

namespace ptx {
namespace {

using enum Type;

/// Active lanes go on at what `target` gives for each, those that the guard stopped at the next
/// instruction.
template <class F>
void go(Warp& warp, F target) {
  const std::uint32_t first = target(__builtin_ctz(warp.active));
  bool together = warp.active == warp.group;
  for (std::uint32_t left = warp.active; together && left != 0; left &= left - 1)
    together = target(__builtin_ctz(left)) == first;
  if (together) {
    warp.next = first;
    return;
  }
  for (std::uint32_t left = warp.group; left != 0; left &= left - 1) {
    const int lane = __builtin_ctz(left);
    warp.pcs[static_cast<std::size_t>(lane)] =
        (warp.active >> lane & 1) != 0 ? target(lane) : warp.next;
  }
  warp.scattered = true;
}

void branch(Warp& warp, const Instruction& instruction) {
  if (warp.active == warp.group)
    warp.next = instruction.target;
  else
    go(warp, [&](int) { return instruction.target; });
}

void branch_by_index(Warp& warp, const Instruction& instruction) {
  warp.require(instruction, instruction.src[0], "branches by");
  const auto* const indices = warp.lanes<std::uint32_t>(instruction.src[0]);
  const auto& table = warp.execution->program.branch_tables[instruction.target];
  go(warp, [&](int lane) {
    if (indices[lane] >= table.size())
      warp.fault(instruction, std::uint32_t{1} << lane,
                 fmt::format("takes branch {} of {}", indices[lane], table.size()));
    return table[indices[lane]];
  });
}

/// Each active lane's bytes of parameter memory.
void copy(Warp& warp, const std::vector<Call::Copy>& copies) {
  const std::size_t size = warp.parameters.data.size() / kLanes;
  for (const Call::Copy& one : copies) {
    each_lane(warp.active, [&](int lane) {
      const std::size_t start = size * static_cast<std::size_t>(lane);
      std::memcpy(warp.parameters.data.data() + start + one.to,
                  warp.parameters.data.data() + start + one.from, one.size_bytes);
      std::memcpy(warp.parameters.initialised.data() + start + one.to,
                  warp.parameters.initialised.data() + start + one.from, one.size_bytes);
    });
  }
}

void call(Warp& warp, const Instruction& instruction) {
  const Program& program = warp.execution->program;
  const Call& details = program.calls[instruction.target];
  const Program::Body& body = program.bodies[details.function];
  copy(warp, details.arguments);
  for (const Slot slot : body.registers)
    warp.head(slot).defined &= ~warp.active;
  const std::size_t size = warp.local.data.size() / kLanes;
  each_lane(warp.active, [&](int lane) {
    const auto i = static_cast<std::size_t>(lane);
    std::fill_n(
        warp.local.initialised.begin() + static_cast<std::ptrdiff_t>(size * i + body.local_begin),
        body.local_end - body.local_begin, std::uint8_t{0});
    warp.calls[warp.call_depth[i]++][i] = warp.pc;
  });
  go(warp, [&](int) { return body.start; });
}

void exit_lanes(Warp& warp, const Instruction&) {
  warp.live &= ~warp.active;
  for (std::uint32_t left = warp.group; left != 0; left &= left - 1)
    warp.pcs[static_cast<std::size_t>(__builtin_ctz(left))] = warp.next;
  warp.scattered = true;
}

void return_from_call(Warp& warp, const Instruction& instruction) {
  const Program& program = warp.execution->program;
  std::uint32_t inside = 0;
  each_lane(warp.active, [&](int lane) {
    inside |= std::uint32_t{warp.call_depth[static_cast<std::size_t>(lane)] != 0} << lane;
  });
  if (inside == 0)
    return exit_lanes(warp, instruction);
  const auto caller = [&](int lane) {
    const auto i = static_cast<std::size_t>(lane);
    return warp.calls[warp.call_depth[i] - 1U][i];
  };
  // Lanes may come from different calls.
  const std::uint32_t active = warp.active;
  each_lane(active, [&](int lane) {
    warp.active = std::uint32_t{1} << lane;
    copy(warp, program.calls[program.code[caller(lane)].target].results);
  });
  warp.active = active;
  go(warp, [&](int lane) { return caller(lane) + 1; });
  each_lane(active, [&](int lane) { --warp.call_depth[static_cast<std::size_t>(lane)]; });
}

/// A zero-terminated string of global memory, as far as it can be read.
std::string text_at(const Memory& memory, std::uint64_t address) {
  std::string text;
  while (memory.find(address, 1) != nullptr && text.size() < 1000) {
    char c = 0;
    std::memcpy(&c, reinterpret_cast<const char*>(address++), 1);
    if (c == '\0')
      break;
    text += c;
  }
  return text;
}

/// src: message, file and line, as offsets in parameter memory.
void fail_assertion(Warp& warp, const Instruction& instruction) {
  const int lane = __builtin_ctz(warp.active);
  const auto parameter = [&]<class T>(std::size_t i, T value) {
    const auto at = warp.lanes<std::uint64_t>(instruction.src[i])[lane];
    const std::size_t size = warp.parameters.data.size() / kLanes;
    std::memcpy(
        &value,
        warp.parameters.data.data() + size * static_cast<std::size_t>(lane) + at - kCallParameters,
        sizeof value);
    return value;
  };
  const Memory& memory = warp.execution->memory;
  warp.fault(
      instruction, warp.active,
      fmt::format("assertion `{}` of {}:{} does not hold",
                  text_at(memory, parameter(0, std::uint64_t{})),
                  text_at(memory, parameter(1, std::uint64_t{})), parameter(2, std::uint32_t{})));
}

// Decoders.
void decode_bra(Decoder& decoder) {
  decoder.take("uni");
  decoder.expect_operands(1);
  decoder.instruction.target = decoder.builder().label(decoder.function(), decoder.operand(0).name);
  decoder.instruction.counts_all = true;
  decoder.instruction.run = &branch;
}

void decode_brx(Decoder& decoder) {
  if (!decoder.take("idx"))
    decoder.reject("only brx.idx is supported");
  decoder.take("uni");
  decoder.expect_operands(2);
  decoder.add_source(0, kU32);
  decoder.instruction.target =
      decoder.builder().add_branch_table(decoder.function(), decoder.operand(1).name);
  decoder.instruction.counts_all = true;
  decoder.instruction.run = &branch_by_index;
}

/// `call (results), name, (arguments)`; both lists may be left out.
void decode_call(Decoder& decoder) {
  decoder.take("uni");
  decoder.expect_operands(1, 3);
  const auto list_at = [&](std::size_t index) -> std::span<const Operand> {
    if (index >= decoder.operands() || decoder.operand(index).kind != Operand::Kind::kList)
      return {};
    return decoder.operand(index).items;
  };
  const std::size_t name_at = decoder.operand(0).kind == Operand::Kind::kList ? 1 : 0;
  const Operand& name = decoder.operand(name_at);
  if (name.kind != Operand::Kind::kName || decoder.operands() > name_at + 2)
    decoder.reject("indirect calls are not supported");
  const auto arguments = list_at(name_at + 1);
  const Function* callee = decoder.builder().callee(name.name);
  if (callee != nullptr && callee->has_body) {
    decoder.instruction.target = decoder.builder().add_call(
        decoder.function(), *callee, name_at == 1 ? list_at(0) : list_at(3), arguments);
    decoder.instruction.run = &call;
    return;
  }
  if (name.name != "__assertfail" || arguments.size() != 5)
    decoder.reject("function " + name.name + " is not there");
  for (std::size_t i = 0; i < 3; ++i)
    decoder.add_source(arguments[i], kB64);
  decoder.instruction.run = &fail_assertion;
}

template <Instruction::Run kRun>
void decode_end(Decoder& decoder) {
  decoder.take("uni");
  decoder.expect_operands(0);
  decoder.instruction.run = kRun;
}

void fail_trap(Warp& warp, const Instruction& instruction) {
  warp.fault(instruction, warp.active, "traps");
}

void decode_pmevent(Decoder& decoder) {
  decoder.take("mask");
  decoder.expect_operands(1);
  decoder.instruction.run = [](Warp&, const Instruction&) {};
}

}  // namespace

std::span<const Opcode> control_opcodes() {
  static constexpr Opcode kOpcodes[] = {
      {"bra", &decode_bra, false},
      {"brx", &decode_brx, false},
      {"call", &decode_call, false},
      {"ret", &decode_end<&return_from_call>, false},
      {"exit", &decode_end<&exit_lanes>, false},
      {"trap", &decode_end<&fail_trap>, false},
      {"brkpt", &decode_end<&fail_trap>, false},
      {"pmevent", &decode_pmevent, false},
  };
  return kOpcodes;
}

}  // namespace ptx
