// Which machine a kernel header is compiled for.
//
// Kernel headers (*-inl.h) are templates over their team. In a source that Highway's foreach_target
// includes again and again they land in that target's namespace, compiled with its instructions;
// in a source that defines VP8_FOR_LANES (CUDA, and the checkers in tests) they land in `lanes`,
// once, and Highway is not needed.
#pragma once

#if defined(VP8_FOR_LANES)
#define VP8_TARGET lanes
#define VP8_BEFORE_TARGET() static_assert(true, "")
#define VP8_AFTER_TARGET() static_assert(true, "")
#else
#include <hwy/highway.h>
#define VP8_TARGET HWY_NAMESPACE
#define VP8_BEFORE_TARGET() HWY_BEFORE_NAMESPACE()
#define VP8_AFTER_TARGET() HWY_AFTER_NAMESPACE()
#endif

/// For a large function of a kernel with but one caller in it: as a call of its own it would make
/// the kernel's variables lie in a stack frame.
#ifdef __CUDACC__
#define VP8_PART_OF_KERNEL __forceinline__
#else
#define VP8_PART_OF_KERNEL
#endif
