// PictureSource over libavformat (packets), libavcodec (frames) and libswscale (conversion).
#include "host/media_input.hh"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "host/byte_source.hh"
#include "host/error.hh"
#include "host/libav.hh"

extern "C" {
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

namespace host {
namespace {

constexpr const char* kMendDamage =
    "copy or make the file again, or repair it with `ffmpeg -i IN -c:v ffv1 OUT.mkv`";

Owned<AVFormatContext> open_container(const std::string& path, Messages& messages) {
  const bool is_file = std::filesystem::exists(path);
  if (is_file) {
    open_file(path);  // for its std::system_error
  }
  AVFormatContext* context = allocated(avformat_alloc_context());
  context->opaque = &messages;
  // With the protocol before it, a file's name may hold a colon.
  const std::string url = is_file ? "file:" + path : path;
  int error = avformat_open_input(&context, url.c_str(), nullptr, nullptr);  // frees on failure
  Owned<AVFormatContext> container(error < 0 ? nullptr : context);
  if (error >= 0) {
    error = avformat_find_stream_info(container.get(), nullptr);
  }
  if (error < 0) {
    throw InputError(path, "byte 0",
                     "not a video that can be opened: " + error_text(error, messages),
                     "see whether `ffprobe` knows the file; make or copy it again");
  }
  messages = {};  // complaints about what a video can do without
  return container;
}

AVStream* best_video_stream(AVFormatContext* container, const std::string& path) {
  const int index = av_find_best_stream(container, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (index < 0) {
    throw InputError(path, "streams", "there is no video stream", "give a file with video in it");
  }
  for (unsigned i = 0; i < container->nb_streams; ++i) {
    container->streams[i]->discard =
        static_cast<int>(i) == index ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  }
  return container->streams[index];
}

Owned<AVCodecContext> open_decoder(const AVStream* stream,
                                   const std::string& path,
                                   Messages& messages) {
  const AVCodec* const codec = avcodec_find_decoder(stream->codecpar->codec_id);
  if (codec == nullptr) {
    throw InputError(path, fmt::format("stream {}", stream->index),
                     fmt::format("no decoder for {}", avcodec_get_name(stream->codecpar->codec_id)),
                     "convert it with a program that has one");
  }
  Owned<AVCodecContext> decoder(allocated(avcodec_alloc_context3(codec)));
  decoder->opaque = &messages;
  decoder->thread_count = 1;  // the cores are for the encoder
  decoder->pkt_timebase = stream->time_base;
  // Pictures with errors must reach us, so that we can refuse them.
  decoder->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT;
  decoder->err_recognition |= AV_EF_CRCCHECK;
  const AVCodecDescriptor* const descriptor = avcodec_descriptor_get(codec->id);
  if (descriptor != nullptr && (descriptor->props & AV_CODEC_PROP_INTRA_ONLY) != 0) {
    decoder->err_recognition |= AV_EF_EXPLODE;  // such decoders do not mark what they conceal
  }
  int error = avcodec_parameters_to_context(decoder.get(), stream->codecpar);
  if (error >= 0) {
    error = avcodec_open2(decoder.get(), codec, nullptr);
  }
  if (error < 0) {
    throw InputError(path, fmt::format("stream {}", stream->index),
                     "the decoder refuses it: " + error_text(error, messages), kMendDamage);
  }
  return decoder;
}

bool is_known(AVRational ratio) {
  return ratio.num > 0 && ratio.den > 0;
}

void take_frame_rate(const AVStream* stream, StreamInfo& info) {
  for (const AVRational rate : {stream->avg_frame_rate, stream->r_frame_rate}) {
    if (is_known(rate)) {
      info.frame_rate = {rate.num, rate.den};
      return;
    }
  }
  info.notices.emplace_back("The input names no frame rate; 25 pictures/s were assumed.");
}

// yuvj420p and its like are old names for full-range samples.
AVPixelFormat without_range(int format) {
  switch (format) {
    case AV_PIX_FMT_YUVJ420P:
      return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P:
      return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P:
      return AV_PIX_FMT_YUV444P;
    case AV_PIX_FMT_YUVJ440P:
      return AV_PIX_FMT_YUV440P;
    case AV_PIX_FMT_YUVJ411P:
      return AV_PIX_FMT_YUV411P;
    default:
      return static_cast<AVPixelFormat>(format);
  }
}

bool is_rgb(const AVFrame& frame) {
  const AVPixFmtDescriptor* const format =
      av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  return format != nullptr && (format->flags & AV_PIX_FMT_FLAG_RGB) != 0;
}

// Of Y, U and V; RGB has no such ranges.
bool is_full_range(const AVFrame& frame) {
  if (is_rgb(frame)) {
    return false;
  }
  return frame.color_range == AVCOL_RANGE_JPEG || without_range(frame.format) != frame.format;
}

bool is_plain(const AVFrame& frame) {
  return frame.format == AV_PIX_FMT_YUV420P && !is_full_range(frame);
}

const char* name_of(int format) {
  const char* const name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(format));
  return name != nullptr ? name : "an unknown format";
}

// What one conversion depends on.
struct SampleFormat {
  int format = AV_PIX_FMT_NONE;
  bool full_range = false;
  int matrix = AVCOL_SPC_UNSPECIFIED;

  bool operator==(const SampleFormat&) const = default;
};

SampleFormat sample_format_of(const AVFrame& frame) {
  return {frame.format, is_full_range(frame), frame.colorspace};
}

// A converter to 8-bit 4:2:0 of limited range, the same size and colour matrix; null if impossible.
Owned<SwsContext> make_scaler(const AVFrame& frame) {
  Owned<SwsContext> scaler(allocated(sws_alloc_context()));
  const auto set = [&](const char* name, std::int64_t value) {
    av_opt_set_int(scaler.get(), name, value, 0);
  };
  set("srcw", frame.width);
  set("srch", frame.height);
  set("src_format", without_range(frame.format));
  set("src_range", is_full_range(frame) ? 1 : 0);
  set("dstw", frame.width);
  set("dsth", frame.height);
  set("dst_format", AV_PIX_FMT_YUV420P);
  set("dst_range", 0);
  set("sws_flags", SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT);
  const int* const matrix = sws_getCoefficients(is_rgb(frame) ? SWS_CS_DEFAULT : frame.colorspace);
  constexpr int one = 1 << 16;
  if (sws_init_context(scaler.get(), nullptr, nullptr) < 0) {
    return nullptr;
  }
  // Fails for formats that need no matrix, which is as well.
  sws_setColorspaceDetails(scaler.get(), matrix, is_full_range(frame) ? 1 : 0, matrix, 0, 0, one,
                           one);
  return scaler;
}

void copy_plane(vp8::PlaneView to, const std::uint8_t* from, int stride) {
  for (int y = 0; y < to.height; ++y, from += stride) {
    std::copy_n(from, to.width, to.row(y));
  }
}

// RGB becomes BT.601, which is swscale's default.
Colour colour_of(const AVFrame& frame) {
  return {.primaries = frame.color_primaries,
          .transfer = frame.color_trc,
          .matrix = is_rgb(frame) ? AVCOL_SPC_SMPTE170M : frame.colorspace};
}

class MediaInput final : public PictureSource {
 public:
  explicit MediaInput(const std::string& path);

  const StreamInfo& info() const override { return info_; }
  std::optional<vp8::Picture> next() override;

 private:
  void read_first();
  void note_conversion();
  void note_rotation();
  bool receive();
  void feed();
  bool read_packet();
  bool ends_early() const;
  void check_frame();
  vp8::Picture convert();
  std::string place() const { return fmt::format("picture {}", pictures_read_); }
  [[noreturn]] void throw_at_picture(const std::string& what, const std::string& mend) const {
    throw InputError(path_, place(), what, mend);
  }

  std::string path_;
  std::unique_ptr<Messages> messages_ = std::make_unique<Messages>();  // outlives the contexts
  Owned<AVFormatContext> container_;
  AVStream* stream_;
  Owned<AVCodecContext> decoder_;
  Owned<AVPacket> packet_;
  Owned<AVFrame> frame_;
  Owned<SwsContext> scaler_;
  SampleFormat scaler_format_;
  StreamInfo info_;
  std::int64_t pictures_read_ = 0;
  std::int64_t packet_end_ = 0;  // byte after the last packet
  bool frame_waits_ = false;     // the first frame, which was decoded to learn the size
};

MediaInput::MediaInput(const std::string& path)
    : path_(path),
      container_(open_container(path, *messages_)),
      stream_(best_video_stream(container_.get(), path)),
      decoder_(open_decoder(stream_, path, *messages_)),
      packet_(allocated(av_packet_alloc())),
      frame_(allocated(av_frame_alloc())) {
  info_.picture_count = stream_->nb_frames > 0 ? stream_->nb_frames : -1;
  take_frame_rate(stream_, info_);
  read_first();
  const AVRational aspect = av_guess_sample_aspect_ratio(container_.get(), stream_, frame_.get());
  if (is_known(aspect)) {
    info_.sample_aspect = {aspect.num, aspect.den};
  }
  note_conversion();
  note_rotation();
}

// Containers may be wrong about the size, and not all know it: the first picture decides.
void MediaInput::read_first() {
  if (!receive()) {
    throw_at_picture("the video has no pictures", "give a video of at least one picture");
  }
  info_.width = frame_->width;
  info_.height = frame_->height;
  if (std::max(info_.width, info_.height) > vp8::kMaxDimension) {
    throw_at_picture(fmt::format("{}x{} is too large: a VP8 picture has at most {} samples a side",
                                 info_.width, info_.height, vp8::kMaxDimension),
                     "scale it with `ffmpeg -i IN -vf scale=...`");
  }
  check_frame();
  frame_waits_ = true;
}

void MediaInput::note_conversion() {
  info_.full_range = is_full_range(*frame_);
  info_.colour = colour_of(*frame_);
  if (without_range(frame_->format) != AV_PIX_FMT_YUV420P) {
    info_.notices.push_back(fmt::format("The pictures were converted from {} to 8-bit 4:2:0.",
                                        name_of(frame_->format)));
  }
  if (info_.full_range) {
    info_.notices.emplace_back("The full-range samples were brought into limited range.");
  }
}

void MediaInput::note_rotation() {
  if (av_stream_get_side_data(stream_, AV_PKT_DATA_DISPLAYMATRIX, nullptr) != nullptr) {
    info_.notices.emplace_back(
        "The file asks players to turn the pictures, which VP8 cannot; `ffmpeg` can turn them "
        "before encoding.");
  }
}

// Whether the end of the file that the demuxer reports comes before all is read. That of Y4M takes
// a part of a picture for the end.
bool MediaInput::ends_early() const {
  const bool is_y4m = std::string_view(container_->iformat->name) == "yuv4mpegpipe";
  return messages_->from_demuxer || (is_y4m && avio_size(container_->pb) > packet_end_);
}

// Reads the video stream's next packet; false at a good end of the file.
bool MediaInput::read_packet() {
  int error = 0;
  do {
    av_packet_unref(packet_.get());
    error = av_read_frame(container_.get(), packet_.get());
  } while (error >= 0 && packet_->stream_index != stream_->index);
  if (error >= 0) {
    packet_end_ = packet_->pos + packet_->size;
  }
  const bool is_damaged = error >= 0 ? (packet_->flags & AV_PKT_FLAG_CORRUPT) != 0
                                     : error != AVERROR_EOF || ends_early();
  if (is_damaged) {
    throw_at_picture("the file is cut off or damaged here: " +
                         error_text(error < 0 ? error : AVERROR_INVALIDDATA, *messages_),
                     kMendDamage);
  }
  return error >= 0;
}

void MediaInput::feed() {
  const bool has_packet = read_packet();
  const int error = avcodec_send_packet(decoder_.get(), has_packet ? packet_.get() : nullptr);
  if (error < 0) {
    throw_at_picture("cannot be decoded: " + error_text(error, *messages_), kMendDamage);
  }
}

// Puts the next picture into frame_; false after the last.
bool MediaInput::receive() {
  while (true) {
    const int error = avcodec_receive_frame(decoder_.get(), frame_.get());
    if (error >= 0 || error == AVERROR_EOF) {
      return error >= 0;
    }
    if (error != AVERROR(EAGAIN)) {
      throw_at_picture("cannot be decoded: " + error_text(error, *messages_), kMendDamage);
    }
    feed();
  }
}

void MediaInput::check_frame() {
  if (frame_->decode_error_flags != 0 || (frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0) {
    throw_at_picture("is damaged: " + error_text(AVERROR_INVALIDDATA, *messages_), kMendDamage);
  }
  if (frame_->width != info_.width || frame_->height != info_.height) {
    throw_at_picture(
        fmt::format("the size changes from {}x{} to {}x{}", info_.width, info_.height,
                    frame_->width, frame_->height),
        "cut the video there, or scale it to one size with `ffmpeg -i IN -vf scale=...`");
  }
}

vp8::Picture MediaInput::convert() {
  vp8::Picture picture(info_.width, info_.height);
  const std::array planes = {picture.shown(vp8::kPlaneY), picture.shown(vp8::kPlaneU),
                             picture.shown(vp8::kPlaneV)};
  if (is_plain(*frame_)) {
    for (std::size_t i = 0; i < planes.size(); ++i) {
      copy_plane(planes[i], frame_->data[i], frame_->linesize[i]);
    }
    return picture;
  }
  if (!scaler_ || sample_format_of(*frame_) != scaler_format_) {
    scaler_ = make_scaler(*frame_);
    scaler_format_ = sample_format_of(*frame_);
  }
  std::array<std::uint8_t*, 4> data{};
  std::array<int, 4> strides{};
  for (std::size_t i = 0; i < planes.size(); ++i) {
    data[i] = planes[i].data;
    strides[i] = static_cast<int>(planes[i].stride);
  }
  if (!scaler_ || sws_scale(scaler_.get(), frame_->data, frame_->linesize, 0, frame_->height,
                            data.data(), strides.data()) != frame_->height) {
    throw_at_picture(fmt::format("{} cannot be converted to 8-bit 4:2:0", name_of(frame_->format)),
                     "convert it with `ffmpeg -i IN -pix_fmt yuv420p -c:v ffv1 OUT.mkv`");
  }
  return picture;
}

std::optional<vp8::Picture> MediaInput::next() {
  if (!std::exchange(frame_waits_, false)) {
    if (!receive()) {
      return std::nullopt;
    }
    check_frame();
  }
  vp8::Picture picture = convert();
  picture.pad_to_macroblocks();
  picture.extend_borders();
  ++pictures_read_;
  return picture;
}

}  // namespace

std::unique_ptr<PictureSource> open_media(const std::string& path) {
  silence_libav();
  return std::make_unique<MediaInput>(path);
}

}  // namespace host
