// The example kernel of cuda/README.md as nvcc compiled it: linked with the stand-in runtime it
// runs as PTX on the CPU, linked with NVIDIA's on a GPU.
#include <gtest/gtest.h>

#include "tests/cuda/skeleton.hh"
#include "tests/cuda/skeleton_pictures.hh"

namespace gpu::test {
namespace {

TEST(SkeletonOnCuda, FindsWhatPlainLoopsFind) {
  const std::vector<vp8::PictureRef> pictures = changing_pictures(50, 40);
  const vp8::Picture& first = *pictures[0];
  const vp8::Picture& second = *pictures[1];
  const std::vector<Changes> found =
      cuda_changes({{first, second}, {second, first}, {first, first}});
  EXPECT_EQ(found, (std::vector<Changes>{plain_changes(first, second), plain_changes(second, first),
                                         plain_changes(first, first)}));
}

}  // namespace
}  // namespace gpu::test
