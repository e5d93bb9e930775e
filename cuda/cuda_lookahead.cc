// The lookahead of a group of pictures: upload, halve, compare, download.
#include "cuda/cuda_lookahead.hh"

#include <cstring>
#include <new>

#include "cuda/cuda_kernels.hh"
#include "cuda/cuda_span.hh"
#include "cuda/lookahead.hh"
#include "cuda/thread_clock.hh"

namespace gpu::cuda {
namespace {

// What comes back of one pair: motion, intra and inter cost, arrays by macroblock.
struct StatsLayout {
  explicit StatsLayout(std::size_t mbs)
      : macroblocks(mbs),
        intra(mbs * sizeof(vp8::MotionVector)),
        inter(intra + mbs * sizeof(std::uint32_t)),
        bytes(inter + mbs * sizeof(std::uint32_t)) {}

  std::size_t macroblocks;
  std::size_t intra;
  std::size_t inter;
  std::size_t bytes;
};

template <class T>
std::vector<T> array_at(const std::byte* at, std::size_t count) {
  std::vector<T> values(count);
  std::memcpy(values.data(), at, count * sizeof(T));
  return values;
}

PictureStats stats_at(const std::byte* at, const StatsLayout& layout) {
  PictureStats stats;
  stats.motion = array_at<vp8::MotionVector>(at, layout.macroblocks);
  stats.intra_cost = array_at<std::uint32_t>(at + layout.intra, layout.macroblocks);
  stats.inter_cost = array_at<std::uint32_t>(at + layout.inter, layout.macroblocks);
  return stats;
}

// Pictures of one size and their halves in device memory.
class Lookahead {
 public:
  Lookahead(std::span<const vp8::PictureRef> pictures, Pool& pool, Lane& lane)
      : shape_(pictures.front()->width(), pictures.front()->height()),
        half_(shape_.mb_cols() * 8, shape_.mb_rows() * 8),
        layout_(static_cast<std::size_t>(shape_.mb_rows() * shape_.mb_cols())),
        count_(pictures.size()),
        lane_(lane),
        full_memory_(pool, count_ * shape_.luma_bytes()),
        half_memory_(pool, count_ * half_.luma_bytes()),
        stats_memory_(pool, pairs() * layout_.bytes),
        inputs_(pool, input_bytes()),
        wait_at_end_{lane} {
    for (std::size_t i = 0; i < count_; ++i) {
      lane.upload(full_memory_.data() + i * shape_.luma_bytes(), pictures[i]->storage(),
                  shape_.luma_bytes());
    }
    uploaded_.record(lane.copy().get());
  }

  std::vector<PictureStats> run() {
    std::byte* inputs = lane_.inputs(input_bytes());
    new (inputs) vp8::MvCosts(lookahead_mv_costs());
    for (std::size_t i = 0; i < count_; ++i)
      new (inputs + halves_at() + i * sizeof(HalveTask)) HalveTask(halve_task(i));
    for (std::size_t i = 0; i < pairs(); ++i)
      new (inputs + pairs_at() + i * sizeof(LookaheadTask)) LookaheadTask(pair_task(i));
    const Stream& stream = lane_.compute();
    stream.upload(inputs_.data(), inputs, input_bytes());
    uploaded_.hold(stream.get());
    check(launch_lookahead(reinterpret_cast<const HalveTask*>(inputs_.data() + halves_at()),
                           static_cast<int>(count_),
                           reinterpret_cast<const LookaheadTask*>(inputs_.data() + pairs_at()),
                           static_cast<int>(pairs()),
                           half_.plane(nullptr, vp8::kPlaneY).height + 2 * vp8::Picture::kBorder,
                           shape_.mb_rows(), shape_.mb_cols(), stream.get()),
          "launching kernels");
    std::byte* outputs = lane_.outputs(pairs() * layout_.bytes);
    stream.download(outputs, stats_memory_.data(), pairs() * layout_.bytes);
    stream.wait();
    std::vector<PictureStats> stats;
    for (std::size_t i = 0; i < pairs(); ++i)
      stats.push_back(stats_at(outputs + i * layout_.bytes, layout_));
    return stats;
  }

 private:
  std::size_t pairs() const { return count_ - 1; }

  // Offsets in the memory for inputs.
  static std::size_t halves_at() { return (sizeof(vp8::MvCosts) + 63) / 64 * 64; }
  std::size_t pairs_at() const { return halves_at() + count_ * sizeof(HalveTask); }
  std::size_t input_bytes() const { return pairs_at() + pairs() * sizeof(LookaheadTask); }

  vp8::PlaneView half_at(std::size_t i) const {
    return half_.plane(half_memory_.data() + i * half_.luma_bytes(), vp8::kPlaneY);
  }
  HalveTask halve_task(std::size_t i) const {
    return {shape_.plane(full_memory_.data() + i * shape_.luma_bytes(), vp8::kPlaneY), half_at(i),
            vp8::Picture::kBorder, half_.width(), half_.height()};
  }
  LookaheadTask pair_task(std::size_t i) const {
    std::byte* stats = stats_memory_.data() + i * layout_.bytes;
    return {shape_.mb_rows(),
            shape_.mb_cols(),
            {half_at(i), vp8::Picture::kBorder},
            half_at(i + 1),
            reinterpret_cast<const vp8::MvCosts*>(inputs_.data()),
            reinterpret_cast<vp8::MotionVector*>(stats),
            reinterpret_cast<std::uint32_t*>(stats + layout_.intra),
            reinterpret_cast<std::uint32_t*>(stats + layout_.inter)};
  }

  PictureShape shape_;
  PictureShape half_;
  StatsLayout layout_;
  std::size_t count_;
  Lane& lane_;
  PooledMemory full_memory_;
  PooledMemory half_memory_;
  PooledMemory stats_memory_;
  PooledMemory inputs_;
  Event uploaded_;
  WaitAtEnd wait_at_end_;
};

}  // namespace

std::vector<PictureStats> look_ahead(std::span<const vp8::PictureRef> pictures,
                                     Pool& pool,
                                     Lane& lane,
                                     SpanSink* spans) {
  const HostSpan span(spans, "lookahead", {.pictures = static_cast<std::int64_t>(pictures.size())});
  double seconds = 0;
  std::vector<PictureStats> stats;
  {
    const ThreadStopwatch watch(seconds);
    stats = Lookahead(pictures, pool, lane).run();
  }
  for (PictureStats& s : stats)
    s.cpu_seconds = seconds / static_cast<double>(stats.size());
  return stats;
}

}  // namespace gpu::cuda
