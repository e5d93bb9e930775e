// The first pass of a wave: decisions for all its chunks, by the device or by libvpx.
#pragma once

#include <vector>

#include "cuda/device.hh"
#include "host/pipeline.hh"
#include "host/plan.hh"
#include "host/source_window.hh"

namespace host {

/// One chunk on its way through the pipeline.
struct ChunkWork {
  Chunk chunk;
  std::vector<PlannedFrame> frames;
  std::vector<vp8::Decisions> decisions;  ///< one a frame, set by the first pass
};

/// Makes first passes. Remembers between waves what a chunk needs of the chunk before it.
class WaveFirstPass {
 public:
  WaveFirstPass(const Plan& plan, gpu::Device& device) : plan_(plan), device_(device) {}

  /// Decides all pictures of a wave; `window` holds them.
  void run(const SourceWindow& window, std::vector<ChunkWork>& wave, PhaseTimes& times);

 private:
  void run_device(const SourceWindow& window, std::vector<ChunkWork>& wave, PhaseTimes& times);
  void run_libvpx(const SourceWindow& window, std::vector<ChunkWork>& wave, PhaseTimes& times);
  gpu::PictureJob job_of(const SourceWindow& window, const PlannedFrame& frame) const;
  vp8::State stand_in_state(const SourceWindow& window, const Chunk& chunk) const;

  const Plan& plan_;
  gpu::Device& device_;
  vp8::State exit_;  // of libvpx's pass over the last chunk of the wave before
};

}  // namespace host
