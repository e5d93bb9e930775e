// Choosing the intra modes of a macroblock, for one Highway target (RFC 6386 §12).
#if defined(GPU_INTRA_DECISION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GPU_INTRA_DECISION_INL_H_
#undef GPU_INTRA_DECISION_INL_H_
#else
#define GPU_INTRA_DECISION_INL_H_
#endif

#include <array>
#include <cstdint>
#include <limits>

#include <hwy/highway.h>

#include "cuda/macroblock_trial-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gpu {
namespace HWY_NAMESPACE {

/// Tries predictions from the picture itself: whole macroblocks by SATD, the best of them and
/// B_PRED by full cost.
class IntraDecision {
 public:
  explicit IntraDecision(MacroblockTrial& trial) : t_(trial) {}

  /// Tries the intra modes of the macroblock at hand; `inter_cost` is what InterDecision found, or
  /// the largest value.
  void decide(const MbModes& blank, SearchCost inter_cost) {
    if (inter_cost < t_.good_enough())
      return;
    const vp8::Available available{t_.mb_row > 0, t_.mb_col > 0};
    MbModes mb = blank;
    SearchCost best_luma = std::numeric_limits<SearchCost>::max();
    for (const vp8::MbMode mode : {vp8::DC_PRED, vp8::V_PRED, vp8::H_PRED, vp8::TM_PRED}) {
      vp8::predict_intra<16>(mode, t_.recon(vp8::kPlaneY), t_.pictures[vp8::kPlaneY].stride,
                             available, trial_.data(), 16);
      const SearchCost cost =
          static_cast<SearchCost>(vs::satd16x16(
              t_.source(vp8::kPlaneY), t_.sources[vp8::kPlaneY].stride, trial_.data(), 16)) +
          t_.rate_as_satd(t_.rates.intra_y_mode(mode));
      if (cost >= best_luma)
        continue;
      best_luma = cost;
      mb.y_mode = mode;
      t_.prediction.y = trial_;
    }
    // Inter prediction that is far better needs no company.
    if (inter_cost != std::numeric_limits<SearchCost>::max() && best_luma > inter_cost * 2)
      return;
    mb.uv_mode = choose_uv_mode(available);
    const vp8::Rate uv_rate = t_.rates.uv_mode(mb.uv_mode);
    mb.subblock_modes.fill(vp8::implied_subblock_mode(mb.y_mode));
    t_.transform_luma(true);
    t_.transform_chroma();
    const MacroblockTrial::CodedCost chroma = t_.chroma_cost();
    MacroblockTrial::CodedCost whole = t_.luma_cost(true);
    whole.add(chroma);
    t_.keep_if_better(mb,
                      whole.cost(t_.rates.intra_y_mode(mb.y_mode) + uv_rate + t_.rates.skip(false),
                                 t_.quantiser->lambda));
    try_subblocks(mb, uv_rate, chroma);
  }

 private:
  vp8::MbMode choose_uv_mode(vp8::Available available) {
    vp8::MbMode best = vp8::DC_PRED;
    SearchCost best_cost = std::numeric_limits<SearchCost>::max();
    std::array<std::array<std::uint8_t, 64>, 2> trial;
    for (const vp8::MbMode mode : {vp8::DC_PRED, vp8::V_PRED, vp8::H_PRED, vp8::TM_PRED}) {
      SearchCost cost = t_.rate_as_satd(t_.rates.uv_mode(mode));
      for (const vp8::Plane plane : {vp8::kPlaneU, vp8::kPlaneV}) {
        std::uint8_t* out = trial[plane == vp8::kPlaneU ? 0 : 1].data();
        vp8::predict_intra<8>(mode, t_.recon(plane), t_.pictures[plane].stride, available, out, 8);
        cost += static_cast<SearchCost>(
            vs::satd8x8(t_.source(plane), t_.sources[plane].stride, out, 8));
      }
      if (cost >= best_cost)
        continue;
      best_cost = cost;
      best = mode;
      t_.prediction.uv = trial;
    }
    return best;
  }

  // B_PRED: modes of the subblocks one after the other, each on the reconstruction of those before.
  void try_subblocks(MbModes mb, vp8::Rate uv_rate, const MacroblockTrial::CodedCost& chroma) {
    mb.y_mode = vp8::B_PRED;
    const vp8::Rate fixed = t_.rates.intra_y_mode(vp8::B_PRED) + uv_rate + t_.rates.skip(false);
    MacroblockTrial::CodedCost total = chroma;
    vp8::Rate mode_rate = 0;
    load_patch();
    vp8::TokenContext above = t_.coding.above(t_.mb_col);
    vp8::TokenContext left = t_.coding.left();
    for (std::size_t b = 0; b < 16; ++b) {
      mode_rate += choose_subblock(b, mb);
      const vs::BlockPlace where{vp8::kBlockYWithDc, 0,
                                 static_cast<std::size_t>(above.y[b % 4] + left.y[b / 4])};
      const int end = t_.estimate_block(b, where, 4, total);
      above.y[b % 4] = left.y[b / 4] = end != 0 ? 1 : 0;
      vs::add_residue_block(t_.work, b, patch_at(b), kPatchStride);
      if (total.cost(fixed + mode_rate, t_.quantiser->lambda) >= t_.best_cost)
        return;
    }
    t_.keep_if_better(mb, total.cost(fixed + mode_rate, t_.quantiser->lambda));
  }

  // The macroblock's place with its neighbours: row 0 and column kPatchLeft - 1 are the pixels
  // around it.
  static constexpr std::ptrdiff_t kPatchStride = 48;
  static constexpr std::ptrdiff_t kPatchLeft = 16;
  std::uint8_t* patch_at(std::size_t b) {
    return patch_.data() + (static_cast<std::ptrdiff_t>(b / 4) * 4 + 1) * kPatchStride +
           kPatchLeft + static_cast<std::ptrdiff_t>(b % 4) * 4;
  }

  void load_patch() {
    const std::uint8_t* at = t_.recon(vp8::kPlaneY);
    const std::ptrdiff_t stride = t_.pictures[vp8::kPlaneY].stride;
    std::memcpy(patch_.data() + kPatchLeft - 1, at - stride - 1, 21);
    for (std::ptrdiff_t y = 0; y < 16; ++y)
      patch_[static_cast<std::size_t>((y + 1) * kPatchStride + kPatchLeft - 1)] =
          at[y * stride - 1];
  }

  // Picks the mode of subblock b by SATD, leaves its prediction in the patch and its coefficients
  // in t_.work.
  vp8::Rate choose_subblock(std::size_t b, MbModes& mb) {
    std::uint8_t* at = patch_at(b);
    const std::uint8_t* above_right =
        b % 4 == 3 ? patch_.data() + kPatchLeft + 16 : at - kPatchStride + 4;
    const vp8::SubblockPredictor predictor(at, kPatchStride, above_right);
    const std::uint8_t* src =
        t_.source(vp8::kPlaneY) +
        static_cast<std::ptrdiff_t>(b / 4 * 4) * t_.sources[vp8::kPlaneY].stride + b % 4 * 4;
    const auto& rates = t_.rates.subblock_modes(mb, t_.around, b);
    SearchCost best_cost = std::numeric_limits<SearchCost>::max();
    alignas(16) std::array<std::uint8_t, 16> trial;
    for (std::size_t m = 0; m < vp8::kSubblockModes; ++m) {
      const auto mode = static_cast<vp8::SubblockMode>(m);
      predictor.predict(mode, trial.data(), 4);
      const SearchCost cost = static_cast<SearchCost>(vs::satd4x4(
                                  src, t_.sources[vp8::kPlaneY].stride, trial.data(), 4)) +
                              t_.rate_as_satd(rates[m]);
      if (cost >= best_cost)
        continue;
      best_cost = cost;
      mb.subblock_modes[b] = mode;
    }
    predictor.predict(mb.subblock_modes[b], at, kPatchStride);
    vs::residual_dct4x4(src, t_.sources[vp8::kPlaneY].stride, at, kPatchStride,
                        t_.work.coefs[b].data());
    return rates[mb.subblock_modes[b]];
  }

  MacroblockTrial& t_;
  alignas(64) std::array<std::uint8_t, 256> trial_;
  alignas(64) std::array<std::uint8_t, kPatchStride * 17> patch_;
};

}  // namespace HWY_NAMESPACE
}  // namespace gpu
HWY_AFTER_NAMESPACE();

#endif  // include guard
