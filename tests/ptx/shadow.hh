// Who touched which byte: finds accesses that no barrier puts in order.
//
// Each piece of memory remembers its last write and the reads since then that no other read covers.
// An access is fine if those that it conflicts with happened before it: by the same thread, or with
// a barrier between them. Every warp has a clock that its barriers advance; what an agent has seen
// of other warps' clocks says what happened before. Blocks of one launch are never in order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ptx {

constexpr int kLanes = 32;
constexpr std::uint32_t kAllLanes = ~std::uint32_t{0};
constexpr int kMaxWarps = 32;

/// How an access is ordered against others: plain accesses race with any, atomic ones do not race
/// with each other within their scope.
enum class Strength : std::uint8_t { kWeak, kBlock, kDevice };

/// Block, warp, clock and strength of an access in one word; zero is none.
class Stamp {
 public:
  static constexpr std::uint32_t kManyBlocks = (1U << 22) - 1;
  static constexpr std::uint32_t kManyWarps = 63;

  constexpr Stamp() = default;
  /// `block` from 0 to kManyBlocks - 2.
  constexpr Stamp(std::uint32_t block, std::uint32_t warp, std::uint64_t clock, Strength strength)
      : bits_(clock | std::uint64_t{static_cast<std::uint8_t>(strength)} << 34 |
              std::uint64_t{warp} << 36 | std::uint64_t{block + 1} << 42) {}

  [[nodiscard]] constexpr bool none() const { return bits_ == 0; }
  [[nodiscard]] constexpr std::uint32_t block() const {
    return static_cast<std::uint32_t>(bits_ >> 42) - 1;
  }
  [[nodiscard]] constexpr bool many_blocks() const { return bits_ >> 42 == kManyBlocks; }
  [[nodiscard]] constexpr std::uint32_t warp() const {
    return static_cast<std::uint32_t>(bits_ >> 36) & 63;
  }
  [[nodiscard]] constexpr std::uint64_t clock() const {
    return bits_ & ((std::uint64_t{1} << 34) - 1);
  }
  [[nodiscard]] constexpr Strength strength() const {
    return static_cast<Strength>(bits_ >> 34 & 3);
  }
  bool operator==(const Stamp&) const = default;

 private:
  std::uint64_t bits_ = 0;
};

/// Accesses to one piece that are not in order among each other: by some lanes of one warp, or by
/// several warps (at the block's barrier count `clock`), or by several blocks.
struct Accesses {
  Stamp stamp;
  std::uint32_t lanes = 0;
};

struct Shadow {
  Accesses writes;
  Accesses reads;
};

/// Which clocks of a warp's lanes each lane has seen; needed only where barriers of a part of a
/// warp are in use.
using LaneClocks = std::array<std::array<std::uint64_t, kLanes>, kLanes>;

/// A lane at the moment of its access.
struct Agent {
  Stamp stamp;
  std::uint32_t lane = 0;
  /// Up to which clock of its own warp everything happened before.
  std::uint64_t own_seen = 0;
  /// The same for each warp of its block.
  const std::array<std::uint64_t, kMaxWarps>* seen = nullptr;
  /// Completed barriers of the whole block.
  std::uint64_t epoch = 0;
  /// Null unless parts of the warp have met without the others.
  const LaneClocks* lane_clocks = nullptr;

  [[nodiscard]] std::uint32_t lane_bit() const { return std::uint32_t{1} << lane; }
};

const Accesses* note_unusual_read(Shadow& shadow, const Agent& agent);

/// Null if the access is fine, else the accesses that it races with. Remembers the access.
inline const Accesses* note_read(Shadow& shadow, const Agent& agent) {
  Accesses& reads = shadow.reads;
  if (shadow.writes.stamp.none() && (reads.stamp == agent.stamp || reads.stamp.none())) {
    reads.stamp = agent.stamp;
    reads.lanes |= agent.lane_bit();
    return nullptr;
  }
  return note_unusual_read(shadow, agent);
}
const Accesses* note_write(Shadow& shadow, const Agent& agent);

/// "block 3 warp 0 lanes 00000001"
std::string describe(const Accesses& accesses);

/// Shadows of a range of memory, which appear when asked for and vanish with a new generation. A
/// page's pieces are as large as the smallest access to it, at most 16 bytes.
class ShadowMap {
 public:
  explicit ShadowMap(std::size_t size_bytes) : pages_(size_bytes / kPageBytes + 1) {}

  /// The shadows of an aligned access.
  std::span<Shadow> at(std::size_t offset, std::size_t size_bytes, std::uint64_t generation) {
    std::unique_ptr<Page>& page = pages_[offset / kPageBytes];
    if (!page || page->generation != generation) [[unlikely]]
      renew(page, generation);
    if (size_bytes >> page->piece_shift == 0) [[unlikely]]
      refine(*page, size_bytes);
    return {&page->pieces[offset % kPageBytes >> page->piece_shift],
            size_bytes >> page->piece_shift};
  }

 private:
  static constexpr std::size_t kPageBytes = 256;
  static constexpr unsigned kLargestPiece = 4;
  struct Page {
    std::uint64_t generation = 0;
    /// Pieces are of 2^piece_shift bytes.
    unsigned piece_shift = kLargestPiece;
    std::array<Shadow, kPageBytes> pieces;
  };
  static void renew(std::unique_ptr<Page>& page, std::uint64_t generation);
  static void refine(Page& page, std::size_t size_bytes);

  std::vector<std::unique_ptr<Page>> pages_;
};

}  // namespace ptx
