// One thread's access to memory of any kind: where it lies, and whether it may be.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "tests/ptx/decoder.hh"
#include "tests/ptx/warp.hh"

namespace ptx {

enum class Purpose : std::uint8_t { kRead, kWrite, kReadOnlyCache, kAtomic };

/// What an instruction does to memory in each of its lanes.
struct AccessForm {
  Space space = Space::kGeneric;
  std::size_t size_bytes = 0;
  Purpose purpose = Purpose::kRead;
};

/// Bytes of memory that a lane may use. A kernel's parameters have no `initialised` (they all are);
/// only global and shared memory have shadows.
struct Place {
  std::byte* data = nullptr;
  std::uint8_t* initialised = nullptr;
  std::span<Shadow> shadows{};
  Space space = Space::kGlobal;
};

/// Finds the bytes of an access by one lane. Throws Fault where they are not all there, misaligned
/// or not for this purpose.
Place locate(Warp& warp,
             const Instruction& instruction,
             int lane,
             std::uint64_t address,
             const AccessForm& form);

/// The same for what is most frequent and as it should be; false means to ask locate().
inline bool locate_quickly(const Warp& warp,
                           std::uint64_t address,
                           const AccessForm& form,
                           Place& place) {
  const std::size_t size_bytes = form.size_bytes;
  if ((address & (size_bytes - 1)) != 0)
    return false;
  if (form.space == Space::kShared) {
    Block& block = *warp.block;
    if (address > block.shared.data.size() || size_bytes > block.shared.data.size() - address)
      return false;
    place = {.data = block.shared.data.data() + address,
             .initialised = block.shared.initialised.data() + address,
             .shadows = block.shadow->at(address, size_bytes, block.generation),
             .space = Space::kShared};
    return true;
  }
  if (form.space != Space::kGlobal)
    return false;
  Buffer* const buffer = warp.execution->memory.find(address, size_bytes);
  if (buffer == nullptr || buffer->constant)
    return false;
  const std::uint64_t offset = address - buffer->address;
  place = {.data = reinterpret_cast<std::byte*>(address),
           .initialised = buffer->initialised.data() + offset,
           .shadows = buffer->shadow.at(offset, size_bytes, warp.execution->generation),
           .space = Space::kGlobal};
  return true;
}

/// Checks the access against those of other threads and remembers it. Throws Fault at a race.
void note_access(Warp& warp,
                 const Instruction& instruction,
                 const Agent& agent,
                 const Place& place,
                 Purpose purpose);

/// What loads, stores and atomics keep in Instruction::detail.
enum Detail : std::size_t {
  kSpaceDetail,
  kAddressBits,
  kPurposeDetail,
  kStrengthDetail,
  kOperation
};

/// Where all active lanes' bytes are, checked and counted.
struct Places {
  std::array<std::byte*, kLanes> data{};
  std::array<std::uint8_t*, kLanes> initialised{};
  /// Lanes whose bytes are in global memory.
  std::uint32_t global = 0;
};

/// Finds, checks, notes and counts the active lanes' accesses, each of `size_bytes`.
Places places_of(Warp& warp, const Instruction& instruction, std::size_t size_bytes);

/// Whether all bytes of a Word have been written.
template <class Word>
bool all_written(const std::uint8_t* initialised) {
  using Mask = std::make_unsigned_t<Word>;
  Mask mask = 0;
  std::memcpy(&mask, initialised, sizeof mask);
  return mask == static_cast<Mask>(0x0101010101010101);
}

// What decoders of these instructions share: they take modifiers and set details.
void take_space(Decoder& decoder);
/// Memory order and scope: how the access stands against those of other threads.
void take_strength(Decoder& decoder, Strength otherwise);
void set_purpose(Decoder& decoder, Purpose purpose);

}  // namespace ptx
