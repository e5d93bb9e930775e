// The name of a chunk's frames: a digest of all that they depend on.
#pragma once

#include <cstdint>
#include <string>

#include "host/first_pass.hh"
#include "host/plan.hh"

namespace host {

/// 128 bits of XXH3. Chunks with equal keys have the same frames, whatever videos they are from.
struct ChunkKey {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  /// 32 hexadecimal digits.
  std::string hex() const;
  bool operator==(const ChunkKey&) const = default;
};

/// The key of a chunk whose frames are planned. `before`: of the chunk before it in its chain,
/// which stands for the state between them; ignored where a chain begins. Another build of this
/// program gives other keys: it may decide otherwise.
ChunkKey chunk_key(const Plan& plan, const ChunkKey& before, const ChunkWork& work);

/// The key of any bytes under this build of the program.
ChunkKey key_of_text(const std::string& text);

}  // namespace host
