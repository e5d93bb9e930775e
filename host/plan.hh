// The plan: which pictures make which chunk of which chain, and how they are coded. Made before any
// coding and the same for every backend: the plan alone determines the bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cuda/effort.hh"
#include "host/picture_source.hh"

namespace host {

/// Who makes the first pass over a chunk.
enum class FirstPass : std::uint8_t { kDevice, kLibvpx };

/// Steps between two of libvpx's quality steps.
inline constexpr int kCqParts = 16;

/// Everything that influences the bytes of an encode besides the pictures.
struct Plan {
  int width = 0;
  int height = 0;
  Rational frame_rate{25, 1};
  int chunk_frames = 6;       ///< n: pictures a chunk, at least 1
  int chunks_per_chain = 16;  ///< x: chunks a chain, at least 1; 0: one endless chain
  int cq16 =
      24 * kCqParts;  ///< constant quality: 1/16 steps of libvpx's scale, 0 (best) to 63 * 16
  int min_q = 0;      ///< no picture is coded finer, on libvpx's scale of 0..63
  int max_q = 63;     ///< nor coarser
  gpu::Effort effort = gpu::Effort::kDefault;
  FirstPass first_pass = FirstPass::kDevice;

  bool operator==(const Plan&) const = default;
};

/// One chunk of a plan.
struct Chunk {
  std::int64_t index = 0;
  std::int64_t chain = 0;
  int position = 0;                ///< in its chain; 0 begins with a key frame
  std::int64_t first_picture = 0;  ///< number in the video, from 0
  int pictures = 0;                ///< the plan's n; less for the last chunk of a video

  bool begins_chain() const { return position == 0; }
  bool operator==(const Chunk&) const = default;
};

/// Chunk `index`, as if the video had no end.
Chunk chunk_at(const Plan& plan, std::int64_t index);

/// Pictures between the beginning of picture `number`'s chain and it.
std::int64_t position_in_chain(const Plan& plan, std::int64_t number);

/// All chunks of a video of `pictures` pictures; the last chunk and the last chain may be short.
std::vector<Chunk> list_chunks(const Plan& plan, std::int64_t pictures);

/// The quantiser index 0..127 that libvpx has for a step of its quality scale, 0..63.
int q_index_of_q(int q);

/// The quantiser index of inter pictures at constant quality `cq16`, which may lie between two
/// indices: picture `position` of a chain then gets one of both, so that the mean is right.
int q_index_of_cq(int cq16, std::int64_t position);

/// For people: "fast", "default", "best".
std::string effort_name(gpu::Effort effort);

/// The plan with all its chunks and chains as JSON text.
std::string plan_as_json(const Plan& plan, std::int64_t pictures);

}  // namespace host
