// The pictures of a video that have been read and may still be needed, with what is known and
// planned about each.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "cuda/device.hh"
#include "host/picture_source.hh"
#include "host/plan.hh"
#include "host/quality_plan.hh"

namespace host {

/// A frame to be coded.
struct PlannedFrame {
  vp8::PictureRef source;
  std::int64_t picture = 0;  ///< number of the picture that it shows, or that it comes before
  FramePlan plan;
  /// Of each macroblock towards the picture before, from the lookahead: for shown inter frames.
  std::vector<vp8::MotionVector> motion{};

  bool shown() const { return plan.role != FrameRole::kAltref; }
};

/// Source pictures in the place of the references before a picture (and before its hidden frame).
struct StandIns {
  vp8::PictureRef last;  // null for a key frame
  vp8::PictureRef golden;
  vp8::PictureRef altref;
};

/// Reads ahead of the coding. Pictures are numbered from 0 over the whole video. read(), prepare()
/// and everything else may run side by side, on three threads or more; one read() and one prepare()
/// at a time.
class SourceWindow {
 public:
  /// Pictures that prepare() looks ahead.
  static constexpr std::int64_t kLookahead = kPlanHorizon;

  /// `limit`: pictures at most, -1 for all. `spans` may be null. The references must outlive the
  /// window.
  SourceWindow(PictureSource& source,
               gpu::Device& device,
               const Plan& plan,
               std::int64_t limit,
               gpu::SpanSink* spans = nullptr)
      : source_(source), device_(device), plan_(plan), limit_(limit), spans_(spans) {}

  /// Reads pictures up to `end` - 1 and those that their planning looks ahead to. Returns whether
  /// there is a picture `end`.
  bool read(std::int64_t end);

  /// Makes pictures up to `end` - 1, for which read() has been called, ready to be coded: compares
  /// each with the one before it and plans its quality. Returns one past the last picture that is
  /// ready.
  std::int64_t prepare(std::int64_t end);

  /// A picture that was read and not forgotten. The reference holds until the picture is forgotten.
  const vp8::PictureRef& picture(std::int64_t number) const { return entry(number).picture; }
  /// Its comparison with the picture before it; empty for picture 0.
  const gpu::PictureStats& stats(std::int64_t number) const { return entry(number).stats; }
  /// The frames that code it, for pictures that prepare() made ready.
  const std::vector<PlannedFrame>& frames(std::int64_t number) const {
    return entry(number).frames;
  }
  /// And what stands in for the references before them.
  const StandIns& stand_ins(std::int64_t number) const { return entry(number).stand_ins; }

  /// Forgets pictures before `number`.
  void drop_before(std::int64_t number);

  /// Processor seconds that read() has taken, for the thread that calls it next; and the comparing,
  /// for that of prepare().
  double read_seconds() const { return read_seconds_; }
  double lookahead_seconds() const { return lookahead_seconds_; }

 private:
  struct Entry {
    vp8::PictureRef picture;
    gpu::PictureStats stats;
    std::vector<PlannedFrame> frames;
    StandIns stand_ins;
  };

  const Entry& entry(std::int64_t number) const {
    const std::lock_guard lock(mutex_);
    return entries_[static_cast<std::size_t>(number - first_)];
  }
  Entry& entry(std::int64_t number) {
    return const_cast<Entry&>(std::as_const(*this).entry(number));
  }
  std::int64_t read_end() const;
  void look_ahead(std::int64_t end);
  void plan_block();
  std::vector<vp8::MotionVector> motion(std::int64_t from, std::int64_t to) const;
  vp8::PictureRef filtered(std::int64_t number);
  void set_plan(std::int64_t number, const PicturePlan& plan);

  PictureSource& source_;
  gpu::Device& device_;
  const Plan& plan_;
  std::int64_t limit_;
  gpu::SpanSink* spans_;

  mutable std::mutex mutex_;  // guards the two below, but not what is in the entries
  std::int64_t first_ = 0;
  std::deque<Entry> entries_;  // only its ends change: references into it stay good

  bool over_ = false;  // of read()
  double read_seconds_ = 0;

  std::int64_t compared_ = 0;  // of prepare(): one past the last compared picture
  std::int64_t planned_ = 0;   // and one past the last planned one
  StandIns stand_ins_;         // before that
  double lookahead_seconds_ = 0;
};

}  // namespace host
