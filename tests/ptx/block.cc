// A block: its warps' turns and its barriers.
#include <algorithm>

#include <fmt/format.h>

#include "tests/ptx/decoder.hh"
#include "tests/ptx/warp.hh"

namespace ptx {
namespace {

/// How long a warp goes on before the next one has its turn, in instructions.
constexpr std::uint64_t kTurn = 1U << 13;

constexpr std::size_t kFileAlign = 64;

void prepare(Warp& warp, Block& block, std::uint32_t index) {
  const Program& program = block.execution->program;
  warp.block = &block;
  warp.execution = block.execution;
  warp.index = index;
  warp.file_memory = std::make_unique<std::byte[]>(program.file.size() + kFileAlign);
  const auto address = reinterpret_cast<std::uintptr_t>(warp.file_memory.get());
  warp.file = warp.file_memory.get() + (align_up(address, kFileAlign) - address);
  std::copy(program.file.begin(), program.file.end(), warp.file);
  warp.local.assign(program.local_bytes * kLanes);
  warp.parameters.assign(align_up(program.parameter_bytes, 16) * kLanes);
  warp.calls.resize(program.bodies.size());
}

}  // namespace

Block::Block(Execution& of, std::size_t shared_bytes)
    : execution(&of), shadow(std::make_unique<ShadowMap>(shared_bytes)) {
  const Dim3& size = of.launch.block;
  threads = size.x * size.y * size.z;
  shared.assign(shared_bytes);
  warps.resize((threads + kLanes - 1) / kLanes);
  for (std::uint32_t i = 0; i < warps.size(); ++i)
    prepare(warps[i], *this, i);
}

void Block::restart(std::uint32_t number) {
  const Dim3& grid = execution->launch.grid;
  index = number;
  position = {number % grid.x, number / grid.x % grid.y, number / grid.x / grid.y};
  generation = ++execution->generations;
  epoch = 0;
  barriers.fill({});
  std::fill(shared.initialised.begin(), shared.initialised.end(), std::uint8_t{0});
  for (Warp& warp : warps)
    warp.restart();
}

bool Block::run(std::uint64_t budget) {
  const std::uint64_t start = execution->clock;
  while (execution->clock - start < budget) {
    bool progress = false;
    bool live = false;
    for (const std::uint32_t i : execution->warp_order) {
      Warp& warp = warps[i];
      progress |= warp.runnable() != 0;
      warp.run(kTurn);
      live |= warp.live != 0;
    }
    if (!live)
      return true;
    if (!progress)
      refuse_deadlock();
  }
  return false;
}

void Block::begin_interval() {
  ++epoch;
  // What was before is in order with all that follows, so that shared memory can forget it.
  generation = ++execution->generations;
}

void Block::arrive(Warp& warp,
                   const Instruction& instruction,
                   std::uint32_t number,
                   std::uint32_t for_threads) {
  if (number >= barriers.size())
    warp.fault(instruction, warp.live, fmt::format("names barrier {} of 16", number));
  if (for_threads % kLanes != 0)
    warp.fault(instruction, warp.live,
               fmt::format("waits for {} threads, which are not whole warps", for_threads));
  const auto kind = static_cast<BarrierKind>(instruction.detail[0]);
  Barrier& barrier = barriers[number];
  const std::uint32_t expected = for_threads == 0 ? threads : for_threads;
  if (barrier.arrived_threads == 0)
    barrier = {.instruction = &instruction, .expected_threads = expected};
  else if (barrier.expected_threads != expected ||
           (barrier.instruction != &instruction &&
            (for_threads == 0 || kind >= BarrierKind::kPopc)))
    warp.fault(instruction, warp.live,
               fmt::format("divergent barrier: another warp waits in line {} for {} threads",
                           barrier.instruction->line, barrier.expected_threads));

  for (std::size_t i = 0; i < kMaxWarps; ++i)
    barrier.seen[i] = std::max(barrier.seen[i], warp.seen[i]);
  barrier.seen[warp.index] = warp.clock++;
  barrier.arrived_threads +=
      static_cast<std::uint32_t>(for_threads == 0 ? __builtin_popcount(warp.exists) : kLanes);
  if (kind >= BarrierKind::kPopc) {
    const Slot predicate = instruction.src[2];
    warp.require(instruction, predicate, "votes with");
    const std::uint32_t negation = instruction.detail[1] != 0 ? kAllLanes : 0;
    barrier.true_threads += static_cast<std::uint32_t>(
        __builtin_popcount((warp.predicate(predicate) ^ negation) & warp.active));
  }
  if (kind == BarrierKind::kArrive) {
    warp.at_barrier = 0;
    warp.pcs.fill(warp.pc + 1);
  } else {
    warp.in_barrier = true;
    barrier.waiting_warps |= std::uint32_t{1} << warp.index;
  }
  if (barrier.arrived_threads > barrier.expected_threads)
    warp.fault(instruction, warp.live, "comes to a barrier that has all its threads");
  if (barrier.arrived_threads == barrier.expected_threads)
    release(barrier);
}

void Block::release(Barrier& barrier) {
  ++execution->counts.barriers;
  std::uint32_t waiting_threads = 0;
  for (Warp& warp : warps) {
    if ((barrier.waiting_warps >> warp.index & 1) == 0)
      continue;
    waiting_threads += static_cast<std::uint32_t>(__builtin_popcount(warp.exists));
    for (std::size_t i = 0; i < kMaxWarps; ++i)
      warp.seen[i] = std::max(warp.seen[i], barrier.seen[i]);
    warp.own_seen = barrier.seen[warp.index];
    warp.lane_clocks.reset();
    const std::uint32_t pc = warp.pcs[static_cast<std::size_t>(__builtin_ctz(warp.live))];
    const Instruction& instruction = execution->program.code[pc];
    const auto kind = static_cast<BarrierKind>(instruction.detail[0]);
    warp.active = warp.live;
    if (kind == BarrierKind::kPopc) {
      auto* const d = warp.lanes<std::uint32_t>(instruction.dst[0]);
      each_lane(warp.active, [&](int lane) { d[lane] = barrier.true_threads; });
      warp.define(instruction.dst[0]);
    } else if (kind >= BarrierKind::kAnd) {
      const bool holds = kind == BarrierKind::kAnd ? barrier.true_threads == barrier.arrived_threads
                                                   : barrier.true_threads != 0;
      std::uint32_t& d = warp.predicate(instruction.dst[0]);
      d = holds ? d | warp.active : d & ~warp.active;
      warp.define(instruction.dst[0]);
    }
    warp.pcs.fill(pc + 1);
    warp.at_barrier = 0;
    warp.in_barrier = false;
  }
  if (waiting_threads == threads)
    begin_interval();
  barrier = {};
}

void Block::refuse_deadlock() const {
  const auto& code = execution->program.code;
  std::string others;
  const Warp* stuck = &warps.front();
  for (const Warp& warp : warps) {
    if (warp.live == 0) {
      others += fmt::format("; warp {} has exited", warp.index);
      continue;
    }
    if (stuck->live == 0 || (stuck->in_barrier && !warp.in_barrier))
      stuck = &warp;
    std::uint32_t shown = 0;
    for (std::uint32_t left = warp.live; left != 0; left &= left - 1) {
      const auto lane = static_cast<std::size_t>(__builtin_ctz(left));
      if ((shown >> lane & 1) != 0)
        continue;
      std::uint32_t same = 0;
      each_lane(left, [&](int other) {
        same |= std::uint32_t{warp.pcs[static_cast<std::size_t>(other)] == warp.pcs[lane]} << other;
      });
      shown |= same;
      others += fmt::format("; lanes {:08x} of warp {} wait in line {}", same, warp.index,
                            code[warp.pcs[lane]].line);
    }
    if (warp.live != warp.exists)
      others += fmt::format("; lanes {:08x} of warp {} have exited", warp.exists & ~warp.live,
                            warp.index);
  }
  const auto first = static_cast<std::size_t>(__builtin_ctz(stuck->live));
  stuck->fault(code[stuck->pcs[first]], stuck->live, "waits for threads that never come" + others);
}

}  // namespace ptx
