// Loop filter, SIMD: the macroblock functions of codec/loop_filter.hh for one Highway target
// (RFC 6386 §15). 16 positions of an edge at a time: 16 of luma, or 8 of U and 8 of V.
#if defined(CODEC_LOOP_FILTER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CODEC_LOOP_FILTER_INL_H_
#undef CODEC_LOOP_FILTER_INL_H_
#else
#define CODEC_LOOP_FILTER_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "codec/loop_filter.hh"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace vp8 {
namespace HWY_NAMESPACE {
namespace loop_filter {
namespace hn = hwy::HWY_NAMESPACE;

using Pixels = hn::FixedTag<uint8_t, 16>;
using HalfPixels = hn::FixedTag<uint8_t, 8>;
using Changes = hn::FixedTag<int8_t, 16>;
using WideChanges = hn::FixedTag<int16_t, 8>;
using PixelVector = hn::Vec<Pixels>;
using ChangeVector = hn::Vec<Changes>;
using WideVector = hn::Vec<WideChanges>;
using PixelMask = hn::Mask<Pixels>;

/// The pixels across an edge, a vector of positions each: p3 p2 p1 p0 | q0 q1 q2 q3. Also, while
/// they are transposed, any eight rows or columns in that order.
struct Edge {
  PixelVector p3, p2, p1, p0, q0, q1, q2, q3;
};

HWY_INLINE PixelVector abs_difference(PixelVector a, PixelVector b) {
  return hn::Or(hn::SaturatedSub(a, b), hn::SaturatedSub(b, a));
}

/// By how much a + a + b / 2 exceeds `limit`, which is below 255: zero where it does not.
HWY_INLINE PixelVector excess_of_step(const Edge& e, PixelVector limit) {
  const PixelVector inner = abs_difference(e.p0, e.q0);
  const PixelVector outer = hn::ShiftRight<1>(abs_difference(e.p1, e.q1));
  return hn::SaturatedSub(hn::SaturatedAdd(hn::SaturatedAdd(inner, inner), outer), limit);
}

/// The larger of |p1 - p0| and |q1 - q0|.
HWY_INLINE PixelVector variance(const Edge& e) {
  return hn::Max(abs_difference(e.p1, e.p0), abs_difference(e.q1, e.q0));
}

HWY_INLINE PixelMask should_filter(const Edge& e, const EdgeLimits& limits) {
  const Pixels d;
  const PixelVector p = hn::Max(abs_difference(e.p3, e.p2), abs_difference(e.p2, e.p1));
  const PixelVector q = hn::Max(abs_difference(e.q3, e.q2), abs_difference(e.q2, e.q1));
  const PixelVector interior =
      hn::SaturatedSub(hn::Max(hn::Max(p, q), variance(e)), hn::Set(d, limits.interior));
  return hn::Eq(hn::Or(interior, excess_of_step(e, hn::Set(d, limits.edge))), hn::Zero(d));
}

HWY_INLINE PixelMask is_smooth(const Edge& e, const EdgeLimits& limits) {
  const Pixels d;
  return hn::Eq(hn::SaturatedSub(variance(e), hn::Set(d, limits.hev_threshold)), hn::Zero(d));
}

HWY_INLINE ChangeVector to_signed(PixelVector pixels) {
  return hn::BitCast(Changes(), hn::Xor(pixels, hn::Set(Pixels(), 0x80)));
}

HWY_INLINE PixelVector to_pixels(ChangeVector v) {
  return hn::Xor(hn::BitCast(Pixels(), v), hn::Set(Pixels(), 0x80));
}

HWY_INLINE ChangeVector keep_where(PixelMask mask, ChangeVector v) {
  return hn::IfThenElseZero(hn::RebindMask(Changes(), mask), v);
}
HWY_INLINE ChangeVector drop_where(PixelMask mask, ChangeVector v) {
  return hn::IfThenZeroElse(hn::RebindMask(Changes(), mask), v);
}

HWY_INLINE ChangeVector outer_change(const Edge& e) {
  return hn::SaturatedSub(to_signed(e.p1), to_signed(e.q1));
}

/// outer + 3 (q0 - p0), clamped: repeated saturation to one side equals one clamp.
HWY_INLINE ChangeVector edge_change(const Edge& e, ChangeVector outer) {
  const ChangeVector step = hn::SaturatedSub(to_signed(e.q0), to_signed(e.p0));
  return hn::SaturatedAdd(hn::SaturatedAdd(hn::SaturatedAdd(outer, step), step), step);
}

HWY_INLINE void adjust(PixelVector& before,
                       PixelVector& after,
                       ChangeVector up,
                       ChangeVector down) {
  before = to_pixels(hn::SaturatedAdd(to_signed(before), up));
  after = to_pixels(hn::SaturatedSub(to_signed(after), down));
}

/// Moves p0 and q0 towards each other; returns what q0 lost.
HWY_INLINE ChangeVector adjust_edge(Edge& e, ChangeVector change) {
  const Changes d;
  const auto down = hn::ShiftRight<3>(hn::SaturatedAdd(change, hn::Set(d, 4)));
  const auto up = hn::ShiftRight<3>(hn::SaturatedAdd(change, hn::Set(d, 3)));
  adjust(e.p0, e.q0, up, down);
  return down;
}

struct SimpleFilter {
  static constexpr int kReach = 1;  // pixels changed on either side
  int edge_limit;

  HWY_INLINE void operator()(Edge& e) const {
    const Pixels d;
    const PixelMask mask =
        hn::Eq(excess_of_step(e, hn::Set(d, static_cast<uint8_t>(edge_limit))), hn::Zero(d));
    adjust_edge(e, keep_where(mask, edge_change(e, outer_change(e))));
  }
};

struct SubblockFilter {
  static constexpr int kReach = 2;
  EdgeLimits limits;

  HWY_INLINE void operator()(Edge& e) const {
    const PixelMask smooth = is_smooth(e, limits);
    const ChangeVector change = edge_change(e, drop_where(smooth, outer_change(e)));
    const ChangeVector down = adjust_edge(e, keep_where(should_filter(e, limits), change));
    const ChangeVector half = hn::ShiftRight<1>(hn::Add(down, hn::Set(Changes(), 1)));
    adjust(e.p1, e.q1, keep_where(smooth, half), keep_where(smooth, half));
  }
};

/// Words, which fit, to bytes.
HWY_INLINE ChangeVector pack(WideVector low, WideVector high) {
#if HWY_ARCH_X86
  return ChangeVector{_mm_packs_epi16(low.raw, high.raw)};
#else
  const hn::FixedTag<int8_t, 8> d;
  return hn::Combine(Changes(), hn::DemoteTo(d, high), hn::DemoteTo(d, low));
#endif
}

struct MacroblockFilter {
  static constexpr int kReach = 3;
  EdgeLimits limits;

  HWY_INLINE void operator()(Edge& e) const {
    const Changes d8;
    const WideChanges d;
    const PixelMask smooth = is_smooth(e, limits);
    const ChangeVector change =
        keep_where(should_filter(e, limits), edge_change(e, outer_change(e)));
    adjust_edge(e, drop_where(smooth, change));

    const ChangeVector wide = keep_where(smooth, change);
    // A byte above a zero byte is 256 times itself, of which MulHigh leaves 9 times.
    const WideVector nine = hn::Set(d, 9 * 256);
    const WideVector low =
        hn::MulHigh(hn::BitCast(d, hn::InterleaveLower(d8, hn::Zero(d8), wide)), nine);
    const WideVector high =
        hn::MulHigh(hn::BitCast(d, hn::InterleaveUpper(d8, hn::Zero(d8), wide)), nine);
    const WideVector low1 = hn::Add(low, hn::Set(d, 63));
    const WideVector high1 = hn::Add(high, hn::Set(d, 63));
    const WideVector low2 = hn::Add(low1, low);
    const WideVector high2 = hn::Add(high1, high);
    const WideVector low3 = hn::Add(low2, low);
    const WideVector high3 = hn::Add(high2, high);
    const ChangeVector by9 = pack(hn::ShiftRight<7>(low1), hn::ShiftRight<7>(high1));
    const ChangeVector by18 = pack(hn::ShiftRight<7>(low2), hn::ShiftRight<7>(high2));
    const ChangeVector by27 = pack(hn::ShiftRight<7>(low3), hn::ShiftRight<7>(high3));
    adjust(e.p0, e.q0, by27, by27);
    adjust(e.p1, e.q1, by18, by18);
    adjust(e.p2, e.q2, by9, by9);
  }
};

/// Rows of luma, 16 samples wide.
struct LumaRows {
  uint8_t* y;
  ptrdiff_t stride;

  HWY_INLINE PixelVector load(int row) const { return hn::LoadU(Pixels(), y + row * stride); }
  HWY_INLINE void store(PixelVector v, int row) const { hn::StoreU(v, Pixels(), y + row * stride); }
};

/// Rows of chroma: 8 samples of U, then 8 of V.
struct ChromaRows {
  uint8_t* u;
  uint8_t* v;
  ptrdiff_t stride;

  HWY_INLINE PixelVector load(int row) const {
    const HalfPixels d;
    return hn::Combine(Pixels(), hn::LoadU(d, v + row * stride), hn::LoadU(d, u + row * stride));
  }
  HWY_INLINE void store(PixelVector pixels, int row) const {
    const HalfPixels d;
    hn::StoreU(hn::LowerHalf(d, pixels), d, u + row * stride);
    hn::StoreU(hn::UpperHalf(d, pixels), d, v + row * stride);
  }
};

template <class Rows>
HWY_INLINE Edge load_eight(const Rows& rows, int row) {
  return {rows.load(row),     rows.load(row + 1), rows.load(row + 2), rows.load(row + 3),
          rows.load(row + 4), rows.load(row + 5), rows.load(row + 6), rows.load(row + 7)};
}

template <class Rows, class Filter>
HWY_INLINE void filter_horizontal_edge(const Rows& rows, int row, const Filter& filter) {
  Edge e = load_eight(rows, row - 4);
  filter(e);
  if constexpr (Filter::kReach >= 3) {
    rows.store(e.p2, row - 3);
    rows.store(e.q2, row + 2);
  }
  if constexpr (Filter::kReach >= 2) {
    rows.store(e.p1, row - 2);
    rows.store(e.q1, row + 1);
  }
  rows.store(e.p0, row - 1);
  rows.store(e.q0, row);
}

/// 16 rows, eight from `a` on and eight from `b` on: the halves of luma, or U and V.
struct Columns {
  uint8_t* a;
  uint8_t* b;
  ptrdiff_t stride;
};

/// Interleaves the bytes of vectors i and i + 4: the byte index, vector before lane, turns left by
/// one bit. Three turns make rows from columns; one at loading and three make columns from rows.
HWY_INLINE Edge interleave(const Edge& x) {
  const Pixels d;
  return {hn::InterleaveLower(d, x.p3, x.q0), hn::InterleaveUpper(d, x.p3, x.q0),
          hn::InterleaveLower(d, x.p2, x.q1), hn::InterleaveUpper(d, x.p2, x.q1),
          hn::InterleaveLower(d, x.p1, x.q2), hn::InterleaveUpper(d, x.p1, x.q2),
          hn::InterleaveLower(d, x.p0, x.q3), hn::InterleaveUpper(d, x.p0, x.q3)};
}

/// Filters the vertical edge left of the columns. Rewrites the 4 samples on either side.
template <class Filter>
HWY_INLINE void filter_vertical_edge(const Columns& p, const Filter& filter) {
  const auto load = [&p](int row) HWY_ATTR {
    const HalfPixels d;
    const Pixels d16;
    const auto a = hn::LoadU(d, p.a + row * p.stride - 4);
    const auto b = hn::LoadU(d, p.b + row * p.stride - 4);
    return hn::InterleaveLower(d16, hn::ZeroExtendVector(d16, a), hn::ZeroExtendVector(d16, b));
  };
  Edge e = interleave(interleave(
      interleave(Edge{load(0), load(1), load(2), load(3), load(4), load(5), load(6), load(7)})));
  filter(e);
  const Edge rows = interleave(interleave(interleave(e)));
  const auto store_pair = [&p](PixelVector v, uint8_t* first) HWY_ATTR {
    const HalfPixels d;
    hn::StoreU(hn::LowerHalf(d, v), d, first - 4);
    hn::StoreU(hn::UpperHalf(d, v), d, first + p.stride - 4);
  };
  store_pair(rows.p3, p.a);
  store_pair(rows.p2, p.a + 2 * p.stride);
  store_pair(rows.p1, p.a + 4 * p.stride);
  store_pair(rows.p0, p.a + 6 * p.stride);
  store_pair(rows.q0, p.b);
  store_pair(rows.q1, p.b + 2 * p.stride);
  store_pair(rows.q2, p.b + 4 * p.stride);
  store_pair(rows.q3, p.b + 6 * p.stride);
}

struct Sixteen {
  Edge low, high;
};

/// Interleaves the bytes of vectors i and i + 8; four times transpose.
HWY_INLINE Sixteen interleave(const Sixteen& x) {
  const Edge& l = x.low;
  const Edge& h = x.high;
  return {interleave(Edge{l.p3, l.p2, l.p1, l.p0, h.p3, h.p2, h.p1, h.p0}),
          interleave(Edge{l.q0, l.q1, l.q2, l.q3, h.q0, h.q1, h.q2, h.q3})};
}

HWY_INLINE void store_eight(const Edge& x, const LumaRows& rows, int row) {
  rows.store(x.p3, row);
  rows.store(x.p2, row + 1);
  rows.store(x.p1, row + 2);
  rows.store(x.p0, row + 3);
  rows.store(x.q0, row + 4);
  rows.store(x.q1, row + 5);
  rows.store(x.q2, row + 6);
  rows.store(x.q3, row + 7);
}

/// The three inner vertical edges of a luma macroblock. Rewrites the whole macroblock.
template <class Filter>
HWY_INLINE void filter_inner_vertical_edges(uint8_t* y, ptrdiff_t stride, const Filter& filter) {
  const LumaRows rows{y, stride};
  Sixteen x{load_eight(rows, 0), load_eight(rows, 8)};
  x = interleave(interleave(interleave(interleave(x))));
  Edge& l = x.low;
  Edge& h = x.high;
  filter(l);
  Edge middle{l.q0, l.q1, l.q2, l.q3, h.p3, h.p2, h.p1, h.p0};
  filter(middle);
  l = {l.p3, l.p2, l.p1, l.p0, middle.p3, middle.p2, middle.p1, middle.p0};
  h = {middle.q0, middle.q1, middle.q2, middle.q3, h.q0, h.q1, h.q2, h.q3};
  filter(h);
  x = interleave(interleave(interleave(interleave(x))));
  store_eight(x.low, rows, 0);
  store_eight(x.high, rows, 8);
}

template <class Filter>
HWY_INLINE void filter_inner_horizontal_edges(uint8_t* y, ptrdiff_t stride, const Filter& filter) {
  for (int row = 4; row < 16; row += 4)
    filter_horizontal_edge(LumaRows{y, stride}, row, filter);
}

}  // namespace loop_filter

// The twins of the functions of the same names in namespace scalar, for limits.edge < 255. Those of
// vertical edges also rewrite what they leave unchanged of the 4 samples on either side of an edge.

HWY_INLINE void filter_mb_left_edge_luma(uint8_t* y, ptrdiff_t stride, const EdgeLimits& limits) {
  filter_vertical_edge(loop_filter::Columns{y, y + 8 * stride, stride},
                       loop_filter::MacroblockFilter{limits});
}

HWY_INLINE void filter_mb_top_edge_luma(uint8_t* y, ptrdiff_t stride, const EdgeLimits& limits) {
  filter_horizontal_edge(loop_filter::LumaRows{y, stride}, 0,
                         loop_filter::MacroblockFilter{limits});
}

HWY_INLINE void filter_subblock_left_edges_luma(uint8_t* y,
                                                ptrdiff_t stride,
                                                const EdgeLimits& limits) {
  loop_filter::filter_inner_vertical_edges(y, stride, loop_filter::SubblockFilter{limits});
}

HWY_INLINE void filter_subblock_top_edges_luma(uint8_t* y,
                                               ptrdiff_t stride,
                                               const EdgeLimits& limits) {
  loop_filter::filter_inner_horizontal_edges(y, stride, loop_filter::SubblockFilter{limits});
}

HWY_INLINE void filter_mb_left_edge_chroma(uint8_t* u,
                                           uint8_t* v,
                                           ptrdiff_t stride,
                                           const EdgeLimits& limits) {
  filter_vertical_edge(loop_filter::Columns{u, v, stride}, loop_filter::MacroblockFilter{limits});
}

HWY_INLINE void filter_mb_top_edge_chroma(uint8_t* u,
                                          uint8_t* v,
                                          ptrdiff_t stride,
                                          const EdgeLimits& limits) {
  filter_horizontal_edge(loop_filter::ChromaRows{u, v, stride}, 0,
                         loop_filter::MacroblockFilter{limits});
}

HWY_INLINE void filter_subblock_left_edges_chroma(uint8_t* u,
                                                  uint8_t* v,
                                                  ptrdiff_t stride,
                                                  const EdgeLimits& limits) {
  filter_vertical_edge(loop_filter::Columns{u + 4, v + 4, stride},
                       loop_filter::SubblockFilter{limits});
}

HWY_INLINE void filter_subblock_top_edges_chroma(uint8_t* u,
                                                 uint8_t* v,
                                                 ptrdiff_t stride,
                                                 const EdgeLimits& limits) {
  filter_horizontal_edge(loop_filter::ChromaRows{u, v, stride}, 4,
                         loop_filter::SubblockFilter{limits});
}

HWY_INLINE void filter_simple_mb_left_edge(uint8_t* y, ptrdiff_t stride, int edge_limit) {
  filter_vertical_edge(loop_filter::Columns{y, y + 8 * stride, stride},
                       loop_filter::SimpleFilter{edge_limit});
}

HWY_INLINE void filter_simple_mb_top_edge(uint8_t* y, ptrdiff_t stride, int edge_limit) {
  filter_horizontal_edge(loop_filter::LumaRows{y, stride}, 0,
                         loop_filter::SimpleFilter{edge_limit});
}

HWY_INLINE void filter_simple_subblock_left_edges(uint8_t* y, ptrdiff_t stride, int edge_limit) {
  loop_filter::filter_inner_vertical_edges(y, stride, loop_filter::SimpleFilter{edge_limit});
}

HWY_INLINE void filter_simple_subblock_top_edges(uint8_t* y, ptrdiff_t stride, int edge_limit) {
  loop_filter::filter_inner_horizontal_edges(y, stride, loop_filter::SimpleFilter{edge_limit});
}

}  // namespace HWY_NAMESPACE
}  // namespace vp8
HWY_AFTER_NAMESPACE();

#endif  // include guard
