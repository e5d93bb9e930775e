// The first pass of chunks of one picture size on a GPU, all at once.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "cuda/chunk_progress.hh"
#include "cuda/cuda_kernels.hh"
#include "cuda/cuda_lane.hh"
#include "cuda/cuda_memory.hh"
#include "cuda/cuda_pictures.hh"
#include "cuda/cuda_span.hh"
#include "cuda/picture_layout.hh"

namespace gpu::cuda {

/// Goes through the chunks round by round: round i decides picture i of all of them. While the
/// kernels of a round run, the source pictures of the next go up.
class Batch {
 public:
  /// `fixed_rates` lies in device memory. Throws OutOfMemory if the chunks are too many.
  Batch(std::span<const ChunkJob> jobs,
        const FixedRates* fixed_rates,
        Pool& pool,
        Lane& lane,
        SpanSink* spans);

  std::vector<ChunkResult> run();

  /// Device memory that a chunk takes, about.
  static std::uint64_t bytes_a_chunk(const PictureShape& shape);

 private:
  // One chunk. Its reconstructions stay on the device: for the state, empty pictures stand for
  // them.
  struct Chunk {
    ChunkProgress progress;
    bool want_exit;
    std::map<const vp8::Picture*, PooledMemory> reconstructions;
    PooledMemory reconstruction;  // of the picture at hand

    bool done() const { return progress.done(); }
  };
  // What a task points at that goes up for every chunk in every round.
  struct alignas(64) Rates {
    vp8::TokenCosts tokens;
    ModeRates modes;
  };

  void upload_entry_pictures(std::span<const ChunkJob> jobs);
  void upload_sources(int round);
  void prepare_round(int round);
  PictureTask task_of(Chunk& chunk, std::size_t slot, std::size_t index, int round) const;
  void queue_round(int round);
  void finish_round(int round);
  vp8::State exit_of(Chunk& chunk);

  std::byte* source_at(std::size_t slot, int round) const;
  std::byte* device_picture(const Chunk& chunk, const vp8::PictureRef& picture) const;

  // Offsets in the memory for inputs, on the device as in the pinned memory. First the tasks, an
  // array like all the others, each aligned to 64 bytes.
  template <class T>
  std::size_t behind(std::size_t offset, std::size_t each = 1) const {
    return (offset + chunks_.size() * each * sizeof(T) + 63) / 64 * 64;
  }
  std::size_t rates_at() const { return behind<PictureTask>(0); }
  std::size_t rules_at() const { return behind<Rates>(rates_at()); }
  std::size_t searches_at() const { return behind<vp8::FilterRules>(rules_at()); }
  std::size_t hints_at() const { return behind<FilterSearch>(searches_at()); }
  std::size_t segments_at() const {
    return behind<vp8::MotionVector>(hints_at(), layout_.macroblocks());
  }
  std::size_t input_bytes() const {
    return behind<std::uint8_t>(segments_at(), layout_.macroblocks());
  }
  std::size_t output_bytes() const { return layout_.outputs_end() - layout_.outputs(); }

  PictureShape shape_;
  PictureLayout layout_;
  const FixedRates* fixed_rates_;
  Pool& pool_;
  Lane& lane_;
  SpanSink* spans_;

  std::vector<Chunk> chunks_;
  std::vector<std::size_t> active_;          // chunks that have a picture in this round
  std::vector<vp8::PictureRef> entry_refs_;  // keeps the keys of entry_pictures_ alive
  std::map<const vp8::Picture*, PooledMemory> entry_pictures_;
  PooledMemory inputs_;
  PooledMemory sources_;   // two rounds of pictures, by turns
  PooledMemory blocks_;    // of layout_, one a chunk
  PooledMemory filtered_;  // luma, one a chunk
  PooledMemory filters_;
  PooledMemory sums_;
  Event uploaded_;
  StreamSpan kernels_;

  WaitAtEnd wait_at_end_;
};

}  // namespace gpu::cuda
