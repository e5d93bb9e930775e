// Random legal frames: every field, mode, vector and level that the syntax can say (RFC 6386 §19),
// far beyond what encoders emit. For tests, fuzz seeds and benches; the same on every machine.
#pragma once

#include <cstdint>
#include <random>

#include "codec/frame.hh"
#include "codec/state.hh"

namespace vp8 {

struct RandomFrameOptions {
  bool key_frame = false;
  int width = 0;  // key frames only
  int height = 0;
  int max_level = 3;       // of coefficients, at most kMaxTokenValue
  bool overflows = false;  // may exceed the transforms' 16 bits, where decoders differ
  int coded_percent = 30;  // of blocks, where the macroblock is not skipped
  int max_mv_delta = 100;  // of new vectors, at most kMaxMvDelta quarter pixels
  int inter_percent = 80;  // of macroblocks in inter frames
  int max_q_index = kMaxQIndex;
  int max_version = 3;
};

/// A frame that is legal after `before` and in the form that parse_frame gives:
/// parse_frame(before, write_frame(before, f)) == f.
Frame random_frame(const State& before, const RandomFrameOptions& options, std::mt19937& random);

/// The modes of `frame` made anew for its header, which may have been changed.
void randomise_modes(const State& before,
                     const RandomFrameOptions& options,
                     std::mt19937& random,
                     Frame& frame);

/// The levels of `frame` made anew for its header and modes.
void randomise_residual(const State& before,
                        const RandomFrameOptions& options,
                        std::mt19937& random,
                        Frame& frame);

}  // namespace vp8
