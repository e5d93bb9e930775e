// The loop filter of one macroblock (RFC 6386 §15).
#if defined(VP8_CODEC_FILTER_MB_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VP8_CODEC_FILTER_MB_INL_H_
#undef VP8_CODEC_FILTER_MB_INL_H_
#else
#define VP8_CODEC_FILTER_MB_INL_H_
#endif

#include <array>

#include "codec/filter_levels.hh"
#include "codec/picture.hh"
#include "codec/target.hh"

VP8_BEFORE_TARGET();
namespace vp8 {
namespace VP8_TARGET {

using PlaneViews = std::array<PlaneView, kPlanes>;

/// Filters the luma edges of macroblock (mb_row, mb_col): left, inner vertical, top, inner
/// horizontal, in this order. Macroblocks left of and above it must be done. `inner` is false for
/// those without coefficients and subblocks.
template <class Ops>
VP8_HD void filter_macroblock_luma(const Ops& ops,
                                   const FrameFilter& filter,
                                   int level,
                                   bool inner,
                                   int mb_row,
                                   int mb_col,
                                   const PlaneView& plane) {
  if (level == 0)
    return;
  const LevelLimits& limits = filter.limits(level);
  std::uint8_t* y = &plane.at(mb_row * 16, mb_col * 16);
  const std::ptrdiff_t stride = plane.stride;
  if (filter.simple()) {
    if (mb_col > 0)
      ops.filter_simple_mb_left_edge(y, stride, limits.mb_edge.edge);
    if (inner)
      ops.filter_simple_subblock_left_edges(y, stride, limits.subblock_edge.edge);
    if (mb_row > 0)
      ops.filter_simple_mb_top_edge(y, stride, limits.mb_edge.edge);
    if (inner)
      ops.filter_simple_subblock_top_edges(y, stride, limits.subblock_edge.edge);
    return;
  }
  if (mb_col > 0)
    ops.filter_mb_left_edge_luma(y, stride, limits.mb_edge);
  if (inner)
    ops.filter_subblock_left_edges_luma(y, stride, limits.subblock_edge);
  if (mb_row > 0)
    ops.filter_mb_top_edge_luma(y, stride, limits.mb_edge);
  if (inner)
    ops.filter_subblock_top_edges_luma(y, stride, limits.subblock_edge);
}

/// Likewise luma and chroma. The simple filter leaves chroma alone.
template <class Ops>
VP8_HD void filter_macroblock(const Ops& ops,
                              const FrameFilter& filter,
                              int level,
                              bool inner,
                              int mb_row,
                              int mb_col,
                              const PlaneViews& planes) {
  filter_macroblock_luma(ops, filter, level, inner, mb_row, mb_col, planes[kPlaneY]);
  if (level == 0 || filter.simple())
    return;
  const LevelLimits& limits = filter.limits(level);
  std::uint8_t* u = &planes[kPlaneU].at(mb_row * 8, mb_col * 8);
  std::uint8_t* v = &planes[kPlaneV].at(mb_row * 8, mb_col * 8);
  const std::ptrdiff_t stride = planes[kPlaneU].stride;
  if (mb_col > 0)
    ops.filter_mb_left_edge_chroma(u, v, stride, limits.mb_edge);
  if (inner)
    ops.filter_subblock_left_edges_chroma(u, v, stride, limits.subblock_edge);
  if (mb_row > 0)
    ops.filter_mb_top_edge_chroma(u, v, stride, limits.mb_edge);
  if (inner)
    ops.filter_subblock_top_edges_chroma(u, v, stride, limits.subblock_edge);
}

}  // namespace VP8_TARGET
}  // namespace vp8
VP8_AFTER_TARGET();

#endif  // include guard
