// Streams, events and host functions: right programs are right in every order of work, and what is
// missing in wrong ones shows.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <thread>

#include "tests/cudart/cuda_test.hh"
#include "tests/cudart/launches.hh"

namespace cudart_standin {
namespace {

constexpr int kCount = 200;
constexpr std::size_t kBytes = kCount * sizeof(int);

void enqueue_add(int* values, int amount, cudaStream_t stream) {
  launch_add(values, kCount, amount, stream);
  must(cudaGetLastError());
}

/// Uploads, adds in one stream, then in another, downloads. With `waits` as it should be.
struct TwoStreams {
  int* const from = pinned_array<int>(kCount);
  int* const to = pinned_array<int>(kCount);
  int* const values = device_array<int>(kCount);
  const cudaStream_t first = make_stream();
  const cudaStream_t second = make_stream();
  const cudaEvent_t between = make_event();

  TwoStreams() { std::iota(from, from + kCount, 100); }
  TwoStreams(const TwoStreams&) = delete;
  TwoStreams& operator=(const TwoStreams&) = delete;
  ~TwoStreams() {
    cudaFree(values);
    cudaFreeHost(from);
    cudaFreeHost(to);
    cudaEventDestroy(between);
    cudaStreamDestroy(first);
    cudaStreamDestroy(second);
  }

  cudaError_t run(bool waits) {
    must(cudaMemcpyAsync(values, from, kBytes, cudaMemcpyHostToDevice, first));
    enqueue_add(values, 1, first);
    must(cudaEventRecord(between, first));
    if (waits) {
      must(cudaStreamWaitEvent(second, between, 0));
    }
    enqueue_add(values, 10, second);
    must(cudaMemcpyAsync(to, values, kBytes, cudaMemcpyDeviceToHost, second));
    return cudaStreamSynchronize(second);
  }
  [[nodiscard]] bool right() const {
    for (int i = 0; i < kCount; ++i) {
      if (to[i] != 100 + i + 11) {
        return false;
      }
    }
    return true;
  }
};

std::vector<Settings> all_orders() {
  std::vector<Settings> all = {with(&Settings::order, Order::kInOrder),
                               with(&Settings::order, Order::kLate)};
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    all.push_back(with(&Settings::order, Order::kSeeded));
    all.back().seed = seed;
  }
  return all;
}

class Streams : public CudaTest {};

TEST_F(Streams, AreRightInEveryOrderWhereWaitsAre) {
  for (const Settings& settings : all_orders()) {
    reset(settings);
    TwoStreams program;
    EXPECT_EQ(program.run(true), cudaSuccess);
    EXPECT_TRUE(program.right());
    EXPECT_EQ(report().kernels.size(), 1U);
    EXPECT_EQ(report().launches, 2U);
  }
}

TEST_F(Streams, ServeSeveralHostThreads) {
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10; ++round) {
        TwoStreams program;
        right += program.run(true) == cudaSuccess && program.right() ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(right, 40);
  EXPECT_EQ(report().launches, 80U);
}

TEST_F(Streams, ShowAMissingWaitWhenWorkIsLate) {
  TwoStreams program;
  EXPECT_EQ(program.run(false), cudaErrorLaunchFailure);  // reads what nothing has written yet
  EXPECT_EQ(findings().size(), 1U);
}

TEST_F(Streams, ShowAMissingWaitAsOldValues) {
  TwoStreams program;
  must(cudaMemset(program.values, 0, kBytes));
  must(cudaDeviceSynchronize());
  EXPECT_EQ(program.run(false), cudaSuccess);
  EXPECT_FALSE(program.right());
  EXPECT_EQ(program.to[0], 10);
}

TEST_F(Streams, HideAMissingWaitInOrderAndShowItForSomeSeeds) {
  int found = 0;
  for (const Settings& settings : all_orders()) {
    reset(settings);
    TwoStreams program;
    must(cudaMemset(program.values, 0, kBytes));
    must(cudaDeviceSynchronize());
    EXPECT_EQ(program.run(false), cudaSuccess);
    if (settings.order == Order::kInOrder) {
      EXPECT_TRUE(program.right());
    }
    found += settings.order == Order::kSeeded && !program.right() ? 1 : 0;
  }
  EXPECT_GT(found, 3);
  EXPECT_LT(found, 20);
}

TEST_F(Streams, RunNothingBeforeItIsWaitedFor) {
  int* const values = upload(std::vector<int>(kCount, 5));
  must(cudaDeviceSynchronize());
  int* const host = pinned_array<int>(kCount);
  host[7] = -1;
  const cudaStream_t stream = make_stream();
  enqueue_add(values, 1, stream);
  must(cudaMemcpyAsync(host, values, kBytes, cudaMemcpyDeviceToHost, stream));
  EXPECT_EQ(pending(), 2U);
  EXPECT_EQ(host[7], -1);
  EXPECT_EQ(report().launches, 0U);
  must(cudaStreamSynchronize(stream));
  EXPECT_EQ(pending(), 0U);
  EXPECT_EQ(host[7], 6);
}

TEST_F(Streams, ReadPinnedMemoryLateAndPageableMemoryAtOnce) {
  int* const values = device_array<int>(kCount);
  int* const pinned = pinned_array<int>(kCount);
  std::vector<int> pageable(kCount, 1);
  std::fill_n(pinned, kCount, 1);
  const cudaStream_t stream = make_stream();

  must(cudaMemcpyAsync(values, pinned, kBytes, cudaMemcpyHostToDevice, stream));
  std::fill_n(pinned, kCount, 2);  // wrong without a wait
  must(cudaStreamSynchronize(stream));
  EXPECT_EQ(download(values, kCount)[0], 2);

  must(cudaMemcpyAsync(values, pageable.data(), kBytes, cudaMemcpyHostToDevice, stream));
  pageable.assign(kCount, 2);
  must(cudaStreamSynchronize(stream));
  EXPECT_EQ(download(values, kCount)[0], 1);
}

TEST_F(Streams, CopyToPageableMemoryBeforeTheCallReturns) {
  int* const values = upload(std::vector<int>(kCount, 5));
  const cudaStream_t stream = make_stream();
  must(cudaDeviceSynchronize());
  enqueue_add(values, 1, stream);
  std::vector<int> host(kCount);
  must(cudaMemcpyAsync(host.data(), values, kBytes, cudaMemcpyDeviceToHost, stream));
  EXPECT_EQ(host, std::vector<int>(kCount, 6));
}

TEST_F(Streams, ThatBlockAreOrderedByTheDefaultStream) {
  int* const values = upload(std::vector<int>(kCount, 0));
  const cudaStream_t before = make_stream(cudaStreamDefault);
  const cudaStream_t after = make_stream(cudaStreamDefault);
  enqueue_add(values, 1, before);
  must(cudaMemsetAsync(values, 0, kBytes, nullptr));
  enqueue_add(values, 10, after);
  must(cudaStreamSynchronize(after));
  EXPECT_EQ(download(values, kCount), std::vector<int>(kCount, 10));
  enqueue_add(values, 5, before);
  EXPECT_EQ(download(values, kCount), std::vector<int>(kCount, 15));
}

TEST_F(Streams, ThatDoNotBlockAreNotOrderedByTheDefaultStream) {
  int* const values = upload(std::vector<int>(kCount, 0));
  must(cudaDeviceSynchronize());
  const cudaStream_t stream = make_stream(cudaStreamNonBlocking);
  enqueue_add(values, 1, stream);
  must(cudaMemset(values, 0, kBytes));
  must(cudaStreamSynchronize(nullptr));
  must(cudaStreamSynchronize(stream));
  EXPECT_EQ(download(values, kCount), std::vector<int>(kCount, 1));
}

TEST_F(Streams, ComeToTheirEndWhileTheyAreAskedWhetherTheyDid) {
  int* const values = upload(std::vector<int>(kCount, 0));
  must(cudaDeviceSynchronize());
  const cudaStream_t stream = make_stream();
  const cudaEvent_t event = make_event();
  EXPECT_EQ(cudaStreamQuery(stream), cudaSuccess);
  enqueue_add(values, 1, stream);
  enqueue_add(values, 1, stream);
  must(cudaEventRecord(event, stream));
  int asked = 1;
  while (cudaEventQuery(event) == cudaErrorNotReady && asked < 100) {
    ++asked;
  }
  EXPECT_EQ(asked, 4);
  EXPECT_EQ(cudaStreamQuery(stream), cudaSuccess);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);  // to be not ready is no error
}

TEST_F(Streams, FinishTheirWorkAfterTheyAreDestroyed) {
  int* const values = upload(std::vector<int>(kCount, 0));
  must(cudaDeviceSynchronize());
  const cudaStream_t stream = make_stream();
  enqueue_add(values, 1, stream);
  must(cudaStreamDestroy(stream));
  EXPECT_EQ(pending(), 1U);
  must(cudaDeviceSynchronize());
  EXPECT_EQ(download(values, kCount)[0], 1);
}

TEST_F(Streams, AreNotUsedAfterTheyAreDestroyed) {
  const cudaStream_t stream = make_stream();
  must(cudaStreamDestroy(stream));
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaStreamDestroy(stream), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(findings().size(), 2U);
}

TEST_F(Streams, OfAnotherDeviceTakeNoLaunches) {
  reset(with(&Settings::device_count, 2));
  int* const values = upload(std::vector<int>(kCount, 0));
  const cudaStream_t stream = make_stream();
  must(cudaSetDevice(1));
  launch_add(values, kCount, 1, stream);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidResourceHandle);
}

class Events : public CudaTest {};

TEST_F(Events, ThatWereNeverRecordedHoldNobodyUp) {
  const cudaEvent_t event = make_event();
  EXPECT_EQ(cudaEventQuery(event), cudaSuccess);
  EXPECT_EQ(cudaEventSynchronize(event), cudaSuccess);
  EXPECT_EQ(cudaStreamWaitEvent(make_stream(), event, 0), cudaSuccess);
}

TEST_F(Events, MeasureTimeOnceBothWereReached) {
  int* const values = upload(std::vector<int>(kCount, 0));
  const cudaStream_t stream = make_stream();
  const cudaEvent_t start = make_event();
  const cudaEvent_t end = make_event();
  float milliseconds = -1;
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, start, end), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidResourceHandle);
  must(cudaDeviceSynchronize());
  must(cudaEventRecord(start, stream));
  enqueue_add(values, 1, stream);
  must(cudaEventRecord(end, stream));
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, start, end), cudaErrorNotReady);
  must(cudaEventSynchronize(end));
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, start, end), cudaSuccess);
  EXPECT_GT(milliseconds, 0);
}

TEST_F(Events, WaitForWhatWasRecordedLast) {
  int* const values = upload(std::vector<int>(kCount, 0));
  must(cudaDeviceSynchronize());
  const cudaStream_t stream = make_stream();
  const cudaEvent_t event = make_event();
  must(cudaEventRecord(event, stream));
  enqueue_add(values, 1, stream);
  must(cudaEventRecord(event, stream));
  must(cudaEventSynchronize(event));
  EXPECT_EQ(pending(), 0U);
  EXPECT_EQ(report().launches, 1U);
}

class HostFunctions : public CudaTest {};

struct Seen {
  int* values = nullptr;
  int first = -1;
  cudaError_t own_call = cudaSuccess;
};

TEST_F(HostFunctions, RunInTheirStreamsOrderAndMayNotCallTheRuntime) {
  int* const values = upload(std::vector<int>(kCount, 3));
  must(cudaDeviceSynchronize());
  Seen seen{.values = pinned_array<int>(kCount)};
  const cudaStream_t stream = make_stream();
  must(cudaMemcpyAsync(seen.values, values, kBytes, cudaMemcpyDeviceToHost, stream));
  const auto look = [](void* argument) {
    auto* const at = static_cast<Seen*>(argument);
    at->first = at->values[0];
    at->own_call = cudaDeviceSynchronize();
  };
  must(cudaLaunchHostFunc(stream, look, &seen));
  must(cudaStreamSynchronize(stream));
  EXPECT_EQ(seen.first, 3);
  EXPECT_EQ(seen.own_call, cudaErrorNotPermitted);
}

TEST_F(HostFunctions, RunForThoseWhoWaitByALockOfTheirOwn) {
  struct Gate {
    std::mutex mutex;
    std::condition_variable opens;
    bool open = false;
  } gate;
  int* const values = upload(std::vector<int>(kCount, 0));
  must(cudaDeviceSynchronize());
  const cudaStream_t stream = make_stream();
  enqueue_add(values, 1, stream);
  const auto unlock = [](void* argument) {
    auto* const at = static_cast<Gate*>(argument);
    const std::lock_guard lock(at->mutex);
    at->open = true;
    at->opens.notify_all();
  };
  must(cudaLaunchHostFunc(stream, unlock, &gate));
  std::unique_lock lock(gate.mutex);
  gate.opens.wait(lock, [&] { return gate.open; });
  EXPECT_EQ(report().launches, 1U);
}

}  // namespace
}  // namespace cudart_standin
