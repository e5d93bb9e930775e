// Prediction of blocks by a team of lanes: inter, whole intra blocks, luma subblocks (RFC 6386 §12,
// §18). Equal to vp8::predict_intra, vp8::SubblockPredictor and vp8::scalar::predict_sixtap.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "codec/inter.hh"
#include "codec/intra.hh"
#include "codec/subpixel.hh"
#include "cuda/lane_words.hh"

namespace gpu::lane {

/// The taps of an interpolation filter as bytes: on samples -2..1 and on samples 2 and 3.
struct TapWords {
  std::uint32_t first;
  std::uint32_t second;

  /// `taps` of samples from `begin` on.
  static VP8_HD constexpr TapWords of(const std::int16_t* taps, int count, int begin) {
    TapWords words{0, 0};
    for (int i = 0; i < count; ++i) {
      const int place = begin + 2 + i;
      const auto tap = static_cast<std::uint32_t>(static_cast<std::uint8_t>(taps[i]));
      (place < 4 ? words.first : words.second) |= tap << (8 * (place % 4));
    }
    return words;
  }
};

/// [bilinear][eighths]. Row 0 is never used: its tap of 128 does not fit.
using TapTable = std::array<std::array<TapWords, 8>, 2>;

VP8_HD constexpr TapTable tap_table() {
  TapTable table{};
  for (std::size_t i = 1; i < 8; ++i) {
    table[0][i] = TapWords::of(vp8::kSixtapFilters[i], 6, -2);
    table[1][i] = TapWords::of(vp8::kBilinearFilters[i], 2, 0);
  }
  return table;
}
VP8_TABLE TapTable kTapTable = tap_table();

VP8_HD inline std::uint32_t round_and_pack(int a, int b, int c, int d) {
  return words::pack(vp8::clamp_pixel(a >> 7), vp8::clamp_pixel(b >> 7), vp8::clamp_pixel(c >> 7),
                     vp8::clamp_pixel(d >> 7));
}

/// Four interpolated samples of a row, of which nine from two before the first on are given.
VP8_HD inline std::uint32_t filter_across(const words::AnyRows::Nine& s, const TapWords& taps) {
  const auto sample = [&](int i) {
    const int bits = 8 * i;
    return words::dot(words::shift_right(s.first, s.second, bits), taps.first,
                      words::dot(words::shift_right(s.second, s.third, bits), taps.second, 64));
  };
  return round_and_pack(sample(0), sample(1), sample(2), sample(3));
}

/// Four interpolated samples side by side, the lowest tap's row at `top`; rows are aligned.
VP8_HD inline std::uint32_t filter_down(const std::uint8_t* top,
                                        std::ptrdiff_t stride,
                                        const TapWords& taps) {
  const auto row = [&](int i) { return words::load(top + i * stride); };
  const std::uint32_t r0 = row(0);
  const std::uint32_t r1 = row(1);
  const std::uint32_t r2 = row(2);
  const std::uint32_t r3 = row(3);
  const std::uint32_t r4 = row(4);
  const std::uint32_t r5 = row(5);
  // Columns: of rows 0..3 by transposition; of rows 4 and 5 two columns share a word.
  const std::uint32_t left01 = words::permute(r0, r1, 0x5140);
  const std::uint32_t left23 = words::permute(r2, r3, 0x5140);
  const std::uint32_t left45 = words::permute(r4, r5, 0x5140);
  const std::uint32_t right01 = words::permute(r0, r1, 0x7362);
  const std::uint32_t right23 = words::permute(r2, r3, 0x7362);
  const std::uint32_t right45 = words::permute(r4, r5, 0x7362);
  const std::uint32_t high_taps = taps.second << 16;
  return round_and_pack(words::dot(words::permute(left01, left23, 0x5410), taps.first,
                                   words::dot(left45, taps.second, 64)),
                        words::dot(words::permute(left01, left23, 0x7632), taps.first,
                                   words::dot(left45, high_taps, 64)),
                        words::dot(words::permute(right01, right23, 0x5410), taps.first,
                                   words::dot(right45, taps.second, 64)),
                        words::dot(words::permute(right01, right23, 0x7632), taps.first,
                                   words::dot(right45, high_taps, 64)));
}

/// Of PredictScratch::patch.
inline constexpr int kPatchStride = static_cast<int>(vp8::PredictScratch::kPatchStride);

/// Copies the samples that filters of a W x H block at (y, x) may reach, each the nearest coded
/// one.
template <int W, int H, class Team>
VP8_HD void fetch_clamped(
    const Team& team, const vp8::ReferencePlane& ref, int y, int x, vp8::PredictScratch& scratch) {
  constexpr int kWords = (W + 5 + 3) / 4;
  const auto nearest = [](int v, int size) { return v < 0 ? 0 : v < size ? v : size - 1; };
  team.each((H + 5) * kWords, [&](int i) {
    const int r = i / kWords;
    const int c = i % kWords * 4;
    const std::uint8_t* row = ref.plane.row(nearest(y - 2 + r, ref.plane.height));
    const auto sample = [&](int k) { return row[nearest(x - 2 + c + k, ref.plane.width)]; };
    words::store(scratch.patch + (r * kPatchStride + c),
                 words::pack(sample(0), sample(1), sample(2), sample(3)));
  });
}

/// Filters `kRows` rows of W samples across, or copies them where there are no `taps`.
template <int W, int kRows, class Team>
VP8_HD void filter_rows(const Team& team,
                        const std::uint8_t* src,
                        std::ptrdiff_t stride,
                        const TapWords* taps,
                        std::uint8_t* out,
                        std::ptrdiff_t out_stride) {
  constexpr int kWords = W / 4;
  const auto place = [&](int i) { return out + i / kWords * out_stride + i % kWords * 4; };
  if (taps == nullptr) {
    const words::AnyRows from(src, stride);
    team.each(kRows * kWords,
              [&](int i) { words::store(place(i), from.four(i / kWords, i % kWords * 4)); });
    return;
  }
  const words::AnyRows from(src - 2, stride);
  const TapWords across = *taps;
  team.each(kRows * kWords, [&](int i) {
    words::store(place(i), filter_across(from.nine(i / kWords, i % kWords * 4), across));
  });
}

/// Predicts a W x H block from the position (y, x) in eighths of a sample. Positions outside the
/// border read the nearest coded sample.
template <int W, int H, class Team>
VP8_HD void predict(const Team& team,
                    const vp8::ReferencePlane& ref,
                    int y_eighths,
                    int x_eighths,
                    bool bilinear,
                    std::uint8_t* out,
                    std::ptrdiff_t out_stride,
                    vp8::PredictScratch& scratch) {
  const int y = y_eighths >> 3;
  const int x = x_eighths >> 3;
  const std::uint8_t* src = ref.plane.data + y * ref.plane.stride + x;
  std::ptrdiff_t stride = ref.plane.stride;
  if (x - 2 < -ref.border || y - 2 < -ref.border || x + W + 3 > ref.plane.width + ref.border ||
      y + H + 3 > ref.plane.height + ref.border) {
    fetch_clamped<W, H>(team, ref, y, x, scratch);
    stride = kPatchStride;
    src = scratch.patch + 2 * stride + 2;
  }
  // Bilinear filters are six-tap filters with four zeros: they too see all rows.
  const auto& taps = kTapTable[bilinear ? 1 : 0];
  const auto taps_of = [&](int eighths) {
    return eighths == 0 ? nullptr : &taps[static_cast<std::size_t>(eighths)];
  };
  const TapWords* across = taps_of(x_eighths & 7);
  const TapWords* down = taps_of(y_eighths & 7);
  if (down == nullptr) {
    filter_rows<W, H>(team, src, stride, across, out, out_stride);
    return;
  }
  filter_rows<W, H + 5>(team, src - 2 * stride, stride, across, scratch.rows, W);
  const TapWords below = *down;
  constexpr int kWords = W / 4;
  team.each(H * kWords, [&](int i) {
    words::store(out + i / kWords * out_stride + i % kWords * 4,
                 filter_down(scratch.rows + 4 * i, W, below));
  });
}

/// The DC_PRED value of an N x N block, N of 16 or 8.
template <int N, class Team>
VP8_HD int intra_dc(const Team& team,
                    const std::uint8_t* at,
                    std::ptrdiff_t stride,
                    vp8::Available available) {
  const int sides = (available.above ? 1 : 0) + (available.left ? 1 : 0);
  if (sides == 0)
    return 128;
  const std::uint32_t sum = team.sum(2 * N, [&](int i) {
    if (i < N)
      return available.above ? std::uint32_t{at[i - stride]} : 0u;
    return available.left ? std::uint32_t{at[(i - N) * stride - 1]} : 0u;
  });
  const int shift = (N == 16 ? 4 : 3) + sides - 1;
  return static_cast<int>((sum + (1u << (shift - 1))) >> shift);
}

/// Four samples side by side plus `change`, clamped.
VP8_HD inline std::uint32_t add_clamped(std::uint32_t samples, int change) {
  const auto sum = [&](int i) { return vp8::clamp_pixel(words::byte(samples, i) + change); };
  return words::pack(sum(0), sum(1), sum(2), sum(3));
}

/// vp8::predict_intra.
template <int N, class Team>
VP8_HD void predict_intra(const Team& team,
                          vp8::MbMode mode,
                          const std::uint8_t* at,
                          std::ptrdiff_t stride,
                          vp8::Available available,
                          std::uint8_t* out,
                          std::ptrdiff_t out_stride) {
  constexpr int kWords = N / 4;
  const int dc = mode == vp8::DC_PRED ? intra_dc<N>(team, at, stride, available) : 0;
  team.each(N * kWords, [&](int i) {
    const int y = i / kWords;
    const int x = i % kWords * 4;
    const auto above = [&] { return words::load(at + x - stride); };
    const auto left = [&] { return int{at[y * stride - 1]}; };
    const std::uint32_t word = mode == vp8::TM_PRED ? add_clamped(above(), left() - at[-stride - 1])
                               : mode == vp8::V_PRED ? above()
                               : mode == vp8::H_PRED ? words::splat(left())
                                                     : words::splat(dc);
    words::store(out + y * out_stride + x, word);
  });
}

}  // namespace gpu::lane
