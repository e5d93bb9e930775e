// Sums over the chunks of a batch, by CUB; alone in this file because CUB is slow to compile.
#include <cub/device/device_segmented_reduce.cuh>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>

#include "cuda/cuda_kernels.hh"

namespace gpu::cuda {
namespace {

// Where the values of a chunk begin.
struct FirstOf {
  int rows;
  __host__ __device__ int operator()(int chunk) const { return chunk * rows; }
};

cudaError_t sum(void* scratch,
                std::size_t& bytes,
                const std::uint64_t* values,
                int chunks,
                int rows,
                std::uint64_t* sums,
                cudaStream_t stream) {
  const auto first =
      thrust::make_transform_iterator(thrust::make_counting_iterator(0), FirstOf{rows});
  return cub::DeviceSegmentedReduce::Sum(scratch, bytes, values, sums, chunks, first, first + 1,
                                         stream);
}

}  // namespace

std::size_t sum_scratch_bytes(int chunks, int rows) {
  std::size_t bytes = 0;
  static_cast<void>(sum(nullptr, bytes, nullptr, chunks, rows, nullptr, nullptr));
  return bytes;
}

cudaError_t launch_sums(const std::uint64_t* values,
                        int chunks,
                        int rows,
                        std::uint64_t* sums,
                        void* scratch,
                        cudaStream_t stream) {
  std::size_t bytes = sum_scratch_bytes(chunks, rows);
  return sum(scratch, bytes, values, chunks, rows, sums, stream);
}

}  // namespace gpu::cuda
