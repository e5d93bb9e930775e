// Sound of any codec as Opus: libavcodec decodes, libavfilter cuts and resamples, libopus encodes.
#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "host/error.hh"
#include "host/media_decoder.hh"
#include "host/media_tracks.hh"

extern "C" {
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/channel_layout.h>
}

namespace host {
namespace {

constexpr int kOpusRate = 48000;
constexpr std::int64_t kBitsPerChannel = 64000;
constexpr AVRational kMilliseconds = {1, 1000};

struct FreeGraph {
  void operator()(AVFilterGraph* graph) const { avfilter_graph_free(&graph); }
};

class OpusTrack final : public Track {
 public:
  OpusTrack(const AVStream& stream, const std::string& name, const TrackOptions& options);

  void describe(AVStream& stream) const override {
    check(avcodec_parameters_from_context(stream.codecpar, encoder_.get()), "be described");
  }
  std::int64_t padding_ms() const override {
    return av_rescale(encoder_->initial_padding, kMilliseconds.den, kOpusRate);
  }
  void put(const AVPacket* packet, const Sink& sink) override;

 private:
  void open_decoder(const AVStream& stream);
  void open_encoder(int channels);
  void open_filters(const AVFrame& first);
  void filter(const AVFrame* frame, const Sink& sink);
  void encode(const AVFrame* frame, const Sink& sink);
  void check(int error, const char* what) const;

  std::string name_;
  TrackOptions options_;
  AVRational unit_;
  std::unique_ptr<Messages> messages_ = std::make_unique<Messages>();  // outlives the contexts
  Owned<AVCodecContext> decoder_;
  Owned<AVCodecContext> encoder_;
  std::unique_ptr<AVFilterGraph, FreeGraph> graph_;
  AVFilterContext* source_ = nullptr;
  AVFilterContext* sink_ = nullptr;
  Owned<AVFrame> decoded_;
  Owned<AVFrame> filtered_;
  Owned<AVPacket> coded_;
};

OpusTrack::OpusTrack(const AVStream& stream, const std::string& name, const TrackOptions& options)
    : name_(name),
      options_(options),
      unit_(stream.time_base),
      decoded_(allocated(av_frame_alloc())),
      filtered_(allocated(av_frame_alloc())),
      coded_(allocated(av_packet_alloc())) {
  open_decoder(stream);
  open_encoder(stream.codecpar->ch_layout.nb_channels);
}

void OpusTrack::check(int error, const char* what) const {
  if (error < 0) {
    throw InputError(name_, "sound",
                     fmt::format("it cannot {}: {}", what, error_text(error, *messages_)),
                     "leave it out with --no-audio");
  }
}

void OpusTrack::open_decoder(const AVStream& stream) {
  const AVCodec* const codec = avcodec_find_decoder(stream.codecpar->codec_id);
  check(codec != nullptr ? 0 : AVERROR_DECODER_NOT_FOUND, "be decoded");
  decoder_.reset(allocated(avcodec_alloc_context3(codec)));
  decoder_->opaque = messages_.get();
  decoder_->pkt_timebase = unit_;
  check(avcodec_parameters_to_context(decoder_.get(), stream.codecpar), "be decoded");
  check(avcodec_open2(decoder_.get(), codec, nullptr), "be decoded");
}

void OpusTrack::open_encoder(int channels) {
  const AVCodec* const codec = avcodec_find_encoder_by_name("libopus");
  check(codec != nullptr ? 0 : AVERROR_ENCODER_NOT_FOUND, "be encoded");
  encoder_.reset(allocated(avcodec_alloc_context3(codec)));
  encoder_->opaque = messages_.get();
  encoder_->sample_rate = kOpusRate;
  encoder_->sample_fmt = AV_SAMPLE_FMT_FLT;
  encoder_->time_base = {1, kOpusRate};
  encoder_->bit_rate = kBitsPerChannel * channels;
  encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
  av_channel_layout_default(&encoder_->ch_layout, channels);
  check(avcodec_open2(encoder_.get(), codec, nullptr), "be encoded");
}

// Only the first frame tells what the decoder gives.
void OpusTrack::open_filters(const AVFrame& first) {
  graph_.reset(allocated(avfilter_graph_alloc()));
  graph_->nb_threads = 1;
  const auto layout = [](const AVChannelLayout& channels) {
    std::array<char, 128> text{};
    av_channel_layout_describe(&channels, text.data(), text.size());
    return std::string(text.data());
  };
  AVChannelLayout from = first.ch_layout;
  if (from.order == AV_CHANNEL_ORDER_UNSPEC)
    av_channel_layout_default(&from, from.nb_channels);
  const std::string in = fmt::format(
      "sample_rate={}:sample_fmt={}:channel_layout={}:time_base=1/1000000", first.sample_rate,
      av_get_sample_fmt_name(static_cast<AVSampleFormat>(first.format)), layout(from));
  check(avfilter_graph_create_filter(&source_, avfilter_get_by_name("abuffer"), "in", in.c_str(),
                                     nullptr, graph_.get()),
        "be resampled");
  check(avfilter_graph_create_filter(&sink_, avfilter_get_by_name("abuffersink"), "out", nullptr,
                                     nullptr, graph_.get()),
        "be resampled");
  AVFilterInOut* outputs = allocated(avfilter_inout_alloc());
  *outputs = {.name = av_strdup("in"), .filter_ctx = source_, .pad_idx = 0, .next = nullptr};
  AVFilterInOut* inputs = allocated(avfilter_inout_alloc());
  *inputs = {.name = av_strdup("out"), .filter_ctx = sink_, .pad_idx = 0, .next = nullptr};
  // Gaps become silence, for the encoder counts samples only.
  std::string text = fmt::format("atrim=start={}us", options_.origin_us);
  if (options_.end_us)
    text += fmt::format(":end={}us", *options_.end_us);
  text += fmt::format(
      ",asetpts=PTS-{},aresample={}:async=1:first_pts=0,"
      "aformat=sample_fmts=flt:sample_rates={}:channel_layouts={}",
      options_.origin_us, kOpusRate, kOpusRate, layout(encoder_->ch_layout));
  const int error =
      avfilter_graph_parse_ptr(graph_.get(), text.c_str(), &inputs, &outputs, nullptr);
  avfilter_inout_free(&inputs);
  avfilter_inout_free(&outputs);
  check(error, "be resampled");
  check(avfilter_graph_config(graph_.get(), nullptr), "be resampled");
  av_buffersink_set_frame_size(sink_, static_cast<unsigned>(encoder_->frame_size));
}

void OpusTrack::put(const AVPacket* packet, const Sink& sink) {
  check(avcodec_send_packet(decoder_.get(), packet), "be decoded");
  int error = 0;
  while ((error = avcodec_receive_frame(decoder_.get(), decoded_.get())) >= 0) {
    if (!graph_)
      open_filters(*decoded_);
    if (decoded_->best_effort_timestamp != AV_NOPTS_VALUE)
      decoded_->pts = av_rescale_q(decoded_->best_effort_timestamp, unit_, {1, 1'000'000});
    filter(decoded_.get(), sink);
  }
  check(error == AVERROR(EAGAIN) || error == AVERROR_EOF ? 0 : error, "be decoded");
  if (packet == nullptr && graph_) {
    filter(nullptr, sink);
    encode(nullptr, sink);
  }
}

void OpusTrack::filter(const AVFrame* frame, const Sink& sink) {
  const int put = av_buffersrc_write_frame(source_, frame);
  check(put == AVERROR_EOF ? 0 : put, "be resampled");
  int error = 0;
  while ((error = av_buffersink_get_frame(sink_, filtered_.get())) >= 0) {
    filtered_->pts =
        av_rescale_q(filtered_->pts, av_buffersink_get_time_base(sink_), encoder_->time_base);
    encode(filtered_.get(), sink);
    av_frame_unref(filtered_.get());
  }
  check(error == AVERROR(EAGAIN) || error == AVERROR_EOF ? 0 : error, "be resampled");
}

void OpusTrack::encode(const AVFrame* frame, const Sink& sink) {
  check(avcodec_send_frame(encoder_.get(), frame), "be encoded");
  int error = 0;
  while ((error = avcodec_receive_packet(encoder_.get(), coded_.get())) >= 0) {
    av_packet_rescale_ts(coded_.get(), encoder_->time_base, kMilliseconds);
    coded_->pts += options_.origin_us / 1000;  // back to the file's clock
    sink(Owned<AVPacket>(allocated(av_packet_clone(coded_.get()))));
    av_packet_unref(coded_.get());
  }
  check(error == AVERROR(EAGAIN) || error == AVERROR_EOF ? 0 : error, "be encoded");
}

}  // namespace

std::unique_ptr<Track> opus_track(const AVStream& stream,
                                  const std::string& name,
                                  const TrackOptions& options) {
  return std::make_unique<OpusTrack>(stream, name, options);
}

}  // namespace host
