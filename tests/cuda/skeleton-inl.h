// The example kernel of cuda/README.md: which macroblocks of a picture changed, and how. Small, but
// with all that a kernel has; the product does not need it, so it lives here.
#if defined(GPU_TESTS_SKELETON_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GPU_TESTS_SKELETON_INL_H_
#undef GPU_TESTS_SKELETON_INL_H_
#else
#define GPU_TESTS_SKELETON_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "codec/target.hh"
#include "tests/cuda/skeleton.hh"

VP8_BEFORE_TARGET();
namespace gpu::test {
namespace VP8_TARGET {

/// Compares a row of macroblocks.
template <class Ops>
VP8_HD void compare_row(const Ops& ops, const ChangeTask& task, int mb_row, ChangeWork& work) {
  for (int mb_col = 0; mb_col < task.mb_cols; ++mb_col) {
    const std::uint8_t* before = &task.before.at(mb_row * 16, mb_col * 16);
    const std::uint8_t* after = &task.after.at(mb_row * 16, mb_col * 16);
    const std::ptrdiff_t before_stride = task.before.stride;
    const std::ptrdiff_t after_stride = task.after.stride;
    ops.each(kChangeClasses, [&](int i) { work.counts[static_cast<std::size_t>(i)] = 0; });
    ops.each(256, [&](int i) {
      const int b = before[i / 16 * before_stride + i % 16];
      const int a = after[i / 16 * after_stride + i % 16];
      const int difference = a < b ? b - a : a - b;
      ops.add(&work.counts[static_cast<std::size_t>(difference * kChangeClasses / 256)], 1);
    });
    const std::uint32_t sad = ops.template sad<16>(after, after_stride, before, before_stride);
    // Its barrier also keeps the next macroblock from clearing counts that are being read.
    ops.once([&] {
      std::size_t best = 0;
      for (std::size_t i = 1; i < kChangeClasses; ++i)
        best = work.counts[i] > work.counts[best] ? i : best;
      const auto mb = static_cast<std::size_t>(mb_row * task.mb_cols + mb_col);
      task.sad[mb] = sad;
      task.most_frequent[mb] = static_cast<std::uint8_t>(best);
    });
  }
}

}  // namespace VP8_TARGET
}  // namespace gpu::test
VP8_AFTER_TARGET();

#endif  // include guard
