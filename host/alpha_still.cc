// Still images with transparency: read through FFmpeg's libraries, mixed in integers.
#include "host/alpha_still.hh"

#include <algorithm>
#include <array>
#include <cstddef>

#include "codec/types.hh"
#include "host/byte_source.hh"
#include "host/error.hh"
#include "host/libav.hh"

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

std::uint8_t mix(int over, int under, int alpha) {
  return static_cast<std::uint8_t>((over * alpha + under * (255 - alpha) + 127) / 255);
}

// The mean transparency of a still's luma samples that lie under chroma sample (row, col) of a
// picture in which the still's corner is (x, y).
int chroma_alpha(const AlphaStill& still, int x, int y, int row, int col) {
  int sum = 0;
  for (const int v : {2 * row - y, 2 * row + 1 - y}) {
    for (const int u : {2 * col - x, 2 * col + 1 - x}) {
      const bool inside =
          u >= 0 && v >= 0 && u < still.picture.width() && v < still.picture.height();
      sum += inside ? still.alpha[static_cast<std::size_t>(v) *
                                      static_cast<std::size_t>(still.picture.width()) +
                                  static_cast<std::size_t>(u)]
                    : 0;
    }
  }
  return sum / 4;
}

int floor_half(int value) {
  return value >= 0 ? value / 2 : -((1 - value) / 2);
}

}  // namespace

AlphaStill read_alpha_still(const std::string& path) {
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

void lay_over(const AlphaStill& still, int x, int y, vp8::Picture& picture) {
  const vp8::ConstPlaneView from = still.picture.shown(vp8::kPlaneY);
  const vp8::PlaneView luma = picture.shown(vp8::kPlaneY);
  for (int row = std::max(0, y); row < std::min(luma.height, y + from.height); ++row) {
    for (int col = std::max(0, x); col < std::min(luma.width, x + from.width); ++col) {
      const auto at = static_cast<std::size_t>(row - y) * static_cast<std::size_t>(from.width) +
                      static_cast<std::size_t>(col - x);
      luma.at(row, col) = mix(from.row(row - y)[col - x], luma.at(row, col), still.alpha[at]);
    }
  }
  for (const vp8::Plane plane : {vp8::kPlaneU, vp8::kPlaneV}) {
    const vp8::ConstPlaneView over = still.picture.shown(plane);
    const vp8::PlaneView under = picture.shown(plane);
    const int top = floor_half(y);
    const int left = floor_half(x);
    for (int row = std::max(0, top); row < std::min(under.height, top + over.height + 1); ++row) {
      for (int col = std::max(0, left); col < std::min(under.width, left + over.width + 1); ++col) {
        const int v = std::min(row - top, over.height - 1);
        const int u = std::min(col - left, over.width - 1);
        under.at(row, col) =
            mix(over.row(v)[u], under.at(row, col), chroma_alpha(still, x, y, row, col));
      }
    }
  }
}

void fade(int weight, vp8::Picture& picture) {
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    const int black = plane == vp8::kPlaneY ? 16 : 128;
    const vp8::PlaneView view = picture.shown(plane);
    for (int y = 0; y < view.height; ++y) {
      for (int x = 0; x < view.width; ++x) {
        const int value = black * 256 + (view.at(y, x) - black) * weight;
        view.at(y, x) = static_cast<std::uint8_t>(std::clamp((value + 128) / 256, 0, 255));
      }
    }
  }
}

}  // namespace host
