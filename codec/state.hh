// State: everything that a VP8 decoder carries from one frame to the next, and nothing else (RFC
// 6386 §9.7-§9.11).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "codec/picture.hh"
#include "codec/tables.hh"
#include "codec/types.hh"

namespace vp8 {

/// Adaptive probabilities that frames update (§9.9-§9.11, §13.4, §17.2). All members are bytes
/// without padding.
struct Probabilities {
  CoefProbs coef = kDefaultCoefProbs;
  MvProbs mv = kDefaultMvProbs;
  std::array<Probability, 4> y_mode = kDefaultYModeProbs;
  std::array<Probability, 3> uv_mode = kDefaultUvModeProbs;

  bool operator==(const Probabilities&) const = default;
};

/// Per-segment quantiser and loop filter settings, and which segment each macroblock is in (§9.3).
struct Segmentation {
  bool absolute = false;  // values replace the frame's (true) or are added to them
  std::array<std::int8_t, kSegments> quantizer{};
  std::array<std::int8_t, kSegments> filter_level{};
  std::vector<std::uint8_t>
      map;  // segment of each macroblock in raster order; never empty once a key frame was seen

  bool operator==(const Segmentation&) const = default;
};

/// Loop filter level changes by reference frame and mode (§9.6).
struct FilterDeltas {
  std::array<std::int8_t, kRefFrames> ref_frame{};
  std::array<std::int8_t, 4> mode{};  // B_PRED, ZEROMV, other whole-macroblock inter modes, SPLITMV

  bool operator==(const FilterDeltas&) const = default;
};

/// The three pictures that inter prediction may use (§9.7). All have the state's size.
struct References {
  PictureRef last;
  PictureRef golden;
  PictureRef altref;

  const PictureRef& operator[](RefFrame ref) const {
    return ref == GOLDEN_FRAME ? golden : ref == ALTREF_FRAME ? altref : last;
  }
  bool operator==(const References&) const = default;
};

/// The same with one picture in memory where several are equal: what is told apart by address is
/// then told apart by value.
References share_equal(References references);

/// The state of a stream between two frames: a value. A default State is that before the first key
/// frame.
struct State {
  int width = 0;  // luma pixels; 0 before the first key frame
  int height = 0;
  std::uint8_t horizontal_scale = 0;  // §9.1: advice to the player, no influence on decoding
  std::uint8_t vertical_scale = 0;
  bool color_space = false;    // §9.2
  bool clamping_type = false;  // §9.2: true promises that clamping is not needed
  bool sign_bias_golden = false;
  bool sign_bias_altref = false;
  Probabilities probs;
  Segmentation segmentation;
  FilterDeltas filter_deltas;
  References references;

  int mb_cols() const { return (width + 15) / 16; }
  int mb_rows() const { return (height + 15) / 16; }
  /// True once a key frame has been decoded.
  bool ready() const { return static_cast<bool>(references.last); }
  bool sign_bias(RefFrame ref) const {
    return ref == GOLDEN_FRAME ? sign_bias_golden : ref == ALTREF_FRAME ? sign_bias_altref : false;
  }

  bool operator==(const State&) const = default;
};

/// A 64-bit digest of all that == compares (XXH3); the same on every machine.
std::uint64_t hash(const State& state);

}  // namespace vp8
