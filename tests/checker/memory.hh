// Inside of the checker: the memory that lanes may touch, and for each byte who touched it last.
//
// One launch runs at a time, on one thread, so this state is global: the callbacks that the
// compiler inserts have no argument to carry it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace checker {

enum class Access : std::uint8_t { kRead, kWrite, kAtomicAdd };

enum class RegionKind : std::uint8_t {
  kBuffer,      // reads and writes are checked byte by byte
  kTeamBuffer,  // the same, and what it holds is lost between teams
  kConstant,    // the program's read-only data
  kArguments,   // the launching function's stack: lanes read their arguments there
  kLaneStack,   // free for the lane that owns it, forbidden to all others
};

/// What is known of one byte of a buffer. Epochs count barriers, see Clock; 0 is never.
struct ByteState {
  std::uint32_t write_epoch = 0;
  std::uint32_t read_epoch = 0;
  /// Epochs of the last accesses by an earlier team of a launch, which no barrier orders.
  std::uint32_t other_team_write_epoch = 0;
  std::uint32_t other_team_read_epoch = 0;
  /// Where, as distances from the program's start.
  std::uint32_t write_pc = 0;
  std::uint32_t read_pc = 0;
  std::int16_t write_lane = 0;
  std::int16_t read_lane = 0;
  bool initialised = false;
  bool atomic = false;  // all writes of write_epoch were atomic
};

struct Region {
  std::uintptr_t begin = 0;
  std::size_t bytes = 0;
  RegionKind kind = RegionKind::kBuffer;
  std::string name;
  std::size_t element_bytes = 1;
  /// Bytes before and behind that belong to no one: a wrong access there does no damage.
  std::size_t guard_bytes = 0;
  /// One for each byte of a buffer; null for other kinds.
  ByteState* states = nullptr;
};

/// Regions do not overlap. The region stays valid until it is removed.
const Region& add_region(Region region);
void remove_region(const Region& region);

/// Marks bytes of a buffer as written by the host, or as never written.
void set_initialised(const Region& region, std::size_t first, std::size_t bytes, bool initialised);

/// Team buffers hold nothing yet when a team begins.
void forget_team_buffers();

/// Counts barriers, over all launches. An access is ordered after all that lies before the epoch
/// which is named here.
struct Clock {
  std::uint32_t now = 1;     // counts barriers and sums: reads before it precede writes
  std::uint32_t met = 1;     // the last barrier: writes before it are seen
  std::uint32_t team = 1;    // beginning of this team
  std::uint32_t launch = 1;  // beginning of this launch
};

/// What the callbacks must know about the lane that runs.
struct RunningLane {
  std::uintptr_t stack_begin = 0;
  std::size_t stack_bytes = 0;
  std::int16_t lane = 0;
  int team = 0;
  /// Where the functions that it is in were called; beyond the end of the array they are forgotten.
  std::array<std::uintptr_t, 64> calls{};
  std::uint32_t depth = 0;
};

struct Fault {
  std::string text;
  std::vector<std::uintptr_t> here;  // return addresses, innermost first
  std::uintptr_t there = 0;          // the other side of a race, or 0
  std::string kind;

  bool operator==(const Fault&) const = default;
};

struct Watch {
  RunningLane* running = nullptr;  // null while host code runs: nothing is checked then
  Clock clock;
  std::uint64_t accesses = 0;
  std::vector<Fault> faults;  // of this launch, each place once
};
extern constinit Watch watch;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

/// Checks an access of the running lane, outside of its own stack. May end the launch, see
/// stop_launch(). `pc` is the address behind the instruction.
void check(std::uintptr_t address, std::size_t bytes, Access access, std::uintptr_t pc);

/// The same for an instruction that needs its address aligned.
void check_aligned(std::uintptr_t address, std::size_t bytes, Access access, std::uintptr_t pc);

/// `address` is said to be a multiple of `alignment`: a CPU forgives it if it is not, a GPU does
/// not.
void check_alignment(std::uintptr_t address, std::size_t alignment, std::uintptr_t pc);

/// Notes a fault of the running lane, or of the team where none runs. `pc` and `there` may be 0.
void add_fault(const char* kind, std::string text, std::uintptr_t pc, std::uintptr_t there = 0);

/// Leaves the running lane for good and ends the launch: it would damage the test's own memory, or
/// wait for ever.
[[noreturn]] void stop_launch();

}  // namespace checker
