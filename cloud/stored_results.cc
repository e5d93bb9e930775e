// Decisions and frames as bytes. A frame's header is written as VP8 writes it (RFC 6386 §9, §19.2).
#include "cloud/stored_results.hh"

#include <algorithm>
#include <string>
#include <utility>

#include "cloud/wire.hh"
#include "codec/header.hh"

namespace cloud {
namespace {

// The last bytes are versions.
constexpr std::uint32_t kDecisionsKind = 0x46534401;
constexpr std::uint32_t kFramesKind = 0x46534601;

Bytes write_header(const vp8::FrameHeader& header) {
  vp8::BoolWriter bits;
  vp8::FieldWriter fields(bits);
  vp8::visit_header(fields, header);
  const Bytes partition = bits.finish();
  Bytes bytes;
  vp8::write_frame_tag(header, static_cast<std::uint32_t>(partition.size()), bytes);
  bytes.insert(bytes.end(), partition.begin(), partition.end());
  return bytes;
}

vp8::FrameHeader read_header(ByteSpan bytes) {
  vp8::FrameHeader header;
  try {
    const vp8::FrameTag tag = vp8::read_frame_tag(bytes, header);
    vp8::BoolReader bits(bytes.subspan(tag.size_bytes));
    vp8::FieldReader fields(bits);
    vp8::visit_header(fields, header);
  } catch (const vp8::BitstreamError& error) {
    throw Damaged(std::string("decisions: ") + error.what());
  }
  if (!std::ranges::equal(write_header(header), bytes))
    throw Damaged("decisions: a header that is not as it is written");
  return header;
}

constexpr auto kVisitVector = [](auto& coder, auto& mv) {
  coder.number(mv.row);
  coder.number(mv.col);
};

// The vectors and modes of subblocks are written only where they differ.
void visit_subblocks(WireWriter& coder, const vp8::MbModes& mb) {
  const bool split = std::ranges::any_of(mb.mvs, [&](auto mv) { return mv != mb.mv; });
  coder.flag(split);
  for (std::size_t i = 0; split && i < mb.mvs.size(); ++i)
    kVisitVector(coder, mb.mvs[i]);
  const vp8::SubblockMode first = mb.subblock_modes[0];
  const bool varied = std::ranges::any_of(mb.subblock_modes, [&](auto m) { return m != first; });
  coder.flag(varied);
  for (std::size_t i = 0; i < (varied ? mb.subblock_modes.size() : 1); ++i)
    coder.choice(mb.subblock_modes[i], vp8::kSubblockModes);
}

void visit_subblocks(WireReader& coder, vp8::MbModes& mb) {
  bool split = false;
  coder.flag(split);
  mb.mvs.fill(mb.mv);
  for (std::size_t i = 0; split && i < mb.mvs.size(); ++i)
    kVisitVector(coder, mb.mvs[i]);
  if (split && std::ranges::all_of(mb.mvs, [&](auto mv) { return mv == mb.mv; }))
    coder.refuse("equal vectors that are written one by one");
  bool varied = false;
  coder.flag(varied);
  for (std::size_t i = 0; i < (varied ? mb.subblock_modes.size() : 1); ++i)
    coder.choice(mb.subblock_modes[i], vp8::kSubblockModes);
  const vp8::SubblockMode first = mb.subblock_modes[0];
  if (!varied) {
    mb.subblock_modes.fill(first);
  } else if (std::ranges::all_of(mb.subblock_modes, [&](auto m) { return m == first; })) {
    coder.refuse("equal subblock modes that are written one by one");
  }
}

constexpr auto kVisitModes = [](auto& coder, auto& mb) {
  coder.choice(mb.y_mode, vp8::kMbModes);
  coder.choice(mb.uv_mode, vp8::B_PRED);
  coder.choice(mb.ref_frame, vp8::kRefFrames);
  coder.choice(mb.partition, vp8::kSplitPartitions);
  coder.number(mb.segment);
  coder.flag(mb.skip);
  kVisitVector(coder, mb.mv);
  visit_subblocks(coder, mb);
};

// A frame's header, still as bytes, and its modes.
struct WrittenDecisions {
  Bytes header;
  std::vector<vp8::MbModes> modes;
};

constexpr auto kVisitDecisions = [](auto& coder, auto& all) {
  coder.list(all, [&](auto& one) {
    coder.text(one.header);
    coder.list(one.modes, [&](auto& mb) { kVisitModes(coder, mb); });
  });
};

void check_modes(const vp8::MbModes& mb) {
  if (mb.segment >= vp8::kSegments || mb.is_inter() != (mb.y_mode >= vp8::NEARESTMV))
    throw Damaged("decisions: a macroblock that cannot be");
}

constexpr auto kVisitQuality = [](auto& coder, auto& quality) {
  for (auto* const value : {&quality.psnr_y, &quality.psnr_u, &quality.psnr_v, &quality.psnr,
                            &quality.ssim_y, &quality.ssim_u, &quality.ssim_v, &quality.ssim})
    coder.real(*value);
  for (std::size_t plane = 0; plane < vp8::kPlanes; ++plane) {
    coder.number(quality.sse[plane]);
    coder.number(quality.samples[plane]);
  }
};

constexpr auto kVisitFrames = [](auto& coder, auto& stored) {
  coder.list(stored.frames, [&](auto& frame) {
    coder.text(frame.bytes);
    coder.optional(frame.quality, [&](auto& quality) { kVisitQuality(coder, quality); });
  });
  coder.number(stored.state_hash);
};

}  // namespace

Bytes write_decisions(const std::vector<vp8::Decisions>& decisions) {
  std::vector<WrittenDecisions> written;
  for (const vp8::Decisions& one : decisions)
    written.push_back({write_header(one.header), one.modes});
  return to_wire(kDecisionsKind, written, kVisitDecisions);
}

std::vector<vp8::Decisions> read_decisions(ByteSpan bytes,
                                           std::size_t count,
                                           std::size_t macroblocks) {
  auto written =
      from_wire<std::vector<WrittenDecisions>>("decisions", kDecisionsKind, bytes, kVisitDecisions);
  if (written.size() != count)
    throw Damaged("decisions: for another number of frames");
  std::vector<vp8::Decisions> decisions;
  for (WrittenDecisions& one : written) {
    if (one.modes.size() != macroblocks)
      throw Damaged("decisions: for another number of macroblocks");
    std::ranges::for_each(one.modes, check_modes);
    decisions.push_back({read_header(one.header), std::move(one.modes)});
  }
  return decisions;
}

Bytes write_frames(const StoredFrames& frames) {
  return to_wire(kFramesKind, frames, kVisitFrames);
}

StoredFrames read_frames(ByteSpan bytes) {
  return from_wire<StoredFrames>("frames", kFramesKind, bytes, kVisitFrames);
}

}  // namespace cloud
