// Driving libvpx picture by picture, and reading its frames back with our own decoder.
#include "host/libvpx_first_pass.hh"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include "codec/decode.hh"
#include "host/plan.hh"

namespace host {
namespace {

constexpr int kQualitySteps = 64;
// High enough for rate control never to step in.
constexpr unsigned kTargetKilobits = 1'000'000;

// The step of libvpx's quality scale whose quantiser index is nearest; the finer of two.
unsigned quality_of_q_index(int q_index) {
  int best = 0;
  for (int step = 1; step < kQualitySteps; ++step) {
    if (std::abs(q_index_of_q(step) - q_index) < std::abs(q_index_of_q(best) - q_index)) {
      best = step;
    }
  }
  return static_cast<unsigned>(best);
}

// Seconds a picture as libvpx takes them: at most one. Time only moves its rate control, which has
// no say here.
vpx_rational_t time_base(Rational frame_rate) {
  constexpr int kLimit = 1'000'000;
  if (frame_rate.num < frame_rate.den || frame_rate.num > kLimit) {
    return {1, 25};
  }
  return {frame_rate.den, frame_rate.num};
}

// Writable only in its type: libvpx copies the samples before it does anything with them.
unsigned char* samples_of(const vp8::Picture& picture, vp8::Plane plane) {
  return const_cast<unsigned char*>(picture.shown(plane).data);
}

vpx_image_t image_of(const vp8::Picture& picture) {
  vpx_image_t image{};
  const auto width = static_cast<unsigned>(picture.width());
  const auto height = static_cast<unsigned>(picture.height());
  vpx_img_wrap(&image, VPX_IMG_FMT_I420, width, height, 1, samples_of(picture, vp8::kPlaneY));
  for (const auto& [from, to] : {std::pair{vp8::kPlaneY, VPX_PLANE_Y},
                                 {vp8::kPlaneU, VPX_PLANE_U},
                                 {vp8::kPlaneV, VPX_PLANE_V}}) {
    image.planes[to] = samples_of(picture, from);
    image.stride[to] = static_cast<int>(picture.shown(from).stride);
  }
  return image;
}

// One libvpx encoder that codes each picture at a given quantiser.
class Encoder {
 public:
  Encoder(const vp8::Picture& first, unsigned quality, Rational frame_rate) {
    check(vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &config_, 0), "configuration");
    config_.g_w = static_cast<unsigned>(first.width());
    config_.g_h = static_cast<unsigned>(first.height());
    config_.g_timebase = time_base(frame_rate);
    config_.g_threads = 1;
    config_.g_lag_in_frames = 0;
    config_.g_error_resilient = 0;
    config_.g_pass = VPX_RC_ONE_PASS;
    config_.rc_end_usage = VPX_VBR;
    config_.rc_target_bitrate = kTargetKilobits;
    config_.rc_dropframe_thresh = 0;
    config_.rc_resize_allowed = 0;
    config_.rc_min_quantizer = config_.rc_max_quantizer = quality;
    config_.kf_mode = VPX_KF_DISABLED;
    check(vpx_codec_enc_init(&codec_, vpx_codec_vp8_cx(), &config_, 0), "start");
    try {
      set_controls();
    } catch (...) {
      vpx_codec_destroy(&codec_);
      throw;
    }
  }
  Encoder(const Encoder&) = delete;
  Encoder(Encoder&&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  Encoder& operator=(Encoder&&) = delete;
  ~Encoder() { vpx_codec_destroy(&codec_); }

  /// The frame that codes `picture`, valid until the next call.
  std::span<const std::uint8_t> encode(const vp8::Picture& picture,
                                       unsigned quality,
                                       vpx_enc_frame_flags_t flags) {
    if (quality != config_.rc_min_quantizer) {
      config_.rc_min_quantizer = config_.rc_max_quantizer = quality;
      check(vpx_codec_enc_config_set(&codec_, &config_), "quantiser");
    }
    const vpx_image_t image = image_of(picture);
    check(vpx_codec_encode(&codec_, &image, number_++, 1, flags, VPX_DL_GOOD_QUALITY), "picture");
    return packet();
  }

 private:
  void set_controls() {
    check(vpx_codec_control(&codec_, VP8E_SET_CPUUSED, 0), "speed");
    check(vpx_codec_control(&codec_, VP8E_SET_ENABLEAUTOALTREF, 0u), "altref");
    check(vpx_codec_control(&codec_, VP8E_SET_NOISE_SENSITIVITY, 0u), "noise sensitivity");
    check(vpx_codec_control(&codec_, VP8E_SET_STATIC_THRESHOLD, 0u), "static threshold");
    check(vpx_codec_control(&codec_, VP8E_SET_TOKEN_PARTITIONS, VP8_ONE_TOKENPARTITION),
          "partitions");
    check(vpx_codec_control(&codec_, VP8E_SET_TUNING, VP8_TUNE_PSNR), "tuning");
  }

  std::span<const std::uint8_t> packet() {
    std::span<const std::uint8_t> frame;
    vpx_codec_iter_t position = nullptr;
    while (const vpx_codec_cx_pkt_t* packet = vpx_codec_get_cx_data(&codec_, &position)) {
      if (packet->kind != VPX_CODEC_CX_FRAME_PKT) {
        continue;
      }
      if (!frame.empty()) {
        throw std::runtime_error("libvpx gave more than one frame for a picture");
      }
      frame = {static_cast<const std::uint8_t*>(packet->data.frame.buf), packet->data.frame.sz};
    }
    if (frame.empty()) {
      throw std::runtime_error("libvpx gave no frame for a picture");
    }
    return frame;
  }

  void check(vpx_codec_err_t error, const std::string& step) {
    if (error == VPX_CODEC_OK) {
      return;
    }
    const char* detail = vpx_codec_error_detail(&codec_);
    throw std::runtime_error("libvpx: " + step + ": " + vpx_codec_err_to_string(error) +
                             (detail != nullptr ? std::string(" (") + detail + ")" : ""));
  }

  vpx_codec_enc_cfg_t config_{};
  vpx_codec_ctx_t codec_{};
  vpx_codec_pts_t number_ = 0;
};

// Which references libvpx may use: those that hold what they will hold where the chunk is rebased.
// libvpx also replaces golden on its own account every few pictures, whatever it is told.
class KnownReferences {
 public:
  /// What to ask of libvpx for the next picture.
  vpx_enc_frame_flags_t flags_for(const vp8::FrameHeader& plan) const {
    if (first_) {
      return VPX_EFLAG_FORCE_KF;
    }
    vpx_enc_frame_flags_t flags = 0;
    flags |= golden_ ? 0 : VP8_EFLAG_NO_REF_GF;
    flags |= altref_ ? 0 : VP8_EFLAG_NO_REF_ARF;
    flags |= plan.refresh_golden_frame ? VP8_EFLAG_FORCE_GF : VP8_EFLAG_NO_UPD_GF;
    flags |= plan.refresh_alternate_frame ? VP8_EFLAG_FORCE_ARF : VP8_EFLAG_NO_UPD_ARF;
    return flags;
  }

  /// Takes note of what libvpx did instead. A copied buffer counts as unknown.
  void advance(const vp8::FrameHeader& libvpx, const vp8::FrameHeader& plan) {
    const auto known = [](bool before, bool planned, bool replaced, int copied) {
      return replaced ? planned : before && !planned && copied == 0;
    };
    golden_ = known(golden_, plan.refresh_golden_frame, libvpx.refresh_golden_frame,
                    plan.copy_buffer_to_golden | libvpx.copy_buffer_to_golden);
    altref_ = known(altref_, plan.refresh_alternate_frame, libvpx.refresh_alternate_frame,
                    plan.copy_buffer_to_alternate | libvpx.copy_buffer_to_alternate);
    first_ = false;
  }

 private:
  bool first_ = true;
  bool golden_ = false;
  bool altref_ = false;
};

// The loop filter of a decoded frame as it stands, without reference to earlier frames' deltas.
vp8::FilterHeader filter_in_full(const vp8::FilterHeader& filter, const vp8::FilterDeltas& deltas) {
  vp8::FilterHeader full = filter;
  if (!full.delta_enabled) {
    return full;
  }
  full.delta_update = true;
  std::copy(deltas.ref_frame.begin(), deltas.ref_frame.end(), full.ref_frame_delta.begin());
  std::copy(deltas.mode.begin(), deltas.mode.end(), full.mode_delta.begin());
  return full;
}

vp8::FrameHeader header_for_rebase(const vp8::FrameHeader& libvpx,
                                   const vp8::FrameHeader& plan,
                                   const vp8::FilterDeltas& deltas) {
  vp8::FrameHeader header = plan;
  header.key_frame = libvpx.key_frame;
  header.version = libvpx.version;
  header.filter = filter_in_full(libvpx.filter, deltas);
  if (libvpx.key_frame) {
    header.width = libvpx.width;
    header.height = libvpx.height;
    header.refresh_golden_frame = header.refresh_alternate_frame = header.refresh_last = true;
    header.copy_buffer_to_golden = header.copy_buffer_to_alternate = 0;
  }
  header.sign_bias_golden = header.sign_bias_alternate = false;
  return header;
}

vp8::Decisions decisions_of(vp8::Frame frame,
                            const vp8::FrameHeader& plan,
                            const vp8::FilterDeltas& deltas) {
  for (vp8::MbModes& mb : frame.modes) {
    mb.segment = 0;
  }
  return {header_for_rebase(frame.header, plan, deltas), std::move(frame.modes)};
}

void check_chunk(std::span<const vp8::PictureRef> pictures,
                 std::span<const vp8::FrameHeader> headers) {
  if (pictures.empty() || pictures.size() != headers.size()) {
    throw std::invalid_argument("a chunk needs pictures and a header for each");
  }
  for (const vp8::PictureRef& picture : pictures) {
    if (picture->width() != pictures[0]->width() || picture->height() != pictures[0]->height()) {
      throw std::invalid_argument("the pictures of a chunk differ in size");
    }
  }
}

}  // namespace

LibvpxChunk libvpx_first_pass(std::span<const vp8::PictureRef> pictures,
                              std::span<const vp8::FrameHeader> headers,
                              Rational frame_rate) {
  check_chunk(pictures, headers);
  LibvpxChunk chunk;
  Encoder encoder(*pictures[0], quality_of_q_index(headers[0].quant.y_ac_qi), frame_rate);
  KnownReferences known;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const unsigned quality = quality_of_q_index(headers[i].quant.y_ac_qi);
    vp8::Decoded decoded =
        vp8::decode(chunk.exit, encoder.encode(*pictures[i], quality, known.flags_for(headers[i])));
    known.advance(decoded.frame->header, headers[i]);
    chunk.exit = std::move(decoded.next);
    chunk.decisions.push_back(
        decisions_of(std::move(*decoded.frame), headers[i], chunk.exit.filter_deltas));
  }
  return chunk;
}

}  // namespace host
