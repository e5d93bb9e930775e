// Loop filter, scalar: what one edge of a macroblock or subblock does to its pixels (RFC 6386 §15).
//
// Pixels across an edge, which lies in the middle:   p3 p2 p1 p0 | q0 q1 q2 q3
#pragma once

#include <cstddef>
#include <cstdint>

#include "codec/types.hh"

namespace vp8 {

/// Limits of the normal loop filter for one kind of edge (§15.2, §15.3).
struct EdgeLimits {
  std::uint8_t edge = 0;           ///< E: on 2 |p0 - q0| + |p1 - q1| / 2; at most 193 (§15.2)
  std::uint8_t interior = 0;       ///< I: on differences of neighbours on one side; at most 63
  std::uint8_t hev_threshold = 0;  ///< above it lies high edge variance; at most 3

  bool operator==(const EdgeLimits&) const = default;
};

namespace scalar {

VP8_HD constexpr int abs_difference(int a, int b) {
  return a < b ? b - a : a - b;
}
VP8_HD constexpr int clamp_int8(int v) {
  return v < -128 ? -128 : v > 127 ? 127 : v;
}
/// A pixel as a signed value, and back with clamping.
VP8_HD constexpr int to_signed(std::uint8_t pixel) {
  return pixel - 128;
}
VP8_HD constexpr std::uint8_t to_pixel(int v) {
  return static_cast<std::uint8_t>(clamp_int8(v) + 128);
}

/// §15.2: is the step over the edge, at q0 = *p, small enough to be an artefact?
VP8_HD constexpr bool is_below_edge_limit(const std::uint8_t* p, std::ptrdiff_t across, int limit) {
  return abs_difference(p[-across], p[0]) * 2 + abs_difference(p[-2 * across], p[across]) / 2 <=
         limit;
}

/// §15.3: is the step small enough, and are both sides smooth?
VP8_HD constexpr bool should_filter(const std::uint8_t* p,
                                    std::ptrdiff_t across,
                                    const EdgeLimits& limits) {
  for (int k = 1; k <= 3; ++k) {
    if (abs_difference(p[k * across], p[(k - 1) * across]) > limits.interior ||
        abs_difference(p[-k * across], p[(-k - 1) * across]) > limits.interior)
      return false;
  }
  return is_below_edge_limit(p, across, limits.edge);
}

/// §15.3: high edge variance.
VP8_HD constexpr bool has_high_variance(const std::uint8_t* p,
                                        std::ptrdiff_t across,
                                        int threshold) {
  return abs_difference(p[-2 * across], p[-across]) > threshold ||
         abs_difference(p[across], p[0]) > threshold;
}

/// §15.2: the wanted change of the step, from p0, q0 and, if `use_outer_taps`, p1, q1.
VP8_HD constexpr int edge_change(const std::uint8_t* p,
                                 std::ptrdiff_t across,
                                 bool use_outer_taps) {
  const int outer = use_outer_taps ? clamp_int8(p[-2 * across] - p[across]) : 0;
  return clamp_int8(outer + 3 * (p[0] - p[-across]));
}

/// §15.2: moves p0 and q0 towards each other; returns what q0 lost. Both round to the same side.
VP8_HD constexpr int adjust_edge(std::uint8_t* p, std::ptrdiff_t across, int change) {
  const int down = clamp_int8(change + 4) >> 3;
  const int up = clamp_int8(change + 3) >> 3;
  p[0] = to_pixel(to_signed(p[0]) - down);
  p[-across] = to_pixel(to_signed(p[-across]) + up);
  return down;
}

/// Adds `change` to the k-th pixel before the edge (p0 is 0) and takes it from the k-th after it.
VP8_HD constexpr void adjust_pair(std::uint8_t* p, std::ptrdiff_t across, int k, int change) {
  std::uint8_t& before = p[(-1 - k) * across];
  std::uint8_t& after = p[k * across];
  after = to_pixel(to_signed(after) - change);
  before = to_pixel(to_signed(before) + change);
}

/// Simple filter (§15.2) of `n` positions of an edge; changes p0, q0. `p` is q0 of the first
/// position, `across` the step from p0 to q0, `along` the step from position to position.
VP8_HD constexpr void filter_simple_edge(
    std::uint8_t* p, std::ptrdiff_t across, std::ptrdiff_t along, int n, int edge_limit) {
  for (int i = 0; i < n; ++i, p += along) {
    if (is_below_edge_limit(p, across, edge_limit))
      adjust_edge(p, across, edge_change(p, across, true));
  }
}

/// Normal filter of an edge inside a macroblock (§15.3); changes p1..q1. Arguments as above.
VP8_HD constexpr void filter_subblock_edge(
    std::uint8_t* p, std::ptrdiff_t across, std::ptrdiff_t along, int n, const EdgeLimits& limits) {
  for (int i = 0; i < n; ++i, p += along) {
    if (!should_filter(p, across, limits))
      continue;
    const bool hev = has_high_variance(p, across, limits.hev_threshold);
    const int change = adjust_edge(p, across, edge_change(p, across, hev));
    if (!hev)
      adjust_pair(p, across, 1, (change + 1) >> 1);
  }
}

/// Normal filter of an edge between macroblocks (§15.3); changes p2..q2. Arguments as above.
VP8_HD constexpr void filter_mb_edge(
    std::uint8_t* p, std::ptrdiff_t across, std::ptrdiff_t along, int n, const EdgeLimits& limits) {
  for (int i = 0; i < n; ++i, p += along) {
    if (!should_filter(p, across, limits))
      continue;
    const int change = edge_change(p, across, true);
    if (has_high_variance(p, across, limits.hev_threshold)) {
      adjust_edge(p, across, change);
      continue;
    }
    adjust_pair(p, across, 0, (27 * change + 63) >> 7);
    adjust_pair(p, across, 1, (18 * change + 63) >> 7);
    adjust_pair(p, across, 2, (9 * change + 63) >> 7);
  }
}

// The edges of a whole macroblock, whose first sample is at y (or u, v). The SIMD twins have the
// same names. left edges are vertical, top edges horizontal; subblock edges are the inner ones.

VP8_HD constexpr void filter_mb_left_edge_luma(std::uint8_t* y,
                                               std::ptrdiff_t stride,
                                               const EdgeLimits& limits) {
  filter_mb_edge(y, 1, stride, 16, limits);
}

VP8_HD constexpr void filter_mb_top_edge_luma(std::uint8_t* y,
                                              std::ptrdiff_t stride,
                                              const EdgeLimits& limits) {
  filter_mb_edge(y, stride, 1, 16, limits);
}

VP8_HD constexpr void filter_subblock_left_edges_luma(std::uint8_t* y,
                                                      std::ptrdiff_t stride,
                                                      const EdgeLimits& limits) {
  for (int x = 4; x < 16; x += 4)
    filter_subblock_edge(y + x, 1, stride, 16, limits);
}

VP8_HD constexpr void filter_subblock_top_edges_luma(std::uint8_t* y,
                                                     std::ptrdiff_t stride,
                                                     const EdgeLimits& limits) {
  for (int row = 4; row < 16; row += 4)
    filter_subblock_edge(y + row * stride, stride, 1, 16, limits);
}

VP8_HD constexpr void filter_mb_left_edge_chroma(std::uint8_t* u,
                                                 std::uint8_t* v,
                                                 std::ptrdiff_t stride,
                                                 const EdgeLimits& limits) {
  filter_mb_edge(u, 1, stride, 8, limits);
  filter_mb_edge(v, 1, stride, 8, limits);
}

VP8_HD constexpr void filter_mb_top_edge_chroma(std::uint8_t* u,
                                                std::uint8_t* v,
                                                std::ptrdiff_t stride,
                                                const EdgeLimits& limits) {
  filter_mb_edge(u, stride, 1, 8, limits);
  filter_mb_edge(v, stride, 1, 8, limits);
}

VP8_HD constexpr void filter_subblock_left_edges_chroma(std::uint8_t* u,
                                                        std::uint8_t* v,
                                                        std::ptrdiff_t stride,
                                                        const EdgeLimits& limits) {
  filter_subblock_edge(u + 4, 1, stride, 8, limits);
  filter_subblock_edge(v + 4, 1, stride, 8, limits);
}

VP8_HD constexpr void filter_subblock_top_edges_chroma(std::uint8_t* u,
                                                       std::uint8_t* v,
                                                       std::ptrdiff_t stride,
                                                       const EdgeLimits& limits) {
  filter_subblock_edge(u + 4 * stride, stride, 1, 8, limits);
  filter_subblock_edge(v + 4 * stride, stride, 1, 8, limits);
}

VP8_HD constexpr void filter_simple_mb_left_edge(std::uint8_t* y,
                                                 std::ptrdiff_t stride,
                                                 int edge_limit) {
  filter_simple_edge(y, 1, stride, 16, edge_limit);
}

VP8_HD constexpr void filter_simple_mb_top_edge(std::uint8_t* y,
                                                std::ptrdiff_t stride,
                                                int edge_limit) {
  filter_simple_edge(y, stride, 1, 16, edge_limit);
}

VP8_HD constexpr void filter_simple_subblock_left_edges(std::uint8_t* y,
                                                        std::ptrdiff_t stride,
                                                        int edge_limit) {
  for (int x = 4; x < 16; x += 4)
    filter_simple_edge(y + x, 1, stride, 16, edge_limit);
}

VP8_HD constexpr void filter_simple_subblock_top_edges(std::uint8_t* y,
                                                       std::ptrdiff_t stride,
                                                       int edge_limit) {
  for (int row = 4; row < 16; row += 4)
    filter_simple_edge(y + row * stride, stride, 1, 16, edge_limit);
}

}  // namespace scalar
}  // namespace vp8
