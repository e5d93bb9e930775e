// The example kernel of cuda/README.md as CUDA launches it: a warp is a team, a block holds four.
#define VP8_FOR_LANES

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <vector>

#include "cuda/lane_ops.hh"
#include "cuda/warp_team.cuh"
#include "tests/cuda/skeleton-inl.h"

namespace gpu::test {
namespace {

constexpr int kTeams = 4;  // of a block
constexpr int kThreads = kTeams * WarpTeam::lanes();

// A team a row of macroblocks. All of a warp leave early or none.
__global__ void __launch_bounds__(kThreads)
    compare_rows(const ChangeTask* tasks, int count, int mb_rows) {
  __shared__ ChangeWork works[kTeams];
  const int team_in_block = static_cast<int>(threadIdx.x) / WarpTeam::lanes();
  const int team = static_cast<int>(blockIdx.x) * kTeams + team_in_block;
  if (team / mb_rows < count) {
    lanes::compare_row(LaneOps<WarpTeam>(), tasks[team / mb_rows], team % mb_rows,
                       works[team_in_block]);
  }
}

void check(cudaError_t error) {
  if (error != cudaSuccess)
    throw std::runtime_error(cudaGetErrorName(error));
}

struct Free {
  void operator()(void* memory) const { static_cast<void>(cudaFree(memory)); }
};

// Values in device memory.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(std::size_t count) : count_(count) {
    void* memory = nullptr;
    check(cudaMalloc(&memory, count * sizeof(T)));
    memory_.reset(static_cast<T*>(memory));
  }
  DeviceArray(const T* from, std::size_t count) : DeviceArray(count) {
    check(cudaMemcpy(memory_.get(), from, count * sizeof(T), cudaMemcpyHostToDevice));
  }

  T* data() const { return memory_.get(); }
  std::vector<T> values() const {
    std::vector<T> values(count_);
    check(cudaMemcpy(values.data(), memory_.get(), count_ * sizeof(T), cudaMemcpyDeviceToHost));
    return values;
  }

 private:
  std::size_t count_;
  std::unique_ptr<T, Free> memory_;
};

// A pair and room for its results.
struct Uploaded {
  explicit Uploaded(const PicturePair& pair)
      : before(pair.before.storage(), pair.before.size_bytes()),
        after(pair.after.storage(), pair.after.size_bytes()),
        mb_rows(pair.before.mb_rows()),
        mb_cols(pair.before.mb_cols()),
        luma(pair.before.coded(vp8::kPlaneY)),
        luma_offset(luma.data - pair.before.storage()),
        sad(static_cast<std::size_t>(mb_rows * mb_cols)),
        most_frequent(static_cast<std::size_t>(mb_rows * mb_cols)) {}

  vp8::ConstPlaneView on_device(const DeviceArray<std::uint8_t>& picture) const {
    return {picture.data() + luma_offset, luma.width, luma.height, luma.stride};
  }
  ChangeTask task() const {
    return {mb_rows,          mb_cols,    on_device(before),
            on_device(after), sad.data(), most_frequent.data()};
  }

  DeviceArray<std::uint8_t> before;
  DeviceArray<std::uint8_t> after;
  int mb_rows;
  int mb_cols;
  vp8::ConstPlaneView luma;
  std::ptrdiff_t luma_offset;
  DeviceArray<std::uint32_t> sad;
  DeviceArray<std::uint8_t> most_frequent;
};

}  // namespace

std::vector<Changes> cuda_changes(const std::vector<PicturePair>& pairs) {
  std::vector<Uploaded> uploaded(pairs.begin(), pairs.end());
  std::vector<ChangeTask> tasks;
  for (const Uploaded& pair : uploaded)
    tasks.push_back(pair.task());
  const DeviceArray<ChangeTask> device_tasks(tasks.data(), tasks.size());
  const int count = static_cast<int>(tasks.size());
  const int mb_rows = tasks.front().mb_rows;
  const int blocks = (count * mb_rows + kTeams - 1) / kTeams;
  compare_rows<<<blocks, kThreads>>>(device_tasks.data(), count, mb_rows);
  check(cudaGetLastError());
  std::vector<Changes> changes;
  for (const Uploaded& pair : uploaded)
    changes.push_back({pair.sad.values(), pair.most_frequent.values()});
  return changes;
}

}  // namespace gpu::test
