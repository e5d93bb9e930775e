// cuda/cuda_devices: true on machines with a device, without one, and in builds without CUDA.
#include "cuda/cuda_devices.hh"

#include <gtest/gtest.h>

namespace gpu {
namespace {

TEST(CudaDevices, AreListedOrTheReasonIsGiven) {
  const CudaDevices found = cuda_devices();
  EXPECT_EQ(found.devices.empty(), !found.why_none.empty()) << found.why_none;
}

TEST(CudaDevices, HaveNamesAndMemory) {
  const CudaDevices found = cuda_devices();
  if (found.devices.empty()) {
    GTEST_SKIP() << "no CUDA device: " << found.why_none;
  }
  for (const CudaDevice& device : found.devices) {
    EXPECT_FALSE(device.name.empty());
    EXPECT_GE(device.compute_major, 1);
    EXPECT_GT(device.memory_bytes, 0U);
  }
}

TEST(CudaDevices, AreTheSameWhenAskedTwice) {
  EXPECT_EQ(cuda_devices(), cuda_devices());
}

}  // namespace
}  // namespace gpu
