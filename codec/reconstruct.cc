// Reconstruction of whole frames, compiled for each instruction set (RFC 6386 §12, §14, §15, §18).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/reconstruct.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <hwy/highway.h>

#include "codec/filter_mb-inl.h"
#include "codec/inter-inl.h"
#include "codec/intra.hh"
#include "codec/quant_steps.hh"
#include "codec/quantise-inl.h"
#include "codec/reconstruct.hh"
#include "codec/transform-inl.h"
#include "codec/vector_ops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vp8 {
namespace HWY_NAMESPACE {

// The dequantised residue of one macroblock.
struct MbResidue {
  alignas(64) std::array<std::array<std::int16_t, 16>, kBlockY2Index> coefs;
  std::uint32_t nonzero = 0;  // bit i: block i has any coefficient
};

// Dequantises the coded blocks and spreads Y2 over the luma DCs (§14.1-§14.3). Blocks that are not
// nonzero are stale.
void gather_residue(const Residual& residual,
                    std::size_t mb,
                    const QuantSteps& steps,
                    MbResidue& out) {
  const Residual::Macroblock blocks = residual.macroblock(mb);
  std::size_t next = blocks.first;
  out.nonzero = blocks.coded & ~(1u << kBlockY2Index);
  const bool y2 = (blocks.coded >> kBlockY2Index & 1) != 0;
  alignas(32) std::array<std::int16_t, 16> dcs{};
  if (y2) {
    alignas(32) std::array<std::int16_t, 16> coefs;
    dequantise4x4(residual.levels(next++).data(), steps.y2_dc, steps.y2_ac, coefs.data());
    inverse_wht4x4(coefs.data(), dcs.data());
  }
  for (std::size_t b = 0; b < kBlockY2Index; ++b) {
    if ((blocks.coded >> b & 1) == 0)
      continue;
    const bool luma = b < kBlockU;
    dequantise4x4(residual.levels(next++).data(), luma ? steps.y_dc : steps.uv_dc,
                  luma ? steps.y_ac : steps.uv_ac, out.coefs[b].data());
  }
  if (!y2)
    return;
  for (std::size_t b = 0; b < kBlockU; ++b) {
    if ((out.nonzero >> b & 1) == 0) {
      if (dcs[b] == 0)
        continue;
      out.coefs[b].fill(0);
      out.nonzero |= 1u << b;
    }
    out.coefs[b][0] = dcs[b];
  }
}

void add_block(const MbResidue& residue,
               std::size_t block,
               std::uint8_t* at,
               std::ptrdiff_t stride) {
  if ((residue.nonzero >> block & 1) == 0)
    return;
  inverse_dct_add4x4(residue.coefs[block].data(), at, stride, at, stride);
}

// Where the three blocks of a macroblock go.
struct MbOut {
  std::array<std::uint8_t*, kPlanes> data;
  std::array<std::ptrdiff_t, kPlanes> stride;
};

// Reconstructs macroblocks of one frame in raster order.
class FrameReconstruction {
 public:
  FrameReconstruction(const State& before, const Frame& frame, Picture& picture)
      : references_(planes_of(before.references)),
        frame_(frame),
        how_(Interpolation::of_version(frame.header.version)) {
    for (const Plane plane : {kPlaneY, kPlaneU, kPlaneV})
      planes_[plane] = picture.coded(plane);
    const SegmentSettings segments = segment_settings(before, frame.header);
    for (int s = 0; s < kSegments; ++s) {
      steps_[static_cast<std::size_t>(s)] =
          quant_steps(segments.q_index(frame.header, s), frame.header.quant);
    }
  }

  void run() {
    MbResidue residue;
    std::size_t index = 0;
    for (int mb_row = 0; mb_row < frame_.mb_rows; ++mb_row) {
      for (int mb_col = 0; mb_col < frame_.mb_cols; ++mb_col, ++index) {
        const MbModes& mb = frame_.modes[index];
        gather_residue(frame_.residual, index, steps_[mb.segment], residue);
        reconstruct_macroblock(mb, mb_row, mb_col, residue);
      }
      extend_for_above_right(planes_[kPlaneY], mb_row);
    }
  }

 private:
  void reconstruct_macroblock(const MbModes& mb, int mb_row, int mb_col, const MbResidue& residue) {
    const MbOut out = place_of(mb_row, mb_col);
    if (mb.is_inter()) {
      predict_inter(VectorOps(), references_[mb.ref_frame], mb, mb_row, mb_col, how_, planes_,
                    scratch_);
    } else {
      const Available available{mb_row > 0, mb_col > 0};
      for (const Plane plane : {kPlaneU, kPlaneV}) {
        predict_intra<8>(mb.uv_mode, out.data[plane], out.stride[plane], available, out.data[plane],
                         out.stride[plane]);
      }
      if (mb.y_mode == B_PRED) {
        reconstruct_subblocks(mb, out.data[kPlaneY], out.stride[kPlaneY], residue);
      } else {
        predict_intra<16>(mb.y_mode, out.data[kPlaneY], out.stride[kPlaneY], available,
                          out.data[kPlaneY], out.stride[kPlaneY]);
      }
    }
    if (residue.nonzero != 0)
      add_residue(mb.y_mode != B_PRED, residue, out);
  }

  MbOut place_of(int mb_row, int mb_col) const {
    MbOut out;
    for (const Plane plane : {kPlaneY, kPlaneU, kPlaneV}) {
      const int size = plane == kPlaneY ? 16 : 8;
      out.data[plane] = &planes_[plane].at(mb_row * size, mb_col * size);
      out.stride[plane] = planes_[plane].stride;
    }
    return out;
  }

  // Subblocks are predicted from each other's reconstruction. Those of the right column take their
  // above-right pixels from the macroblock row above, whatever their own row (§12.3).
  static void reconstruct_subblocks(const MbModes& mb,
                                    std::uint8_t* luma,
                                    std::ptrdiff_t stride,
                                    const MbResidue& residue) {
    const std::uint8_t* mb_above_right = luma - stride + 16;
    for (std::size_t b = 0; b < 16; ++b) {
      std::uint8_t* at = luma + static_cast<std::ptrdiff_t>(b / 4) * 4 * stride + b % 4 * 4;
      const std::uint8_t* above_right = b % 4 == 3 ? mb_above_right : at - stride + 4;
      SubblockPredictor(at, stride, above_right).predict(mb.subblock_modes[b], at, stride);
      add_block(residue, b, at, stride);
    }
  }

  static void add_residue(bool with_luma, const MbResidue& residue, const MbOut& out) {
    for (std::size_t b = with_luma ? 0 : kBlockU; b < kBlockY2Index; ++b) {
      const Plane plane = b < kBlockU ? kPlaneY : b < kBlockV ? kPlaneU : kPlaneV;
      const std::size_t columns = plane == kPlaneY ? 4 : 2;
      const std::size_t in_plane = plane == kPlaneY ? b : b % 4;
      add_block(residue, b,
                out.data[plane] +
                    static_cast<std::ptrdiff_t>(in_plane / columns * 4) * out.stride[plane] +
                    in_plane % columns * 4,
                out.stride[plane]);
    }
  }

  std::array<ReferencePlanes, kRefFrames> references_;
  const Frame& frame_;
  Interpolation how_;
  PlaneViews planes_;
  PredictScratch scratch_;
  std::array<QuantSteps, kSegments> steps_;
};

void ReconstructPixels(const State& before, const Frame& frame, Picture& picture) {
  FrameReconstruction(before, frame, picture).run();
}

void FilterPicture(const FrameFilter& filter, const Frame& frame, Picture& picture) {
  const PlaneViews planes{picture.coded(kPlaneY), picture.coded(kPlaneU), picture.coded(kPlaneV)};
  std::size_t index = 0;
  for (int mb_row = 0; mb_row < frame.mb_rows; ++mb_row) {
    for (int mb_col = 0; mb_col < frame.mb_cols; ++mb_col, ++index) {
      const MbModes& mb = frame.modes[index];
      const bool inner = !mb.has_y2() || frame.residual.macroblock(index).coded != 0;
      filter_macroblock(VectorOps(), filter, filter.level(mb), inner, mb_row, mb_col, planes);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vp8 {

HWY_EXPORT(ReconstructPixels);
HWY_EXPORT(FilterPicture);

void set_intra_borders(Picture& picture) {
  for (const Plane plane : {kPlaneY, kPlaneU, kPlaneV}) {
    const PlaneView p = picture.coded(plane);
    std::memset(p.row(-1) - 1, kAboveBorder, static_cast<std::size_t>(p.width + 5));
    for (int y = 0; y < p.height; ++y)
      p.row(y)[-1] = kLeftBorder;
  }
}

void extend_for_above_right(const PlaneView& luma, int mb_row) {
  std::uint8_t* end = luma.row(mb_row * 16 + 15) + luma.width;
  std::memset(end, end[-1], 4);
}

void loop_filter(const State& before, const Frame& frame, Picture& picture) {
  const FrameFilter filter(before, frame.header);
  if (filter.enabled())
    HWY_DYNAMIC_DISPATCH(FilterPicture)(filter, frame, picture);
}

Picture reconstruct(const State& before, const Frame& frame) {
  const FrameHeader& header = frame.header;
  Picture picture = header.key_frame ? Picture(header.width, header.height)
                                     : Picture(before.width, before.height);
  set_intra_borders(picture);
  HWY_DYNAMIC_DISPATCH(ReconstructPixels)(before, frame, picture);
  loop_filter(before, frame, picture);
  picture.extend_borders();
  return picture;
}

}  // namespace vp8
#endif  // HWY_ONCE
