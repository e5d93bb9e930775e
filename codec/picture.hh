// Pictures: three planes of 8-bit 4:2:0 samples with a border, and frozen references to them (RFC
// 6386 §2, §5).
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "codec/types.hh"

namespace vp8 {

/// A window on rows of samples that somebody else owns. `stride` is in samples.
template <class T>
struct View2D {
  T* data = nullptr;
  int width = 0;
  int height = 0;
  std::ptrdiff_t stride = 0;

  VP8_HD T* row(int y) const { return data + y * stride; }
  VP8_HD T& at(int y, int x) const { return data[y * stride + x]; }
  // A template, for nvcc warns of a plain one that it would convert const samples to themselves.
  template <class U>
  requires std::same_as<U, const T> VP8_HD operator View2D<U>() const {
    return {data, width, height, stride};
  }
};

using PlaneView = View2D<std::uint8_t>;
using ConstPlaneView = View2D<const std::uint8_t>;

enum Plane : std::uint8_t { kPlaneY, kPlaneU, kPlaneV, kPlanes };

VP8_HD constexpr Plane next_plane(Plane plane) {
  return static_cast<Plane>(plane + 1);
}

/// Allocates on cache lines and leaves trivial elements uninitialised.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};

  AlignedAllocator() = default;
  template <class U>
  explicit AlignedAllocator(const AlignedAllocator<U>&) {}

  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), kAlignment)); }
  void deallocate(T* p, std::size_t) { ::operator delete(p, kAlignment); }
  template <class U>
  void construct(U* p) {
    ::new (static_cast<void*>(p)) U;
  }
  template <class U, class... Args>
  void construct(U* p, Args&&... args) {
    ::new (static_cast<void*>(p)) U(std::forward<Args>(args)...);
  }
  bool operator==(const AlignedAllocator&) const { return true; }
};

template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

/// A picture of `width` x `height` luma samples. Storage covers whole macroblocks (coded size) and
/// a border of kBorder luma (kBorder / 2 chroma) samples on every side, which extend_borders()
/// fills:
///
///   B B B B B      B  border: copies of the nearest coded sample
///   B P P A B      P  samples inside width x height
///   B P P A B      A  alignment to 16: decoded like P, never shown
///   B B B B B
///
/// Fresh storage is uninitialised. Copying copies all samples.
class Picture {
 public:
  static constexpr int kBorder = 48;

  /// An empty picture without storage.
  Picture() = default;
  /// Throws Unsupported unless 1 <= width, height <= kMaxDimension.
  Picture(int width, int height);

  int width() const { return width_; }
  int height() const { return height_; }
  int mb_cols() const { return (width_ + 15) / 16; }
  int mb_rows() const { return (height_ + 15) / 16; }
  bool empty() const { return samples_.empty(); }
  /// All storage, borders included: size_bytes() bytes, laid out alike for equal sizes.
  std::size_t size_bytes() const { return samples_.size(); }
  std::uint8_t* storage() { return samples_.data(); }
  const std::uint8_t* storage() const { return samples_.data(); }

  /// The coded samples of a plane (whole macroblocks); the border lies around the view.
  PlaneView coded(Plane plane);
  ConstPlaneView coded(Plane plane) const;
  /// The samples that are shown: width x height, chroma rounded up.
  PlaneView shown(Plane plane);
  ConstPlaneView shown(Plane plane) const;

  /// Repeats the last shown column and row into the alignment area: for source pictures only.
  void pad_to_macroblocks();
  /// Fills the border from the coded samples (§5: motion vectors may point outside).
  void extend_borders();

  /// Equal sizes and equal coded samples; borders do not count.
  bool operator==(const Picture& other) const;

 private:
  int width_ = 0;
  int height_ = 0;
  AlignedVector<std::uint8_t> samples_;
};

/// A frozen picture that many states share. Equality compares samples, not addresses.
class PictureRef {
 public:
  PictureRef() = default;
  explicit PictureRef(Picture&& picture)
      : picture_(std::make_shared<const Picture>(std::move(picture))) {}

  const Picture& operator*() const { return *picture_; }
  const Picture* operator->() const { return picture_.get(); }
  explicit operator bool() const { return picture_ != nullptr; }
  /// True if both share one picture in memory.
  bool same_object(const PictureRef& other) const { return picture_ == other.picture_; }

  bool operator==(const PictureRef& other) const {
    return picture_ == other.picture_ ||
           (picture_ && other.picture_ && *picture_ == *other.picture_);
  }

 private:
  std::shared_ptr<const Picture> picture_;
};

}  // namespace vp8
