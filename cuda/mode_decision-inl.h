// Choosing a macroblock's modes and vectors by rate-distortion cost, for one Highway target.
#if defined(GPU_MODE_DECISION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GPU_MODE_DECISION_INL_H_
#undef GPU_MODE_DECISION_INL_H_
#else
#define GPU_MODE_DECISION_INL_H_
#endif

#include <limits>

#include <hwy/highway.h>

#include "cuda/inter_decision-inl.h"
#include "cuda/intra_decision-inl.h"
#include "cuda/macroblock_trial-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gpu {
namespace HWY_NAMESPACE {

/// Decides macroblocks of one picture in raster order, each just before `coding` codes it.
class ModeDecision {
 public:
  ModeDecision(const vp8::State& before,
               const PictureJob& job,
               const vp8::Frame& frame,
               const vs::FrameCoding& coding,
               vp8::Picture& picture,
               const vp8::TokenCosts& token_costs,
               const ModeRates& rates)
      : trial_(before, job, frame, coding, picture, token_costs, rates),
        inter_(trial_),
        intra_(trial_) {}

  void decide(int mb_row, int mb_col, MbModes& mb) {
    mb = {};
    trial_.begin(mb_row, mb_col, mb.segment);
    SearchCost inter_cost = std::numeric_limits<SearchCost>::max();
    if (!trial_.frame.header.key_frame)
      inter_cost = inter_.decide(mb);
    intra_.decide(mb, inter_cost);
    mb = trial_.best;
  }

 private:
  MacroblockTrial trial_;
  InterDecision inter_;
  IntraDecision intra_;
};

}  // namespace HWY_NAMESPACE
}  // namespace gpu
HWY_AFTER_NAMESPACE();

#endif  // include guard
