// The CPU device: the same batches, spread over the task arena that it is called from.
#include <algorithm>

#include <tbb/parallel_for.h>

#include "codec/reconstruct.hh"
#include "cuda/chunk_progress.hh"
#include "cuda/device.hh"
#include "cuda/first_pass.hh"
#include "cuda/lookahead.hh"
#include "cuda/picture_layout.hh"
#include "cuda/thread_clock.hh"

namespace gpu {
namespace {

// The memory of one chunk's kernels.
class ChunkMemory {
 public:
  explicit ChunkMemory(const vp8::Picture& source)
      : layout_(source.mb_rows(), source.mb_cols()),
        block_(layout_.bytes()),
        filtered_(source.width(), source.height()) {}

  /// Points a new picture's task at this memory.
  void bind(PictureTask& task) {
    std::fill_n(block_.begin(), layout_.zeroed(), std::byte{0});
    layout_.bind(block_.data(), task);
    task.filtered_luma = filtered_.coded(vp8::kPlaneY);
  }

 private:
  PictureLayout layout_;
  vp8::AlignedVector<std::byte> block_;
  vp8::Picture filtered_;
};

void decide_picture(ChunkProgress& chunk, ChunkMemory& memory) {
  const PictureJob& job = chunk.job();
  vp8::Picture picture(job.source->width(), job.source->height());
  vp8::set_intra_borders(picture);
  PictureTask task = chunk.begin_picture();
  task.coding.references = vp8::planes_of(chunk.state().references);
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    task.coding.source[plane] = job.source->coded(plane);
    task.coding.recon[plane] = picture.coded(plane);
  }
  task.coding.costs = &chunk.token_costs();
  task.rates = &chunk.rates();
  task.hints = job.motion_hints.empty() ? nullptr : job.motion_hints.data();
  task.segments = job.segments.empty() ? nullptr : job.segments.data();
  memory.bind(task);
  decide_picture(task);

  const int level = choose_filter_level(chunk.filter_rules(), chunk.filter_search(), task);
  const vp8::FrameFilter filter(chunk.filter_rules(), level);
  task.filter = &filter;
  filter_picture(task);
  picture.extend_borders();
  chunk.finish_picture(*task.counts, task.modes, level, vp8::PictureRef(std::move(picture)));
}

ChunkResult decide_chunk(ChunkJob job) {
  double seconds = 0;
  ChunkResult result;
  {
    const ThreadStopwatch watch(seconds);
    const bool want_exit = job.want_exit;
    ChunkProgress chunk(std::move(job));
    if (!chunk.done()) {
      ChunkMemory memory(*chunk.job().source);
      while (!chunk.done())
        decide_picture(chunk, memory);
    }
    result = chunk.take_result();
    if (want_exit)
      result.exit = chunk.state();
  }
  result.cpu_seconds = seconds;
  return result;
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
                      [&](std::size_t i) { results[i] = decide_chunk(std::move(chunks[i])); });
    return results;
  }
};

}  // namespace

std::unique_ptr<Device> make_cpu_device() {
  return std::make_unique<CpuDevice>();
}

}  // namespace gpu
