// Spans of time that work took, for whoever wants to look at a run: host/trace writes them to a
// file. Nothing that is decided may depend on them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace gpu {

/// What a span's work was about; -1 where that does not apply.
struct SpanLabels {
  std::int64_t wave = -1;      ///< number of a first pass call
  std::int64_t chain = -1;     ///< number in the video, like the next two
  std::int64_t chunk = -1;     ///< the first one
  std::int64_t picture = -1;   ///< the first one
  std::int64_t pictures = -1;  ///< how many
};

/// One piece of work from its begin to its end.
struct Span {
  static constexpr int kThisThread = -1;

  std::string_view name;      ///< what was done: "rebase"
  std::string_view category;  ///< the phase that it belongs to
  std::chrono::steady_clock::time_point begin;
  std::chrono::steady_clock::time_point end;
  int track = kThisThread;  ///< else a track of the device, from 0: a CUDA stream
  SpanLabels labels;
  std::string_view track_kind = "device";  ///< what such a track is called, before its number
};

/// Where spans go. Members may be called from any thread and never fail.
class SpanSink {
 public:
  SpanSink() = default;
  SpanSink(const SpanSink&) = delete;
  SpanSink(SpanSink&&) = delete;
  SpanSink& operator=(const SpanSink&) = delete;
  SpanSink& operator=(SpanSink&&) = delete;
  virtual ~SpanSink() = default;

  /// The span is over; its texts are copied.
  virtual void span(const Span& span) noexcept = 0;
  /// A quantity that changed now.
  virtual void counter(std::string_view name, std::int64_t value) noexcept = 0;
};

/// A span of the calling thread between construction and destruction. Without a sink it costs one
/// comparison, and reads no clock.
class ScopedSpan {
 public:
  /// `sink` may be null; the texts must live as long as this.
  ScopedSpan(SpanSink* sink,
             std::string_view name,
             std::string_view category,
             const SpanLabels& labels = {})
      : sink_(sink) {
    if (sink_ != nullptr)
      span_ = {name, category, std::chrono::steady_clock::now(), {}, Span::kThisThread, labels};
  }
  ScopedSpan(const ScopedSpan&) = delete;
  ScopedSpan(ScopedSpan&&) = delete;
  ScopedSpan& operator=(const ScopedSpan&) = delete;
  ScopedSpan& operator=(ScopedSpan&&) = delete;
  ~ScopedSpan() {
    if (sink_ == nullptr)
      return;
    span_.end = std::chrono::steady_clock::now();
    sink_->span(span_);
  }

  /// For what is known only while the work is done.
  SpanLabels& labels() { return span_.labels; }

 private:
  SpanSink* sink_;
  Span span_;
};

}  // namespace gpu
