// A warp, its block and the launch around them, as instructions see them.
//
// A warp executes an instruction for all lanes that stand at it. Registers are arrays of lanes:
//
//   |defined|origin|padding|lane 0|lane 1| ... |lane 31|     defined: which lanes hold a value
//   \---- RegisterHead ----/\- 16, 32 or 64 bits each -/     predicates: one word, a bit a lane
//
// What is computed from undefined values is undefined; only their use for control flow, addresses,
// atomics or global memory is a fault, because compilers compute ahead what nobody then uses.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/ptx/interpreter.hh"
#include "tests/ptx/memory.hh"
#include "tests/ptx/syntax.hh"

namespace ptx {

class Warp;
class Block;
struct Instruction;

using Slot = std::uint32_t;

struct Instruction {
  using Run = void (*)(Warp&, const Instruction&);
  Run run = nullptr;
  /// Registers, as offsets into a warp's register file.
  std::array<Slot, 8> dst{};
  std::array<Slot, 9> src{};
  /// Added to an address.
  std::int64_t offset = 0;
  /// Zero is none.
  Slot guard = 0;
  bool guard_negated = false;
  /// Counts for lanes that its guard stops, too.
  bool counts_all = false;
  /// Where a branch goes, or what a call needs: an index into the program's tables.
  std::uint32_t target = 0;
  int line = 0;
  std::uint32_t opcode = 0;
  /// What else the instruction's own handlers keep.
  std::array<std::uint8_t, 8> detail{};
  /// How many of dst (src) are in use.
  std::uint8_t results = 0;
  std::uint8_t sources = 0;
};

struct RegisterHead {
  std::uint32_t defined = 0;
  /// PTX line that left lanes undefined; zero before the first.
  std::int32_t origin = 0;
  std::uint64_t padding = 0;
};

/// A call's parameters, as ranges of the threads' parameter memory.
struct Call {
  struct Copy {
    std::size_t from = 0;
    std::size_t to = 0;
    std::size_t size_bytes = 0;
  };
  std::uint32_t function = 0;
  std::vector<Copy> arguments{};
  std::vector<Copy> results{};
};

/// What a kernel's launch executes: its own code and that of the functions that it calls.
struct Program {
  struct Body {
    std::string name{};
    std::uint32_t start = 0;
    std::vector<Slot> registers{};
    /// The function's part of local memory.
    std::size_t local_begin = 0;
    std::size_t local_end = 0;
  };
  struct Special {
    std::string name{};
    Slot slot = 0;
  };
  const ModuleText* module = nullptr;
  Entry entry{};
  std::vector<Instruction> code{};
  std::vector<std::string> opcodes{};
  /// By opcode index: whether it computes on integers.
  std::vector<bool> is_integer{};
  std::vector<Body> bodies{};
  std::vector<Call> calls{};
  std::vector<std::vector<std::uint32_t>> branch_tables{};
  std::vector<Special> specials{};
  std::unordered_map<Slot, std::string> register_names{};
  /// A register file as it is before the first instruction, constants included.
  std::vector<std::byte> file{};
  std::size_t shared_bytes = 0;
  std::size_t local_bytes = 0;
  /// Of the called functions' parameters, each thread.
  std::size_t parameter_bytes = 0;
};

/// Whether `name` (such as "%tid.x") is a register that the hardware fills, of 32 bits.
bool is_special_register(const std::string& name);

/// Bytes and whether they were written.
struct Bytes {
  void assign(std::size_t size) {
    data.assign(size, std::byte{0xcd});
    initialised.assign(size, 0);
  }
  std::vector<std::byte> data{};
  std::vector<std::uint8_t> initialised{};
};

/// Generic addresses of what is not global memory; the low part is an offset.
constexpr std::uint64_t kSharedWindow = std::uint64_t{1} << 56;
constexpr std::uint64_t kLocalWindow = std::uint64_t{2} << 56;
constexpr std::uint64_t kParameterWindow = std::uint64_t{3} << 56;
constexpr std::uint64_t kWindowMask = std::uint64_t{255} << 56;
/// In parameter space a kernel's parameters begin at 0, those of calls here.
constexpr std::uint64_t kCallParameters = std::uint64_t{1} << 20;

/// One launch in progress.
struct Execution {
  Memory& memory;
  const Program& program;
  Launch launch;
  Options options;
  /// The machine's count of intervals in which accesses are told apart.
  std::uint64_t& generations;
  /// Of global memory, for the whole launch.
  std::uint64_t generation = ++generations;
  LaunchCounts counts{};
  /// By instruction.
  std::vector<std::uint64_t> issued{};
  std::vector<std::uint64_t> executed{};
  /// The order of turns: lanes at an atomic, warps.
  std::array<std::uint8_t, kLanes> lane_order{};
  std::vector<std::uint32_t> warp_order{};
  /// Warp instructions so far.
  std::uint64_t clock = 0;
};

enum class BarrierKind : std::uint8_t { kSync, kArrive, kPopc, kAnd, kOr };

/// A numbered barrier of a block, as far as warps have reached it.
struct Barrier {
  const Instruction* instruction = nullptr;
  std::uint32_t expected_threads = 0;
  std::uint32_t arrived_threads = 0;
  std::uint32_t waiting_warps = 0;
  /// Of bar.red: threads whose predicate is true.
  std::uint32_t true_threads = 0;
  /// What the arrived warps have seen of all warps' clocks, their own included.
  std::array<std::uint64_t, kMaxWarps> seen{};
};

/// Lanes that wait in a warp collective.
struct Waiting {
  std::uint32_t mask = 0;
  std::uint32_t pc = 0;
};

class Warp {
 public:
  Block* block = nullptr;
  Execution* execution = nullptr;
  std::uint32_t index = 0;

  // The instruction that runs: for which lanes, and where they go on.
  std::uint32_t group = 0;
  std::uint32_t active = 0;
  std::uint32_t pc = 0;
  std::uint32_t next = 0;
  /// Set by an instruction that sent lanes different ways, by pcs, or stopped some.
  bool scattered = false;

  // Lanes: those that the block has, those that have not exited, those that wait.
  std::uint32_t exists = 0;
  std::uint32_t live = 0;
  std::uint32_t collecting = 0;
  std::uint32_t at_barrier = 0;
  /// All lanes have reached a block's barrier.
  bool in_barrier = false;
  std::array<std::uint32_t, kLanes> pcs{};
  std::array<Waiting, kLanes> waiting{};
  /// Calls that the lanes are in, as the pcs of their call instructions.
  std::vector<std::array<std::uint32_t, kLanes>> calls{};
  std::array<std::uint8_t, kLanes> call_depth{};

  // Time, for the race check.
  std::uint64_t clock = 1;
  std::uint64_t own_seen = 0;
  std::array<std::uint64_t, kMaxWarps> seen{};
  std::unique_ptr<LaneClocks> lane_clocks{};

  std::byte* file = nullptr;
  std::unique_ptr<std::byte[]> file_memory{};
  /// Each lane's part after the other.
  Bytes local{};
  Bytes parameters{};
  /// Undefined bits of registers whose lanes are neither defined nor undefined as a whole.
  std::unordered_map<Slot, std::array<std::uint64_t, kLanes>> partly{};

  [[nodiscard]] RegisterHead& head(Slot slot) const {
    return *reinterpret_cast<RegisterHead*>(file + slot);
  }
  template <class T>
  [[nodiscard]] T* lanes(Slot slot) const {
    return reinterpret_cast<T*>(file + slot + sizeof(RegisterHead));
  }
  [[nodiscard]] std::uint32_t& predicate(Slot slot) const { return *lanes<std::uint32_t>(slot); }

  /// All active lanes of the register hold a value now.
  void define(Slot slot) const { head(slot).defined |= active; }
  [[nodiscard]] bool is_defined(Slot slot) const { return (active & ~head(slot).defined) == 0; }
  /// The register's bits that have no defined value, in one lane.
  [[nodiscard]] std::uint64_t undefined_bits(Slot slot, int lane) const;
  /// Active lanes of a register of `bits` have these undefined bits now.
  void define_partly(const Instruction& instruction,
                     Slot slot,
                     const std::array<std::uint64_t, kLanes>& undefined,
                     int bits);
  /// A predicate's active lanes are defined now where `defined` has their bits.
  void define_predicate(const Instruction& instruction, Slot slot, std::uint32_t defined) const;
  /// Throws Fault where an active lane's value is not fully defined.
  void require(const Instruction& instruction, Slot slot, const char* use) const {
    if (!is_defined(slot)) [[unlikely]]
      refuse_undefined(instruction, slot, use);
  }
  [[noreturn]] void refuse_undefined(const Instruction& instruction,
                                     Slot slot,
                                     const char* use) const;

  /// Starts the block's warp again from the first instruction, with new values all over.
  void restart();
  /// Runs until all lanes wait or have exited, or about `budget` instructions are over.
  void run(std::uint64_t budget);
  [[nodiscard]] std::uint32_t runnable() const { return live & ~collecting & ~at_barrier; }

  [[nodiscard]] Agent agent(int lane, Strength strength) const;
  /// The lanes of `mask`, which is all that live or a part, have met at a barrier.
  void meet(std::uint32_t mask);

  /// For the thread of the lowest lane of `lanes`.
  [[noreturn]] void fault(const Instruction& instruction,
                          std::uint32_t lanes,
                          const std::string& what) const;

 private:
  /// Lanes that run next, at `pc`; returns the program counter at which others stand.
  std::uint32_t choose_group(bool from_behind);
  /// Runs the group up to instruction `limit`, to where it parts, or for about `budget`
  /// instructions; returns how many it were.
  std::uint64_t run_group(std::uint32_t limit, std::uint64_t budget);
  void fill_special(const Program::Special& special) const;

  /// One group of lanes used up a whole budget while others could run: perhaps it waits for them.
  bool hogged_ = false;
};

/// f(lane) for each lane of `active`; what it does in one lane must not depend on other lanes.
template <class F>
inline void each_lane(std::uint32_t active, F f) {
  if (active == kAllLanes) {
#pragma GCC ivdep
    for (int lane = 0; lane < kLanes; ++lane)
      f(lane);
  } else {
    for (; active != 0; active &= active - 1)
      f(__builtin_ctz(active));
  }
}

class Block {
 public:
  Execution* execution = nullptr;
  std::uint32_t index = 0;
  Dim3 position{};
  std::uint32_t threads = 0;
  /// Of shared memory, from one barrier of all threads to the next.
  std::uint64_t generation = 0;
  std::uint64_t epoch = 0;
  Bytes shared{};
  std::unique_ptr<ShadowMap> shadow{};
  std::vector<Warp> warps{};
  std::array<Barrier, 16> barriers{};

  Block(Execution& of, std::size_t shared_bytes);
  /// Begins with the block of this number.
  void restart(std::uint32_t number);
  /// Lets the warps take turns for about `budget` instructions; whether all have exited. Throws
  /// Fault where none can go on.
  bool run(std::uint64_t budget);

  /// All threads have met.
  void begin_interval();

  /// All lanes of the warp have reached barrier `number`, which is for `threads` threads, or for
  /// all if that is zero; lets the waiting warps go on where that was the last one.
  void arrive(Warp& warp,
              const Instruction& instruction,
              std::uint32_t number,
              std::uint32_t threads);

 private:
  void release(Barrier& barrier);
  [[noreturn]] void refuse_deadlock() const;
};

}  // namespace ptx
