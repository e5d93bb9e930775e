// Sub-pixel prediction, SIMD: the twins of codec/subpixel.hh for one Highway target (RFC 6386 §18).
//
// Neighbouring samples are multiplied in pairs of 8-bit values (pmaddubsw), in an order of pairs
// whose 16-bit sums saturate only where the result clamps to 255 anyway.
#if defined(CODEC_SUBPIXEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CODEC_SUBPIXEL_INL_H_
#undef CODEC_SUBPIXEL_INL_H_
#else
#define CODEC_SUBPIXEL_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "codec/subpixel.hh"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace vp8 {
namespace HWY_NAMESPACE {
namespace subpixel {
namespace hn = hwy::HWY_NAMESPACE;

// VP8_PORTABLE_SIMD tries the generic code on x86.
#undef VP8_SUBPIXEL_X86
#if HWY_ARCH_X86 && !defined(VP8_PORTABLE_SIMD)
#define VP8_SUBPIXEL_X86 1
#else
#define VP8_SUBPIXEL_X86 0
#endif

#undef VP8_SUBPIXEL_AVX2
#if VP8_SUBPIXEL_X86 && HWY_MAX_BYTES >= 32
#define VP8_SUBPIXEL_AVX2 1
#else
#define VP8_SUBPIXEL_AVX2 0
#endif

/// 16-byte blocks in a vector; byte operations stay inside a block.
inline constexpr int kBlocks = VP8_SUBPIXEL_AVX2 ? 2 : 1;
using Block = hn::FixedTag<uint8_t, 16>;
using Half = hn::FixedTag<uint8_t, 8>;
using Bytes = hn::FixedTag<uint8_t, 16 * kBlocks>;
using Words = hn::FixedTag<int16_t, 8 * kBlocks>;
using ByteVector = hn::Vec<Bytes>;
using WordVector = hn::Vec<Words>;

/// Rows of samples.
template <class T>
struct Rows {
  T* data;
  ptrdiff_t stride;

  T* row(int y) const { return data + y * stride; }
};
using Source = Rows<const uint8_t>;
using Target = Rows<uint8_t>;

// The filters: which samples make a pair, relative to the filtered one, and where their taps are.
struct SixTaps {
  static constexpr int kPairs = 3;
  static constexpr int kBefore = 2, kAfter = 3;  // samples read on either side of the filtered one
  static constexpr int kCentre = 2;              // index of the tap on the filtered sample
  static constexpr int kFirst[3] = {-1, 1, -2};
  static constexpr int kSecond[3] = {0, 2, 3};
};
/// The odd eighths of the six-tap filters, whose outer taps are zero.
struct FourTaps {
  static constexpr int kPairs = 2;
  static constexpr int kBefore = 1, kAfter = 2;
  static constexpr int kFirst[3] = {-1, 1, 0};
  static constexpr int kSecond[3] = {0, 2, 0};
};
/// Bilinear.
struct TwoTaps {
  static constexpr int kPairs = 1;
  static constexpr int kBefore = 0, kAfter = 1;
  static constexpr int kCentre = 0;
  static constexpr int kFirst[3] = {0, 0, 0};
  static constexpr int kSecond[3] = {1, 0, 0};
};

/// a[2 i] * b[2 i] + a[2 i + 1] * b[2 i + 1], a unsigned and b signed bytes; fits 16 bits here.
HWY_INLINE WordVector multiply_pairs(ByteVector a, WordVector b) {
#if VP8_SUBPIXEL_AVX2
  return WordVector{_mm256_maddubs_epi16(a.raw, b.raw)};
#elif VP8_SUBPIXEL_X86
  return WordVector{_mm_maddubs_epi16(a.raw, b.raw)};
#else
  const Words d;
  const hn::RebindToUnsigned<Words> du;
  const auto words = hn::BitCast(du, a);
  const auto even = hn::BitCast(d, hn::And(words, hn::Set(du, 0xff)));
  const auto odd = hn::BitCast(d, hn::ShiftRight<8>(words));
  return hn::Add(hn::Mul(even, hn::ShiftRight<8>(hn::ShiftLeft<8>(b))),
                 hn::Mul(odd, hn::ShiftRight<8>(b)));
#endif
}

/// Clamps words to bytes; in each block `low`, then `high`.
HWY_INLINE ByteVector pack(WordVector low, WordVector high) {
#if VP8_SUBPIXEL_AVX2
  return ByteVector{_mm256_packus_epi16(low.raw, high.raw)};
#elif VP8_SUBPIXEL_X86
  return ByteVector{_mm_packus_epi16(low.raw, high.raw)};
#else
  return hn::Combine(Bytes(), hn::DemoteTo(Half(), high), hn::DemoteTo(Half(), low));
#endif
}

/// The filters of a version of the bitstream: the taps of every pair, as two bytes, by eighths.
template <class Taps>
struct PairTable {
  int16_t words[8][3] = {};

  template <std::size_t kTaps>
  explicit constexpr PairTable(const int16_t (&filters)[8][kTaps]) {
    for (int i = 1; i < 8; ++i) {
      for (int k = 0; k < Taps::kPairs; ++k) {
        const int first = filters[i][Taps::kCentre + Taps::kFirst[k]];
        const int second = filters[i][Taps::kCentre + Taps::kSecond[k]];
        words[i][k] = static_cast<int16_t>((first & 0xff) | second * 256);
      }
    }
  }
};
struct Sixtap {
  using Even = SixTaps;
  using Odd = FourTaps;
  static constexpr PairTable<SixTaps> kPairs{kSixtapFilters};
};
struct Bilinear {
  using Even = TwoTaps;
  using Odd = TwoTaps;
  static constexpr PairTable<TwoTaps> kPairs{kBilinearFilters};
};

/// A filter in registers.
template <class Taps>
struct Kernel {
  WordVector a, b, c;

  /// `pairs` is a row of a PairTable.
  explicit HWY_INLINE Kernel(const int16_t* pairs)
      : a(hn::Set(Words(), pairs[0])),
        b(hn::Set(Words(), pairs[1])),
        c(hn::Set(Words(), pairs[2])) {}

  /// Rounded words from pairs of samples; `second` and `third` count only where there are so many.
  HWY_INLINE WordVector apply(ByteVector first, ByteVector second, ByteVector third) const {
    WordVector sum = multiply_pairs(first, a);
    if constexpr (Taps::kPairs >= 2)
      sum = hn::SaturatedAdd(sum, multiply_pairs(second, b));
    if constexpr (Taps::kPairs >= 3)
      sum = hn::SaturatedAdd(sum, multiply_pairs(third, c));
    return hn::MulFixedPoint15(sum, hn::Set(Words(), 256));  // (sum + 64) >> 7
  }
};

/// For a block loaded at sample -kBefore: where the k-th pair of each of 8 samples lies.
template <class Taps>
struct PairShuffle {
  alignas(16) uint8_t index[3][16] = {};

  constexpr PairShuffle() {
    for (int k = 0; k < 3; ++k) {
      for (int i = 0; i < 8; ++i) {
        index[k][2 * i] = static_cast<uint8_t>(i + Taps::kBefore + Taps::kFirst[k]);
        index[k][2 * i + 1] = static_cast<uint8_t>(i + Taps::kBefore + Taps::kSecond[k]);
      }
    }
  }
};

/// 16 bytes from each of kBlocks places.
HWY_INLINE ByteVector load_blocks(const uint8_t* first, [[maybe_unused]] const uint8_t* second) {
#if VP8_SUBPIXEL_AVX2
  return hn::Combine(Bytes(), hn::LoadU(Block(), second), hn::LoadU(Block(), first));
#else
  return hn::LoadU(Bytes(), first);
#endif
}

template <int W>
HWY_INLINE void store_block(hn::Vec<Block> block, Target out) {
  if constexpr (W == 16) {
    hn::StoreU(block, Block(), out.data);
  } else if constexpr (W == 8) {
    hn::StoreU(hn::LowerHalf(Half(), block), Half(), out.data);
    hn::StoreU(hn::UpperHalf(Half(), block), Half(), out.row(1));
  } else {
    const hn::Repartition<uint32_t, Block> d32;
    const uint32_t first = hn::GetLane(hn::BitCast(d32, block));
    const uint32_t second = hn::ExtractLane(hn::BitCast(d32, block), 2);
    std::memcpy(out.data, &first, 4);
    std::memcpy(out.row(1), &second, 4);
  }
}

/// Samples in a vector for one row: rows of 4 samples take 8 bytes too.
constexpr int padded_width(int w) {
  return w < 8 ? 8 : w;
}

/// Rows that a vector holds.
template <int W>
inline constexpr int kRowsPerVector = 16 * kBlocks / padded_width(W);

/// Stores kRowsPerVector rows of W samples.
template <int W>
HWY_INLINE void store_rows(ByteVector rows, Target out) {
  if (W >= 8 && out.stride == W) {
    hn::StoreU(rows, Bytes(), out.data);
    return;
  }
#if VP8_SUBPIXEL_AVX2
  store_block<W>(hn::LowerHalf(Block(), rows), out);
  store_block<W>(hn::UpperHalf(Block(), rows), {out.row(kRowsPerVector<W> / 2), out.stride});
#else
  store_block<W>(rows, out);
#endif
}

/// Filters `rows` rows of W samples horizontally, at least kRowsPerVector<W>.
template <int W, class Taps>
HWY_NOINLINE void filter_across(Source src, int rows, const int16_t* pairs, Target out) {
  static constexpr PairShuffle<Taps> kShuffle;
  const Kernel<Taps> kernel(pairs);
  const ByteVector a = hn::LoadDup128(Bytes(), kShuffle.index[0]);
  const ByteVector b = hn::LoadDup128(Bytes(), kShuffle.index[1]);
  const ByteVector c = hn::LoadDup128(Bytes(), kShuffle.index[2]);
  const auto eight_samples = [&](ByteVector v) HWY_ATTR {
    return kernel.apply(hn::TableLookupBytes(v, a), hn::TableLookupBytes(v, b),
                        hn::TableLookupBytes(v, c));
  };
  for (int y = 0; y < rows; y += kRowsPerVector<W>) {
    const int row = std::min(y, rows - kRowsPerVector<W>);  // the last vector may overlap
    const uint8_t* p = src.row(row) - Taps::kBefore;
    ByteVector low, high;
    if constexpr (W == 16) {
      low = load_blocks(p, p + src.stride);
      high = load_blocks(p + 8, p + src.stride + 8);
    } else {
      low = load_blocks(p, p + 2 * src.stride);
      high = load_blocks(p + src.stride, p + 3 * src.stride);
    }
    store_rows<W>(pack(eight_samples(low), eight_samples(high)), {out.row(row), out.stride});
  }
}

/// kRowsPerVector rows of W samples; those of 8 or 4 must lie 8 apart.
template <int W>
HWY_INLINE ByteVector load_rows(const uint8_t* p, ptrdiff_t stride) {
  if constexpr (W == 16)
    return load_blocks(p, p + stride);
  else
    return hn::LoadU(Bytes(), p);
}

/// Interleaved rows: the pairs of the samples in the lower and upper half of each block.
struct RowPair {
  ByteVector low, high;

  HWY_INLINE RowPair(ByteVector first, ByteVector second)
      : low(hn::InterleaveLower(Bytes(), first, second)),
        high(hn::InterleaveUpper(Bytes(), first, second)) {}
};

template <class Taps>
HWY_INLINE ByteVector filter_rows(const Kernel<Taps>& kernel, RowPair a, RowPair b, RowPair c) {
  return pack(kernel.apply(a.low, b.low, c.low), kernel.apply(a.high, b.high, c.high));
}

/// Filters `rows` rows of W samples vertically; `rows` is a multiple of kRowsPerVector<W>.
template <int W, class Taps>
HWY_NOINLINE void filter_down(Source src, int rows, const int16_t* pairs, Target out) {
  const Kernel<Taps> kernel(pairs);
  for (int y = 0; y < rows; y += kRowsPerVector<W>) {
    const auto pair = [&](int k) HWY_ATTR {
      return RowPair(load_rows<W>(src.row(y + Taps::kFirst[k]), src.stride),
                     load_rows<W>(src.row(y + Taps::kSecond[k]), src.stride));
    };
    store_rows<W>(filter_rows(kernel, pair(0), pair(1), pair(2)), {out.row(y), out.stride});
  }
}

/// The same for six taps and two rows in a vector: half of the work is left from the one before.
template <int W>
HWY_NOINLINE void filter_down_two_rows(Source src, int rows, const int16_t* pairs, Target out) {
  const Kernel<SixTaps> kernel(pairs);
  const auto load = [&src](int row) HWY_ATTR { return load_rows<W>(src.row(row), src.stride); };
  ByteVector row_minus_2 = load(-2);
  ByteVector row_0 = load(0);
  ByteVector row_1 = load(1);
  RowPair a(load(-1), row_0);
  for (int y = 0; y < rows; y += 2) {
    const ByteVector row_2 = load(y + 2);
    const ByteVector row_3 = load(y + 3);
    const RowPair b(row_1, row_2);
    const RowPair c(row_minus_2, row_3);
    store_rows<W>(filter_rows(kernel, a, b, c), {out.row(y), out.stride});
    a = b;
    row_minus_2 = row_0;
    row_0 = row_2;
    row_1 = row_3;
  }
}

template <int W>
HWY_INLINE void copy_rows(Source src, int rows, Target out) {
  for (int y = 0; y < rows; ++y)
    std::memcpy(out.row(y), src.row(y), W);
}

template <int W, class Taps>
HWY_INLINE void predict_down(Source src, int rows, const int16_t* pairs, Target out) {
  if constexpr (Taps::kPairs == 3 && kRowsPerVector<W> == 2)
    filter_down_two_rows<W>(src, rows, pairs, out);
  else
    filter_down<W, Taps>(src, rows, pairs, out);
}

template <int W, class Filters>
HWY_INLINE void predict_across(Source src, int rows, int eighths, Target out) {
  const int16_t* pairs = Filters::kPairs.words[eighths];
  if ((eighths & 1) != 0)
    filter_across<W, typename Filters::Odd>(src, rows, pairs, out);
  else
    filter_across<W, typename Filters::Even>(src, rows, pairs, out);
}

/// Filters down, and before that across unless x_eighths is 0.
template <int W, int H, class Filters, class DownTaps>
HWY_INLINE void predict_both(Source src, int x_eighths, const int16_t* pairs, Target out) {
  if constexpr (W == 16) {
    if (x_eighths == 0) {
      predict_down<W, DownTaps>(src, H, pairs, out);
      return;
    }
  }
  constexpr int kWidth = padded_width(W);
  constexpr int kRows = DownTaps::kBefore + H + DownTaps::kAfter;
  alignas(32) uint8_t buffer[kRows * kWidth];
  const Source first{src.row(-DownTaps::kBefore), src.stride};
  if (x_eighths == 0)
    copy_rows<kWidth>(first, kRows, {buffer, kWidth});
  else
    predict_across<kWidth, Filters>(first, kRows, x_eighths, {buffer, kWidth});
  predict_down<W, DownTaps>({buffer + DownTaps::kBefore * kWidth, kWidth}, H, pairs, out);
}

template <int W, int H, class Filters>
HWY_INLINE void predict(Source src, int x_eighths, int y_eighths, Target out) {
  static_assert((W == 16 || W == 8 || W == 4) && H % 4 == 0);
  const int16_t* pairs = Filters::kPairs.words[y_eighths];
  if (y_eighths != 0 && (y_eighths & 1) == 0)
    predict_both<W, H, Filters, typename Filters::Even>(src, x_eighths, pairs, out);
  else if (y_eighths != 0)
    predict_both<W, H, Filters, typename Filters::Odd>(src, x_eighths, pairs, out);
  else if (x_eighths != 0)
    predict_across<W, Filters>(src, H, x_eighths, out);
  else
    copy_rows<W>(src, H, out);
}

}  // namespace subpixel

/// As scalar::predict_sixtap, for W x H of 16x16, 16x8, 8x16, 8x8, 8x4 and 4x4. Writes W x H
/// samples. Reads no row that the scalar function does not read, and of each row columns -2 ..
/// max(W, 8) + 7, so at most 8 bytes (12 for W = 4) right of the block.
template <int W, int H>
HWY_INLINE void predict_sixtap(const uint8_t* src,
                               ptrdiff_t src_stride,
                               int x_eighths,
                               int y_eighths,
                               uint8_t* dst,
                               ptrdiff_t dst_stride) {
  subpixel::predict<W, H, subpixel::Sixtap>({src, src_stride}, x_eighths, y_eighths,
                                            {dst, dst_stride});
}

/// As scalar::predict_bilinear, otherwise like predict_sixtap. Reads no column left of 0.
template <int W, int H>
HWY_INLINE void predict_bilinear(const uint8_t* src,
                                 ptrdiff_t src_stride,
                                 int x_eighths,
                                 int y_eighths,
                                 uint8_t* dst,
                                 ptrdiff_t dst_stride) {
  subpixel::predict<W, H, subpixel::Bilinear>({src, src_stride}, x_eighths, y_eighths,
                                              {dst, dst_stride});
}

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#endif  // include guard
