// Coding the residue of a frame's macroblocks in raster order, given their modes, for one Highway
// target (RFC 6386 §14).
#if defined(VP8_CODEC_FRAME_CODING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VP8_CODEC_FRAME_CODING_INL_H_
#undef VP8_CODEC_FRAME_CODING_INL_H_
#else
#define VP8_CODEC_FRAME_CODING_INL_H_
#endif

#include <algorithm>
#include <vector>

#include <hwy/highway.h>

#include "codec/macroblock_coding-inl.h"
#include "codec/reconstruct.hh"
#include "codec/vector_ops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vp8 {
namespace HWY_NAMESPACE {

/// Codes all macroblocks of `frame` into frame.residual, sets their skip flags, and reconstructs
/// them (not loop filtered) in picture.recon.
inline void code_macroblocks(const PictureCoding& picture, Frame& frame) {
  const VectorOps ops;
  CodingWork work;
  MacroblockCoding<VectorOps> coding(ops, picture, work);
  std::vector<TokenContext> above(static_cast<std::size_t>(frame.mb_cols));
  frame.residual.reserve(frame.modes.size());
  const auto add_block = [&](int b, const BlockPlace&) {
    if (work.residue.ends[b] == 0)
      return;
    Levels levels;
    std::copy_n(work.residue.levels[b], levels.size(), levels.begin());
    frame.residual.add_block(b, levels, work.residue.ends[b]);
  };
  std::size_t index = 0;
  for (int mb_row = 0; mb_row < frame.mb_rows; ++mb_row) {
    TokenContext left;
    for (int mb_col = 0; mb_col < frame.mb_cols; ++mb_col, ++index) {
      frame.residual.begin_macroblock();
      coding.code(mb_row, mb_col, frame.modes[index], above[static_cast<std::size_t>(mb_col)], left,
                  add_block);
    }
    extend_for_above_right(picture.recon[kPlaneY], mb_row);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#endif  // include guard
