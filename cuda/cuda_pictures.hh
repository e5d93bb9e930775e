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

/// Streams with pinned memory for what goes up and down: what a thread needs that drives the GPU.
/// Used by one thread at a time, kept for the next.
class Lane {
 public:
  explicit Lane(int number) : number_(number) {}

  /// Tells this lane's work from the others' in a trace.
  int number() const { return number_; }
  const Stream& compute() const { return compute_; }
  const Stream& copy() const { return copy_; }

  /// Pinned memory of at least `bytes`; the work that used it is done.
  std::byte* inputs(std::size_t bytes) { return grown(inputs_, bytes); }
  std::byte* outputs(std::size_t bytes) { return grown(outputs_, bytes); }

  /// Queues an upload on copy(); `from` may change or go on return.
  void upload(std::byte* to, const void* from, std::size_t bytes);

 private:
  struct Slot {
    PinnedMemory memory;
    Event passed;
  };
  static constexpr std::size_t kSlots = 8;

  static std::byte* grown(PinnedMemory& memory, std::size_t bytes) {
    if (memory.bytes() < bytes) {
      memory = {};
      memory = allocate_pinned(bytes);
    }
    return memory.data();
  }

  // Streams are declared last: they end before what their work uses.
  int number_;
  PinnedMemory inputs_;
  PinnedMemory outputs_;
  std::array<Slot, kSlots> slots_;
  std::size_t next_slot_ = 0;
  Stream compute_;
  Stream copy_;
};

/// As the last member of what owns memory that a lane's work uses: nothing that is queued may
/// outlive it, whatever is thrown.
struct WaitAtEnd {
  const Lane& lane;

  ~WaitAtEnd() {
    static_cast<void>(cudaStreamSynchronize(lane.copy().get()));
    static_cast<void>(cudaStreamSynchronize(lane.compute().get()));
  }
};

}  // namespace gpu::cuda
