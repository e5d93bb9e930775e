// Which loop filter strength applies to which macroblock (RFC 6386 §9.3, §9.6, §15.1-§15.3).
#pragma once

#include <algorithm>
#include <array>

#include "codec/loop_filter.hh"
#include "codec/quant_steps.hh"

namespace vp8 {

/// Limits of the three kinds of edges for one filter level.
struct LevelLimits {
  EdgeLimits mb_edge;
  EdgeLimits subblock_edge;
};

VP8_HD constexpr LevelLimits level_limits(int level, int sharpness, bool key_frame) {
  int interior = level >> (sharpness > 4 ? 2 : sharpness > 0 ? 1 : 0);
  if (sharpness > 0)
    interior = std::min(interior, 9 - sharpness);
  interior = std::max(interior, 1);
  int hev = 0;
  if (key_frame) {
    hev = level >= 40 ? 2 : level >= 15 ? 1 : 0;
  } else {
    hev = level >= 40 ? 3 : level >= 20 ? 2 : level >= 15 ? 1 : 0;
  }
  const auto limits = [&](int edge) {
    return EdgeLimits{static_cast<std::uint8_t>(edge), static_cast<std::uint8_t>(interior),
                      static_cast<std::uint8_t>(hev)};
  };
  return {limits((level + 2) * 2 + interior), limits(level * 2 + interior)};
}

/// What a frame's filter levels follow from, besides the level itself.
struct FilterRules {
  bool simple = false;
  bool key_frame = false;
  bool delta_enabled = false;
  int sharpness = 0;
  SegmentSettings segments;
  FilterDeltas deltas;

  static FilterRules of(const State& before, const FrameHeader& header) {
    return {header.filter.simple,
            header.key_frame,
            header.filter.delta_enabled,
            header.filter.sharpness,
            segment_settings(before, header),
            deltas_in_force(before, header)};
  }

 private:
  static FilterDeltas deltas_in_force(const State& before, const FrameHeader& header) {
    FilterDeltas deltas = header.key_frame ? FilterDeltas{} : before.filter_deltas;
    if (!header.filter.delta_update)
      return deltas;
    for (std::size_t i = 0; i < 4; ++i) {
      deltas.ref_frame[i] = header.filter.ref_frame_delta[i].value_or(deltas.ref_frame[i]);
      deltas.mode[i] = header.filter.mode_delta[i].value_or(deltas.mode[i]);
    }
    return deltas;
  }
};

/// The filter of one frame: a level for every segment, reference and mode, and limits for every
/// level.
class FrameFilter {
 public:
  FrameFilter() = default;
  FrameFilter(const State& before, const FrameHeader& header)
      : FrameFilter(FilterRules::of(before, header), header.filter.level) {}

  VP8_HD constexpr FrameFilter(const FilterRules& rules, int frame_level)
      : enabled_(frame_level != 0), simple_(rules.simple) {
    VP8_NO_UNROLL for (int level = 0; level <= kMaxFilterLevel; ++level) {
      limits_[static_cast<std::size_t>(level)] =
          level_limits(level, rules.sharpness, rules.key_frame);
    }
    const SegmentSettings& segments = rules.segments;
    for (std::size_t segment = 0; segment < kSegments; ++segment) {
      int base = frame_level;
      if (segments.enabled) {
        base = clamp_level(segments.absolute ? segments.filter_level[segment]
                                             : base + segments.filter_level[segment]);
      }
      for (std::size_t ref = 0; ref < kRefFrames; ++ref) {
        for (std::size_t mode = 0; mode < kModeClasses; ++mode) {
          levels_[segment][ref][mode] = static_cast<std::uint8_t>(
              rules.delta_enabled ? adjusted(base, rules.deltas, ref, mode) : base);
        }
      }
    }
  }

  /// False if the frame is not filtered at all.
  VP8_HD bool enabled() const { return enabled_; }
  VP8_HD bool simple() const { return simple_; }
  /// 0..63; 0 leaves the macroblock alone.
  VP8_HD int level(const MbModes& mb) const { return level(mb.segment, mb.ref_frame, mb.y_mode); }
  VP8_HD int level(std::size_t segment, RefFrame ref, MbMode y_mode) const {
    return levels_[segment][ref][mode_class(y_mode)];
  }
  VP8_HD const LevelLimits& limits(int level) const {
    return limits_[static_cast<std::size_t>(level)];
  }

 private:
  static constexpr std::size_t kModeClasses =
      5;  // B_PRED, ZEROMV, other inter, SPLITMV, other intra

  static VP8_HD constexpr std::size_t mode_class(MbMode mode) {
    switch (mode) {
      case B_PRED:
        return 0;
      case ZEROMV:
        return 1;
      case SPLITMV:
        return 3;
      case NEARESTMV:
      case NEARMV:
      case NEWMV:
        return 2;
      default:
        return 4;
    }
  }

  static VP8_HD constexpr int clamp_level(int level) {
    return level < 0 ? 0 : level > kMaxFilterLevel ? kMaxFilterLevel : level;
  }

  static VP8_HD constexpr int adjusted(int base,
                                       const FilterDeltas& deltas,
                                       std::size_t ref,
                                       std::size_t mode) {
    const int level = base + deltas.ref_frame[ref];
    return clamp_level(mode == 4 ? level : level + deltas.mode[mode]);
  }

  bool enabled_ = false;
  bool simple_ = false;
  std::array<std::array<std::array<std::uint8_t, kModeClasses>, kRefFrames>, kSegments> levels_{};
  std::array<LevelLimits, kMaxFilterLevel + 1> limits_{};
};

}  // namespace vp8
