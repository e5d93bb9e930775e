// The pipeline of an encode: one wave is searched while the one before it is rebased.
#include "host/pipeline.hh"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include "cuda/thread_clock.hh"
#include "host/chain.hh"
#include "host/first_pass.hh"
#include "host/source_window.hh"

namespace host {
namespace {

int thread_count(int wanted) {
  return wanted > 0 ? wanted : tbb::this_task_arena::max_concurrency();
}

// Enough chunks that every thread has two, and that a wave is worth starting.
int chunks_per_wave(const Plan& plan, int threads) {
  constexpr int kMinPictures = 12;
  return std::max(2 * threads, (kMinPictures + plan.chunk_frames - 1) / plan.chunk_frames);
}

// Chunks of one wave that follow each other in one chain, and the chain.
struct ChainRun {
  Chain chain;
  std::vector<ChunkWork*> chunks;
  std::vector<RebasedPicture> coded;
};

gpu::SpanLabels labels_of(const Chunk& chunk) {
  return {.wave = -1,
          .chain = chunk.chain,
          .chunk = chunk.index,
          .picture = chunk.first_picture,
          .pictures = chunk.pictures};
}

void rebase_run(ChainRun& run, gpu::SpanSink* spans) {
  for (ChunkWork* work : run.chunks) {
    const gpu::ScopedSpan span(spans, "rebase", "rebase", labels_of(work->chunk));
    for (std::size_t i = 0; i < work->sources.size(); ++i) {
      run.coded.push_back(run.chain.rebase(*work->sources[i], std::move(work->decisions[i])));
      work->sources[i] = {};  // often the last to hold it
    }
  }
}

// Runs the waves of one encode.
class Pipeline {
 public:
  Pipeline(PictureSource& source,
           const Plan& plan,
           const RunOptions& options,
           gpu::Device& device,
           const std::function<void(const CodedFrame&)>& write)
      : plan_(plan),
        options_(options),
        write_(write),
        window_(source, device, plan, options.limit, options.spans),
        first_pass_(plan, device),
        wave_chunks_(chunks_per_wave(plan, thread_count(options.threads))) {}

  EncodeSummary run() {
    std::vector<ChunkWork> wave = read_wave();
    std::vector<ChunkWork> behind;
    while (!wave.empty() || !behind.empty()) {
      std::vector<ChunkWork> next;
      std::vector<ChainRun> runs = chain_runs(behind);
      side_by_side(
          [&] {
            tbb::parallel_for(std::size_t{0}, runs.size(),
                              [&](std::size_t i) { rebase_run(runs[i], options_.spans); });
          },
          [&] {
            decide(wave);
            next = read_wave();
          });
      finish_runs(runs);
      behind = std::exchange(wave, std::move(next));
    }
    summary_.quality = quality_.mean();
    summary_.state_hash = vp8::hash(open_chain_.state());
    return summary_;
  }

 private:
  // Runs both, the second on this thread, and throws what either threw.
  template <class F, class G>
  static void side_by_side(const F& beside, const G& here) {
    tbb::task_group group;
    group.run(beside);
    std::exception_ptr failure;
    try {
      here();
    } catch (...) {
      failure = std::current_exception();
    }
    group.wait();
    if (failure)
      std::rethrow_exception(failure);
  }

  void decide(std::vector<ChunkWork>& wave) {
    if (wave.empty())
      return;
    gpu::ScopedSpan span(options_.spans, "first pass", "first pass", labels_of(wave.front().chunk));
    const Chunk& last = wave.back().chunk;
    span.labels().pictures = last.first_picture + last.pictures - wave.front().chunk.first_picture;
    first_pass_.run(window_, wave, summary_.cpu);
  }

  std::vector<ChunkWork> read_wave() {
    std::vector<ChunkWork> wave;
    const std::int64_t end = chunk_at(plan_, next_chunk_ + wave_chunks_).first_picture;
    const std::int64_t ready = window_.prepare(end);
    for (int i = 0; i < wave_chunks_; ++i) {
      Chunk chunk = chunk_at(plan_, next_chunk_);
      if (chunk.first_picture >= ready)
        break;
      chunk.pictures =
          static_cast<int>(std::min<std::int64_t>(chunk.pictures, ready - chunk.first_picture));
      ChunkWork work{chunk, {}, {}};
      for (int k = 0; k < chunk.pictures; ++k)
        work.sources.push_back(window_.picture(chunk.first_picture + k));
      wave.push_back(std::move(work));
      ++next_chunk_;
    }
    if (!wave.empty())
      window_.drop_before(wave.front().chunk.first_picture - kGoldenInterval);
    summary_.cpu.read = window_.read_seconds();
    summary_.cpu.lookahead = window_.lookahead_seconds();
    return wave;
  }

  // Cuts a wave where chains begin. Its first run goes on with the chain that the wave before left
  // open.
  std::vector<ChainRun> chain_runs(std::vector<ChunkWork>& wave) {
    std::vector<ChainRun> runs;
    for (ChunkWork& work : wave) {
      if (work.chunk.begins_chain()) {
        runs.emplace_back();
      } else if (runs.empty()) {
        runs.emplace_back().chain = std::move(open_chain_);
      }
      runs.back().chunks.push_back(&work);
    }
    return runs;
  }

  void finish_runs(std::vector<ChainRun>& runs) {
    if (runs.empty())
      return;
    gpu::ScopedSpan span(options_.spans, "write", "write", {.picture = summary_.pictures});
    const std::int64_t written = summary_.pictures;
    double write_seconds = 0;
    for (ChainRun& run : runs) {
      const gpu::ThreadStopwatch watch(write_seconds);
      for (const RebasedPicture& picture : run.coded) {
        write_({picture.bytes, summary_.pictures++});
        quality_.add(picture.quality);
        summary_.bytes += picture.bytes.size();
      }
      summary_.cpu.rebase += run.chain.rebase_seconds();
      summary_.cpu.measure += run.chain.measure_seconds();
    }
    span.labels().pictures = summary_.pictures - written;
    summary_.cpu.write += write_seconds;
    open_chain_ = runs.back().chain.continued();
    if (options_.on_progress)
      options_.on_progress({summary_.pictures, summary_.bytes, summary_.cpu});
  }

  const Plan& plan_;
  const RunOptions& options_;
  const std::function<void(const CodedFrame&)>& write_;
  SourceWindow window_;
  WaveFirstPass first_pass_;
  int wave_chunks_;
  std::int64_t next_chunk_ = 0;
  Chain open_chain_;
  QualitySum quality_;
  EncodeSummary summary_;
};

}  // namespace

std::uint64_t memory_bound(const Plan& plan, int threads) {
  const vp8::Picture picture(plan.width, plan.height);
  const std::uint64_t macroblocks =
      static_cast<std::uint64_t>(picture.mb_cols()) * static_cast<std::uint64_t>(picture.mb_rows());
  const std::uint64_t picture_bytes = picture.size_bytes() + macroblocks * sizeof(vp8::MbModes);
  const int t = thread_count(threads);
  const int chunks = chunks_per_wave(plan, t);
  const std::int64_t wave = std::int64_t{chunks} * plan.chunk_frames;
  constexpr std::int64_t kLookahead = 2 * kPlanningBlock;
  const auto pictures = static_cast<std::uint64_t>(
      3 * wave + kLookahead + kGoldenInterval + (wave + kLookahead) / 2 + 4 * t + 6 * chunks + 3);
  return pictures * picture_bytes;
}

EncodeSummary encode_video(PictureSource& source,
                           const Plan& plan,
                           const RunOptions& options,
                           gpu::Device& device,
                           const std::function<void(const CodedFrame&)>& write) {
  const int threads = thread_count(options.threads);
  const tbb::global_control parallelism(tbb::global_control::max_allowed_parallelism,
                                        static_cast<std::size_t>(threads));
  tbb::task_arena arena(threads);
  return arena.execute([&] { return Pipeline(source, plan, options, device, write).run(); });
}

}  // namespace host
