// Rates of a macroblock's modes under estimated probabilities.
#pragma once

#include <array>

#include "codec/cost.hh"
#include "codec/modes.hh"
#include "codec/near_mvs.hh"

namespace gpu {

/// Rates that never change.
struct FixedRates {
  std::array<vp8::Rate, vp8::kSplitPartitions> partition;
  std::array<std::array<vp8::Rate, vp8::kSubMvRefs>, 5> sub_mv_ref;  // by context
  std::array<vp8::Rate, vp8::kSubblockModes> inter_frame_subblock;
  std::array<std::array<std::array<vp8::Rate, vp8::kSubblockModes>, vp8::kSubblockModes>,
             vp8::kSubblockModes>
      key_frame_subblock;  // [above][left]

  FixedRates() {
    for (std::size_t p = 0; p < vp8::kSplitPartitions; ++p) {
      partition[p] =
          vp8::tree_rate(vp8::kSplitPartitionCoding, vp8::kSplitPartitionProbs.data(), p);
    }
    for (std::size_t context = 0; context < sub_mv_ref.size(); ++context) {
      for (std::size_t r = 0; r < vp8::kSubMvRefs; ++r) {
        sub_mv_ref[context][r] =
            vp8::tree_rate(vp8::kSubMvRefCoding, vp8::kSubMvRefProbs[context].data(), r);
      }
    }
    for (std::size_t m = 0; m < vp8::kSubblockModes; ++m) {
      inter_frame_subblock[m] =
          vp8::tree_rate(vp8::kSubblockModeCoding, vp8::kSubblockModeProbs.data(), m);
      for (std::size_t a = 0; a < vp8::kSubblockModes; ++a) {
        for (std::size_t l = 0; l < vp8::kSubblockModes; ++l) {
          key_frame_subblock[a][l][m] = vp8::tree_rate(
              vp8::kSubblockModeCoding, vp8::kKeyFrameSubblockModeProbs[a][l].data(), m);
        }
      }
    }
  }
};

/// In host memory; a device may want a copy of its own.
inline const FixedRates& fixed_rates() {
  static const FixedRates rates;
  return rates;
}

/// Rates of everything in a macroblock but its coefficients. The header's single probabilities
/// (skip, intra, last, golden) are not known before a picture is decided; those of an earlier
/// picture stand in.
class ModeRates {
 public:
  /// `estimate` has the probability fields filled in; `probs` are in force while the picture is
  /// coded.
  ModeRates(const vp8::Probabilities& probs,
            const vp8::FrameHeader& estimate,
            bool key_frame,
            const FixedRates* fixed_rates)
      : mv(probs.mv), fixed(fixed_rates), key_frame_(key_frame) {
    skip_ = {vp8::bit_rate(estimate.prob_skip_false, false),
             vp8::bit_rate(estimate.prob_skip_false, true)};
    const vp8::Rate inter = vp8::bit_rate(estimate.prob_intra, true);
    const vp8::Rate not_last = inter + vp8::bit_rate(estimate.prob_last, true);
    reference_ = {vp8::bit_rate(estimate.prob_intra, false),
                  inter + vp8::bit_rate(estimate.prob_last, false),
                  not_last + vp8::bit_rate(estimate.prob_gf, false),
                  not_last + vp8::bit_rate(estimate.prob_gf, true)};
    for (std::size_t m = 0; m <= vp8::B_PRED; ++m) {
      const auto mode = static_cast<vp8::MbMode>(m);
      y_mode_[m] =
          key_frame
              ? vp8::tree_rate(vp8::kKeyFrameYModeCoding, vp8::kKeyFrameYModeProbs.data(), mode)
              : reference_[0] + vp8::tree_rate(vp8::kYModeCoding, probs.y_mode.data(), mode);
    }
    for (std::size_t m = 0; m < vp8::B_PRED; ++m) {
      uv_mode_[m] = vp8::tree_rate(
          vp8::kUvModeCoding, key_frame ? vp8::kKeyFrameUvModeProbs.data() : probs.uv_mode.data(),
          static_cast<vp8::MbMode>(m));
    }
  }

  VP8_HD vp8::Rate skip(bool skipped) const { return skip_[skipped ? 1 : 0]; }
  /// Including the choice of intra in inter frames.
  VP8_HD vp8::Rate intra_y_mode(vp8::MbMode mode) const { return y_mode_[mode]; }
  VP8_HD vp8::Rate uv_mode(vp8::MbMode mode) const { return uv_mode_[mode]; }

  /// Rates of the ten modes of subblock `b`, whose neighbours inside `mb` are decided.
  VP8_HD const std::array<vp8::Rate, vp8::kSubblockModes>& subblock_modes(
      const vp8::MbModes& mb, const vp8::Neighbours& around, std::size_t b) const {
    if (!key_frame_)
      return fixed->inter_frame_subblock;
    const auto above = b >= 4 ? mb.subblock_modes[b - 4] : around.above->subblock_modes[b + 12];
    const auto left = b % 4 != 0 ? mb.subblock_modes[b - 1] : around.left->subblock_modes[b + 3];
    return fixed->key_frame_subblock[above][left];
  }

  /// Reference and mode, without the vector of NEWMV. The mode tree is a list: zero, nearest, near,
  /// new, split (§16.3).
  VP8_HD vp8::Rate inter_mode(vp8::RefFrame ref, const vp8::NearMvs& near, vp8::MbMode mode) const {
    vp8::Rate rate = reference_[ref] + vp8::bit_rate(near.mode_probs[0], mode != vp8::ZEROMV);
    if (mode == vp8::ZEROMV)
      return rate;
    rate += vp8::bit_rate(near.mode_probs[1], mode != vp8::NEARESTMV);
    if (mode == vp8::NEARESTMV)
      return rate;
    rate += vp8::bit_rate(near.mode_probs[2], mode != vp8::NEARMV);
    if (mode == vp8::NEARMV)
      return rate;
    return rate + vp8::bit_rate(near.mode_probs[3], mode != vp8::NEWMV);
  }

  /// All of a SPLITMV macroblock's modes and vectors.
  VP8_HD vp8::Rate split(const vp8::MbModes& mb,
                         const vp8::Neighbours& around,
                         const vp8::NearMvs& near) const {
    vp8::Rate rate = inter_mode(mb.ref_frame, near, vp8::SPLITMV) + fixed->partition[mb.partition];
    const auto& part_of = vp8::kSplitPart[mb.partition];
    std::size_t next = 0;
    for (std::size_t b = 0; b < 16; ++b) {
      if (part_of[b] != next)
        continue;
      ++next;
      const vp8::MotionVector left = vp8::left_mv(mb, *around.left, b);
      const vp8::MotionVector above = vp8::above_mv(mb, *around.above, b);
      const vp8::SubMvRef how = vp8::sub_mv_ref_of(mb.mvs[b], left, above);
      rate += fixed->sub_mv_ref[vp8::sub_mv_ref_context(left, above)][how];
      if (how == vp8::NEW4X4)
        rate += mv(mb.mvs[b], near.best);
    }
    return rate;
  }

  vp8::MvCosts mv;
  const FixedRates* fixed;

 private:
  bool key_frame_;
  std::array<vp8::Rate, 2> skip_{};
  std::array<vp8::Rate, vp8::kRefFrames> reference_{};
  std::array<vp8::Rate, vp8::B_PRED + 1> y_mode_{};
  std::array<vp8::Rate, vp8::B_PRED> uv_mode_{};
};

}  // namespace gpu
