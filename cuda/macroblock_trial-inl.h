// One macroblock being decided: what it is compared with, what a prediction costs, the best so far.
#if defined(GPU_MACROBLOCK_TRIAL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GPU_MACROBLOCK_TRIAL_INL_H_
#undef GPU_MACROBLOCK_TRIAL_INL_H_
#else
#define GPU_MACROBLOCK_TRIAL_INL_H_
#endif

#include <cstdint>
#include <limits>

#include "codec/macroblock_coding-inl.h"
#include "codec/near_mvs.hh"
#include "codec/rd.hh"
#include "codec/target.hh"
#include "cuda/motion_search-inl.h"
#include "cuda/picture_task.hh"
#include "cuda/workspace.hh"

VP8_BEFORE_TARGET();
namespace gpu {
namespace VP8_TARGET {

namespace vt = vp8::VP8_TARGET;
using vp8::MbModes;
using vp8::RdCost;

/// Distortion in 1/16 squared sample difference, and rate.
struct CodedCost {
  std::uint64_t distortion = 0;
  vp8::Rate rate = 0;

  VP8_HD void add(const CodedCost& o) {
    distortion += o.distortion;
    rate += o.rate;
  }
  VP8_HD RdCost cost(vp8::Rate more, int lambda) const {
    return static_cast<RdCost>(distortion) + ((static_cast<RdCost>(rate + more) * lambda) >> 8);
  }
};

/// What the inter and the intra decision of a macroblock share. The modes being tried are w.trial,
/// the best w.best.
template <class Ops>
struct MacroblockTrial {
  VP8_HD MacroblockTrial(
      const Ops& team, const PictureTask& picture_task, int row, int col, Workspace& workspace)
      : ops(team),
        task(picture_task),
        w(workspace),
        mb_row(row),
        mb_col(col),
        quantiser(task.estimating[task.segment(index())]),
        satd_lambda(quantiser.steps.y_ac * 51) {}

  /// Fetches the modes around: decisions that look at them call this first.
  VP8_HD void load_neighbours() const {
    const std::size_t here = index();
    const auto columns = static_cast<std::size_t>(task.mb_cols);
    load(w.around[0], mb_row > 0, here - columns);
    load(w.around[1], mb_col > 0, here - 1);
    load(w.around[2], mb_row > 0 && mb_col > 0, here - columns - 1);
  }

  VP8_HD std::size_t index() const {
    return static_cast<std::size_t>(mb_row * task.mb_cols + mb_col);
  }
  VP8_HD const std::uint8_t* source(vp8::Plane plane) const {
    const int size = plane == vp8::kPlaneY ? 16 : 8;
    return &task.coding.source[plane].at(mb_row * size, mb_col * size);
  }
  VP8_HD std::ptrdiff_t source_stride(vp8::Plane plane) const {
    return task.coding.source[plane].stride;
  }
  VP8_HD const std::uint8_t* recon(vp8::Plane plane) const {
    const int size = plane == vp8::kPlaneY ? 16 : 8;
    return &task.coding.recon[plane].at(mb_row * size, mb_col * size);
  }
  VP8_HD std::ptrdiff_t recon_stride(vp8::Plane plane) const {
    return task.coding.recon[plane].stride;
  }
  VP8_HD const vp8::TokenContext& above() const { return task.above[mb_col]; }
  VP8_HD const vp8::TokenContext& left() const { return task.left[mb_row]; }
  VP8_HD vp8::Neighbours around() const { return {&w.around[0], &w.around[1], &w.around[2]}; }
  VP8_HD SearchCost rate_as_satd(vp8::Rate rate) const {
    return static_cast<SearchCost>((static_cast<std::int64_t>(rate) * satd_lambda) >> 16);
  }

  /// SATD of a prediction whose residue hardly ever survives quantisation.
  VP8_HD SearchCost good_enough() const { return quantiser.steps.y_ac * kGoodEnough; }

  /// SATD of a prediction of which much is left to be coded.
  VP8_HD SearchCost far_off() const { return 10 * good_enough(); }

  /// A block of this size whose nearest SAD so far is above goes on being searched.
  VP8_HD SearchCost wide_above(int size) const {
    return task.effort == Effort::kFast ? kNeverWide : quantiser.steps.y_ac * kFarOff * size / 16;
  }

  // --- the prediction at hand and the next, which take turns: keep_next makes the next that at
  // hand

  VP8_HD std::uint8_t* luma() const { return w.luma[luma_at]; }
  VP8_HD std::uint8_t* next_luma() const { return w.luma[1 - luma_at]; }
  VP8_HD void keep_next_luma() { luma_at = 1 - luma_at; }
  VP8_HD std::uint8_t* chroma(vp8::Plane plane) const {
    return w.chroma[chroma_at][plane == vp8::kPlaneU ? 0 : 1];
  }
  VP8_HD std::uint8_t* next_chroma(vp8::Plane plane) const {
    return w.chroma[1 - chroma_at][plane == vp8::kPlaneU ? 0 : 1];
  }
  VP8_HD void keep_next_chroma() { chroma_at = 1 - chroma_at; }

  /// The modes to try next: of the whole macroblock, without split or subblocks.
  VP8_HD void set_trial(vp8::RefFrame ref_frame,
                        vp8::MbMode y_mode,
                        vp8::MbMode uv_mode,
                        vp8::MotionVector mv) const {
    ops.each(16, [&](int b) {
      w.trial.mvs[static_cast<std::size_t>(b)] = mv;
      w.trial.subblock_modes[static_cast<std::size_t>(b)] = vp8::implied_subblock_mode(y_mode);
    });
    ops.once([&] {
      w.trial.y_mode = y_mode;
      w.trial.uv_mode = uv_mode;
      w.trial.ref_frame = ref_frame;
      w.trial.partition = vp8::kSplit16x8;
      w.trial.segment = 0;
      w.trial.skip = false;
      w.trial.mv = mv;
    });
  }
  VP8_HD void keep_trial_if_better(RdCost cost) {
    if (cost >= best_cost)
      return;
    best_cost = cost;
    ops.assign(w.best, w.trial);
  }

  // --- coefficients of the residue of the prediction at hand, in the work ---

  VP8_HD vp8::MbResidueWork& work() const { return w.residue; }

  VP8_HD void transform_luma(bool with_y2) const {
    ops.template residual_dct<16>(source(vp8::kPlaneY), source_stride(vp8::kPlaneY), luma(), 16,
                                  work().coefs);
    if (with_y2)
      vt::gather_y2(ops, work());
  }
  VP8_HD void transform_chroma() const {
    VP8_NO_UNROLL for (vp8::Plane plane = vp8::kPlaneU; plane <= vp8::kPlaneV;
                       plane = vp8::next_plane(plane)) {
      ops.template residual_dct<8>(source(plane), source_stride(plane), chroma(plane), 8,
                                   work().coefs + first_block(plane));
    }
  }

  VP8_HD CodedCost luma_cost(bool with_y2) const {
    CodedCost total;
    if (with_y2)
      total.add(blocks_cost(vp8::kBlockY2Index, 1, quantiser.y2, true, 1));
    total.add(blocks_cost(0, 16, quantiser.y, with_y2, 4));
    return total;
  }
  VP8_HD CodedCost chroma_cost() const {
    return blocks_cost(vp8::kBlockU, 8, quantiser.uv, false, 4);
  }

  /// Quantises `count` blocks from `first` on and estimates what they cost; `weight` is squared
  /// coefficient error to 1/16 squared sample difference.
  VP8_HD CodedCost blocks_cost(int first,
                               int count,
                               const vp8::BlockQuantiser& q,
                               bool with_y2,
                               std::uint64_t weight) const {
    vp8::MbResidueWork& r = work();
    ops.quantise(r.coefs + first, count, q, r.levels + first, r.dequantised + first,
                 r.ends + first);
    CodedCost cost;
    cost.distortion = weight * ops.residual_energy(r.coefs + first, r.dequantised + first, count);
    cost.rate = ops.sum(count, [&](int i) {
      const int b = first + i;
      return vp8::block_rate(r.levels[b], r.ends[b],
                             vp8::place_of(b, with_y2, above(), left(), r.ends),
                             *task.coding.costs);
    });
    return cost;
  }

  VP8_HD std::uint64_t prediction_sse() const {
    const std::uint64_t luma_sse =
        ops.template sse<16>(source(vp8::kPlaneY), source_stride(vp8::kPlaneY), luma(), 16);
    return luma_sse + chroma_sse(vp8::kPlaneU) + chroma_sse(vp8::kPlaneV);
  }
  VP8_HD std::uint64_t chroma_sse(vp8::Plane plane) const {
    return ops.template sse<8>(source(plane), source_stride(plane), chroma(plane), 8);
  }

  static VP8_HD constexpr int first_block(vp8::Plane plane) {
    return plane == vp8::kPlaneU ? vp8::kBlockU : vp8::kBlockV;
  }

  static constexpr int kGoodEnough = 3;  // in quantiser steps
  static constexpr int kFarOff = 24;     // likewise

  const Ops& ops;
  const PictureTask& task;
  Workspace& w;
  int mb_row;
  int mb_col;
  const vp8::MbQuantiser& quantiser;
  int satd_lambda;  // SATD a bit, times 256
  RdCost best_cost = std::numeric_limits<RdCost>::max();
  int luma_at = 0;
  int chroma_at = 0;

 private:
  VP8_HD void load(MbModes& to, bool inside, std::size_t i) const {
    const ModesView& m = task.modes;
    if (inside) {
      ops.assign(to.mvs, m.mvs[i]);
      ops.assign(to.subblock_modes, m.subblock_modes[i]);
    } else {  // intra, DC_PRED, zero vectors (§16.3)
      ops.each(16, [&](int b) {
        to.mvs[static_cast<std::size_t>(b)] = {};
        to.subblock_modes[static_cast<std::size_t>(b)] = vp8::B_DC_PRED;
      });
    }
    ops.once([&] {
      to.y_mode = inside ? m.y_mode[i] : vp8::DC_PRED;
      to.ref_frame = inside ? m.ref_frame[i] : vp8::CURRENT_FRAME;
      to.mv = inside ? m.mv[i] : vp8::MotionVector{};
    });
  }
};

}  // namespace VP8_TARGET
}  // namespace gpu
VP8_AFTER_TARGET();

#endif  // include guard
