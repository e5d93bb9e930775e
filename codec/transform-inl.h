// The DCT, the WHT and their inverses in SIMD: the twins of codec/transform.hh for one target.
//
// Blocks lie in vectors in two ways; letters are blocks, digits rows, four lanes each, in 128-bit
// halves of a vector (a 256-bit vector has a second half with blocks C and D):
//
//   rows:    [A0 B0] [A1 B1] [A2 B2] [A3 B3]      side by side, as in a picture
//   packed:  [A0 A1] [A2 A3] [B0 B1] [B2 B3]      one after another, as in memory
#if defined(VP8_CODEC_TRANSFORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VP8_CODEC_TRANSFORM_INL_H_
#undef VP8_CODEC_TRANSFORM_INL_H_
#else
#define VP8_CODEC_TRANSFORM_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include <hwy/highway.h>

#include "codec/transform.hh"

HWY_BEFORE_NAMESPACE();
namespace vp8 {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

namespace transform {

using D4 = hn::FixedTag<std::int16_t, 4>;
using D8 = hn::FixedTag<std::int16_t, 8>;
using V8 = hn::Vec<D8>;

/// Four vectors: rows, or columns, or packed blocks in order.
template <class D>
struct Four {
  hn::Vec<D> v0, v1, v2, v3;
};

/// From packed blocks to rows.
template <class D>
HWY_INLINE Four<D> spread(D d, const Four<D>& packed) {
  const hn::Repartition<std::int64_t, D> d64;
  const auto a01 = hn::BitCast(d64, packed.v0);
  const auto a23 = hn::BitCast(d64, packed.v1);
  const auto b01 = hn::BitCast(d64, packed.v2);
  const auto b23 = hn::BitCast(d64, packed.v3);
  return {hn::BitCast(d, hn::InterleaveLower(d64, a01, b01)),
          hn::BitCast(d, hn::InterleaveUpper(d64, a01, b01)),
          hn::BitCast(d, hn::InterleaveLower(d64, a23, b23)),
          hn::BitCast(d, hn::InterleaveUpper(d64, a23, b23))};
}

/// From rows to the packed transposes of the blocks.
template <class D>
HWY_INLINE Four<D> pack_transposed(D d, const Four<D>& rows) {
  const hn::Repartition<std::int32_t, D> d32;
  const auto a01 = hn::BitCast(d32, hn::InterleaveLower(d, rows.v0, rows.v1));
  const auto a23 = hn::BitCast(d32, hn::InterleaveLower(d, rows.v2, rows.v3));
  const auto b01 = hn::BitCast(d32, hn::InterleaveUpper(d, rows.v0, rows.v1));
  const auto b23 = hn::BitCast(d32, hn::InterleaveUpper(d, rows.v2, rows.v3));
  return {hn::BitCast(d, hn::InterleaveLower(d32, a01, a23)),
          hn::BitCast(d, hn::InterleaveUpper(d32, a01, a23)),
          hn::BitCast(d, hn::InterleaveLower(d32, b01, b23)),
          hn::BitCast(d, hn::InterleaveUpper(d32, b01, b23))};
}

template <class D>
HWY_INLINE Four<D> transpose(D d, const Four<D>& rows) {
  return spread(d, pack_transposed(d, rows));
}

/// Stores one block, the first of the packed ones.
HWY_INLINE void store_block(const Four<D8>& packed, std::int16_t block[16]) {
  hn::StoreU(packed.v0, D8(), block);
  hn::StoreU(packed.v1, D8(), block + 8);
}

/// The rows of one block, in the lower half of each vector (and again in the upper).
HWY_INLINE Four<D8> load_block(const std::int16_t block[16]) {
  const V8 rows01 = hn::LoadU(D8(), block);
  const V8 rows23 = hn::LoadU(D8(), block + 8);
  return spread(D8(), Four<D8>{rows01, rows23, rows01, rows23});
}

/// Packed blocks to memory: two of them in 128-bit vectors, four in 256-bit vectors.
template <class D>
HWY_INLINE void store_packed(D d, const Four<D>& packed, std::int16_t* blocks) {
  if constexpr (hn::MaxLanes(D()) == 8) {
    hn::StoreU(packed.v0, d, blocks);
    hn::StoreU(packed.v1, d, blocks + 8);
    hn::StoreU(packed.v2, d, blocks + 16);
    hn::StoreU(packed.v3, d, blocks + 24);
  } else {
    hn::StoreU(hn::ConcatLowerLower(d, packed.v1, packed.v0), d, blocks);
    hn::StoreU(hn::ConcatLowerLower(d, packed.v3, packed.v2), d, blocks + 16);
    hn::StoreU(hn::ConcatUpperUpper(d, packed.v1, packed.v0), d, blocks + 32);
    hn::StoreU(hn::ConcatUpperUpper(d, packed.v3, packed.v2), d, blocks + 48);
  }
}

template <class D>
HWY_INLINE Four<D> forward_dct_pass(D d, const Four<D>& x) {
  const auto cos_minus_1 = hn::Set(d, kCosMinus1Q15);
  const auto sin = hn::Set(d, kSinQ15);
  const auto a = hn::Add(x.v0, x.v3);
  const auto b = hn::Add(x.v1, x.v2);
  const auto c = hn::Sub(x.v1, x.v2);
  const auto e = hn::Sub(x.v0, x.v3);
  const auto e_cos = hn::Add(e, hn::MulFixedPoint15(e, cos_minus_1));
  const auto c_cos = hn::Add(c, hn::MulFixedPoint15(c, cos_minus_1));
  return {hn::Add(a, b), hn::Add(e_cos, hn::MulFixedPoint15(c, sin)), hn::Sub(a, b),
          hn::Sub(hn::MulFixedPoint15(e, sin), c_cos)};
}

template <class D>
HWY_INLINE hn::Vec<D> round_dct(D d, hn::Vec<D> x) {
  const auto bias = hn::Add(hn::Set(d, 8), hn::ShiftRight<15>(x));
  return hn::ShiftRight<4>(hn::Add(x, bias));
}

/// Rows of residual to packed coefficients.
template <class D>
HWY_INLINE Four<D> forward_dct(D d, const Four<D>& x) {
  const Four<D> scaled = {hn::ShiftLeft<3>(x.v0), hn::ShiftLeft<3>(x.v1), hn::ShiftLeft<3>(x.v2),
                          hn::ShiftLeft<3>(x.v3)};
  const auto columns = transpose(d, forward_dct_pass(d, scaled));
  const auto y = forward_dct_pass(d, columns);
  return pack_transposed(
      d, Four<D>{round_dct(d, y.v0), round_dct(d, y.v1), round_dct(d, y.v2), round_dct(d, y.v3)});
}

/// A row of differences of as many samples as there are lanes.
template <class D>
HWY_INLINE hn::Vec<D> difference(D d, const std::uint8_t* a, const std::uint8_t* b) {
  const hn::Rebind<std::uint8_t, D> d8;
  return hn::Sub(hn::PromoteTo(d, hn::LoadU(d8, a)), hn::PromoteTo(d, hn::LoadU(d8, b)));
}

/// Coefficients of all blocks of four rows of samples.
template <class D>
HWY_INLINE void residual_dct_rows(D d,
                                  const std::uint8_t* src,
                                  std::ptrdiff_t src_stride,
                                  const std::uint8_t* pred,
                                  std::ptrdiff_t pred_stride,
                                  std::int16_t* coefs) {
  const Four<D> rows = {difference(d, src, pred),
                        difference(d, src + src_stride, pred + pred_stride),
                        difference(d, src + 2 * src_stride, pred + 2 * pred_stride),
                        difference(d, src + 3 * src_stride, pred + 3 * pred_stride)};
  store_packed(d, forward_dct(d, rows), coefs);
}

/// x * kSinQ16 / 2^16, rounded down: the constant less 2^16 fits 16 bits.
template <class D>
HWY_INLINE hn::Vec<D> multiply_sin(D d, hn::Vec<D> x) {
  return hn::Add(x, hn::MulHigh(x, hn::Set(d, static_cast<std::int16_t>(kSinQ16 - 65536))));
}

template <class D>
HWY_INLINE hn::Vec<D> multiply_cos(D d, hn::Vec<D> x) {
  return hn::Add(x, hn::MulHigh(x, hn::Set(d, kCosMinus1Q16)));
}

template <class D>
HWY_INLINE Four<D> inverse_dct_pass(D d, const Four<D>& x) {
  const auto a = hn::Add(x.v0, x.v2);
  const auto b = hn::Sub(x.v0, x.v2);
  const auto c = hn::Sub(multiply_sin(d, x.v1), multiply_cos(d, x.v3));
  const auto e = hn::Add(multiply_cos(d, x.v1), multiply_sin(d, x.v3));
  return {hn::Add(a, e), hn::Add(b, c), hn::Sub(b, c), hn::Sub(a, e)};
}

/// Rows of coefficients below kInverseDct16BitLimit to columns of residual.
template <class D>
HWY_INLINE Four<D> inverse_dct(D d, const Four<D>& rows) {
  const auto y = inverse_dct_pass(d, transpose(d, inverse_dct_pass(d, rows)));
  const auto half = hn::Set(d, 4);
  return {hn::ShiftRight<3>(hn::Add(y.v0, half)), hn::ShiftRight<3>(hn::Add(y.v1, half)),
          hn::ShiftRight<3>(hn::Add(y.v2, half)), hn::ShiftRight<3>(hn::Add(y.v3, half))};
}

/// Whether all coefficients, given the OR of their magnitudes, are below kInverseDct16BitLimit.
template <class D>
HWY_INLINE bool fits_16_bits(D d, hn::Vec<D> magnitudes) {
  const auto high_bits = hn::Set(d, static_cast<std::int16_t>(-kInverseDct16BitLimit));
  return hn::AllTrue(d, hn::Eq(hn::And(magnitudes, high_bits), hn::Zero(d)));
}

/// Adds a row of residual to a row of samples.
template <class D>
HWY_INLINE void add_row(D d, hn::Vec<D> residual, const std::uint8_t* pred, std::uint8_t* dst) {
  const hn::Rebind<std::uint8_t, D> d8;
  const auto prediction = hn::PromoteTo(d, hn::LoadU(d8, pred));
  hn::StoreU(hn::DemoteTo(d8, hn::Add(prediction, residual)), d8, dst);
}

template <class D>
HWY_INLINE Four<D> wht_pass(D, const Four<D>& x) {
  const auto a = hn::Add(x.v0, x.v3);
  const auto b = hn::Add(x.v1, x.v2);
  const auto c = hn::Sub(x.v1, x.v2);
  const auto e = hn::Sub(x.v0, x.v3);
  return {hn::Add(a, b), hn::Add(c, e), hn::Sub(a, b), hn::Sub(e, c)};
}

/// The lower four lanes, in 32 bits.
HWY_INLINE hn::Vec<hn::FixedTag<std::int32_t, 4>> widen(V8 x) {
  return hn::PromoteTo(hn::FixedTag<std::int32_t, 4>(), hn::LowerHalf(D4(), x));
}

/// (x + 3) / 8 in both halves of a vector.
HWY_INLINE V8 round_wht(hn::Vec<hn::FixedTag<std::int32_t, 4>> x) {
  const auto bias = hn::Set(hn::FixedTag<std::int32_t, 4>(), 3);
  const auto narrow = hn::DemoteTo(D4(), hn::ShiftRight<3>(hn::Add(x, bias)));
  return hn::Combine(D8(), narrow, narrow);
}

}  // namespace transform

/// The DCT of source - prediction for the 16 luma blocks of a macroblock, in raster order.
inline HWY_ATTR void residual_dct16x16(const std::uint8_t* src,
                                       std::ptrdiff_t src_stride,
                                       const std::uint8_t* pred,
                                       std::ptrdiff_t pred_stride,
                                       std::int16_t coefs[16][16]) {
  const hn::CappedTag<std::int16_t, 16> d;
  for (std::size_t y = 0; y < 16; y += 4) {
    for (std::size_t x = 0; x < 16; x += hn::Lanes(d)) {
      transform::residual_dct_rows(d, src + x, src_stride, pred + x, pred_stride, coefs[y + x / 4]);
    }
    src += 4 * src_stride;
    pred += 4 * pred_stride;
  }
}

/// The same for the four blocks of a chroma plane.
inline HWY_ATTR void residual_dct8x8(const std::uint8_t* src,
                                     std::ptrdiff_t src_stride,
                                     const std::uint8_t* pred,
                                     std::ptrdiff_t pred_stride,
                                     std::int16_t coefs[4][16]) {
  using namespace transform;
#if HWY_MAX_BYTES >= 32
  const hn::FixedTag<std::int16_t, 16> d;
  hn::Vec<decltype(d)> rows[4];
#pragma GCC unroll 4
  for (int y = 0; y < 4; ++y) {  // the upper blocks in the lower half, the lower in the upper
    const V8 above = difference(D8(), src + y * src_stride, pred + y * pred_stride);
    const V8 below = difference(D8(), src + (y + 4) * src_stride, pred + (y + 4) * pred_stride);
    rows[y] = hn::Combine(d, below, above);
  }
  const Four<hn::FixedTag<std::int16_t, 16>> all = {rows[0], rows[1], rows[2], rows[3]};
  store_packed(d, forward_dct(d, all), coefs[0]);
#else
  residual_dct_rows(D8(), src, src_stride, pred, pred_stride, coefs[0]);
  residual_dct_rows(D8(), src + 4 * src_stride, src_stride, pred + 4 * pred_stride, pred_stride,
                    coefs[2]);
#endif
}

/// The same for one block.
HWY_INLINE void residual_dct4x4(const std::uint8_t* src,
                                std::ptrdiff_t src_stride,
                                const std::uint8_t* pred,
                                std::ptrdiff_t pred_stride,
                                std::int16_t coefs[16]) {
  using namespace transform;
  V8 rows[4];
#pragma GCC unroll 4
  for (int y = 0; y < 4; ++y) {
    const auto row = difference(D4(), src + y * src_stride, pred + y * pred_stride);
    rows[y] = hn::Combine(D8(), row, row);
  }
  store_block(forward_dct(D8(), Four<D8>{rows[0], rows[1], rows[2], rows[3]}), coefs);
}

/// Forward WHT of |in| <= 2047; inverse_wht4x4 undoes it without loss.
HWY_INLINE void forward_wht4x4(const std::int16_t in[16], std::int16_t out[16]) {
  using namespace transform;
  const auto columns = transpose(D8(), wht_pass(D8(), load_block(in)));
  const auto packed = pack_transposed(D8(), wht_pass(D8(), columns));
  // scalar::wht_rounds_up
  alignas(16) static constexpr std::int16_t bias[16] = {1, 1, 1, 0, 1, 1, 1, 0,
                                                        1, 1, 1, 0, 0, 0, 0, 1};
  const V8 biased01 = hn::Add(packed.v0, hn::Load(D8(), bias));
  const V8 biased23 = hn::Add(packed.v1, hn::Load(D8(), bias + 8));
  hn::StoreU(hn::ShiftRight<1>(biased01), D8(), out);
  hn::StoreU(hn::ShiftRight<1>(biased23), D8(), out + 8);
}

/// Inverse WHT (§14.3) of any 16-bit input.
HWY_INLINE void inverse_wht4x4(const std::int16_t in[16], std::int16_t out[16]) {
  using namespace transform;
  const hn::FixedTag<std::int32_t, 4> d32;
  const auto x = transpose(D8(), wht_pass(D8(), load_block(in)));
  const auto y = wht_pass(d32, {widen(x.v0), widen(x.v1), widen(x.v2), widen(x.v3)});
  store_block(
      pack_transposed(D8(), {round_wht(y.v0), round_wht(y.v1), round_wht(y.v2), round_wht(y.v3)}),
      out);
}

/// Adds the inverse DCT of any 16-bit coefficients to a prediction; `dst` may be `pred`. Large
/// coefficients, which no sensible encoder makes, take the scalar way.
HWY_INLINE void inverse_dct_add4x4(const std::int16_t coefs[16],
                                   const std::uint8_t* pred,
                                   std::ptrdiff_t pred_stride,
                                   std::uint8_t* dst,
                                   std::ptrdiff_t dst_stride) {
  using namespace transform;
  const V8 rows01 = hn::LoadU(D8(), coefs);
  const V8 rows23 = hn::LoadU(D8(), coefs + 8);
  if (HWY_UNLIKELY(!fits_16_bits(D8(), hn::Or(hn::Abs(rows01), hn::Abs(rows23))))) {
    scalar::inverse_dct_add4x4(coefs, pred, pred_stride, dst, dst_stride);
    return;
  }
  const auto rows = spread(D8(), Four<D8>{rows01, rows23, rows01, rows23});
  const auto packed = pack_transposed(D8(), inverse_dct(D8(), rows));
  add_row(D4(), hn::LowerHalf(D4(), packed.v0), pred, dst);
  add_row(D4(), hn::UpperHalf(D4(), packed.v0), pred + pred_stride, dst + dst_stride);
  add_row(D4(), hn::LowerHalf(D4(), packed.v1), pred + 2 * pred_stride, dst + 2 * dst_stride);
  add_row(D4(), hn::UpperHalf(D4(), packed.v1), pred + 3 * pred_stride, dst + 3 * dst_stride);
}

/// inverse_dct_add4x4 of a block that has only a DC coefficient.
HWY_INLINE void inverse_dc_add4x4(int dc,
                                  const std::uint8_t* pred,
                                  std::ptrdiff_t pred_stride,
                                  std::uint8_t* dst,
                                  std::ptrdiff_t dst_stride) {
  const hn::FixedTag<std::uint8_t, 4> d;
  const int step = (dc + 4) >> 3;
  const auto up = hn::Set(d, scalar::clamp_sample(step));
  const auto down = hn::Set(d, scalar::clamp_sample(-step));
  for (int y = 0; y < 4; ++y) {
    const auto prediction = hn::LoadU(d, pred + y * pred_stride);
    hn::StoreU(hn::SaturatedSub(hn::SaturatedAdd(prediction, up), down), d, dst + y * dst_stride);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
