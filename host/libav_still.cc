// Conversion by libswscale, PNG by libavcodec.
#include <algorithm>
#include <string>

#include "host/libav.hh"
#include "host/libav_media.hh"

namespace host {
namespace {

// What libswscale takes of a picture: four pointers and strides.
struct Planes {
  std::array<std::uint8_t*, 4> data{};
  std::array<int, 4> strides{};
};

Planes planes_of(Still& still) {
  return {{still.pixels.data()->data(), nullptr, nullptr, nullptr}, {3 * still.width, 0, 0, 0}};
}

// libswscale only reads what it converts from, but asks for no const.
Planes planes_of(const vp8::Picture& picture) {
  Planes planes;
  for (std::size_t i = 0; i < vp8::kPlanes; ++i) {
    const vp8::ConstPlaneView view = picture.shown(static_cast<vp8::Plane>(i));
    planes.data[i] = const_cast<std::uint8_t*>(view.data);
    planes.strides[i] = static_cast<int>(view.stride);
  }
  return planes;
}

// libswscale works on pairs of pixels, also where an odd size has none. A picture has room for
// them.
int even(int size) {
  return size + size % 2;
}

// With the last column and row repeated, or cut.
Still resized(const Still& still, int width, int height) {
  if (width == still.width && height == still.height)
    return still;
  Still out(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x)
      out.at(y, x) = still.at(std::min(y, still.height - 1), std::min(x, still.width - 1));
  }
  return out;
}

void convert(int width,
             int height,
             const Planes& from,
             AVPixelFormat from_format,
             const Planes& to,
             AVPixelFormat to_format) {
  silence_libav();
  constexpr int flags = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT;
  const Owned<SwsContext> scaler(allocated(sws_getContext(
      width, height, from_format, width, height, to_format, flags, nullptr, nullptr, nullptr)));
  if (sws_scale(scaler.get(), from.data.data(), from.strides.data(), 0, height, to.data.data(),
                to.strides.data()) != height) {
    throw vp8::Unsupported("a picture that libswscale cannot convert to or from RGB");
  }
}

void check(int error) {
  if (error < 0) {
    throw vp8::Unsupported("no PNG can be made: " + error_text(error, {}) +
                           "; install FFmpeg's libraries with their PNG encoder and zlib");
  }
}

Owned<AVCodecContext> open_png_encoder(const Still& still) {
  const AVCodec* const codec = avcodec_find_encoder(AV_CODEC_ID_PNG);
  check(codec == nullptr ? AVERROR_ENCODER_NOT_FOUND : 0);
  Owned<AVCodecContext> encoder(allocated(avcodec_alloc_context3(codec)));
  encoder->width = still.width;
  encoder->height = still.height;
  encoder->pix_fmt = AV_PIX_FMT_RGB24;
  encoder->time_base = {1, 25};
  check(avcodec_open2(encoder.get(), codec, nullptr));
  return encoder;
}

Owned<AVFrame> frame_of(const Still& still) {
  Owned<AVFrame> frame(allocated(av_frame_alloc()));
  frame->width = still.width;
  frame->height = still.height;
  frame->format = AV_PIX_FMT_RGB24;
  check(av_frame_get_buffer(frame.get(), 0));
  const auto row_bytes = static_cast<std::ptrdiff_t>(sizeof(Rgb)) * still.width;
  for (int y = 0; y < still.height; ++y) {
    std::copy_n(still.at(y, 0).data(), row_bytes,
                frame->data[0] + std::ptrdiff_t{y} * frame->linesize[0]);
  }
  return frame;
}

}  // namespace

Still libav::to_still(const vp8::Picture& picture) {
  Still still(even(picture.width()), even(picture.height()));
  convert(still.width, still.height, planes_of(picture), AV_PIX_FMT_YUV420P, planes_of(still),
          AV_PIX_FMT_RGB24);
  return resized(still, picture.width(), picture.height());
}

vp8::Picture libav::to_picture(const Still& still) {
  vp8::Picture picture(still.width, still.height);
  Still whole = resized(still, even(still.width), even(still.height));
  convert(whole.width, whole.height, planes_of(whole), AV_PIX_FMT_RGB24, planes_of(picture),
          AV_PIX_FMT_YUV420P);
  picture.pad_to_macroblocks();
  picture.extend_borders();
  return picture;
}

std::vector<std::uint8_t> libav::png(const Still& still) {
  silence_libav();
  const Owned<AVCodecContext> encoder = open_png_encoder(still);
  const Owned<AVFrame> frame = frame_of(still);
  const Owned<AVPacket> packet(allocated(av_packet_alloc()));
  check(avcodec_send_frame(encoder.get(), frame.get()));
  check(avcodec_receive_packet(encoder.get(), packet.get()));
  return {packet->data, packet->data + packet->size};
}

}  // namespace host
