// A warp: its registers' definedness, its clocks, and the loop that runs its instructions.
#include "tests/ptx/warp.hh"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "tests/ptx/decoder.hh"

namespace ptx {
namespace {

constexpr std::uint32_t kNowhere = ~std::uint32_t{0};
/// How many instructions lanes get that others did not let run.
constexpr std::uint64_t kTurnFromBehind = 256;

/// What a special register holds in one lane.
using SpecialValue = std::uint32_t (*)(const Warp& warp, std::uint32_t lane);

std::uint32_t thread_of(const Warp& warp, std::uint32_t lane) {
  return warp.index * 32 + lane;
}
const Dim3& block_size(const Warp& warp) {
  return warp.execution->launch.block;
}
const Dim3& grid_size(const Warp& warp) {
  return warp.execution->launch.grid;
}

using W = const Warp&;
using L = std::uint32_t;

const std::map<std::string, SpecialValue>& special_values() {
  static const std::map<std::string, SpecialValue> values{
      {"%tid.x", [](W w, L l) { return thread_of(w, l) % block_size(w).x; }},
      {"%tid.y", [](W w, L l) { return thread_of(w, l) / block_size(w).x % block_size(w).y; }},
      {"%tid.z", [](W w, L l) { return thread_of(w, l) / block_size(w).x / block_size(w).y; }},
      {"%ntid.x", [](W w, L) { return block_size(w).x; }},
      {"%ntid.y", [](W w, L) { return block_size(w).y; }},
      {"%ntid.z", [](W w, L) { return block_size(w).z; }},
      {"%ctaid.x", [](W w, L) { return w.block->position.x; }},
      {"%ctaid.y", [](W w, L) { return w.block->position.y; }},
      {"%ctaid.z", [](W w, L) { return w.block->position.z; }},
      {"%nctaid.x", [](W w, L) { return grid_size(w).x; }},
      {"%nctaid.y", [](W w, L) { return grid_size(w).y; }},
      {"%nctaid.z", [](W w, L) { return grid_size(w).z; }},
      {"%laneid", [](W, L l) { return l; }},
      {"%warpid", [](W w, L) { return w.index; }},
      {"%lanemask_eq", [](W, L l) { return 1U << l; }},
      {"%lanemask_lt", [](W, L l) { return (1U << l) - 1; }},
      {"%lanemask_le", [](W, L l) { return (2U << l) - 1; }},
      {"%lanemask_gt", [](W, L l) { return ~((2U << l) - 1); }},
      {"%lanemask_ge", [](W, L l) { return ~((1U << l) - 1); }},
      {"%dynamic_smem_size",
       [](W w, L) { return static_cast<std::uint32_t>(w.execution->launch.dynamic_shared_bytes); }},
      {"%total_smem_size",
       [](W w, L) { return static_cast<std::uint32_t>(w.block->shared.data.size()); }},
  };
  return values;
}

}  // namespace

bool is_special_register(const std::string& name) {
  return special_values().contains(name);
}

void Warp::fill_special(const Program::Special& special) const {
  const SpecialValue value = special_values().at(special.name);
  auto* const values = lanes<std::uint32_t>(special.slot);
  for (std::uint32_t lane = 0; lane < kLanes; ++lane)
    values[lane] = value(*this, lane);
  head(special.slot).defined = kAllLanes;
}

std::uint64_t Warp::undefined_bits(Slot slot, int lane) const {
  if ((head(slot).defined >> lane & 1) != 0)
    return 0;
  const auto found = partly.find(slot);
  return found == partly.end() ? ~std::uint64_t{0} : found->second[static_cast<std::size_t>(lane)];
}

void Warp::define_partly(const Instruction& instruction,
                         Slot slot,
                         const std::array<std::uint64_t, kLanes>& undefined,
                         int bits) {
  std::int32_t origin = instruction.line;
  for (std::size_t i = 0; i < instruction.sources; ++i) {
    const RegisterHead& source = head(instruction.src[i]);
    if ((active & ~source.defined) != 0 && source.origin != 0) {
      origin = source.origin;
      break;
    }
  }
  const std::uint64_t mask = ~std::uint64_t{0} >> (64 - bits);
  const auto found = partly.try_emplace(slot);
  std::array<std::uint64_t, kLanes>& bits_of_lanes = found.first->second;
  if (found.second)
    bits_of_lanes.fill(~std::uint64_t{0});
  RegisterHead& result = head(slot);
  each_lane(active, [&](int lane) {
    const auto i = static_cast<std::size_t>(lane);
    const std::uint32_t bit = std::uint32_t{1} << lane;
    const bool defined = (undefined[i] & mask) == 0;
    result.defined = defined ? result.defined | bit : result.defined & ~bit;
    bits_of_lanes[i] = undefined[i];
  });
  result.origin = origin;
}

void Warp::define_predicate(const Instruction& instruction,
                            Slot slot,
                            std::uint32_t defined) const {
  RegisterHead& result = head(slot);
  result.defined = (result.defined & ~active) | (defined & active);
  if ((active & ~defined) == 0)
    return;
  result.origin = instruction.line;
  for (std::size_t i = 0; i < instruction.sources; ++i) {
    const RegisterHead& source = head(instruction.src[i]);
    if ((active & ~source.defined) != 0 && source.origin != 0)
      result.origin = source.origin;
  }
}

void Warp::refuse_undefined(const Instruction& instruction, Slot slot, const char* use) const {
  const RegisterHead& source = head(slot);
  const auto& names = execution->program.register_names;
  const auto name = names.find(slot);
  fault(instruction, active & ~source.defined,
        fmt::format("{} {}, which is not initialised{}", use,
                    name == names.end() ? "a register" : name->second,
                    source.origin == 0
                        ? std::string()
                        : fmt::format(" since line {} `{}`", source.origin,
                                      execution->program.module->quote(source.origin))));
}

void Warp::fault(const Instruction& instruction,
                 std::uint32_t lanes_at_fault,
                 const std::string& what) const {
  const auto thread = thread_of(
      *this, lanes_at_fault == 0 ? 0 : static_cast<std::uint32_t>(__builtin_ctz(lanes_at_fault)));
  const Dim3& size = block_size(*this);
  throw Fault(fmt::format(
      "{}: block ({}, {}, {}) thread ({}, {}, {}) {}",
      place(*execution->program.module, execution->program.entry.name, instruction.line),
      block->position.x, block->position.y, block->position.z, thread % size.x,
      thread / size.x % size.y, thread / size.x / size.y, what));
}

Agent Warp::agent(int lane, Strength strength) const {
  return {.stamp = Stamp(block->index, index, clock, strength),
          .lane = static_cast<std::uint32_t>(lane),
          .own_seen = own_seen,
          .seen = &seen,
          .epoch = block->epoch,
          .lane_clocks = lane_clocks.get()};
}

void Warp::meet(std::uint32_t mask) {
  if (mask == exists) {
    own_seen = clock++;
    lane_clocks.reset();
    if (block->warps.size() == 1)
      block->begin_interval();
    return;
  }
  if (!lane_clocks) {
    lane_clocks = std::make_unique<LaneClocks>();
    for (auto& row : *lane_clocks)
      row.fill(own_seen);
  }
  std::array<std::uint64_t, kLanes> joint{};
  each_lane(mask, [&](int lane) {
    const auto& row = (*lane_clocks)[static_cast<std::size_t>(lane)];
    std::transform(row.begin(), row.end(), joint.begin(), joint.begin(),
                   [](std::uint64_t a, std::uint64_t b) { return std::max(a, b); });
  });
  each_lane(mask, [&](int lane) { joint[static_cast<std::size_t>(lane)] = clock; });
  each_lane(mask, [&](int lane) { (*lane_clocks)[static_cast<std::size_t>(lane)] = joint; });
  ++clock;
}

void Warp::restart() {
  const Program& program = execution->program;
  const std::uint32_t first = index * kLanes;
  const std::uint32_t count = std::min<std::uint32_t>(kLanes, block->threads - first);
  exists = live = kAllLanes >> (kLanes - count);
  collecting = at_barrier = 0;
  in_barrier = hogged_ = scattered = false;
  pcs.fill(0);
  call_depth.fill(0);
  clock = 1;
  own_seen = 0;
  seen.fill(0);
  lane_clocks.reset();
  partly.clear();
  for (const Program::Body& body : program.bodies) {
    for (const Slot slot : body.registers)
      head(slot) = {};
  }
  for (const Program::Special& special : program.specials)
    fill_special(special);
  std::fill(local.initialised.begin(), local.initialised.end(), std::uint8_t{0});
  std::fill(parameters.initialised.begin(), parameters.initialised.end(), std::uint8_t{0});
}

std::uint32_t Warp::choose_group(bool from_behind) {
  const std::uint32_t candidates = runnable();
  std::uint32_t lowest = kNowhere;
  std::uint32_t highest = 0;
  each_lane(candidates, [&](int lane) {
    lowest = std::min(lowest, pcs[static_cast<std::size_t>(lane)]);
    highest = std::max(highest, pcs[static_cast<std::size_t>(lane)]);
  });
  pc = from_behind ? highest : lowest;
  group = 0;
  std::uint32_t others = kNowhere;
  each_lane(candidates, [&](int lane) {
    const std::uint32_t at = pcs[static_cast<std::size_t>(lane)];
    if (at == pc)
      group |= std::uint32_t{1} << lane;
    else
      others = std::min(others, at);
  });
  return others;
}

std::uint64_t Warp::run_group(std::uint32_t limit, std::uint64_t budget) {
  const Instruction* const code = execution->program.code.data();
  std::uint64_t steps = 0;
  scattered = false;
  do {
    const Instruction& instruction = code[pc];
    active = group;
    if (instruction.guard != 0) {
      require(instruction, instruction.guard, "is guarded by");
      active &= predicate(instruction.guard) ^ (instruction.guard_negated ? kAllLanes : 0);
    }
    ++steps;
    ++execution->issued[pc];
    execution->executed[pc] +=
        static_cast<std::uint64_t>(__builtin_popcount(instruction.counts_all ? group : active));
    next = pc + 1;
    if (active != 0)
      instruction.run(*this, instruction);
    if (scattered)
      return steps;
    pc = next;
  } while (pc < limit && steps < budget);
  each_lane(group, [this](int lane) { pcs[static_cast<std::size_t>(lane)] = pc; });
  return steps;
}

void Warp::run(std::uint64_t budget) {
  const bool from_behind = hogged_;
  hogged_ = false;
  if (from_behind)
    budget = kTurnFromBehind;
  std::uint64_t steps = 0;
  while (steps < budget && runnable() != 0) {
    // The lanes furthest back go first, so that the others are there to go on with.
    const std::uint32_t others = choose_group(from_behind);
    const std::uint64_t taken = run_group(from_behind ? kNowhere : others, budget - steps);
    steps += taken;
    hogged_ = !from_behind && others != kNowhere && !scattered && taken >= budget;
  }
  execution->clock += steps;
}

}  // namespace ptx
