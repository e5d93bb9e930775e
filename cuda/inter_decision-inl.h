// Choosing reference, inter mode and vectors of a macroblock.
#if defined(GPU_INTER_DECISION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GPU_INTER_DECISION_INL_H_
#undef GPU_INTER_DECISION_INL_H_
#else
#define GPU_INTER_DECISION_INL_H_
#endif

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>

#include "cuda/macroblock_trial-inl.h"

VP8_BEFORE_TARGET();
namespace gpu {
namespace VP8_TARGET {

/// Tries predictions from other pictures: by SATD first, the nearest few by full cost, then splits
/// of the best.
template <class Ops>
class InterDecision {
 public:
  explicit VP8_HD InterDecision(MacroblockTrial<Ops>& trial)
      : t_(trial), ops_(trial.ops), w_(trial.w) {}

  /// Tries the inter modes. Returns the SATD plus rate of the nearest prediction found.
  template <bool kAgain = false>
  VP8_HD VP8_PART_OF_KERNEL SearchCost decide() {
    begin();
    VP8_NO_UNROLL for (int i = 0; i < t_.task.reference_count; ++i) {
      search_reference<kAgain>(t_.task.references[static_cast<std::size_t>(i)]);
      if (nearest() < t_.good_enough())
        break;
    }
    const SearchCost best_satd = nearest();
    if (t_.task.effort == Effort::kFast) {
      set_trial(w_.finalists[0]);
      t_.keep_trial_if_better(best_satd);
      return best_satd;
    }
    try_finalists(t_.task.effort == Effort::kBest ? best_satd * 2 : best_satd + best_satd / 3);
    if (!nothing_to_code_ && best_satd >= t_.good_enough())
      try_split(best_satd);
    return best_satd;
  }

  /// Likewise, where an earlier decision against slightly other pictures was `prior`.
  VP8_HD SearchCost decide_again(const MbModes& prior) {
    prior_ref_ = prior.ref_frame;
    prior_mv_ = prior.mv;
    return decide<true>();
  }

  /// Decides again what is cheap to decide: inter modes `prior` that were chosen against other
  /// pictures than those that are there now. Tries vectors a quarter pixel beside the prior ones,
  /// and those that have a name; by full cost only where one is nearer than the prior. Returns the
  /// SATD plus rate of the nearest prediction found.
  VP8_HD SearchCost refine(const MbModes& prior) {
    begin();
    const SearchCost prior_cost = prior.y_mode == vp8::SPLITMV
                                      ? refine_split(prior)
                                      : refine_whole(prior.ref_frame, prior.mv);
    if (prior_cost >= t_.good_enough()) {
      VP8_NO_UNROLL for (int i = 0; i < t_.task.reference_count && !zero_is_good_; ++i) {
        const vp8::RefFrame ref = t_.task.references[static_cast<std::size_t>(i)];
        const vp8::NearMvs near = near_mvs(ref);
        const SearchTask task = search_task(ref, 0, 0, near.best);
        consider_named(ref, near, BlockSearch<Ops, 16>(ops_, task, t_.next_luma(), w_.prediction));
      }
    }
    const SearchCost best_satd = std::min(prior_cost, nearest());
    const bool splits =
        prior.y_mode == vp8::SPLITMV ? best_satd >= t_.good_enough() : best_satd > t_.far_off();
    if (best_satd == prior_cost && !splits) {
      t_.keep_trial_if_better(0);
      return best_satd;
    }
    try_trial(prior_rate_);
    try_finalists(prior_cost - 1);
    if (splits && !nothing_to_code_)
      try_split(nearest());
    return best_satd;
  }

 private:
  static constexpr SearchCost kNever = std::numeric_limits<SearchCost>::max();

  // Makes a prior vector of the whole macroblock, refined, the trial. Returns its SATD plus rate.
  VP8_HD SearchCost refine_whole(vp8::RefFrame ref, MotionVector prior) {
    const vp8::NearMvs near = near_mvs(ref);
    const SearchTask task = search_task(ref, 0, 0, near.best);
    const BlockSearch<Ops, 16> search(ops_, task, t_.next_luma(), w_.prediction);
    Found found{prior, 0};
    if (mode_of(prior, near) != vp8::NEWMV) {
      found.cost = search.satd_cost(prior);
    } else if (vp8::codable(prior, near.best)) {
      found = search.sides({prior, search.satd_cost(prior)}, 0);
    } else {  // the vectors around have changed too much
      found = {MotionVector{}, search.satd_cost({})};
    }
    const vp8::MbMode mode = mode_of(found.mv, near);
    prior_rate_ = t_.task.rates->inter_mode(ref, near, mode) +
                  (mode == vp8::NEWMV ? t_.task.rates->mv(found.mv, near.best) : 0);
    t_.set_trial(ref, mode, vp8::DC_PRED, found.mv);
    return found.cost - task.rate_cost(found.mv) + t_.rate_as_satd(prior_rate_);
  }

  static VP8_HD vp8::MbMode mode_of(MotionVector mv, const vp8::NearMvs& near) {
    return mv.is_zero()         ? vp8::ZEROMV
           : mv == near.nearest ? vp8::NEARESTMV
           : mv == near.near    ? vp8::NEARMV
                                : vp8::NEWMV;
  }

  // Likewise a prior split.
  VP8_HD SearchCost refine_split(const MbModes& prior) {
    const vp8::NearMvs near = near_mvs(prior.ref_frame);
    ops_.assign(w_.trial, prior);
    const auto& part_of = vp8::kSplitPart[prior.partition];
    std::size_t next = 0;
    for (std::size_t b = 0; b < 16; ++b) {
      if (part_of[b] != next)
        continue;
      ++next;
      const MotionVector mv = w_.trial.mvs[b];
      if (vp8::sub_mv_ref_of(mv, vp8::left_mv(w_.trial, w_.around[1], b),
                             vp8::above_mv(w_.trial, w_.around[0], b)) != vp8::NEW4X4)
        continue;
      if (!vp8::codable(mv, near.best))
        return refine_whole(prior.ref_frame, {});
      if (prior.partition != vp8::kSplit4x4)
        refine_part(part_of[b], b, near.best);
    }
    ops_.once([&] { w_.trial.mv = w_.trial.mvs[15]; });
    prior_rate_ = t_.task.rates->split(w_.trial, t_.around(), near);
    vt::predict_inter_luma(ops_, luma_reference(prior.ref_frame), w_.trial, t_.mb_row, t_.mb_col,
                           t_.task.coding.how.bilinear, t_.next_luma(), 16, w_.prediction);
    return static_cast<SearchCost>(ops_.template satd<16>(
               t_.source(vp8::kPlaneY), t_.source_stride(vp8::kPlaneY), t_.next_luma(), 16)) +
           t_.rate_as_satd(prior_rate_);
  }

  // Moves a part's vector, which has no name, to the best beside it. `part` begins with subblock
  // `first`.
  VP8_HD void refine_part(std::size_t part, std::size_t first, MotionVector base) {
    const MotionVector from = w_.trial.mvs[first];
    MotionVector best = from;
    SearchCost best_cost = kNever;
    VP8_NO_UNROLL for (int i = 0; i <= kSides; ++i) {
      const MotionVector mv = i == 0 ? from : side_of(from, i - 1);
      const SearchCost cost = part_cost(part, mv, base);
      if (cost < best_cost) {
        best = mv;
        best_cost = cost;
      }
    }
    ops_.each(16, [&](int b) {
      if (vp8::kSplitPart[w_.trial.partition][static_cast<std::size_t>(b)] == part)
        w_.trial.mvs[static_cast<std::size_t>(b)] = best;
    });
  }

  // SATD plus rate of one part of the trial's split, which is made of quarters, with vector `mv`;
  // kNever if it may not have it.
  VP8_HD SearchCost part_cost(std::size_t part, MotionVector mv, MotionVector base) {
    SearchCost cost = 0;
    VP8_NO_UNROLL for (int quarter = 0; quarter < 4; ++quarter) {
      const int y = quarter / 2 * 8;
      const int x = quarter % 2 * 8;
      if (vp8::kSplitPart[w_.trial.partition][static_cast<std::size_t>(y + x / 4)] != part)
        continue;
      const SearchTask task = search_task(w_.trial.ref_frame, y, x, base);
      const BlockSearch<Ops, 8> search(ops_, task, t_.next_luma(), w_.prediction);
      if (!search.allowed(mv))
        return kNever;
      cost += static_cast<SearchCost>(search.distortion(mv)) + (cost == 0 ? task.rate_cost(mv) : 0);
    }
    return cost;
  }

  VP8_HD void begin() {
    t_.load_neighbours();
    ops_.once([&] {
      // Every byte: candidates are moved whole, with the padding that no member fills.
      std::memset(static_cast<void*>(w_.finalists.data()), 0, sizeof w_.finalists);
      for (Candidate& c : w_.finalists)
        c.cost = kNever;
    });
  }

  // Full cost of the finalists up to a cost by SATD.
  VP8_HD void try_finalists(SearchCost hopeless) {
    VP8_NO_UNROLL for (std::size_t i = 0; i < Workspace::kFinalists; ++i) {
      const Candidate& c = w_.finalists[i];
      if (c.cost > hopeless)
        continue;
      set_trial(c);
      try_trial(c.rate);
    }
  }

  VP8_HD SearchCost nearest() const { return w_.finalists[0].cost; }

  VP8_HD const vp8::ReferencePlane& luma_reference(vp8::RefFrame ref) const {
    return t_.task.coding.references[ref][vp8::kPlaneY];
  }

  VP8_HD vp8::NearMvs near_mvs(vp8::RefFrame ref) const {
    return vp8::find_near_mvs(
        t_.around(), ref, t_.task.sign_bias,
        vp8::MvBounds::of(t_.mb_row, t_.mb_col, t_.task.mb_rows, t_.task.mb_cols));
  }

  // The block at (y, x) of the macroblock, in luma samples.
  VP8_HD SearchTask search_task(vp8::RefFrame ref,
                                int y,
                                int x,
                                MotionVector base,
                                SearchCost wide_above = kNeverWide) const {
    const std::ptrdiff_t stride = t_.source_stride(vp8::kPlaneY);
    return {t_.source(vp8::kPlaneY) + y * stride + x,
            stride,
            luma_reference(ref),
            t_.mb_row * 16 + y,
            t_.mb_col * 16 + x,
            base,
            t_.task.rates->mv,
            t_.satd_lambda,
            t_.task.coding.how.bilinear,
            wide_above};
  }

  // kAgain: there is a prior vector.
  template <bool kAgain>
  VP8_HD void search_reference(vp8::RefFrame ref) {
    const vp8::NearMvs near = near_mvs(ref);
    const SearchTask task = search_task(ref, 0, 0, near.best, t_.wide_above(16));
    const BlockSearch<Ops, 16> search(ops_, task, t_.next_luma(), w_.prediction);
    consider_named(ref, near, search);
    if (zero_is_good_)
      return;

    const bool is_last = ref == vp8::LAST_FRAME;
    ops_.once([&] {
      w_.starts = {near.best,
                   near.nearest,
                   near.near,
                   w_.around[0].mv,
                   w_.around[1].mv,
                   is_last && t_.task.hints != nullptr ? t_.task.hints[t_.index()] : MotionVector{},
                   kAgain && ref == prior_ref_ ? prior_mv_
                   : is_last                   ? MotionVector{}
                                               : last_mv_};
    });
    const Found whole = search.integer(w_.starts.data(), Workspace::kStarts);
    if (!is_last && t_.task.effort == Effort::kFast && whole.cost > last_whole_)
      return;
    const Found found = search.subpixel(whole.mv);
    if (is_last) {
      last_whole_ = whole.cost;
      last_mv_ = found.mv;
    }
    consider_new(ref, near, task, found);
    if constexpr (kAgain) {
      if (ref == prior_ref_ && search.allowed(prior_mv_))
        consider_new(ref, near, task, search.sides({prior_mv_, search.satd_cost(prior_mv_)}, 0));
    }
  }

  // Tries the vectors of a reference that have a name.
  VP8_HD void consider_named(vp8::RefFrame ref,
                             const vp8::NearMvs& near,
                             const BlockSearch<Ops, 16>& search) {
    VP8_NO_UNROLL for (int named = 0; named < 3; ++named) {
      const MotionVector mv = named == 0 ? MotionVector{} : named == 1 ? near.nearest : near.near;
      if (named > 0 && (mv.is_zero() || (named == 2 && mv == near.nearest)))
        continue;
      consider(named == 0   ? vp8::ZEROMV
               : named == 1 ? vp8::NEARESTMV
                            : vp8::NEARMV,
               ref, near, mv, static_cast<SearchCost>(search.distortion(mv)), 0);
      if (named == 0 && nearest() < t_.good_enough()) {
        zero_is_good_ = true;
        return;
      }
    }
  }

  // And one that has none.
  VP8_HD void consider_new(vp8::RefFrame ref,
                           const vp8::NearMvs& near,
                           const SearchTask& task,
                           const Found& found) {
    if (found.mv.is_zero() || found.mv == near.nearest || found.mv == near.near ||
        !vp8::codable(found.mv, near.best))
      return;
    consider(vp8::NEWMV, ref, near, found.mv, found.cost - task.rate_cost(found.mv),
             t_.task.rates->mv(found.mv, near.best));
  }

  VP8_HD void consider(vp8::MbMode mode,
                       vp8::RefFrame ref,
                       const vp8::NearMvs& near,
                       MotionVector mv,
                       SearchCost distortion,
                       vp8::Rate vector_rate) {
    const vp8::Rate rate = t_.task.rates->inter_mode(ref, near, mode) + vector_rate;
    add_finalist({mv, ref, mode, rate, distortion + t_.rate_as_satd(rate)});
  }

  VP8_HD void add_finalist(const Candidate& c) {
    ops_.once([&] {
      std::size_t place = Workspace::kFinalists;
      while (place > 0 && c.cost < w_.finalists[place - 1].cost)
        --place;
      if (place == Workspace::kFinalists)
        return;
      for (std::size_t i = Workspace::kFinalists - 1; i > place; --i)
        w_.finalists[i] = w_.finalists[i - 1];
      w_.finalists[place] = c;
    });
  }

  VP8_HD void set_trial(const Candidate& c) {
    t_.set_trial(c.ref_frame, c.y_mode, vp8::DC_PRED, c.mv);
  }

  // Full cost of an inter prediction, coded and skipped.
  VP8_HD void try_trial(vp8::Rate mode_rate) {
    const MbModes& mb = w_.trial;
    const vp8::PictureCoding& coding = t_.task.coding;
    vt::predict_inter_luma(ops_, luma_reference(mb.ref_frame), mb, t_.mb_row, t_.mb_col,
                           coding.how.bilinear, t_.luma(), 16, w_.prediction);
    VP8_NO_UNROLL for (vp8::Plane plane = vp8::kPlaneU; plane <= vp8::kPlaneV;
                       plane = vp8::next_plane(plane)) {
      vt::predict_inter_chroma(ops_, coding.references[mb.ref_frame][plane], mb, t_.mb_row,
                               t_.mb_col, coding.how, t_.chroma(plane), 8, w_.prediction);
    }
    const ModeRates& rates = *t_.task.rates;
    const int lambda = t_.quantiser.lambda;
    const RdCost skipped = vp8::rd_cost(t_.prediction_sse(), mode_rate + rates.skip(true), lambda);
    t_.transform_luma(mb.has_y2());
    t_.transform_chroma();
    RdCost with_residue = std::numeric_limits<RdCost>::max();
    if (!mb.has_y2() || !vt::macroblock_quantises_to_nothing(ops_, t_.work(), t_.quantiser)) {
      CodedCost coded = t_.luma_cost(mb.has_y2());
      coded.add(t_.chroma_cost());
      with_residue = coded.cost(mode_rate + rates.skip(false), lambda);
    }
    const RdCost cost = std::min(skipped, with_residue);
    if (cost < t_.best_cost)
      nothing_to_code_ = skipped <= with_residue;
    t_.keep_trial_if_better(cost);
  }

  // Searches the quarters of the macroblock around the whole vector of the nearest candidate and
  // tries the partitions that they suggest.
  VP8_HD void try_split(SearchCost best_satd) {
    const Candidate& whole = w_.finalists[0];
    const vp8::NearMvs near = near_mvs(whole.ref_frame);
    set_trial(whole);
    ops_.once([&] { w_.trial.y_mode = vp8::SPLITMV; });
    SearchCost total = 0;
    VP8_NO_UNROLL for (int quarter = 0; quarter < 4; ++quarter) {
      const int y = quarter / 2 * 8;
      const int x = quarter % 2 * 8;
      const auto first = static_cast<std::size_t>(y + x / 4);
      const Found found = search_part<8>(
          search_task(whole.ref_frame, y, x, near.best, t_.wide_above(8)), first, whole.mv);
      total += found.cost;
      ops_.once([&] {
        w_.quarters[static_cast<std::size_t>(quarter)] = found.mv;
        for (const std::size_t b : {first, first + 1, first + 4, first + 5})
          w_.trial.mvs[b] = found.mv;
      });
    }
    // A split that is no better by SATD even before its mode is paid for will not win.
    if (total < best_satd + best_satd / 8)
      try_partitions(near);
    if (!nothing_to_code_ && (w_.best.y_mode == vp8::SPLITMV || total > t_.far_off()))
      try_subblocks(near);
  }

  // The vector of one block of a split that begins with subblock `first`, near `whole`; its cost is
  // SATD and all rates. Subblocks are not searched but take what is known around them, or a quarter
  // pixel beside it: a tenth less CPU time in all, for a tenth of a percent of the bits.
  template <int kSize>
  VP8_HD Found search_part(const SearchTask& task, std::size_t first, MotionVector whole) {
    const BlockSearch<Ops, kSize> search(ops_, task, t_.next_luma(), w_.prediction);
    const MotionVector left = vp8::left_mv(w_.trial, w_.around[1], first);
    const MotionVector above = vp8::above_mv(w_.trial, w_.around[0], first);
    const auto& rates = t_.task.rates->fixed->sub_mv_ref[vp8::sub_mv_ref_context(left, above)];
    const SearchCost new_rate = t_.rate_as_satd(rates[vp8::NEW4X4]);
    ops_.once([&] { w_.starts = {whole, left, above, {}}; });
    Found best{whole, kNever};
    if constexpr (kSize > 4) {
      best = search.subpixel(search.integer(w_.starts.data(), 3).mv);
      best.cost += new_rate;
    }
    VP8_NO_UNROLL for (std::size_t i = 0; i < 4; ++i) {
      const MotionVector mv = w_.starts[i];
      if (!search.allowed(mv))
        continue;
      const vp8::SubMvRef how = vp8::sub_mv_ref_of(mv, left, above);
      const SearchCost cost = static_cast<SearchCost>(search.distortion(mv)) +
                              t_.rate_as_satd(rates[how]) +
                              (how == vp8::NEW4X4 ? task.rate_cost(mv) : 0);
      if (cost < best.cost)
        best = {mv, cost};
    }
    if constexpr (kSize == 4)
      best = search.sides(best, new_rate);
    return best;
  }

  // Searches the subblocks around the vectors of their quarters.
  VP8_HD void try_subblocks(const vp8::NearMvs& near) {
    VP8_NO_UNROLL for (int b = 0; b < 16; ++b) {
      const auto at = static_cast<std::size_t>(b);
      const auto quarter = static_cast<std::size_t>(b / 8 * 2 + b % 4 / 2);
      const Found found =
          search_part<4>(search_task(w_.trial.ref_frame, b / 4 * 4, b % 4 * 4, near.best), at,
                         w_.quarters[quarter]);
      ops_.once([&] { w_.trial.mvs[at] = found.mv; });
    }
    ops_.once([&] {
      w_.trial.partition = vp8::kSplit4x4;
      w_.trial.mv = w_.trial.mvs[15];
    });
    try_trial(t_.task.rates->split(w_.trial, t_.around(), near));
  }

  // w_.quarters has the vectors.
  VP8_HD void try_partitions(const vp8::NearMvs& near) {
    const auto& mv = w_.quarters;
    const bool rows_equal = mv[0] == mv[1] && mv[2] == mv[3];
    const bool columns_equal = mv[0] == mv[2] && mv[1] == mv[3];
    if (rows_equal && columns_equal)
      return;
    // Equal rows or columns leave one partition. Else all, and halves take the vector of either of
    // their quarters.
    const int last = rows_equal || columns_equal ? 1 : 5;
    VP8_NO_UNROLL for (int i = 0; i < last; ++i) {
      const vp8::SplitPartition partition = rows_equal      ? vp8::kSplit16x8
                                            : columns_equal ? vp8::kSplit8x16
                                            : i == 0        ? vp8::kSplit8x8
                                            : i <= 2        ? vp8::kSplit16x8
                                                            : vp8::kSplit8x16;
      const unsigned source_of = i == 0   ? 0x3210
                                 : i == 1 ? 0x2200
                                 : i == 2 ? 0x3311
                                 : i == 3 ? 0x1010
                                          : 0x3232;
      try_partition(partition, source_of, near);
    }
  }

  // `source_of`: for each quarter, four bits, the quarter that its vector comes from.
  VP8_HD void try_partition(vp8::SplitPartition partition,
                            unsigned source_of,
                            const vp8::NearMvs& near) {
    ops_.each(16, [&](int b) {
      const int quarter = b / 8 * 2 + b % 4 / 2;
      w_.trial.mvs[static_cast<std::size_t>(b)] = w_.quarters[source_of >> (4 * quarter) & 3];
    });
    ops_.once([&] {
      w_.trial.partition = partition;
      w_.trial.mv = w_.trial.mvs[15];
    });
    try_trial(t_.task.rates->split(w_.trial, t_.around(), near));
  }

  MacroblockTrial<Ops>& t_;
  const Ops& ops_;
  Workspace& w_;
  vp8::Rate prior_rate_ = 0;
  bool zero_is_good_ = false;  // a zero vector predicts so well that nothing else is worth trying
  bool nothing_to_code_ = false;                  // the best candidate is skipped
  MotionVector last_mv_;                          // what the search in the last picture found
  SearchCost last_whole_ = kNever;                // and what its best whole-pixel vector costs
  vp8::RefFrame prior_ref_ = vp8::CURRENT_FRAME;  // none
  MotionVector prior_mv_;
};

}  // namespace VP8_TARGET
}  // namespace gpu
VP8_AFTER_TARGET();

#endif  // include guard
