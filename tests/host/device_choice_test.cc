// Which device is taken, with and without CUDA that works, on any machine.
#include "host/device_choice.hh"

#include <gtest/gtest.h>

#include "cuda/device_error.hh"
#include "tests/host/test_clips.hh"

namespace host {
namespace {

using test::message_of;

// Stands for a CUDA device.
class FakeDevice : public gpu::Device {
 public:
  FakeDevice(int ordinal, std::uint64_t memory_bytes)
      : name_("fake:" + std::to_string(ordinal) + ":" + std::to_string(memory_bytes)) {}
  std::string name() const override { return name_; }
  std::vector<gpu::PictureStats> look_ahead(std::span<const vp8::PictureRef>) override {
    return {};
  }
  std::vector<gpu::ChunkResult> first_pass(std::vector<gpu::ChunkJob>) override { return {}; }

 private:
  std::string name_;
};

DeviceBackends two_gpus() {
  const gpu::CudaDevices found = {.devices = {{.ordinal = 3,
                                               .name = "Fast One",
                                               .compute_major = 9,
                                               .compute_minor = 0,
                                               .memory_bytes = 1},
                                              {.ordinal = 4,
                                               .name = "Other",
                                               .compute_major = 8,
                                               .compute_minor = 6,
                                               .memory_bytes = 1}},
                                  .why_none = {}};
  return {.list_cuda = [found] { return found; },
          .make_cuda =
              [](int ordinal, std::uint64_t memory_bytes) {
                return std::make_unique<FakeDevice>(ordinal, memory_bytes);
              }};
}

DeviceBackends no_gpu(const std::string& why) {
  return {.list_cuda =
              [why] {
                return gpu::CudaDevices{{}, why};
              },
          .make_cuda = [](int, std::uint64_t) -> std::unique_ptr<gpu::Device> {
            throw std::logic_error("asked for a device that is not listed");
          }};
}

// Listed, but what is made of it fails.
DeviceBackends broken_gpu() {
  DeviceBackends backends = two_gpus();
  backends.make_cuda = [](int, std::uint64_t) -> std::unique_ptr<gpu::Device> {
    throw gpu::DeviceError("device 3: out of memory; close other programs");
  };
  return backends;
}

TEST(DeviceChoice, AutomaticTakesTheFirstGpu) {
  for (const DeviceKind kind : {DeviceKind::kAuto, DeviceKind::kCuda}) {
    const DeviceChoice choice = choose_device(kind, 77, two_gpus());
    EXPECT_TRUE(choice.is_cuda);
    EXPECT_EQ(choice.device->name(), "fake:3:77");
    EXPECT_EQ(choice.description, "cuda:3 (Fast One, compute capability 9.0)");
    EXPECT_EQ(choice.why_not_cuda, "");
  }
}

TEST(DeviceChoice, AutomaticFallsBackToTheCpuAndSaysWhy) {
  const DeviceChoice choice = choose_device(DeviceKind::kAuto, 0, no_gpu("none is here"));
  EXPECT_FALSE(choice.is_cuda);
  EXPECT_EQ(choice.device->name(), "cpu");
  EXPECT_TRUE(choice.description.starts_with("cpu (")) << choice.description;
  EXPECT_EQ(choice.why_not_cuda, "none is here");
}

TEST(DeviceChoice, AutomaticFallsBackWhereTheGpuDoesNotWork) {
  const DeviceChoice choice = choose_device(DeviceKind::kAuto, 0, broken_gpu());
  EXPECT_EQ(choice.device->name(), "cpu");
  EXPECT_EQ(choice.why_not_cuda, "device 3: out of memory; close other programs");
}

TEST(DeviceChoice, TheCpuIsTakenWithoutLookingForAGpu) {
  DeviceBackends backends = two_gpus();
  backends.list_cuda = []() -> gpu::CudaDevices { throw std::logic_error("looked"); };
  const DeviceChoice choice = choose_device(DeviceKind::kCpu, 0, backends);
  EXPECT_EQ(choice.device->name(), "cpu");
  EXPECT_EQ(choice.why_not_cuda, "");
}

TEST(DeviceChoice, CudaThatIsAskedForAndMissingIsAnErrorWithAMend) {
  const auto message = [](const std::string& why) {
    return message_of<gpu::DeviceError>([&] { choose_device(DeviceKind::kCuda, 0, no_gpu(why)); });
  };
  for (const auto& [why, advice] :
       {std::pair{"cudaErrorInsufficientDriver: too old", "driver, or a newer one"},
        {"cudaErrorNoDevice: none", "CUDA_VISIBLE_DEVICES"},
        {"built without CUDA", "nvcc"},
        {"something else", "nvidia-smi"}}) {
    EXPECT_NE(message(why).find(why), std::string::npos) << message(why);
    EXPECT_NE(message(why).find(advice), std::string::npos) << message(why);
    EXPECT_NE(message(why).find("--device cpu"), std::string::npos) << message(why);
  }
  EXPECT_THROW(choose_device(DeviceKind::kCuda, 0, broken_gpu()), gpu::DeviceError);
}

// On this machine, whatever it has.
TEST(DeviceChoice, AutomaticAlwaysFindsADevice) {
  const DeviceChoice choice = choose_device(DeviceKind::kAuto, 0);
  ASSERT_NE(choice.device, nullptr);
  EXPECT_EQ(choice.why_not_cuda.empty(), choice.is_cuda) << choice.why_not_cuda;
}

}  // namespace
}  // namespace host
