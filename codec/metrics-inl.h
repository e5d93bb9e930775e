// How far apart two blocks are, in SIMD: the twins of codec/metrics.hh for one Highway target.
#if defined(VP8_CODEC_METRICS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VP8_CODEC_METRICS_INL_H_
#undef VP8_CODEC_METRICS_INL_H_
#else
#define VP8_CODEC_METRICS_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include <hwy/highway.h>

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

namespace metrics {

using D8 = hn::FixedTag<std::uint8_t, 16>;
using D16 = hn::FixedTag<std::int16_t, 8>;
using D32 = hn::FixedTag<std::uint32_t, 4>;
using D64 = hn::FixedTag<std::uint64_t, 2>;
using V8 = hn::Vec<D8>;
using V16 = hn::Vec<D16>;
using V64 = hn::Vec<D64>;

/// Two rows of eight samples in one vector.
HWY_INLINE V8 load_2x8(const std::uint8_t* p, std::ptrdiff_t stride) {
  const hn::FixedTag<std::uint8_t, 8> d;
  return hn::Combine(D8(), hn::LoadU(d, p + stride), hn::LoadU(d, p));
}

/// Four rows of four samples in one vector.
HWY_INLINE V8 load_4x4(const std::uint8_t* p, std::ptrdiff_t stride) {
  const hn::FixedTag<std::uint8_t, 4> d;
  const hn::FixedTag<std::uint8_t, 8> d2;
  const auto lower = hn::Combine(d2, hn::LoadU(d, p + stride), hn::LoadU(d, p));
  const auto upper = hn::Combine(d2, hn::LoadU(d, p + 3 * stride), hn::LoadU(d, p + 2 * stride));
  return hn::Combine(D8(), upper, lower);
}

/// Sums of absolute differences of eight bytes each.
HWY_INLINE V64 sad_of_8(V8 a, V8 b) {
#if VP8_RAW_X86
  return V64{_mm_sad_epu8(a.raw, b.raw)};
#else
  return hn::SumsOf8(hn::Or(hn::SaturatedSub(a, b), hn::SaturatedSub(b, a)));
#endif
}

HWY_INLINE std::uint32_t total(V64 sums) {
  return static_cast<std::uint32_t>(hn::GetLane(hn::SumOfLanes(D64(), sums)));
}

// 128 bits a row: the loads are the bound, and pairing rows into 256 bits does not save any.
template <int kHeight>
HWY_INLINE std::uint32_t sad16(const std::uint8_t* a,
                               std::ptrdiff_t a_stride,
                               const std::uint8_t* b,
                               std::ptrdiff_t b_stride) {
  V64 sum = hn::Zero(D64());
#pragma GCC unroll 8
  for (int y = 0; y < kHeight; ++y) {
    sum = hn::Add(sum,
                  sad_of_8(hn::LoadU(D8(), a + y * a_stride), hn::LoadU(D8(), b + y * b_stride)));
  }
  return total(sum);
}

template <int kHeight>
HWY_INLINE std::uint32_t sad8(const std::uint8_t* a,
                              std::ptrdiff_t a_stride,
                              const std::uint8_t* b,
                              std::ptrdiff_t b_stride) {
  V64 sum = hn::Zero(D64());
#pragma GCC unroll 4
  for (int y = 0; y < kHeight; y += 2) {
    sum = hn::Add(
        sum, sad_of_8(load_2x8(a + y * a_stride, a_stride), load_2x8(b + y * b_stride, b_stride)));
  }
  return total(sum);
}

HWY_INLINE std::uint32_t sad4x4(const std::uint8_t* a,
                                std::ptrdiff_t a_stride,
                                const std::uint8_t* b,
                                std::ptrdiff_t b_stride) {
  return total(sad_of_8(load_4x4(a, a_stride), load_4x4(b, b_stride)));
}

/// Adds the squares of the differences of samples to 32-bit sums.
template <class D, class V32>
HWY_INLINE void add_squares(
    D d16, hn::Vec<hn::Rebind<std::uint8_t, D>> a, decltype(a) b, V32& sum0, V32& sum1) {
  const auto difference = hn::Sub(hn::PromoteTo(d16, a), hn::PromoteTo(d16, b));
  sum0 =
      hn::ReorderWidenMulAccumulate(hn::RepartitionToWide<D>(), difference, difference, sum0, sum1);
}

/// Squared error of kSize x kSize samples, a row (or what a vector holds of it) at a time.
template <int kSize>
HWY_INLINE std::uint32_t sse(const std::uint8_t* a,
                             std::ptrdiff_t a_stride,
                             const std::uint8_t* b,
                             std::ptrdiff_t b_stride) {
  const hn::CappedTag<std::int16_t, kSize> d16;
  const hn::Rebind<std::uint8_t, decltype(d16)> d8;
  const hn::RepartitionToWide<decltype(d16)> d32;
  auto sum0 = hn::Zero(d32);
  auto sum1 = hn::Zero(d32);
#pragma GCC unroll 4
  for (int y = 0; y < kSize; ++y) {
    for (std::size_t x = 0; x < kSize; x += hn::Lanes(d16)) {
      add_squares(d16, hn::LoadU(d8, a + y * a_stride + x), hn::LoadU(d8, b + y * b_stride + x),
                  sum0, sum1);
    }
  }
  return static_cast<std::uint32_t>(hn::GetLane(hn::SumOfLanes(d32, hn::Add(sum0, sum1))));
}

/// x[2i] + x[2i + 1] in lane i.
HWY_INLINE V16 pair_sums(V8 x) {
#if VP8_RAW_X86
  return V16{_mm_maddubs_epi16(x.raw, _mm_set1_epi8(1))};
#else
  const auto pairs = hn::BitCast(D16(), x);
  const auto odd =
      hn::BitCast(D16(), hn::ShiftRight<8>(hn::BitCast(hn::RebindToUnsigned<D16>(), pairs)));
  return hn::Add(hn::And(pairs, hn::Set(D16(), 0xFF)), odd);
#endif
}

/// x[2i] - x[2i + 1] in lane i.
HWY_INLINE V16 pair_differences(V8 x) {
#if VP8_RAW_X86
  return V16{_mm_maddubs_epi16(x.raw, _mm_set1_epi16(static_cast<short>(0xFF01)))};
#else
  const auto pairs = hn::BitCast(D16(), x);
  const auto odd =
      hn::BitCast(D16(), hn::ShiftRight<8>(hn::BitCast(hn::RebindToUnsigned<D16>(), pairs)));
  return hn::Sub(hn::And(pairs, hn::Set(D16(), 0xFF)), odd);
#endif
}

/// max(|p|, |q|) of neighbouring lanes in the even lanes: half of |p + q| + |p - q|, which is the
/// last Hadamard stage and the sum of its absolute values in one.
template <class D>
HWY_INLINE hn::Vec<D> larger_of_pair(D d, hn::Vec<D> v) {
  const hn::RebindToUnsigned<hn::RepartitionToWide<D>> d32;
  const auto magnitude = hn::Abs(v);
  const auto odd = hn::ShiftRight<16>(hn::BitCast(d32, magnitude));
  return hn::Max(magnitude, hn::BitCast(d, odd));
}

/// From rows whose neighbouring samples were summed or subtracted: the vertical transform, the last
/// horizontal stage and the halved sum of absolute values, in even lanes; each at most 4 * 2040.
template <class D>
HWY_INLINE hn::Vec<D> half_hadamard_sum(
    D d, hn::Vec<D> r0, hn::Vec<D> r1, hn::Vec<D> r2, hn::Vec<D> r3) {
  const auto a = hn::Add(r0, r1);
  const auto b = hn::Sub(r0, r1);
  const auto c = hn::Add(r2, r3);
  const auto e = hn::Sub(r2, r3);
  const auto even = hn::Add(larger_of_pair(d, hn::Add(a, c)), larger_of_pair(d, hn::Sub(a, c)));
  const auto odd = hn::Add(larger_of_pair(d, hn::Add(b, e)), larger_of_pair(d, hn::Sub(b, e)));
  return hn::Add(even, odd);
}

/// Sum of the even lanes as unsigned numbers.
template <class D>
HWY_INLINE std::uint32_t total_of_even(D, hn::Vec<D> v) {
  const hn::RebindToUnsigned<hn::RepartitionToWide<D>> d32;
  return hn::GetLane(hn::SumOfLanes(d32, hn::And(hn::BitCast(d32, v), hn::Set(d32, 0xFFFF))));
}

#if VP8_RAW_X86 && HWY_MAX_BYTES >= 32
using Wide16 = hn::FixedTag<std::int16_t, 16>;

/// Pair sums of a - b in the lower half, pair differences in the upper.
HWY_INLINE hn::Vec<Wide16> pair_butterflies(__m128i a, __m128i b) {
  const __m256i weights =
      _mm256_setr_m128i(_mm_set1_epi8(1), _mm_set1_epi16(static_cast<short>(0xFF01)));
  return hn::Vec<Wide16>{
      _mm256_sub_epi16(_mm256_maddubs_epi16(_mm256_broadcastsi128_si256(a), weights),
                       _mm256_maddubs_epi16(_mm256_broadcastsi128_si256(b), weights))};
}

/// Halved Hadamard sums of four vectors of samples that lie above one another.
HWY_INLINE hn::Vec<Wide16> hadamard_of_rows(const V8 a[4], const V8 b[4]) {
  return half_hadamard_sum(
      Wide16(), pair_butterflies(a[0].raw, b[0].raw), pair_butterflies(a[1].raw, b[1].raw),
      pair_butterflies(a[2].raw, b[2].raw), pair_butterflies(a[3].raw, b[3].raw));
}
using HadamardTag = Wide16;
#else
HWY_INLINE V16 hadamard_of_rows(const V8 a[4], const V8 b[4]) {
  V16 sums[4];
  V16 differences[4];
  for (int i = 0; i < 4; ++i) {
    sums[i] = hn::Sub(pair_sums(a[i]), pair_sums(b[i]));
    differences[i] = hn::Sub(pair_differences(a[i]), pair_differences(b[i]));
  }
  return hn::Add(
      half_hadamard_sum(D16(), sums[0], sums[1], sums[2], sums[3]),
      half_hadamard_sum(D16(), differences[0], differences[1], differences[2], differences[3]));
}
using HadamardTag = D16;
#endif

}  // namespace metrics

// Blocks whose rows are a vector or half of one.
#define VP8_BLOCK_METRIC(name, body)                                              \
  HWY_INLINE std::uint32_t name(const std::uint8_t* a, std::ptrdiff_t a_stride,   \
                                const std::uint8_t* b, std::ptrdiff_t b_stride) { \
    return body(a, a_stride, b, b_stride);                                        \
  }
VP8_BLOCK_METRIC(sad16x16, metrics::sad16<16>)
VP8_BLOCK_METRIC(sad8x8, metrics::sad8<8>)
VP8_BLOCK_METRIC(sse16x16, metrics::sse<16>)
VP8_BLOCK_METRIC(sse8x8, metrics::sse<8>)
#undef VP8_BLOCK_METRIC

inline HWY_ATTR std::uint32_t satd16x16(const std::uint8_t* a,
                                        std::ptrdiff_t a_stride,
                                        const std::uint8_t* b,
                                        std::ptrdiff_t b_stride) {
  using namespace metrics;
  const HadamardTag d;
  // Even lanes stay below 2^16: 4 * 8160, twice that where sums and differences share lanes.
  auto sum = hn::Zero(d);
#pragma GCC unroll 4
  for (int y = 0; y < 16; y += 4) {
    V8 va[4];
    V8 vb[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      va[i] = hn::LoadU(D8(), a + (y + i) * a_stride);
      vb[i] = hn::LoadU(D8(), b + (y + i) * b_stride);
    }
    sum = hn::Add(sum, hadamard_of_rows(va, vb));
  }
  return total_of_even(d, sum);
}

inline HWY_ATTR std::uint32_t satd8x8(const std::uint8_t* a,
                                      std::ptrdiff_t a_stride,
                                      const std::uint8_t* b,
                                      std::ptrdiff_t b_stride) {
  using namespace metrics;
  V8 va[4];
  V8 vb[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {  // row i of the upper blocks beside row i of the lower ones
    va[i] = load_2x8(a + i * a_stride, 4 * a_stride);
    vb[i] = load_2x8(b + i * b_stride, 4 * b_stride);
  }
  return total_of_even(HadamardTag(), hadamard_of_rows(va, vb));
}

HWY_INLINE std::uint32_t satd4x4(const std::uint8_t* a,
                                 std::ptrdiff_t a_stride,
                                 const std::uint8_t* b,
                                 std::ptrdiff_t b_stride) {
  using namespace metrics;
  const V8 va = load_4x4(a, a_stride);
  const V8 vb = load_4x4(b, b_stride);
  const V16 sums = hn::Sub(pair_sums(va), pair_sums(vb));
  const V16 differences = hn::Sub(pair_differences(va), pair_differences(vb));
  // A row is one 32-bit lane of each; pair rows 0 and 2, 1 and 3, then neighbours.
  const auto s = hn::BitCast(D64(), sums);
  const auto t = hn::BitCast(D64(), differences);
  const V16 rows01 = hn::BitCast(D16(), hn::InterleaveLower(D64(), s, t));
  const V16 rows23 = hn::BitCast(D16(), hn::InterleaveUpper(D64(), s, t));
  const auto p = hn::BitCast(D32(), hn::Add(rows01, rows23));
  const auto m = hn::BitCast(D32(), hn::Sub(rows01, rows23));
  const V16 even = hn::BitCast(D16(), hn::ConcatEven(D32(), m, p));
  const V16 odd = hn::BitCast(D16(), hn::ConcatOdd(D32(), m, p));
  return total_of_even(D16(), hn::Add(larger_of_pair(D16(), hn::Add(even, odd)),
                                      larger_of_pair(D16(), hn::Sub(even, odd))));
}

/// Squared distance of two coefficient blocks; every |a[i] - b[i]| must be at most 32767.
HWY_INLINE std::uint64_t residual_energy4x4(const std::int16_t a[16], const std::int16_t b[16]) {
  using namespace metrics;
  const hn::CappedTag<std::int16_t, 16> d16;
  const hn::RepartitionToWide<decltype(d16)> d32;
  const hn::RebindToUnsigned<hn::RepartitionToWide<decltype(d32)>> d64;
  const auto low_half = hn::Set(d64, 0xFFFFFFFFu);
  auto sum = hn::Zero(d64);
  for (std::size_t i = 0; i < 16; i += hn::Lanes(d16)) {
    const auto v = hn::Sub(hn::LoadU(d16, a + i), hn::LoadU(d16, b + i));
    auto squares1 = hn::Zero(d32);
    const auto squares0 = hn::ReorderWidenMulAccumulate(d32, v, v, hn::Zero(d32), squares1);
    const auto x = hn::BitCast(d64, squares0);  // at most 2^31 in every 32 bits, as are squares1
    const auto y = hn::BitCast(d64, squares1);
    sum = hn::Add(sum, hn::Add(hn::And(x, low_half), hn::ShiftRight<32>(x)));
    sum = hn::Add(sum, hn::Add(hn::And(y, low_half), hn::ShiftRight<32>(y)));
  }
  return hn::GetLane(hn::SumOfLanes(d64, sum));
}

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
