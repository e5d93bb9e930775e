// Conversion by libswscale.
#include "host/media_convert.hh"

#include <algorithm>
#include <array>

#include <fmt/format.h>

extern "C" {
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

namespace host {
namespace {

bool is_rgb(const AVFrame& frame) {
  const AVPixFmtDescriptor* const format =
      av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  return format != nullptr && (format->flags & AV_PIX_FMT_FLAG_RGB) != 0;
}

bool is_plain(const AVFrame& frame) {
  return frame.format == AV_PIX_FMT_YUV420P && !is_full_range(frame);
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

bool is_hdr(const AVFrame& frame) {
  return frame.color_trc == AVCOL_TRC_SMPTE2084 || frame.color_trc == AVCOL_TRC_ARIB_STD_B67;
}

}  // namespace

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

bool is_full_range(const AVFrame& frame) {
  if (is_rgb(frame)) {
    return false;
  }
  return frame.color_range == AVCOL_RANGE_JPEG || without_range(frame.format) != frame.format;
}

const char* name_of_format(int format) {
  const char* const name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(format));
  return name != nullptr ? name : "an unknown format";
}

// RGB becomes BT.601, which is swscale's default.
Colour colour_of(const AVFrame& frame) {
  return {.primaries = frame.color_primaries,
          .transfer = frame.color_trc,
          .matrix = is_rgb(frame) ? AVCOL_SPC_SMPTE170M : frame.colorspace};
}

std::vector<std::string> conversion_notices(const AVFrame& frame) {
  std::vector<std::string> notices;
  if (without_range(frame.format) != AV_PIX_FMT_YUV420P) {
    notices.push_back(fmt::format("The pictures were converted from {} to 8-bit 4:2:0.",
                                  name_of_format(frame.format)));
  }
  if (is_full_range(frame)) {
    notices.emplace_back("The full-range samples were brought into limited range.");
  }
  if (is_hdr(frame)) {
    notices.emplace_back(
        "The samples are of high dynamic range and stay so, in 8 bits; most players will show them "
        "dull. `ffmpeg` with the filters zscale and tonemap can bring them into the usual range.");
  }
  return notices;
}

std::optional<vp8::Picture> PictureConverter::convert(const AVFrame& frame) {
  vp8::Picture picture(frame.width, frame.height);
  const std::array planes = {picture.shown(vp8::kPlaneY), picture.shown(vp8::kPlaneU),
                             picture.shown(vp8::kPlaneV)};
  if (is_plain(frame)) {
    for (std::size_t i = 0; i < planes.size(); ++i) {
      copy_plane(planes[i], frame.data[i], frame.linesize[i]);
    }
    return picture;
  }
  const SampleFormat format = {frame.format, is_full_range(frame), frame.colorspace};
  if (!scaler_ || format != scaler_format_) {
    scaler_ = make_scaler(frame);
    scaler_format_ = format;
  }
  std::array<std::uint8_t*, 4> data{};
  std::array<int, 4> strides{};
  for (std::size_t i = 0; i < planes.size(); ++i) {
    data[i] = planes[i].data;
    strides[i] = static_cast<int>(planes[i].stride);
  }
  if (!scaler_ || sws_scale(scaler_.get(), frame.data, frame.linesize, 0, frame.height, data.data(),
                            strides.data()) != frame.height) {
    return std::nullopt;
  }
  return picture;
}

}  // namespace host
