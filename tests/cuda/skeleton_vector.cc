// The example kernel of cuda/README.md on the CPU, compiled for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/cuda/skeleton_vector.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <hwy/highway.h>

#include "codec/vector_ops-inl.h"
#include "tests/cuda/skeleton-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gpu::test {
namespace HWY_NAMESPACE {

void CompareRows(const ChangeTask& task) {
  ChangeWork work;
  for (int mb_row = 0; mb_row < task.mb_rows; ++mb_row)
    compare_row(vp8::HWY_NAMESPACE::VectorOps(), task, mb_row, work);
}

}  // namespace HWY_NAMESPACE
}  // namespace gpu::test
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gpu::test {

HWY_EXPORT(CompareRows);

Changes vector_changes(const vp8::Picture& before, const vp8::Picture& after) {
  const auto macroblocks = static_cast<std::size_t>(before.mb_rows() * before.mb_cols());
  Changes changes{std::vector<std::uint32_t>(macroblocks), std::vector<std::uint8_t>(macroblocks)};
  HWY_DYNAMIC_DISPATCH(CompareRows)
  ({before.mb_rows(), before.mb_cols(), before.coded(vp8::kPlaneY), after.coded(vp8::kPlaneY),
    changes.sad.data(), changes.most_frequent.data()});
  return changes;
}

}  // namespace gpu::test
#endif  // HWY_ONCE
