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

/// The token contexts of a frame's macroblocks: of the columns above, of the rows to the left.
struct FrameContexts {
  explicit FrameContexts(const Frame& frame)
      : above(static_cast<std::size_t>(frame.mb_cols)),
        left(static_cast<std::size_t>(frame.mb_rows)) {}

  std::vector<TokenContext> above;
  std::vector<TokenContext> left;
};

/// Codes all macroblocks of `frame` into frame.residual, sets their skip flags, and reconstructs
/// them (not loop filtered) in picture.recon. Before each, `decide(mb_row, mb_col, modes)` may
/// change its modes, given all that is coded so far.
template <class Decide>
void code_macroblocks(const PictureCoding& picture,
                      Frame& frame,
                      FrameContexts& contexts,
                      const Decide& decide) {
  const VectorOps ops;
  CodingWork work;
  MacroblockCoding<VectorOps> coding(ops, picture, work);
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
    for (int mb_col = 0; mb_col < frame.mb_cols; ++mb_col, ++index) {
      frame.residual.begin_macroblock();
      decide(mb_row, mb_col, frame.modes[index]);
      coding.code(mb_row, mb_col, frame.modes[index],
                  contexts.above[static_cast<std::size_t>(mb_col)],
                  contexts.left[static_cast<std::size_t>(mb_row)], add_block);
    }
    extend_for_above_right(picture.recon[kPlaneY], mb_row);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#endif  // include guard
