// libvpx as the oracle of our tests: its decoder with all reference frames, its encoder with every
// setting that shapes the syntax, and synthetic pictures to encode. Test code only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <vpx/vpx_encoder.h>

#include "codec/picture.hh"
#include "codec/types.hh"

namespace oracle {

using Bytes = std::vector<std::uint8_t>;

/// Planes Y, U, V one after the other without gaps; chroma sizes are rounded up.
struct I420 {
  int width = 0;
  int height = 0;
  Bytes samples;

  bool operator==(const I420&) const = default;
};

/// What a player sees of a picture.
I420 shown_samples(const vp8::Picture& picture);
/// Whole macroblocks, as references keep them.
I420 coded_samples(const vp8::Picture& picture);

struct CodecDeleter {
  void operator()(vpx_codec_ctx_t* codec) const;
};
using Codec = std::unique_ptr<vpx_codec_ctx_t, CodecDeleter>;

/// libvpx's decoder.
class OracleDecoder {
 public:
  OracleDecoder();

  /// The shown picture; none if the frame is hidden. Throws vp8::BitstreamError with libvpx's
  /// words. Empty frames are not for libvpx's interface and throw as well.
  std::optional<I420> decode(std::span<const std::uint8_t> frame);
  /// The coded samples of a reference, for a stream of this size.
  I420 reference(vp8::RefFrame which, int width, int height);

 private:
  Codec codec_;
};

/// One picture's wishes: VP8_EFLAG_* and VPX_EFLAG_FORCE_KF, and maps of one byte a macroblock.
struct FrameControl {
  vpx_enc_frame_flags_t flags = 0;
  Bytes roi{};     // segment 0..3 of each macroblock; empty: as before
  Bytes active{};  // 0: leave the macroblock alone; empty: as before
};

struct OracleSettings {
  int width = 0;
  int height = 0;
  unsigned profile = 0;   // the bitstream's version
  bool realtime = false;  // deadline: good otherwise
  int cpu_used = 4;
  bool constant_bitrate = false;
  unsigned min_q = 4;
  unsigned max_q = 56;
  unsigned bitrate_kbps = 400;
  bool two_pass = false;
  bool auto_alt_ref = false;
  unsigned lag = 0;
  int token_partitions_log2 = 0;
  unsigned error_resilient = 0;  // VPX_ERROR_RESILIENT_*
  unsigned sharpness = 0;
  unsigned static_threshold = 0;
  unsigned noise_sensitivity = 0;
  unsigned screen_content = 0;
  int scaling_mode = 0;  // VPX_SCALING_MODE for both directions
  unsigned kf_max_dist = 9999;
  unsigned drop_threshold = 0;
  std::array<int, 4> roi_delta_q{};
  std::array<int, 4> roi_delta_lf{};
};

/// Encodes pictures with libvpx; controls[i] goes with picture i where there is one. Returns the
/// frames in stream order, hidden ones included. Throws std::runtime_error.
std::vector<Bytes> oracle_encode(const std::vector<vp8::Picture>& pictures,
                                 const OracleSettings& settings,
                                 const std::vector<FrameControl>& controls = {});

enum class Content {
  kPan,     // a texture that moves so fast that vectors leave the picture, and a slower object
  kSlow,    // the same, a fraction of a pixel at a time
  kNoise,   // no picture predicts another
  kCuts,    // a pan with a new scene every 5 pictures
  kFlat,    // almost nothing happens
  kScreen,  // text-like: sharp edges, two levels, scrolling
};

/// Picture number `index` of an endless clip: integers only, the same on every machine.
vp8::Picture synthetic_picture(int width, int height, Content content, int index);
std::vector<vp8::Picture> synthetic_clip(int width, int height, Content content, int pictures);

}  // namespace oracle
