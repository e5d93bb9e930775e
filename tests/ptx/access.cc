// One thread's access to memory of any kind: where it lies, and whether it may be.
#include "tests/ptx/access.hh"

#include <algorithm>

#include <fmt/format.h>

namespace ptx {
namespace {

const char* verb(Purpose purpose) {
  return purpose == Purpose::kWrite ? "writes" : purpose == Purpose::kAtomic ? "updates" : "reads";
}

/// One access, for the faults' texts.
struct Access {
  const Warp& warp;
  const Instruction& instruction;
  int lane = 0;
  std::uint64_t address = 0;
  std::size_t size_bytes = 0;
  Purpose purpose = Purpose::kRead;

  [[noreturn]] void refuse(const std::string& where) const {
    warp.fault(instruction, std::uint32_t{1} << lane,
               fmt::format("{} {} bytes {}", verb(purpose), size_bytes, where));
  }
};

Place locate_global(const Access& access, Space space) {
  Memory& memory = access.warp.execution->memory;
  Buffer* buffer = memory.find(access.address, access.size_bytes);
  if (buffer == nullptr)
    access.refuse(fmt::format("out of bounds, at {:#x}, {}", access.address,
                              memory.whereabouts(access.address)));
  // nvcc itself reads constants as global memory, where it does not know what a pointer points to.
  if (buffer->constant && (access.purpose == Purpose::kWrite || access.purpose == Purpose::kAtomic))
    access.refuse("of constant memory '" + buffer->name + "'");
  if (!buffer->constant && space == Space::kConst)
    access.refuse("of global memory '" + buffer->name + "' as constant memory");
  const std::uint64_t offset = access.address - buffer->address;
  return {.data = reinterpret_cast<std::byte*>(access.address),
          .initialised = buffer->initialised.data() + offset,
          .shadows = buffer->constant ? std::span<Shadow>()
                                      : buffer->shadow.at(offset, access.size_bytes,
                                                          access.warp.execution->generation),
          .space = space == Space::kConst ? Space::kConst : Space::kGlobal};
}

Place locate_shared(const Access& access, std::uint64_t offset) {
  Block& block = *access.warp.block;
  const std::size_t size = block.shared.data.size();
  if (offset > size || access.size_bytes > size - offset)
    access.refuse(fmt::format("out of bounds, at {} of the block's {} bytes of shared memory",
                              static_cast<std::int64_t>(offset), size));
  return {.data = block.shared.data.data() + offset,
          .initialised = block.shared.initialised.data() + offset,
          .shadows = block.shadow->at(offset, access.size_bytes, block.generation),
          .space = Space::kShared};
}

/// In memory that each lane has of its own.
Place locate_private(const Access& access, Bytes& bytes, std::uint64_t offset, Space space) {
  const std::size_t size = bytes.data.size() / kLanes;
  if (offset > size || access.size_bytes > size - offset)
    access.refuse(fmt::format("out of bounds, at {} of the thread's {} bytes of {} memory",
                              static_cast<std::int64_t>(offset), size,
                              space == Space::kLocal ? "local" : "parameter"));
  const std::size_t at = size * static_cast<std::size_t>(access.lane) + offset;
  return {.data = bytes.data.data() + at,
          .initialised = bytes.initialised.data() + at,
          .shadows = {},
          .space = space};
}

Place locate_parameter(Warp& warp, const Access& access, std::uint64_t offset) {
  if (offset >= kCallParameters)
    return locate_private(access, warp.parameters, offset - kCallParameters, Space::kParam);
  const auto parameters = warp.execution->launch.parameters;
  if (offset > parameters.size() || access.size_bytes > parameters.size() - offset)
    access.refuse(fmt::format("out of bounds, at {} of the kernel's {} bytes of parameters",
                              static_cast<std::int64_t>(offset), parameters.size()));
  if (access.purpose != Purpose::kRead)
    access.refuse("of the kernel's parameters");
  // Only read.
  return {.data = const_cast<std::byte*>(parameters.data()) + offset,
          .initialised = nullptr,
          .shadows = {},
          .space = Space::kParam};
}

struct Race {
  const Accesses& with;
  bool with_write = false;
};

[[noreturn]] void refuse_race(const Warp& warp,
                              const Instruction& instruction,
                              const Agent& agent,
                              const Place& place,
                              Purpose purpose,
                              const Race& race) {
  const std::string where =
      place.space == Space::kShared
          ? fmt::format("offset {} of shared memory", place.data - warp.block->shared.data.data())
          : warp.execution->memory.whereabouts(reinterpret_cast<std::uintptr_t>(place.data));
  warp.fault(instruction, agent.lane_bit(),
             fmt::format("race: {} memory {}, which {} {} without a barrier between", verb(purpose),
                         where, describe(race.with), race.with_write ? "wrote" : "read"));
}

/// Distinct 32-byte sectors of `count` addresses; reorders them.
std::uint64_t count_sectors(std::uint64_t* addresses, std::size_t count) {
  if (count == 0)
    return 0;
  for (std::size_t i = 0; i < count; ++i)
    addresses[i] /= 32;
  if (!std::is_sorted(addresses, addresses + count))
    std::sort(addresses, addresses + count);
  return static_cast<std::uint64_t>(std::unique(addresses, addresses + count) - addresses);
}

/// The addresses of the active lanes.
std::array<std::uint64_t, kLanes> addresses_of(const Warp& warp, const Instruction& instruction) {
  const Slot slot = instruction.src[0];
  warp.require(instruction, slot, "takes for an address");
  std::array<std::uint64_t, kLanes> addresses{};
  const auto offset = static_cast<std::uint64_t>(instruction.offset);
  if (instruction.detail[kAddressBits] == 32) {
    // Sums wrap at 32 bits, which nvcc relies on: it takes bases before the window and adds to
    // them.
    const auto* const base = warp.lanes<std::uint32_t>(slot);
    each_lane(warp.active, [&addresses, base, offset](int lane) {
      addresses[static_cast<std::size_t>(lane)] =
          static_cast<std::uint32_t>(base[lane] + static_cast<std::uint32_t>(offset));
    });
  } else {
    const auto* const base = warp.lanes<std::uint64_t>(slot);
    each_lane(warp.active, [&addresses, base, offset](int lane) {
      addresses[static_cast<std::size_t>(lane)] = base[lane] + offset;
    });
  }
  return addresses;
}

/// What a warp's access adds to the launch's counts.
class Count {
 public:
  void add(Space space, std::uint64_t address) {
    if (space == Space::kGlobal)
      global_[globals_++] = address;
    shared_ += space == Space::kShared;
    local_ += space == Space::kLocal;
  }
  void finish(LaunchCounts& counts, std::size_t size_bytes, Purpose purpose) {
    const std::uint64_t global = globals_ * size_bytes;
    const std::uint64_t sectors = count_sectors(global_.data(), globals_);
    if (purpose != Purpose::kWrite) {
      counts.global.loaded_bytes += global;
      counts.shared.loaded_bytes += shared_ * size_bytes;
      counts.local.loaded_bytes += local_ * size_bytes;
      counts.global_load_sectors += sectors;
    }
    if (purpose == Purpose::kWrite || purpose == Purpose::kAtomic) {
      counts.global.stored_bytes += global;
      counts.shared.stored_bytes += shared_ * size_bytes;
      counts.local.stored_bytes += local_ * size_bytes;
      counts.global_store_sectors += sectors;
    }
  }

 private:
  std::array<std::uint64_t, kLanes> global_{};
  std::size_t globals_ = 0;
  std::uint64_t shared_ = 0;
  std::uint64_t local_ = 0;
};

}  // namespace

Place locate(Warp& warp,
             const Instruction& instruction,
             int lane,
             std::uint64_t address,
             const AccessForm& form) {
  const Access access{warp, instruction, lane, address, form.size_bytes, form.purpose};
  if ((address & (form.size_bytes - 1)) != 0)
    access.refuse(fmt::format("at a misaligned address, {:#x}", address));
  switch (form.space) {
    case Space::kShared:
      return locate_shared(access, address);
    case Space::kLocal:
      return locate_private(access, warp.local, address, Space::kLocal);
    case Space::kParam:
      return locate_parameter(warp, access, address);
    case Space::kGeneric:
      break;
    default:
      return locate_global(access, form.space);
  }
  const std::uint64_t offset = address & ~kWindowMask;
  switch (address & kWindowMask) {
    case kSharedWindow:
      return locate_shared(access, offset);
    case kLocalWindow:
      return locate_private(access, warp.local, offset, Space::kLocal);
    case kParameterWindow:
      return locate_parameter(warp, access, offset);
    default:
      return locate_global(access, Space::kGeneric);
  }
}

void note_access(Warp& warp,
                 const Instruction& instruction,
                 const Agent& agent,
                 const Place& place,
                 Purpose purpose) {
  const bool writes = purpose == Purpose::kWrite || purpose == Purpose::kAtomic;
  for (Shadow& shadow : place.shadows) {
    const Accesses* other = writes ? note_write(shadow, agent) : note_read(shadow, agent);
    if (other != nullptr)
      refuse_race(warp, instruction, agent, place, purpose, {*other, other == &shadow.writes});
    if (purpose == Purpose::kReadOnlyCache && !shadow.writes.stamp.none())
      warp.fault(instruction, agent.lane_bit(),
                 "reads through the read-only cache what this launch has written");
  }
}

Places places_of(Warp& warp, const Instruction& instruction, std::size_t size_bytes) {
  const auto addresses = addresses_of(warp, instruction);
  const AccessForm form{.space = static_cast<Space>(instruction.detail[kSpaceDetail]),
                        .size_bytes = size_bytes,
                        .purpose = static_cast<Purpose>(instruction.detail[kPurposeDetail])};
  Agent agent = warp.agent(0, static_cast<Strength>(instruction.detail[kStrengthDetail]));
  Places places;
  Count count;
  for (std::uint32_t left = warp.active; left != 0; left &= left - 1) {
    const int lane = __builtin_ctz(left);
    const auto i = static_cast<std::size_t>(lane);
    Place place;
    if (!locate_quickly(warp, addresses[i], form, place)) [[unlikely]]
      place = locate(warp, instruction, lane, addresses[i], form);
    agent.lane = static_cast<std::uint32_t>(lane);
    note_access(warp, instruction, agent, place, form.purpose);
    places.data[i] = place.data;
    places.initialised[i] = place.initialised;
    if (place.space == Space::kGlobal)
      places.global |= std::uint32_t{1} << lane;
    count.add(place.space, addresses[i]);
  }
  count.finish(warp.execution->counts, size_bytes, form.purpose);
  return places;
}

void take_space(Decoder& decoder) {
  constexpr Space kSpaces[] = {Space::kGlobal, Space::kConst,  Space::kParam,  Space::kParam,
                               Space::kParam,  Space::kShared, Space::kShared, Space::kLocal};
  const int space = decoder.take_one_of({"global", "const", "param", "param::entry", "param::func",
                                         "shared", "shared::cta", "local"});
  decoder.instruction.detail[kSpaceDetail] =
      static_cast<std::uint8_t>(space < 0 ? Space::kGeneric : kSpaces[space]);
}

void take_strength(Decoder& decoder, Strength otherwise) {
  Strength strength = otherwise;
  if (decoder.take_one_of({"relaxed", "acquire", "release", "acq_rel", "volatile"}) >= 0)
    strength = Strength::kDevice;
  else
    decoder.take("weak");
  if (decoder.take_one_of({"cta", "cluster", "gpu", "sys"}) == 0)
    strength = Strength::kBlock;
  decoder.instruction.detail[kStrengthDetail] = static_cast<std::uint8_t>(strength);
}

void set_purpose(Decoder& decoder, Purpose purpose) {
  decoder.instruction.detail[kPurposeDetail] = static_cast<std::uint8_t>(purpose);
}

}  // namespace ptx
