// Coding the residue of a frame's macroblocks, given their modes, for one Highway target (RFC 6386
// §14).
#if defined(VP8_CODEC_FRAME_CODING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VP8_CODEC_FRAME_CODING_INL_H_
#undef VP8_CODEC_FRAME_CODING_INL_H_
#else
#define VP8_CODEC_FRAME_CODING_INL_H_
#endif

#include <array>
#include <cstdint>
#include <vector>

#include <hwy/highway.h>

#include "codec/inter-inl.h"
#include "codec/intra.hh"
#include "codec/reconstruct.hh"
#include "codec/residue-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vp8 {
namespace HWY_NAMESPACE {

/// Codes macroblocks in raster order: predicts each as its modes say, quantises its residue into
/// frame.residual, sets its skip flag, and reconstructs it (not loop filtered) in `picture`, whose
/// intra borders are set.
class FrameCoding {
 public:
  FrameCoding(const State& before,
              const Picture& source,
              const TokenCosts& costs,
              Frame& frame,
              Picture& picture)
      : references_(planes_of(before.references)),
        costs_(costs),
        frame_(frame),
        how_(Interpolation::of_version(frame.header.version)),
        above_(static_cast<std::size_t>(frame.mb_cols)) {
    const SegmentSettings segments = segment_settings(before, frame.header);
    for (int s = 0; s < kSegments; ++s) {
      quantisers_[static_cast<std::size_t>(s)] =
          make_mb_quantiser(quant_steps(segments.q_index(frame.header, s), frame.header.quant));
    }
    for (const Plane plane : {kPlaneY, kPlaneU, kPlaneV}) {
      source_[plane] = source.coded(plane);
      planes_[plane] = picture.coded(plane);
    }
  }

  /// Codes all macroblocks; `decide(mb_row, mb_col, modes)` may set the modes of each just before.
  template <class Decide>
  void run(const Decide& decide) {
    frame_.residual.reserve(frame_.modes.size());
    std::size_t index = 0;
    for (int mb_row = 0; mb_row < frame_.mb_rows; ++mb_row) {
      left_ = {};
      for (int mb_col = 0; mb_col < frame_.mb_cols; ++mb_col, ++index) {
        decide(mb_row, mb_col, frame_.modes[index]);
        code_macroblock(frame_.modes[index], mb_row, mb_col);
      }
      extend_for_above_right(planes_[kPlaneY], mb_row);
    }
  }

  const MbQuantiser& quantiser(int segment) const {
    return quantisers_[static_cast<std::size_t>(segment)];
  }
  const TokenContext& above(int mb_col) const { return above_[static_cast<std::size_t>(mb_col)]; }
  const TokenContext& left() const { return left_; }

 private:
  struct Block {
    const std::uint8_t* src;
    std::ptrdiff_t src_stride;
    std::uint8_t* at;
    std::ptrdiff_t stride;
  };

  Block block(Plane plane, int y, int x) const {
    return {&source_[plane].at(y, x), source_[plane].stride, &planes_[plane].at(y, x),
            planes_[plane].stride};
  }

  void code_macroblock(MbModes& mb, int mb_row, int mb_col) {
    const ResidueTools tools{quantisers_[mb.segment], costs_};
    TokenContext& above = above_[static_cast<std::size_t>(mb_col)];
    const Block luma = block(kPlaneY, mb_row * 16, mb_col * 16);
    predict_except_subblocks(mb, mb_row, mb_col);
    TokenContext above_after = above;
    TokenContext left_after = left_;
    if (mb.y_mode == B_PRED) {
      code_subblocks(mb, tools, luma, above_after, left_after);
    } else {
      residual_dct16x16(luma.src, luma.src_stride, luma.at, luma.stride, luma_coefs());
    }
    for (const Plane plane : {kPlaneU, kPlaneV}) {
      const Block chroma = block(plane, mb_row * 8, mb_col * 8);
      residual_dct8x8(chroma.src, chroma.src_stride, chroma.at, chroma.stride,
                      reinterpret_cast<std::int16_t(*)[16]>(
                          work_.coefs[plane == kPlaneU ? kBlockU : kBlockV].data()));
    }
    if (mb.has_y2())
      gather_y2(work_);
    if (mb.has_y2() && macroblock_quantises_to_nothing(work_, tools.quantiser)) {
      work_.ends.fill(0);
    } else {
      quantise_macroblock(mb, tools, above_after, left_after);
    }
    finish_macroblock(mb, above, above_after, left_after);
    if (mb.skip)
      return;
    add_macroblock(mb, mb_row, mb_col);
  }

  std::int16_t (*luma_coefs())[16] {
    return reinterpret_cast<std::int16_t(*)[16]>(work_.coefs[0].data());
  }

  // Predicts in place all but the luma of B_PRED macroblocks.
  void predict_except_subblocks(const MbModes& mb, int mb_row, int mb_col) {
    MbOut out;
    for (const Plane plane : {kPlaneY, kPlaneU, kPlaneV}) {
      const int size = plane == kPlaneY ? 16 : 8;
      const Block b = block(plane, mb_row * size, mb_col * size);
      out.data[plane] = b.at;
      out.stride[plane] = b.stride;
    }
    if (mb.is_inter()) {
      predict_inter(references_[mb.ref_frame], mb, mb_row, mb_col, how_, out);
      return;
    }
    const Available available{mb_row > 0, mb_col > 0};
    for (const Plane plane : {kPlaneU, kPlaneV}) {
      predict_intra<8>(mb.uv_mode, out.data[plane], out.stride[plane], available, out.data[plane],
                       out.stride[plane]);
    }
    if (mb.y_mode != B_PRED) {
      predict_intra<16>(mb.y_mode, out.data[kPlaneY], out.stride[kPlaneY], available,
                        out.data[kPlaneY], out.stride[kPlaneY]);
    }
  }

  // B_PRED: each subblock is predicted, quantised and reconstructed before the next.
  void code_subblocks(const MbModes& mb,
                      const ResidueTools& tools,
                      const Block& luma,
                      TokenContext& above,
                      TokenContext& left) {
    const std::uint8_t* mb_above_right = luma.at - luma.stride + 16;
    for (std::size_t b = 0; b < 16; ++b) {
      const std::ptrdiff_t y = static_cast<std::ptrdiff_t>(b / 4) * 4;
      const std::ptrdiff_t x = static_cast<std::ptrdiff_t>(b % 4) * 4;
      std::uint8_t* at = luma.at + y * luma.stride + x;
      const std::uint8_t* above_right = b % 4 == 3 ? mb_above_right : at - luma.stride + 4;
      SubblockPredictor(at, luma.stride, above_right)
          .predict(mb.subblock_modes[b], at, luma.stride);
      residual_dct4x4(luma.src + y * luma.src_stride + x, luma.src_stride, at, luma.stride,
                      work_.coefs[b].data());
      const BlockPlace place{kBlockYWithDc, 0,
                             static_cast<std::size_t>(above.y[b % 4] + left.y[b / 4])};
      const int end = quantise_block(tools, b, place, work_);
      above.y[b % 4] = left.y[b / 4] = end != 0 ? 1 : 0;
      add_residue_block(work_, b, at, luma.stride);
    }
  }

  void quantise_macroblock(const MbModes& mb,
                           const ResidueTools& tools,
                           TokenContext& above,
                           TokenContext& left) {
    for_each_block(
        mb.has_y2(), above, left,
        [&](int b, BlockType type, int first, std::uint8_t& above_flag, std::uint8_t& left_flag) {
          if (mb.y_mode == B_PRED && b < kBlockU)
            return;  // done already
          const BlockPlace place{type, first, static_cast<std::size_t>(above_flag + left_flag)};
          const int end = quantise_block(tools, static_cast<std::size_t>(b), place, work_);
          above_flag = left_flag = end != 0 ? 1 : 0;
        });
  }

  // Records the levels and decides the skip flag.
  void finish_macroblock(MbModes& mb,
                         TokenContext& above,
                         const TokenContext& above_after,
                         const TokenContext& left_after) {
    frame_.residual.begin_macroblock();
    bool any = false;
    const auto add = [&](int b) {
      const auto i = static_cast<std::size_t>(b);
      if (work_.ends[i] == 0)
        return;
      any = true;
      frame_.residual.add_block(b, work_.levels[i], work_.ends[i]);
    };
    if (mb.has_y2())
      add(kBlockY2Index);
    for (int b = 0; b < kBlockY2Index; ++b)
      add(b);
    mb.skip = !any;
    if (any) {
      above = above_after;
      left_ = left_after;
    } else {
      above.clear(mb.has_y2());
      left_.clear(mb.has_y2());
    }
  }

  void add_macroblock(const MbModes& mb, int mb_row, int mb_col) {
    if (mb.has_y2())
      spread_y2(work_);
    if (mb.y_mode != B_PRED) {
      const Block luma = block(kPlaneY, mb_row * 16, mb_col * 16);
      for (std::size_t b = 0; b < 16; ++b) {
        add_residue_block(
            work_, b, luma.at + static_cast<std::ptrdiff_t>(b / 4 * 4) * luma.stride + b % 4 * 4,
            luma.stride);
      }
    }
    for (const Plane plane : {kPlaneU, kPlaneV}) {
      const Block chroma = block(plane, mb_row * 8, mb_col * 8);
      const std::size_t base = plane == kPlaneU ? kBlockU : kBlockV;
      for (std::size_t b = 0; b < 4; ++b) {
        add_residue_block(
            work_, base + b,
            chroma.at + static_cast<std::ptrdiff_t>(b / 2 * 4) * chroma.stride + b % 2 * 4,
            chroma.stride);
      }
    }
  }

  std::array<ReferencePlanes, kRefFrames> references_;
  const TokenCosts& costs_;
  Frame& frame_;
  Interpolation how_;
  std::array<MbQuantiser, kSegments> quantisers_;
  std::array<ConstPlaneView, kPlanes> source_;
  std::array<PlaneView, kPlanes> planes_;
  std::vector<TokenContext> above_;
  TokenContext left_;
  MbResidueWork work_;
};

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#endif  // include guard
