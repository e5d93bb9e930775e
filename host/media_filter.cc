// A graph of libavfilter: buffer, the filters, buffersink.
#include "host/media_filter.hh"

#include <cstdlib>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "codec/types.hh"
#include "host/media_convert.hh"

extern "C" {
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/display.h>
}

namespace host {
namespace {

void check(int error, const std::string& filters) {
  if (error < 0) {
    throw std::runtime_error(
        fmt::format("the filters {} fail: {}", filters, error_text(error, Messages{})));
  }
}

// What the graph must know of its frames. Colours pass through it unseen.
std::string source_arguments(const AVFrame& frame, AVRational time_base) {
  const AVRational aspect = frame.sample_aspect_ratio;
  return fmt::format("video_size={}x{}:pix_fmt={}:time_base={}/{}:pixel_aspect={}/{}", frame.width,
                     frame.height, frame.format, time_base.num, time_base.den, aspect.num,
                     aspect.den > 0 ? aspect.den : 1);
}

}  // namespace

// The matrix sends (x, y) to (m0 x + m3 y, m1 x + m4 y).
std::string turning_filters(const AVStream& stream) {
  const std::uint8_t* const data =
      av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr);
  if (data == nullptr)
    return {};
  const auto* const m = reinterpret_cast<const std::int32_t*>(data);
  constexpr std::int32_t nearly_none = 1 << 8;  // of 1 << 16
  const auto none = [](std::int32_t value) { return std::abs(value) < nearly_none; };
  if (none(m[0]) && none(m[4]) && !none(m[1]) && !none(m[3])) {
    if (m[3] > 0)
      return m[1] > 0 ? "transpose=cclock_flip" : "transpose=cclock";
    return m[1] > 0 ? "transpose=clock" : "transpose=clock_flip";
  }
  if (none(m[1]) && none(m[3]) && !none(m[0]) && !none(m[4])) {
    if (m[0] > 0)
      return m[4] > 0 ? "" : "vflip";
    return m[4] > 0 ? "hflip" : "hflip,vflip";
  }
  throw vp8::Unsupported("an angle that is not a multiple of 90 degrees");
}

std::string picture_filters(const std::string& turning,
                            const SourceOptions& options,
                            const AVFrame& frame) {
  std::vector<std::string> filters;
  if (!turning.empty())
    filters.push_back(turning);
  if (options.frame_rate)
    filters.push_back(fmt::format("fps={}/{}", options.frame_rate->num, options.frame_rate->den));
  if (options.scale) {
    filters.push_back(
        fmt::format("scale={}:{}:flags=bicubic+accurate_rnd+full_chroma_int+bitexact:"
                    "in_range={range}:out_range={range}",
                    options.scale->width, options.scale->height,
                    fmt::arg("range", is_full_range(frame) ? "full" : "limited")));
  }
  return fmt::format("{}", fmt::join(filters, ","));
}

PictureFilter::PictureFilter(const std::string& filters, const AVFrame& first, AVRational time_base)
    : graph_(allocated(avfilter_graph_alloc())) {
  graph_->nb_threads = 1;  // the cores are for the encoder
  const std::string arguments = source_arguments(first, time_base);
  check(avfilter_graph_create_filter(&source_, avfilter_get_by_name("buffer"), "in",
                                     arguments.c_str(), nullptr, graph_.get()),
        filters);
  check(avfilter_graph_create_filter(&sink_, avfilter_get_by_name("buffersink"), "out", nullptr,
                                     nullptr, graph_.get()),
        filters);
  AVFilterInOut* from = allocated(avfilter_inout_alloc());
  *from = {.name = av_strdup("in"), .filter_ctx = source_, .pad_idx = 0, .next = nullptr};
  AVFilterInOut* to = allocated(avfilter_inout_alloc());
  *to = {.name = av_strdup("out"), .filter_ctx = sink_, .pad_idx = 0, .next = nullptr};
  const std::string text = fmt::format("{},format=pix_fmts={}", filters, first.format);
  const int error = avfilter_graph_parse_ptr(graph_.get(), text.c_str(), &to, &from, nullptr);
  avfilter_inout_free(&from);
  avfilter_inout_free(&to);
  check(error, filters);
  check(avfilter_graph_config(graph_.get(), nullptr), filters);
}

void PictureFilter::put(const AVFrame* frame) {
  // It keeps its own reference, for ours is used again.
  const int error = av_buffersrc_write_frame(source_, frame);
  if (error < 0 && error != AVERROR_EOF)
    throw std::runtime_error("a picture cannot be scaled or turned: " + error_text(error, {}));
}

bool PictureFilter::take(AVFrame& frame) {
  const int error = av_buffersink_get_frame(sink_, &frame);
  ended_ |= error == AVERROR_EOF;
  if (error < 0 && error != AVERROR_EOF && error != AVERROR(EAGAIN))
    throw std::runtime_error("a picture cannot be scaled or turned: " + error_text(error, {}));
  return error >= 0;
}

AVRational PictureFilter::time_base() const {
  return av_buffersink_get_time_base(sink_);
}

}  // namespace host
