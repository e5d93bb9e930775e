// Allocations and copies: what they do, and that wrong pointers, sizes and lifetimes are found.
#include <algorithm>
#include <numeric>

#include "tests/cudart/cuda_test.hh"

namespace cudart_standin {
namespace {

__constant__ int factor;
__device__ int table[4] = {10, 20, 30, 40};
__device__ int sum;

__global__ void scale(int* values, int count) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < count) {
    values[i] = values[i] * factor + table[i & 3];
    atomicAdd(&sum, values[i]);
  }
}

__global__ void store(int* to, int value) {
  *to = value;
}

__global__ void move(const int* from, int* to) {
  *to = *from;
}

class Memory : public CudaTest {};

TEST_F(Memory, KeepsWhatIsCopiedIn) {
  std::vector<int> values(1000);
  std::iota(values.begin(), values.end(), 0);
  int* const device = upload(values);
  EXPECT_EQ(download(device, values.size()), values);
  EXPECT_EQ(download(device + 10, 5), std::vector<int>(values.begin() + 10, values.begin() + 15));
  EXPECT_EQ(report().host_to_device, (Transfers{.count = 1, .bytes = 4000}));
  EXPECT_EQ(report().device_to_host, (Transfers{.count = 2, .bytes = 4020}));
}

TEST_F(Memory, CopiesRectanglesAndNothingBesideThem) {
  constexpr std::size_t kWidth = 10;
  constexpr std::size_t kHeight = 4;
  constexpr std::size_t kHostPitch = 16;
  std::vector<std::uint8_t> from(kHostPitch * kHeight);
  std::iota(from.begin(), from.end(), std::uint8_t{1});
  void* address = nullptr;
  std::size_t pitch = 0;
  must(cudaMallocPitch(&address, &pitch, kWidth, kHeight));
  EXPECT_GE(pitch, kWidth);
  must(cudaMemset(address, 0xEE, pitch * kHeight));
  must(cudaMemcpy2D(address, pitch, from.data(), kHostPitch, kWidth, kHeight,
                    cudaMemcpyHostToDevice));
  const auto device = download(static_cast<const std::uint8_t*>(address), pitch * kHeight);
  std::vector<std::uint8_t> to(kHostPitch * kHeight, 0xCC);
  must(cudaMemcpy2DAsync(to.data(), kHostPitch, address, pitch, kWidth, kHeight,
                         cudaMemcpyDeviceToHost, nullptr));
  for (std::size_t y = 0; y < kHeight; ++y) {
    for (std::size_t x = 0; x < kHostPitch; ++x) {
      const std::uint8_t value = from[y * kHostPitch + x];
      EXPECT_EQ(device[y * pitch + x], x < kWidth ? value : 0xEE);
      EXPECT_EQ(to[y * kHostPitch + x], x < kWidth ? value : 0xCC);
    }
  }
  EXPECT_EQ(cudaMemcpy2D(address, kWidth - 1, from.data(), kHostPitch, kWidth, kHeight,
                         cudaMemcpyHostToDevice),
            cudaErrorInvalidPitchValue);
}

TEST_F(Memory, KnowsTheDirectionByThePointers) {
  std::vector<int> values = {1, 2, 3};
  int* const one = upload(values);
  int* const other = device_array<int>(3);
  must(cudaMemcpy(other, one, 12, cudaMemcpyDefault));
  std::vector<int> back(3);
  must(cudaMemcpy(back.data(), other, 12, cudaMemcpyDefault));
  EXPECT_EQ(back, values);
  EXPECT_EQ(report().device_to_device.count, 1U);
}

TEST_F(Memory, FaultsWhereUnwrittenBytesReachTheHost) {
  auto* const device = device_array<std::uint8_t>(100);
  must(cudaMemset(device, 1, 40));
  std::vector<std::uint8_t> host(100);
  EXPECT_EQ(cudaMemcpy(host.data(), device, 40, cudaMemcpyDeviceToHost), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(host.data(), device, 100, cudaMemcpyDeviceToHost), cudaErrorLaunchFailure);
  expect_finding("a copy reads offset 40 of buffer 1 (100 bytes)");
}

TEST_F(Memory, CarriesUnwrittenBytesAlongOnTheDevice) {
  auto* const one = device_array<std::uint8_t>(8);
  auto* const other = device_array<std::uint8_t>(8);
  must(cudaMemset(one, 1, 4));
  must(cudaMemset(other, 2, 8));
  must(cudaMemcpy(other, one, 8, cudaMemcpyDeviceToDevice));
  EXPECT_EQ(download(other, 4), std::vector<std::uint8_t>(4, 1));
  std::uint8_t last = 0;
  EXPECT_EQ(cudaMemcpy(&last, other + 7, 1, cudaMemcpyDeviceToHost), cudaErrorLaunchFailure);
  expect_finding("offset 7 of buffer 2");
}

TEST_F(Memory, RefusesPointersThatAreNotOfTheirKind) {
  int host = 0;
  int* const device = device_array<int>(1);
  EXPECT_EQ(cudaMemcpy(&host, &host, 4, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(device, device, 4, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(&host, &host, 4, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemset(&host, 0, 4), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFree(&host), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFreeHost(device), cudaErrorInvalidValue);
  EXPECT_EQ(findings().size(), 6U);
}

TEST_F(Memory, RefusesMoreThanABufferHas) {
  std::vector<int> values(11);
  int* const device = device_array<int>(10);
  EXPECT_EQ(cudaMemcpy(device, values.data(), 44, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemset(device + 9, 0, 5), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemset(device + 9, 0, 4), cudaSuccess);
  EXPECT_EQ(findings().size(), 2U);
}

TEST_F(Memory, FindsWhatIsFreedTwiceOrUsedAfterwards) {
  int* const device = device_array<int>(10);
  must(cudaFree(device));
  EXPECT_EQ(cudaFree(device), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemset(device, 0, 4), cudaErrorInvalidValue);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidValue);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  ASSERT_EQ(findings().size(), 2U);
  EXPECT_EQ(findings()[0], "cudaFree: freed twice: buffer 1 (40 bytes, freed)");
  EXPECT_EQ(cudaFree(nullptr), cudaSuccess);
}

TEST_F(Memory, ListsLeaks) {
  int* const kept = device_array<int>(10);
  int* const freed = device_array<int>(20);
  int* const pinned = pinned_array<int>(30);
  must(cudaFree(freed));
  EXPECT_EQ(report().leaks.size(), 2U);
  EXPECT_EQ(report().bytes_in_use, 40U);
  EXPECT_EQ(report().peak_bytes, 120U);
  must(cudaFree(kept));
  must(cudaFreeHost(pinned));
  EXPECT_TRUE(report().leaks.empty());
}

TEST_F(Memory, EndsWhereTheDeviceHasNoMore) {
  reset(with(&Settings::memory_bytes, std::uint64_t{1} << 20));
  std::size_t free_bytes = 0;
  std::size_t total_bytes = 0;
  auto* const half = device_array<std::byte>(std::size_t{1} << 19);
  must(cudaMemGetInfo(&free_bytes, &total_bytes));
  EXPECT_EQ(total_bytes, std::size_t{1} << 20);
  EXPECT_EQ(free_bytes, std::size_t{1} << 19);
  void* more = nullptr;
  EXPECT_EQ(cudaMalloc(&more, free_bytes + 1), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaMalloc(&more, free_bytes), cudaSuccess);
  EXPECT_EQ(cudaMallocAsync(&more, 1, nullptr), cudaErrorMemoryAllocation);
  must(cudaFree(half));
  EXPECT_EQ(cudaMallocAsync(&more, 1, nullptr), cudaSuccess);
}

TEST_F(Memory, OfAStreamIsThereForWhatComesBehind) {
  const cudaStream_t stream = make_stream();
  void* address = nullptr;
  must(cudaMallocAsync(&address, 4, stream));
  store<<<1, 1, 0, stream>>>(static_cast<int*>(address), 7);
  int* const host = pinned_array<int>(1);
  must(cudaMemcpyAsync(host, address, 4, cudaMemcpyDeviceToHost, stream));
  must(cudaFreeAsync(address, stream));
  EXPECT_EQ(report().bytes_in_use, 4U);
  must(cudaStreamSynchronize(stream));
  EXPECT_EQ(*host, 7);
  EXPECT_EQ(report().bytes_in_use, 0U);
}

TEST_F(Memory, OfAStreamIsNotThereForOthers) {
  void* address = nullptr;
  must(cudaMallocAsync(&address, 4, make_stream()));
  const cudaStream_t other = make_stream();
  must(cudaMemsetAsync(address, 0, 4, other));
  EXPECT_EQ(cudaStreamSynchronize(other), cudaErrorLaunchFailure);
  expect_finding("not yet allocated in its stream");
}

TEST_F(Memory, OfAStreamIsGoneForOthersOnceItIsFreed) {
  int* const values = upload(std::vector<int>{1});
  must(cudaDeviceSynchronize());
  const cudaStream_t reader = make_stream();
  const cudaStream_t owner = make_stream();
  int* const host = pinned_array<int>(1);
  must(cudaMemcpyAsync(host, values, 4, cudaMemcpyDeviceToHost, reader));
  must(cudaFreeAsync(values, owner));
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorLaunchFailure);
  expect_finding("freed");
}

TEST_F(Memory, ThatIsPinnedOutlivesItsCopies) {
  int* const device = device_array<int>(1);
  int* const host = pinned_array<int>(1);
  *host = 1;
  const cudaStream_t stream = make_stream();
  must(cudaMemcpyAsync(device, host, 4, cudaMemcpyHostToDevice, stream));
  must(cudaFreeHost(host));
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorLaunchFailure);
  expect_finding("pinned buffer 1");
}

TEST_F(Memory, ThatIsPinnedIsForKernelsOnlyIfMapped) {
  void* host = nullptr;
  must(cudaHostAlloc(&host, 8, cudaHostAllocMapped));
  void* device = nullptr;
  must(cudaHostGetDevicePointer(&device, host, 0));
  auto* const values = static_cast<int*>(host);
  values[0] = 5;
  move<<<1, 1>>>(static_cast<int*>(device), static_cast<int*>(device) + 1);
  must(cudaDeviceSynchronize());
  EXPECT_EQ(values[1], 5);

  store<<<1, 1>>>(pinned_array<int>(1), 1);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorLaunchFailure);
  EXPECT_EQ(findings().size(), 1U);
}

TEST_F(Memory, TellsWhatPointersAre) {
  int host = 0;
  int* const device = device_array<int>(4);
  int* const pinned = pinned_array<int>(4);
  const auto type = [](const void* address) {
    cudaPointerAttributes attributes{};
    must(cudaPointerGetAttributes(&attributes, address));
    return attributes.type;
  };
  EXPECT_EQ(type(&host), cudaMemoryTypeUnregistered);
  EXPECT_EQ(type(device + 3), cudaMemoryTypeDevice);
  EXPECT_EQ(type(pinned + 3), cudaMemoryTypeHost);
  must(cudaFree(device));
  EXPECT_EQ(type(device), cudaMemoryTypeUnregistered);
}

TEST_F(Memory, EndsWhenTheDeviceIsReset) {
  int* const device = device_array<int>(4);
  const cudaStream_t stream = make_stream();
  must(cudaDeviceReset());
  EXPECT_TRUE(report().leaks.empty());
  EXPECT_EQ(report().bytes_in_use, 0U);
  EXPECT_EQ(cudaMemset(device, 0, 4), cudaErrorInvalidValue);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(findings().size(), 2U);
}

class Symbols : public CudaTest {};

TEST_F(Symbols, AreSharedBetweenHostAndKernels) {
  const int three = 3;
  const int zero = 0;
  must(cudaMemcpyToSymbol(factor, &three, sizeof(three)));
  must(cudaMemcpyToSymbol(sum, &zero, sizeof(zero)));
  int* const values = upload(std::vector<int>{1, 2, 3, 4, 5});
  scale<<<1, 32>>>(values, 5);
  const std::vector<int> expected = {13, 26, 39, 52, 25};
  EXPECT_EQ(download(values, 5), expected);
  int total = 0;
  must(cudaMemcpyFromSymbol(&total, sum, sizeof(total)));
  EXPECT_EQ(total, std::accumulate(expected.begin(), expected.end(), 0));
}

TEST_F(Symbols, StartWithTheirFirstValues) {
  int element = 0;
  must(cudaMemcpyFromSymbol(&element, table, sizeof(element), 2 * sizeof(int)));
  EXPECT_EQ(element, 30);
  must(cudaMemcpyFromSymbol(&element, factor, sizeof(element)));
  EXPECT_EQ(element, 0);
}

TEST_F(Symbols, AreOfEachDeviceItsOwn) {
  reset(with(&Settings::device_count, 2));
  const int one = 1;
  must(cudaMemcpyToSymbol(factor, &one, sizeof(one)));
  must(cudaSetDevice(1));
  int value = -1;
  must(cudaMemcpyFromSymbol(&value, factor, sizeof(value)));
  EXPECT_EQ(value, 0);
}

TEST_F(Symbols, HaveAddressesAndSizes) {
  void* address = nullptr;
  std::size_t size_bytes = 0;
  must(cudaGetSymbolAddress(&address, table));
  must(cudaGetSymbolSize(&size_bytes, table));
  EXPECT_EQ(size_bytes, sizeof(int) * 4);
  EXPECT_EQ(download(static_cast<int*>(address), 4), (std::vector<int>{10, 20, 30, 40}));
  const int value = 0;
  EXPECT_EQ(cudaMemcpyToSymbol(table, &value, sizeof(value), 16), cudaErrorInvalidValue);
  EXPECT_EQ(cudaGetSymbolAddress(&address, &value), cudaErrorInvalidSymbol);
}

TEST_F(Symbols, StartAnewWhenTheDeviceIsReset) {
  const int one = 1;
  must(cudaMemcpyToSymbol(factor, &one, sizeof(one)));
  must(cudaDeviceReset());
  int value = -1;
  must(cudaMemcpyFromSymbol(&value, factor, sizeof(value)));
  EXPECT_EQ(value, 0);
}

}  // namespace
}  // namespace cudart_standin
