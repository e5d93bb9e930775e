// The first pass of one picture, compiled for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cuda/first_pass.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <hwy/highway.h>

#include "codec/filter_mb-inl.h"
#include "codec/probabilities.hh"
#include "codec/reconstruct.hh"
#include "cuda/first_pass.hh"
#include "cuda/mode_decision-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gpu {
namespace HWY_NAMESPACE {

void DecidePicture(const vp8::State& before,
                   const PictureJob& job,
                   const vp8::TokenCosts& token_costs,
                   const ModeRates& rates,
                   vp8::Frame& frame,
                   vp8::Picture& picture) {
  vs::FrameCoding coding(before, *job.source, token_costs, frame, picture);
  ModeDecision decision(before, job, frame, coding, picture, token_costs, rates);
  coding.run([&](int mb_row, int mb_col, MbModes& mb) { decision.decide(mb_row, mb_col, mb); });
}

// Squared error of the luma of every fourth macroblock row if it were loop filtered. `scratch` has
// the picture's size.
std::uint64_t FilteredSse(const vp8::FrameFilter& filter,
                          const vp8::Frame& frame,
                          const vp8::Picture& source,
                          const vp8::Picture& unfiltered,
                          vp8::Picture& scratch) {
  const vp8::ConstPlaneView from = unfiltered.coded(vp8::kPlaneY);
  const vp8::ConstPlaneView wanted = source.coded(vp8::kPlaneY);
  const vs::PlaneViews planes{scratch.coded(vp8::kPlaneY), scratch.coded(vp8::kPlaneU),
                              scratch.coded(vp8::kPlaneV)};
  const vp8::PlaneView luma = planes[vp8::kPlaneY];
  std::uint64_t sse = 0;
  for (int mb_row = std::min(1, frame.mb_rows - 1); mb_row < frame.mb_rows; mb_row += 4) {
    for (int y = std::max(0, mb_row * 16 - 4); y < mb_row * 16 + 16; ++y) {
      std::memcpy(luma.row(y), from.row(y), static_cast<std::size_t>(luma.width));
    }
    for (int mb_col = 0; mb_col < frame.mb_cols; ++mb_col) {
      const MbModes& mb = frame.at(mb_row, mb_col);
      const bool inner = !mb.has_y2() || !mb.skip;
      vs::filter_macroblock_luma(filter, filter.level(mb), inner, mb_row, mb_col, luma);
    }
    for (int mb_col = 0; mb_col < frame.mb_cols; ++mb_col) {
      sse += vs::sse16x16(&wanted.at(mb_row * 16, mb_col * 16), wanted.stride,
                          &luma.at(mb_row * 16, mb_col * 16), luma.stride);
    }
  }
  return sse;
}

}  // namespace HWY_NAMESPACE
}  // namespace gpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gpu {

HWY_EXPORT(DecidePicture);
HWY_EXPORT(FilteredSse);

namespace {

// Tries loop filter levels around a guess from the quantiser and keeps the one nearest to the
// source.
class FilterSearch {
 public:
  FilterSearch(const vp8::State& before,
               const vp8::Picture& source,
               const vp8::Frame& frame,
               const vp8::Picture& unfiltered)
      : before_(before),
        source_(source),
        frame_(frame),
        unfiltered_(unfiltered),
        header_(frame.header),
        scratch_(source.width(), source.height()) {}

  int best_level(int guess) {
    best_ = guess;
    best_sse_ = sse_of(guess);
    for (const int step : {8, 4, 2}) {
      const int centre = best_;
      try_level(centre - step);
      if (best_ == centre)
        try_level(centre + step);
    }
    return best_;
  }

 private:
  void try_level(int level) {
    if (level < 0 || level > vp8::kMaxFilterLevel)
      return;
    const std::uint64_t sse = sse_of(level);
    if (sse < best_sse_) {
      best_sse_ = sse;
      best_ = level;
    }
  }

  std::uint64_t sse_of(int level) {
    header_.filter.level = static_cast<std::uint8_t>(level);
    return HWY_DYNAMIC_DISPATCH(FilteredSse)(vp8::FrameFilter(before_, header_), frame_, source_,
                                             unfiltered_, scratch_);
  }

  const vp8::State& before_;
  const vp8::Picture& source_;
  const vp8::Frame& frame_;
  const vp8::Picture& unfiltered_;
  vp8::FrameHeader header_;
  vp8::Picture scratch_;
  int best_ = 0;
  std::uint64_t best_sse_ = 0;
};

}  // namespace

FirstPassResult first_pass_picture(const vp8::State& before,
                                   const PictureJob& job,
                                   const vp8::FrameHeader& estimate) {
  const vp8::Picture& source = *job.source;
  vp8::Frame frame;
  frame.header = job.header;
  frame.mb_rows = source.mb_rows();
  frame.mb_cols = source.mb_cols();
  frame.modes.resize(static_cast<std::size_t>(frame.mb_rows) *
                     static_cast<std::size_t>(frame.mb_cols));
  vp8::Picture picture(source.width(), source.height());
  vp8::set_intra_borders(picture);
  const vp8::Probabilities probs = job.header.key_frame ? vp8::Probabilities{} : before.probs;
  const vp8::TokenCosts token_costs(probs.coef);
  const ModeRates rates(probs, estimate, job.header.key_frame);
  HWY_DYNAMIC_DISPATCH(DecidePicture)(before, job, token_costs, rates, frame, picture);

  const int guess = frame.header.quant.y_ac_qi / 2;
  frame.header.filter.level =
      static_cast<std::uint8_t>(FilterSearch(before, source, frame, picture).best_level(guess));
  vp8::choose_probabilities(before, vp8::count_symbols(before, frame), frame.header);
  vp8::loop_filter(before, frame, picture);
  picture.extend_borders();
  FirstPassResult result;
  result.next = vp8::advance(before, frame, vp8::PictureRef(std::move(picture)));
  result.estimate = frame.header;
  result.decisions = {std::move(frame.header), std::move(frame.modes)};
  return result;
}

vp8::FrameHeader default_estimate() {
  vp8::FrameHeader estimate;
  estimate.prob_skip_false = 128;
  estimate.prob_intra = 16;
  estimate.prob_last = 200;
  estimate.prob_gf = 128;
  return estimate;
}

}  // namespace gpu
#endif  // HWY_ONCE
