// What a kernel runs on: a team of lanes that walk through one body together.
//
// A kernel is written once, as a template over its team. On a GPU a team is a warp; in tests it is
// a set of fibres or threads that a checker watches; a team of one lane is a plain function call.
//
//   template <class Team>
//   VP8_HD void double_all(const Team& team, const int* in, int* out, int n) {
//     team.each(n, [&](int i) { out[i] = 2 * in[i]; });     // lanes share the work, then meet
//     const int total = team.sum(n, [&](int i) { return out[i]; });  // every lane learns the sum
//     team.once([&] { out[0] = total; });                   // one lane writes, then all meet
//   }
//
// Outside of each(), sum() and once() all lanes of a team do the same on the same values, so that
// control flow is uniform: what one of these functions is given must be the same for all lanes, and
// memory that a lane wrote is read by others only after the lanes have met. That makes a body right
// for any number of lanes, one included.
#pragma once

#include "codec/types.hh"

namespace vp8 {

/// What every team offers. `each` and `once` end with the team's barrier, `sum` gives all
/// lanes the same value.
///   lane(), lanes()   this lane's number and how many there are
///   sync()            the barrier: writes before it are seen behind it, by the whole team
///   each(n, f)        f(i) for i of 0..n-1, spread over the lanes
///   once(f)           f() on one lane
///   sum(n, f)         the sum of f(i) for i of 0..n-1; f gives an integer of 32 or 64 bits
///   add(at, value)    *at += value, safe against other teams that add there at the same time;
///                     32 bits, unsigned; call it from inside each() or once()
/// What kernels get is a team with the block primitives as members: VectorOps of vector_ops-inl.h
/// on the CPU, LaneOps of cuda/lane_ops.hh otherwise. It also has
///   assign(to, from)  to = from for a plain struct in memory that the team shares
///
/// OneLane is the team of the calling thread alone.
struct OneLane {
  static VP8_HD constexpr int lane() { return 0; }
  static VP8_HD constexpr int lanes() { return 1; }
  static VP8_HD constexpr void sync() {}

  template <class F>
  static VP8_HD constexpr void each(int n, const F& f) {
    for (int i = 0; i < n; ++i)
      f(i);
  }
  template <class F>
  static VP8_HD constexpr void once(const F& f) {
    f();
  }
  template <class F>
  static VP8_HD constexpr auto sum(int n, const F& f) {
    decltype(f(0)) total = 0;
    for (int i = 0; i < n; ++i)
      total += f(i);
    return total;
  }
  template <class T>
  static VP8_HD constexpr void assign(T& to, const T& from) {
    to = from;
  }
  static VP8_HD constexpr void add(std::uint32_t* at, std::uint32_t value) { *at += value; }
};

}  // namespace vp8
