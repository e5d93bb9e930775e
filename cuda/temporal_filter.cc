// The temporal filter, compiled for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cuda/temporal_filter.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <algorithm>
#include <cstdlib>

#include <hwy/highway.h>
#include <tbb/parallel_for.h>

#include "codec/inter-inl.h"
#include "codec/inter.hh"
#include "codec/vector_ops-inl.h"
#include "cuda/lookahead.hh"
#include "cuda/motion_search-inl.h"
#include "cuda/temporal_filter.hh"

HWY_BEFORE_NAMESPACE();
namespace gpu {
namespace HWY_NAMESPACE {

namespace vt = vp8::HWY_NAMESPACE;

// What the target itself counts in the mix, and a prediction that equals it.
constexpr int kFullWeight = 16;
// Rate of vectors in the search: the motion of things is wanted, not what is cheap.
constexpr int kLambda = 64 * 51;

// Weighted sums of one block of samples.
template <int kSize>
class Mix {
 public:
  // `target` is a block of a plane.
  Mix(const std::uint8_t* target, std::ptrdiff_t stride) : target_(target), stride_(stride) {
    for (int y = 0; y < kSize; ++y) {
      for (int x = 0; x < kSize; ++x) {
        sums_[y * kSize + x] = static_cast<std::uint16_t>(target[y * stride + x] * kFullWeight);
        weights_[y * kSize + x] = kFullWeight;
      }
    }
  }

  // Adds kSize x kSize samples of a prediction; the more a sample differs, the less it counts, by
  // `falloff` / 256 a squared difference.
  void add(const std::uint8_t* prediction, int weight, int falloff) {
    for (int y = 0; y < kSize; ++y) {
      for (int x = 0; x < kSize; ++x) {
        const int i = y * kSize + x;
        const int p = prediction[i];
        const int d = std::min(std::abs(target_[y * stride_ + x] - p), 127);
        const int w = std::max(0, weight - (d * d * falloff >> 8));
        sums_[i] = static_cast<std::uint16_t>(sums_[i] + w * p);
        weights_[i] = static_cast<std::uint16_t>(weights_[i] + w);
      }
    }
  }

  void write(std::uint8_t* out, std::ptrdiff_t stride) const {
    for (int y = 0; y < kSize; ++y) {
      for (int x = 0; x < kSize; ++x) {
        const int i = y * kSize + x;
        out[y * stride + x] = static_cast<std::uint8_t>((sums_[i] + weights_[i] / 2) / weights_[i]);
      }
    }
  }

 private:
  const std::uint8_t* target_;
  std::ptrdiff_t stride_;
  alignas(64) std::uint16_t sums_[kSize * kSize];
  alignas(64) std::uint16_t weights_[kSize * kSize];
};

vp8::MbModes ModesOf(vp8::MotionVector mv) {
  vp8::MbModes modes;
  modes.ref_frame = vp8::LAST_FRAME;
  modes.y_mode = vp8::NEWMV;
  modes.mv = mv;
  modes.mvs.fill(mv);
  return modes;
}

void FilterMacroblock(const vp8::Picture& target,
                      std::span<const FilterNeighbour> neighbours,
                      int tolerance,
                      int mb_row,
                      int mb_col,
                      vp8::Picture& out) {
  const vt::VectorOps ops;
  const auto index = static_cast<std::size_t>(mb_row * target.mb_cols() + mb_col);
  const vp8::ConstPlaneView y = target.coded(vp8::kPlaneY);
  const vp8::ConstPlaneView u = target.coded(vp8::kPlaneU);
  const vp8::ConstPlaneView v = target.coded(vp8::kPlaneV);
  const std::uint8_t* luma = &y.at(mb_row * 16, mb_col * 16);
  Mix<16> y_mix(luma, y.stride);
  Mix<8> u_mix(&u.at(mb_row * 8, mb_col * 8), u.stride);
  Mix<8> v_mix(&v.at(mb_row * 8, mb_col * 8), v.stride);
  const int falloff = std::max(1, kFullWeight * 256 / (4 * tolerance * tolerance));
  alignas(64) std::uint8_t prediction[256];
  vp8::PredictScratch scratch;
  for (const FilterNeighbour& neighbour : neighbours) {
    const vp8::Picture& from = *neighbour.picture;
    const vp8::MotionVector hint =
        neighbour.hints.empty() ? vp8::MotionVector{} : neighbour.hints[index];
    const SearchTask task{luma,
                          y.stride,
                          {from.coded(vp8::kPlaneY), vp8::Picture::kBorder},
                          mb_row * 16,
                          mb_col * 16,
                          hint,
                          lookahead_mv_costs(),
                          kLambda,
                          false,
                          kNeverWide};
    const BlockSearch<vt::VectorOps, 16> search(ops, task, prediction, scratch);
    const Found found = search.subpixel(search.integer(&hint, 1).mv);
    search.distortion(found.mv);  // leaves the prediction
    const auto mse = static_cast<int>(ops.template sse<16>(luma, y.stride, prediction, 16) / 256);
    if (mse >= 8 * tolerance * tolerance)
      continue;  // something else
    const int weight = mse < 2 * tolerance * tolerance ? kFullWeight : kFullWeight / 2;
    y_mix.add(prediction, weight, falloff);
    const vp8::MbModes modes = ModesOf(found.mv);
    for (const vp8::Plane plane : {vp8::kPlaneU, vp8::kPlaneV}) {
      vt::predict_inter_chroma(ops, {from.coded(plane), vp8::Picture::kBorder / 2}, modes, mb_row,
                               mb_col, vp8::Interpolation{}, prediction, 8, scratch);
      (plane == vp8::kPlaneU ? u_mix : v_mix).add(prediction, weight, falloff);
    }
  }
  const auto write = [&](vp8::Plane plane, int size, const auto& mix) {
    const vp8::PlaneView to = out.coded(plane);
    mix.write(to.row(mb_row * size) + mb_col * size, to.stride);
  };
  write(vp8::kPlaneY, 16, y_mix);
  write(vp8::kPlaneU, 8, u_mix);
  write(vp8::kPlaneV, 8, v_mix);
}

}  // namespace HWY_NAMESPACE
}  // namespace gpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gpu {

HWY_EXPORT(FilterMacroblock);

vp8::Picture filter_over_time(const vp8::Picture& target,
                              std::span<const FilterNeighbour> neighbours,
                              int step) {
  const int tolerance = std::max(2, step / 8);
  vp8::Picture out(target.width(), target.height());
  tbb::parallel_for(0, target.mb_rows(), [&](int mb_row) {
    for (int mb_col = 0; mb_col < target.mb_cols(); ++mb_col)
      HWY_DYNAMIC_DISPATCH(FilterMacroblock)(target, neighbours, tolerance, mb_row, mb_col, out);
  });
  out.extend_borders();
  return out;
}

}  // namespace gpu
#endif  // HWY_ONCE
