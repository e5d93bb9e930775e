// The pipeline of an encode: one wave is searched while the one before it is rebased.
#include "host/pipeline.hh"

#include <chrono>
#include <ctime>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>

#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include "host/chain.hh"
#include "host/quality_plan.hh"

namespace host {
namespace {

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Adds the calling thread's processor time from construction to destruction.
class Stopwatch {
 public:
  explicit Stopwatch(double& total) : total_(total), start_(thread_seconds()) {}
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  ~Stopwatch() { total_ += thread_seconds() - start_; }

 private:
  double& total_;
  double start_;
};

int chunks_per_wave(const Plan& plan, int threads) {
  constexpr int kMinPictures = 12;
  return std::max(2 * threads, (kMinPictures + plan.chunk_frames - 1) / plan.chunk_frames);
}

// One chunk on its way through the pipeline.
struct ChunkWork {
  Chunk chunk;
  std::vector<vp8::PictureRef> sources;
  std::vector<vp8::Decisions> decisions;
  std::vector<RebasedPicture> coded;
};

}  // namespace

PhaseTimes& PhaseTimes::operator+=(const PhaseTimes& o) {
  read += o.read;
  lookahead += o.lookahead;
  first_pass += o.first_pass;
  boundary += o.boundary;
  rebase += o.rebase;
  write += o.write;
  return *this;
}

namespace {

// The pictures that were read and may still be needed, with what the lookahead knows of them.
class SourceWindow {
 public:
  SourceWindow(PictureSource& source, gpu::Device& device, std::int64_t limit, PhaseTimes& times)
      : source_(source), device_(device), limit_(limit), times_(times) {}

  /// Reads until picture `end` - 1 is there or the video is over. Returns one past the last picture there is.
  std::int64_t read_to(std::int64_t end) {
    if (limit_ >= 0) end = std::min(end, limit_);
    const std::size_t had = pictures_.size();
    {
      const Stopwatch watch(times_.read);
      while (!over_ && first_ + static_cast<std::int64_t>(pictures_.size()) < end) {
        std::optional<vp8::Picture> picture = source_.next();
        if (picture) {
          pictures_.emplace_back(std::move(*picture));
        } else {
          over_ = true;
        }
      }
    }
    if (pictures_.size() > had) look_ahead(had);
    return first_ + static_cast<std::int64_t>(pictures_.size());
  }

  const vp8::PictureRef& picture(std::int64_t number) const { return pictures_[static_cast<std::size_t>(number - first_)]; }

  /// Comparison of picture `number` with the one before it.
  const gpu::PictureStats& stats(std::int64_t number) const { return stats_[static_cast<std::size_t>(number - first_)]; }

  /// Forgets pictures before `number`.
  void drop_before(std::int64_t number) {
    while (first_ < number && !pictures_.empty()) {
      pictures_.pop_front();
      stats_.pop_front();
      ++first_;
    }
  }

 private:
  void look_ahead(std::size_t had) {
    const Stopwatch watch(times_.lookahead);
    const std::size_t from = had > 0 ? had - 1 : 0;
    const std::vector<vp8::PictureRef> fresh(pictures_.begin() + static_cast<std::ptrdiff_t>(from), pictures_.end());
    std::vector<gpu::PictureStats> stats = device_.look_ahead(fresh);
    if (had == 0) stats_.emplace_back();  // the first picture has none before it
    for (gpu::PictureStats& s : stats) stats_.push_back(std::move(s));
  }

  PictureSource& source_;
  gpu::Device& device_;
  std::int64_t limit_;
  PhaseTimes& times_;
  std::int64_t first_ = 0;
  bool over_ = false;
  std::deque<vp8::PictureRef> pictures_;
  std::deque<gpu::PictureStats> stats_;
};

// Runs the waves of one encode.
class Pipeline {
 public:
  Pipeline(PictureSource& source, const Plan& plan, const RunOptions& options, gpu::Device& device, int threads,
           const std::function<void(const CodedFrame&)>& write)
      : plan_(plan),
        options_(options),
        device_(device),
        write_(write),
        window_(source, device, options.limit, summary_.cpu),
        wave_chunks_(chunks_per_wave(plan, threads)) {}

  EncodeSummary run() {
    std::vector<ChunkWork> rebasing;
    for (std::int64_t next_chunk = 0;;) {
      std::vector<ChunkWork> wave = read_wave(next_chunk);
      next_chunk += static_cast<std::int64_t>(wave.size());
      tbb::task_group behind;
      behind.run([&] { rebase_wave(rebasing); });
      std::exception_ptr failure;
      try {
        first_pass(wave);
      } catch (...) {
        failure = std::current_exception();
      }
      behind.wait();
      if (failure) std::rethrow_exception(failure);
      write_wave(rebasing);
      if (wave.empty()) break;
      rebasing = std::move(wave);
    }
    summary_.quality = quality_.mean();
    return summary_;
  }

 private:
  std::vector<ChunkWork> read_wave(std::int64_t first_chunk) {
    std::vector<ChunkWork> wave;
    const std::int64_t first_picture = chunk_at(plan_, first_chunk).first_picture;
    const std::int64_t end = chunk_at(plan_, first_chunk + wave_chunks_).first_picture;
    const std::int64_t available = window_.read_to(end + 2 * kPlanningBlock);
    for (std::int64_t index = first_chunk; index < first_chunk + wave_chunks_; ++index) {
      Chunk chunk = chunk_at(plan_, index);
      if (chunk.first_picture >= available) break;
      chunk.pictures = static_cast<int>(std::min<std::int64_t>(chunk.pictures, available - chunk.first_picture));
      ChunkWork work{chunk, {}, {}, {}};
      for (int i = 0; i < chunk.pictures; ++i) work.sources.push_back(window_.picture(chunk.first_picture + i));
      wave.push_back(std::move(work));
    }
    if (!wave.empty()) plan_pictures(first_picture, std::min(end, available), available);
    return wave;
  }

  // Plans the quality of pictures from..to, planning block by planning block of each chain.
  void plan_pictures(std::int64_t from, std::int64_t to, std::int64_t available) {
    while (planned_end_ < to) {
      const std::int64_t position = position_in_chain(plan_, planned_end_);
      const std::int64_t chain_begin = planned_end_ - position;
      const std::int64_t chain_pictures = static_cast<std::int64_t>(plan_.chunk_frames) * plan_.chunks_per_chain;
      const std::int64_t chain_end =
          chain_pictures == 0 ? available : std::min(available, chain_begin + chain_pictures);
      const std::int64_t block_end = std::min(chain_end, planned_end_ + kPlanningBlock);
      const std::int64_t horizon = std::min(chain_end, planned_end_ + 2 * kPlanningBlock);
      std::vector<gpu::PictureStats> stats;
      for (std::int64_t i = planned_end_ + 1; i < horizon; ++i) stats.push_back(window_.stats(i));
      const vp8::Picture& picture = *window_.picture(planned_end_);
      for (PictureQualityPlan& quality :
           plan_quality(plan_, stats, picture.mb_rows(), picture.mb_cols(),
                        static_cast<std::size_t>(block_end - planned_end_), position == 0, static_cast<std::size_t>(position))) {
        planned_.push_back(std::move(quality));
      }
      planned_end_ = block_end;
    }
    while (planned_begin_ < from - 32) {
      planned_.pop_front();
      ++planned_begin_;
    }
  }

  const PictureQualityPlan& quality_of(std::int64_t number) const {
    return planned_[static_cast<std::size_t>(number - planned_begin_)];
  }

  void first_pass(std::vector<ChunkWork>& wave) {
    if (wave.empty()) return;
    std::vector<gpu::ChunkJob> jobs;
    for (const ChunkWork& work : wave) {
      if (work.chunk.begins_chain()) key_picture_ = work.sources.front();
      jobs.push_back(job_of(work));
    }
    const double start = thread_seconds();
    std::vector<gpu::ChunkResult> results = device_.first_pass(std::move(jobs));
    summary_.cpu.first_pass += thread_seconds() - start;
    for (std::size_t i = 0; i < wave.size(); ++i) { auto& d=results[i].decisions; wave[i].decisions.assign(d.end() - wave[i].chunk.pictures, d.end()); }
    const ChunkWork& last = wave.back();
    window_.drop_before(last.chunk.first_picture + last.chunk.pictures - 1 - 32);
  }

  gpu::ChunkJob job_of(const ChunkWork& work) const {
    gpu::ChunkJob job;
    const Chunk& chunk = work.chunk;
    int lead = 0;
    if (!chunk.begins_chain()) {
      lead = std::getenv("FS_LEAD") ? std::atoi(std::getenv("FS_LEAD")) : 0;
      if (lead > position_in_chain(plan_, chunk.first_picture) - 1) lead = static_cast<int>(position_in_chain(plan_, chunk.first_picture)) - 1;
      // The source of the picture before stands in for its reconstruction, which does not exist yet.
      const vp8::PictureRef& before = window_.picture(chunk.first_picture - 1 - lead);
      job.entry.width = plan_.width;
      job.entry.height = plan_.height;
      const std::int64_t number = chunk.first_picture - 1 - lead;
      std::int64_t golden = number;
      while (golden > number - 30 && golden >= planned_begin_ && !quality_of(golden).golden) --golden;
      const bool have = golden >= planned_begin_ && quality_of(golden).golden && position_in_chain(plan_, golden) <= position_in_chain(plan_, number);
      job.entry.references = {before, have ? window_.picture(golden) : key_picture_, key_picture_};
      job.entry.segmentation.map.assign(
          static_cast<std::size_t>(before->mb_rows()) * static_cast<std::size_t>(before->mb_cols()), 0);
    }
    for (int i = -lead; i < chunk.pictures; ++i) {
      const std::int64_t number = chunk.first_picture + i;
      const bool key = chunk.begins_chain() && i == 0;
      gpu::PictureJob picture;
      picture.source = window_.picture(number);
      picture.header = header_of(quality_of(number), key);
      if (!key) picture.motion_hints = window_.stats(number).motion;
      job.pictures.push_back(std::move(picture));
    }
    return job;
  }

  vp8::FrameHeader header_of(const PictureQualityPlan& quality, bool key) const {
    vp8::FrameHeader header;
    header.key_frame = key;
    if (key) {
      header.width = static_cast<std::uint16_t>(plan_.width);
      header.height = static_cast<std::uint16_t>(plan_.height);
    } else {
      header.refresh_golden_frame = quality.golden;
      header.refresh_alternate_frame = false;
    }
    header.quant.y_ac_qi = static_cast<std::uint8_t>(quality.q_index);
    return header;
  }

  void rebase_wave(std::vector<ChunkWork>& wave) {
    for (ChunkWork& work : wave) {
      if (work.chunk.begins_chain()) chain_ = Chain();
      const Stopwatch watch(rebase_seconds_);
      for (std::size_t i = 0; i < work.sources.size(); ++i) {
        work.coded.push_back(chain_.rebase(work.sources[i], std::move(work.decisions[i])));
      }
    }
  }

  void write_wave(const std::vector<ChunkWork>& wave) {
    summary_.cpu.rebase = rebase_seconds_;
    const Stopwatch watch(summary_.cpu.write);
    for (const ChunkWork& work : wave) {
      std::int64_t number = work.chunk.first_picture;
      for (const RebasedPicture& picture : work.coded) {
        write_({picture.bytes, number++});
        quality_.add(picture.quality);
        ++summary_.pictures;
        summary_.bytes += picture.bytes.size();
      }
    }
    if (options_.on_progress) options_.on_progress({summary_.pictures, summary_.bytes, summary_.cpu});
  }

  const Plan& plan_;
  const RunOptions& options_;
  gpu::Device& device_;
  const std::function<void(const CodedFrame&)>& write_;
  EncodeSummary summary_;
  QualitySum quality_;
  SourceWindow window_;
  int wave_chunks_;
  std::deque<PictureQualityPlan> planned_;
  std::int64_t planned_begin_ = 0;
  std::int64_t planned_end_ = 0;
  Chain chain_;
  vp8::PictureRef key_picture_;
  double rebase_seconds_ = 0;
};

}  // namespace

EncodeSummary encode_video(PictureSource& source, const Plan& plan, const RunOptions& options, gpu::Device& device,
                           const std::function<void(const CodedFrame&)>& write) {
  const int threads = options.threads > 0 ? options.threads : tbb::this_task_arena::max_concurrency();
  const tbb::global_control parallelism(tbb::global_control::max_allowed_parallelism,
                                        static_cast<std::size_t>(threads));
  tbb::task_arena arena(threads);
  return arena.execute([&] { return Pipeline(source, plan, options, device, threads, write).run(); });
}

}  // namespace host
