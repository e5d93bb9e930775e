// The branches of the token tree that a block of levels takes (RFC 6386 §13.2, §13.3).
#pragma once

#include <cstddef>
#include <cstdint>

#include "codec/tables.hh"
#include "codec/trellis.hh"
#include "codec/types.hh"

namespace vp8 {

/// The part of the tree that magnitudes of 2 and more take, to a sink as in visit_block.
template <class Sink>
VP8_HD constexpr void visit_large(Sink& sink,
                                  std::size_t band,
                                  std::size_t context,
                                  int magnitude) {
  sink.branch(band, context, 3, magnitude > 4);
  if (magnitude <= 4) {
    sink.branch(band, context, 4, magnitude > 2);
    if (magnitude > 2)
      sink.branch(band, context, 5, magnitude == 4);
    return;
  }
  std::size_t category = 0;
  while (category < 5 && magnitude >= kTokenCategories[category + 1].base)
    ++category;
  sink.branch(band, context, 6, category > 1);
  if (category <= 1) {
    sink.branch(band, context, 7, category == 1);
  } else {
    const bool high = category > 3;
    sink.branch(band, context, 8, high);
    sink.branch(band, context, high ? 10 : 9, category % 2 != 0);
  }
  const TokenCategory& c = kTokenCategories[category];
  const int extra = magnitude - c.base;
  for (int i = 0; i < c.bits; ++i)
    sink.raw(c.probs[static_cast<std::size_t>(i)], (extra >> (c.bits - 1 - i) & 1) != 0);
}

/// Sends the branches of one block, whose 16 `levels` are in raster order, to `sink`:
/// branch(band, context, node, bit), sign and extra bits by raw(prob, bit), and large(band,
/// context, magnitude), which may call visit_large.
template <class Sink>
VP8_HD constexpr void visit_block(
    Sink& sink, const std::int16_t* levels, std::size_t context, int first, int end) {
  bool after_zero = false;
  for (int position = first; position < 16; ++position) {
    const std::size_t band = kBandOfPosition[static_cast<std::size_t>(position)];
    if (!after_zero)
      sink.branch(band, context, 0, position < end);
    if (position >= end)
      return;
    const int level = levels[kZigzag[static_cast<std::size_t>(position)]];
    const int magnitude = level < 0 ? -level : level;
    sink.branch(band, context, 1, magnitude != 0);
    if (magnitude != 0) {
      sink.branch(band, context, 2, magnitude > 1);
      if (magnitude > 1)
        sink.large(band, context, magnitude);
      sink.raw(128, level < 0);
    }
    context = context_after(magnitude);
    after_zero = magnitude == 0;
  }
}

}  // namespace vp8
