// One macroblock being decided: what it is compared with, what a prediction costs, the best so far.
#if defined(GPU_MACROBLOCK_TRIAL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GPU_MACROBLOCK_TRIAL_INL_H_
#undef GPU_MACROBLOCK_TRIAL_INL_H_
#else
#define GPU_MACROBLOCK_TRIAL_INL_H_
#endif

#include <array>
#include <cstdint>
#include <limits>

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

/// The workspace that the inter and the intra decision share.
struct MacroblockTrial {
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

  MacroblockTrial(const vp8::State& state_before,
                  const PictureJob& picture_job,
                  const vp8::Frame& coded_frame,
                  const vs::FrameCoding& frame_coding,
                  vp8::Picture& picture,
                  const vp8::TokenCosts& costs,
                  const ModeRates& mode_rates)
      : before(state_before),
        job(picture_job),
        frame(coded_frame),
        coding(frame_coding),
        token_costs(costs),
        rates(mode_rates),
        how(vs::Interpolation::of_version(frame.header.version)),
        planes(vs::planes_of(before.references)) {
    for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
      sources[plane] = job.source->coded(plane);
      pictures[plane] = picture.coded(plane);
    }
    for (int s = 0; s < vp8::kSegments; ++s) {
      quantisers[static_cast<std::size_t>(s)] = estimating_quantiser(coding.quantiser(s).steps);
    }
  }

  /// Turns to the next macroblock.
  void begin(int row, int col, int segment) {
    mb_row = row;
    mb_col = col;
    around = vp8::neighbours_of(frame.modes.data(), frame.mb_cols, row, col);
    quantiser = &quantisers[static_cast<std::size_t>(segment)];
    satd_lambda = quantiser->steps.y_ac * 51;
    best_cost = std::numeric_limits<RdCost>::max();
  }

  // Rounds like the trellis does on average, at none of its cost.
  static vp8::MbQuantiser estimating_quantiser(const vp8::QuantSteps& s) {
    const auto round = [](int step) { return step * 5 / 16; };
    const auto make = [&](int dc, int ac) {
      return vp8::make_quantiser(dc, ac, round(dc), round(ac));
    };
    return {s, vp8::lambda_of_step(s.y_ac), make(s.y_dc, s.y_ac), make(s.y2_dc, s.y2_ac),
            make(s.uv_dc, s.uv_ac)};
  }

  std::size_t index() const { return static_cast<std::size_t>(mb_row * frame.mb_cols + mb_col); }
  const std::uint8_t* source(vp8::Plane plane) const {
    const int size = plane == vp8::kPlaneY ? 16 : 8;
    return &sources[plane].at(mb_row * size, mb_col * size);
  }
  std::uint8_t* recon(vp8::Plane plane) const {
    const int size = plane == vp8::kPlaneY ? 16 : 8;
    return &pictures[plane].at(mb_row * size, mb_col * size);
  }
  SearchCost rate_as_satd(vp8::Rate rate) const {
    return static_cast<SearchCost>((static_cast<std::int64_t>(rate) * satd_lambda) >> 16);
  }

  // SATD of a prediction whose residue hardly ever survives quantisation.
  SearchCost good_enough() const { return quantiser->steps.y_ac * kGoodEnough; }

  void keep_if_better(const MbModes& mb, RdCost cost) {
    if (cost >= best_cost)
      return;
    best_cost = cost;
    best = mb;
  }

  int estimate_block(std::size_t b,
                     const vs::BlockPlace& place,
                     std::uint64_t weight,
                     CodedCost& total) {
    const vp8::BlockQuantiser& q = place.type == vp8::kBlockY2       ? quantiser->y2
                                   : place.type == vp8::kBlockChroma ? quantiser->uv
                                                                     : quantiser->y;
    const int end =
        vs::quantise4x4(work.coefs[b].data(), q, work.levels[b].data(), work.dequantised[b].data());
    work.ends[b] = static_cast<std::uint8_t>(end);
    total.distortion +=
        weight * vs::residual_energy4x4(work.coefs[b].data(), work.dequantised[b].data());
    total.rate += vs::block_rate(work.levels[b], end, place, token_costs);
    return end;
  }

  // Coefficients of the residue of prediction into work.
  void transform_luma(bool with_y2) {
    vs::residual_dct16x16(source(vp8::kPlaneY), sources[vp8::kPlaneY].stride, prediction.y.data(),
                          16, reinterpret_cast<std::int16_t(*)[16]>(work.coefs[0].data()));
    if (with_y2)
      vs::gather_y2(work);
  }
  void transform_chroma() {
    for (const vp8::Plane plane : {vp8::kPlaneU, vp8::kPlaneV}) {
      vs::residual_dct8x8(
          source(plane), sources[plane].stride, chroma_prediction(plane), 8,
          reinterpret_cast<std::int16_t(*)[16]>(
              work.coefs[plane == vp8::kPlaneU ? vp8::kBlockU : vp8::kBlockV].data()));
    }
  }

  // Of the luma coefficients in work.
  CodedCost luma_cost(bool with_y2) {
    CodedCost total;
    vp8::TokenContext above = coding.above(mb_col);
    vp8::TokenContext left = coding.left();
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

  // Of the chroma coefficients in work.
  CodedCost chroma_cost() {
    CodedCost total;
    vp8::TokenContext above = coding.above(mb_col);
    vp8::TokenContext left = coding.left();
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
        vs::sse16x16(source(vp8::kPlaneY), sources[vp8::kPlaneY].stride, prediction.y.data(), 16);
    for (const vp8::Plane plane : {vp8::kPlaneU, vp8::kPlaneV}) {
      sse += vs::sse8x8(source(plane), sources[plane].stride,
                        prediction.uv[plane == vp8::kPlaneU ? 0 : 1].data(), 8);
    }
    return sse;
  }

  std::uint8_t* chroma_prediction(vp8::Plane plane) {
    return prediction.uv[plane == vp8::kPlaneU ? 0 : 1].data();
  }

  static constexpr int kGoodEnough = 3;  // in quantiser steps

  // --- the picture ---
  const vp8::State& before;
  const PictureJob& job;
  const vp8::Frame& frame;
  const vs::FrameCoding& coding;
  const vp8::TokenCosts& token_costs;
  const ModeRates& rates;
  vs::Interpolation how;
  std::array<vs::ReferencePlanes, vp8::kRefFrames> planes;
  std::array<vp8::ConstPlaneView, vp8::kPlanes> sources;
  std::array<vp8::PlaneView, vp8::kPlanes> pictures;
  std::array<vp8::MbQuantiser, vp8::kSegments> quantisers;

  // --- the macroblock at hand ---
  int mb_row = 0;
  int mb_col = 0;
  vp8::Neighbours around{};
  const vp8::MbQuantiser* quantiser = nullptr;
  int satd_lambda = 0;  // SATD a bit, times 256
  MbModes best;
  RdCost best_cost = 0;
  struct {
    alignas(64) std::array<std::uint8_t, 256> y;
    alignas(64) std::array<std::array<std::uint8_t, 64>, 2> uv;
  } prediction;
  vs::MbResidueWork work;
};

}  // namespace HWY_NAMESPACE
}  // namespace gpu
HWY_AFTER_NAMESPACE();

#endif  // include guard
