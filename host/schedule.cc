// What may run, what waits.
#include "host/schedule.hh"

#include <algorithm>

namespace host {

std::optional<Job> Schedule::start() {
  const std::optional<Job> job = pick();
  if (!job)
    return job;
  busy_ += needs_thread(*job) ? 1 : 0;
  switch (job->kind) {
    case Job::kRead:
      reading_ = true;
      break;
    case Job::kPrepare:
      preparing_ = true;
      break;
    case Job::kDecide:
      ++calls_;
      for (; next_decide_ < job->first_chunk + job->chunks; ++next_decide_)
        stage(next_decide_) = Stage::kDeciding;
      break;
    case Job::kRebase:
      stage(job->first_chunk) = Stage::kRebasing;
      open_chains_ += begins_chain(job->first_chunk) ? 1 : 0;
      break;
    case Job::kWrite:
      writing_ = true;
      break;
  }
  return job;
}

void Schedule::finish_read(const Job& job, bool more) {
  --busy_;
  reading_ = false;
  read_end_ += job.chunks;
  read_all_ = !more;
}

void Schedule::finish_prepare(const Job& job, int chunks) {
  --busy_;
  preparing_ = false;
  chunks_.insert(chunks_.end(), static_cast<std::size_t>(chunks), Stage::kPrepared);
  // After the last read all that was read gets prepared at once.
  over_ = read_all_ && job.first_chunk + job.chunks == read_end_;
  if (over_)
    read_end_ = end();
}

void Schedule::finish(const Job& job) {
  busy_ -= needs_thread(job) ? 1 : 0;
  switch (job.kind) {
    case Job::kDecide:
      --calls_;
      for (int i = 0; i < job.chunks; ++i)
        stage(job.first_chunk + i) = Stage::kDecided;
      break;
    case Job::kRebase:
      stage(job.first_chunk) = Stage::kRebased;
      open_chains_ -= ends_chain(job.first_chunk) ? 1 : 0;
      break;
    case Job::kWrite:
      writing_ = false;
      chunks_.pop_front();
      ++first_;
      break;
    case Job::kRead:
    case Job::kPrepare:
      break;
  }
}

std::int64_t Schedule::first_undecided() const {
  const auto undecided = std::find_if(chunks_.begin(), chunks_.end(), [](Stage s) {
    return s == Stage::kPrepared || s == Stage::kDeciding;
  });
  return first_ + (undecided - chunks_.begin());
}

std::optional<Job> Schedule::pick() const {
  std::optional<Job> decide = pick_decide();
  if (decide && limits_.elsewhere)
    return decide;
  if (busy_ >= limits_.threads)
    return {};
  if (!writing_ && !chunks_.empty() && chunks_.front() == Stage::kRebased)
    return Job{Job::kWrite, first_, 1};
  if (can_read())
    return Job{Job::kRead, read_end_, limits_.read_chunks};
  if (can_prepare())
    return Job{Job::kPrepare, end(), static_cast<int>(read_end_ - end())};
  if (const std::optional<Job> rebase = pick_rebase())
    return rebase;
  return decide;
}

// A full call, or the video's last. Hardware that has nothing else to do takes what there is: where
// reading holds it up, it gets small calls early rather than full ones late.
std::optional<Job> Schedule::pick_decide() const {
  const auto waiting = static_cast<int>(end() - next_decide_);
  const bool enough = waiting >= limits_.call_chunks || over_ || (limits_.elsewhere && calls_ == 0);
  if (calls_ == limits_.calls || waiting == 0 || !enough)
    return {};
  return Job{Job::kDecide, next_decide_, std::min(waiting, limits_.call_chunks)};
}

// A chain begins only when all before it is decided: so all open chains but the last one can be
// ended without the window moving on. And no more are open than there are threads: that would only
// take memory.
std::optional<Job> Schedule::pick_rebase() const {
  bool may_begin = open_chains_ < limits_.threads;
  for (std::int64_t chunk = first_; chunk < next_decide_; ++chunk) {
    if (stage(chunk) == Stage::kDeciding) {
      may_begin = false;
    } else if (stage(chunk) == Stage::kDecided && may_rebase(chunk, may_begin)) {
      return Job{Job::kRebase, chunk, 1};
    }
  }
  return {};
}

// No further ahead than the next calls need: one step is prepared while the next one is read.
bool Schedule::can_read() const {
  const int wanted = limits_.call_chunks * limits_.calls + limits_.read_chunks;
  const auto waiting = static_cast<int>(read_end_ - next_decide_);
  return !reading_ && !read_all_ && waiting + limits_.read_chunks <= wanted &&
         in_window() + limits_.read_chunks <= limits_.window;
}

// What the last read found may be no chunk at all: that is for prepare to say.
bool Schedule::can_prepare() const {
  return !preparing_ && !over_ && read_end_ > end();
}

bool Schedule::may_rebase(std::int64_t chunk, bool may_begin) const {
  if (begins_chain(chunk))
    return may_begin;
  return chunk == first_ || stage(chunk - 1) == Stage::kRebased;
}

bool Schedule::begins_chain(std::int64_t chunk) const {
  return chunks_per_chain_ == 0 ? chunk == 0 : chunk % chunks_per_chain_ == 0;
}

}  // namespace host
