// Finished chunks on disk, by what they depend on: what an encode that was interrupted goes on
// from.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/chain.hh"
#include "host/chunk_key.hh"

namespace host {

/// The bytes of a file of frames: magic, frames, and the XXH3-64 of all before it. Little-endian.
std::vector<std::uint8_t> write_chunk(std::span<const RebasedPicture> frames);
/// The frames; nothing for bytes that write_chunk() does not give: a damaged file is as good as
/// none.
std::optional<std::vector<RebasedPicture>> read_chunk(std::span<const std::uint8_t> bytes);

/// A folder of finished chunks, and of whole streams, one file each, which is made when the first
/// one comes. All members may be called side by side, on any thread and by several programs at
/// once: a file appears under its name only when it is whole and on disk, and files of one name
/// have the same contents. A store only saves time: what it cannot read or write is done without
/// it.
class ChunkStore {
 public:
  /// `max_bytes`: of all files together; 0: no bound. The folder holds nothing but chunks.
  explicit ChunkStore(std::string folder, std::uint64_t max_bytes = 0);

  /// What keep() was given under this key, by anyone. That makes it the last that trim() removes.
  std::optional<std::vector<RebasedPicture>> find(const ChunkKey& key) const;
  void keep(const ChunkKey& key, std::span<const RebasedPicture> frames);

  /// Where the whole stream of this key lies, or is to be written by OutputFile.
  std::string stream_path(const ChunkKey& key) const;

  /// Removes the files that were used longest ago until the bound is kept.
  void trim() const;
  /// Removes all chunks, and the folder if that leaves it empty.
  void remove() const;

  /// True if there is something to go on from.
  bool exists() const;
  const std::string& folder() const { return folder_; }

 private:
  std::string path_of(const ChunkKey& key) const;

  std::string folder_;
  std::uint64_t max_bytes_;
  std::atomic<bool> usable_ = true;  // false once a file could not be written
  std::atomic<int> written_ = 0;
};

/// Where an encode to `output` keeps what is finished: `.NAME.fastslow` beside it. Nothing for
/// standard output, pipes and devices, which cannot be begun again.
std::optional<std::string> work_folder(const std::string& output);

}  // namespace host
