// The CPU device: the same batches, spread over the task arena that it is called from.
#include <tbb/parallel_for.h>

#include "cuda/device.hh"
#include "cuda/first_pass.hh"
#include "cuda/lookahead.hh"
#include "cuda/thread_clock.hh"

namespace gpu {
namespace {

void decide_chunk(ChunkJob job, ChunkResult& result) {
  const ThreadStopwatch watch(result.cpu_seconds);
  result.exit = std::move(job.entry);
  vp8::FrameHeader estimate = default_estimate();
  for (const PictureJob& picture : job.pictures) {
    FirstPassResult decided = first_pass_picture(result.exit, picture, estimate);
    result.exit = std::move(decided.next);
    if (!picture.header.key_frame)
      estimate = decided.estimate;
    result.decisions.push_back(std::move(decided.decisions));
  }
}

class CpuDevice : public Device {
 public:
  std::string name() const override { return "cpu"; }

  std::vector<PictureStats> look_ahead(std::span<const vp8::PictureRef> pictures) override {
    if (pictures.empty())
      return {};
    std::vector<vp8::Picture> halves(pictures.size());
    tbb::parallel_for(std::size_t{0}, pictures.size(),
                      [&](std::size_t i) { halves[i] = half_luma(*pictures[i]); });
    std::vector<PictureStats> stats(pictures.size() - 1);
    tbb::parallel_for(std::size_t{0}, stats.size(), [&](std::size_t i) {
      double seconds = 0;
      {
        const ThreadStopwatch watch(seconds);
        stats[i] = compare_pictures(halves[i], halves[i + 1], pictures[i]->mb_rows(),
                                    pictures[i]->mb_cols());
      }
      stats[i].cpu_seconds = seconds;
    });
    return stats;
  }

  // A core keeps a chunk from round to round: its references stay in the cache, and no round waits
  // for another chunk.
  std::vector<ChunkResult> first_pass(std::vector<ChunkJob> chunks) override {
    std::vector<ChunkResult> results(chunks.size());
    tbb::parallel_for(std::size_t{0}, chunks.size(),
                      [&](std::size_t i) { decide_chunk(std::move(chunks[i]), results[i]); });
    return results;
  }
};

}  // namespace

std::unique_ptr<Device> make_cpu_device() {
  return std::make_unique<CpuDevice>();
}

}  // namespace gpu
