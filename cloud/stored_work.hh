// What is to be done with a chunk, as an object: its plan, and where the pictures are.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "cloud/stored_pictures.hh"
#include "host/first_pass.hh"
#include "host/plan.hh"

namespace cloud {

/// A chunk's work without its samples.
struct StoredWork {
  /// A frame; its picture is a number in `pictures`.
  struct Frame {
    std::uint32_t source = 0;
    std::int64_t picture = 0;
    host::FramePlan plan;
    std::vector<vp8::MotionVector> motion;

    bool operator==(const Frame&) const = default;
  };
  /// What stands in for its references, likewise.
  struct StandIns {
    std::uint32_t last = 0;
    std::uint32_t golden = 0;
    std::uint32_t altref = 0;

    bool operator==(const StandIns&) const = default;
  };

  host::Plan plan;
  host::Chunk chunk;
  std::vector<PictureSpot> pictures;
  std::vector<Frame> frames;
  std::optional<StandIns> stand_ins;  ///< none for a chunk that begins a chain

  /// The number in `pictures` of this one, which is added unless it is there.
  std::uint32_t add_picture(const PictureSpot& spot);
  bool operator==(const StoredWork&) const = default;
};

/// The canonical bytes of this work.
Bytes write_work(const StoredWork& work);
/// Throws Damaged for bytes that write_work() does not give, or for work that cannot be done.
StoredWork read_work(ByteSpan bytes);

/// Which pictures a task needs.
enum class Needs : std::uint8_t {
  kFrames,             ///< those of the frames
  kFramesAndStandIns,  ///< and those in the place of references
  kFirstAndStandIns,   ///< of the first frame only
};

/// The work with its samples. Frames and stand-ins that are not needed have none. Throws
/// LostObject.
host::ChunkWork fetch_work(RunObjects& objects, const StoredWork& stored, Needs needs);

}  // namespace cloud
