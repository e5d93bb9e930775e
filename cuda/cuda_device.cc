// The CUDA device: batches of chunks and of picture pairs on one GPU.
#include "cuda/cuda_device.hh"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "cuda/cuda_batch.hh"
#include "cuda/cuda_lookahead.hh"
#include "cuda/thread_clock.hh"

namespace gpu {
namespace {

using namespace cuda;

// First pass calls that run side by side: one uploads and prepares while the other computes.
constexpr int kAtOnce = 2;

std::uint64_t usable_memory(std::uint64_t limit) {
  std::size_t free = 0;
  std::size_t total = 0;
  check(cudaMemGetInfo(&free, &total), "asking for free memory");
  const std::uint64_t most = std::uint64_t{free} / 10 * 9;
  return limit == 0 ? most : std::min(limit, most);
}

class CudaDevice : public Device {
 public:
  explicit CudaDevice(const CudaOptions& options)
      : ordinal_(options.ordinal),
        name_(open(options.ordinal)),
        pool_(usable_memory(options.memory_limit)) {
    const FixedRates& rates = fixed_rates();
    fixed_rates_ = PooledMemory(pool_, sizeof(rates));
    check(cudaMemcpy(fixed_rates_.data(), &rates, sizeof(rates), cudaMemcpyHostToDevice),
          "an upload");
    // The copy may return before it has arrived, and the lanes' streams do not wait for it.
    check(cudaStreamSynchronize(nullptr), "an upload");
  }

  std::string name() const override { return name_; }

  WaveSize wave_size(const WaveShape& shape) const override {
    // Beyond this the GPU is full and a wave only takes longer.
    constexpr std::uint64_t kMostChunks = 512;
    const std::uint64_t a_chunk = Batch::bytes_a_chunk(PictureShape(shape.width, shape.height));
    const std::uint64_t chunks = pool_.limit() / kAtOnce / a_chunk;
    return {static_cast<int>(std::clamp<std::uint64_t>(chunks, 1, kMostChunks)), kAtOnce, true};
  }

  std::vector<PictureStats> look_ahead(std::span<const vp8::PictureRef> pictures) override {
    if (pictures.size() < 2)
      return {};
    const BorrowedLane lane(*this);
    std::vector<PictureStats> stats;
    // Groups of pictures, the last of one group the first of the next.
    std::size_t group = kLookaheadGroup;
    while (stats.size() + 1 < pictures.size()) {
      const std::size_t count = std::min(group, pictures.size() - stats.size());
      try {
        append(cuda::look_ahead(pictures.subspan(stats.size(), count), pool_, *lane, spans()),
               stats);
      } catch (const OutOfMemory&) {
        if (count == 2)
          throw;
        group = (count + 1) / 2;
      }
    }
    return stats;
  }

  std::vector<ChunkResult> first_pass(std::vector<ChunkJob> chunks) override {
    // Batches hold pictures of one size.
    std::map<std::pair<int, int>, std::vector<std::size_t>> by_size;
    std::vector<ChunkResult> results(chunks.size());
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      if (chunks[i].pictures.empty()) {
        if (chunks[i].want_exit)
          results[i].exit = std::move(chunks[i].entry);
        continue;
      }
      const vp8::Picture& source = *chunks[i].pictures.front().source;
      by_size[{source.width(), source.height()}].push_back(i);
    }
    for (const auto& [size, indices] : by_size) {
      std::vector<ChunkJob> jobs;
      for (const std::size_t i : indices)
        jobs.push_back(std::move(chunks[i]));
      std::vector<ChunkResult> done = run_batches(jobs);
      for (std::size_t k = 0; k < indices.size(); ++k)
        results[indices[k]] = std::move(done[k]);
    }
    return results;
  }

 private:
  static constexpr std::size_t kLookaheadGroup = 33;

  // A lane of the device's, for as long as this lives. The calling thread works on the GPU.
  class BorrowedLane {
   public:
    explicit BorrowedLane(CudaDevice& device) : device_(device), lane_(device.take_lane()) {}
    BorrowedLane(const BorrowedLane&) = delete;
    BorrowedLane& operator=(const BorrowedLane&) = delete;
    ~BorrowedLane() { device_.give_lane(std::move(lane_)); }

    Lane& operator*() const { return *lane_; }

   private:
    CudaDevice& device_;
    std::unique_ptr<Lane> lane_;
  };

  static std::string open(int ordinal) {
    check(cudaSetDevice(ordinal), "opening the GPU");
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, ordinal), "asking for its properties");
    check(find_kernels(), "looking for code that it can run");
    return std::string("cuda: ") + properties.name;
  }

  std::unique_ptr<Lane> take_lane() {
    check(cudaSetDevice(ordinal_), "opening the GPU");
    const std::lock_guard lock(mutex_);
    if (idle_lanes_.empty())
      return std::make_unique<Lane>(lanes_++);
    std::unique_ptr<Lane> lane = std::move(idle_lanes_.back());
    idle_lanes_.pop_back();
    return lane;
  }
  void give_lane(std::unique_ptr<Lane> lane) {
    const std::lock_guard lock(mutex_);
    idle_lanes_.push_back(std::move(lane));
  }

  static void append(std::vector<PictureStats> from, std::vector<PictureStats>& to) {
    std::move(from.begin(), from.end(), std::back_inserter(to));
  }

  // All at once if memory allows, else in smaller and smaller parts.
  std::vector<ChunkResult> run_batches(std::span<const ChunkJob> jobs) {
    const BorrowedLane lane(*this);
    std::vector<ChunkResult> results;
    std::size_t most = jobs.size();
    while (results.size() < jobs.size()) {
      const std::size_t count = std::min(most, jobs.size() - results.size());
      double seconds = 0;
      std::vector<ChunkResult> done;
      try {
        const ThreadStopwatch watch(seconds);
        const auto* rates = reinterpret_cast<const FixedRates*>(fixed_rates_.data());
        done = Batch(jobs.subspan(results.size(), count), rates, pool_, *lane, spans()).run();
      } catch (const OutOfMemory&) {
        if (count == 1)
          throw;
        most = (count + 1) / 2;
        continue;
      }
      for (ChunkResult& result : done) {
        result.cpu_seconds = seconds / static_cast<double>(count);
        results.push_back(std::move(result));
      }
    }
    return results;
  }

  int ordinal_;
  std::string name_;
  Pool pool_;
  PooledMemory fixed_rates_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Lane>> idle_lanes_;
  int lanes_ = 0;
};

}  // namespace

std::unique_ptr<Device> make_cuda_device(const CudaOptions& options) {
  return std::make_unique<CudaDevice>(options);
}

}  // namespace gpu
