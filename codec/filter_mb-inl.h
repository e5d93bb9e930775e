// The loop filter of one macroblock for one Highway target (RFC 6386 §15).
#if defined(VP8_CODEC_FILTER_MB_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VP8_CODEC_FILTER_MB_INL_H_
#undef VP8_CODEC_FILTER_MB_INL_H_
#else
#define VP8_CODEC_FILTER_MB_INL_H_
#endif

#include <hwy/highway.h>

#include <array>

#include "codec/filter_levels.hh"
#include "codec/loop_filter-inl.h"
#include "codec/picture.hh"

HWY_BEFORE_NAMESPACE();
namespace vp8 {
namespace HWY_NAMESPACE {

using PlaneViews = std::array<PlaneView, kPlanes>;

/// Filters the edges of macroblock (mb_row, mb_col): left, inner vertical, top, inner horizontal, in this order.
/// Macroblocks left of and above it must be done. `inner` is false for those without coefficients and subblocks.
HWY_INLINE void filter_macroblock(const FrameFilter& filter, int level, bool inner, int mb_row, int mb_col,
                                  const PlaneViews& planes) {
  if (level == 0) return;
  const LevelLimits& limits = filter.limits(level);
  std::uint8_t* y = &planes[kPlaneY].at(mb_row * 16, mb_col * 16);
  const std::ptrdiff_t y_stride = planes[kPlaneY].stride;
  if (filter.simple()) {
    if (mb_col > 0) filter_simple_mb_left_edge(y, y_stride, limits.mb_edge.edge);
    if (inner) filter_simple_subblock_left_edges(y, y_stride, limits.subblock_edge.edge);
    if (mb_row > 0) filter_simple_mb_top_edge(y, y_stride, limits.mb_edge.edge);
    if (inner) filter_simple_subblock_top_edges(y, y_stride, limits.subblock_edge.edge);
    return;
  }
  std::uint8_t* u = &planes[kPlaneU].at(mb_row * 8, mb_col * 8);
  std::uint8_t* v = &planes[kPlaneV].at(mb_row * 8, mb_col * 8);
  const std::ptrdiff_t uv_stride = planes[kPlaneU].stride;
  if (mb_col > 0) {
    filter_mb_left_edge_luma(y, y_stride, limits.mb_edge);
    filter_mb_left_edge_chroma(u, v, uv_stride, limits.mb_edge);
  }
  if (inner) {
    filter_subblock_left_edges_luma(y, y_stride, limits.subblock_edge);
    filter_subblock_left_edges_chroma(u, v, uv_stride, limits.subblock_edge);
  }
  if (mb_row > 0) {
    filter_mb_top_edge_luma(y, y_stride, limits.mb_edge);
    filter_mb_top_edge_chroma(u, v, uv_stride, limits.mb_edge);
  }
  if (inner) {
    filter_subblock_top_edges_luma(y, y_stride, limits.subblock_edge);
    filter_subblock_top_edges_chroma(u, v, uv_stride, limits.subblock_edge);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#endif  // include guard
