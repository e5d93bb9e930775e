// Pictures in device memory.
#pragma once

#include <array>
#include <cstddef>

#include "codec/inter.hh"
#include "codec/picture.hh"
#include "cuda/cuda_memory.hh"

namespace gpu::cuda {

/// How vp8::Picture lays out pictures of one size: device copies are images of its storage.
class PictureShape {
 public:
  PictureShape(int width, int height) : width_(width), height_(height) {
    vp8::Picture sample(width, height);
    bytes_ = sample.size_bytes();
    for (const vp8::Plane p : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
      const vp8::PlaneView view = sample.coded(p);
      planes_[p] = {view.width, view.height, view.stride, view.data - sample.storage()};
    }
    mb_rows_ = sample.mb_rows();
    mb_cols_ = sample.mb_cols();
  }

  int width() const { return width_; }
  int height() const { return height_; }
  int mb_rows() const { return mb_rows_; }
  int mb_cols() const { return mb_cols_; }
  std::size_t bytes() const { return bytes_; }
  /// Bytes from the beginning of a copy that hold the luma plane with its border.
  std::size_t luma_bytes() const {
    constexpr int kLeft = 64;  // more than chroma's border
    return static_cast<std::size_t>(planes_[vp8::kPlaneU].offset -
                                    planes_[vp8::kPlaneU].stride * (vp8::Picture::kBorder / 2) -
                                    kLeft);
  }

  vp8::PlaneView plane(std::byte* copy, vp8::Plane p) const {
    const Plane& l = planes_[p];
    return {reinterpret_cast<std::uint8_t*>(copy) + l.offset, l.width, l.height, l.stride};
  }
  vp8::ReferencePlanes reference(std::byte* copy) const {
    return {vp8::ReferencePlane{plane(copy, vp8::kPlaneY), vp8::Picture::kBorder},
            vp8::ReferencePlane{plane(copy, vp8::kPlaneU), vp8::Picture::kBorder / 2},
            vp8::ReferencePlane{plane(copy, vp8::kPlaneV), vp8::Picture::kBorder / 2}};
  }
  /// Brings the planes of a copy back, with their borders. Waits for them.
  void download(std::byte* copy, vp8::Picture& to, const Stream& stream) const {
    const vp8::ReferencePlanes from = reference(copy);
    for (const vp8::Plane p : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
      const vp8::PlaneView plane = to.coded(p);
      const int border = from[p].border;
      const std::ptrdiff_t corner = border * plane.stride + border;
      const auto pitch = static_cast<std::size_t>(plane.stride);
      check(cudaMemcpy2DAsync(plane.data - corner, pitch, from[p].plane.data - corner, pitch,
                              static_cast<std::size_t>(plane.width + 2 * border),
                              static_cast<std::size_t>(plane.height + 2 * border),
                              cudaMemcpyDeviceToHost, stream.get()),
            "a download");
    }
    stream.wait();
  }

 private:
  struct Plane {
    int width;
    int height;
    std::ptrdiff_t stride;
    std::ptrdiff_t offset;
  };

  int width_;
  int height_;
  int mb_rows_ = 0;
  int mb_cols_ = 0;
  std::size_t bytes_ = 0;
  std::array<Plane, vp8::kPlanes> planes_{};
};

}  // namespace gpu::cuda
