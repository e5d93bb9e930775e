// The kernels of one picture on the CPU, compiled for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cuda/first_pass.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <hwy/highway.h>

#include "codec/vector_ops-inl.h"
#include "cuda/first_pass.hh"
#include "cuda/kernels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gpu {
namespace HWY_NAMESPACE {

void DecidePicture(const PictureTask& task) {
  const vt::VectorOps ops;
  Workspace workspace;
  CodingWorkspace coding;
  for (int mb_row = 0; mb_row < task.mb_rows; ++mb_row) {
    for (int mb_col = 0; mb_col < task.mb_cols; ++mb_col) {
      if (!task.key_frame)
        decide_inter(ops, task, mb_row, mb_col, workspace);
      decide_intra(ops, task, mb_row, mb_col, workspace);
      code_macroblock(ops, task, mb_row, mb_col, coding);
    }
  }
}

std::uint64_t FilteredSse(const PictureTask& task) {
  std::uint64_t sse = 0;
  for (int i = 0; i < sampled_rows(task.mb_rows); ++i)
    sse += filtered_row_sse(vt::VectorOps(), task, i);
  return sse;
}

void FilterPicture(const PictureTask& task) {
  for (int mb_row = 0; mb_row < task.mb_rows; ++mb_row) {
    for (int mb_col = 0; mb_col < task.mb_cols; ++mb_col)
      filter_reconstruction(vt::VectorOps(), task, mb_row, mb_col);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gpu {

HWY_EXPORT(DecidePicture);
HWY_EXPORT(FilteredSse);
HWY_EXPORT(FilterPicture);

void decide_picture(const PictureTask& task) {
  HWY_DYNAMIC_DISPATCH(DecidePicture)(task);
}

int choose_filter_level(const vp8::FilterRules& rules, FilterSearch search, PictureTask task) {
  while (!search.done()) {
    const vp8::FrameFilter filter(rules, search.tried());
    task.filter = &filter;
    search.take(HWY_DYNAMIC_DISPATCH(FilteredSse)(task));
  }
  return search.best();
}

void filter_picture(const PictureTask& task) {
  if (task.filter->enabled())
    HWY_DYNAMIC_DISPATCH(FilterPicture)(task);
}

}  // namespace gpu
#endif  // HWY_ONCE
