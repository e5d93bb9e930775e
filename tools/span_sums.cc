// Spans of a track are nested or follow each other, and an inner one ends before its outer one.
#include "tools/span_sums.hh"

#include <algorithm>

#include <unistd.h>

namespace tools {
namespace {

// How many of a track's last spans are kept for one that encloses them.
constexpr std::size_t kRecent = 4096;

double seconds_of(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

void SpanSums::span(const gpu::Span& span) noexcept {
  if (next_ != nullptr)
    next_->span(span);
  try {
    const std::lock_guard lock(mutex_);
    add(span);
  } catch (const std::exception&) {
    // Out of memory for a sum of a few words: the run itself will say so.
  }
}

void SpanSums::counter(std::string_view name, std::int64_t value) noexcept {
  if (next_ != nullptr)
    next_->counter(name, value);
}

void SpanSums::add(const gpu::Span& span) {
  const bool is_here = span.track == gpu::Span::kThisThread;
  const int number = is_here ? ::gettid() : span.track;
  const double seconds = own_seconds({is_here ? "" : std::string(span.track_kind), number}, span);
  WorkSum& sum = work_[{std::string(span.category), std::string(span.name)}];
  ++sum.count;
  sum.pictures += std::max<std::int64_t>(0, span.labels.pictures);
  sum.seconds += seconds;
  if (is_here)
    threads_[number] += seconds;
}

double SpanSums::own_seconds(const Track& track, const gpu::Span& span) {
  std::vector<Ended>& recent = recent_[track];
  double seconds = seconds_of(span.end - span.begin);
  while (!recent.empty() && recent.back().begin >= span.begin) {
    seconds -= seconds_of(recent.back().end - recent.back().begin);
    recent.pop_back();
  }
  if (recent.size() == kRecent)
    recent.erase(recent.begin(), recent.begin() + kRecent / 2);
  recent.push_back({span.begin, span.end});
  return seconds;
}

}  // namespace tools
