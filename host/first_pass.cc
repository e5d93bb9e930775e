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

}  // namespace

void WaveFirstPass::run(const SourceWindow& window,
                        std::vector<ChunkWork>& wave,
                        PhaseTimes& times) {
  if (wave.empty())
    return;
  if (plan_.first_pass == FirstPass::kLibvpx) {
    run_libvpx(window, wave, times);
  } else {
    run_device(window, wave, times);
  }
}

gpu::PictureJob WaveFirstPass::job_of(const SourceWindow& window, const PlannedFrame& frame) const {
  gpu::PictureJob job;
  job.source = frame.source;
  job.header = header_of(plan_, frame.plan);
  // Many pictures are predicted from the few key and hidden ones.
  const bool often_used =
      frame.plan.role == FrameRole::kKey || frame.plan.role == FrameRole::kAltref;
  job.effort = often_used ? std::max(plan_.effort, gpu::Effort::kDefault) : plan_.effort;
  if (frame.plan.segments)
    job.segments = frame.plan.segments->map;
  if (frame.shown() && !job.header.key_frame)
    job.motion_hints = window.stats(frame.picture).motion;
  return job;
}

// Source pictures stand in for the reconstructions that a chunk will be predicted from. That costs
// a few percent of bits against the true references, and no throw-away key frame.
vp8::State WaveFirstPass::stand_in_state(const SourceWindow& window, const Chunk& chunk) const {
  vp8::State state;
  if (chunk.begins_chain())
    return state;
  const StandIns& stand_ins = window.stand_ins(chunk.first_picture);
  const vp8::PictureRef& last = stand_ins.last;
  state.width = last->width();
  state.height = last->height();
  state.references = {last, stand_ins.golden, stand_ins.altref};
  state.filter_deltas.mode[kZeroMvClass] = kZeroMvFilterDelta;
  state.segmentation.map.assign(
      static_cast<std::size_t>(last->mb_rows()) * static_cast<std::size_t>(last->mb_cols()), 0);
  return state;
}

void WaveFirstPass::run_device(const SourceWindow& window,
                               std::vector<ChunkWork>& wave,
                               PhaseTimes& times) {
  std::vector<gpu::ChunkJob> jobs;
  for (const ChunkWork& work : wave) {
    gpu::ChunkJob job{stand_in_state(window, work.chunk), {}};
    for (const PlannedFrame& frame : work.frames)
      job.pictures.push_back(job_of(window, frame));
    jobs.push_back(std::move(job));
  }
  std::vector<gpu::ChunkResult> results = device_.first_pass(std::move(jobs));
  for (std::size_t i = 0; i < wave.size(); ++i) {
    times.first_pass += results[i].cpu_seconds;
    wave[i].decisions = std::move(results[i].decisions);
  }
}

// libvpx encodes each chunk alone; then the device decides the first picture of every chunk but a
// chain's first again, given the state in which libvpx left the chunk before. Golden is what the
// plan will have put there.
void WaveFirstPass::run_libvpx(const SourceWindow& window,
                               std::vector<ChunkWork>& wave,
                               PhaseTimes& times) {
  std::vector<LibvpxChunk> chunks(wave.size());
  std::vector<double> seconds(wave.size());
  tbb::parallel_for(std::size_t{0}, wave.size(), [&](std::size_t i) {
    const gpu::ThreadStopwatch watch(seconds[i]);
    std::vector<vp8::FrameHeader> headers;
    std::vector<vp8::PictureRef> sources;
    for (const PlannedFrame& frame : wave[i].frames) {
      headers.push_back(header_of(plan_, frame.plan));
      sources.push_back(frame.source);
    }
    chunks[i] = libvpx_first_pass(sources, headers, plan_.frame_rate);
  });
  std::vector<gpu::ChunkJob> boundaries;
  for (std::size_t i = 0; i < wave.size(); ++i) {
    times.first_pass += seconds[i];
    wave[i].decisions = std::move(chunks[i].decisions);
    assign_segments(wave[i].frames, wave[i].decisions);
    const Chunk& chunk = wave[i].chunk;
    if (!chunk.begins_chain()) {
      gpu::ChunkJob job{i > 0 ? chunks[i - 1].exit : exit_,
                        {job_of(window, wave[i].frames.front())}};
      const vp8::State stand_in = stand_in_state(window, chunk);
      job.entry.references.golden = stand_in.references.golden;
      job.entry.references.altref = stand_in.references.altref;
      boundaries.push_back(std::move(job));
    }
  }
  exit_ = std::move(chunks.back().exit);
  std::vector<gpu::ChunkResult> results = device_.first_pass(std::move(boundaries));
  std::size_t next = 0;
  for (ChunkWork& work : wave) {
    if (work.chunk.begins_chain())
      continue;
    times.boundary += results[next].cpu_seconds;
    work.decisions.front() = std::move(results[next++].decisions.front());
  }
}

}  // namespace host
