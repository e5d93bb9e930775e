// Coding the residue of one macroblock, given its modes, as a kernel (RFC 6386 §13, §14).
#if defined(VP8_CODEC_MACROBLOCK_CODING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VP8_CODEC_MACROBLOCK_CODING_INL_H_
#undef VP8_CODEC_MACROBLOCK_CODING_INL_H_
#else
#define VP8_CODEC_MACROBLOCK_CODING_INL_H_
#endif

#include "codec/inter-inl.h"
#include "codec/intra.hh"
#include "codec/picture_coding.hh"
#include "codec/target.hh"

VP8_BEFORE_TARGET();
namespace vp8 {
namespace VP8_TARGET {

/// Moves the luma DCs into the Y2 block (§14.3).
template <class Ops>
VP8_HD void gather_y2(const Ops& ops, MbResidueWork& work) {
  ops.each(16, [&](int b) {
    work.dcs[b] = work.coefs[b][0];
    work.coefs[b][0] = 0;
  });
  ops.forward_wht(work.dcs, work.coefs[kBlockY2Index]);
}

/// True if a macroblock with Y2 (gathered) has no level at all.
template <class Ops>
VP8_HD bool macroblock_quantises_to_nothing(const Ops& ops,
                                            const MbResidueWork& work,
                                            const MbQuantiser& q) {
  return ops.quantises_to_nothing(work.coefs, 16, q.y) &&
         ops.quantises_to_nothing(work.coefs + kBlockY2Index, 1, q.y2) &&
         ops.quantises_to_nothing(work.coefs + kBlockU, 8, q.uv);
}

/// Codes macroblocks of one picture: predicts as their modes say, quantises the residue, sets the
/// skip flag, and reconstructs (not loop filtered) in p.recon, whose intra borders are set.
template <class Ops>
class MacroblockCoding {
 public:
  VP8_HD MacroblockCoding(const Ops& ops, const PictureCoding& picture, CodingWork& work)
      : ops_(ops), p_(picture), w_(work) {}

  /// Codes one macroblock, those left, above, and right above of it being coded. `mb`, `above` and
  /// `left` lie in memory that the team shares. The levels stay in the work; before the contexts
  /// move on, `f(block, place)` is called for each block that has tokens, spread over the lanes.
  template <class F>
  VP8_HD void code(
      int mb_row, int mb_col, MbModes& mb, TokenContext& above, TokenContext& left, const F& f) {
    const MbQuantiser& quantiser = p_.quantisers[mb.segment];
    MbResidueWork& work = w_.residue;
    predict_except_subblocks(mb, mb_row, mb_col);
    if (mb.y_mode == B_PRED) {
      code_subblocks(mb, mb_row, mb_col, quantiser, above, left);
    } else {
      ops_.template residual_dct<16>(source(kPlaneY, mb_row, mb_col), p_.source[kPlaneY].stride,
                                     recon(kPlaneY, mb_row, mb_col), p_.recon[kPlaneY].stride,
                                     work.coefs);
    }
    VP8_NO_UNROLL for (Plane plane = kPlaneU; plane <= kPlaneV; plane = next_plane(plane)) {
      ops_.template residual_dct<8>(source(plane, mb_row, mb_col), p_.source[plane].stride,
                                    recon(plane, mb_row, mb_col), p_.recon[plane].stride,
                                    work.coefs + (plane == kPlaneU ? kBlockU : kBlockV));
    }
    if (mb.has_y2())
      gather_y2(ops_, work);
    const bool nothing = mb.has_y2() && macroblock_quantises_to_nothing(ops_, work, quantiser);
    if (nothing) {
      ops_.each(kBlocksPerMb, [&](int b) { work.ends[b] = 0; });
    } else {
      quantise_macroblock(mb, quantiser, above, left);
    }
    if (finish(mb, above, left, f))
      add_macroblock(mb, mb_row, mb_col);
  }

 private:
  VP8_HD const std::uint8_t* source(Plane plane, int mb_row, int mb_col) const {
    const int size = plane == kPlaneY ? 16 : 8;
    return &p_.source[plane].at(mb_row * size, mb_col * size);
  }
  VP8_HD std::uint8_t* recon(Plane plane, int mb_row, int mb_col) const {
    const int size = plane == kPlaneY ? 16 : 8;
    return &p_.recon[plane].at(mb_row * size, mb_col * size);
  }

  // Predicts in place all but the luma of B_PRED macroblocks.
  VP8_HD void predict_except_subblocks(const MbModes& mb, int mb_row, int mb_col) {
    if (mb.is_inter()) {
      predict_inter(ops_, p_.references[mb.ref_frame], mb, mb_row, mb_col, p_.how, p_.recon,
                    w_.prediction);
      return;
    }
    const Available available{mb_row > 0, mb_col > 0};
    VP8_NO_UNROLL for (Plane plane = kPlaneU; plane <= kPlaneV; plane = next_plane(plane)) {
      std::uint8_t* at = recon(plane, mb_row, mb_col);
      const std::ptrdiff_t stride = p_.recon[plane].stride;
      ops_.template predict_intra<8>(mb.uv_mode, at, stride, available, at, stride);
    }
    if (mb.y_mode != B_PRED) {
      std::uint8_t* at = recon(kPlaneY, mb_row, mb_col);
      const std::ptrdiff_t stride = p_.recon[kPlaneY].stride;
      ops_.template predict_intra<16>(mb.y_mode, at, stride, available, at, stride);
    }
  }

  // B_PRED: each subblock is predicted, quantised and reconstructed before the next. Those of the
  // right column take their above-right pixels from the macroblock row above (§12.3).
  VP8_HD void code_subblocks(const MbModes& mb,
                             int mb_row,
                             int mb_col,
                             const MbQuantiser& quantiser,
                             const TokenContext& above,
                             const TokenContext& left) {
    MbResidueWork& work = w_.residue;
    const std::ptrdiff_t stride = p_.recon[kPlaneY].stride;
    const std::ptrdiff_t src_stride = p_.source[kPlaneY].stride;
    std::uint8_t* luma = recon(kPlaneY, mb_row, mb_col);
    VP8_NO_UNROLL for (int b = 0; b < 16; ++b) {
      std::uint8_t* at = luma + (b / 4 * 4) * stride + b % 4 * 4;
      const std::uint8_t* above_right = b % 4 == 3 ? luma - stride + 16 : at - stride + 4;
      ops_.predict_subblock(mb.subblock_modes[static_cast<std::size_t>(b)], at, stride,
                            above_right);
      ops_.template residual_dct<4>(
          source(kPlaneY, mb_row, mb_col) + (b / 4 * 4) * src_stride + b % 4 * 4, src_stride, at,
          stride, work.coefs + b);
      ops_.quantise(work.coefs + b, 1, quantiser.y, work.levels + b, work.dequantised + b,
                    work.ends + b);
      ops_.once([&] { choose_levels(quantiser, b, false, above, left, w_.trellis[0]); });
      ops_.add_residue(work.dequantised + b, work.ends + b, 1, 1, at, stride);
    }
  }

  // The blocks' nearest levels first, then the trellises along the diagonals of blocks: each needs
  // to know whether the blocks left of and above it have levels.
  VP8_HD void quantise_macroblock(const MbModes& mb,
                                  const MbQuantiser& quantiser,
                                  const TokenContext& above,
                                  const TokenContext& left) {
    MbResidueWork& work = w_.residue;
    const bool with_y2 = mb.has_y2();
    const bool luma = mb.y_mode != B_PRED;  // else done already
    if (luma)
      ops_.quantise(work.coefs, 16, quantiser.y, work.levels, work.dequantised, work.ends);
    ops_.quantise(work.coefs + kBlockU, 8, quantiser.uv, work.levels + kBlockU,
                  work.dequantised + kBlockU, work.ends + kBlockU);
    if (with_y2) {
      ops_.quantise(work.coefs + kBlockY2Index, 1, quantiser.y2, work.levels + kBlockY2Index,
                    work.dequantised + kBlockY2Index, work.ends + kBlockY2Index);
    }
    VP8_NO_UNROLL for (int diagonal = 0; diagonal < (luma ? 7 : 3); ++diagonal) {
      ops_.each(kTrellises, [&](int slot) {
        const int b = block_on_diagonal(diagonal, slot, luma, with_y2);
        if (b >= 0)
          choose_levels(quantiser, b, with_y2, above, left, w_.trellis[slot]);
      });
    }
  }

  // Slots 0..3 are the rows of luma, 4 and 5 those of U, 6 and 7 those of V, 8 is Y2; -1 for none.
  static VP8_HD int block_on_diagonal(int diagonal, int slot, bool luma, bool with_y2) {
    if (slot == 8)
      return with_y2 && diagonal == 0 ? kBlockY2Index : -1;
    const bool is_luma = slot < 4;
    const int size = is_luma ? 4 : 2;
    const int row = is_luma ? slot : slot % 2;
    const int column = diagonal - row;
    if (column < 0 || column >= size || (is_luma && !luma))
      return -1;
    return (is_luma ? 0 : slot < 6 ? kBlockU : kBlockV) + row * size + column;
  }

  // Turns a block's nearest levels into the chosen ones.
  VP8_HD void choose_levels(const MbQuantiser& quantiser,
                            int b,
                            bool with_y2,
                            const TokenContext& above,
                            const TokenContext& left,
                            TrellisPaths& paths) {
    MbResidueWork& work = w_.residue;
    const BlockPlace place = place_of(b, with_y2, above, left, work.ends);
    const int end = work.ends[b];
    if (!p_.trellis || end <= place.first)
      return;
    const BlockQuantiser& q = quantiser.of(place.type);
    const int chosen =
        Trellis(*p_.costs, trellis_lambda(quantiser.lambda), place.type == kBlockY2 ? 1 : 4, paths)
            .choose(work.coefs[b], q, place, end, work.levels[b]);
    for (int i = 0; i < 16; ++i)
      work.dequantised[b][i] = static_cast<std::int16_t>(work.levels[b][i] * q.step[i]);
    work.ends[b] = static_cast<std::uint8_t>(chosen);
  }

  // Decides the skip flag and moves the contexts on. True if there is residue.
  template <class F>
  VP8_HD bool finish(MbModes& mb, TokenContext& above, TokenContext& left, const F& f) {
    const MbResidueWork& work = w_.residue;
    const bool with_y2 = mb.has_y2();
    const int blocks = with_y2 ? kBlocksPerMb : kBlockY2Index;
    const bool any = ops_.sum(blocks, [&](int b) { return work.ends[b] != 0 ? 1 : 0; }) != 0;
    if (any)
      ops_.each(blocks, [&](int i) {
        const int b = !with_y2 ? i : i == 0 ? kBlockY2Index : i - 1;  // the coding order
        f(b, place_of(b, with_y2, above, left, work.ends));
      });
    ops_.once([&] {
      mb.skip = !any;
      if (any) {
        contexts_after(work.ends, with_y2, above, left);
      } else {
        above.clear(with_y2);
        left.clear(with_y2);
      }
    });
    return any;
  }

  VP8_HD void add_macroblock(const MbModes& mb, int mb_row, int mb_col) {
    MbResidueWork& work = w_.residue;
    if (mb.has_y2())
      spread_y2();
    if (mb.y_mode != B_PRED) {
      ops_.add_residue(work.dequantised, work.ends, 4, 4, recon(kPlaneY, mb_row, mb_col),
                       p_.recon[kPlaneY].stride);
    }
    VP8_NO_UNROLL for (Plane plane = kPlaneU; plane <= kPlaneV; plane = next_plane(plane)) {
      const int base = plane == kPlaneU ? kBlockU : kBlockV;
      ops_.add_residue(work.dequantised + base, work.ends + base, 2, 2,
                       recon(plane, mb_row, mb_col), p_.recon[plane].stride);
    }
  }

  // Spreads the dequantised Y2 block over the luma DCs (§14.3).
  VP8_HD void spread_y2() {
    MbResidueWork& work = w_.residue;
    const bool any = work.ends[kBlockY2Index] != 0;
    if (any)
      ops_.inverse_wht(work.dequantised[kBlockY2Index], work.dcs);
    ops_.each(16, [&](int b) { work.dequantised[b][0] = any ? work.dcs[b] : std::int16_t{0}; });
  }

  const Ops& ops_;
  const PictureCoding& p_;
  CodingWork& w_;
};

}  // namespace VP8_TARGET
}  // namespace vp8
VP8_AFTER_TARGET();

#endif  // include guard
