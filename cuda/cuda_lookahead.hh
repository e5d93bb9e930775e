// The lookahead of some pictures on a GPU.
#pragma once

#include <span>
#include <vector>

#include "cuda/cuda_lane.hh"
#include "cuda/cuda_memory.hh"
#include "cuda/cuda_pictures.hh"
#include "cuda/device.hh"

namespace gpu::cuda {

/// Device::look_ahead for at least two pictures of one size, all at once. Throws OutOfMemory if
/// they are too many.
std::vector<PictureStats> look_ahead(std::span<const vp8::PictureRef> pictures,
                                     Pool& pool,
                                     Lane& lane,
                                     SpanSink* spans);

}  // namespace gpu::cuda
