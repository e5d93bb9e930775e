// The CUDA device gives what the CPU device gives, bit for bit. Runs on a GPU, where there is one,
// and always on the CPU through tests/cudart.
#include "cuda/cuda_device.hh"

#include <gtest/gtest.h>

#include "cuda/cuda_devices.hh"
#include "cuda/device_error.hh"
#include "tests/cuda/made_chunks.hh"
#include "tests/cuda/made_clips.hh"
#if defined(FASTSLOW_FAKE_DEVICE)
#include "tests/cudart/control.hh"
#endif

namespace gpu {
namespace {

using test::chain_begin;
using test::chain_middle;
using test::clip_of;
using test::expect_equal;
using test::varied;

class CudaDeviceTest : public testing::Test {
 protected:
#if defined(FASTSLOW_FAKE_DEVICE)  // on the stand-in: which GPU it pretends to be
  static void SetUpTestSuite() {
    cudart_standin::Settings settings;
    settings.device = FASTSLOW_FAKE_DEVICE;
    cudart_standin::reset(settings);
  }
#endif
  void SetUp() override {
    if (const CudaDevices found = cuda_devices(); found.devices.empty())
      GTEST_SKIP() << "no GPU: " << found.why_none;
    cuda_ = make_cuda_device({});
  }

  void expect_same(const std::vector<ChunkJob>& chunks) const {
    const std::vector<ChunkResult> wanted = make_cpu_device()->first_pass(chunks);
    const std::vector<ChunkResult> found = cuda_->first_pass(chunks);
    ASSERT_EQ(found.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      SCOPED_TRACE(testing::Message() << "chunk " << i);
      expect_equal(found[i], wanted[i]);
    }
  }

  std::unique_ptr<Device> cuda_;
};

TEST_F(CudaDeviceTest, DecidesAKeyFrameAsTheCpuDoes) {
  expect_same({chain_begin(clip_of(oracle::Content::kPan, 40, 24, 1), 30)});
}

TEST_F(CudaDeviceTest, DecidesChunksAsTheCpuDoes) {
  // A jump that only the wide search finds, a hidden picture, and maps of segments that differ.
  const std::vector<vp8::PictureRef> jump = {test::window_on_texture(64, 32, 0, 0),
                                             test::window_on_texture(64, 32, 0, 40)};
  expect_same(
      {varied(chain_begin(jump, 10), Effort::kDefault),
       varied(chain_middle(clip_of(oracle::Content::kCuts, 64, 32, 3), 51), Effort::kFast)});
}

TEST_F(CudaDeviceTest, DecidesChunksOfSeveralSizesAndLengths) {
  expect_same({varied(chain_begin(clip_of(oracle::Content::kScreen, 16, 16, 3), 60), Effort::kBest),
               chain_begin(clip_of(oracle::Content::kNoise, 17, 33, 1), 0),
               chain_middle(clip_of(oracle::Content::kSlow, 16, 16, 3), 30),
               chain_begin(clip_of(oracle::Content::kFlat, 1, 1, 2), 127)});
}

TEST_F(CudaDeviceTest, LooksAheadAsTheCpuDoes) {
  const std::vector<vp8::PictureRef> clip = clip_of(oracle::Content::kPan, 47, 35, 3);
  const std::vector<PictureStats> wanted = make_cpu_device()->look_ahead(clip);
  const std::vector<PictureStats> found = cuda_->look_ahead(clip);
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(found[i].motion, wanted[i].motion);
    EXPECT_EQ(found[i].intra_cost, wanted[i].intra_cost);
    EXPECT_EQ(found[i].inter_cost, wanted[i].inter_cost);
  }
}

TEST_F(CudaDeviceTest, OfNothingMakesNothing) {
  EXPECT_TRUE(cuda_->first_pass({}).empty());
  EXPECT_TRUE(cuda_->look_ahead({}).empty());
  EXPECT_EQ(cuda_->first_pass({ChunkJob{}}).size(), 1u);
}

// What does not fit at once is done in parts; what does not fit at all is an error.
TEST_F(CudaDeviceTest, WorksInLittleMemory) {
  std::vector<ChunkJob> chunks;
  for (int i = 0; i < 4; ++i)
    chunks.push_back(chain_begin(clip_of(oracle::Content::kPan, 32, 16, 2), 20 + i));
  const std::vector<ChunkResult> wanted = make_cpu_device()->first_pass(chunks);
  cuda_ = make_cuda_device({.ordinal = 0, .memory_limit = 600 << 10});
  const std::vector<ChunkResult> found = cuda_->first_pass(chunks);
  for (std::size_t i = 0; i < chunks.size(); ++i)
    expect_equal(found[i], wanted[i]);
  cuda_ = make_cuda_device({.ordinal = 0, .memory_limit = 50 << 10});
  EXPECT_THROW(cuda_->first_pass(chunks), DeviceError);
}

}  // namespace
}  // namespace gpu
