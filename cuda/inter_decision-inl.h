// Choosing reference, inter mode and vectors of a macroblock, for one Highway target.
#if defined(GPU_INTER_DECISION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GPU_INTER_DECISION_INL_H_
#undef GPU_INTER_DECISION_INL_H_
#else
#define GPU_INTER_DECISION_INL_H_
#endif

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include <hwy/highway.h>

#include "cuda/macroblock_trial-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gpu {
namespace HWY_NAMESPACE {

/// Tries predictions from other pictures: by SATD first, the nearest few by full cost, then splits
/// of the best.
class InterDecision {
 public:
  explicit InterDecision(MacroblockTrial& trial) : t_(trial) { choose_references(); }

  /// Tries the inter modes of the macroblock at hand. Returns the SATD plus rate of the nearest
  /// prediction found.
  SearchCost decide(const MbModes& blank) {
    nothing_to_code_ = false;
    finalists_ = {};
    for (const vp8::RefFrame ref : references_) {
      search_reference(ref, blank);
      if (finalists_[0].cost < t_.good_enough())
        break;
    }
    best_satd_ = finalists_[0].cost;
    const SearchCost hopeless = best_satd_ + best_satd_ / 6;
    for (const Candidate& c : finalists_) {
      if (c.cost <= hopeless)
        try_finalist(c.mb, c.rate);
    }
    if (!nothing_to_code_ && best_satd_ >= t_.good_enough())
      try_split(finalists_[0].mb);
    return best_satd_;
  }

 private:
  // References that share one picture are searched once.
  void choose_references() {
    if (t_.frame.header.key_frame)
      return;
    const vp8::References& r = t_.before.references;
    references_.push_back(vp8::LAST_FRAME);
    if (!r.golden.same_object(r.last))
      references_.push_back(vp8::GOLDEN_FRAME);
    if (!r.altref.same_object(r.last) && !r.altref.same_object(r.golden))
      references_.push_back(vp8::ALTREF_FRAME);
  }

  struct Candidate {
    MbModes mb;
    vp8::Rate rate = 0;
    SearchCost cost = std::numeric_limits<SearchCost>::max();
  };
  static constexpr std::size_t kFinalists = 3;

  const vs::ReferencePlane& luma_reference(vp8::RefFrame ref) const {
    return t_.planes[ref][vp8::kPlaneY];
  }

  vp8::NearMvs near_mvs(vp8::RefFrame ref) const {
    return vp8::find_near_mvs(
        t_.around, ref,
        {false, false, t_.frame.header.sign_bias_golden, t_.frame.header.sign_bias_alternate},
        vp8::MvBounds::of(t_.mb_row, t_.mb_col, t_.frame.mb_rows, t_.frame.mb_cols));
  }

  void search_reference(vp8::RefFrame ref, const MbModes& blank) {
    const vp8::NearMvs near = near_mvs(ref);
    const vs::ReferencePlane& plane = luma_reference(ref);
    const SearchTask task{t_.source(vp8::kPlaneY),
                          t_.sources[vp8::kPlaneY].stride,
                          plane,
                          t_.mb_row * 16,
                          t_.mb_col * 16,
                          near.best,
                          t_.rates.mv,
                          t_.satd_lambda,
                          t_.how.bilinear};
    const BlockSearch<16> search(task);
    const auto consider = [&](vp8::MbMode mode, MotionVector mv) {
      Candidate c{blank, t_.rates.inter_mode(ref, near, mode), 0};
      c.mb.ref_frame = ref;
      c.mb.y_mode = mode;
      c.mb.mv = mv;
      c.mb.mvs.fill(mv);
      if (mode == vp8::NEWMV)
        c.rate += t_.rates.mv(mv, near.best);
      c.cost = static_cast<SearchCost>(search.distortion(mv)) + t_.rate_as_satd(c.rate);
      add_finalist(c);
    };
    consider(vp8::ZEROMV, {});
    if (finalists_[0].cost < t_.good_enough())
      return;
    if (!near.nearest.is_zero())
      consider(vp8::NEARESTMV, near.nearest);
    if (!near.near.is_zero() && near.near != near.nearest)
      consider(vp8::NEARMV, near.near);

    std::array<MotionVector, 7> starts = {
        near.best, near.nearest, near.near, t_.around.above->mv, t_.around.left->mv, {}, {}};
    if (ref == vp8::LAST_FRAME && !t_.job.motion_hints.empty())
      starts[5] = t_.job.motion_hints[t_.index()];
    if (ref != vp8::LAST_FRAME)
      starts[6] = last_mv_;
    const Found found = search.subpixel(search.integer(starts).mv);
    if (ref == vp8::LAST_FRAME)
      last_mv_ = found.mv;
    if (!found.mv.is_zero() && found.mv != near.nearest && found.mv != near.near &&
        vp8::codable(found.mv, near.best)) {
      consider(vp8::NEWMV, found.mv);
    }
  }

  void add_finalist(const Candidate& c) {
    std::size_t place = kFinalists;
    while (place > 0 && c.cost < finalists_[place - 1].cost)
      --place;
    if (place == kFinalists)
      return;
    for (std::size_t i = kFinalists - 1; i > place; --i)
      finalists_[i] = finalists_[i - 1];
    finalists_[place] = c;
  }

  // Full cost of an inter candidate, coded and skipped.
  void try_finalist(const MbModes& mb, vp8::Rate mode_rate) {
    vs::predict_inter_luma(luma_reference(mb.ref_frame), mb, t_.mb_row, t_.mb_col, t_.how.bilinear,
                           t_.prediction.y.data(), 16);
    for (const vp8::Plane plane : {vp8::kPlaneU, vp8::kPlaneV}) {
      vs::predict_inter_chroma(t_.planes[mb.ref_frame][plane], mb, t_.mb_row, t_.mb_col, t_.how,
                               t_.chroma_prediction(plane), 8);
    }
    const std::uint64_t skipped_sse = t_.prediction_sse();
    const RdCost skipped =
        vp8::rd_cost(skipped_sse, mode_rate + t_.rates.skip(true), t_.quantiser->lambda);
    t_.transform_luma(mb.has_y2());
    t_.transform_chroma();
    RdCost with_residue = std::numeric_limits<RdCost>::max();
    if (!mb.has_y2() || !vs::macroblock_quantises_to_nothing(t_.work, *t_.quantiser)) {
      MacroblockTrial::CodedCost coded = t_.luma_cost(mb.has_y2());
      coded.add(t_.chroma_cost());
      with_residue = coded.cost(mode_rate + t_.rates.skip(false), t_.quantiser->lambda);
    }
    if (std::min(skipped, with_residue) < t_.best_cost)
      nothing_to_code_ = skipped <= with_residue;
    t_.keep_if_better(mb, std::min(skipped, with_residue));
  }

  // Searches the quarters of the macroblock around its whole vector and tries the partitions that
  // they suggest.
  void try_split(const MbModes& whole) {
    const vp8::RefFrame ref = whole.ref_frame;
    const vp8::NearMvs near = near_mvs(ref);
    const vs::ReferencePlane& plane = luma_reference(ref);
    MbModes mb = whole;
    mb.y_mode = vp8::SPLITMV;
    SearchCost total = 0;
    for (std::size_t quarter = 0; quarter < 4; ++quarter) {
      const std::size_t first = quarter / 2 * 8 + quarter % 2 * 2;
      const int y = static_cast<int>(quarter / 2) * 8;
      const int x = static_cast<int>(quarter % 2) * 8;
      const SearchTask task{t_.source(vp8::kPlaneY) + y * t_.sources[vp8::kPlaneY].stride + x,
                            t_.sources[vp8::kPlaneY].stride,
                            plane,
                            t_.mb_row * 16 + y,
                            t_.mb_col * 16 + x,
                            near.best,
                            t_.rates.mv,
                            t_.satd_lambda,
                            t_.how.bilinear};
      const Found found = search_quarter(task, mb, first, whole.mv);
      total += found.cost;
      for (const std::size_t b : {first, first + 1, first + 4, first + 5})
        mb.mvs[b] = found.mv;
    }
    // A split that is no better by SATD even before its mode is paid for will not win.
    if (total >= best_satd_ + best_satd_ / 8)
      return;
    try_partitions(mb, near);
  }

  Found search_quarter(const SearchTask& task,
                       const MbModes& mb,
                       std::size_t first,
                       MotionVector whole) const {
    const BlockSearch<8> search(task);
    const MotionVector left = vp8::left_mv(mb, *t_.around.left, first);
    const MotionVector above = vp8::above_mv(mb, *t_.around.above, first);
    const std::array<MotionVector, 3> starts = {whole, left, above};
    Found best = search.subpixel(search.integer(starts).mv);
    // Vectors that have a short name need no difference to be coded.
    for (const MotionVector mv : {whole, left, above, MotionVector{}}) {
      if (!search.allowed(mv))
        continue;
      const SearchCost cost =
          static_cast<SearchCost>(search.distortion(mv)) + t_.rate_as_satd(2 * 256);
      if (cost < best.cost)
        best = {mv, cost};
    }
    return best;
  }

  void try_partitions(const MbModes& quarters, const vp8::NearMvs& near) {
    const std::array<MotionVector, 4> mv = {quarters.mvs[0], quarters.mvs[2], quarters.mvs[8],
                                            quarters.mvs[10]};
    const bool rows_equal = mv[0] == mv[1] && mv[2] == mv[3];
    const bool columns_equal = mv[0] == mv[2] && mv[1] == mv[3];
    if (rows_equal && columns_equal)
      return;
    const auto attempt = [&](vp8::SplitPartition partition,
                             const std::array<MotionVector, 4>& vectors) {
      MbModes mb = quarters;
      mb.partition = partition;
      for (std::size_t b = 0; b < 16; ++b)
        mb.mvs[b] = vectors[b / 8 * 2 + b % 4 / 2];
      mb.mv = mb.mvs[15];
      try_finalist(mb, t_.rates.split(mb, t_.around, near));
    };
    if (rows_equal) {
      attempt(vp8::kSplit16x8, mv);
    } else if (columns_equal) {
      attempt(vp8::kSplit8x16, mv);
    } else {
      attempt(vp8::kSplit8x8, mv);
      // Halves take the vector of either of their quarters.
      attempt(vp8::kSplit16x8, {mv[0], mv[0], mv[2], mv[2]});
      attempt(vp8::kSplit16x8, {mv[1], mv[1], mv[3], mv[3]});
      attempt(vp8::kSplit8x16, {mv[0], mv[1], mv[0], mv[1]});
      attempt(vp8::kSplit8x16, {mv[2], mv[3], mv[2], mv[3]});
    }
  }

  MacroblockTrial& t_;
  std::vector<vp8::RefFrame> references_;
  SearchCost best_satd_ = 0;      // of the best candidate
  bool nothing_to_code_ = false;  // the best candidate is skipped
  MotionVector last_mv_;
  std::array<Candidate, kFinalists> finalists_;
};

}  // namespace HWY_NAMESPACE
}  // namespace gpu
HWY_AFTER_NAMESPACE();

#endif  // include guard
