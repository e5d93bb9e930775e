// The loop filter's trial, on the CPU's vectors.
#include "tests/cuda/kernel_vector_path.hh"

// The best instructions that every CPU of ours has.
#include <hwy/highway.h>

#include "codec/vector_ops-inl.h"
#include "cuda/kernels-inl.h"

namespace gpu::test {

int vector_sampled_rows(int mb_rows) {
  return HWY_NAMESPACE::sampled_rows(mb_rows);
}

std::uint64_t vector_row_sse(const PictureTask& task, int index) {
  return HWY_NAMESPACE::filtered_row_sse(vp8::HWY_NAMESPACE::VectorOps(), task, index);
}

}  // namespace gpu::test
