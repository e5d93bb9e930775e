// Reading, looking ahead, planning.
#include "host/source_window.hh"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "cuda/thread_clock.hh"

namespace host {

std::int64_t SourceWindow::prepare(std::int64_t end) {
  const std::int64_t had = this->end();
  read_to(end + 2 * kPlanningBlock);
  if (this->end() > had)
    look_ahead(had);
  const std::int64_t ready = std::min(end, this->end());
  while (planned_ < ready)
    plan_block();
  return ready;
}

void SourceWindow::drop_before(std::int64_t number) {
  while (first_ < number && !entries_.empty()) {
    entries_.pop_front();
    ++first_;
  }
}

void SourceWindow::read_to(std::int64_t end) {
  const gpu::ThreadStopwatch watch(read_seconds_);
  gpu::ScopedSpan span(spans_, "read", "read", {.picture = this->end()});
  const std::int64_t had = this->end();
  if (limit_ >= 0)
    end = std::min(end, limit_);
  while (!over_ && this->end() < end) {
    std::optional<vp8::Picture> picture = source_.next();
    if (picture) {
      entries_.push_back({vp8::PictureRef(std::move(*picture)), {}, {}});
    } else {
      over_ = true;
    }
  }
  span.labels().pictures = this->end() - had;
}

void SourceWindow::look_ahead(std::int64_t from) {
  const gpu::ScopedSpan span(spans_, "lookahead", "lookahead",
                             {.picture = from, .pictures = end() - from});
  std::vector<vp8::PictureRef> pictures;
  for (std::int64_t i = std::max<std::int64_t>(from - 1, 0); i < end(); ++i)
    pictures.push_back(picture(i));
  std::vector<gpu::PictureStats> stats = device_.look_ahead(pictures);
  const auto first = static_cast<std::size_t>(end() - first_) - stats.size();
  for (std::size_t i = 0; i < stats.size(); ++i) {
    lookahead_seconds_ += stats[i].cpu_seconds;
    entries_[first + i].stats = std::move(stats[i]);
  }
}

// Plans the next block of pictures of a chain. What it sees depends on the chain and the video
// alone, not on how far ahead has been read.
void SourceWindow::plan_block() {
  const std::int64_t position = position_in_chain(plan_, planned_);
  const std::int64_t chain_length =
      static_cast<std::int64_t>(plan_.chunk_frames) * plan_.chunks_per_chain;
  std::int64_t chain_end = end();
  if (chain_length > 0)
    chain_end = std::min(chain_end, planned_ - position + chain_length);
  const std::int64_t block_end = std::min(chain_end, planned_ + kPlanningBlock);
  const std::int64_t horizon = std::min(chain_end, planned_ + 2 * kPlanningBlock);
  std::vector<gpu::PictureStats> ahead;
  for (std::int64_t i = planned_ + 1; i < horizon; ++i)
    ahead.push_back(stats(i));
  const vp8::PictureRef& first = picture(planned_);
  for (const PicturePlan& p :
       plan_quality(plan_, ahead, first->mb_rows(), first->mb_cols(), position,
                    static_cast<std::size_t>(block_end - planned_))) {
    entries_[static_cast<std::size_t>(planned_++ - first_)].plan = p;
  }
}

}  // namespace host
