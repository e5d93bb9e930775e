// The ten subblock modes on words of four samples (RFC 6386 §12.3). Equal to
// vp8::SubblockPredictor.
#pragma once

#include <cstddef>
#include <cstdint>

#include "codec/intra.hh"
#include "cuda/lane_predict.hh"
#include "cuda/lane_words.hh"

namespace gpu::lane {

/// The rows of a 4x4 block.
struct FourRows {
  std::uint32_t r0, r1, r2, r3;
};

/// The pixels around a subblock from bottom left over the corner to above right, four a word, and
/// the means of 2 and of 3 neighbours along that line:
///   bytes 0..3 left column, lowest first; 4 corner; 5..12 eight pixels above
class SubblockWords {
 public:
  VP8_HD SubblockWords(const std::uint8_t* at,
                       std::ptrdiff_t stride,
                       const std::uint8_t* above_right)
      : above_(words::load(at - stride)) {
    const std::uint32_t right = words::load(above_right);
    const std::uint32_t e0 =
        words::pack(at[3 * stride - 1], at[2 * stride - 1], at[stride - 1], at[-1]);
    const std::uint32_t e1 = above_ << 8 | at[-stride - 1];
    const std::uint32_t e2 = words::shift_right(above_, right, 24);
    const std::uint32_t e3 = right >> 24;
    left_ = e0;
    corner_ = words::byte(e1, 0);
    const std::uint32_t next0 = words::shift_right(e0, e1, 8);
    const std::uint32_t next1 = words::shift_right(e1, e2, 8);
    const std::uint32_t next2 = words::shift_right(e2, e3, 8);
    m2_0_ = words::mean_up(e0, next0);
    m2_1_ = words::mean_up(e1, next1);
    m2_2_ = words::mean_up(e2, next2);
    // (a + 2 b + c + 2) >> 2 is the mean of b and of the mean of a and c. The line's ends repeat.
    m3_0_ = words::mean_up(e0, words::mean_down(e0 << 8 | (e0 & 0xFF), next0));
    m3_1_ = words::mean_up(e1, words::mean_down(words::shift_right(e0, e1, 24), next1));
    m3_2_ = words::mean_up(e2, words::mean_down(words::shift_right(e1, e2, 24), next2));
    m3_3_ = words::mean_up(e3, words::mean_down(e2 >> 24, e3));
  }

  VP8_HD FourRows predict(vp8::SubblockMode mode) const {
    using words::permute;
    using words::shift_right;
    switch (mode) {
      case vp8::B_DC_PRED:
        return same(
            words::splat(words::dot(left_, 0x01010101u, words::dot(above_, 0x01010101u, 4)) >> 3));
      case vp8::B_TM_PRED:
        return {add_clamped(above_, words::byte(left_, 3) - corner_),
                add_clamped(above_, words::byte(left_, 2) - corner_),
                add_clamped(above_, words::byte(left_, 1) - corner_),
                add_clamped(above_, words::byte(left_, 0) - corner_)};
      case vp8::B_VE_PRED:
        return same(shift_right(m3_1_, m3_2_, 8));
      case vp8::B_HE_PRED:
        return {permute(m3_0_, 0, 0x3333), permute(m3_0_, 0, 0x2222), permute(m3_0_, 0, 0x1111),
                permute(m3_0_, 0, 0x0000)};
      case vp8::B_LD_PRED:
        return {shift_right(m3_1_, m3_2_, 16), shift_right(m3_1_, m3_2_, 24), m3_2_,
                shift_right(m3_2_, m3_3_, 8)};
      case vp8::B_RD_PRED:
        return {m3_1_, shift_right(m3_0_, m3_1_, 24), shift_right(m3_0_, m3_1_, 16),
                shift_right(m3_0_, m3_1_, 8)};
      default:
        return predict_steep(mode);
    }
  }

 private:
  static VP8_HD FourRows same(std::uint32_t row) { return {row, row, row, row}; }

  // The four modes that alternate between means of 2 and of 3.
  VP8_HD FourRows predict_steep(vp8::SubblockMode mode) const {
    using words::permute;
    using words::shift_right;
    switch (mode) {
      case vp8::B_VR_PRED:
        return {m2_1_, m3_1_, permute(m2_1_, m3_0_, 0x2107), permute(m3_1_, m3_0_, 0x2106)};
      case vp8::B_VL_PRED:
        return {shift_right(m2_1_, m2_2_, 8), shift_right(m3_1_, m3_2_, 16),
                permute(shift_right(m2_1_, m2_2_, 16), m3_2_, 0x6210),
                permute(shift_right(m3_1_, m3_2_, 24), m3_2_, 0x7210)};
      case vp8::B_HD_PRED: {
        const std::uint32_t m3 = shift_right(m3_0_, m3_1_, 8);
        return {permute(m3_1_, m2_0_, 0x2107), permute(m2_0_, m3, 0x7362),
                permute(m2_0_, m3, 0x6251), permute(m2_0_, m3, 0x5140)};
      }
      default:  // B_HU_PRED
        return {permute(m2_0_, m3_0_, 0x5162), permute(m2_0_, m3_0_, 0x4051),
                permute(permute(m2_0_, m3_0_, 0x0040), left_, 0x4410), permute(left_, 0, 0x0000)};
    }
  }

  std::uint32_t above_;
  std::uint32_t left_;
  int corner_;
  std::uint32_t m2_0_, m2_1_, m2_2_;
  std::uint32_t m3_0_, m3_1_, m3_2_, m3_3_;
};

/// Predicts a subblock in place, a lane a row.
template <class Team>
VP8_HD void predict_subblock(const Team& team,
                             vp8::SubblockMode mode,
                             std::uint8_t* at,
                             std::ptrdiff_t stride,
                             const std::uint8_t* above_right) {
  const FourRows rows = SubblockWords(at, stride, above_right).predict(mode);
  team.each(4, [&](int y) {
    words::store(at + y * stride, y == 0 ? rows.r0 : y == 1 ? rows.r1 : y == 2 ? rows.r2 : rows.r3);
  });
}

}  // namespace gpu::lane
