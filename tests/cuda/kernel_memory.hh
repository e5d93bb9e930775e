// What the kernels of one picture read and write, each array and each plane in a buffer of its own
// that the checker watches.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <span>
#include <string>

#include "codec/inter.hh"
#include "codec/picture.hh"
#include "cuda/picture_task.hh"
#include "tests/checker/checker.hh"

namespace gpu::test {

/// A plane with `border` samples around it, in exactly that much memory.
class PlaneBuffer {
 public:
  /// Of samples that nobody has written.
  PlaneBuffer(const std::string& name, int width, int height, int border);
  /// A copy, its border included: `from` has one of that size.
  PlaneBuffer(const std::string& name, const vp8::ConstPlaneView& from, int border);

  [[nodiscard]] vp8::PlaneView view();
  [[nodiscard]] int border() const { return border_; }
  void poison() { samples_.poison(); }
  [[nodiscard]] std::size_t unwritten_samples() const { return samples_.unwritten_bytes(); }

 private:
  int width_;
  int height_;
  int border_;
  checker::Buffer<std::uint8_t> samples_;
};

/// The border of a picture's plane.
constexpr int border_of(vp8::Plane plane) {
  return plane == vp8::kPlaneY ? vp8::Picture::kBorder : vp8::Picture::kBorder / 2;
}

inline constexpr std::array kAllPlanes = {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV};

/// Copies of pictures with their borders; the same picture is copied once.
class ReferenceBuffers {
 public:
  explicit ReferenceBuffers(const vp8::References& references);

  /// By RefFrame, those of absent references empty.
  [[nodiscard]] const std::array<vp8::ReferencePlanes, vp8::kRefFrames>& planes() const {
    return planes_;
  }

 private:
  std::list<PlaneBuffer> buffers_;
  std::array<vp8::ReferencePlanes, vp8::kRefFrames> planes_{};
};

/// Everything that a PictureTask points to.
class TaskBuffers {
 public:
  /// For the picture that `task`, which has all pointers, is about.
  TaskBuffers(const PictureTask& task, const vp8::References& references);

  /// The task, pointing into the buffers.
  [[nodiscard]] PictureTask task();
  /// As before the first kernel: counts and contexts zero, nothing else written.
  void reset();
  void set_modes(std::size_t macroblock, const vp8::MbModes& modes);
  void set_filter(const vp8::FrameFilter& filter) { filter_.set(0, filter); }
  [[nodiscard]] PlaneBuffer& recon(vp8::Plane plane);
  [[nodiscard]] PlaneBuffer& filtered_luma() { return filtered_luma_; }

 private:
  PictureTask task_;
  std::list<PlaneBuffer> source_;
  std::list<PlaneBuffer> recon_;
  PlaneBuffer filtered_luma_;
  ReferenceBuffers references_;
  checker::Buffer<vp8::TokenCosts> costs_;
  checker::Buffer<FixedRates> fixed_rates_;
  checker::Buffer<ModeRates> rates_;
  checker::Buffer<vp8::MotionVector> hints_;
  checker::Buffer<std::uint8_t> segments_;
  checker::Buffer<vp8::FrameFilter> filter_;

  checker::Buffer<vp8::MbMode> y_mode_;
  checker::Buffer<vp8::MbMode> uv_mode_;
  checker::Buffer<vp8::RefFrame> ref_frame_;
  checker::Buffer<vp8::SplitPartition> partition_;
  checker::Buffer<bool> skip_;
  checker::Buffer<vp8::MotionVector> mv_;
  checker::Buffer<std::array<vp8::MotionVector, 16>> mvs_;
  checker::Buffer<std::array<vp8::SubblockMode, 16>> subblock_modes_;
  checker::Buffer<vp8::RdCost> best_cost_;
  checker::Buffer<SearchCost> inter_satd_;
  checker::Buffer<vp8::TokenContext> above_;
  checker::Buffer<vp8::TokenContext> left_;
  checker::Buffer<vp8::TokenCounts> counts_;
};

}  // namespace gpu::test
