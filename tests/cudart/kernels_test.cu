// Launches: sizes and limits, what the runtime tells of kernels, and kernels that fault.
#include <functional>

#include "tests/cudart/cuda_test.hh"

namespace cudart_standin {
namespace {

__global__ void number_cells(int* cells, int width) {
  const unsigned x = blockIdx.x * blockDim.x + threadIdx.x;
  const unsigned y = blockIdx.y * blockDim.y + threadIdx.y;
  cells[y * static_cast<unsigned>(width) + x] = static_cast<int>(100 * y + x);
}

__global__ void reverse_block(int* values) {
  extern __shared__ int shared[];
  shared[threadIdx.x] = values[threadIdx.x];
  __syncthreads();
  values[threadIdx.x] = shared[blockDim.x - 1 - threadIdx.x];
}

__global__ void __launch_bounds__(64) bounded(int* value) {
  if (threadIdx.x == 0) {
    *value = static_cast<int>(blockDim.x);
  }
}

__global__ void static_shared(int* value) {
  __shared__ int words[1024];
  words[threadIdx.x] = *value;
  __syncthreads();
  if (threadIdx.x == 0) {
    *value = words[blockDim.x - 1] + 1;
  }
}

__global__ void write_at(int* values, int index) {
  values[index] = 1;
}

class Kernels : public CudaTest {};

TEST_F(Kernels, RunOnGridsOfTwoDimensions) {
  constexpr int kWidth = 12;
  constexpr int kHeight = 6;
  int* const cells = device_array<int>(kWidth * kHeight);
  number_cells<<<dim3(3, 2), dim3(4, 3)>>>(cells, kWidth);
  must(cudaGetLastError());
  const std::vector<int> result = download(cells, kWidth * kHeight);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      EXPECT_EQ(result[static_cast<std::size_t>(y * kWidth + x)], 100 * y + x);
    }
  }
}

TEST_F(Kernels, ReadTheirArgumentsAtTheLaunch) {
  int* value = device_array<int>(1);
  int* const kept = value;
  bounded<<<1, 32>>>(value);
  value = nullptr;
  EXPECT_EQ(download(kept, 1)[0], 32);
}

TEST_F(Kernels, HaveSharedMemoryOfTheLaunch) {
  int* const values = upload(std::vector<int>{1, 2, 3, 4});
  reverse_block<<<1, 4, 4 * sizeof(int)>>>(values);
  EXPECT_EQ(download(values, 4), (std::vector<int>{4, 3, 2, 1}));
}

TEST_F(Kernels, HaveMuchSharedMemoryOnlyIfTheyAskedForIt) {
  int* const values = upload(std::vector<int>{1, 2, 3, 4});
  const auto launch = [&](std::size_t shared_bytes) {
    reverse_block<<<1, 4, shared_bytes>>>(values);
    return cudaGetLastError();
  };
  const auto allow = [](int shared_bytes) {
    return cudaFuncSetAttribute(reverse_block, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                shared_bytes);
  };
  EXPECT_EQ(launch(48 << 10), cudaSuccess);
  EXPECT_EQ(launch((48 << 10) + 1), cudaErrorInvalidValue);
  EXPECT_EQ(allow(228 << 10), cudaErrorInvalidValue);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidValue);
  EXPECT_EQ(allow(100 << 10), cudaSuccess);
  EXPECT_EQ(launch(100 << 10), cudaSuccess);
  must(cudaDeviceSynchronize());
  EXPECT_EQ(download(values, 4), (std::vector<int>{1, 2, 3, 4}));
}

TEST_F(Kernels, AreNotLaunchedWithSizesThatDevicesDoNotTake) {
  int* const value = device_array<int>(1);
  const auto launch = [&](dim3 grid, dim3 block) {
    write_at<<<grid, block>>>(value, 0);
    return cudaGetLastError();
  };
  EXPECT_EQ(launch(0, 1), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(1, 0), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(1, 1025), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(1, dim3(1, 1, 65)), cudaErrorInvalidConfiguration);
  EXPECT_EQ(launch(dim3(1, 65536), 1), cudaErrorInvalidConfiguration);
  bounded<<<1, 65>>>(value);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidConfiguration);
  EXPECT_EQ(pending(), 0U);
}

TEST_F(Kernels, CanBeLaunchedWithAttributes) {
  int* const value = device_array<int>(1);
  cudaLaunchAttribute attribute{};
  attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attribute.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = 1;
  config.blockDim = 16;
  config.attrs = &attribute;
  config.numAttrs = 1;
  must(cudaLaunchKernelEx(&config, bounded, value));
  EXPECT_EQ(download(value, 1)[0], 16);
  attribute.id = cudaLaunchAttributeCooperative;
  attribute.val.cooperative = 1;
  EXPECT_EQ(cudaLaunchKernelEx(&config, bounded, value), cudaErrorNotSupported);
}

TEST_F(Kernels, TellTheirAttributes) {
  cudaFuncAttributes attributes{};
  must(cudaFuncGetAttributes(&attributes, bounded));
  EXPECT_EQ(attributes.maxThreadsPerBlock, 64);
  EXPECT_EQ(attributes.binaryVersion, 90);
  EXPECT_GT(attributes.numRegs, 0);
  EXPECT_LT(attributes.numRegs, 32);  // as counted by ptxas, not assumed
  must(cudaFuncGetAttributes(&attributes, static_shared));
  EXPECT_EQ(attributes.sharedSizeBytes, 4096U);
  EXPECT_EQ(attributes.maxDynamicSharedSizeBytes, (48 << 10) - 4096);
}

// The objects of these tests have PTX for sm_75 and sm_90.
TEST_F(Kernels, ComeFromTheHighestPtxThatTheDeviceTakes) {
  const auto ptx_version = [](const char* device) {
    reset(with(&Settings::device, std::string(device)));
    cudaFuncAttributes attributes{};
    must(cudaFuncGetAttributes(&attributes, bounded));
    int* const value = device_array<int>(1);
    bounded<<<1, 8>>>(value);
    EXPECT_EQ(download(value, 1)[0], 8);
    return attributes.ptxVersion;
  };
  EXPECT_EQ(ptx_version("t4"), 75);
  EXPECT_EQ(ptx_version("l4"), 75);
  EXPECT_EQ(ptx_version("rtx-4090"), 75);
  EXPECT_EQ(ptx_version("h100-pcie"), 90);
  EXPECT_EQ(ptx_version("h100-sxm"), 90);
  EXPECT_EQ(ptx_version("rtx-5090"), 90);
}

TEST_F(Kernels, FillMultiprocessorsAsFarAsTheyGo) {
  const auto blocks = [](auto kernel, int block_threads, std::size_t shared_bytes) {
    int count = 0;
    must(
        cudaOccupancyMaxActiveBlocksPerMultiprocessor(&count, kernel, block_threads, shared_bytes));
    return count;
  };
  EXPECT_EQ(blocks(write_at, 1024, 0), 2);            // 2048 threads
  EXPECT_EQ(blocks(write_at, 32, 0), 32);             // 32 blocks
  EXPECT_EQ(blocks(reverse_block, 32, 48 << 10), 4);  // 228 KiB, 1 of which goes with each block
  EXPECT_EQ(blocks(bounded, 128, 0), 0);
  reset(with(&Settings::device, std::string("t4")));
  EXPECT_EQ(blocks(write_at, 1024, 0), 1);
  EXPECT_EQ(blocks(write_at, 32, 0), 16);
}

TEST_F(Kernels, BreakTheDeviceByAFault) {
  int* const values = device_array<int>(4);
  write_at<<<1, 1>>>(values, 4);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);  // nobody has looked yet
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorLaunchFailure);
  EXPECT_EQ(findings().size(), 1U);
  void* address = nullptr;
  int count = 0;
  EXPECT_EQ(cudaMalloc(&address, 4), cudaErrorLaunchFailure);
  EXPECT_EQ(cudaFree(values), cudaErrorLaunchFailure);
  write_at<<<1, 1>>>(values, 0);
  EXPECT_EQ(cudaGetLastError(), cudaErrorLaunchFailure);
  EXPECT_EQ(cudaGetLastError(), cudaErrorLaunchFailure);
  EXPECT_EQ(cudaDeviceReset(), cudaErrorLaunchFailure);
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaSuccess);
  EXPECT_EQ(report().launches, 0U);
}

TEST_F(Kernels, AreCounted) {
  int* const value = device_array<int>(1);
  bounded<<<1, 32>>>(value);
  bounded<<<1, 32>>>(value);
  must(cudaDeviceSynchronize());
  const Report seen = report();
  ASSERT_EQ(seen.kernels.size(), 1U);
  const auto& [name, counts] = *seen.kernels.begin();
  EXPECT_NE(name.find("bounded"), std::string::npos);
  EXPECT_EQ(counts.launches, 2U);
  EXPECT_GT(counts.thread_instructions, 0U);
  EXPECT_EQ(counts.global.stored_bytes, 8U);
  EXPECT_NE(to_json(seen).find("\"launches\": 2"), std::string::npos);
}

}  // namespace
}  // namespace cudart_standin
