// The lookahead: motion and predictability of source pictures at half resolution.
#pragma once

#include "codec/cost.hh"
#include "codec/picture.hh"
#include "cuda/device.hh"

namespace gpu {

/// Luma at half resolution (each sample the mean of 2x2), borders extended. Chroma is not set.
vp8::Picture half_luma(const vp8::Picture& picture);

/// The rates of vectors that the lookahead reckons with, on every device.
const vp8::MvCosts& lookahead_mv_costs();

/// Compares a picture with the one before it, both from half_luma(). `mb_rows` x `mb_cols` is the
/// size of the full picture; a macroblock is 8x8 at half resolution.
PictureStats compare_pictures(const vp8::Picture& before,
                              const vp8::Picture& here,
                              int mb_rows,
                              int mb_cols);

}  // namespace gpu
