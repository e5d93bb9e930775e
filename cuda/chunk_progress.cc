// The host's part of the rounds, the same for every device.
#include "cuda/chunk_progress.hh"

#include <algorithm>
#include <utility>

#include "codec/probabilities.hh"

namespace gpu {
namespace {

// Typical probabilities for the first inter picture of a chunk.
vp8::FrameHeader default_estimate() {
  vp8::FrameHeader estimate;
  estimate.prob_skip_false = 128;
  estimate.prob_intra = 16;
  estimate.prob_last = 200;
  estimate.prob_gf = 128;
  return estimate;
}

// Rounds like the trellis does on average, at none of its cost.
vp8::MbQuantiser estimating_quantiser(const vp8::QuantSteps& s) {
  const auto round = [](int step) { return step * 5 / 16; };
  const auto make = [&](int dc, int ac) {
    return vp8::make_quantiser(dc, ac, round(dc), round(ac));
  };
  return {s, vp8::lambda_of_step(s.y_ac), make(s.y_dc, s.y_ac), make(s.y2_dc, s.y2_ac),
          make(s.uv_dc, s.uv_ac)};
}

// References that share one picture are searched once.
void choose_references(const vp8::References& r, PictureTask& task) {
  const auto add = [&](vp8::RefFrame ref) {
    task.references[static_cast<std::size_t>(task.reference_count++)] = ref;
  };
  add(vp8::LAST_FRAME);
  if (!r.golden.same_object(r.last))
    add(vp8::GOLDEN_FRAME);
  if (!r.altref.same_object(r.last) && !r.altref.same_object(r.golden))
    add(vp8::ALTREF_FRAME);
}

std::vector<vp8::MbModes> gather(const ModesView& view,
                                 const std::vector<std::uint8_t>& segments,
                                 std::size_t macroblocks) {
  std::vector<vp8::MbModes> modes(macroblocks);
  for (std::size_t i = 0; i < macroblocks; ++i) {
    vp8::MbModes& mb = modes[i];
    mb.y_mode = view.y_mode[i];
    mb.uv_mode = view.uv_mode[i];
    mb.ref_frame = view.ref_frame[i];
    mb.partition = view.partition[i];
    mb.segment = segments.empty() ? std::uint8_t{0} : segments[i];
    mb.skip = view.skip[i];
    mb.mv = view.mv[i];
    mb.mvs = view.mvs[i];
    mb.subblock_modes = view.subblock_modes[i];
  }
  return modes;
}

}  // namespace

PictureTask make_picture_task(const vp8::State& state,
                              const vp8::FrameHeader& header,
                              int mb_rows,
                              int mb_cols,
                              Effort effort) {
  PictureTask task{};
  task.effort = effort;
  task.mb_rows = mb_rows;
  task.mb_cols = mb_cols;
  task.key_frame = header.key_frame;
  task.sign_bias = {false, false, header.sign_bias_golden, header.sign_bias_alternate};
  if (!header.key_frame)
    choose_references(state.references, task);
  task.coding.quantisers = vp8::segment_quantisers(state, header);
  task.coding.how = vp8::Interpolation::of_version(header.version);
  std::transform(
      task.coding.quantisers.begin(), task.coding.quantisers.end(), task.estimating.begin(),
      [](const vp8::MbQuantiser& nearest) { return estimating_quantiser(nearest.steps); });
  if (effort == Effort::kFast) {
    task.coding.trellis = false;
    task.coding.quantisers = task.estimating;
  }
  return task;
}

ChunkProgress::ChunkProgress(ChunkJob job) : job_(std::move(job)), estimate_(default_estimate()) {
  state_ = std::move(job_.entry);
}

PictureTask ChunkProgress::begin_picture() {
  const PictureJob& picture = job();
  const vp8::FrameHeader& header = picture.header;
  const vp8::Probabilities probs = header.key_frame ? vp8::Probabilities{} : state().probs;
  token_costs_.emplace(probs.coef);
  rates_.emplace(probs, estimate_, header.key_frame, &fixed_rates());
  return make_picture_task(state(), header, picture.source->mb_rows(), picture.source->mb_cols(),
                           picture.effort);
}

vp8::FilterRules ChunkProgress::filter_rules() const {
  return vp8::FilterRules::of(state(), job().header);
}

FilterSearch ChunkProgress::filter_search() const {
  return FilterSearch(job().header.quant.y_ac_qi / 2);
}

void ChunkProgress::finish_picture(const vp8::TokenCounts& counts,
                                   const ModesView& modes,
                                   int filter_level,
                                   const vp8::PictureRef& reconstruction) {
  vp8::Frame frame;
  frame.header = job().header;
  frame.header.filter.level = static_cast<std::uint8_t>(filter_level);
  frame.mb_rows = job().source->mb_rows();
  frame.mb_cols = job().source->mb_cols();
  frame.modes =
      gather(modes, job().segments, static_cast<std::size_t>(frame.mb_rows * frame.mb_cols));
  vp8::SymbolCounts symbols;
  symbols.tokens = counts;
  vp8::count_modes(state(), frame, symbols);
  vp8::choose_probabilities(state(), symbols, frame.header);
  state_ = vp8::advance(state(), frame, reconstruction);
  if (!frame.header.key_frame)
    estimate_ = frame.header;
  result_.decisions.push_back({std::move(frame.header), std::move(frame.modes)});
  ++next_;
}

}  // namespace gpu
