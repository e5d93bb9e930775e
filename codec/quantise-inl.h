// Quantisation of 4x4 blocks in SIMD: the twins of codec/quantise.hh for one Highway target.
#if defined(VP8_CODEC_QUANTISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VP8_CODEC_QUANTISE_INL_H_
#undef VP8_CODEC_QUANTISE_INL_H_
#else
#define VP8_CODEC_QUANTISE_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include <hwy/highway.h>

#include "codec/quantise.hh"

// Raw x86 where Highway 1.0.3 lacks the instruction; VP8_PORTABLE_SIMD lets tests run the rest.
#ifndef VP8_RAW_X86
#if HWY_ARCH_X86 && !defined(VP8_PORTABLE_SIMD)
#define VP8_RAW_X86 1
#else
#define VP8_RAW_X86 0
#endif
#endif

HWY_BEFORE_NAMESPACE();
namespace vp8 {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

namespace quantise {

using D8 = hn::FixedTag<std::int16_t, 8>;
using V8 = hn::Vec<D8>;

/// Quantises the lanes from `first` on, stores both results and returns the levels.
template <class D>
HWY_INLINE hn::Vec<D> quantise_lanes(D d,
                                     const std::int16_t* coefs,
                                     const BlockQuantiser& q,
                                     std::size_t first,
                                     std::int16_t* levels,
                                     std::int16_t* dequantised) {
  const hn::RebindToUnsigned<D> du;
  const auto c = hn::LoadU(d, coefs + first);
  const auto sign = hn::ShiftRight<15>(c);
  const auto n = hn::Add(hn::BitCast(du, hn::Abs(c)), hn::Load(du, q.round + first));
  const auto scaled = hn::MulHigh(n, hn::Load(du, q.recip + first));
  const auto quotient = hn::MulHigh(scaled, hn::Load(du, q.scale + first));
  const auto magnitude = hn::Min(hn::BitCast(d, quotient), hn::Set(d, kMaxQuantisedLevel));
  const auto level = hn::Sub(hn::Xor(magnitude, sign), sign);
  hn::StoreU(level, d, levels + first);
  hn::StoreU(hn::Mul(level, hn::Load(d, q.step + first)), d, dequantised + first);
  return level;
}

/// One past the last nonzero level in zigzag order.
HWY_INLINE int end_of_block(V8 lower, V8 upper) {
#if VP8_RAW_X86
  // Packing saturates and so keeps what is not zero.
  const __m128i zigzag = _mm_setr_epi8(0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15);
  const __m128i in_order = _mm_shuffle_epi8(_mm_packs_epi16(lower.raw, upper.raw), zigzag);
  const int zeros = _mm_movemask_epi8(_mm_cmpeq_epi8(in_order, _mm_setzero_si128()));
  return 32 - __builtin_clz(static_cast<unsigned>(~zeros & 0xFFFF) << 1 | 1) - 1;
#else
  alignas(16) static constexpr std::int16_t ordinals[16] = {1, 2, 6,  7,  3,  5,  8,  13,
                                                            4, 9, 12, 14, 10, 11, 15, 16};
  const auto none = hn::Zero(D8());
  const auto of_lower = hn::IfThenElse(hn::Eq(lower, none), none, hn::Load(D8(), ordinals));
  const auto of_upper = hn::IfThenElse(hn::Eq(upper, none), none, hn::Load(D8(), ordinals + 8));
  return hn::GetLane(hn::MaxOfLanes(D8(), hn::Max(of_lower, of_upper)));
#endif
}

}  // namespace quantise

/// levels = sign(c) * floor((|c| + round) / step), at most kMaxQuantisedLevel, for |c| <= 32767;
/// dequantised = level * step in 16 bits; both in raster order. Returns one past the last nonzero
/// level in zigzag order, 0 if there is none.
HWY_INLINE int quantise4x4(const std::int16_t coefs[16],
                           const BlockQuantiser& q,
                           std::int16_t levels[16],
                           std::int16_t dequantised[16]) {
  using namespace quantise;
#if HWY_MAX_BYTES >= 32
  const hn::FixedTag<std::int16_t, 16> d;
  const auto all = quantise_lanes(d, coefs, q, 0, levels, dequantised);
  return end_of_block(hn::LowerHalf(D8(), all), hn::UpperHalf(D8(), all));
#else
  const V8 lower = quantise_lanes(D8(), coefs, q, 0, levels, dequantised);
  const V8 upper = quantise_lanes(D8(), coefs, q, 8, levels, dequantised);
  return end_of_block(lower, upper);
#endif
}

/// out = levels * step in 16 bits.
HWY_INLINE void dequantise4x4(const std::int16_t levels[16],
                              int dc_step,
                              int ac_step,
                              std::int16_t out[16]) {
  using namespace quantise;
  const V8 ac = hn::Set(D8(), static_cast<std::int16_t>(ac_step));
  const V8 dc = hn::Set(D8(), static_cast<std::int16_t>(dc_step));
  const V8 step = hn::IfThenElse(hn::FirstN(D8(), 1), dc, ac);
  hn::StoreU(hn::Mul(hn::LoadU(D8(), levels), step), D8(), out);
  hn::StoreU(hn::Mul(hn::LoadU(D8(), levels + 8), ac), D8(), out + 8);
}

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
