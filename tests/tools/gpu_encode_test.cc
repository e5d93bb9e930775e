// On a machine with a GPU: the program writes the same bytes with it as with the CPU.
#include "cuda/cuda_devices.hh"
#include "tests/tools/program.hh"

namespace tools::test {
namespace {

class GpuEncode : public ProgramTest {
 protected:
  void SetUp() override {
    if (const gpu::CudaDevices found = gpu::cuda_devices(); found.devices.empty())
      GTEST_SKIP() << "no GPU: " << found.why_none;
  }

  void expect_same_bytes(const std::string& options) const {
    SCOPED_TRACE(options);
    output_of("encode in.y4m -o cpu.ivf --quiet --device cpu " + options);
    output_of("encode in.y4m -o cuda.ivf --quiet --device cuda " + options);
    EXPECT_EQ(bytes_of("cuda.ivf"), bytes_of("cpu.ivf"));
  }
};

TEST_F(GpuEncode, GivesTheCpusBytes) {
  make_clip("in.y4m", 352, 288, 40);
  for (const char* quality : {"--cq 4", "--cq 24", "--cq 50"})
    expect_same_bytes(quality);
  expect_same_bytes("--cq 30 --chunk-frames 1 --chunks-per-chain endless");
  expect_same_bytes("--cq 30 --chunk-frames 9 --chunks-per-chain 1");
}

TEST_F(GpuEncode, GivesTheCpusBytesOfLargePicturesInLittleMemory) {
  make_clip("in.y4m", 1280, 718, 14);
  expect_same_bytes("--cq 24");
  output_of("encode in.y4m -o cuda.ivf --quiet --device cuda --device-memory 96M --cq 24");
  EXPECT_EQ(bytes_of("cuda.ivf"), bytes_of("cpu.ivf"));
}

}  // namespace
}  // namespace tools::test
