// Work as bytes, and back to samples.
#include "cloud/stored_work.hh"

#include <algorithm>
#include <string>
#include <utility>

#include "cloud/wire.hh"

namespace cloud {
namespace {

constexpr std::uint32_t kKind = 0x46535701;  // the last byte is the version

constexpr auto kEffortEnd = static_cast<gpu::Effort>(3);
constexpr auto kFirstPassEnd = static_cast<host::FirstPass>(2);
constexpr auto kRoleEnd = static_cast<host::FrameRole>(4);

constexpr auto kVisitPlan = [](auto& coder, auto& plan) {
  coder.number(plan.width);
  coder.number(plan.height);
  coder.number(plan.frame_rate.num);
  coder.number(plan.frame_rate.den);
  coder.number(plan.chunk_frames);
  coder.number(plan.chunks_per_chain);
  coder.number(plan.cq16);
  coder.number(plan.min_q);
  coder.number(plan.max_q);
  coder.choice(plan.effort, kEffortEnd);
  coder.choice(plan.first_pass, kFirstPassEnd);
};

constexpr auto kVisitChunk = [](auto& coder, auto& chunk) {
  coder.number(chunk.index);
  coder.number(chunk.chain);
  coder.number(chunk.position);
  coder.number(chunk.first_picture);
  coder.number(chunk.pictures);
};

constexpr auto kVisitSpot = [](auto& coder, auto& spot) {
  coder.text(spot.object);
  coder.number(spot.before);
  coder.number(spot.end);
  coder.array(spot.seal);
};

constexpr auto kVisitFrame = [](auto& coder, auto& frame) {
  coder.number(frame.source);
  coder.number(frame.picture);
  coder.choice(frame.plan.role, kRoleEnd);
  coder.number(frame.plan.q_index);
  coder.flag(frame.plan.altref_ahead);
  coder.optional(frame.plan.segments, [&](auto& segments) {
    coder.text(segments.map);
    coder.array(segments.q_index);
  });
  coder.list(frame.motion, [&](auto& mv) {
    coder.number(mv.row);
    coder.number(mv.col);
  });
};

constexpr auto kVisitWork = [](auto& coder, auto& work) {
  kVisitPlan(coder, work.plan);
  kVisitChunk(coder, work.chunk);
  coder.list(work.pictures, [&](auto& spot) { kVisitSpot(coder, spot); });
  coder.list(work.frames, [&](auto& frame) { kVisitFrame(coder, frame); });
  coder.optional(work.stand_ins, [&](auto& stand_ins) {
    coder.number(stand_ins.last);
    coder.number(stand_ins.golden);
    coder.number(stand_ins.altref);
  });
};

void require(bool holds, const char* what) {
  if (!holds)
    throw Damaged(std::string("work: ") + what);
}

void check_plan(const host::Plan& plan) {
  const auto within = [](int value, int low, int high) { return value >= low && value <= high; };
  require(within(plan.width, 1, vp8::kMaxDimension) && within(plan.height, 1, vp8::kMaxDimension),
          "an impossible size");
  require(plan.frame_rate.num > 0 && plan.frame_rate.den > 0, "an impossible frame rate");
  require(plan.chunk_frames > 0 && plan.chunks_per_chain >= 0, "impossible chunks");
  require(within(plan.cq16, 0, 63 * host::kCqParts) && within(plan.min_q, 0, 63) &&
              within(plan.max_q, plan.min_q, 63),
          "an impossible quality");
}

void check_frame(const StoredWork::Frame& frame, const StoredWork& work, std::size_t macroblocks) {
  require(frame.source < work.pictures.size(), "a frame without picture");
  require(frame.plan.q_index >= 0 && frame.plan.q_index <= vp8::kMaxQIndex,
          "an impossible quantiser");
  require(frame.motion.empty() || frame.motion.size() == macroblocks,
          "vectors of another number of macroblocks");
  const bool key = frame.plan.role == host::FrameRole::kKey;
  require(key == (work.chunk.begins_chain() && &frame == &work.frames.front()),
          "a key frame where none may be");
  if (!frame.plan.segments)
    return;
  const host::Segments& segments = *frame.plan.segments;
  require(segments.map.size() == macroblocks, "segments of another number of macroblocks");
  for (const std::uint8_t segment : segments.map)
    require(segment < vp8::kSegments, "an impossible segment");
  for (const std::uint8_t q : segments.q_index)
    require(q <= vp8::kMaxQIndex, "an impossible quantiser of a segment");
}

void check(const StoredWork& work) {
  check_plan(work.plan);
  host::Chunk expected = host::chunk_at(work.plan, std::max<std::int64_t>(work.chunk.index, 0));
  require(work.chunk.pictures > 0 && work.chunk.pictures <= expected.pictures,
          "an impossible number of pictures");
  expected.pictures = work.chunk.pictures;
  require(work.chunk == expected, "another chunk than the plan says");
  const std::size_t macroblocks = static_cast<std::size_t>((work.plan.width + 15) / 16) *
                                  static_cast<std::size_t>((work.plan.height + 15) / 16);
  require(!work.frames.empty(), "no frames");
  for (const StoredWork::Frame& frame : work.frames)
    check_frame(frame, work, macroblocks);
  require(work.stand_ins.has_value() != work.chunk.begins_chain(), "stand-ins where none may be");
  if (work.stand_ins) {
    const auto [last, golden, altref] = *work.stand_ins;
    require(std::max({last, golden, altref}) < work.pictures.size(), "a stand-in without picture");
  }
}

// Numbers in `pictures` that are needed.
std::vector<std::uint32_t> needed_pictures(const StoredWork& work, Needs needs) {
  std::vector<std::uint32_t> wanted;
  for (const StoredWork::Frame& frame : work.frames) {
    if (wanted.empty() || needs != Needs::kFirstAndStandIns)
      wanted.push_back(frame.source);
  }
  if (work.stand_ins && needs != Needs::kFrames) {
    for (const std::uint32_t i :
         {work.stand_ins->last, work.stand_ins->golden, work.stand_ins->altref})
      wanted.push_back(i);
  }
  return wanted;
}

}  // namespace

std::uint32_t StoredWork::add_picture(const PictureSpot& spot) {
  const auto at = std::find(pictures.begin(), pictures.end(), spot);
  const auto number = static_cast<std::uint32_t>(at - pictures.begin());
  if (at == pictures.end())
    pictures.push_back(spot);
  return number;
}

Bytes write_work(const StoredWork& work) {
  return to_wire(kKind, work, kVisitWork);
}

StoredWork read_work(ByteSpan bytes) {
  StoredWork work = from_wire<StoredWork>("work", kKind, bytes, kVisitWork);
  check(work);
  return work;
}

host::ChunkWork fetch_work(RunObjects& objects, const StoredWork& stored, Needs needs) {
  const std::vector<std::uint32_t> wanted = needed_pictures(stored, needs);
  std::vector<PictureSpot> spots;
  for (const std::uint32_t i : wanted)
    spots.push_back(stored.pictures[i]);
  const std::vector<vp8::PictureRef> fetched =
      fetch_pictures(objects, spots, stored.plan.width, stored.plan.height);
  std::vector<vp8::PictureRef> pictures(stored.pictures.size());
  for (std::size_t i = 0; i < wanted.size(); ++i)
    pictures[wanted[i]] = fetched[i];
  host::ChunkWork work;
  work.chunk = stored.chunk;
  for (const StoredWork::Frame& frame : stored.frames)
    work.frames.push_back({pictures[frame.source], frame.picture, frame.plan, frame.motion});
  if (stored.stand_ins) {
    work.stand_ins = {pictures[stored.stand_ins->last], pictures[stored.stand_ins->golden],
                      pictures[stored.stand_ins->altref]};
  }
  return work;
}

}  // namespace cloud
