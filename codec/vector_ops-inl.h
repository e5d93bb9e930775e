// The block primitives that kernels call, by vector instructions, for one Highway target: a team of
// one lane.
#if defined(VP8_CODEC_VECTOR_OPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VP8_CODEC_VECTOR_OPS_INL_H_
#undef VP8_CODEC_VECTOR_OPS_INL_H_
#else
#define VP8_CODEC_VECTOR_OPS_INL_H_
#endif

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <hwy/highway.h>

#include "codec/inter.hh"
#include "codec/intra.hh"
#include "codec/loop_filter-inl.h"
#include "codec/metrics-inl.h"
#include "codec/quantise-inl.h"
#include "codec/subpixel-inl.h"
#include "codec/team.hh"
#include "codec/transform-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vp8 {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// What cuda/lane_ops.hh offers to teams of many lanes, with the same results. Blocks of
/// coefficients hold 16 in raster order; strides are in samples.
struct VectorOps : OneLane {
  template <class T>
  static HWY_INLINE void assign(T& to, const T& from) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(&to, &from, sizeof(T));  // g++ copies arrays of structs one by one
  }
  /// Copies `count` samples.
  static HWY_INLINE void copy(const std::uint8_t* from, std::uint8_t* to, int count) {
    std::memcpy(to, from, static_cast<std::size_t>(count));
  }

  // --- how far apart blocks are: source a, reference or prediction b ---

  template <int kSize>
  static HWY_INLINE std::uint32_t sad(const std::uint8_t* a,
                                      std::ptrdiff_t as,
                                      const std::uint8_t* b,
                                      std::ptrdiff_t bs) {
    return kSize == 16  ? sad16x16(a, as, b, bs)
           : kSize == 8 ? sad8x8(a, as, b, bs)
                        : metrics::sad4x4(a, as, b, bs);
  }
  template <int kSize>
  static HWY_INLINE std::uint32_t satd(const std::uint8_t* a,
                                       std::ptrdiff_t as,
                                       const std::uint8_t* b,
                                       std::ptrdiff_t bs) {
    return kSize == 16  ? satd16x16(a, as, b, bs)
           : kSize == 8 ? satd8x8(a, as, b, bs)
                        : satd4x4(a, as, b, bs);
  }
  template <int kSize>
  static HWY_INLINE std::uint32_t sse(const std::uint8_t* a,
                                      std::ptrdiff_t as,
                                      const std::uint8_t* b,
                                      std::ptrdiff_t bs) {
    return kSize == 16 ? sse16x16(a, as, b, bs) : sse8x8(a, as, b, bs);
  }

  // --- prediction ---

  /// Predicts a W x H block from the position (y, x) in eighths of a sample relative to the plane's
  /// origin. Positions outside the border read the nearest coded sample, as if the border had no
  /// end (§5).
  template <int W, int H>
  static HWY_INLINE void predict(const ReferencePlane& ref,
                                 int y_eighths,
                                 int x_eighths,
                                 bool bilinear,
                                 std::uint8_t* out,
                                 std::ptrdiff_t out_stride,
                                 PredictScratch& scratch) {
    const int y = y_eighths >> 3;
    const int x = x_eighths >> 3;
    // Filters reach 2 samples before and 3 after; vector loads may touch up to 16 samples right of
    // the first.
    constexpr int kReach = std::max(W, 8) + 8;
    const std::uint8_t* src = ref.plane.data + y * ref.plane.stride + x;
    std::ptrdiff_t stride = ref.plane.stride;
    if (x - 2 < -ref.border || y - 2 < -ref.border || x + kReach > ref.plane.width + ref.border ||
        y + H + 3 > ref.plane.height + ref.border) {
      fetch_clamped<H + 5, kReach + 2>(ref.plane, y - 2, x - 2, scratch.patch);
      stride = PredictScratch::kPatchStride;
      src = scratch.patch + 2 * stride + 2;
    }
    if (bilinear) {
      predict_bilinear<W, H>(src, stride, x_eighths & 7, y_eighths & 7, out, out_stride);
    } else {
      predict_sixtap<W, H>(src, stride, x_eighths & 7, y_eighths & 7, out, out_stride);
    }
  }

  template <int kSize>
  static HWY_INLINE void predict_intra(MbMode mode,
                                       const std::uint8_t* at,
                                       std::ptrdiff_t stride,
                                       Available available,
                                       std::uint8_t* out,
                                       std::ptrdiff_t out_stride) {
    vp8::predict_intra<kSize>(mode, at, stride, available, out, out_stride);
  }

  /// SATD of the source against each of the ten predictions of a subblock.
  static HWY_INLINE void subblock_satds(const std::uint8_t* at,
                                        std::ptrdiff_t stride,
                                        const std::uint8_t* above_right,
                                        const std::uint8_t* src,
                                        std::ptrdiff_t src_stride,
                                        std::uint32_t satd[kSubblockModes]) {
    const SubblockPredictor predictor(at, stride, above_right);
    alignas(16) std::array<std::uint8_t, 16> trial;
    for (std::size_t m = 0; m < kSubblockModes; ++m) {
      predictor.predict(static_cast<SubblockMode>(m), trial.data(), 4);
      satd[m] = satd4x4(src, src_stride, trial.data(), 4);
    }
  }

  static HWY_INLINE void predict_subblock(SubblockMode mode,
                                          std::uint8_t* at,
                                          std::ptrdiff_t stride,
                                          const std::uint8_t* above_right) {
    SubblockPredictor(at, stride, above_right).predict(mode, at, stride);
  }

  // --- residue ---

  template <int kSize>
  static HWY_INLINE void residual_dct(const std::uint8_t* src,
                                      std::ptrdiff_t ss,
                                      const std::uint8_t* prediction,
                                      std::ptrdiff_t ps,
                                      std::int16_t (*coefs)[16]) {
    if constexpr (kSize == 16) {
      residual_dct16x16(src, ss, prediction, ps, coefs);
    } else if constexpr (kSize == 8) {
      residual_dct8x8(src, ss, prediction, ps, coefs);
    } else {
      residual_dct4x4(src, ss, prediction, ps, coefs[0]);
    }
  }

  static HWY_INLINE void forward_wht(const std::int16_t* in, std::int16_t* out) {
    forward_wht4x4(in, out);
  }
  static HWY_INLINE void inverse_wht(const std::int16_t* in, std::int16_t* out) {
    inverse_wht4x4(in, out);
  }

  /// Quantises `count` blocks; ends[b] is one past the last nonzero level in zigzag order.
  static HWY_INLINE void quantise(const std::int16_t (*coefs)[16],
                                  int count,
                                  const BlockQuantiser& q,
                                  std::int16_t (*levels)[16],
                                  std::int16_t (*dequantised)[16],
                                  std::uint8_t* ends) {
    for (int b = 0; b < count; ++b)
      ends[b] = static_cast<std::uint8_t>(quantise4x4(coefs[b], q, levels[b], dequantised[b]));
  }

  /// Squared distance of coefficients, of all `count` blocks together.
  static HWY_INLINE std::uint64_t residual_energy(const std::int16_t (*coefs)[16],
                                                  const std::int16_t (*dequantised)[16],
                                                  int count) {
    std::uint64_t sum = 0;
    for (int b = 0; b < count; ++b)
      sum += residual_energy4x4(coefs[b], dequantised[b]);
    return sum;
  }

  /// True if all of `count` blocks quantise to zero.
  static HWY_INLINE bool quantises_to_nothing(const std::int16_t (*coefs)[16],
                                              int count,
                                              const BlockQuantiser& q) {
    const hn::CappedTag<std::int16_t, 16> d;
    const std::size_t lanes = hn::Lanes(d);
    auto survivors = hn::Zero(d);
    for (std::size_t i = 0; i < 16; i += lanes) {
      // |c| + round >= step survives. Saturation makes |-32768| 32767, which is as good.
      const auto round = hn::BitCast(d, hn::Load(hn::RebindToUnsigned<decltype(d)>(), q.round + i));
      const auto largest_zero = hn::Sub(hn::Sub(hn::Load(d, q.step + i), round), hn::Set(d, 1));
      for (int b = 0; b < count; ++b) {
        const auto c = hn::Load(d, coefs[b] + i);
        const auto magnitude = hn::Max(c, hn::SaturatedSub(hn::Zero(d), c));
        survivors = hn::Or(survivors, hn::VecFromMask(d, hn::Gt(magnitude, largest_zero)));
      }
    }
    return hn::AllTrue(d, hn::Eq(survivors, hn::Zero(d)));
  }

  /// Adds the residue of columns x rows blocks, in raster order, to the samples at `at`.
  static HWY_INLINE void add_residue(const std::int16_t (*dequantised)[16],
                                     const std::uint8_t* ends,
                                     int columns,
                                     int rows,
                                     std::uint8_t* at,
                                     std::ptrdiff_t stride) {
    for (int y = 0; y < rows; ++y, at += 4 * stride) {
      for (int x = 0; x < columns; ++x, ++dequantised, ++ends) {
        if (*ends != 0) {
          inverse_dct_add4x4(*dequantised, at + 4 * x, stride, at + 4 * x, stride);
        } else if ((*dequantised)[0] != 0) {
          inverse_dc_add4x4((*dequantised)[0], at + 4 * x, stride, at + 4 * x, stride);
        }
      }
    }
  }

  // --- loop filter: edges of one macroblock (§15) ---

#define VP8_LUMA_EDGE(name)                                                             \
  static HWY_INLINE void name(std::uint8_t* y, std::ptrdiff_t s, const EdgeLimits& l) { \
    HWY_NAMESPACE::name(y, s, l);                                                       \
  }
#define VP8_CHROMA_EDGE(name)                                                     \
  static HWY_INLINE void name(std::uint8_t* u, std::uint8_t* v, std::ptrdiff_t s, \
                              const EdgeLimits& l) {                              \
    HWY_NAMESPACE::name(u, v, s, l);                                              \
  }
#define VP8_SIMPLE_EDGE(name)                                                \
  static HWY_INLINE void name(std::uint8_t* y, std::ptrdiff_t s, int edge) { \
    HWY_NAMESPACE::name(y, s, edge);                                         \
  }
  VP8_LUMA_EDGE(filter_mb_left_edge_luma)
  VP8_LUMA_EDGE(filter_subblock_left_edges_luma)
  VP8_LUMA_EDGE(filter_mb_top_edge_luma)
  VP8_LUMA_EDGE(filter_subblock_top_edges_luma)
  VP8_CHROMA_EDGE(filter_mb_left_edge_chroma)
  VP8_CHROMA_EDGE(filter_subblock_left_edges_chroma)
  VP8_CHROMA_EDGE(filter_mb_top_edge_chroma)
  VP8_CHROMA_EDGE(filter_subblock_top_edges_chroma)
  VP8_SIMPLE_EDGE(filter_simple_mb_left_edge)
  VP8_SIMPLE_EDGE(filter_simple_subblock_left_edges)
  VP8_SIMPLE_EDGE(filter_simple_mb_top_edge)
  VP8_SIMPLE_EDGE(filter_simple_subblock_top_edges)
#undef VP8_LUMA_EDGE
#undef VP8_CHROMA_EDGE
#undef VP8_SIMPLE_EDGE

 private:
  template <int kRows, int kColumns>
  static void fetch_clamped(const ConstPlaneView& plane, int y, int x, std::uint8_t* patch) {
    for (int r = 0; r < kRows; ++r, patch += PredictScratch::kPatchStride) {
      const std::uint8_t* row = plane.row(std::clamp(y + r, 0, plane.height - 1));
      for (int c = 0; c < kColumns; ++c)
        patch[c] = row[std::clamp(x + c, 0, plane.width - 1)];
    }
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#endif  // include guard
