// What coding a picture's macroblocks reads and writes: plain structs that kernels share with the
// CPU.
#pragma once

#include <array>
#include <cstdint>

#include "codec/inter.hh"
#include "codec/picture.hh"
#include "codec/rd.hh"
#include "codec/tokens.hh"
#include "codec/trellis.hh"

namespace vp8 {

/// One picture being coded: views of its samples and what its residue is quantised with.
struct PictureCoding {
  std::array<ReferencePlanes, kRefFrames> references{};  // by RefFrame; of absent ones empty
  std::array<ConstPlaneView, kPlanes> source{};
  std::array<PlaneView, kPlanes> recon{};  // intra borders are set
  std::array<MbQuantiser, kSegments> quantisers{};
  Interpolation how{};
  const TokenCosts* costs = nullptr;
  bool trellis = true;  // levels by their costs; else the nearest ones
};

/// The quantisers of a frame, by segment.
inline std::array<MbQuantiser, kSegments> segment_quantisers(const State& before,
                                                             const FrameHeader& header) {
  const SegmentSettings segments = segment_settings(before, header);
  std::array<MbQuantiser, kSegments> quantisers;
  for (int s = 0; s < kSegments; ++s) {
    quantisers[static_cast<std::size_t>(s)] =
        make_mb_quantiser(quant_steps(segments.q_index(header, s), header.quant));
  }
  return quantisers;
}

/// For coding `source` with this header on the state before it into `recon`, whose size is the
/// source's.
inline PictureCoding picture_coding(const State& before,
                                    const FrameHeader& header,
                                    const Picture& source,
                                    Picture& recon,
                                    const TokenCosts& costs) {
  PictureCoding coding;
  coding.references = planes_of(before.references);
  for (const Plane plane : {kPlaneY, kPlaneU, kPlaneV}) {
    coding.source[plane] = source.coded(plane);
    coding.recon[plane] = recon.coded(plane);
  }
  coding.quantisers = segment_quantisers(before, header);
  coding.how = Interpolation::of_version(header.version);
  coding.costs = &costs;
  return coding;
}

/// Coefficients of a macroblock in its 25 blocks, before and after quantisation. Raster order
/// inside a block.
struct MbResidueWork {
  alignas(64) std::int16_t coefs[kBlocksPerMb][16];
  alignas(64) std::int16_t levels[kBlocksPerMb][16];
  alignas(64) std::int16_t dequantised[kBlocksPerMb][16];
  alignas(32) std::int16_t dcs[16];  // of luma, on their way to and from Y2
  std::uint8_t ends[kBlocksPerMb];   // one past the last coded position in zigzag order
};

/// Trellises that may run side by side: the blocks of a macroblock that wait for no other.
inline constexpr int kTrellises = 9;

/// Memory that the lanes of a team share while they code a macroblock.
struct CodingWork {
  MbResidueWork residue;
  PredictScratch prediction;
  TrellisPaths trellis[kTrellises];
};

/// Where the tokens of block `b` stand, from the ends of the blocks before it in its macroblock and
/// the contexts around (§13.3).
VP8_HD constexpr BlockPlace place_of(int b,
                                     bool with_y2,
                                     const TokenContext& above,
                                     const TokenContext& left,
                                     const std::uint8_t* ends) {
  if (b == kBlockY2Index)
    return {kBlockY2, 0, static_cast<std::size_t>(above.y2 + left.y2)};
  const auto coded = [&](int block) { return ends[block] != 0 ? 1 : 0; };
  if (b < kBlockU) {
    const int over = b >= 4 ? coded(b - 4) : above.y[static_cast<std::size_t>(b)];
    const int beside = b % 4 != 0 ? coded(b - 1) : left.y[static_cast<std::size_t>(b / 4)];
    return {with_y2 ? kBlockYAfterY2 : kBlockYWithDc, with_y2 ? 1 : 0,
            static_cast<std::size_t>(over + beside)};
  }
  const auto& above_plane = b < kBlockV ? above.u : above.v;
  const auto& left_plane = b < kBlockV ? left.u : left.v;
  const int i = b % 4;
  const int over = i >= 2 ? coded(b - 2) : above_plane[static_cast<std::size_t>(i)];
  const int beside = i % 2 != 0 ? coded(b - 1) : left_plane[static_cast<std::size_t>(i / 2)];
  return {kBlockChroma, 0, static_cast<std::size_t>(over + beside)};
}

/// The contexts behind a macroblock that has coefficients; Y2's stay without a Y2 block (§13.3).
VP8_HD constexpr void contexts_after(const std::uint8_t* ends,
                                     bool with_y2,
                                     TokenContext& above,
                                     TokenContext& left) {
  const auto coded = [&](std::size_t b) { return static_cast<std::uint8_t>(ends[b] != 0 ? 1 : 0); };
  for (std::size_t i = 0; i < 4; ++i) {
    above.y[i] = coded(12 + i);
    left.y[i] = coded(4 * i + 3);
  }
  for (std::size_t i = 0; i < 2; ++i) {
    above.u[i] = coded(kBlockU + 2 + i);
    left.u[i] = coded(kBlockU + 2 * i + 1);
    above.v[i] = coded(kBlockV + 2 + i);
    left.v[i] = coded(kBlockV + 2 * i + 1);
  }
  if (with_y2)
    above.y2 = left.y2 = coded(kBlockY2Index);
}

}  // namespace vp8
