// Machines without a device, failures that were asked for, and how a process ends.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "tests/cudart/cuda_test.hh"
#include "tests/cudart/launches.hh"

namespace cudart_standin {
namespace {

class Failures : public CudaTest {};

TEST_F(Failures, WithoutADevice) {
  reset(with(&Settings::device_count, 0));
  int count = -1;
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorNoDevice);
  EXPECT_EQ(count, 0);
  void* address = nullptr;
  EXPECT_EQ(cudaMalloc(&address, 4), cudaErrorNoDevice);
  cudaDeviceProp properties{};
  EXPECT_EQ(cudaGetDeviceProperties(&properties, 0), cudaErrorNoDevice);
  int version = -1;
  EXPECT_EQ(cudaDriverGetVersion(&version), cudaSuccess);
  EXPECT_EQ(version, 0);
}

TEST_F(Failures, OfAnOldDriver) {
  reset(with(&Settings::old_driver, true));
  int count = -1;
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorInsufficientDriver);
  EXPECT_STREQ(cudaGetErrorName(cudaGetLastError()), "cudaErrorInsufficientDriver");
  int driver = 0;
  int runtime = 0;
  must(cudaDriverGetVersion(&driver));
  must(cudaRuntimeGetVersion(&runtime));
  EXPECT_LT(driver, runtime);
}

TEST_F(Failures, OfDeviceNumbersThatAreNot) {
  reset(with(&Settings::device_count, 2));
  EXPECT_EQ(cudaSetDevice(1), cudaSuccess);
  EXPECT_EQ(cudaSetDevice(2), cudaErrorInvalidDevice);
  EXPECT_EQ(cudaSetDevice(-1), cudaErrorInvalidDevice);
  int device = -1;
  must(cudaGetDevice(&device));
  EXPECT_EQ(device, 1);
}

TEST_F(Failures, OfTheAllocationThatWasAskedFor) {
  reset(with(&Settings::fail_allocation, 3));
  void* address = nullptr;
  EXPECT_EQ(cudaMalloc(&address, 4), cudaSuccess);
  EXPECT_EQ(cudaHostAlloc(&address, 4, cudaHostAllocDefault), cudaSuccess);
  EXPECT_EQ(cudaMallocAsync(&address, 4, nullptr), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaMallocAsync(&address, 4, nullptr), cudaSuccess);
}

TEST_F(Failures, OfTheLaunchThatWasAskedFor) {
  reset(with(&Settings::fail_launch, 2));
  int* const value = upload(std::vector<int>{0});
  launch_increment(value);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  launch_increment(value);
  EXPECT_EQ(cudaGetLastError(), cudaErrorLaunchOutOfResources);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  launch_increment(value);
  EXPECT_EQ(download(value, 1)[0], 2);
}

TEST_F(Failures, OfTheSynchronisationThatWasAskedForStay) {
  reset(with(&Settings::fail_synchronise, 2));
  int* const value = upload(std::vector<int>{0});
  const cudaStream_t stream = make_stream();
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  launch_increment(value);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaGetLastError(), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaGetLastError(), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaFree(value), cudaErrorIllegalAddress);
  EXPECT_TRUE(report().findings.empty());  // the program did nothing wrong
}

TEST_F(Failures, HaveNames) {
  EXPECT_STREQ(cudaGetErrorName(cudaErrorNoDevice), "cudaErrorNoDevice");
  EXPECT_STREQ(cudaGetErrorString(cudaErrorNoDevice), "no CUDA device");
  EXPECT_STREQ(cudaGetErrorName(static_cast<cudaError_t>(12345)), "unrecognized error code");
}

// Each runs in a process of its own, which reads the environment.
class EndOfProcess : public CudaTest {
 protected:
  EndOfProcess() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
  ~EndOfProcess() override {
    for (const char* name : {"FAKE_CUDA_REPORT", "FAKE_CUDA_DEVICE", "FAKE_CUDA_ORDERS"}) {
      unsetenv(name);
    }
  }
};

/// As a program would that looks at no error.
void increment_unwritten_value() {
  reset(settings_from_environment());
  launch_increment(device_array<int>(1));
  static_cast<void>(cudaDeviceSynchronize());
}

void increment_value() {
  reset(settings_from_environment());
  int* const value = upload(std::vector<int>{0});
  launch_increment(value);
  must(cudaDeviceSynchronize());
  must(cudaFree(value));
}

TEST_F(EndOfProcess, HasStatusOfItsOwnWhereAFaultWasIgnored) {
  EXPECT_EXIT(
      {
        increment_unwritten_value();
        std::exit(0);
      },
      testing::ExitedWithCode(70), "exit status 0 with 1 finding");
}

TEST_F(EndOfProcess, KeepsTheProgramsStatusOtherwise) {
  EXPECT_EXIT(
      {
        increment_unwritten_value();
        std::exit(3);
      },
      testing::ExitedWithCode(3), "fake CUDA");
  EXPECT_EXIT(
      {
        increment_value();
        std::exit(0);
      },
      testing::ExitedWithCode(0), "^$");
}

TEST_F(EndOfProcess, NamesLeaks) {
  EXPECT_EXIT(
      {
        static_cast<void>(device_array<int>(5));
        std::exit(0);
      },
      testing::ExitedWithCode(0), "never freed: buffer 1 \\(20 bytes\\)");
}

TEST_F(EndOfProcess, ComesWhenTheHostTouchesDeviceMemory) {
  EXPECT_EXIT(
      {
        int* const values = upload(std::vector<int>{1});
        must(cudaDeviceSynchronize());
        std::exit(*values);
      },
      testing::ExitedWithCode(70), "host code touched device memory");
}

TEST_F(EndOfProcess, LeavesAReport) {
  const std::string path = testing::TempDir() + "cudart_report.json";
  std::filesystem::remove(path);
  setenv("FAKE_CUDA_REPORT", path.c_str(), 1);
  setenv("FAKE_CUDA_DEVICE", "l4", 1);
  EXPECT_EXIT(
      {
        increment_value();
        std::exit(0);
      },
      testing::ExitedWithCode(0), "^$");
  std::ifstream file(path);
  ASSERT_TRUE(file);
  const nlohmann::json report = nlohmann::json::parse(file);
  EXPECT_EQ(report.at("device"), "l4");
  EXPECT_EQ(report.at("launches"), 1);
  ASSERT_EQ(report.at("kernels").size(), 1U);
  const nlohmann::json& counts = *report.at("kernels").begin();
  EXPECT_EQ(counts.at("launches"), 1);
  EXPECT_GT(counts.at("thread_instructions"), 0);
  EXPECT_EQ(counts.at("global").at("stored_bytes"), 4);
  EXPECT_EQ(report.at("transfers").at("host_to_device").at("bytes"), 4);
  EXPECT_EQ(report.at("allocations"), 1);
  EXPECT_EQ(report.at("peak_bytes"), 4);
  EXPECT_TRUE(report.at("leaks").empty());
  EXPECT_TRUE(report.at("findings").empty());
}

TEST_F(EndOfProcess, ComesAtOnceForSettingsThatAreNot) {
  setenv("FAKE_CUDA_ORDERS", "late", 1);
  EXPECT_EXIT(std::exit(0), testing::ExitedWithCode(70), "FAKE_CUDA_ORDERS=late: no such setting");
}

}  // namespace
}  // namespace cudart_standin
