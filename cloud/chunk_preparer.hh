// From source pictures to the objects that workers begin with: reads the video once, looks ahead
// and plans as the local pipeline does, and compresses.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cloud/bytes.hh"
#include "cloud/seal.hh"
#include "cloud/stored_work.hh"
#include "cloud/task_graph.hh"
#include "host/source_window.hh"

namespace cloud {

/// A chunk that is ready to be uploaded.
struct PreparedChunk {
  host::Chunk chunk;
  ChunkNeeds needs;
  /// Name and bytes, in the order in which they should be written: the last one says that all the
  /// others are there. Empty for a chunk that was not asked for.
  std::vector<std::pair<std::string, Bytes>> objects;
  std::uint64_t raw_bytes = 0;     ///< of the pictures' samples
  std::uint64_t packed_bytes = 0;  ///< of the same in the objects
};

/// Prepares chunks in order.
class ChunkPreparer {
 public:
  /// `threads`: to compress on, of the task arena that next() is called from. `limit`: pictures at
  /// most, -1 for all. The references must outlive this; `spans` may be null.
  ChunkPreparer(host::PictureSource& source,
                gpu::Device& device,
                const host::Plan& plan,
                const SealKey& key,
                int threads,
                std::int64_t limit,
                gpu::SpanSink* spans);

  /// Objects are made for these chunks only; all if never called.
  void only(std::set<std::int64_t> chunks) { only_ = std::move(chunks); }

  /// The next chunk; nothing after the last. Throws as host::SourceWindow::read() does.
  std::optional<PreparedChunk> next();

  double read_seconds() const { return window_.read_seconds(); }
  double lookahead_seconds() const { return window_.lookahead_seconds(); }

 private:
  // A picture that a chunk to come may refer to.
  struct Known {
    vp8::PictureRef picture;
    PictureSpot spot;
    std::int64_t chunk = 0;  // with whose objects it is stored
  };

  void prepare_step();
  std::vector<StoredPictures> store_raw(const std::vector<host::Chunk>& chunks) const;
  PreparedChunk prepare(const host::Chunk& chunk, StoredPictures raw);
  void add_stand_ins(PreparedChunk& prepared, StoredWork& work);
  void add_frames(const std::vector<PictureSpot>& shown, PreparedChunk& prepared, StoredWork& work);
  const Known& known(const vp8::PictureRef& picture) const;
  void forget_but(const host::StandIns& stand_ins);
  bool wanted(std::int64_t chunk) const { return !only_ || only_->contains(chunk); }

  const host::Plan& plan_;
  SealKey key_;
  int step_chunks_;
  host::SourceWindow window_;
  std::optional<std::set<std::int64_t>> only_;
  std::vector<Known> known_;
  std::deque<PreparedChunk> prepared_;
  std::int64_t next_chunk_ = 0;
  bool over_ = false;
};

}  // namespace cloud
