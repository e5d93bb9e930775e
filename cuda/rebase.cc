// Refining and coding macroblock by macroblock, compiled for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cuda/rebase.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <limits>
#include <utility>
#include <vector>

#include <hwy/highway.h>

#include "codec/frame_coding-inl.h"
#include "codec/vector_ops-inl.h"
#include "cuda/chunk_progress.hh"
#include "cuda/kernels-inl.h"
#include "cuda/picture_layout.hh"
#include "cuda/rebase.hh"

HWY_BEFORE_NAMESPACE();
namespace gpu {
namespace HWY_NAMESPACE {

void RefineAndCode(const PictureTask& task, vp8::Frame& frame) {
  const vt::VectorOps ops;
  Workspace workspace;
  vt::FrameContexts contexts(frame);
  PictureTask here = task;
  here.above = contexts.above.data();
  here.left = contexts.left.data();
  vt::code_macroblocks(task.coding, frame, contexts, [&](int mb_row, int mb_col, MbModes& mb) {
    MacroblockTrial<vt::VectorOps> trial(ops, here, mb_row, mb_col, workspace);
    SearchCost nearest = std::numeric_limits<SearchCost>::max();
    if (task.effort == Effort::kBest) {
      nearest = InterDecision<vt::VectorOps>(trial).decide_again(mb);
    } else if (mb.is_inter()) {
      nearest = InterDecision<vt::VectorOps>(trial).refine(mb);
    }
    if (task.effort == Effort::kBest || !mb.is_inter())
      IntraDecision<vt::VectorOps>(trial).decide(nearest);
    store_best(trial);
    const std::uint8_t segment = mb.segment;
    mb = workspace.best;
    mb.segment = segment;
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace gpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gpu {

HWY_EXPORT(RefineAndCode);

namespace {

void refine_and_code(const vp8::State& before,
                     Effort effort,
                     const vp8::PictureCoding& coding,
                     vp8::Frame& frame) {
  const vp8::FrameHeader& header = frame.header;
  // Equal references count once even if they lie apart: a state that was stored and read has them
  // in one place, and must lead to the same bytes.
  vp8::State shared = before;
  shared.references = vp8::share_equal(std::move(shared.references));
  PictureTask task = make_picture_task(shared, header, frame.mb_rows, frame.mb_cols, effort);
  task.coding = coding;
  const vp8::Probabilities probs = vp8::frame_probabilities(before, header);
  // The rates that the tokens will have, as far as the first pass found them out.
  const vp8::TokenCosts costs(probs.coef);
  task.coding.costs = &costs;
  // What the first pass found out about this very picture's modes.
  const ModeRates rates(probs, header, header.key_frame, &fixed_rates());
  task.rates = &rates;
  const PictureLayout layout(frame.mb_rows, frame.mb_cols);
  vp8::AlignedVector<std::byte> memory(layout.bytes());
  layout.bind(memory.data(), task);
  std::vector<std::uint8_t> segments;
  for (const vp8::MbModes& mb : frame.modes)
    segments.push_back(mb.segment);
  task.segments = segments.data();
  HWY_DYNAMIC_DISPATCH(RefineAndCode)(task, frame);
}

}  // namespace

vp8::Encoded rebase(const vp8::State& before,
                    const vp8::Picture& source,
                    vp8::Decisions decisions,
                    Effort effort) {
  if (decisions.header.key_frame || effort == Effort::kFast)
    return vp8::encode(before, source, std::move(decisions));
  return vp8::encode(before, source, std::move(decisions),
                     [&](const vp8::PictureCoding& coding, vp8::Frame& frame) {
                       refine_and_code(before, effort, coding, frame);
                     });
}

}  // namespace gpu
#endif  // HWY_ONCE
