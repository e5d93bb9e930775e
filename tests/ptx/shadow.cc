// Who touched which byte: finds accesses that no barrier puts in order.
#include "tests/ptx/shadow.hh"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

namespace ptx {
namespace {

bool lanes_before(const Agent& agent, std::uint64_t clock, std::uint32_t lanes) {
  const auto& seen = (*agent.lane_clocks)[agent.lane];
  for (; lanes != 0; lanes &= lanes - 1) {
    if (seen[static_cast<std::size_t>(__builtin_ctz(lanes))] < clock)
      return false;
  }
  return true;
}

bool happened_before(const Agent& agent, const Accesses& accesses) {
  const Stamp stamp = accesses.stamp;
  if (stamp.none())
    return true;
  if (stamp.block() != agent.stamp.block() || stamp.many_blocks())
    return false;
  if (stamp.warp() == Stamp::kManyWarps)
    return stamp.clock() < agent.epoch;
  if (stamp.warp() != agent.stamp.warp())
    return (*agent.seen)[stamp.warp()] >= stamp.clock();
  const std::uint32_t others = accesses.lanes & ~agent.lane_bit();
  if (others == 0 || stamp.clock() <= agent.own_seen)
    return true;
  return agent.lane_clocks != nullptr && lanes_before(agent, stamp.clock(), others);
}

bool both_atomic(const Agent& agent, const Accesses& accesses) {
  const Strength weaker = std::min(agent.stamp.strength(), accesses.stamp.strength());
  return weaker == Strength::kDevice ||
         (weaker == Strength::kBlock && accesses.stamp.block() == agent.stamp.block());
}

bool race(const Agent& agent, const Accesses& accesses) {
  return !happened_before(agent, accesses) && !both_atomic(agent, accesses);
}

/// Adds one that is not in order with those that are there.
void join(Accesses& accesses, const Agent& agent) {
  const Stamp old = accesses.stamp;
  const Strength mine = agent.stamp.strength();
  if (old.strength() != mine && std::min(old.strength(), mine) == Strength::kWeak) {
    // Plain reads beside atomic ones: the plain ones race with more.
    if (mine == Strength::kWeak)
      accesses = {agent.stamp, agent.lane_bit()};
    return;
  }
  const Strength weaker = std::min(old.strength(), mine);
  if (old.many_blocks() || old.block() != agent.stamp.block()) {
    accesses = {Stamp(Stamp::kManyBlocks - 1, Stamp::kManyWarps, 0, weaker), kAllLanes};
  } else if (old.warp() != agent.stamp.warp()) {
    accesses = {Stamp(old.block(), Stamp::kManyWarps, agent.epoch, weaker), kAllLanes};
  } else {
    accesses = {Stamp(old.block(), old.warp(), agent.stamp.clock(), weaker),
                accesses.lanes | agent.lane_bit()};
  }
}

/// What happened before needs no check of its own any more, but for a plain access of the same
/// interval: what others do atomically is not in order with it.
void replace(Accesses& accesses, const Agent& agent) {
  const Stamp weak(agent.stamp.block(), agent.stamp.warp(), agent.stamp.clock(), Strength::kWeak);
  accesses = {accesses.stamp == weak ? weak : agent.stamp, agent.lane_bit()};
}

void remember(Accesses& accesses, const Agent& agent) {
  if (accesses.stamp == agent.stamp)
    accesses.lanes |= agent.lane_bit();
  else if (happened_before(agent, accesses))
    replace(accesses, agent);
  else
    join(accesses, agent);
}

/// Whether one more read adds nothing to those that are noted.
bool covers_all(Stamp reads, const Agent& agent) {
  if (reads.strength() != Strength::kWeak)
    return false;
  return reads.many_blocks() ||
         (reads.warp() == Stamp::kManyWarps && reads.block() == agent.stamp.block() &&
          reads.clock() == agent.epoch);
}

}  // namespace

const Accesses* note_unusual_read(Shadow& shadow, const Agent& agent) {
  if (race(agent, shadow.writes))
    return &shadow.writes;
  if (!covers_all(shadow.reads.stamp, agent))
    remember(shadow.reads, agent);
  return nullptr;
}

const Accesses* note_write(Shadow& shadow, const Agent& agent) {
  if (race(agent, shadow.writes))
    return &shadow.writes;
  if (race(agent, shadow.reads))
    return &shadow.reads;
  remember(shadow.writes, agent);
  return nullptr;
}

std::string describe(const Accesses& accesses) {
  if (accesses.stamp.many_blocks())
    return "several blocks";
  if (accesses.stamp.warp() == Stamp::kManyWarps)
    return fmt::format("several warps of block {}", accesses.stamp.block());
  return fmt::format("lanes {:08x} of warp {} of block {}", accesses.lanes, accesses.stamp.warp(),
                     accesses.stamp.block());
}

void ShadowMap::renew(std::unique_ptr<Page>& page, std::uint64_t generation) {
  if (!page)
    page = std::make_unique<Page>();
  page->generation = generation;
  page->piece_shift = kLargestPiece;
  std::fill_n(page->pieces.begin(), kPageBytes >> kLargestPiece, Shadow{});
}

void ShadowMap::refine(Page& page, std::size_t size_bytes) {
  const auto shift = static_cast<unsigned>(std::countr_zero(size_bytes));
  const unsigned finer = page.piece_shift - shift;
  // From behind: no piece is overwritten before it is copied.
  for (std::size_t i = kPageBytes >> shift; i-- > 0;)
    page.pieces[i] = page.pieces[i >> finer];
  page.piece_shift = shift;
}

}  // namespace ptx
