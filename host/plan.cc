// Cutting a video into chunks and chains.
#include "host/plan.hh"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace host {
namespace {

// libvpx's map from its quality scale to the format's quantiser index.
constexpr int kMaxQ = 63;
constexpr std::array<std::uint8_t, kMaxQ + 1> kQIndexOfQ = {
    0,  1,  2,  3,  4,  5,  7,  8,  9,  10, 12,  13,  15,  17,  18,  19,  20,  21,  23,  24, 25, 26,
    27, 28, 29, 30, 31, 33, 35, 37, 39, 41, 43,  45,  47,  49,  51,  53,  55,  57,  59,  61, 64, 67,
    70, 73, 76, 79, 82, 85, 88, 91, 94, 97, 100, 103, 106, 109, 112, 115, 118, 121, 124, 127};

}  // namespace

Chunk chunk_at(const Plan& plan, std::int64_t index) {
  Chunk chunk;
  chunk.index = index;
  chunk.chain = plan.chunks_per_chain == 0 ? 0 : index / plan.chunks_per_chain;
  chunk.position = static_cast<int>(index - chunk.chain * plan.chunks_per_chain);
  chunk.first_picture = index * plan.chunk_frames;
  chunk.pictures = plan.chunk_frames;
  return chunk;
}

std::int64_t position_in_chain(const Plan& plan, std::int64_t number) {
  const std::int64_t length = static_cast<std::int64_t>(plan.chunk_frames) * plan.chunks_per_chain;
  return length == 0 ? number : number % length;
}

std::vector<Chunk> list_chunks(const Plan& plan, std::int64_t pictures) {
  std::vector<Chunk> chunks;
  for (std::int64_t index = 0; index * plan.chunk_frames < pictures; ++index) {
    Chunk chunk = chunk_at(plan, index);
    chunk.pictures =
        static_cast<int>(std::min<std::int64_t>(chunk.pictures, pictures - chunk.first_picture));
    chunks.push_back(chunk);
  }
  return chunks;
}

int q_index_of_q(int q) {
  return kQIndexOfQ[static_cast<std::size_t>(std::clamp(q, 0, kMaxQ))];
}

int q_index_of_cq(int cq16, std::int64_t position) {
  const int below = std::clamp(cq16 / kCqParts, 0, kMaxQ);
  const int part = std::clamp(cq16 - below * kCqParts, 0, kCqParts - 1);
  const int index16 = q_index_of_q(below) * (kCqParts - part) + q_index_of_q(below + 1) * part;
  // A multiple of an odd number goes round all sixteenths: neighbours differ as little as they can.
  const auto dither = static_cast<int>(position * 7 % kCqParts);
  return (index16 + dither) / kCqParts;
}

std::string effort_name(gpu::Effort effort) {
  return effort == gpu::Effort::kFast ? "fast" : effort == gpu::Effort::kBest ? "best" : "default";
}

std::string plan_as_json(const Plan& plan, std::int64_t pictures) {
  nlohmann::ordered_json json = {
      {"width", plan.width},
      {"height", plan.height},
      {"frame_rate", {plan.frame_rate.num, plan.frame_rate.den}},
      {"pictures", pictures},
      {"chunk_frames", plan.chunk_frames},
      {"chunks_per_chain", plan.chunks_per_chain},
      {"cq", static_cast<double>(plan.cq16) / kCqParts},
      {"min_q", plan.min_q},
      {"max_q", plan.max_q},
      {"effort", effort_name(plan.effort)},
      {"first_pass", plan.first_pass == FirstPass::kDevice ? "device" : "libvpx"},
      {"chains", nlohmann::ordered_json::array()},
  };
  for (const Chunk& chunk : list_chunks(plan, pictures)) {
    if (chunk.begins_chain()) {
      json["chains"].push_back(
          {{"chain", chunk.chain}, {"chunks", nlohmann::ordered_json::array()}});
    }
    json["chains"].back()["chunks"].push_back({{"chunk", chunk.index},
                                               {"first_picture", chunk.first_picture},
                                               {"pictures", chunk.pictures}});
  }
  return json.dump(2);
}

}  // namespace host
