// Rebasing with second thoughts: decisions that were made against stand-ins are refined where it is
// cheap, now that the true state is there.
#pragma once

#include "codec/encode.hh"
#include "cuda/effort.hh"

namespace gpu {

/// Writes `source` as a frame on the state before it. Inter macroblocks may change to a vector that
/// has a name, in any reference, and from one without to another a quarter pixel beside it; intra
/// macroblocks choose their prediction again. Effort::kBest also looks for splits and for intra
/// predictions; Effort::kFast changes nothing, and nothing changes in key frames. All else is as
/// vp8::encode() does it, errors included.
vp8::Encoded rebase(const vp8::State& before,
                    const vp8::Picture& source,
                    vp8::Decisions decisions,
                    Effort effort);

}  // namespace gpu
