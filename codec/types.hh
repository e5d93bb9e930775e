// The words of VP8: reference frames, modes, motion vectors, and the errors of the codec (RFC 6386
// §5, §8, §16).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

// Marks block arithmetic that the CPU and CUDA kernels share.
#if defined(__CUDACC__)
#define VP8_HD __host__ __device__
#else
#define VP8_HD
#endif

// Declares a constant table that both sides index. Without separate compilation device code sees
// only tables of its own translation unit.
#if defined(__CUDACC__)
#define VP8_TABLE static __device__ constexpr
#else
#define VP8_TABLE inline constexpr
#endif

// Before a loop whose body is too large to be repeated, as nvcc would.
#if defined(__CUDA_ARCH__)
#define VP8_NO_UNROLL _Pragma("unroll 1")
#else
#define VP8_NO_UNROLL
#endif

namespace vp8 {

/// A probability of a zero bit in 1/256; 0 is never sent by an encoder but is legal to read (§7.3).
using Probability = std::uint8_t;

/// Which reconstruction a macroblock is predicted from (§9.7). CURRENT_FRAME means intra
/// prediction.
enum RefFrame : std::uint8_t { CURRENT_FRAME, LAST_FRAME, GOLDEN_FRAME, ALTREF_FRAME, kRefFrames };

/// Luma prediction mode of a macroblock (§8, §16.3): five intra modes, then five inter modes.
/// Chroma uses the first four.
enum MbMode : std::uint8_t {
  DC_PRED,
  V_PRED,
  H_PRED,
  TM_PRED,
  B_PRED,
  NEARESTMV,
  NEARMV,
  ZEROMV,
  NEWMV,
  SPLITMV,
  kMbModes
};

/// Intra mode of one 4x4 luma subblock of a B_PRED macroblock (§11.2).
enum SubblockMode : std::uint8_t {
  B_DC_PRED,
  B_TM_PRED,
  B_VE_PRED,
  B_HE_PRED,
  B_LD_PRED,
  B_RD_PRED,
  B_VR_PRED,
  B_VL_PRED,
  B_HD_PRED,
  B_HU_PRED,
  kSubblockModes
};

/// How a SPLITMV macroblock is cut (§16.3): 16x8 is two halves one above the other.
enum SplitPartition : std::uint8_t {
  kSplit16x8,
  kSplit8x16,
  kSplit8x8,
  kSplit4x4,
  kSplitPartitions
};

/// A motion vector in quarter luma pixels; rows first as everywhere here (§5).
struct MotionVector {
  std::int16_t row = 0;
  std::int16_t col = 0;

  VP8_HD constexpr bool operator==(const MotionVector& o) const {
    return row == o.row && col == o.col;
  }
  VP8_HD constexpr bool operator!=(const MotionVector& o) const { return !(*this == o); }
  VP8_HD constexpr bool is_zero() const { return row == 0 && col == 0; }
};

/// Pixels outside the picture for intra prediction (§12.2, §12.3).
inline constexpr std::uint8_t kAboveBorder = 127;
inline constexpr std::uint8_t kLeftBorder = 129;

inline constexpr int kMaxQIndex = 127;
inline constexpr int kMaxFilterLevel = 63;
inline constexpr int kSegments = 4;
inline constexpr int kMaxDimension = 16383;  // 14 bits in the key frame header (§9.1)

/// Untrusted bytes that are not a VP8 frame or state.
class BitstreamError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A request that is well formed but that this codec cannot fulfil.
class Unsupported : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace vp8
