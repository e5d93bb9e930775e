// The team that is a CUDA warp; see codec/team.hh. For blocks whose size is a multiple of 32.
#pragma once

#include <cstdint>

#include "codec/types.hh"

namespace gpu {

/// All 32 lanes must be there at every call. On the host nothing may be called: it has no warps.
struct WarpTeam {
  static constexpr std::uint32_t kAll = 0xFFFFFFFFu;

  static VP8_HD constexpr int lanes() { return 32; }
  static VP8_HD int lane() {
#if defined(__CUDA_ARCH__)
    return static_cast<int>(threadIdx.x % 32);
#else
    return 0;
#endif
  }

  static VP8_HD void sync() {
#if defined(__CUDA_ARCH__)
    __syncwarp();
#endif
  }

  template <class F>
  static VP8_HD void each(int n, const F& f) {
    visit(n, f);
    sync();
  }

  template <class F>
  static VP8_HD void once(const F& f) {
    if (lane() == 0)
      f();
    sync();
  }

  template <class F>
  static VP8_HD auto sum(int n, const F& f) {
    decltype(f(0)) total = 0;
    visit(n, [&](int i) { total += f(i); });
    sync();  // what f has read may be overwritten from here on
    return sum_of_lanes(total);
  }

  static VP8_HD void add(std::uint32_t* at, std::uint32_t value) {
#if defined(__CUDA_ARCH__)
    atomicAdd(at, value);
#else
    *at += value;
#endif
  }

 private:
  // In rounds of a constant size, so that they unroll where n is a constant.
  template <class F>
  static VP8_HD void visit(int n, const F& f) {
    for (int first = 0; first < n; first += lanes()) {
      const int i = first + lane();
      if (i < n)
        f(i);
    }
  }

  static VP8_HD std::uint32_t sum_of_lanes(std::uint32_t value) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    return __reduce_add_sync(kAll, value);
#elif defined(__CUDA_ARCH__)
    for (int distance = 16; distance > 0; distance /= 2)
      value += __shfl_xor_sync(kAll, value, distance);
    return value;
#else
    return value;
#endif
  }
  static VP8_HD std::int32_t sum_of_lanes(std::int32_t value) {
    return static_cast<std::int32_t>(sum_of_lanes(static_cast<std::uint32_t>(value)));
  }
  // By parts of 26 bits, of which 32 lanes sum up to 31.
  static VP8_HD std::uint64_t sum_of_lanes(std::uint64_t value) {
    constexpr std::uint64_t kPart = (1u << 26) - 1;
    const std::uint64_t low = sum_of_lanes(static_cast<std::uint32_t>(value & kPart));
    const std::uint64_t middle = sum_of_lanes(static_cast<std::uint32_t>(value >> 26 & kPart));
    const std::uint64_t high = sum_of_lanes(static_cast<std::uint32_t>(value >> 52));
    return low + (middle << 26) + (high << 52);
  }
  static VP8_HD std::int64_t sum_of_lanes(std::int64_t value) {
    return static_cast<std::int64_t>(sum_of_lanes(static_cast<std::uint64_t>(value)));
  }
};

}  // namespace gpu
