// The loop filter of one macroblock's edges by a team of lanes, a lane a position along the edge
// (RFC 6386 §15). The arithmetic is that of codec/loop_filter.hh.
//
// Planes are aligned to 4 bytes, their strides are multiples of 4. Functions of vertical edges also
// rewrite what they leave unchanged of the 4 samples on either side.
#pragma once

#include <cstddef>
#include <cstdint>

#include "codec/loop_filter.hh"
#include "cuda/lane_words.hh"

namespace gpu::lane {

struct SimpleFilter {
  static constexpr int kReach = 1;  // samples changed on either side
  int edge_limit;

  VP8_HD void operator()(std::uint8_t* q0) const {
    vp8::scalar::filter_simple_edge(q0, 1, 0, 1, edge_limit);
  }
};

struct SubblockFilter {
  static constexpr int kReach = 2;
  const vp8::EdgeLimits& limits;

  VP8_HD void operator()(std::uint8_t* q0) const {
    vp8::scalar::filter_subblock_edge(q0, 1, 0, 1, limits);
  }
};

struct MacroblockFilter {
  static constexpr int kReach = 3;
  const vp8::EdgeLimits& limits;

  VP8_HD void operator()(std::uint8_t* q0) const {
    vp8::scalar::filter_mb_edge(q0, 1, 0, 1, limits);
  }
};

VP8_HD inline void unpack(std::uint32_t word, std::uint8_t* samples) {
  for (int i = 0; i < 4; ++i)
    samples[i] = static_cast<std::uint8_t>(words::byte(word, i));
}
VP8_HD inline std::uint32_t pack_samples(const std::uint8_t* samples) {
  return words::pack(samples[0], samples[1], samples[2], samples[3]);
}

/// Filters kEdges edges, four samples apart, across one row; the first is left of `at`. Samples
/// live in registers: all indices are constants once loops are unrolled.
template <int kEdges, class Filter>
VP8_HD void filter_row(std::uint8_t* at, const Filter& filter) {
  constexpr int kWords = kEdges + 1;
  std::uint8_t samples[4 * kWords] = {};
  for (int w = 0; w < kWords; ++w)
    unpack(words::load(at + 4 * w - 4), samples + 4 * w);
  for (int e = 0; e < kEdges; ++e)
    filter(samples + 4 * e + 4);
  for (int w = 0; w < kWords; ++w)
    words::store(at + 4 * w - 4, pack_samples(samples + 4 * w));
}

/// Likewise down one column; the first edge is above `at`.
template <int kEdges, class Filter>
VP8_HD void filter_column(std::uint8_t* at, std::ptrdiff_t stride, const Filter& filter) {
  constexpr int kRows = 4 * kEdges + 4;
  std::uint8_t samples[kRows] = {};
  for (int r = 0; r < kRows; ++r)
    samples[r] = at[(r - 4) * stride];
  for (int e = 0; e < kEdges; ++e)
    filter(samples + 4 * e + 4);
  for (int r = 4 - Filter::kReach; r < kRows - 4 + Filter::kReach; ++r)
    at[(r - 4) * stride] = samples[r];
}

/// 16 positions along vertical edges of luma.
template <int kEdges, class Team, class Filter>
VP8_HD void filter_left(const Team& team,
                        std::uint8_t* y,
                        std::ptrdiff_t stride,
                        const Filter& filter) {
  team.each(16, [&](int i) { filter_row<kEdges>(y + i * stride, filter); });
}

/// 16 positions along horizontal edges of luma.
template <int kEdges, class Team, class Filter>
VP8_HD void filter_top(const Team& team,
                       std::uint8_t* y,
                       std::ptrdiff_t stride,
                       const Filter& filter) {
  team.each(16, [&](int i) { filter_column<kEdges>(y + i, stride, filter); });
}

/// 8 positions along a vertical edge of U, then 8 of V.
template <class Team, class Filter>
VP8_HD void filter_left_chroma(const Team& team,
                               std::uint8_t* u,
                               std::uint8_t* v,
                               std::ptrdiff_t stride,
                               const Filter& filter) {
  team.each(16, [&](int i) { filter_row<1>((i < 8 ? u : v) + i % 8 * stride, filter); });
}

/// 8 positions along a horizontal edge of U, then 8 of V.
template <class Team, class Filter>
VP8_HD void filter_top_chroma(const Team& team,
                              std::uint8_t* u,
                              std::uint8_t* v,
                              std::ptrdiff_t stride,
                              const Filter& filter) {
  team.each(16, [&](int i) { filter_column<1>((i < 8 ? u : v) + i % 8, stride, filter); });
}

}  // namespace gpu::lane
