// The oracle: thin owners round libvpx's interface, and the synthetic clips.
#include "tests/oracle/libvpx_oracle.hh"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

namespace oracle {
namespace {

struct ImageDeleter {
  void operator()(vpx_image_t* image) const { vpx_img_free(image); }
};
using Image = std::unique_ptr<vpx_image_t, ImageDeleter>;

Image new_image(int width, int height) {
  Image image(vpx_img_alloc(nullptr, VPX_IMG_FMT_I420, static_cast<unsigned>(width),
                            static_cast<unsigned>(height), 1));
  if (!image) {
    throw std::bad_alloc();
  }
  return image;
}

std::string words_of(vpx_codec_ctx_t& codec) {
  const char* detail = vpx_codec_error_detail(&codec);
  return std::string(vpx_codec_error(&codec)) + (detail ? std::string(": ") + detail : "");
}

void check(vpx_codec_ctx_t& codec, vpx_codec_err_t result, const char* what) {
  if (result != VPX_CODEC_OK) {
    throw std::runtime_error(std::string("libvpx: ") + what + ": " + words_of(codec));
  }
}

template <class View>
void append(const View& view, Bytes& out) {
  for (int y = 0; y < view.height; ++y) {
    out.insert(out.end(), view.row(y), view.row(y) + view.width);
  }
}

vp8::ConstPlaneView plane_of(const vpx_image_t& image, int plane) {
  const int width = static_cast<int>(image.d_w);
  const int height = static_cast<int>(image.d_h);
  return {image.planes[plane], plane == 0 ? width : (width + 1) / 2,
          plane == 0 ? height : (height + 1) / 2, image.stride[plane]};
}

I420 samples_of(const vpx_image_t& image) {
  I420 out{static_cast<int>(image.d_w), static_cast<int>(image.d_h), {}};
  for (const int plane : {0, 1, 2}) {
    append(plane_of(image, plane), out.samples);
  }
  return out;
}

void fill_image(const vp8::Picture& picture, vpx_image_t& image) {
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    const vp8::ConstPlaneView view = picture.shown(plane);
    for (int y = 0; y < view.height; ++y) {
      std::memcpy(image.planes[plane] + y * image.stride[plane], view.row(y),
                  static_cast<std::size_t>(view.width));
    }
  }
}

vpx_codec_enc_cfg_t configuration(const OracleSettings& s) {
  vpx_codec_enc_cfg_t cfg;
  if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &cfg, 0) != VPX_CODEC_OK) {
    throw std::runtime_error("libvpx: no default configuration");
  }
  cfg.g_w = static_cast<unsigned>(s.width);
  cfg.g_h = static_cast<unsigned>(s.height);
  cfg.g_profile = s.profile;
  cfg.g_threads = 1;
  cfg.g_timebase = {1, 30};
  cfg.g_lag_in_frames = s.lag;
  cfg.g_error_resilient = s.error_resilient;
  cfg.rc_end_usage = s.constant_bitrate ? VPX_CBR : VPX_VBR;
  cfg.rc_min_quantizer = s.min_q;
  cfg.rc_max_quantizer = s.max_q;
  cfg.rc_target_bitrate = s.bitrate_kbps;
  cfg.rc_dropframe_thresh = s.drop_threshold;
  cfg.kf_max_dist = s.kf_max_dist;
  return cfg;
}

// One run of libvpx's encoder over the pictures.
class Encoder {
 public:
  Encoder(const OracleSettings& settings, const vpx_codec_enc_cfg_t& cfg)
      : settings_(settings), codec_(new vpx_codec_ctx_t{}) {
    check(*codec_, vpx_codec_enc_init(codec_.get(), vpx_codec_vp8_cx(), &cfg, 0), "encoder");
    if (cfg.g_pass == VPX_RC_FIRST_PASS) {
      return;
    }
    control(vpx_codec_control(codec_.get(), VP8E_SET_CPUUSED, settings.cpu_used));
    control(vpx_codec_control(codec_.get(), VP8E_SET_ENABLEAUTOALTREF,
                              settings.auto_alt_ref ? 1u : 0u));
    control(
        vpx_codec_control(codec_.get(), VP8E_SET_TOKEN_PARTITIONS, settings.token_partitions_log2));
    control(vpx_codec_control(codec_.get(), VP8E_SET_SHARPNESS, settings.sharpness));
    control(vpx_codec_control(codec_.get(), VP8E_SET_STATIC_THRESHOLD, settings.static_threshold));
    control(
        vpx_codec_control(codec_.get(), VP8E_SET_NOISE_SENSITIVITY, settings.noise_sensitivity));
    control(vpx_codec_control(codec_.get(), VP8E_SET_SCREEN_CONTENT_MODE, settings.screen_content));
    if (settings.scaling_mode != 0) {
      const auto mode = static_cast<VPX_SCALING_MODE>(settings.scaling_mode);
      vpx_scaling_mode_t scaling{mode, mode};
      control(vpx_codec_control(codec_.get(), VP8E_SET_SCALEMODE, &scaling));
    }
  }

  void encode(const std::vector<vp8::Picture>& pictures,
              const std::vector<FrameControl>& controls) {
    const Image image = new_image(settings_.width, settings_.height);
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      const FrameControl wishes = i < controls.size() ? controls[i] : FrameControl{};
      set_maps(wishes);
      fill_image(pictures[i], *image);
      encode_image(image.get(), static_cast<vpx_codec_pts_t>(i), wishes.flags);
    }
    std::size_t before = 0;
    do {
      before = frames_.size();
      encode_image(nullptr, static_cast<vpx_codec_pts_t>(pictures.size()), 0);
    } while (frames_.size() != before);
  }

  std::vector<Bytes> take_frames() { return std::move(frames_); }
  Bytes& statistics() { return statistics_; }

 private:
  void control(vpx_codec_err_t result) { check(*codec_, result, "encoder control"); }

  void set_maps(const FrameControl& wishes) {
    const auto rows = static_cast<unsigned>((settings_.height + 15) / 16);
    const auto cols = static_cast<unsigned>((settings_.width + 15) / 16);
    if (!wishes.roi.empty()) {
      Bytes map = wishes.roi;
      vpx_roi_map_t roi{};
      roi.enabled = 1;
      roi.roi_map = map.data();
      roi.rows = rows;
      roi.cols = cols;
      std::copy(settings_.roi_delta_q.begin(), settings_.roi_delta_q.end(), roi.delta_q);
      std::copy(settings_.roi_delta_lf.begin(), settings_.roi_delta_lf.end(), roi.delta_lf);
      control(vpx_codec_control(codec_.get(), VP8E_SET_ROI_MAP, &roi));
    }
    if (!wishes.active.empty()) {
      Bytes map = wishes.active;
      vpx_active_map_t active{map.data(), rows, cols};
      control(vpx_codec_control(codec_.get(), VP8E_SET_ACTIVEMAP, &active));
    }
  }

  void encode_image(const vpx_image_t* image, vpx_codec_pts_t pts, vpx_enc_frame_flags_t flags) {
    const unsigned long deadline = settings_.realtime ? VPX_DL_REALTIME : VPX_DL_GOOD_QUALITY;
    check(*codec_, vpx_codec_encode(codec_.get(), image, pts, 1, flags, deadline), "encode");
    vpx_codec_iter_t iterator = nullptr;
    while (const vpx_codec_cx_pkt_t* packet = vpx_codec_get_cx_data(codec_.get(), &iterator)) {
      if (packet->kind == VPX_CODEC_CX_FRAME_PKT) {
        const auto* data = static_cast<const std::uint8_t*>(packet->data.frame.buf);
        frames_.emplace_back(data, data + packet->data.frame.sz);
      } else if (packet->kind == VPX_CODEC_STATS_PKT) {
        const auto* data = static_cast<const std::uint8_t*>(packet->data.twopass_stats.buf);
        statistics_.insert(statistics_.end(), data, data + packet->data.twopass_stats.sz);
      }
    }
  }

  const OracleSettings& settings_;
  Codec codec_;
  std::vector<Bytes> frames_;
  Bytes statistics_;
};

constexpr std::uint32_t mix(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  std::uint32_t h = a * 0x9e3779b1u ^ b * 0x85ebca77u ^ c * 0xc2b2ae3du;
  h = (h ^ h >> 15) * 0x2c1b3c6du;
  h = (h ^ h >> 12) * 0x297a2d39u;
  return h ^ h >> 15;
}

// A hill from 0 up to `period` / 2 and down again.
constexpr int wave(int x, int period) {
  const int phase = ((x % period) + period) % period;
  return phase < period / 2 ? phase : period - phase;
}

// A texture over the whole integer plane, in sixteenths of a sample, so that it can move smoothly.
int texture(int x, int y, std::uint32_t scene) {
  const auto cell = [&](int shift) {
    return static_cast<int>(
        mix(static_cast<std::uint32_t>(x >> shift), static_cast<std::uint32_t>(y >> shift), scene) &
        31);
  };
  return 40 + wave(x + 3 * y, 160) / 2 +
         wave(5 * x - 2 * y + static_cast<int>(scene) * 37, 1600) / 16 + cell(6) + cell(9);
}

int sample_of(Content content, int plane, int x, int y, int i) {
  const auto u = [](int v) { return static_cast<std::uint32_t>(v); };
  const std::uint32_t scene = u(plane) + (content == Content::kCuts ? u(i / 5 + 1) * 8 : 0);
  switch (content) {
    case Content::kNoise:
      return static_cast<int>(mix(u(x), u(y), u(i * 3 + plane)) & 255);
    case Content::kFlat:
      return 90 + 30 * plane + (x + y + i) / 32;
    case Content::kScreen: {
      const int line = y + i * 2;
      const bool ink = line % 12 < 8 && (mix(u(x / 2), u(line / 2), 7) & 3) == 0;
      return ink ? 20 : 235 - plane * 40;
    }
    default: {
      const int speed = content == Content::kSlow ? 5 : 16 * 11;
      const bool object = (x / 24 + y / 24) % 5 == 2;
      return object ? texture(16 * x - i * speed / 4, 16 * y + i * speed / 3, scene + 3)
                    : texture(16 * x + i * speed, 16 * y - i * speed * 2 / 3, scene);
    }
  }
}

}  // namespace

void CodecDeleter::operator()(vpx_codec_ctx_t* codec) const {
  vpx_codec_destroy(codec);
  delete codec;
}

I420 shown_samples(const vp8::Picture& picture) {
  I420 out{picture.width(), picture.height(), {}};
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    append(picture.shown(plane), out.samples);
  }
  return out;
}

I420 coded_samples(const vp8::Picture& picture) {
  I420 out{picture.mb_cols() * 16, picture.mb_rows() * 16, {}};
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    append(picture.coded(plane), out.samples);
  }
  return out;
}

OracleDecoder::OracleDecoder() : codec_(new vpx_codec_ctx_t{}) {
  const vpx_codec_dec_cfg_t cfg{1, 0, 0};
  check(*codec_, vpx_codec_dec_init(codec_.get(), vpx_codec_vp8_dx(), &cfg, 0), "decoder");
}

std::optional<I420> OracleDecoder::decode(std::span<const std::uint8_t> frame) {
  const auto size = static_cast<unsigned>(frame.size());
  if (vpx_codec_decode(codec_.get(), frame.data(), size, nullptr, 0) != VPX_CODEC_OK) {
    throw vp8::BitstreamError("libvpx: " + words_of(*codec_));
  }
  vpx_codec_iter_t iterator = nullptr;
  const vpx_image_t* image = vpx_codec_get_frame(codec_.get(), &iterator);
  if (image == nullptr) {
    return std::nullopt;
  }
  return samples_of(*image);
}

I420 OracleDecoder::reference(vp8::RefFrame which, int width, int height) {
  // libvpx fills a border round the copy as well, as wide as the stride has room for.
  constexpr int kBorder = 32;
  const int coded_width = (width + 15) / 16 * 16;
  const int coded_height = (height + 15) / 16 * 16;
  const Image image = new_image(coded_width + 2 * kBorder, coded_height + 2 * kBorder);
  vpx_img_set_rect(image.get(), kBorder, kBorder, static_cast<unsigned>(coded_width),
                   static_cast<unsigned>(coded_height));
  vpx_ref_frame_t reference{};
  reference.frame_type = which == vp8::GOLDEN_FRAME   ? VP8_GOLD_FRAME
                         : which == vp8::ALTREF_FRAME ? VP8_ALTR_FRAME
                                                      : VP8_LAST_FRAME;
  reference.img = *image;
  check(*codec_, vpx_codec_control(codec_.get(), VP8_COPY_REFERENCE, &reference), "reference");
  return samples_of(*image);
}

std::vector<Bytes> oracle_encode(const std::vector<vp8::Picture>& pictures,
                                 const OracleSettings& settings,
                                 const std::vector<FrameControl>& controls) {
  vpx_codec_enc_cfg_t cfg = configuration(settings);
  Bytes statistics;
  if (settings.two_pass) {
    cfg.g_pass = VPX_RC_FIRST_PASS;
    Encoder first(settings, cfg);
    first.encode(pictures, {});
    statistics = std::move(first.statistics());
    cfg.g_pass = VPX_RC_LAST_PASS;
    cfg.rc_twopass_stats_in = {statistics.data(), statistics.size()};
  }
  Encoder encoder(settings, cfg);
  encoder.encode(pictures, controls);
  return encoder.take_frames();
}

vp8::Picture synthetic_picture(int width, int height, Content content, int index) {
  vp8::Picture picture(width, height);
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    const vp8::PlaneView view = picture.shown(plane);
    const int step = plane == vp8::kPlaneY ? 1 : 2;
    for (int y = 0; y < view.height; ++y) {
      for (int x = 0; x < view.width; ++x) {
        const int sample = sample_of(content, plane, x * step, y * step, index);
        view.at(y, x) = static_cast<std::uint8_t>(std::clamp(sample, 0, 255));
      }
    }
  }
  picture.pad_to_macroblocks();
  return picture;
}

std::vector<vp8::Picture> synthetic_clip(int width, int height, Content content, int pictures) {
  std::vector<vp8::Picture> clip;
  for (int i = 0; i < pictures; ++i) {
    clip.push_back(synthetic_picture(width, height, content, i));
  }
  return clip;
}

}  // namespace oracle
