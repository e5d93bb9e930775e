// Choosing a macroblock's modes and vectors by rate-distortion cost, for one Highway target.
#if defined(GPU_MODE_DECISION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GPU_MODE_DECISION_INL_H_
#undef GPU_MODE_DECISION_INL_H_
#else
#define GPU_MODE_DECISION_INL_H_
#endif

#include <array>
#include <cstdint>
#include <vector>

#include <hwy/highway.h>

#include "codec/frame_coding-inl.h"
#include "codec/near_mvs.hh"
#include "codec/rd.hh"
#include "cuda/device.hh"
#include "cuda/mode_rates.hh"
#include "cuda/motion_search-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gpu {
namespace HWY_NAMESPACE {

using vp8::MbModes;
using vp8::RdCost;

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
      : before_(before),
        job_(job),
        frame_(frame),
        coding_(coding),
        token_costs_(token_costs),
        rates_(rates),
        how_(vs::Interpolation::of_version(frame.header.version)),
        planes_(vs::planes_of(before.references)) {
    for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
      source_[plane] = job.source->coded(plane);
      picture_[plane] = picture.coded(plane);
    }
    for (int s = 0; s < vp8::kSegments; ++s) {
      quantisers_[static_cast<std::size_t>(s)] = estimating_quantiser(coding.quantiser(s).steps);
    }
    choose_references();
  }

  void decide(int mb_row, int mb_col, MbModes& mb) {
    mb_row_ = mb_row;
    mb_col_ = mb_col;
    around_ = vp8::neighbours_of(frame_.modes.data(), frame_.mb_cols, mb_row, mb_col);
    mb = {};
    quantiser_ = &quantisers_[mb.segment];
    satd_lambda_ = quantiser_->steps.y_ac * 51;
    best_ = mb;
    best_cost_ = std::numeric_limits<RdCost>::max();
    best_satd_ = std::numeric_limits<SearchCost>::max();
    nothing_to_code_ = false;
    if (!frame_.header.key_frame)
      decide_inter(mb);
    decide_intra(mb);
    mb = best_;
  }

 private:
  /// Distortion in 1/16 squared sample difference, and rate.
  struct CodedCost {
    std::uint64_t distortion = 0;
    vp8::Rate rate = 0;

    void add(const CodedCost& o) {
      distortion += o.distortion;
      rate += o.rate;
    }
    RdCost cost(vp8::Rate more, int lambda) const {
      return static_cast<RdCost>(distortion) + ((static_cast<RdCost>(rate + more) * lambda) >> 8);
    }
  };

  // --- set-up ---

  // Rounds like the trellis does on average, at none of its cost.
  static vp8::MbQuantiser estimating_quantiser(const vp8::QuantSteps& s) {
    const auto round = [](int step) { return step * 5 / 16; };
    const auto make = [&](int dc, int ac) {
      return vp8::make_quantiser(dc, ac, round(dc), round(ac));
    };
    return {s, vp8::lambda_of_step(s.y_ac), make(s.y_dc, s.y_ac), make(s.y2_dc, s.y2_ac),
            make(s.uv_dc, s.uv_ac)};
  }

  // References that share one picture are searched once.
  void choose_references() {
    if (frame_.header.key_frame)
      return;
    const vp8::References& r = before_.references;
    references_.push_back(vp8::LAST_FRAME);
    if (!r.golden.same_object(r.last))
      references_.push_back(vp8::GOLDEN_FRAME);
    if (!r.altref.same_object(r.last) && !r.altref.same_object(r.golden))
      references_.push_back(vp8::ALTREF_FRAME);
  }

  std::size_t index() const { return static_cast<std::size_t>(mb_row_ * frame_.mb_cols + mb_col_); }
  const std::uint8_t* source(vp8::Plane plane) const {
    const int size = plane == vp8::kPlaneY ? 16 : 8;
    return &source_[plane].at(mb_row_ * size, mb_col_ * size);
  }
  std::uint8_t* recon(vp8::Plane plane) const {
    const int size = plane == vp8::kPlaneY ? 16 : 8;
    return &picture_[plane].at(mb_row_ * size, mb_col_ * size);
  }
  SearchCost rate_as_satd(vp8::Rate rate) const {
    return static_cast<SearchCost>((static_cast<std::int64_t>(rate) * satd_lambda_) >> 16);
  }

  // --- inter ---

  struct Candidate {
    MbModes mb;
    vp8::Rate rate = 0;
    SearchCost cost = std::numeric_limits<SearchCost>::max();
  };
  static constexpr std::size_t kFinalists = 3;
  static constexpr int kGoodEnough = 3;  // in quantiser steps

  void decide_inter(const MbModes& blank) {
    finalists_ = {};
    for (const vp8::RefFrame ref : references_) {
      search_reference(ref, blank);
      if (finalists_[0].cost < good_enough())
        break;
    }
    best_satd_ = finalists_[0].cost;
    const SearchCost hopeless = best_satd_ + best_satd_ / 6;
    for (const Candidate& c : finalists_) {
      if (c.cost <= hopeless)
        try_finalist(c.mb, c.rate);
    }
    if (!nothing_to_code_ && best_satd_ >= good_enough())
      try_split(finalists_[0].mb);
  }

  // SATD of a prediction whose residue hardly ever survives quantisation.
  SearchCost good_enough() const { return quantiser_->steps.y_ac * kGoodEnough; }

  const vs::ReferencePlane& luma_reference(vp8::RefFrame ref) const {
    return planes_[ref][vp8::kPlaneY];
  }

  vp8::NearMvs near_mvs(vp8::RefFrame ref) const {
    return vp8::find_near_mvs(
        around_, ref,
        {false, false, frame_.header.sign_bias_golden, frame_.header.sign_bias_alternate},
        vp8::MvBounds::of(mb_row_, mb_col_, frame_.mb_rows, frame_.mb_cols));
  }

  void search_reference(vp8::RefFrame ref, const MbModes& blank) {
    const vp8::NearMvs near = near_mvs(ref);
    const vs::ReferencePlane& plane = luma_reference(ref);
    const SearchTask task{source(vp8::kPlaneY),
                          source_[vp8::kPlaneY].stride,
                          plane,
                          mb_row_ * 16,
                          mb_col_ * 16,
                          near.best,
                          rates_.mv,
                          satd_lambda_,
                          how_.bilinear};
    const BlockSearch<16> search(task);
    const auto consider = [&](vp8::MbMode mode, MotionVector mv) {
      Candidate c{blank, rates_.inter_mode(ref, near, mode), 0};
      c.mb.ref_frame = ref;
      c.mb.y_mode = mode;
      c.mb.mv = mv;
      c.mb.mvs.fill(mv);
      if (mode == vp8::NEWMV)
        c.rate += rates_.mv(mv, near.best);
      c.cost = static_cast<SearchCost>(search.distortion(mv)) + rate_as_satd(c.rate);
      add_finalist(c);
    };
    consider(vp8::ZEROMV, {});
    if (finalists_[0].cost < good_enough())
      return;
    if (!near.nearest.is_zero())
      consider(vp8::NEARESTMV, near.nearest);
    if (!near.near.is_zero() && near.near != near.nearest)
      consider(vp8::NEARMV, near.near);

    std::array<MotionVector, 7> starts = {
        near.best, near.nearest, near.near, around_.above->mv, around_.left->mv, {}, {}};
    if (ref == vp8::LAST_FRAME && !job_.motion_hints.empty())
      starts[5] = job_.motion_hints[index()];
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
    vs::predict_inter_luma(luma_reference(mb.ref_frame), mb, mb_row_, mb_col_, how_.bilinear,
                           prediction_.y.data(), 16);
    for (const vp8::Plane plane : {vp8::kPlaneU, vp8::kPlaneV}) {
      vs::predict_inter_chroma(planes_[mb.ref_frame][plane], mb, mb_row_, mb_col_, how_,
                               chroma_prediction(plane), 8);
    }
    const std::uint64_t skipped_sse = prediction_sse();
    const RdCost skipped =
        vp8::rd_cost(skipped_sse, mode_rate + rates_.skip(true), quantiser_->lambda);
    transform_luma(mb.has_y2());
    transform_chroma();
    RdCost with_residue = std::numeric_limits<RdCost>::max();
    if (!mb.has_y2() || !vs::macroblock_quantises_to_nothing(work_, *quantiser_)) {
      CodedCost coded = luma_cost(mb.has_y2());
      coded.add(chroma_cost());
      with_residue = coded.cost(mode_rate + rates_.skip(false), quantiser_->lambda);
    }
    if (std::min(skipped, with_residue) < best_cost_)
      nothing_to_code_ = skipped <= with_residue;
    keep_if_better(mb, std::min(skipped, with_residue));
  }

  void keep_if_better(const MbModes& mb, RdCost cost) {
    if (cost >= best_cost_)
      return;
    best_cost_ = cost;
    best_ = mb;
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
      const SearchTask task{source(vp8::kPlaneY) + y * source_[vp8::kPlaneY].stride + x,
                            source_[vp8::kPlaneY].stride,
                            plane,
                            mb_row_ * 16 + y,
                            mb_col_ * 16 + x,
                            near.best,
                            rates_.mv,
                            satd_lambda_,
                            how_.bilinear};
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
    const MotionVector left = vp8::left_mv(mb, *around_.left, first);
    const MotionVector above = vp8::above_mv(mb, *around_.above, first);
    const std::array<MotionVector, 3> starts = {whole, left, above};
    Found best = search.subpixel(search.integer(starts).mv);
    // Vectors that have a short name need no difference to be coded.
    for (const MotionVector mv : {whole, left, above, MotionVector{}}) {
      if (!search.allowed(mv))
        continue;
      const SearchCost cost =
          static_cast<SearchCost>(search.distortion(mv)) + rate_as_satd(2 * 256);
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
      try_finalist(mb, rates_.split(mb, around_, near));
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

  // --- intra ---

  void decide_intra(const MbModes& blank) {
    if (best_satd_ < good_enough())
      return;
    const vp8::Available available{mb_row_ > 0, mb_col_ > 0};
    MbModes mb = blank;
    SearchCost best_luma = std::numeric_limits<SearchCost>::max();
    for (const vp8::MbMode mode : {vp8::DC_PRED, vp8::V_PRED, vp8::H_PRED, vp8::TM_PRED}) {
      vp8::predict_intra<16>(mode, recon(vp8::kPlaneY), picture_[vp8::kPlaneY].stride, available,
                             trial_.data(), 16);
      const SearchCost cost =
          static_cast<SearchCost>(vs::satd16x16(source(vp8::kPlaneY), source_[vp8::kPlaneY].stride,
                                                trial_.data(), 16)) +
          rate_as_satd(rates_.intra_y_mode(mode));
      if (cost >= best_luma)
        continue;
      best_luma = cost;
      mb.y_mode = mode;
      prediction_.y = trial_;
    }
    // Inter prediction that is far better needs no company.
    if (best_satd_ != std::numeric_limits<SearchCost>::max() && best_luma > best_satd_ * 2)
      return;
    mb.uv_mode = choose_uv_mode(available);
    const vp8::Rate uv_rate = rates_.uv_mode(mb.uv_mode);
    mb.subblock_modes.fill(vp8::implied_subblock_mode(mb.y_mode));
    transform_luma(true);
    transform_chroma();
    const CodedCost chroma = chroma_cost();
    CodedCost whole = luma_cost(true);
    whole.add(chroma);
    keep_if_better(mb, whole.cost(rates_.intra_y_mode(mb.y_mode) + uv_rate + rates_.skip(false),
                                  quantiser_->lambda));
    try_subblocks(mb, uv_rate, chroma);
  }

  vp8::MbMode choose_uv_mode(vp8::Available available) {
    vp8::MbMode best = vp8::DC_PRED;
    SearchCost best_cost = std::numeric_limits<SearchCost>::max();
    std::array<std::array<std::uint8_t, 64>, 2> trial;
    for (const vp8::MbMode mode : {vp8::DC_PRED, vp8::V_PRED, vp8::H_PRED, vp8::TM_PRED}) {
      SearchCost cost = rate_as_satd(rates_.uv_mode(mode));
      for (const vp8::Plane plane : {vp8::kPlaneU, vp8::kPlaneV}) {
        std::uint8_t* out = trial[plane == vp8::kPlaneU ? 0 : 1].data();
        vp8::predict_intra<8>(mode, recon(plane), picture_[plane].stride, available, out, 8);
        cost += static_cast<SearchCost>(vs::satd8x8(source(plane), source_[plane].stride, out, 8));
      }
      if (cost >= best_cost)
        continue;
      best_cost = cost;
      best = mode;
      prediction_.uv = trial;
    }
    return best;
  }

  // B_PRED: modes of the subblocks one after the other, each on the reconstruction of those before.
  void try_subblocks(MbModes mb, vp8::Rate uv_rate, const CodedCost& chroma) {
    mb.y_mode = vp8::B_PRED;
    const vp8::Rate fixed = rates_.intra_y_mode(vp8::B_PRED) + uv_rate + rates_.skip(false);
    CodedCost total = chroma;
    vp8::Rate mode_rate = 0;
    load_patch();
    vp8::TokenContext above = coding_.above(mb_col_);
    vp8::TokenContext left = coding_.left();
    for (std::size_t b = 0; b < 16; ++b) {
      mode_rate += choose_subblock(b, mb);
      const vs::BlockPlace where{vp8::kBlockYWithDc, 0,
                                 static_cast<std::size_t>(above.y[b % 4] + left.y[b / 4])};
      const int end = estimate_block(b, where, 4, total);
      above.y[b % 4] = left.y[b / 4] = end != 0 ? 1 : 0;
      vs::add_residue_block(work_, b, patch_at(b), kPatchStride);
      if (total.cost(fixed + mode_rate, quantiser_->lambda) >= best_cost_)
        return;
    }
    keep_if_better(mb, total.cost(fixed + mode_rate, quantiser_->lambda));
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
    const std::uint8_t* at = recon(vp8::kPlaneY);
    const std::ptrdiff_t stride = picture_[vp8::kPlaneY].stride;
    std::memcpy(patch_.data() + kPatchLeft - 1, at - stride - 1, 21);
    for (std::ptrdiff_t y = 0; y < 16; ++y)
      patch_[static_cast<std::size_t>((y + 1) * kPatchStride + kPatchLeft - 1)] =
          at[y * stride - 1];
  }

  // Picks the mode of subblock b by SATD, leaves its prediction in the patch and its coefficients
  // in work_.
  vp8::Rate choose_subblock(std::size_t b, MbModes& mb) {
    std::uint8_t* at = patch_at(b);
    const std::uint8_t* above_right =
        b % 4 == 3 ? patch_.data() + kPatchLeft + 16 : at - kPatchStride + 4;
    const vp8::SubblockPredictor predictor(at, kPatchStride, above_right);
    const std::uint8_t* src =
        source(vp8::kPlaneY) +
        static_cast<std::ptrdiff_t>(b / 4 * 4) * source_[vp8::kPlaneY].stride + b % 4 * 4;
    const auto& rates = rates_.subblock_modes(mb, around_, b);
    SearchCost best_cost = std::numeric_limits<SearchCost>::max();
    alignas(16) std::array<std::uint8_t, 16> trial;
    for (std::size_t m = 0; m < vp8::kSubblockModes; ++m) {
      const auto mode = static_cast<vp8::SubblockMode>(m);
      predictor.predict(mode, trial.data(), 4);
      const SearchCost cost =
          static_cast<SearchCost>(vs::satd4x4(src, source_[vp8::kPlaneY].stride, trial.data(), 4)) +
          rate_as_satd(rates[m]);
      if (cost >= best_cost)
        continue;
      best_cost = cost;
      mb.subblock_modes[b] = mode;
    }
    predictor.predict(mb.subblock_modes[b], at, kPatchStride);
    vs::residual_dct4x4(src, source_[vp8::kPlaneY].stride, at, kPatchStride, work_.coefs[b].data());
    return rates[mb.subblock_modes[b]];
  }

  // --- cost of a prediction ---

  int estimate_block(std::size_t b,
                     const vs::BlockPlace& place,
                     std::uint64_t weight,
                     CodedCost& total) {
    const vp8::BlockQuantiser& q = place.type == vp8::kBlockY2       ? quantiser_->y2
                                   : place.type == vp8::kBlockChroma ? quantiser_->uv
                                                                     : quantiser_->y;
    const int end = vs::quantise4x4(work_.coefs[b].data(), q, work_.levels[b].data(),
                                    work_.dequantised[b].data());
    work_.ends[b] = static_cast<std::uint8_t>(end);
    total.distortion +=
        weight * vs::residual_energy4x4(work_.coefs[b].data(), work_.dequantised[b].data());
    total.rate += vs::block_rate(work_.levels[b], end, place, token_costs_);
    return end;
  }

  // Coefficients of the residue of prediction_ into work_.
  void transform_luma(bool with_y2) {
    vs::residual_dct16x16(source(vp8::kPlaneY), source_[vp8::kPlaneY].stride, prediction_.y.data(),
                          16, reinterpret_cast<std::int16_t(*)[16]>(work_.coefs[0].data()));
    if (with_y2)
      vs::gather_y2(work_);
  }
  void transform_chroma() {
    for (const vp8::Plane plane : {vp8::kPlaneU, vp8::kPlaneV}) {
      vs::residual_dct8x8(
          source(plane), source_[plane].stride, chroma_prediction(plane), 8,
          reinterpret_cast<std::int16_t(*)[16]>(
              work_.coefs[plane == vp8::kPlaneU ? vp8::kBlockU : vp8::kBlockV].data()));
    }
  }

  // Of the luma coefficients in work_.
  CodedCost luma_cost(bool with_y2) {
    CodedCost total;
    vp8::TokenContext above = coding_.above(mb_col_);
    vp8::TokenContext left = coding_.left();
    if (with_y2) {
      estimate_block(vp8::kBlockY2Index,
                     {vp8::kBlockY2, 0, static_cast<std::size_t>(above.y2 + left.y2)}, 1, total);
    }
    for (std::size_t b = 0; b < 16; ++b) {
      const vs::BlockPlace place{with_y2 ? vp8::kBlockYAfterY2 : vp8::kBlockYWithDc,
                                 with_y2 ? 1 : 0,
                                 static_cast<std::size_t>(above.y[b % 4] + left.y[b / 4])};
      const int end = estimate_block(b, place, 4, total);
      above.y[b % 4] = left.y[b / 4] = end != 0 ? 1 : 0;
    }
    return total;
  }

  // Of the chroma coefficients in work_.
  CodedCost chroma_cost() {
    CodedCost total;
    vp8::TokenContext above = coding_.above(mb_col_);
    vp8::TokenContext left = coding_.left();
    for (const vp8::Plane plane : {vp8::kPlaneU, vp8::kPlaneV}) {
      const std::size_t base = plane == vp8::kPlaneU ? vp8::kBlockU : vp8::kBlockV;
      auto& over = plane == vp8::kPlaneU ? above.u : above.v;
      auto& beside = plane == vp8::kPlaneU ? left.u : left.v;
      for (std::size_t b = 0; b < 4; ++b) {
        const vs::BlockPlace place{vp8::kBlockChroma, 0,
                                   static_cast<std::size_t>(over[b % 2] + beside[b / 2])};
        const int end = estimate_block(base + b, place, 4, total);
        over[b % 2] = beside[b / 2] = end != 0 ? 1 : 0;
      }
    }
    return total;
  }

  std::uint64_t prediction_sse() const {
    std::uint64_t sse =
        vs::sse16x16(source(vp8::kPlaneY), source_[vp8::kPlaneY].stride, prediction_.y.data(), 16);
    for (const vp8::Plane plane : {vp8::kPlaneU, vp8::kPlaneV}) {
      sse += vs::sse8x8(source(plane), source_[plane].stride,
                        prediction_.uv[plane == vp8::kPlaneU ? 0 : 1].data(), 8);
    }
    return sse;
  }

  std::uint8_t* chroma_prediction(vp8::Plane plane) {
    return prediction_.uv[plane == vp8::kPlaneU ? 0 : 1].data();
  }

  // --- the picture ---
  const vp8::State& before_;
  const PictureJob& job_;
  const vp8::Frame& frame_;
  const vs::FrameCoding& coding_;
  const vp8::TokenCosts& token_costs_;
  const ModeRates& rates_;
  vs::Interpolation how_;
  std::array<vs::ReferencePlanes, vp8::kRefFrames> planes_;
  std::array<vp8::ConstPlaneView, vp8::kPlanes> source_;
  std::array<vp8::PlaneView, vp8::kPlanes> picture_;
  std::array<vp8::MbQuantiser, vp8::kSegments> quantisers_;
  std::vector<vp8::RefFrame> references_;

  // --- the macroblock at hand ---
  int mb_row_ = 0;
  int mb_col_ = 0;
  vp8::Neighbours around_{};
  const vp8::MbQuantiser* quantiser_ = nullptr;
  int satd_lambda_ = 0;  // SATD a bit, times 256
  MbModes best_;
  RdCost best_cost_ = 0;
  SearchCost best_satd_ = 0;      // of the best inter candidate
  bool nothing_to_code_ = false;  // the best inter candidate is skipped
  MotionVector last_mv_;
  std::array<Candidate, kFinalists> finalists_;
  struct {
    alignas(64) std::array<std::uint8_t, 256> y;
    alignas(64) std::array<std::array<std::uint8_t, 64>, 2> uv;
  } prediction_;
  alignas(64) std::array<std::uint8_t, 256> trial_;
  alignas(64) std::array<std::uint8_t, kPatchStride * 17> patch_;
  vs::MbResidueWork work_;
};

}  // namespace HWY_NAMESPACE
}  // namespace gpu
HWY_AFTER_NAMESPACE();

#endif  // include guard
