// Two passes of libvpx over a video, and our decoder behind them.
#include "tools/libvpx_encode.hh"

#include <array>
#include <ctime>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include "codec/decode.hh"
#include "codec/state.hh"
#include "host/quality.hh"

namespace tools {
namespace {

constexpr unsigned kLag = 25;
constexpr unsigned kUnboundKilobits = 1'000'000;
constexpr unsigned kKeyFrameDistance = 9999;

// Adds the processor time of the whole program between its construction and its destruction.
class Timed {
 public:
  explicit Timed(double& seconds) : seconds_(seconds) {}
  Timed(const Timed&) = delete;
  Timed(Timed&&) = delete;
  Timed& operator=(const Timed&) = delete;
  Timed& operator=(Timed&&) = delete;
  ~Timed() { seconds_ += static_cast<double>(std::clock() - begin_) / CLOCKS_PER_SEC; }

 private:
  double& seconds_;
  const std::clock_t begin_ = std::clock();
};

// Writable only in its type: libvpx copies the samples.
vpx_image_t image_of(const vp8::Picture& picture) {
  vpx_image_t image{};
  const auto samples = [&](vp8::Plane plane) {
    return const_cast<unsigned char*>(picture.shown(plane).data);
  };
  vpx_img_wrap(&image, VPX_IMG_FMT_I420, static_cast<unsigned>(picture.width()),
               static_cast<unsigned>(picture.height()), 1, samples(vp8::kPlaneY));
  constexpr std::array<vp8::Plane, 3> planes = {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV};
  for (std::size_t i = 0; i < planes.size(); ++i) {
    image.planes[i] = samples(planes[i]);
    image.stride[i] = static_cast<int>(picture.shown(planes[i]).stride);
  }
  return image;
}

void check(vpx_codec_err_t error, const char* step) {
  if (error != VPX_CODEC_OK)
    throw std::runtime_error(std::string("libvpx failed at its ") + step + ": " +
                             vpx_codec_err_to_string(error));
}

// One pass of libvpx. `statistics` are those of the first one, empty in it.
class Pass {
 public:
  Pass(const host::StreamInfo& info,
       const LibvpxOptions& options,
       std::vector<char>& statistics,
       vpx_enc_pass pass) {
    vpx_codec_enc_cfg_t config{};
    check(vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &config, 0), "configuration");
    config.g_w = static_cast<unsigned>(info.width);
    config.g_h = static_cast<unsigned>(info.height);
    config.g_timebase = {info.frame_rate.den, info.frame_rate.num};
    config.g_threads = static_cast<unsigned>(options.threads);
    config.g_lag_in_frames = kLag;
    config.g_pass = pass;
    config.rc_end_usage = VPX_CQ;
    config.rc_target_bitrate = kUnboundKilobits;
    config.rc_min_quantizer = 0;
    config.rc_max_quantizer = 63;
    config.kf_max_dist = kKeyFrameDistance;
    if (pass == VPX_RC_LAST_PASS)
      config.rc_twopass_stats_in = {statistics.data(), statistics.size()};
    check(vpx_codec_enc_init(&codec_, vpx_codec_vp8_cx(), &config, 0), "start");
    vpx_codec_control(&codec_, VP8E_SET_CPUUSED, 0);
    vpx_codec_control(&codec_, VP8E_SET_ENABLEAUTOALTREF, 1U);
    vpx_codec_control(&codec_, VP8E_SET_CQ_LEVEL, static_cast<unsigned>(options.cq));
  }
  Pass(const Pass&) = delete;
  Pass(Pass&&) = delete;
  Pass& operator=(const Pass&) = delete;
  Pass& operator=(Pass&&) = delete;
  ~Pass() { vpx_codec_destroy(&codec_); }

  // Takes a picture, or the end of the video; `packet` gets what comes out. Returns whether
  // anything did.
  template <class F>
  bool put(const vp8::Picture* picture, const F& packet) {
    vpx_image_t image{};
    if (picture != nullptr)
      image = image_of(*picture);
    check(vpx_codec_encode(&codec_, picture != nullptr ? &image : nullptr, number_++, 1, 0,
                           VPX_DL_GOOD_QUALITY),
          "picture");
    vpx_codec_iter_t position = nullptr;
    bool any = false;
    while (const vpx_codec_cx_pkt_t* found = vpx_codec_get_cx_data(&codec_, &position)) {
      packet(*found);
      any = true;
    }
    return any;
  }

 private:
  vpx_codec_ctx_t codec_{};
  vpx_codec_pts_t number_ = 0;
};

// Feeds all pictures to a pass. `keep` gets each one first, `packet` what libvpx gives.
template <class Keep, class Packet>
void run(host::PictureSource& source,
         std::int64_t limit,
         Pass& pass,
         double& read_seconds,
         double& pass_seconds,
         const Keep& keep,
         const Packet& packet) {
  for (std::int64_t i = 0; i != limit; ++i) {
    std::optional<vp8::Picture> picture;
    {
      const Timed timed(read_seconds);
      picture = source.next();
    }
    if (!picture)
      break;
    const vp8::Picture& kept = keep(std::move(*picture));
    const Timed timed(pass_seconds);
    pass.put(&kept, packet);
  }
  const Timed timed(pass_seconds);
  while (pass.put(nullptr, packet)) {
  }
}

std::vector<char> first_pass(const host::RepeatableInput& input,
                             const LibvpxOptions& options,
                             host::PhaseTimes& cpu) {
  std::vector<char> statistics;
  const std::unique_ptr<host::PictureSource> source = input.open();
  Pass pass(source->info(), options, statistics, VPX_RC_FIRST_PASS);
  std::optional<vp8::Picture> now;
  const auto keep = [&](vp8::Picture picture) -> const vp8::Picture& {
    return now.emplace(std::move(picture));
  };
  run(*source, options.limit, pass, cpu.read, cpu.lookahead, keep,
      [&](const vpx_codec_cx_pkt_t& packet) {
        if (packet.kind != VPX_CODEC_STATS_PKT)
          return;
        const auto* begin = static_cast<const char*>(packet.data.twopass_stats.buf);
        statistics.insert(statistics.end(), begin, begin + packet.data.twopass_stats.sz);
      });
  return statistics;
}

// Decodes what libvpx gives and compares it with the pictures that it was given.
class Judge {
 public:
  const vp8::Picture& expect(vp8::Picture picture) {
    return waiting_.emplace_back(std::move(picture));
  }

  void judge(std::span<const std::uint8_t> frame) {
    vp8::Decoded decoded = vp8::decode(state_, frame);
    state_ = std::move(decoded.next);
    if (!decoded.shown || waiting_.empty())
      return;
    quality_.add(host::measure(waiting_.front(), *decoded.reconstruction));
    waiting_.pop_front();
  }

  const host::QualitySum& quality() const { return quality_; }
  std::uint64_t state_hash() const { return vp8::hash(state_); }

 private:
  std::deque<vp8::Picture> waiting_;
  vp8::State state_;
  host::QualitySum quality_;
};

}  // namespace

host::EncodeSummary encode_by_libvpx(
    const host::RepeatableInput& input,
    const LibvpxOptions& options,
    const std::function<void(std::span<const std::uint8_t>)>& frame) {
  host::EncodeSummary summary;
  std::vector<char> statistics = first_pass(input, options, summary.cpu);
  const std::unique_ptr<host::PictureSource> source = input.open();
  Pass pass(source->info(), options, statistics, VPX_RC_LAST_PASS);
  Judge judge;
  double judging = 0;
  const auto keep = [&](vp8::Picture picture) -> const vp8::Picture& {
    return judge.expect(std::move(picture));
  };
  run(*source, options.limit, pass, summary.cpu.read, summary.cpu.first_pass, keep,
      [&](const vpx_codec_cx_pkt_t& packet) {
        if (packet.kind != VPX_CODEC_CX_FRAME_PKT)
          return;
        const Timed timed(judging);
        const std::span bytes(static_cast<const std::uint8_t*>(packet.data.frame.buf),
                              packet.data.frame.sz);
        summary.bytes += bytes.size();
        judge.judge(bytes);
        frame(bytes);
      });
  summary.cpu.first_pass -= judging;
  summary.cpu.measure = judging;
  summary.pictures = judge.quality().pictures();
  summary.quality = judge.quality().mean();
  summary.state_hash = judge.state_hash();
  return summary;
}

}  // namespace tools
