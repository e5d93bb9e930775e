// Joins: one frame encoded given the state, the rest rebased.
#include "host/splicer.hh"

#include <algorithm>
#include <string>
#include <utility>

#include "codec/header.hh"
#include "codec/rd.hh"
#include "codec/tables.hh"
#include "cuda/rebase.hh"

namespace host {
namespace {

constexpr gpu::Effort kEffort = gpu::Effort::kDefault;

// The range's frames will take segments and filter deltas for granted that its own key frame set.
vp8::FrameHeader header_for_join(const OwnFrame& own, bool key_frame) {
  const vp8::State& next = own.decoded.next;
  vp8::FrameHeader header;
  header.key_frame = key_frame;
  header.quant.y_ac_qi = static_cast<std::uint8_t>(own.key_q_index);
  if (key_frame) {
    header.width = static_cast<std::uint16_t>(next.width);
    header.height = static_cast<std::uint16_t>(next.height);
    header.color_space = next.color_space;
    header.clamping_type = next.clamping_type;
  } else {
    header.sign_bias_golden = next.sign_bias_golden;
    header.sign_bias_alternate = next.sign_bias_altref;
  }
  header.filter.delta_enabled = true;
  header.filter.delta_update = true;
  for (std::size_t i = 0; i < next.filter_deltas.mode.size(); ++i) {
    header.filter.ref_frame_delta[i] = next.filter_deltas.ref_frame[i];
    header.filter.mode_delta[i] = next.filter_deltas.mode[i];
  }
  if (own.decoded.frame) {
    const vp8::FrameHeader& had = own.decoded.frame->header;
    header.version = had.version;
    header.filter.simple = had.filter.simple;
    header.filter.delta_enabled = had.filter.delta_enabled;
    header.segmentation_enabled = had.segmentation_enabled;
  }
  if (header.segmentation_enabled) {
    header.segmentation.update_map = true;
    header.segmentation.update_data = true;
    header.segmentation.absolute = next.segmentation.absolute;
    for (std::size_t i = 0; i < vp8::kSegments; ++i) {
      header.segmentation.quantizer[i] = next.segmentation.quantizer[i];
      header.segmentation.filter_level[i] = next.segmentation.filter_level[i];
    }
  }
  return header;
}

// A hidden frame for these references, of what the join has set up.
vp8::FrameHeader header_for_reference(const OwnFrame& own, bool golden, bool altref) {
  vp8::FrameHeader header = header_for_join(own, false);
  header.show_frame = false;
  header.refresh_last = false;
  header.refresh_golden_frame = golden;
  header.refresh_alternate_frame = altref;
  header.filter.delta_update = false;
  header.filter.ref_frame_delta = {};
  header.filter.mode_delta = {};
  return header;
}

std::vector<std::uint8_t> segments_for(const OwnFrame& own, const vp8::FrameHeader& header) {
  return header.segmentation_enabled && header.segmentation.update_map
             ? own.decoded.next.segmentation.map
             : std::vector<std::uint8_t>{};
}

vp8::RdCost cost_of(const vp8::Encoded& coded, const vp8::Picture& wanted, int q_index) {
  std::uint64_t sse = 0;
  for (const std::uint64_t plane : measure(wanted, *coded.reconstruction).sse)
    sse += plane;
  // As vp8::rd_cost(), but a frame's rate may exceed its 32 bits of 1/256 bit.
  return static_cast<vp8::RdCost>(sse * 16) +
         static_cast<vp8::RdCost>(8 * coded.bytes.size()) *
             vp8::lambda_of_step(vp8::kAcStep[static_cast<std::size_t>(q_index)]);
}

// A picture that every sixteenth macroblock is predicted from is worth a frame.
bool uses(const OwnFrame& own, vp8::RefFrame ref) {
  if (!own.decoded.frame)
    return false;
  const std::vector<vp8::MbModes>& modes = own.decoded.frame->modes;
  const auto count =
      std::ranges::count_if(modes, [&](const vp8::MbModes& mb) { return mb.ref_frame == ref; });
  return static_cast<std::size_t>(count) * 16 >= modes.size();
}

}  // namespace

void Splicer::begin_range() {
  place_ = Place::kJoin;
}

void Splicer::add(const OwnFrame& own) {
  const bool is_key = own.decoded.frame && own.decoded.frame->header.key_frame;
  check_size(own.decoded.next.width, own.decoded.next.height);
  if (is_key || place_ == Place::kOwn || state_ == own.before)
    return copy(own);
  switch (place_) {
    case Place::kJoin:
      // What a hidden frame shows is restored behind the first picture.
      return own.decoded.shown ? join(own) : void();
    case Place::kNew:
      return decide_again(own);
    default:
      return rebase(own);
  }
}

void Splicer::add_new(const vp8::Picture& picture, int q_index) {
  check_size(picture.width(), picture.height());
  vp8::FrameHeader header;
  header.key_frame = !state_.ready();
  if (header.key_frame) {
    header.width = static_cast<std::uint16_t>(picture.width());
    header.height = static_cast<std::uint16_t>(picture.height());
  }
  header.quant.y_ac_qi = static_cast<std::uint8_t>(q_index);
  header.refresh_golden_frame = header.key_frame;
  header.refresh_alternate_frame = header.key_frame;
  header.sign_bias_golden = !header.key_frame && state_.sign_bias_golden;
  header.sign_bias_alternate = !header.key_frame && state_.sign_bias_altref;
  header.filter.delta_enabled = true;
  emit(encode(picture, header, {}), picture, FrameOrigin::kEncoded);
  place_ = place_ == Place::kJoin ? Place::kJoin : Place::kNew;
}

void Splicer::add_as_it_is(std::span<const std::uint8_t> bytes) {
  vp8::FrameHeader header;
  if (!bytes.empty())
    vp8::read_frame_tag(bytes, header);
  if (!bytes.empty() && header.key_frame)
    check_size(header.width, header.height);
  emit(bytes, bytes.empty() || header.show_frame, FrameOrigin::kCopied);
  place_ = Place::kOwn;
}

void Splicer::check_size(int width, int height) {
  if (width_ == 0) {
    width_ = width;
    height_ = height;
  }
  if (width != width_ || height != height_) {
    throw vp8::Unsupported("its pictures are " + std::to_string(width) + "x" +
                           std::to_string(height) + ", those before are " + std::to_string(width_) +
                           "x" + std::to_string(height_));
  }
}

void Splicer::copy(const OwnFrame& own) {
  emit(own.bytes, own.decoded.shown, FrameOrigin::kCopied);
  state_ = own.decoded.next;
  place_ = Place::kOwn;
}

void Splicer::join(const OwnFrame& own) {
  const vp8::Picture& wanted = *own.decoded.reconstruction;
  const vp8::FrameHeader key = header_for_join(own, true);
  vp8::Encoded best = encode(wanted, key, segments_for(own, key));
  if (state_.ready()) {
    const vp8::FrameHeader inter = header_for_join(own, false);
    vp8::Encoded other = encode(wanted, inter, segments_for(own, inter));
    if (cost_of(other, wanted, own.key_q_index) < cost_of(best, wanted, own.key_q_index))
      best = std::move(other);
  }
  emit(std::move(best), wanted, FrameOrigin::kEncoded);
  place_ = Place::kChanged;
  restore(own);
}

void Splicer::restore(const OwnFrame& own) {
  const vp8::References& had = own.decoded.next.references;
  const bool golden = uses(own, vp8::GOLDEN_FRAME) && !(had.golden == had.last);
  const bool altref = uses(own, vp8::ALTREF_FRAME) && !(had.altref == had.last);
  const bool together = golden && altref && had.golden == had.altref;
  if (golden) {
    const vp8::FrameHeader header = header_for_reference(own, true, together);
    emit(encode(*had.golden, header, segments_for(own, header)), *had.golden,
         FrameOrigin::kEncoded);
  }
  if (altref && !together) {
    const vp8::FrameHeader header = header_for_reference(own, false, true);
    emit(encode(*had.altref, header, segments_for(own, header)), *had.altref,
         FrameOrigin::kEncoded);
  }
}

void Splicer::decide_again(const OwnFrame& own) {
  if (!own.decoded.frame)
    return rebase(own);
  std::vector<std::uint8_t> segments;
  if (own.decoded.frame->header.segmentation_enabled &&
      own.decoded.frame->header.segmentation.update_map)
    segments = own.decoded.next.segmentation.map;
  const vp8::Picture& wanted = *own.decoded.reconstruction;
  emit(encode(wanted, own.decoded.frame->header, segments), wanted, FrameOrigin::kEncoded);
  if (own.decoded.shown)
    place_ = Place::kChanged;
}

void Splicer::rebase(const OwnFrame& own) {
  if (!own.decoded.frame)  // repeats what was last, whatever it was
    return emit(own.bytes, own.decoded.shown, FrameOrigin::kCopied);
  const vp8::Frame& frame = *own.decoded.frame;
  const vp8::Picture& wanted = *own.decoded.reconstruction;
  emit(gpu::rebase(state_, wanted, {frame.header, frame.modes}, kEffort), wanted,
       FrameOrigin::kRebased);
  if (state_ == own.decoded.next)
    place_ = Place::kOwn;
}

vp8::Encoded Splicer::encode(const vp8::Picture& picture,
                             const vp8::FrameHeader& header,
                             const std::vector<std::uint8_t>& segments) {
  gpu::PictureJob job;
  vp8::Picture source = picture;
  source.extend_borders();
  job.source = vp8::PictureRef(std::move(source));
  job.header = header;
  job.segments = segments;
  job.effort = kEffort;
  std::vector<gpu::ChunkJob> jobs;
  jobs.push_back({state_, {std::move(job)}});
  std::vector<gpu::ChunkResult> results = device_.first_pass(std::move(jobs));
  return vp8::encode(state_, picture, std::move(results.front().decisions.front()));
}

void Splicer::emit(vp8::Encoded coded, const vp8::Picture& wanted, FrameOrigin origin) {
  const bool shown = coded.frame.header.show_frame;
  if (shown)
    summary_.changed.add(measure(wanted, *coded.reconstruction));
  emit(coded.bytes, shown, origin);
  state_ = std::move(coded.next);
}

void Splicer::emit(std::span<const std::uint8_t> bytes, bool shown, FrameOrigin origin) {
  write_({bytes, shown, origin});
  ++summary_.frames[static_cast<std::size_t>(origin)];
  summary_.pictures += shown ? 1 : 0;
  summary_.bytes += bytes.size();
}

}  // namespace host
