// Fuzz target: a stream of frames, each after its length in two bytes, low byte first. Every frame
// gives a picture or a BitstreamError, and what was parsed is written and parsed back unchanged,
// which is tried for every fourth length, as decoding is what matters most.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "codec/decode.hh"

namespace {

constexpr int kMaxSide = 64;
constexpr std::size_t kMaxFrames = 32;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

// A key frame's size as its tag says, before anything believes it.
bool is_too_large(std::span<const std::uint8_t> frame) {
  if (frame.size() < 10 || (frame[0] & 1) != 0) {
    return false;
  }
  const int width = (frame[6] | frame[7] << 8) & 0x3fff;
  const int height = (frame[8] | frame[9] << 8) & 0x3fff;
  return width > kMaxSide || height > kMaxSide;
}

// Probabilities of 0 can be read but not written: a bit that they exclude has no code.
bool is_writable(const vp8::State& before, const vp8::FrameHeader& h) {
  const vp8::Probabilities probs = vp8::frame_probabilities(before, h);
  bool good = std::count(probs.y_mode.begin(), probs.y_mode.end(), 0) == 0 &&
              std::count(probs.uv_mode.begin(), probs.uv_mode.end(), 0) == 0;
  for (const auto& type : probs.coef) {
    for (const auto& band : type) {
      for (const auto& context : band) {
        good = good && std::count(context.begin(), context.end(), 0) == 0;
      }
    }
  }
  for (const auto& prob : h.segmentation.tree_probs) {
    good = good && prob != 0;
  }
  const bool inter_probs = h.prob_intra != 0 && h.prob_last != 0 && h.prob_gf != 0;
  return good && (!h.mb_no_skip_coeff || h.prob_skip_false != 0) && (h.key_frame || inter_probs);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::span<const std::uint8_t> rest(data, size);
  vp8::State state;
  for (std::size_t i = 0; i < kMaxFrames && rest.size() >= 2; ++i) {
    const std::size_t length =
        std::min<std::size_t>(rest[0] | std::size_t{rest[1]} << 8, rest.size() - 2);
    const std::span<const std::uint8_t> frame = rest.subspan(2, length);
    rest = rest.subspan(2 + length);
    if (is_too_large(frame)) {
      continue;
    }
    try {
      vp8::Decoded decoded = vp8::decode(state, frame);
      if (decoded.frame && length % 4 == 0 && is_writable(state, decoded.frame->header)) {
        require(vp8::parse_frame(state, vp8::write_frame(state, *decoded.frame)) == *decoded.frame);
      }
      state = std::move(decoded.next);
    } catch (const vp8::BitstreamError&) {
      // The state stays good; the next frame follows it.
    }
  }
  return 0;
}
