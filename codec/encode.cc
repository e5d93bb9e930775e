// Writing pictures: residue against the true prediction, then the header that codes it cheapest.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/encode.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <hwy/highway.h>

#include "codec/cost.hh"
#include "codec/encode.hh"
#include "codec/frame_coding-inl.h"
#include "codec/picture_coding.hh"
#include "codec/probabilities.hh"
#include "codec/reconstruct.hh"

HWY_BEFORE_NAMESPACE();
namespace vp8 {
namespace HWY_NAMESPACE {

void CodeFrame(const PictureCoding& picture, Frame& frame) {
  FrameContexts contexts(frame);
  code_macroblocks(picture, frame, contexts, [](int, int, MbModes&) {});
}

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace vp8 {

HWY_EXPORT(CodeFrame);

namespace {

void check_decisions(const State& before, const Picture& source, const Decisions& decisions) {
  const FrameHeader& h = decisions.header;
  if (!h.key_frame && !before.ready())
    throw Unsupported("an inter frame needs a state that a key frame has begun");
  const int width = h.key_frame ? h.width : before.width;
  const int height = h.key_frame ? h.height : before.height;
  if (source.width() != width || source.height() != height) {
    throw Unsupported("the picture is " + std::to_string(source.width()) + "x" +
                      std::to_string(source.height()) + ", the stream " + std::to_string(width) +
                      "x" + std::to_string(height));
  }
  const auto macroblocks =
      static_cast<std::size_t>(source.mb_rows()) * static_cast<std::size_t>(source.mb_cols());
  if (decisions.modes.size() != macroblocks)
    throw Unsupported("the decisions are for another picture size");
}

// With the map kept, segments are the state's, whatever the decisions said when they were made
// (§9.3).
void settle_segments(const State& before, Frame& frame) {
  const FrameHeader& h = frame.header;
  if (h.segmentation_enabled && h.segmentation.update_map)
    return;
  for (std::size_t i = 0; i < frame.modes.size(); ++i) {
    frame.modes[i].segment = h.key_frame ? std::uint8_t{0} : before.segmentation.map[i];
  }
}

}  // namespace

Encoded encode(const State& before, const Picture& source, Decisions decisions) {
  return encode(before, source, std::move(decisions),
                [](const PictureCoding& picture, Frame& frame) {
                  HWY_DYNAMIC_DISPATCH(CodeFrame)(picture, frame);
                });
}

Encoded encode(const State& before,
               const Picture& source,
               Decisions decisions,
               const FrameCoder& code) {
  check_decisions(before, source, decisions);
  Encoded result;
  Frame& frame = result.frame;
  frame.header = std::move(decisions.header);
  frame.modes = std::move(decisions.modes);
  frame.mb_rows = source.mb_rows();
  frame.mb_cols = source.mb_cols();
  settle_segments(before, frame);
  Picture picture(source.width(), source.height());
  set_intra_borders(picture);
  const TokenCosts costs(frame.header.key_frame ? kDefaultCoefProbs : before.probs.coef);
  code(picture_coding(before, frame.header, source, picture, costs), frame);
  choose_probabilities(before, count_symbols(before, frame), frame.header);
  loop_filter(before, frame, picture);
  picture.extend_borders();
  result.reconstruction = PictureRef(std::move(picture));
  result.bytes = write_frame(before, frame);
  result.next = advance(before, frame, result.reconstruction);
  return result;
}

Encoded rebase(const State& before, const Picture& source, const Frame& frame) {
  return encode(before, source, {frame.header, frame.modes});
}

}  // namespace vp8
#endif  // HWY_ONCE
