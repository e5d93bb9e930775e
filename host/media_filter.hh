// Turning, scaling and another picture rate, by libavfilter.
#pragma once

#include <memory>
#include <string>

#include "host/libav.hh"
#include "host/picture_source.hh"

extern "C" {
#include <libavfilter/avfilter.h>
}

namespace host {

/// The filters that turn pictures as a stream's display matrix says, as text; empty where nothing
/// is to be done. Angles that are not multiples of 90 degrees throw vp8::Unsupported.
std::string turning_filters(const AVStream& stream);

/// `turning` and what `options` ask for, as text in libavfilter's syntax; empty: nothing. For
/// frames like `frame`.
std::string picture_filters(const std::string& turning,
                            const SourceOptions& options,
                            const AVFrame& frame);

/// A chain of filters between decoder and converter; the sample format stays.
class PictureFilter {
 public:
  /// `first` is the first frame that it will get. Throws std::runtime_error.
  PictureFilter(const std::string& filters, const AVFrame& first, AVRational time_base);

  /// Gives it a frame, or null after the last.
  void put(const AVFrame* frame);
  /// The next frame that comes out; false where it needs another, or all have come.
  bool take(AVFrame& frame);
  bool ended() const { return ended_; }
  /// The unit of the times of what comes out.
  AVRational time_base() const;

 private:
  struct FreeGraph {
    void operator()(AVFilterGraph* graph) const { avfilter_graph_free(&graph); }
  };

  std::unique_ptr<AVFilterGraph, FreeGraph> graph_;
  AVFilterContext* source_ = nullptr;
  AVFilterContext* sink_ = nullptr;
  bool ended_ = false;
};

}  // namespace host
