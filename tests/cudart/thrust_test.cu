// What Thrust and CUB ask of a runtime, by the calls that our own code makes or may make.
#include <cstdint>
#include <numeric>

#include <cub/device/device_segmented_reduce.cuh>
#include <thrust/copy.h>
#include <thrust/execution_policy.h>
#include <thrust/fill.h>
#include <thrust/reduce.h>
#include <thrust/scan.h>
#include <thrust/transform.h>

#include "tests/cudart/cuda_test.hh"

namespace cudart_standin {
namespace {

using Words = std::vector<std::uint64_t>;

constexpr std::size_t kCount = 10000;  // several tiles of every algorithm

Words mixed(std::size_t count) {
  Words words(count);
  std::uint64_t state = 1;
  for (std::uint64_t& word : words) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    word = state >> 7;
  }
  return words;
}

struct TripleAndOne {
  __host__ __device__ std::uint64_t operator()(std::uint64_t word) const { return 3 * word + 1; }
};

struct IsOdd {
  __host__ __device__ bool operator()(std::uint64_t word) const { return (word & 1) != 0; }
};

/// On the device of the environment. CUB remembers a device's architecture for the whole process,
/// so that the fixture cannot take one after the other.
class Thrust : public CudaTest {
 protected:
  const cudaStream_t stream = make_stream();
  const Words words = mixed(kCount);
  std::uint64_t* const in = upload(words);
  std::uint64_t* const out = device_array<std::uint64_t>(kCount);

  Thrust() : CudaTest(settings_from_environment()) { must(cudaDeviceSynchronize()); }
  ~Thrust() override { EXPECT_GT(report().launches, 0U); }
  [[nodiscard]] auto on_stream() const { return thrust::cuda::par.on(stream); }
};

TEST_F(Thrust, SumsSegments) {
  const std::vector<int> bounds = {0, 1, 1, 40, 777, static_cast<int>(kCount)};
  const int segments = static_cast<int>(bounds.size()) - 1;
  int* const offsets = upload(bounds);
  must(cudaDeviceSynchronize());
  std::size_t workspace_bytes = 0;
  must(cub::DeviceSegmentedReduce::Sum(nullptr, workspace_bytes, in, out, segments, offsets,
                                       offsets + 1, stream));
  void* workspace = nullptr;
  must(cudaMallocAsync(&workspace, workspace_bytes, stream));
  must(cub::DeviceSegmentedReduce::Sum(workspace, workspace_bytes, in, out, segments, offsets,
                                       offsets + 1, stream));
  must(cudaFreeAsync(workspace, stream));
  must(cudaStreamSynchronize(stream));
  const Words sums = download(out, static_cast<std::size_t>(segments));
  for (std::size_t i = 0; i < sums.size(); ++i) {
    EXPECT_EQ(sums[i], std::accumulate(words.begin() + bounds[i], words.begin() + bounds[i + 1],
                                       std::uint64_t{0}));
  }
}

TEST_F(Thrust, Transforms) {
  thrust::transform(on_stream(), in, in + kCount, out, TripleAndOne{});
  Words expected = words;
  for (std::uint64_t& word : expected) {
    word = TripleAndOne{}(word);
  }
  EXPECT_EQ(download(out, kCount), expected);
}

TEST_F(Thrust, Fills) {
  thrust::fill(on_stream(), out, out + kCount, std::uint64_t{7});
  EXPECT_EQ(download(out, kCount), Words(kCount, 7));
}

TEST_F(Thrust, Scans) {
  thrust::exclusive_scan(on_stream(), in, in + kCount, out);
  Words expected(kCount);
  std::exclusive_scan(words.begin(), words.end(), expected.begin(), std::uint64_t{0});
  EXPECT_EQ(download(out, kCount), expected);
}

TEST_F(Thrust, CopiesWhatFits) {
  const auto* const end = thrust::copy_if(on_stream(), in, in + kCount, out, IsOdd{});
  Words expected;
  std::copy_if(words.begin(), words.end(), std::back_inserter(expected), IsOdd{});
  ASSERT_EQ(static_cast<std::size_t>(end - out), expected.size());
  EXPECT_EQ(download(out, expected.size()), expected);
}

TEST_F(Thrust, ReducesByKey) {
  Words keys(kCount);
  Words expected;
  for (std::size_t i = 0; i < kCount; ++i) {
    keys[i] = i / 37;
    if (i % 37 == 0) {
      expected.push_back(0);
    }
    expected.back() += words[i];
  }
  const std::uint64_t* const device_keys = upload(keys);
  auto* const out_keys = device_array<std::uint64_t>(kCount);
  must(cudaDeviceSynchronize());
  const auto end =
      thrust::reduce_by_key(on_stream(), device_keys, device_keys + kCount, in, out_keys, out);
  ASSERT_EQ(static_cast<std::size_t>(end.second - out), expected.size());
  EXPECT_EQ(download(out, expected.size()), expected);
}

}  // namespace
}  // namespace cudart_standin
