// The pipeline of an encode: carries out the jobs of the schedule on a pool of threads.
#include "host/pipeline.hh"

#include <algorithm>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>
#include <unistd.h>

#include "cuda/thread_clock.hh"
#include "host/chain.hh"
#include "host/chunk_store.hh"
#include "host/first_pass.hh"
#include "host/source_window.hh"

namespace host {
namespace {

int thread_count(int wanted) {
  return wanted > 0 ? wanted : tbb::this_task_arena::max_concurrency();
}

// A call that sleeps needs a thread to sleep on.
int arena_size(const ScheduleLimits& limits) {
  return limits.threads + (limits.elsewhere ? limits.calls : 0);
}

// A chain is rebased four times as fast as a thread decides about it, and its last chunk waits for
// its first: to keep many threads busy, several chains are under way. And a call needs one that is
// prepared and one that is rebased beside it.
int window_of(const ScheduleLimits& limits) {
  return std::max(6 * limits.threads, (limits.calls + 2) * limits.call_chunks) + limits.read_chunks;
}

int divided_up(int a, int b) {
  return (a + b - 1) / b;
}

// A chunk on its way, and what became of it.
struct InFlight {
  ChunkWork work;
  std::vector<RebasedPicture> coded;
  ChunkKey key;           // where there is a store
  bool is_found = false;  // coded by an earlier run
};

gpu::SpanLabels labels_of(const Chunk& chunk) {
  return {.chain = chunk.chain,
          .chunk = chunk.index,
          .picture = chunk.first_picture,
          .pictures = chunk.pictures};
}

// Runs one encode.
class Pipeline {
 public:
  Pipeline(PictureSource& source,
           const Plan& plan,
           const RunOptions& options,
           const ScheduleLimits& limits,
           gpu::Device& device,
           const std::function<void(const CodedFrame&)>& write)
      : plan_(plan),
        options_(options),
        write_(write),
        window_(source, device, plan, options.limit, options.spans),
        first_pass_(plan, device),
        schedule_(limits, plan.chunks_per_chain) {}

  EncodeSummary run() {
    group_.run([this] { step(); });
    group_.wait();
    if (failure_)
      std::rethrow_exception(failure_);
    summary_.quality = quality_.mean();
    summary_.state_hash =
        vp8::hash(chains_.empty() ? ended_.state() : chains_.rbegin()->second.state());
    return summary_;
  }

 private:
  // Carries out one job. Every job that starts wakes a thread for the next one, and every job that
  // ends makes way for what it has made possible; so there are never more tasks than jobs, and the
  // choice of the next job is the schedule's. Errors are kept here: a task group that is cancelled
  // would cut loops of other jobs short.
  void step() {
    try {
      const std::optional<Job> job = start();
      if (!job)
        return;
      carry_out(*job);
      go_on();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_)
        failure_ = std::current_exception();
    }
  }

  std::optional<Job> start() {
    const std::lock_guard lock(mutex_);
    if (failure_)
      return {};
    const std::optional<Job> job = schedule_.start();
    if (job && schedule_.ready())
      group_.run([this] { step(); });
    return job;
  }

  void go_on() {
    const std::lock_guard lock(mutex_);
    if (options_.spans != nullptr)
      options_.spans->counter("chunks under way", schedule_.in_window());
    if (!failure_ && schedule_.ready())
      group_.run([this] { step(); });
  }

  void carry_out(const Job& job) {
    switch (job.kind) {
      case Job::kRead:
        return read(job);
      case Job::kPrepare:
        return prepare(job);
      case Job::kDecide:
        return decide(job);
      case Job::kRebase:
        return rebase(job);
      case Job::kWrite:
        return write(job);
    }
  }

  void read(const Job& job) {
    const bool more = window_.read(first_picture(job.first_chunk + job.chunks));
    const std::lock_guard lock(mutex_);
    summary_.cpu.read = window_.read_seconds();
    schedule_.finish_read(job, more);
  }

  void prepare(const Job& job) {
    const std::int64_t ready = window_.prepare(first_picture(job.first_chunk + job.chunks));
    std::vector<InFlight> prepared;
    for (int i = 0; i < job.chunks; ++i) {
      Chunk chunk = chunk_at(plan_, job.first_chunk + i);
      if (chunk.first_picture >= ready)
        break;
      chunk.pictures =
          static_cast<int>(std::min<std::int64_t>(chunk.pictures, ready - chunk.first_picture));
      std::vector<PlannedFrame> frames;
      for (int k = 0; k < chunk.pictures; ++k) {
        const std::vector<PlannedFrame>& more = window_.frames(chunk.first_picture + k);
        frames.insert(frames.end(), more.begin(), more.end());
      }
      prepared.push_back(
          {{chunk, std::move(frames), window_.stand_ins(chunk.first_picture), {}}, {}, {}});
      look_up(prepared.back());
    }
    const std::lock_guard lock(mutex_);
    summary_.cpu.lookahead = window_.lookahead_seconds();
    schedule_.finish_prepare(job, static_cast<int>(prepared.size()));
    std::move(prepared.begin(), prepared.end(), std::back_inserter(chunks_));
  }

  // Takes what an earlier run has made of this chunk. libvpx's pass over it is made again: where it
  // leaves off is where the next chunk's boundary begins.
  void look_up(InFlight& here) {
    if (options_.store == nullptr)
      return;
    here.key = last_key_ = chunk_key(plan_, last_key_, here.work);
    auto found = options_.store->find(here.key);
    if (!found || found->size() != here.work.frames.size())
      return;
    here.is_found = true;
    here.coded = std::move(*found);
    if (plan_.first_pass == FirstPass::kDevice)
      here.work.frames.clear();
  }

  void decide(const Job& job) {
    std::vector<ChunkWork> wave;
    {
      const std::lock_guard lock(mutex_);
      for (int i = 0; i < job.chunks; ++i) {
        ChunkWork& work = chunk(job.first_chunk + i).work;
        if (!work.frames.empty())
          wave.push_back(std::move(work));
      }
    }
    PhaseTimes times;
    if (!wave.empty()) {
      const Chunk& last = wave.back().chunk;
      gpu::ScopedSpan span(options_.spans, "first pass", "first pass",
                           labels_of(wave.front().chunk));
      span.labels().pictures =
          last.first_picture + last.pictures - wave.front().chunk.first_picture;
      first_pass_.run(wave, times);
    }
    const std::lock_guard lock(mutex_);
    for (ChunkWork& work : wave) {
      work.stand_ins = {};
      chunk(work.chunk.index).work = std::move(work);
    }
    summary_.cpu.first_pass += times.first_pass;
    summary_.cpu.boundary += times.boundary;
    schedule_.finish(job);
    window_.drop_before(first_picture(schedule_.first_undecided()));
  }

  void rebase(const Job& job) {
    InFlight* here = nullptr;
    Chain* chain = nullptr;
    {
      const std::lock_guard lock(mutex_);
      here = &chunk(job.first_chunk);
      chain = &chains_.try_emplace(here->work.chunk.chain, plan_.effort).first->second;
    }
    const ChunkWork& work = here->work;
    const double rebase_before = chain->rebase_seconds();
    const double measure_before = chain->measure_seconds();
    if (here->is_found) {
      chain->follow(here->coded);
    } else {
      rebase(*here, *chain);
    }
    const std::lock_guard lock(mutex_);
    summary_.reused_pictures += here->is_found ? work.chunk.pictures : 0;
    summary_.cpu.rebase += chain->rebase_seconds() - rebase_before;
    summary_.cpu.measure += chain->measure_seconds() - measure_before;
    if (chunk_at(plan_, job.first_chunk + 1).begins_chain())
      end_chain(work.chunk.chain);
    schedule_.finish(job);
  }

  void rebase(InFlight& here, Chain& chain) {
    ChunkWork& work = here.work;
    {
      const gpu::ScopedSpan span(options_.spans, "rebase", "rebase", labels_of(work.chunk));
      for (std::size_t i = 0; i < work.frames.size(); ++i) {
        here.coded.push_back(chain.rebase(*work.frames[i].source, std::move(work.decisions[i])));
        work.frames[i].source = {};  // often the last to hold it
      }
    }
    if (options_.store != nullptr)
      options_.store->keep(here.key, here.coded);
  }

  // Only the state behind the last chain is asked for in the end.
  void end_chain(std::int64_t number) {
    auto ended = chains_.extract(number);
    if (number >= last_ended_) {
      last_ended_ = number;
      ended_ = std::move(ended.mapped());
    }
  }

  void write(const Job& job) {
    InFlight here;
    Progress progress;
    {
      const std::lock_guard lock(mutex_);
      here = std::move(chunk(job.first_chunk));
    }
    double seconds = 0;
    {
      const gpu::ThreadStopwatch watch(seconds);
      const gpu::ScopedSpan span(options_.spans, "write", "write", labels_of(here.work.chunk));
      for (const RebasedPicture& picture : here.coded) {
        write_({picture.bytes, summary_.pictures, picture.quality ? &*picture.quality : nullptr});
        summary_.bytes += picture.bytes.size();
        if (picture.quality) {
          quality_.add(*picture.quality);
          ++summary_.pictures;
        }
      }
    }
    {
      const std::lock_guard lock(mutex_);
      summary_.cpu.write += seconds;
      progress = {summary_.pictures, summary_.bytes, summary_.cpu};
    }
    if (options_.on_progress)
      options_.on_progress(progress);
    const std::lock_guard lock(mutex_);
    chunks_.pop_front();
    ++first_chunk_;
    schedule_.finish(job);
  }

  std::int64_t first_picture(std::int64_t chunk) const {
    return chunk_at(plan_, chunk).first_picture;
  }
  InFlight& chunk(std::int64_t index) {
    return chunks_[static_cast<std::size_t>(index - first_chunk_)];
  }

  const Plan& plan_;
  const RunOptions& options_;
  const std::function<void(const CodedFrame&)>& write_;
  SourceWindow window_;
  WaveFirstPass first_pass_;
  tbb::task_group group_;

  std::mutex mutex_;  // guards what follows, but for what a job that is under way has to itself
  Schedule schedule_;
  std::exception_ptr failure_;            // the first one
  std::deque<InFlight> chunks_;           // prepared and not written
  std::int64_t first_chunk_ = 0;          // number of the first of these
  std::map<std::int64_t, Chain> chains_;  // begun and not ended
  Chain ended_{gpu::Effort::kDefault};    // the last one that has ended
  std::int64_t last_ended_ = -1;
  QualitySum quality_;  // this, and the pictures and bytes below, belong to the write job
  EncodeSummary summary_;
  ChunkKey last_key_;  // belongs to the prepare job
};

}  // namespace

std::uint64_t memory_bound(const Plan& plan, const ScheduleLimits& limits) {
  const vp8::Picture picture(plan.width, plan.height);
  const std::int64_t macroblocks = std::int64_t{picture.mb_cols()} * picture.mb_rows();
  const std::uint64_t picture_bytes =
      picture.size_bytes() + static_cast<std::uint64_t>(macroblocks) * sizeof(vp8::MbModes);
  const std::int64_t window = std::int64_t{limits.window} * plan.chunk_frames;
  const std::int64_t step = std::int64_t{limits.read_chunks} * plan.chunk_frames;
  const std::int64_t ahead = SourceWindow::kLookahead;
  const std::int64_t filtered = window / kLeastGroup + 4;
  const std::int64_t pictures = window + ahead + filtered + (step + ahead) / 2 +
                                7 * limits.threads + 6 * limits.call_chunks * limits.calls + 4;
  return static_cast<std::uint64_t>(pictures) * picture_bytes;
}

std::uint64_t default_host_memory() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 2;
}

ScheduleLimits schedule_limits(const Plan& plan,
                               int threads,
                               const gpu::Device& device,
                               std::uint64_t host_memory) {
  ScheduleLimits limits;
  limits.threads = thread_count(threads);
  gpu::WaveSize size =
      device.wave_size({plan.width, plan.height, plan.chunk_frames, limits.threads});
  // Where libvpx leaves one call is where the next one begins.
  if (plan.first_pass == FirstPass::kLibvpx)
    size = {2 * limits.threads, 1, false};
  limits.call_chunks = std::max(1, size.chunks);
  limits.calls = std::max(1, size.at_once);
  limits.elsewhere = size.elsewhere;
  // Steps that are worth starting: other hardware compares many pictures at once.
  limits.read_chunks = divided_up(size.elsewhere ? 64 : 12, plan.chunk_frames);
  limits.window = window_of(limits);
  while (limits.call_chunks > 1 && memory_bound(plan, limits) > host_memory) {
    limits.call_chunks /= 2;
    limits.window = window_of(limits);
  }
  return limits;
}

EncodeSummary encode_video(PictureSource& source,
                           const Plan& plan,
                           const RunOptions& options,
                           gpu::Device& device,
                           const std::function<void(const CodedFrame&)>& write) {
  const ScheduleLimits limits = schedule_limits(plan, options.threads, device);
  const int threads = arena_size(limits);
  const tbb::global_control parallelism(tbb::global_control::max_allowed_parallelism,
                                        static_cast<std::size_t>(threads));
  tbb::task_arena arena(threads);
  device.set_span_sink(options.spans);
  return arena.execute(
      [&] { return Pipeline(source, plan, options, limits, device, write).run(); });
}

}  // namespace host
