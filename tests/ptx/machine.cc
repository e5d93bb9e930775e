// The machine: modules in memory, and the blocks of a launch one after the other.
#include <algorithm>
#include <cstring>
#include <deque>
#include <numeric>
#include <random>

#include <fmt/format.h>

#include "tests/ptx/decoder.hh"
#include "tests/ptx/interpreter.hh"
#include "tests/ptx/memory.hh"
#include "tests/ptx/warp.hh"

namespace ptx {
namespace {

/// After so many instructions of a block others start or go on: it may wait for them.
constexpr std::uint64_t kBlockTurn = 1U << 16;
/// As many blocks as one that waits for others can count on.
constexpr std::size_t kResidentBlocks = 64;
constexpr std::size_t kMaxThreads = 1024;
constexpr std::size_t kMaxSharedBytes = 227 * 1024;
constexpr std::uint64_t kVariableAlign = 256;

std::vector<std::uint32_t> turns(std::size_t count, Order order, std::mt19937& random) {
  std::vector<std::uint32_t> result(count);
  std::iota(result.begin(), result.end(), 0U);
  if (order == Order::kReverse)
    std::reverse(result.begin(), result.end());
  // Not std::shuffle, whose result depends on the library.
  for (std::size_t i = count; order == Order::kShuffled && i > 1; --i)
    std::swap(result[i - 1], result[random() % i]);
  return result;
}

std::uint64_t volume(const Dim3& size) {
  return std::uint64_t{size.x} * size.y * size.z;
}

void check_launch(const Program& program, const Launch& launch) {
  const auto refuse = [&](const std::string& what) {
    throw Fault(program.entry.name + ": " + what);
  };
  const std::uint64_t threads = volume(launch.block);
  const std::uint64_t blocks = volume(launch.grid);
  if (threads == 0 || blocks == 0)
    refuse("an empty grid or block");
  if (threads > std::min(kMaxThreads, program.entry.max_threads))
    refuse(fmt::format("a block of {} threads, not more than {} are possible", threads,
                       std::min(kMaxThreads, program.entry.max_threads)));
  if (blocks >= Stamp::kManyBlocks - 1)
    refuse(fmt::format("a grid of {} blocks", blocks));
  if (launch.parameters.size() != program.entry.parameter_bytes)
    refuse(fmt::format("{} bytes of parameters instead of {}", launch.parameters.size(),
                       program.entry.parameter_bytes));
  if (align_up(program.shared_bytes, 16) + launch.dynamic_shared_bytes > kMaxSharedBytes)
    refuse("more shared memory than a block can have");
}

/// Runs all blocks of a launch.
class Grid {
 public:
  explicit Grid(Execution& execution) : execution_(execution) {}

  void run(const std::vector<std::uint32_t>& order) {
    std::size_t started = 0;
    while (started < order.size() || !resident_.empty()) {
      if (started < order.size() && resident_.size() < kResidentBlocks)
        resident_.push_front(start(order[started++]));
      std::unique_ptr<Block> block = std::move(resident_.front());
      resident_.pop_front();
      if (block->run(kBlockTurn))
        idle_.push_back(std::move(block));
      else
        resident_.push_back(std::move(block));
      if (execution_.clock > execution_.options.max_warp_instructions)
        throw Fault(execution_.program.entry.name +
                    ": the launch does not end within the machine's limit of instructions");
    }
  }

 private:
  std::unique_ptr<Block> start(std::uint32_t number) {
    if (idle_.empty())
      idle_.push_back(std::make_unique<Block>(
          execution_,
          align_up(execution_.program.shared_bytes, 16) + execution_.launch.dynamic_shared_bytes));
    std::unique_ptr<Block> block = std::move(idle_.back());
    idle_.pop_back();
    block->restart(number);
    return block;
  }

  Execution& execution_;
  std::deque<std::unique_ptr<Block>> resident_;
  std::vector<std::unique_ptr<Block>> idle_;
};

void count_instructions(Execution& execution) {
  LaunchCounts& counts = execution.counts;
  const Program& program = execution.program;
  for (std::size_t i = 0; i < program.code.size(); ++i) {
    const std::uint32_t opcode = program.code[i].opcode;
    counts.warp_instructions += execution.issued[i];
    counts.thread_instructions += execution.executed[i];
    if (program.is_integer[opcode])
      counts.integer_operations += execution.executed[i];
    if (execution.executed[i] != 0)
      counts.opcodes[program.opcodes[opcode]] += execution.executed[i];
  }
}

Traffic& operator+=(Traffic& sum, const Traffic& other) {
  sum.loaded_bytes += other.loaded_bytes;
  sum.stored_bytes += other.stored_bytes;
  return sum;
}

}  // namespace

LaunchCounts& LaunchCounts::operator+=(const LaunchCounts& other) {
  launches += other.launches;
  blocks += other.blocks;
  threads += other.threads;
  warp_instructions += other.warp_instructions;
  thread_instructions += other.thread_instructions;
  integer_operations += other.integer_operations;
  barriers += other.barriers;
  warp_barriers += other.warp_barriers;
  global += other.global;
  shared += other.shared;
  local += other.local;
  global_load_sectors += other.global_load_sectors;
  global_store_sectors += other.global_store_sectors;
  for (const auto& [opcode, count] : other.opcodes)
    opcodes[opcode] += count;
  return *this;
}

/// A module's variables and the programs of its kernels.
struct Instance {
  explicit Instance(Module of) : module(std::move(of)) {}

  Module module;
  std::vector<std::unique_ptr<std::byte[]>> storage;
  SymbolAddresses addresses;
  std::map<std::string, Program, std::less<>> programs;
};

struct Machine::State {
  Options options;
  Memory memory;
  std::vector<Instance> instances;
  std::map<std::string, LaunchCounts> totals;
  std::uint64_t generations = 0;

  Instance& instance(std::size_t module) {
    if (module >= instances.size())
      throw Fault(fmt::format("no module {} is loaded", module));
    return instances[module];
  }

  Buffer& buffer(const void* address, std::size_t size_bytes) {
    Buffer* found = memory.find(reinterpret_cast<std::uintptr_t>(address), size_bytes);
    if (found == nullptr)
      throw Fault(fmt::format("{} bytes at {} are not in one buffer, {}", size_bytes, address,
                              memory.whereabouts(reinterpret_cast<std::uintptr_t>(address))));
    return *found;
  }

  std::uint8_t* initialised(const void* address, std::size_t size_bytes) {
    Buffer& found = buffer(address, size_bytes);
    return found.initialised.data() + (reinterpret_cast<std::uintptr_t>(address) - found.address);
  }

  void place(Instance& instance, const Symbol& symbol) {
    if (symbol.space != Space::kGlobal && symbol.space != Space::kConst) {
      instance.addresses.push_back(0);
      return;
    }
    const std::size_t size = std::max<std::size_t>(symbol.size_bytes, 1);
    auto& bytes =
        instance.storage.emplace_back(std::make_unique<std::byte[]>(size + kVariableAlign));
    const auto start = reinterpret_cast<std::uintptr_t>(bytes.get());
    std::byte* const address = bytes.get() + (align_up(start, kVariableAlign) - start);
    std::memcpy(address, symbol.initial.data(), symbol.size_bytes);
    instance.addresses.push_back(reinterpret_cast<std::uintptr_t>(address));
    Buffer& buffer = memory.add(address, size, symbol.name, symbol.space == Space::kConst);
    std::fill(buffer.initialised.begin(), buffer.initialised.end(), std::uint8_t{1});
  }

  const Program& program(std::size_t module, std::string_view entry) {
    Instance& of = instance(module);
    const auto known = of.programs.find(entry);
    if (known != of.programs.end())
      return known->second;
    const Entry* description = of.module.entry(entry);
    if (description == nullptr)
      throw Fault("there is no kernel " + std::string(entry));
    Program program = ProgramBuilder(of.module.text(), of.addresses, *description).build();
    return of.programs.emplace(std::string(entry), std::move(program)).first->second;
  }
};

Machine::Machine(const Options& options) : state_(std::make_unique<State>()) {
  state_->options = options;
}
Machine::~Machine() = default;
Machine::Machine(Machine&&) noexcept = default;
Machine& Machine::operator=(Machine&&) noexcept = default;

void Machine::set_options(const Options& options) {
  state_->options = options;
}

void Machine::register_buffer(void* address, std::size_t size_bytes, std::string name) {
  state_->memory.add(address, size_bytes, std::move(name));
}
void Machine::unregister_buffer(const void* address) {
  state_->memory.remove(address);
}

bool Machine::is_registered(const void* address, std::size_t size_bytes) const {
  return state_->memory.find(reinterpret_cast<std::uintptr_t>(address), size_bytes) != nullptr;
}

void Machine::mark_initialised(const void* address, std::size_t size_bytes) {
  std::memset(state_->initialised(address, size_bytes), 1, size_bytes);
}

bool Machine::is_initialised(const void* address, std::size_t size_bytes) const {
  const std::uint8_t* const flags = state_->initialised(address, size_bytes);
  return std::find(flags, flags + size_bytes, std::uint8_t{0}) == flags + size_bytes;
}

void Machine::copy_initialised(const void* to, const void* from, std::size_t size_bytes) {
  std::memmove(state_->initialised(to, size_bytes), state_->initialised(from, size_bytes),
               size_bytes);
}

std::size_t Machine::load(const Module& module) {
  Instance& instance = state_->instances.emplace_back(module);
  const auto& symbols = module.text().symbols;
  for (const Symbol& symbol : symbols)
    state_->place(instance, symbol);
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    for (const Symbol::Pointer& pointer : symbols[i].pointers) {
      const auto target = std::find_if(symbols.begin(), symbols.end(), [&](const Symbol& symbol) {
        return symbol.name == pointer.symbol;
      });
      if (target == symbols.end())
        throw Fault(symbols[i].name + ": the address of " + pointer.symbol + " is not known");
      const std::uint64_t address =
          instance.addresses[static_cast<std::size_t>(target - symbols.begin())] +
          static_cast<std::uint64_t>(pointer.addend);
      std::memcpy(reinterpret_cast<std::byte*>(instance.addresses[i]) + pointer.offset_bytes,
                  &address, sizeof address);
    }
  }
  return state_->instances.size() - 1;
}

std::map<std::string, Variable> Machine::variables(std::size_t module) const {
  const Instance& instance = state_->instance(module);
  const auto& symbols = instance.module.text().symbols;
  std::map<std::string, Variable> all;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    if (instance.addresses[i] != 0)
      all[symbols[i].name] = {reinterpret_cast<std::byte*>(instance.addresses[i]),
                              symbols[i].size_bytes};
  }
  return all;
}

Variable Machine::variable(std::size_t module, std::string_view name) const {
  const auto all = variables(module);
  const auto found = all.find(std::string(name));
  if (found == all.end())
    throw Fault("there is no variable " + std::string(name));
  return found->second;
}

void Machine::decode(std::size_t module, std::string_view entry) {
  state_->program(module, entry);
}

LaunchCounts Machine::launch(std::size_t module, const Launch& launch) {
  const Program& program = state_->program(module, launch.entry);
  check_launch(program, launch);
  std::mt19937 random(state_->options.seed);
  Execution execution{.memory = state_->memory,
                      .program = program,
                      .launch = launch,
                      .options = state_->options,
                      .generations = state_->generations};
  execution.issued.resize(program.code.size());
  execution.executed.resize(program.code.size());
  const Order order = state_->options.order;
  const std::uint64_t threads = volume(launch.block);
  const std::uint64_t blocks = volume(launch.grid);
  const auto lanes = turns(kLanes, order, random);
  std::copy(lanes.begin(), lanes.end(), execution.lane_order.begin());
  execution.warp_order = turns((threads + kLanes - 1) / kLanes, order, random);
  execution.counts.launches = 1;
  execution.counts.blocks = blocks;
  execution.counts.threads = threads * blocks;
  Grid(execution).run(turns(blocks, order, random));
  count_instructions(execution);
  state_->totals[program.entry.name] += execution.counts;
  return execution.counts;
}

const std::map<std::string, LaunchCounts>& Machine::totals() const {
  return state_->totals;
}

}  // namespace ptx
