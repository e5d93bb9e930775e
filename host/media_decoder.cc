// Demuxing and decoding by libavformat and libavcodec.
#include "host/media_decoder.hh"

#include <filesystem>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "host/byte_source.hh"
#include "host/error.hh"

namespace host {
namespace {

Owned<AVCodecContext> open_decoder(const AVStream* stream,
                                   const std::string& name,
                                   Messages& messages) {
  const AVCodec* const codec = avcodec_find_decoder(stream->codecpar->codec_id);
  if (codec == nullptr) {
    throw InputError(name, fmt::format("stream {}", stream->index),
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
    throw InputError(name, fmt::format("stream {}", stream->index),
                     "the decoder refuses it: " + error_text(error, messages), kMendDamage);
  }
  return decoder;
}

// What image sequences need: their rate, which the files do not tell. All other demuxers that know
// such an option are not given a rate.
Owned<AVFormatContext> open_at_rate(const std::string& path,
                                    const std::string& name,
                                    AVRational rate,
                                    Messages& messages) {
  AVDictionary* options = nullptr;
  av_dict_set(&options, "start_number_range", "100000", 0);  // where numbered pictures may begin
  if (rate.num > 0)
    av_dict_set(&options, "framerate", fmt::format("{}/{}", rate.num, rate.den).c_str(), 0);
  try {
    Owned<AVFormatContext> container = open_container(path, name, messages, &options);
    av_dict_free(&options);
    return container;
  } catch (...) {
    av_dict_free(&options);
    throw;
  }
}

}  // namespace

Owned<AVFormatContext> open_container(const std::string& path,
                                      const std::string& name,
                                      Messages& messages,
                                      AVDictionary** options) {
  const bool is_file = std::filesystem::exists(path);
  if (is_file) {
    open_file(path);  // for its std::system_error
  }
  AVFormatContext* context = allocated(avformat_alloc_context());
  context->opaque = &messages;
  // With the protocol before it, a file's name may hold a colon.
  const std::string url = is_file ? "file:" + path : path;
  int error = avformat_open_input(&context, url.c_str(), nullptr, options);  // frees on failure
  Owned<AVFormatContext> container(error < 0 ? nullptr : context);
  if (error >= 0) {
    error = avformat_find_stream_info(container.get(), nullptr);
  }
  if (error < 0) {
    throw InputError(name, "byte 0",
                     "not a video that can be opened: " + error_text(error, messages),
                     "see whether `ffprobe` knows the file; make or copy it again");
  }
  messages = {};  // complaints about what a video can do without
  return container;
}

AVStream* best_video_stream(AVFormatContext* container, const std::string& name) {
  const int index = av_find_best_stream(container, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (index < 0) {
    throw InputError(name, "streams", "there is no video stream", "give a file with video in it");
  }
  for (unsigned i = 0; i < container->nb_streams; ++i) {
    container->streams[i]->discard =
        static_cast<int>(i) == index ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  }
  return container->streams[index];
}

MediaDecoder::MediaDecoder(const std::string& path, const std::string& name, AVRational rate)
    : name_(name),
      container_(open_at_rate(path, name, rate, *messages_)),
      stream_(best_video_stream(container_.get(), name)),
      decoder_(open_decoder(stream_, name, *messages_)),
      packet_(allocated(av_packet_alloc())),
      frame_(allocated(av_frame_alloc())) {}

void MediaDecoder::throw_at_picture(const std::string& what, const std::string& mend) const {
  throw InputError(name_, fmt::format("picture {}", frames_read_), what, mend);
}

// Whether the end of the file that the demuxer reports comes before all is read. That of Y4M takes
// a part of a picture for the end.
bool MediaDecoder::ends_early() const {
  const bool is_y4m = std::string_view(container_->iformat->name) == "yuv4mpegpipe";
  return messages_->from_demuxer || (is_y4m && avio_size(container_->pb) > packet_end_);
}

// Reads the video stream's next packet; false at a good end of the file.
bool MediaDecoder::read_packet() {
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

void MediaDecoder::feed() {
  const bool has_packet = read_packet();
  const int error = avcodec_send_packet(decoder_.get(), has_packet ? packet_.get() : nullptr);
  if (error < 0) {
    throw_at_picture("cannot be decoded: " + error_text(error, *messages_), kMendDamage);
  }
}

// Puts the next picture into frame_; false after the last.
bool MediaDecoder::next() {
  frames_read_ += std::exchange(has_frame_, false) ? 1 : 0;
  while (true) {
    const int error = avcodec_receive_frame(decoder_.get(), frame_.get());
    if (error >= 0 || error == AVERROR_EOF) {
      has_frame_ = error >= 0;
      return has_frame_;
    }
    if (error != AVERROR(EAGAIN)) {
      throw_at_picture("cannot be decoded: " + error_text(error, *messages_), kMendDamage);
    }
    feed();
  }
}

void MediaDecoder::check_frame() const {
  if (frame_->decode_error_flags != 0 || (frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0) {
    throw_at_picture("is damaged: " + error_text(AVERROR_INVALIDDATA, *messages_), kMendDamage);
  }
}

bool MediaDecoder::seek(std::int64_t time) {
  if (av_seek_frame(container_.get(), stream_->index, time, AVSEEK_FLAG_BACKWARD) < 0) {
    return false;
  }
  avcodec_flush_buffers(decoder_.get());
  *messages_ = {};
  return true;
}

}  // namespace host
