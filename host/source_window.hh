// The pictures of a video that have been read and may still be needed, with what is known and
// planned about each.
#pragma once

#include <cstdint>
#include <deque>

#include "cuda/device.hh"
#include "host/picture_source.hh"
#include "host/plan.hh"
#include "host/quality_plan.hh"

namespace host {

/// Reads ahead of the coding. Pictures are numbered from 0 over the whole video.
class SourceWindow {
 public:
  /// `limit`: pictures at most, -1 for all. `spans` may be null. The references must outlive the
  /// window.
  SourceWindow(PictureSource& source,
               gpu::Device& device,
               const Plan& plan,
               std::int64_t limit,
               gpu::SpanSink* spans = nullptr)
      : source_(source), device_(device), plan_(plan), limit_(limit), spans_(spans) {}

  /// Makes pictures up to `end` - 1 ready to be coded: reads them and those that the planning looks
  /// ahead to, compares each with the one before it, plans its quality. Returns one past the last
  /// picture that is ready.
  std::int64_t prepare(std::int64_t end);

  /// A picture that was read and not forgotten.
  const vp8::PictureRef& picture(std::int64_t number) const { return entry(number).picture; }
  /// Its comparison with the picture before it; empty for picture 0.
  const gpu::PictureStats& stats(std::int64_t number) const { return entry(number).stats; }
  /// Its quality, for pictures that prepare() made ready.
  const PicturePlan& plan(std::int64_t number) const { return entry(number).plan; }

  /// Forgets pictures before `number`.
  void drop_before(std::int64_t number);

  /// Processor seconds spent on reading, and on comparing.
  double read_seconds() const { return read_seconds_; }
  double lookahead_seconds() const { return lookahead_seconds_; }

 private:
  struct Entry {
    vp8::PictureRef picture;
    gpu::PictureStats stats;
    PicturePlan plan;
  };

  const Entry& entry(std::int64_t number) const {
    return entries_[static_cast<std::size_t>(number - first_)];
  }
  std::int64_t end() const { return first_ + static_cast<std::int64_t>(entries_.size()); }
  void read_to(std::int64_t end);
  void look_ahead(std::int64_t from);
  void plan_block();

  PictureSource& source_;
  gpu::Device& device_;
  const Plan& plan_;
  std::int64_t limit_;
  gpu::SpanSink* spans_;
  bool over_ = false;
  std::int64_t first_ = 0;
  std::int64_t planned_ = 0;  // one past the last planned picture
  std::deque<Entry> entries_;
  double read_seconds_ = 0;
  double lookahead_seconds_ = 0;
};

}  // namespace host
