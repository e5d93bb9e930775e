// First passes: what a chunk is decided against before its true state is known.
#include "host/first_pass.hh"

#include <algorithm>
#include <utility>

#include <tbb/parallel_for.h>

#include "cuda/thread_clock.hh"
#include "host/libvpx_first_pass.hh"

namespace host {
namespace {

// Macroblocks that repeat the picture before were filtered there already: filtering them again and
// again blurs still areas. Measured at -12: dog (a still camera) 4.7 points of BD-rate, the mean of
// five clips 0.8 in PSNR and 1.3 in SSIM.
constexpr std::int8_t kZeroMvFilterDelta = -12;
constexpr std::size_t kZeroMvClass = 1;          // of mode_delta (RFC 6386 section 9.6)
constexpr std::uint8_t kCopyAltrefToGolden = 2;  // section 9.7

// Segments as differences from the frame's quantiser: so that filter levels, which the same flag
// rules, are differences from the frame's level.
void set_segments(const Segments& segments, vp8::FrameHeader& header) {
  header.segmentation_enabled = true;
  header.segmentation.update_map = true;
  header.segmentation.update_data = true;
  for (std::size_t i = 0; i < vp8::kSegments; ++i) {
    header.segmentation.quantizer[i] =
        static_cast<std::int8_t>(segments.q_index[i] - header.quant.y_ac_qi);
  }
}

vp8::FrameHeader header_of(const Plan& plan, const FramePlan& frame) {
  const bool key = frame.role == FrameRole::kKey;
  vp8::FrameHeader header;
  header.key_frame = key;
  header.show_frame = frame.role != FrameRole::kAltref;
  if (key) {
    header.width = static_cast<std::uint16_t>(plan.width);
    header.height = static_cast<std::uint16_t>(plan.height);
  }
  header.filter.delta_enabled = true;
  if (key) {
    header.filter.delta_update = true;
    header.filter.mode_delta[kZeroMvClass] = kZeroMvFilterDelta;
  }
  header.refresh_last = header.show_frame;
  header.refresh_golden_frame = key || frame.role == FrameRole::kGolden;
  header.refresh_alternate_frame = header.refresh_golden_frame || !header.show_frame;
  if (!header.show_frame)
    header.copy_buffer_to_golden = kCopyAltrefToGolden;
  header.sign_bias_alternate = frame.altref_ahead;
  header.quant.y_ac_qi = static_cast<std::uint8_t>(frame.q_index);
  if (frame.segments)
    set_segments(*frame.segments, header);
  return header;
}

// libvpx knows nothing of the plan's segments.
void assign_segments(const std::vector<PlannedFrame>& frames,
                     std::vector<vp8::Decisions>& decisions) {
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const std::optional<Segments>& segments = frames[i].plan.segments;
    for (std::size_t mb = 0; segments && mb < segments->map.size(); ++mb)
      decisions[i].modes[mb].segment = segments->map[mb];
  }
}

gpu::PictureJob job_of(const Plan& plan, const PlannedFrame& frame) {
  gpu::PictureJob job;
  job.source = frame.source;
  job.header = header_of(plan, frame.plan);
  // Many pictures are predicted from the few key and hidden ones.
  const bool often_used =
      frame.plan.role == FrameRole::kKey || frame.plan.role == FrameRole::kAltref;
  job.effort = often_used ? std::max(plan.effort, gpu::Effort::kDefault) : plan.effort;
  if (frame.plan.segments)
    job.segments = frame.plan.segments->map;
  job.motion_hints = frame.motion;
  return job;
}

// Source pictures stand in for the reconstructions that a chunk will be predicted from. That costs
// a few percent of bits against the true references, and no throw-away key frame.
vp8::State stand_in_state(const ChunkWork& work) {
  vp8::State state;
  if (work.chunk.begins_chain())
    return state;
  const vp8::PictureRef& last = work.stand_ins.last;
  state.width = last->width();
  state.height = last->height();
  state.references = {last, work.stand_ins.golden, work.stand_ins.altref};
  state.filter_deltas.mode[kZeroMvClass] = kZeroMvFilterDelta;
  state.segmentation.map.assign(
      static_cast<std::size_t>(last->mb_rows()) * static_cast<std::size_t>(last->mb_cols()), 0);
  return state;
}

}  // namespace

void decide_by_device(const Plan& plan,
                      gpu::Device& device,
                      std::span<ChunkWork> wave,
                      PhaseTimes& times) {
  std::vector<gpu::ChunkJob> jobs;
  for (const ChunkWork& work : wave) {
    gpu::ChunkJob job{stand_in_state(work), {}};
    for (const PlannedFrame& frame : work.frames)
      job.pictures.push_back(job_of(plan, frame));
    jobs.push_back(std::move(job));
  }
  std::vector<gpu::ChunkResult> results = device.first_pass(std::move(jobs));
  for (std::size_t i = 0; i < wave.size(); ++i) {
    times.first_pass += results[i].cpu_seconds;
    wave[i].decisions = std::move(results[i].decisions);
  }
}

vp8::State decide_by_libvpx(const Plan& plan, ChunkWork& work, double& seconds) {
  const gpu::ThreadStopwatch watch(seconds);
  std::vector<vp8::FrameHeader> headers;
  std::vector<vp8::PictureRef> sources;
  for (const PlannedFrame& frame : work.frames) {
    headers.push_back(header_of(plan, frame.plan));
    sources.push_back(frame.source);
  }
  LibvpxChunk chunk = libvpx_first_pass(sources, headers, plan.frame_rate);
  work.decisions = std::move(chunk.decisions);
  assign_segments(work.frames, work.decisions);
  return std::move(chunk.exit);
}

// Golden is what the plan will have put there.
void decide_boundaries(const Plan& plan,
                       gpu::Device& device,
                       std::vector<Boundary> boundaries,
                       PhaseTimes& times) {
  std::vector<gpu::ChunkJob> jobs;
  for (Boundary& boundary : boundaries) {
    const ChunkWork& work = boundary.work;
    gpu::ChunkJob job{std::move(boundary.entry), {job_of(plan, work.frames.front())}};
    job.entry.references.golden = work.stand_ins.golden;
    job.entry.references.altref = work.stand_ins.altref;
    jobs.push_back(std::move(job));
  }
  std::vector<gpu::ChunkResult> results = device.first_pass(std::move(jobs));
  for (std::size_t i = 0; i < boundaries.size(); ++i) {
    times.boundary += results[i].cpu_seconds;
    boundaries[i].work.decisions.front() = std::move(results[i].decisions.front());
  }
}

void WaveFirstPass::run(std::span<ChunkWork> wave, PhaseTimes& times) {
  if (wave.empty())
    return;
  if (plan_.first_pass == FirstPass::kLibvpx) {
    run_libvpx(wave, times);
  } else {
    decide_by_device(plan_, device_, wave, times);
  }
}

// libvpx encodes each chunk alone; then the device decides the first picture of every chunk but a
// chain's first again, given the state in which libvpx left the chunk before.
void WaveFirstPass::run_libvpx(std::span<ChunkWork> wave, PhaseTimes& times) {
  std::vector<vp8::State> exits(wave.size());
  std::vector<double> seconds(wave.size());
  tbb::parallel_for(std::size_t{0}, wave.size(), [&](std::size_t i) {
    exits[i] = decide_by_libvpx(plan_, wave[i], seconds[i]);
  });
  std::vector<Boundary> boundaries;
  for (std::size_t i = 0; i < wave.size(); ++i) {
    times.first_pass += seconds[i];
    if (!wave[i].chunk.begins_chain())
      boundaries.push_back({wave[i], std::move(i > 0 ? exits[i - 1] : exit_)});
  }
  exit_ = std::move(exits.back());
  decide_boundaries(plan_, device_, std::move(boundaries), times);
}

}  // namespace host
