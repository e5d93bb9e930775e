// The rounds of a batch: what goes up, what is launched, what comes back.
#include "cuda/cuda_batch.hh"

#include <algorithm>
#include <cstring>
#include <new>

#include <tbb/parallel_for.h>

namespace gpu::cuda {
namespace {

// What the filter search of `chunks` chunks writes: sums of rows, sums of pictures, CUB's scratch.
struct SumLayout {
  SumLayout(std::size_t chunks, int rows)
      : sse(chunks * static_cast<std::size_t>(rows) * sizeof(std::uint64_t)),
        scratch(sse + chunks * sizeof(std::uint64_t)),
        bytes(scratch + sum_scratch_bytes(static_cast<int>(chunks), rows)) {}

  std::size_t sse;
  std::size_t scratch;
  std::size_t bytes;
};

std::size_t luma_bytes(const PictureShape& shape) {
  return static_cast<std::size_t>(shape.mb_rows()) * static_cast<std::size_t>(shape.mb_cols()) *
         256;
}

}  // namespace

std::uint64_t Batch::bytes_a_chunk(const PictureShape& shape) {
  const PictureLayout layout(shape.mb_rows(), shape.mb_cols());
  // Two sources, two references to begin with, up to four reconstructions.
  return 8 * shape.bytes() + luma_bytes(shape) + layout.bytes() + sizeof(PictureTask) +
         sizeof(Rates) + sizeof(vp8::FrameFilter) +
         layout.macroblocks() * (sizeof(vp8::MotionVector) + sizeof(std::uint8_t));
}

Batch::Batch(std::span<const ChunkJob> jobs,
             const FixedRates* fixed_rates,
             Pool& pool,
             Lane& lane,
             SpanSink* spans)
    : shape_(jobs.front().pictures.front().source->width(),
             jobs.front().pictures.front().source->height()),
      layout_(shape_.mb_rows(), shape_.mb_cols()),
      fixed_rates_(fixed_rates),
      pool_(pool),
      lane_(lane),
      spans_(spans),
      wait_at_end_{lane} {
  for (const ChunkJob& job : jobs)
    chunks_.push_back({ChunkProgress(job), job.want_exit, {}, {}});
  inputs_ = PooledMemory(pool, input_bytes());
  sources_ = PooledMemory(pool, 2 * chunks_.size() * shape_.bytes());
  blocks_ = PooledMemory(pool, chunks_.size() * layout_.bytes());
  filtered_ = PooledMemory(pool, chunks_.size() * luma_bytes(shape_));
  filters_ = PooledMemory(pool, chunks_.size() * sizeof(vp8::FrameFilter));
  sums_ = PooledMemory(pool, SumLayout(chunks_.size(), filter_sample_rows(shape_.mb_rows())).bytes);
  upload_entry_pictures(jobs);
}

// Chunks share most of them: one's last source picture is the next one's stand-in.
void Batch::upload_entry_pictures(std::span<const ChunkJob> jobs) {
  for (const ChunkJob& job : jobs) {
    const vp8::References& r = job.entry.references;
    for (const vp8::PictureRef& picture : {r.last, r.golden, r.altref}) {
      if (!picture || entry_pictures_.contains(&*picture))
        continue;
      PooledMemory& copy = entry_pictures_[&*picture];
      copy = PooledMemory(pool_, shape_.bytes());
      entry_refs_.push_back(picture);
      lane_.upload(copy.data(), picture->storage(), shape_.bytes());
    }
  }
}

std::vector<ChunkResult> Batch::run() {
  upload_sources(0);
  for (int round = 0;; ++round) {
    prepare_round(round);
    if (active_.empty())
      break;
    queue_round(round);
    upload_sources(round + 1);
    finish_round(round);
  }
  std::vector<ChunkResult> results;
  for (Chunk& chunk : chunks_) {
    ChunkResult result = chunk.progress.take_result();
    result.exit = chunk.want_exit ? exit_of(chunk) : vp8::State{};
    results.push_back(std::move(result));
  }
  return results;
}

std::byte* Batch::source_at(std::size_t slot, int round) const {
  return sources_.data() +
         (static_cast<std::size_t>(round % 2) * chunks_.size() + slot) * shape_.bytes();
}

void Batch::upload_sources(int round) {
  const HostSpan span(spans_, "upload", {.wave = lane_.number(), .picture = round});
  for (std::size_t slot = 0; slot < chunks_.size(); ++slot) {
    if (const PictureJob* job = chunks_[slot].progress.job_at(static_cast<std::size_t>(round)))
      lane_.upload(source_at(slot, round), job->source->storage(), shape_.bytes());
  }
  uploaded_.record(lane_.copy().get());
}

std::byte* Batch::device_picture(const Chunk& chunk, const vp8::PictureRef& picture) const {
  const auto own = chunk.reconstructions.find(&*picture);
  return own != chunk.reconstructions.end() ? own->second.data()
                                            : entry_pictures_.at(&*picture).data();
}

void Batch::prepare_round(int round) {
  active_.clear();
  for (std::size_t slot = 0; slot < chunks_.size(); ++slot) {
    if (!chunks_[slot].done())
      active_.push_back(slot);
  }
  if (active_.empty())
    return;
  for (const std::size_t slot : active_)
    chunks_[slot].reconstruction = PooledMemory(pool_, shape_.bytes());
  const HostSpan span(spans_, "prepare", {.wave = lane_.number(), .picture = round});
  std::byte* inputs = lane_.inputs(input_bytes());
  tbb::parallel_for(std::size_t{0}, active_.size(), [&](std::size_t i) {
    Chunk& chunk = chunks_[active_[i]];
    const ChunkProgress& progress = chunk.progress;
    new (inputs + i * sizeof(PictureTask)) PictureTask(task_of(chunk, active_[i], i, round));
    auto* rates = new (inputs + rates_at() + i * sizeof(Rates))
        Rates{progress.token_costs(), progress.rates()};
    rates->modes.fixed = fixed_rates_;
    new (inputs + rules_at() + i * sizeof(vp8::FilterRules))
        vp8::FilterRules(progress.filter_rules());
    new (inputs + searches_at() + i * sizeof(FilterSearch)) FilterSearch(progress.filter_search());
    const std::vector<vp8::MotionVector>& hints = progress.job().motion_hints;
    std::memcpy(inputs + hints_at() + i * layout_.macroblocks() * sizeof(vp8::MotionVector),
                hints.data(), hints.size() * sizeof(vp8::MotionVector));
    const std::vector<std::uint8_t>& segments = progress.job().segments;
    std::copy(segments.begin(), segments.end(),
              reinterpret_cast<std::uint8_t*>(inputs + segments_at()) + i * layout_.macroblocks());
  });
}

// The task of a chunk's picture, the index-th of this round, pointing at device memory.
PictureTask Batch::task_of(Chunk& chunk, std::size_t slot, std::size_t index, int round) const {
  PictureTask task = chunk.progress.begin_picture();
  const vp8::References& references = chunk.progress.state().references;
  for (const vp8::RefFrame ref : {vp8::LAST_FRAME, vp8::GOLDEN_FRAME, vp8::ALTREF_FRAME}) {
    if (!task.key_frame && references[ref])
      task.coding.references[ref] = shape_.reference(device_picture(chunk, references[ref]));
  }
  for (const vp8::Plane p : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    task.coding.source[p] = shape_.plane(source_at(slot, round), p);
    task.coding.recon[p] = shape_.plane(chunk.reconstruction.data(), p);
  }
  auto* rates = reinterpret_cast<Rates*>(inputs_.data() + rates_at()) + index;
  task.coding.costs = &rates->tokens;
  task.rates = &rates->modes;
  if (!chunk.progress.job().motion_hints.empty()) {
    task.hints = reinterpret_cast<vp8::MotionVector*>(inputs_.data() + hints_at()) +
                 index * layout_.macroblocks();
  }
  if (!chunk.progress.job().segments.empty()) {
    task.segments = reinterpret_cast<std::uint8_t*>(inputs_.data() + segments_at()) +
                    index * layout_.macroblocks();
  }
  layout_.bind(blocks_.data() + slot * layout_.bytes(), task);
  const vp8::ConstPlaneView luma = task.coding.source[vp8::kPlaneY];
  task.filtered_luma = {
      reinterpret_cast<std::uint8_t*>(filtered_.data() + slot * luma_bytes(shape_)), luma.width,
      luma.height, luma.width};
  task.filter = reinterpret_cast<vp8::FrameFilter*>(filters_.data()) + index;
  return task;
}

void Batch::queue_round(int round) {
  const HostSpan span(spans_, "launch", {.wave = lane_.number(), .picture = round});
  const Stream& stream = lane_.compute();
  stream.upload(inputs_.data(), lane_.inputs(input_bytes()), input_bytes());
  check(cudaMemset2DAsync(blocks_.data(), layout_.bytes(), 0, layout_.zeroed(), chunks_.size(),
                          stream.get()),
        "clearing counts");
  uploaded_.hold(stream.get());
  const SumLayout sums(active_.size(), filter_sample_rows(shape_.mb_rows()));
  const Round kernels{reinterpret_cast<const PictureTask*>(inputs_.data()),
                      static_cast<int>(active_.size()),
                      shape_.mb_rows(),
                      shape_.mb_cols(),
                      reinterpret_cast<const vp8::FilterRules*>(inputs_.data() + rules_at()),
                      reinterpret_cast<FilterSearch*>(inputs_.data() + searches_at()),
                      reinterpret_cast<vp8::FrameFilter*>(filters_.data()),
                      reinterpret_cast<std::uint64_t*>(sums_.data()),
                      reinterpret_cast<std::uint64_t*>(sums_.data() + sums.sse),
                      sums_.data() + sums.scratch};
  check(launch_round(kernels, stream.get()), "launching kernels");
  kernels_.end(stream);
  std::byte* outputs = lane_.outputs(chunks_.size() * (output_bytes() + sizeof(FilterSearch)));
  check(cudaMemcpy2DAsync(outputs, output_bytes(), blocks_.data() + layout_.outputs(),
                          layout_.bytes(), output_bytes(), chunks_.size(), cudaMemcpyDeviceToHost,
                          stream.get()),
        "a download");
  stream.download(outputs + chunks_.size() * output_bytes(), inputs_.data() + searches_at(),
                  active_.size() * sizeof(FilterSearch));
}

void Batch::finish_round(int round) {
  {
    const HostSpan span(spans_, "wait", {.wave = lane_.number(), .picture = round});
    lane_.compute().wait();
  }
  kernels_.report(spans_, "kernels", lane_.number(), {.wave = lane_.number(), .picture = round});
  const HostSpan span(spans_, "finish", {.wave = lane_.number(), .picture = round});
  std::byte* outputs = lane_.outputs(chunks_.size() * (output_bytes() + sizeof(FilterSearch)));
  const auto* searches =
      reinterpret_cast<const FilterSearch*>(outputs + chunks_.size() * output_bytes());
  tbb::parallel_for(std::size_t{0}, active_.size(), [&](std::size_t i) {
    Chunk& chunk = chunks_[active_[i]];
    // The layout's offsets count from the block's beginning, of which only the outputs came back.
    std::byte* block = outputs + active_[i] * output_bytes() - layout_.outputs();
    const vp8::PictureRef stand_in{vp8::Picture()};
    chunk.reconstructions[&*stand_in] = std::move(chunk.reconstruction);
    chunk.progress.finish_picture(*layout_.counts(block), layout_.modes(block), searches[i].best(),
                                  stand_in);
    const vp8::References& r = chunk.progress.state().references;
    std::erase_if(chunk.reconstructions, [&](const auto& entry) {
      return entry.first != &*r.last && entry.first != &*r.golden && entry.first != &*r.altref;
    });
  });
}

// Brings the reconstructions that the state refers to back to the host.
vp8::State Batch::exit_of(Chunk& chunk) {
  vp8::State exit = chunk.progress.state();
  std::map<const vp8::Picture*, vp8::PictureRef> pictures;
  for (const auto& [stand_in, memory] : chunk.reconstructions) {
    vp8::Picture picture(shape_.width(), shape_.height());
    shape_.download(memory.data(), picture, lane_.compute());
    pictures[stand_in] = vp8::PictureRef(std::move(picture));
  }
  for (vp8::PictureRef* ref :
       {&exit.references.last, &exit.references.golden, &exit.references.altref}) {
    if (const auto found = pictures.find(&**ref); *ref && found != pictures.end())
      *ref = found->second;
  }
  return exit;
}

}  // namespace gpu::cuda
