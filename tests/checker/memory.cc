// Inside of the checker: the memory that lanes may touch, and for each byte who touched it last.
#include "tests/checker/memory.hh"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

// The linker's. NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" const char __executable_start;

namespace checker {

// The callbacks have no argument that could carry it.
constinit Watch watch;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

namespace {

constexpr std::int16_t kSeveralLanes = -1;
constexpr std::size_t kMaxFaults = 40;

/// Regions by their first byte; a direct-mapped cache in front of them.
struct Regions {
  std::map<std::uintptr_t, Region> by_begin;
  std::array<const Region*, 1024> cache{};
};

Regions& regions() {
  // Buffers of the test register themselves. NOLINTNEXTLINE(*-avoid-non-const-global-variables)
  static Regions all;
  return all;
}

/// The region that holds `address`, or null.
const Region* find(std::uintptr_t address) {
  Regions& all = regions();
  const Region*& cached = all.cache[(address >> 8) % all.cache.size()];
  if (cached != nullptr && address - cached->begin < cached->bytes)
    return cached;
  auto behind = all.by_begin.upper_bound(address);
  if (behind == all.by_begin.begin())
    return nullptr;
  const Region& region = std::prev(behind)->second;
  if (address - region.begin >= region.bytes)
    return nullptr;
  cached = &region;
  return cached;
}

/// The buffer in whose guard zone `address` lies, or null.
const Region* guarded_by(std::uintptr_t address) {
  for (const auto& [begin, region] : regions().by_begin) {
    if (address + region.guard_bytes >= begin &&
        address < begin + region.bytes + region.guard_bytes)
      return &region;
  }
  return nullptr;
}

std::uint32_t short_pc(std::uintptr_t pc) {
  return static_cast<std::uint32_t>(pc - reinterpret_cast<std::uintptr_t>(&__executable_start));
}

std::uintptr_t long_pc(std::uint32_t pc) {
  return pc + reinterpret_cast<std::uintptr_t>(&__executable_start);
}

const char* verb(Access access) {
  switch (access) {
    case Access::kRead:
      return "reads";
    case Access::kWrite:
      return "writes";
    default:
      return "adds to";
  }
}

std::string who(int lane) {
  return lane == kSeveralLanes ? std::string("other lanes") : fmt::format("lane {}", lane);
}

std::string place(const Region& region, std::uintptr_t address, std::size_t bytes) {
  const auto at = static_cast<std::ptrdiff_t>(address - region.begin);
  const auto size = static_cast<std::ptrdiff_t>(region.element_bytes);
  // Rounded down, also before the beginning.
  const std::ptrdiff_t index = (at - (at < 0 ? size - 1 : 0)) / size;
  return fmt::format("{}[{}] ({} of {} bytes, at byte {})", region.name, index, bytes, region.bytes,
                     at);
}

/// What is wrong about an access to one byte.
enum class Wrong : std::uint8_t { kNothing, kUninitialised, kWriteBefore, kReadBefore };

bool is_other_team(std::uint32_t epoch) {
  return epoch >= watch.clock.launch && epoch < watch.clock.team;
}

/// The last write to `s` is not ordered before what `lane` does now.
bool write_unordered(const ByteState& s, std::int16_t lane) {
  return s.write_epoch >= watch.clock.met ? s.write_lane != lane : is_other_team(s.write_epoch);
}

bool read_unordered(const ByteState& s, std::int16_t lane) {
  return s.read_epoch == watch.clock.now
             ? s.read_lane != lane
             : is_other_team(s.read_epoch) || s.other_team_read_epoch >= watch.clock.launch;
}

Wrong read_byte(ByteState& s, std::int16_t lane, std::uint32_t pc) {
  const Clock& clock = watch.clock;
  Wrong wrong = Wrong::kNothing;
  if (write_unordered(s, lane) || s.other_team_write_epoch >= clock.launch)
    wrong = Wrong::kWriteBefore;
  else if (!s.initialised)
    wrong = Wrong::kUninitialised;
  s.initialised = true;  // said once
  if (is_other_team(s.read_epoch))
    s.other_team_read_epoch = s.read_epoch;
  const bool also_others = s.read_epoch == clock.now && s.read_lane != lane;
  s.read_lane = also_others ? kSeveralLanes : lane;
  s.read_epoch = clock.now;
  s.read_pc = pc;
  return wrong;
}

Wrong write_byte(ByteState& s, std::int16_t lane, std::uint32_t pc, bool atomic) {
  const Clock& clock = watch.clock;
  Wrong wrong = Wrong::kNothing;
  const bool both_atomic = atomic && s.atomic;
  if ((!both_atomic && write_unordered(s, lane)) ||
      (!atomic && s.other_team_write_epoch >= clock.launch))
    wrong = Wrong::kWriteBefore;
  else if (read_unordered(s, lane))
    wrong = Wrong::kReadBefore;
  else if (atomic && !s.initialised)
    wrong = Wrong::kUninitialised;
  s.initialised = true;
  if (is_other_team(s.write_epoch))
    s.other_team_write_epoch = s.write_epoch;
  const bool same_interval = s.write_epoch >= clock.met;
  s.atomic = atomic && (!same_interval || s.atomic);
  s.write_lane = same_interval && s.write_lane != lane ? kSeveralLanes : lane;
  s.write_epoch = clock.now;
  s.write_pc = pc;
  return wrong;
}

/// Bytes of a buffer that one instruction touches.
struct Touch {
  const Region* region;
  std::uintptr_t address;
  std::size_t bytes;
  Access access;
  std::uintptr_t pc;
};

/// `before` is the byte's state as the access found it.
void report(const Touch& touch, Wrong wrong, const ByteState& before) {
  const std::string what = fmt::format("lane {} {} {}", watch.running->lane, verb(touch.access),
                                       place(*touch.region, touch.address, touch.bytes));
  if (wrong == Wrong::kUninitialised)
    return add_fault("uninitialised", what + ", which nobody wrote before", touch.pc);
  const bool after_write = wrong == Wrong::kWriteBefore;
  const bool other_team = is_other_team(after_write ? before.write_epoch : before.read_epoch) ||
                          (after_write ? before.other_team_write_epoch
                                       : before.other_team_read_epoch) >= watch.clock.launch;
  const std::string other = other_team ? std::string("another team")
                                       : who(after_write ? before.write_lane : before.read_lane);
  add_fault("race",
            fmt::format("{}, which {} {} {}", what, other, after_write ? "wrote" : "read",
                        other_team ? "in the same launch" : "since the last barrier"),
            touch.pc, long_pc(after_write ? before.write_pc : before.read_pc));
}

void check_buffer(const Touch& touch) {
  const std::int16_t lane = watch.running->lane;
  const std::uint32_t pc = short_pc(touch.pc);
  ByteState* state = touch.region->states + (touch.address - touch.region->begin);
  Wrong first = Wrong::kNothing;
  ByteState before;
  for (ByteState* const end = state + touch.bytes; state != end; ++state) {
    const ByteState found = *state;
    const Wrong wrong = touch.access == Access::kRead
                            ? read_byte(*state, lane, pc)
                            : write_byte(*state, lane, pc, touch.access == Access::kAtomicAdd);
    if (wrong == Wrong::kNothing || first != Wrong::kNothing) [[likely]]
      continue;
    first = wrong;
    before = found;
  }
  if (first != Wrong::kNothing) [[unlikely]]
    report(touch, first, before);
}

/// An access to no region, or past the end of one. In a guard zone the launch goes on.
void report_outside(const Touch& touch) {
  const Region* near = guarded_by(touch.address);
  if (near != nullptr && near->guard_bytes != 0 &&
      touch.address + touch.bytes <= near->begin + near->bytes + near->guard_bytes) {
    return add_fault("out of bounds",
                     fmt::format("lane {} {} {}", watch.running->lane, verb(touch.access),
                                 place(*near, touch.address, touch.bytes)),
                     touch.pc);
  }
  add_fault("out of bounds",
            fmt::format("lane {} {} {} bytes at {:#x}, which is in no buffer; the launch ends here",
                        watch.running->lane, verb(touch.access), touch.bytes, touch.address),
            touch.pc);
  stop_launch();
}

/// An access to memory that is no buffer.
void check_other(const Touch& touch) {
  const bool readable = touch.region->kind != RegionKind::kLaneStack;
  if (readable && touch.access == Access::kRead)
    return;
  add_fault(touch.region->kind == RegionKind::kLaneStack ? "another lane's stack" : "not writable",
            fmt::format("lane {} {} {} bytes of {}; the launch ends here", watch.running->lane,
                        verb(touch.access), touch.bytes, touch.region->name),
            touch.pc);
  stop_launch();
}

}  // namespace

const Region& add_region(Region region) {
  const std::uintptr_t begin = region.begin;
  regions().cache.fill(nullptr);
  return regions().by_begin.insert_or_assign(begin, std::move(region)).first->second;
}

void remove_region(const Region& region) {
  regions().cache.fill(nullptr);
  regions().by_begin.erase(region.begin);
}

void set_initialised(const Region& region, std::size_t first, std::size_t bytes, bool initialised) {
  std::fill_n(region.states + first, bytes, ByteState{.initialised = initialised});
}

void forget_team_buffers() {
  for (const auto& [begin, region] : regions().by_begin) {
    if (region.kind == RegionKind::kTeamBuffer)
      set_initialised(region, 0, region.bytes, false);
  }
}

void check(std::uintptr_t address, std::size_t bytes, Access access, std::uintptr_t pc) {
  ++watch.accesses;
  if (bytes == 0)
    return;
  const Touch touch{find(address), address, bytes, access, pc};
  if (touch.region == nullptr || bytes > touch.region->bytes - (address - touch.region->begin))
    report_outside(touch);
  else if (touch.region->states != nullptr)
    check_buffer(touch);
  else
    check_other(touch);
}

void check_aligned(std::uintptr_t address, std::size_t bytes, Access access, std::uintptr_t pc) {
  // Objects of 16 bytes may be copied as two halves.
  check_alignment(address, std::min<std::size_t>(bytes, 8), pc);
  check(address, bytes, access, pc);
}

void check_alignment(std::uintptr_t address, std::size_t alignment, std::uintptr_t pc) {
  if (address % alignment == 0) [[likely]]
    return;
  const Region* region = find(address);
  const std::string where =
      region != nullptr ? place(*region, address, alignment) : fmt::format("{:#x}", address);
  add_fault(
      "misaligned",
      fmt::format("lane {} uses {} as {} bytes at once", watch.running->lane, where, alignment),
      pc);
}

void add_fault(const char* kind, std::string text, std::uintptr_t pc, std::uintptr_t there) {
  RunningLane* const running = std::exchange(watch.running, nullptr);
  Fault fault{.text = std::move(text), .here = {}, .there = there, .kind = kind};
  if (pc != 0)
    fault.here.push_back(pc);
  if (pc != 0 && running != nullptr) {
    const auto known = std::min<std::size_t>(running->depth, running->calls.size());
    fault.here.insert(fault.here.end(), std::make_reverse_iterator(running->calls.begin() + known),
                      running->calls.rend());
  }
  const auto same = [&](const Fault& f) {
    return f.kind == fault.kind && f.here == fault.here && f.there == fault.there &&
           (pc != 0 || f.text == fault.text);
  };
  if (watch.faults.size() < kMaxFaults && std::ranges::none_of(watch.faults, same))
    watch.faults.push_back(std::move(fault));
  watch.running = running;
}

}  // namespace checker
