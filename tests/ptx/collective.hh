// What all instructions share for which lanes of a warp wait for each other.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tests/ptx/decoder.hh"

namespace ptx {

/// In Instruction::detail: which source has the member mask.
constexpr std::size_t kMaskSource = 0;

/// The lanes that wait with `lane` for the same: all that its member mask names, or none if some
/// have not come yet.
std::uint32_t complete_members(const Warp& warp, const Instruction& instruction, int lane);

/// Throws Fault where the mask lacks the lane itself or names lanes that have exited.
void check_mask(const Warp& warp, const Instruction& instruction, int lane, std::uint32_t mask);

/// Runs kAct for all lanes of a member mask once they are all there.
template <Instruction::Run kAct>
void collect(Warp& warp, const Instruction& instruction) {
  const Slot mask_slot = instruction.src[instruction.detail[kMaskSource]];
  warp.require(instruction, mask_slot, "takes for a member mask");
  const auto* const masks = warp.lanes<std::uint32_t>(mask_slot);
  const std::uint32_t active = warp.active;
  const std::uint32_t first = masks[__builtin_ctz(active)];
  bool uniform = (first & warp.exists) == active;
  for (std::uint32_t left = active; left != 0; left &= left - 1)
    uniform &= masks[__builtin_ctz(left)] == first;
  if (uniform)
    return kAct(warp, instruction);

  for (std::uint32_t left = warp.group; left != 0; left &= left - 1) {
    const int lane = __builtin_ctz(left);
    const auto i = static_cast<std::size_t>(lane);
    if ((active >> lane & 1) == 0) {
      warp.pcs[i] = warp.next;
      continue;
    }
    check_mask(warp, instruction, lane, masks[lane]);
    warp.waiting[i] = {.mask = masks[lane], .pc = warp.pc};
    warp.pcs[i] = warp.pc;
  }
  warp.collecting |= active;
  warp.scattered = true;
  for (std::uint32_t left = active; left != 0; left &= left - 1) {
    const std::uint32_t members = complete_members(warp, instruction, __builtin_ctz(left));
    if (members == 0)
      continue;
    warp.active = members;
    kAct(warp, instruction);
    for (std::uint32_t lanes = members; lanes != 0; lanes &= lanes - 1) {
      const auto lane = static_cast<std::size_t>(__builtin_ctz(lanes));
      warp.pcs[lane] = warp.waiting[lane].pc + 1;
    }
    warp.collecting &= ~members;
    left &= ~members | (left & -left);
  }
}

// For decoders.
void take_sync(Decoder& decoder);
void add_mask(Decoder& decoder, std::size_t index);

}  // namespace ptx
