// The first pass of a wave: decisions for all its chunks, by the device or by libvpx.
#pragma once

#include <span>
#include <vector>

#include "cuda/device.hh"
#include "host/pipeline.hh"
#include "host/plan.hh"
#include "host/source_window.hh"

namespace host {

/// One chunk on its way through the pipeline: all that coding it takes, but for the state before.
struct ChunkWork {
  Chunk chunk;
  std::vector<PlannedFrame> frames;
  StandIns stand_ins;                     ///< before its first picture
  std::vector<vp8::Decisions> decisions;  ///< one a frame, set by the first pass
};

/// Sets the decisions of chunks by the device, all rounds of all chunks together.
void decide_by_device(const Plan& plan,
                      gpu::Device& device,
                      std::span<ChunkWork> wave,
                      PhaseTimes& times);

/// Sets the decisions of one chunk by libvpx, which encodes it alone. Returns the state behind it.
vp8::State decide_by_libvpx(const Plan& plan, ChunkWork& work, double& seconds);

/// A chunk that libvpx decided about, and the state behind the one before it.
struct Boundary {
  ChunkWork& work;
  vp8::State entry;
};

/// Decides the first pictures of such chunks again, by the device, now as inter frames.
void decide_boundaries(const Plan& plan,
                       gpu::Device& device,
                       std::vector<Boundary> boundaries,
                       PhaseTimes& times);

/// Makes first passes. Remembers between waves what a chunk needs of the chunk before it.
class WaveFirstPass {
 public:
  WaveFirstPass(const Plan& plan, gpu::Device& device) : plan_(plan), device_(device) {}

  /// Decides all pictures of a wave.
  void run(std::span<ChunkWork> wave, PhaseTimes& times);

 private:
  void run_libvpx(std::span<ChunkWork> wave, PhaseTimes& times);

  const Plan& plan_;
  gpu::Device& device_;
  vp8::State exit_;  // of libvpx's pass over the last chunk of the wave before
};

}  // namespace host
