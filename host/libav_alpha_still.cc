// Images with transparency through FFmpeg's libraries.
#include <algorithm>
#include <array>
#include <cstddef>

#include "codec/types.hh"
#include "host/byte_source.hh"
#include "host/error.hh"
#include "host/libav.hh"
#include "host/libav_media.hh"

namespace host {
namespace {

constexpr const char* kMend = "give a PNG or another still image";

Owned<AVFrame> decode_image(const std::string& path, Messages& messages) {
  open_file(path);  // for its std::system_error
  silence_libav();
  AVFormatContext* context = allocated(avformat_alloc_context());
  context->opaque = &messages;
  int error = avformat_open_input(&context, ("file:" + path).c_str(), nullptr, nullptr);
  const Owned<AVFormatContext> container(error < 0 ? nullptr : context);
  if (error >= 0)
    error = avformat_find_stream_info(container.get(), nullptr);
  const AVCodec* codec = nullptr;
  if (error >= 0)
    error = av_find_best_stream(container.get(), AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
  if (error < 0 || codec == nullptr)
    throw InputError(path, "byte 0", "not an image: " + error_text(error, messages), kMend);
  const int stream = error;
  const Owned<AVCodecContext> decoder(allocated(avcodec_alloc_context3(codec)));
  decoder->opaque = &messages;
  decoder->thread_count = 1;
  decoder->err_recognition |= AV_EF_EXPLODE;
  avcodec_parameters_to_context(decoder.get(), container->streams[stream]->codecpar);
  error = avcodec_open2(decoder.get(), codec, nullptr);
  const Owned<AVPacket> packet(allocated(av_packet_alloc()));
  Owned<AVFrame> frame(allocated(av_frame_alloc()));
  if (error >= 0)
    error = av_read_frame(container.get(), packet.get());
  if (error >= 0)
    error = avcodec_send_packet(decoder.get(), packet.get());
  if (error >= 0)
    error = avcodec_send_packet(decoder.get(), nullptr);
  if (error >= 0)
    error = avcodec_receive_frame(decoder.get(), frame.get());
  if (error < 0)
    throw InputError(path, "byte 0", "cannot be decoded: " + error_text(error, messages), kMend);
  return frame;
}

}  // namespace

AlphaStill libav::read_alpha_still(const std::string& path) {
  Messages messages;
  const Owned<AVFrame> frame = decode_image(path, messages);
  if (std::max(frame->width, frame->height) > vp8::kMaxDimension)
    throw InputError(path, "byte 0", "the image is larger than a VP8 picture can be", "scale it");
  AlphaStill still;
  still.picture = vp8::Picture(frame->width, frame->height);
  still.alpha.resize(static_cast<std::size_t>(frame->width) *
                     static_cast<std::size_t>(frame->height));
  const Owned<SwsContext> scaler(
      sws_getContext(frame->width, frame->height, static_cast<AVPixelFormat>(frame->format),
                     frame->width, frame->height, AV_PIX_FMT_YUVA420P,
                     SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT, nullptr,
                     nullptr, nullptr));
  const std::array planes = {still.picture.shown(vp8::kPlaneY), still.picture.shown(vp8::kPlaneU),
                             still.picture.shown(vp8::kPlaneV)};
  const std::array<std::uint8_t*, 4> data = {planes[0].data, planes[1].data, planes[2].data,
                                             still.alpha.data()};
  const std::array<int, 4> strides = {static_cast<int>(planes[0].stride),
                                      static_cast<int>(planes[1].stride),
                                      static_cast<int>(planes[2].stride), frame->width};
  if (!scaler || sws_scale(scaler.get(), frame->data, frame->linesize, 0, frame->height,
                           data.data(), strides.data()) != frame->height)
    throw InputError(path, "byte 0", "its sample format cannot be converted", kMend);
  return still;
}

}  // namespace host
