// Choosing the intra modes of a macroblock (RFC 6386 §12).
#if defined(GPU_INTRA_DECISION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GPU_INTRA_DECISION_INL_H_
#undef GPU_INTRA_DECISION_INL_H_
#else
#define GPU_INTRA_DECISION_INL_H_
#endif

#include <array>
#include <cstdint>
#include <limits>

#include "cuda/macroblock_trial-inl.h"

VP8_BEFORE_TARGET();
namespace gpu {
namespace VP8_TARGET {

/// Tries predictions from the picture itself: whole macroblocks by SATD, the best of them and
/// B_PRED by full cost.
template <class Ops>
class IntraDecision {
 public:
  explicit VP8_HD IntraDecision(MacroblockTrial<Ops>& trial)
      : t_(trial), ops_(trial.ops), w_(trial.w) {}

  /// Tries the intra modes; `inter_cost` is what InterDecision found, or the largest value.
  VP8_HD void decide(SearchCost inter_cost) {
    if (inter_cost < t_.good_enough())
      return;
    const vp8::Available available{t_.mb_row > 0, t_.mb_col > 0};
    vp8::MbMode y_mode = vp8::DC_PRED;
    const SearchCost luma_cost = choose_y_mode(available, y_mode);
    // Inter prediction that is far better needs no company.
    const int far = t_.task.effort == Effort::kBest ? 4 : 2;
    if (inter_cost != kNever && luma_cost / far > inter_cost)
      return;
    if (t_.task.effort == Effort::kFast && luma_cost >= inter_cost)
      return;
    t_.load_neighbours();
    const vp8::MbMode uv_mode = choose_uv_mode(available);
    t_.set_trial(vp8::CURRENT_FRAME, y_mode, uv_mode, {});
    if (t_.task.effort == Effort::kFast) {
      t_.keep_trial_if_better(luma_cost);
      return;
    }
    t_.transform_luma(true);
    t_.transform_chroma();
    const ModeRates& rates = *t_.task.rates;
    const vp8::Rate fixed = rates.uv_mode(uv_mode) + rates.skip(false);
    const CodedCost chroma = t_.chroma_cost();
    CodedCost whole = t_.luma_cost(true);
    whole.add(chroma);
    t_.keep_trial_if_better(whole.cost(rates.intra_y_mode(y_mode) + fixed, t_.quantiser.lambda));
    try_subblocks(fixed + rates.intra_y_mode(vp8::B_PRED), chroma);
  }

 private:
  static constexpr SearchCost kNever = std::numeric_limits<SearchCost>::max();

  // By SATD; leaves the prediction in t_.luma().
  VP8_HD SearchCost choose_y_mode(vp8::Available available, vp8::MbMode& best) {
    SearchCost best_cost = kNever;
    VP8_NO_UNROLL for (int m = vp8::DC_PRED; m <= vp8::TM_PRED; ++m) {
      const auto mode = static_cast<vp8::MbMode>(m);
      ops_.template predict_intra<16>(mode, t_.recon(vp8::kPlaneY), t_.recon_stride(vp8::kPlaneY),
                                      available, t_.next_luma(), 16);
      const SearchCost cost =
          static_cast<SearchCost>(ops_.template satd<16>(
              t_.source(vp8::kPlaneY), t_.source_stride(vp8::kPlaneY), t_.next_luma(), 16)) +
          t_.rate_as_satd(t_.task.rates->intra_y_mode(mode));
      if (cost >= best_cost)
        continue;
      best_cost = cost;
      best = mode;
      t_.keep_next_luma();
    }
    return best_cost;
  }

  // Likewise for chroma.
  VP8_HD vp8::MbMode choose_uv_mode(vp8::Available available) {
    vp8::MbMode best = vp8::DC_PRED;
    SearchCost best_cost = kNever;
    VP8_NO_UNROLL for (int m = vp8::DC_PRED; m <= vp8::TM_PRED; ++m) {
      const auto mode = static_cast<vp8::MbMode>(m);
      SearchCost cost = t_.rate_as_satd(t_.task.rates->uv_mode(mode));
      VP8_NO_UNROLL for (vp8::Plane plane = vp8::kPlaneU; plane <= vp8::kPlaneV;
                         plane = vp8::next_plane(plane)) {
        std::uint8_t* out = t_.next_chroma(plane);
        ops_.template predict_intra<8>(mode, t_.recon(plane), t_.recon_stride(plane), available,
                                       out, 8);
        cost += static_cast<SearchCost>(
            ops_.template satd<8>(t_.source(plane), t_.source_stride(plane), out, 8));
      }
      if (cost >= best_cost)
        continue;
      best_cost = cost;
      best = mode;
      t_.keep_next_chroma();
    }
    return best;
  }

  // B_PRED: modes of the subblocks one after the other, each on the reconstruction of those before.
  // `fixed` is the rate of all that the subblocks do not change.
  VP8_HD void try_subblocks(vp8::Rate fixed, const CodedCost& chroma) {
    ops_.once([&] { w_.trial.y_mode = vp8::B_PRED; });
    CodedCost total = chroma;
    vp8::Rate mode_rate = 0;
    load_patch();
    VP8_NO_UNROLL for (int b = 0; b < 16; ++b) {
      mode_rate += choose_subblock(b, total);
      ops_.add_residue(t_.work().dequantised + b, t_.work().ends + b, 1, 1, patch_at(b),
                       Workspace::kPatchStride);
      if (total.cost(fixed + mode_rate, t_.quantiser.lambda) >= t_.best_cost)
        return;
    }
    t_.keep_trial_if_better(total.cost(fixed + mode_rate, t_.quantiser.lambda));
  }

  VP8_HD std::uint8_t* patch_at(int b) const {
    return w_.patch + (b / 4 * 4 + 1) * Workspace::kPatchStride + Workspace::kPatchLeft + b % 4 * 4;
  }

  VP8_HD void load_patch() {
    const std::uint8_t* at = t_.recon(vp8::kPlaneY);
    const std::ptrdiff_t stride = t_.recon_stride(vp8::kPlaneY);
    ops_.each(21, [&](int x) { w_.patch[Workspace::kPatchLeft - 1 + x] = at[x - 1 - stride]; });
    ops_.each(16, [&](int y) {
      w_.patch[(y + 1) * Workspace::kPatchStride + Workspace::kPatchLeft - 1] = at[y * stride - 1];
    });
  }

  // Picks the mode of subblock b: of the nearest few by SATD the one of least full cost. Leaves its
  // prediction in the patch and its coefficients in the work, adds what they cost to `total` and
  // returns the mode's rate.
  VP8_HD vp8::Rate choose_subblock(int b, CodedCost& total) {
    const std::uint8_t* above_right = b % 4 == 3 ? w_.patch + Workspace::kPatchLeft + 16
                                                 : patch_at(b) - Workspace::kPatchStride + 4;
    const std::ptrdiff_t src_stride = t_.source_stride(vp8::kPlaneY);
    const std::uint8_t* src = t_.source(vp8::kPlaneY) + (b / 4 * 4) * src_stride + b % 4 * 4;
    ops_.subblock_satds(patch_at(b), Workspace::kPatchStride, above_right, src, src_stride,
                        w_.satd.data());
    const auto& rates =
        t_.task.rates->subblock_modes(w_.trial, t_.around(), static_cast<std::size_t>(b));
    std::size_t best = 0;
    RdCost best_cost = std::numeric_limits<RdCost>::max();
    unsigned tried = 0;
    // The last time round codes the best again.
    VP8_NO_UNROLL for (int i = 0; i <= kSubblockFinalists; ++i) {
      const bool again = i == kSubblockFinalists;
      const std::size_t mode = again ? best : nearest_mode(rates, tried);
      const CodedCost coded = code_subblock(b, mode, above_right, src, src_stride);
      tried |= 1u << mode;
      if (again)
        total.add(coded);
      const RdCost cost = coded.cost(rates[mode], t_.quantiser.lambda);
      if (cost < best_cost) {
        best_cost = cost;
        best = mode;
      }
    }
    return rates[best];
  }

  // The nearest mode by SATD and rate that is not among those tried, a bit each.
  VP8_HD std::size_t nearest_mode(const std::array<vp8::Rate, vp8::kSubblockModes>& rates,
                                  unsigned tried) const {
    SearchCost best_cost = kNever;
    std::size_t best = 0;
    for (std::size_t m = 0; m < vp8::kSubblockModes; ++m) {
      const SearchCost cost = static_cast<SearchCost>(w_.satd[m]) + t_.rate_as_satd(rates[m]);
      if ((tried >> m & 1) != 0 || cost >= best_cost)
        continue;
      best_cost = cost;
      best = m;
    }
    return best;
  }

  // Predicts subblock b and quantises what is left.
  VP8_HD CodedCost code_subblock(int b,
                                 std::size_t mode,
                                 const std::uint8_t* above_right,
                                 const std::uint8_t* src,
                                 std::ptrdiff_t src_stride) {
    const auto subblock_mode = static_cast<vp8::SubblockMode>(mode);
    ops_.once([&] { w_.trial.subblock_modes[static_cast<std::size_t>(b)] = subblock_mode; });
    ops_.predict_subblock(subblock_mode, patch_at(b), Workspace::kPatchStride, above_right);
    ops_.template residual_dct<4>(src, src_stride, patch_at(b), Workspace::kPatchStride,
                                  t_.work().coefs + b);
    return t_.blocks_cost(b, 1, t_.quantiser.y, false, 4);
  }

  static constexpr int kSubblockFinalists = 3;

  MacroblockTrial<Ops>& t_;
  const Ops& ops_;
  Workspace& w_;
};

}  // namespace VP8_TARGET
}  // namespace gpu
VP8_AFTER_TARGET();

#endif  // include guard
