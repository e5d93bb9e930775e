// Reading, looking ahead, planning.
#include "host/source_window.hh"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <tbb/task_arena.h>

#include "codec/tables.hh"
#include "cuda/temporal_filter.hh"
#include "cuda/thread_clock.hh"

namespace host {
namespace {

// Pictures before and behind a hidden one that are mixed into it.
constexpr std::int64_t kFilterReach = 2;

}  // namespace

bool SourceWindow::read(std::int64_t end) {
  const gpu::ThreadStopwatch watch(read_seconds_);
  const std::int64_t begin = read_end();
  gpu::ScopedSpan span(spans_, "read", "read", {.picture = begin});
  std::int64_t next = begin;
  while (!over_ && next < end + kLookahead) {
    std::optional<vp8::Picture> picture;
    if (next != limit_)
      picture = source_.next();
    over_ = !picture;
    if (picture) {
      vp8::PictureRef frozen(std::move(*picture));
      const std::lock_guard lock(mutex_);
      entries_.push_back({std::move(frozen), {}, {}, {}});
      ++next;
    }
  }
  span.labels().pictures = next - begin;
  return next > end;
}

std::int64_t SourceWindow::prepare(std::int64_t end) {
  look_ahead(std::min(end + kLookahead, read_end()));
  const std::int64_t ready = std::min(end, compared_);
  while (planned_ < ready)
    plan_block();
  return ready;
}

void SourceWindow::drop_before(std::int64_t number) {
  const std::lock_guard lock(mutex_);
  while (first_ < number && !entries_.empty()) {
    entries_.pop_front();
    ++first_;
  }
}

std::int64_t SourceWindow::read_end() const {
  const std::lock_guard lock(mutex_);
  return first_ + static_cast<std::int64_t>(entries_.size());
}

void SourceWindow::look_ahead(std::int64_t end) {
  if (end <= compared_)
    return;
  const gpu::ScopedSpan span(spans_, "lookahead", "lookahead",
                             {.picture = compared_, .pictures = end - compared_});
  std::vector<vp8::PictureRef> pictures;
  for (std::int64_t i = std::max<std::int64_t>(compared_ - 1, 0); i < end; ++i)
    pictures.push_back(picture(i));
  // Isolated: a thread that waits for the last comparison must not begin some longer work.
  std::vector<gpu::PictureStats> stats =
      tbb::this_task_arena::isolate([&] { return device_.look_ahead(pictures); });
  const std::int64_t first = end - static_cast<std::int64_t>(stats.size());
  for (std::size_t i = 0; i < stats.size(); ++i) {
    lookahead_seconds_ += stats[i].cpu_seconds;
    entry(first + static_cast<std::int64_t>(i)).stats = std::move(stats[i]);
  }
  compared_ = end;
}

// Plans the next block of pictures of a chain. What it sees depends on the chain and the video
// alone, not on how far ahead has been read.
void SourceWindow::plan_block() {
  const std::int64_t position = position_in_chain(plan_, planned_);
  const std::int64_t chain_length =
      static_cast<std::int64_t>(plan_.chunk_frames) * plan_.chunks_per_chain;
  std::int64_t chain_end = compared_;
  if (chain_length > 0)
    chain_end = std::min(chain_end, planned_ - position + chain_length);
  const std::int64_t horizon = std::min(chain_end, planned_ + kLookahead);
  std::vector<gpu::PictureStats> ahead;
  for (std::int64_t i = planned_ + 1; i < horizon; ++i)
    ahead.push_back(stats(i));
  const vp8::PictureRef& first = picture(planned_);
  for (const PicturePlan& p :
       plan_group(plan_, ahead, first->mb_rows(), first->mb_cols(), position)) {
    set_plan(planned_++, p);
  }
}

// The motion from picture `from` to a near one, as if it went on as it does between neighbours.
std::vector<vp8::MotionVector> SourceWindow::motion(std::int64_t from, std::int64_t to) const {
  constexpr std::int64_t kMost = vp8::kMaxMvDelta;
  const auto times = [&](std::int16_t component) {
    return static_cast<std::int16_t>(std::clamp((from - to) * component, -kMost, kMost));
  };
  std::vector<vp8::MotionVector> motion;
  for (const vp8::MotionVector mv : stats(to > from ? from + 1 : from).motion)
    motion.push_back({times(mv.row), times(mv.col)});
  return motion;
}

// What a hidden picture is made of: fine, but without the noise of one moment.
vp8::PictureRef SourceWindow::filtered(std::int64_t number) {
  const gpu::ScopedSpan span(spans_, "filter", "filter", {.picture = number, .pictures = 1});
  const gpu::ThreadStopwatch watch(lookahead_seconds_);
  std::vector<gpu::FilterNeighbour> neighbours;
  for (std::int64_t distance = 1; distance <= kFilterReach; ++distance) {
    for (const std::int64_t near : {number - distance, number + distance}) {
      if (near < compared_)
        neighbours.push_back({picture(near), motion(number, near)});
    }
  }
  const int q_index = q_index_of_cq(plan_.cq16, 0);
  return vp8::PictureRef(tbb::this_task_arena::isolate([&] {
    return gpu::filter_over_time(*picture(number), neighbours,
                                 vp8::kAcStep[static_cast<std::size_t>(q_index)]);
  }));
}

void SourceWindow::set_plan(std::int64_t number, const PicturePlan& plan) {
  Entry& here = entry(number);
  if (plan.shown.role != FrameRole::kKey)
    here.stand_ins = stand_ins_;
  if (plan.altref) {
    here.frames.push_back({filtered(number + plan.altref_distance), number, *plan.altref, {}});
    stand_ins_.golden = stand_ins_.altref;
    stand_ins_.altref = here.frames.back().source;
  }
  here.frames.push_back({here.picture, number, plan.shown, {}});
  if (plan.shown.role != FrameRole::kKey)
    here.frames.back().motion = here.stats.motion;
  stand_ins_.last = here.picture;
  if (plan.shown.role == FrameRole::kKey || plan.shown.role == FrameRole::kGolden)
    stand_ins_.golden = stand_ins_.altref = here.picture;
}

}  // namespace host
