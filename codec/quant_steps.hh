// Quantiser steps of a macroblock (RFC 6386 §9.6, §14.1).
#pragma once

#include <algorithm>

#include "codec/frame.hh"
#include "codec/state.hh"
#include "codec/tables.hh"

namespace vp8 {

/// Step sizes of the DC and AC coefficients of each kind of block.
struct QuantSteps {
  int y_dc;
  int y_ac;
  int y2_dc;
  int y2_ac;
  int uv_dc;
  int uv_ac;

  bool operator==(const QuantSteps&) const = default;
};

/// Steps for base index `q_index` (clamped to 0..127) and the frame's deltas.
constexpr QuantSteps quant_steps(int q_index, const QuantIndices& deltas) {
  const auto index = [&](int delta) {
    return static_cast<std::size_t>(
        std::clamp(std::clamp(q_index, 0, kMaxQIndex) + delta, 0, kMaxQIndex));
  };
  return {kDcStep[index(deltas.y_dc_delta)],
          kAcStep[index(0)],
          kDcStep[index(deltas.y2_dc_delta)] * 2,
          std::max(kAcStep[index(deltas.y2_ac_delta)] * 155 / 100, 8),
          std::min<int>(kDcStep[index(deltas.uv_dc_delta)], 132),
          kAcStep[index(deltas.uv_ac_delta)]};
}

/// The segmentation in force during a frame: the state's, changed by the frame's header (§9.3). Its
/// map is unused.
struct SegmentSettings {
  bool enabled = false;
  bool absolute = false;
  std::array<int, kSegments> quantizer{};
  std::array<int, kSegments> filter_level{};

  /// Quantiser index of a segment, 0..127.
  int q_index(const FrameHeader& header, int segment) const {
    if (!enabled)
      return header.quant.y_ac_qi;
    const int value = quantizer[static_cast<std::size_t>(segment)];
    return std::clamp(absolute ? value : header.quant.y_ac_qi + value, 0, kMaxQIndex);
  }
};

inline SegmentSettings segment_settings(const State& before, const FrameHeader& header) {
  SegmentSettings s;
  s.enabled = header.segmentation_enabled;
  const SegmentationUpdate& update = header.segmentation;
  const bool updated = s.enabled && update.update_data;
  const bool reset = header.key_frame;
  s.absolute = updated ? update.absolute : !reset && before.segmentation.absolute;
  for (std::size_t i = 0; i < kSegments; ++i) {
    s.quantizer[i] = updated ? update.quantizer[i].value_or(0)
                     : reset ? 0
                             : before.segmentation.quantizer[i];
    s.filter_level[i] = updated ? update.filter_level[i].value_or(0)
                        : reset ? 0
                                : before.segmentation.filter_level[i];
  }
  return s;
}

}  // namespace vp8
