// The block primitives that kernels call, for any team of lanes: what codec/vector_ops-inl.h does
// with vector instructions, with the same results.
//
// All lanes call a primitive with the same arguments and get the same result. What it reads must
// have been made visible to the team before; what it writes is visible to the team on return.
// Strides are multiples of 4; samples are aligned to 4 bytes, but for the `b` of metrics and for
// reference planes, of which any position will do; blocks of 16 coefficients in raster order are
// aligned to 8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "codec/inter.hh"
#include "codec/intra.hh"
#include "codec/loop_filter.hh"
#include "codec/quantise.hh"
#include "codec/types.hh"
#include "cuda/lane_filter.hh"
#include "cuda/lane_metrics.hh"
#include "cuda/lane_predict.hh"
#include "cuda/lane_residue.hh"

namespace gpu {

/// A team with the block primitives as members. `Team` is as codec/team.hh says.
template <class Team>
struct LaneOps : Team {
  using Team::Team;
  explicit VP8_HD LaneOps(const Team& team) : Team(team) {}

  // --- how far apart blocks are: source a, reference or prediction b; N is 16 or 8 ---

  template <int N>
  VP8_HD std::uint32_t sad(const std::uint8_t* a,
                           std::ptrdiff_t as,
                           const std::uint8_t* b,
                           std::ptrdiff_t bs) const {
    return lane::sad<N>(team(), a, as, b, bs);
  }
  /// vp8::scalar::satd.
  template <int N>
  VP8_HD std::uint32_t satd(const std::uint8_t* a,
                            std::ptrdiff_t as,
                            const std::uint8_t* b,
                            std::ptrdiff_t bs) const {
    return lane::satd<N>(team(), a, as, b, bs);
  }
  template <int N>
  VP8_HD std::uint32_t sse(const std::uint8_t* a,
                           std::ptrdiff_t as,
                           const std::uint8_t* b,
                           std::ptrdiff_t bs) const {
    return lane::sse<N>(team(), a, as, b, bs);
  }

  // --- prediction ---

  /// Predicts a W x H block (16x16, 8x8 or 4x4) from the position (y, x) in eighths of a sample
  /// relative to the plane's origin. Positions outside the border read the nearest coded sample, as
  /// if the border had no end (§5).
  template <int W, int H>
  VP8_HD void predict(const vp8::ReferencePlane& ref,
                      int y_eighths,
                      int x_eighths,
                      bool bilinear,
                      std::uint8_t* out,
                      std::ptrdiff_t out_stride,
                      vp8::PredictScratch& scratch) const {
    lane::predict<W, H>(team(), ref, y_eighths, x_eighths, bilinear, out, out_stride, scratch);
  }

  /// vp8::predict_intra of N x N samples, N of 16 or 8; `out` may be `at`.
  template <int N>
  VP8_HD void predict_intra(vp8::MbMode mode,
                            const std::uint8_t* at,
                            std::ptrdiff_t stride,
                            vp8::Available available,
                            std::uint8_t* out,
                            std::ptrdiff_t out_stride) const {
    lane::predict_intra<N>(team(), mode, at, stride, available, out, out_stride);
  }

  /// SATD of the source against each of the ten predictions of the subblock at `at`, into memory
  /// that the team shares.
  VP8_HD void subblock_satds(const std::uint8_t* at,
                             std::ptrdiff_t stride,
                             const std::uint8_t* above_right,
                             const std::uint8_t* src,
                             std::ptrdiff_t src_stride,
                             std::uint32_t satd[vp8::kSubblockModes]) const {
    lane::subblock_satds(team(), at, stride, above_right, src, src_stride, satd);
  }

  /// Predicts a subblock in place; `above_right` has the four samples after the row above it.
  VP8_HD void predict_subblock(vp8::SubblockMode mode,
                               std::uint8_t* at,
                               std::ptrdiff_t stride,
                               const std::uint8_t* above_right) const {
    lane::predict_subblock(team(), mode, at, stride, above_right);
  }

  // --- residue ---

  /// The DCT of source - prediction over N x N samples, N of 16, 8 or 4; blocks in raster order.
  template <int N>
  VP8_HD void residual_dct(const std::uint8_t* src,
                           std::ptrdiff_t ss,
                           const std::uint8_t* prediction,
                           std::ptrdiff_t ps,
                           std::int16_t (*coefs)[16]) const {
    lane::residual_dct<N>(team(), src, ss, prediction, ps, coefs);
  }
  /// Of |in| <= 2047.
  VP8_HD void forward_wht(const std::int16_t* in, std::int16_t* out) const {
    lane::forward_wht(team(), in, out);
  }
  VP8_HD void inverse_wht(const std::int16_t* in, std::int16_t* out) const {
    lane::inverse_wht(team(), in, out);
  }
  /// Quantises `count` blocks; ends[b] is one past the last nonzero level in zigzag order.
  VP8_HD void quantise(const std::int16_t (*coefs)[16],
                       int count,
                       const vp8::BlockQuantiser& q,
                       std::int16_t (*levels)[16],
                       std::int16_t (*dequantised)[16],
                       std::uint8_t* ends) const {
    lane::quantise(team(), coefs, count, q, levels, dequantised, ends);
  }
  /// Squared distance of coefficients, of all `count` blocks together; each may differ by 32767.
  VP8_HD std::uint64_t residual_energy(const std::int16_t (*coefs)[16],
                                       const std::int16_t (*dequantised)[16],
                                       int count) const {
    return lane::residual_energy(team(), coefs, dequantised, count);
  }
  /// True if all of `count` blocks quantise to zero.
  VP8_HD bool quantises_to_nothing(const std::int16_t (*coefs)[16],
                                   int count,
                                   const vp8::BlockQuantiser& q) const {
    return lane::quantises_to_nothing(team(), coefs, count, q);
  }
  /// Adds the residue of columns x rows blocks, 1, 2 or 4 columns, in raster order, to the samples
  /// at `at`; of a block whose end is 0 only the DC counts.
  VP8_HD void add_residue(const std::int16_t (*dequantised)[16],
                          const std::uint8_t* ends,
                          int columns,
                          int rows,
                          std::uint8_t* at,
                          std::ptrdiff_t stride) const {
    lane::add_residue(team(), dequantised, ends, columns, rows, at, stride);
  }

  // --- copies ---

  /// Copies `count` values, each in one access.
  template <class T>
  VP8_HD void copy(const T* from, T* to, int count) const {
    this->each(count, [&](int i) { to[i] = from[i]; });
  }

  /// to = from, `to` in memory that the team shares. All lanes copy structs without padding.
  template <class T>
  VP8_HD void assign(T& to, const T& from) const {
    if constexpr (std::has_unique_object_representations_v<T>) {
      using Two = std::conditional_t<alignof(T) % 2 == 0, std::uint16_t, std::uint8_t>;
      using Part = std::conditional_t<alignof(T) % 4 == 0, std::uint32_t, Two>;
      constexpr int kPart = sizeof(Part);
      auto* out = reinterpret_cast<std::uint8_t*>(&to);
      const auto* in = reinterpret_cast<const std::uint8_t*>(&from);
      this->each(static_cast<int>(sizeof(T)) / kPart,
                 [&](int i) { words::store(out + i * kPart, words::load<Part>(in + i * kPart)); });
    } else {
      this->once([&] { to = from; });
    }
  }

  // --- loop filter: edges of one macroblock (§15); subblock edges are the inner ones ---

  VP8_HD void filter_mb_left_edge_luma(std::uint8_t* y,
                                       std::ptrdiff_t stride,
                                       const vp8::EdgeLimits& limits) const {
    lane::filter_left<1>(team(), y, stride, lane::MacroblockFilter{limits});
  }
  VP8_HD void filter_subblock_left_edges_luma(std::uint8_t* y,
                                              std::ptrdiff_t stride,
                                              const vp8::EdgeLimits& limits) const {
    lane::filter_left<3>(team(), y + 4, stride, lane::SubblockFilter{limits});
  }
  VP8_HD void filter_mb_top_edge_luma(std::uint8_t* y,
                                      std::ptrdiff_t stride,
                                      const vp8::EdgeLimits& limits) const {
    lane::filter_top<1>(team(), y, stride, lane::MacroblockFilter{limits});
  }
  VP8_HD void filter_subblock_top_edges_luma(std::uint8_t* y,
                                             std::ptrdiff_t stride,
                                             const vp8::EdgeLimits& limits) const {
    lane::filter_top<3>(team(), y + 4 * stride, stride, lane::SubblockFilter{limits});
  }
  VP8_HD void filter_mb_left_edge_chroma(std::uint8_t* u,
                                         std::uint8_t* v,
                                         std::ptrdiff_t stride,
                                         const vp8::EdgeLimits& limits) const {
    lane::filter_left_chroma(team(), u, v, stride, lane::MacroblockFilter{limits});
  }
  VP8_HD void filter_subblock_left_edges_chroma(std::uint8_t* u,
                                                std::uint8_t* v,
                                                std::ptrdiff_t stride,
                                                const vp8::EdgeLimits& limits) const {
    lane::filter_left_chroma(team(), u + 4, v + 4, stride, lane::SubblockFilter{limits});
  }
  VP8_HD void filter_mb_top_edge_chroma(std::uint8_t* u,
                                        std::uint8_t* v,
                                        std::ptrdiff_t stride,
                                        const vp8::EdgeLimits& limits) const {
    lane::filter_top_chroma(team(), u, v, stride, lane::MacroblockFilter{limits});
  }
  VP8_HD void filter_subblock_top_edges_chroma(std::uint8_t* u,
                                               std::uint8_t* v,
                                               std::ptrdiff_t stride,
                                               const vp8::EdgeLimits& limits) const {
    lane::filter_top_chroma(team(), u + 4 * stride, v + 4 * stride, stride,
                            lane::SubblockFilter{limits});
  }
  VP8_HD void filter_simple_mb_left_edge(std::uint8_t* y,
                                         std::ptrdiff_t stride,
                                         int edge_limit) const {
    lane::filter_left<1>(team(), y, stride, lane::SimpleFilter{edge_limit});
  }
  VP8_HD void filter_simple_subblock_left_edges(std::uint8_t* y,
                                                std::ptrdiff_t stride,
                                                int edge_limit) const {
    lane::filter_left<3>(team(), y + 4, stride, lane::SimpleFilter{edge_limit});
  }
  VP8_HD void filter_simple_mb_top_edge(std::uint8_t* y,
                                        std::ptrdiff_t stride,
                                        int edge_limit) const {
    lane::filter_top<1>(team(), y, stride, lane::SimpleFilter{edge_limit});
  }
  VP8_HD void filter_simple_subblock_top_edges(std::uint8_t* y,
                                               std::ptrdiff_t stride,
                                               int edge_limit) const {
    lane::filter_top<3>(team(), y + 4 * stride, stride, lane::SimpleFilter{edge_limit});
  }

 private:
  VP8_HD const Team& team() const { return *this; }
};

}  // namespace gpu
