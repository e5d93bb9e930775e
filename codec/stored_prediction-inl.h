// How stored pictures become residuals and back, for picture_io.cc alone.
//
// Blocks of 16x16 samples, smaller at the right and bottom of chroma planes, are predicted either
// from their neighbours by the median of left, above and left + above - above left (JPEG-LS), all 0
// outside the plane, or from the same samples of the first picture. Samples and residuals wrap.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <hwy/highway.h>

#include "codec/picture.hh"
#include "codec/types.hh"

namespace vp8::stored_prediction {

namespace hn = hwy::HWY_NAMESPACE;

constexpr int kBlock = 16;
constexpr int kBlockSize = kBlock * kBlock;
// Residuals are sorted by their block's sum of magnitudes, so that zstd's literals have like
// statistics: class c holds sums of c bits; class 0 needs no residuals.
constexpr std::size_t kClasses = 17;

using Tag = hn::FixedTag<std::uint8_t, kBlock>;
using Vec = hn::Vec<Tag>;
constexpr Tag kTag;

/// How a block is coded, as one byte of a picture's map.
struct BlockCode {
  std::size_t size_class = 0;
  bool temporal = false;

  std::uint8_t byte() const {
    return static_cast<std::uint8_t>(size_class * 2 + (temporal ? 1 : 0));
  }
  static BlockCode of(std::uint8_t byte) { return {byte / std::size_t{2}, byte % 2 != 0}; }
};

constexpr int round_to_blocks(int samples) {
  return (samples + kBlock - 1) / kBlock * kBlock;
}

constexpr std::size_t index_of(std::ptrdiff_t value) {
  return static_cast<std::size_t>(value);
}

inline Vec median_prediction(Vec left, Vec above, Vec above_left) {
  const Vec low = hn::Min(left, above);
  const Vec high = hn::Max(left, above);
  return hn::Sub(hn::Add(low, high), hn::Max(low, hn::Min(high, above_left)));
}

// Rows of one band of blocks and the row above them, with zeros to the left, and room for whole
// vectors on both sides:
//
//   0 0 T T T T 0 0   T  row -1: the last row of the band before
//   0 0 S S S S 0 0   S  rows 0 to 15
class Band {
 public:
  explicit Band(int width)
      : width_(width),
        stride_(round_to_blocks(width) + 3 * kBlock),
        samples_(index_of(stride_ * (kBlock + 1)), std::uint8_t{0}) {}

  std::uint8_t* row(int y) { return samples_.data() + (y + 1) * stride_ + kBlock; }
  int width() const { return width_; }
  void start_next() { std::copy_n(row(kBlock - 1), width_, row(-1)); }

 private:
  int width_;
  std::ptrdiff_t stride_;
  AlignedVector<std::uint8_t> samples_;
};

// The residuals of one block by one prediction, in raster order, and the sum of their magnitudes.
struct BlockResidual {
  alignas(kBlock) std::array<std::uint8_t, kBlockSize + kBlock> samples;
  std::size_t sum = 0;
};

// Where a block lies in its plane, and what of it is inside.
struct BlockArea {
  int y;
  int x;
  int rows;
  int cols;

  std::size_t size() const { return index_of(rows * cols); }
};

inline BlockArea block_area(ConstPlaneView plane, int y, int x) {
  return {y, x, std::min(kBlock, plane.height - y), std::min(kBlock, plane.width - x)};
}

// `predict(row)` gives the prediction of the block's samples in that row.
template <class Predict>
void find_residual(Band& band, const BlockArea& area, BlockResidual& out, const Predict& predict) {
  const hn::RebindToSigned<Tag> signed_tag;
  const auto inside = hn::FirstN(kTag, index_of(area.cols));
  auto sums = hn::Zero(hn::FixedTag<std::uint64_t, 2>());
  for (int y = 0; y < area.rows; ++y) {
    const Vec wrapped = hn::Sub(hn::LoadU(kTag, band.row(y) + area.x), predict(y));
    const Vec residual = hn::IfThenElseZero(inside, wrapped);
    hn::StoreU(residual, kTag, out.samples.data() + y * area.cols);
    const Vec magnitude = hn::BitCast(kTag, hn::Abs(hn::BitCast(signed_tag, residual)));
    sums = hn::Add(sums, hn::SumsOf8(magnitude));
  }
  out.sum =
      static_cast<std::size_t>(hn::GetLane(hn::SumOfLanes(hn::FixedTag<std::uint64_t, 2>(), sums)));
}

// A picture as residuals: the coding of each block in raster order within Y, U, V, and the
// residuals of each class in the same order.
struct CodedPicture {
  std::vector<std::uint8_t> map;
  std::array<std::vector<std::uint8_t>, kClasses> residuals;
};

inline void code_block(Band& band,
                       const BlockArea& area,
                       const ConstPlaneView* reference,
                       CodedPicture& out) {
  std::array<BlockResidual, 2> residuals;
  find_residual(band, area, residuals[0], [&](int y) {
    const std::uint8_t* above = band.row(y - 1) + area.x;
    return median_prediction(hn::LoadU(kTag, band.row(y) + area.x - 1), hn::LoadU(kTag, above),
                             hn::LoadU(kTag, above - 1));
  });
  bool temporal = false;
  if (reference != nullptr) {
    // Reads the border where the plane ends within a block; such samples are left out of the sum.
    find_residual(band, area, residuals[1],
                  [&](int y) { return hn::LoadU(kTag, reference->row(area.y + y) + area.x); });
    temporal = residuals[1].sum < residuals[0].sum;
  }
  const BlockResidual& best = residuals[temporal ? 1 : 0];
  const BlockCode code{static_cast<std::size_t>(std::bit_width(best.sum)), temporal};
  out.map.push_back(code.byte());
  if (code.size_class == 0)
    return;
  std::vector<std::uint8_t>& stream = out.residuals[code.size_class];
  stream.insert(stream.end(), best.samples.data(), best.samples.data() + area.size());
}

inline void code_plane(ConstPlaneView plane, const ConstPlaneView* reference, CodedPicture& out) {
  Band band(plane.width);
  for (int y = 0; y < plane.height; y += kBlock) {
    band.start_next();
    const int rows = std::min(kBlock, plane.height - y);
    for (int i = 0; i < rows; ++i)
      std::copy_n(plane.row(y + i), plane.width, band.row(i));
    for (int x = 0; x < plane.width; x += kBlock) {
      code_block(band, block_area(plane, y, x), reference, out);
    }
  }
}

inline CodedPicture code_picture(const Picture& picture, const Picture* reference) {
  CodedPicture out;
  for (const Plane plane : {kPlaneY, kPlaneU, kPlaneV}) {
    const ConstPlaneView same = reference != nullptr ? reference->coded(plane) : ConstPlaneView{};
    code_plane(picture.coded(plane), reference != nullptr ? &same : nullptr, out);
  }
  return out;
}

using Tile = std::array<Vec, kBlock>;

// Four perfect shuffles of 256 samples.
inline void transpose(Tile& tile) {
  for (int round = 0; round < 4; ++round) {
    Tile shuffled;
    for (std::size_t i = 0; i < kBlock / 2; ++i) {
      shuffled[2 * i] = hn::InterleaveLower(kTag, tile[i], tile[i + kBlock / 2]);
      shuffled[2 * i + 1] = hn::InterleaveUpper(kTag, tile[i], tile[i + kBlock / 2]);
    }
    tile = shuffled;
  }
}

// Undoes the median prediction of a band: its rows hold residuals before and samples after.
//
// Each sample needs its left neighbour, so a vector holds a diagonal: lane k is row k of the band,
// k columns left of row 0. `predicted` holds, from right to left, 255 for the columns to predict
// and 0 for those that are samples already; it begins at column `width + 15` and ends at column
// -16.
inline void undo_median(Band& band, const std::uint8_t* predicted) {
  const int width = round_to_blocks(band.width());
  Vec samples = hn::Zero(kTag);
  Vec above = samples;
  for (int x = 0; x < width + kBlock; x += kBlock) {
    Tile tile;
    for (int k = 0; k < kBlock; ++k)
      tile[index_of(k)] = hn::LoadU(kTag, band.row(k) + x - k);
    transpose(tile);
    for (int i = 0; i < kBlock; ++i) {
      const Vec above_left = above;
      above = hn::CombineShiftRightBytes<kBlock - 1>(
          kTag, samples, hn::LoadU(kTag, band.row(-1) + x + i - (kBlock - 1)));
      const Vec prediction = median_prediction(samples, above, above_left);
      const Vec mask = hn::LoadU(kTag, predicted + width + kBlock - 1 - (x + i));
      samples = hn::Add(tile[index_of(i)], hn::And(mask, prediction));
      tile[index_of(i)] = samples;
    }
    transpose(tile);
    for (int k = 0; k < kBlock; ++k)
      hn::StoreU(tile[index_of(k)], kTag, band.row(k) + x - k);
  }
}

// The unread part of what code_picture wrote.
struct PictureReader {
  std::span<const std::uint8_t> map;
  std::array<const std::uint8_t*, kClasses> residuals{};

  BlockCode next_block() {
    const BlockCode code = BlockCode::of(map.front());
    map = map.subspan(1);
    return code;
  }
};

// The first `cols`, 8 or 16, samples at `from`, and zeros.
inline Vec load_columns(const std::uint8_t* from, int cols) {
  if (cols == kBlock)
    return hn::LoadU(kTag, from);
  return hn::ZeroExtendVector(kTag, hn::LoadU(hn::Half<Tag>(), from));
}

// Puts the samples of a temporal block into the band, the residuals of another. Returns what
// undo_median wants to know.
inline std::uint8_t load_block(Band& band,
                               const BlockArea& area,
                               const ConstPlaneView* reference,
                               PictureReader& in) {
  const BlockCode code = in.next_block();
  const std::uint8_t*& residual = in.residuals[code.size_class];
  for (int y = 0; y < area.rows; ++y) {
    Vec samples = hn::Zero(kTag);
    if (code.size_class != 0) {
      samples = load_columns(residual, area.cols);
      residual += area.cols;
    }
    if (code.temporal) {
      samples = hn::Add(samples, load_columns(reference->row(area.y + y) + area.x, area.cols));
    }
    hn::StoreU(samples, kTag, band.row(y) + area.x);
  }
  return code.temporal ? 0 : 255;
}

inline void decode_plane(PlaneView plane, const ConstPlaneView* reference, PictureReader& in) {
  const int width = round_to_blocks(plane.width);
  Band band(plane.width);
  AlignedVector<std::uint8_t> predicted(index_of(width + 2 * kBlock), std::uint8_t{0});
  for (int y = 0; y < plane.height; y += kBlock) {
    band.start_next();
    for (int x = 0; x < plane.width; x += kBlock) {
      const std::uint8_t mask = load_block(band, block_area(plane, y, x), reference, in);
      std::fill_n(predicted.data() + width - x, kBlock, mask);
    }
    undo_median(band, predicted.data());
    const int rows = std::min(kBlock, plane.height - y);
    for (int i = 0; i < rows; ++i)
      std::copy_n(band.row(i), plane.width, plane.row(y + i));
  }
}

// The coded size of a plane of a picture of `width` x `height`, without samples.
inline ConstPlaneView plane_shape(int width, int height, Plane plane) {
  const int shift = plane == kPlaneY ? 4 : 3;
  return {nullptr, ((width + 15) / 16) << shift, ((height + 15) / 16) << shift, 0};
}

// How many blocks a picture has.
inline std::size_t block_count(int width, int height) {
  std::size_t count = 0;
  for (const Plane plane : {kPlaneY, kPlaneU, kPlaneV}) {
    const ConstPlaneView shape = plane_shape(width, height, plane);
    count += index_of(round_to_blocks(shape.width) / kBlock) *
             index_of(round_to_blocks(shape.height) / kBlock);
  }
  return count;
}

// How many residuals each class has in a picture whose map, of block_count() bytes, is `map`.
inline std::array<std::size_t, kClasses> residual_sizes(int width,
                                                        int height,
                                                        std::span<const std::uint8_t> map) {
  std::array<std::size_t, kClasses> sizes{};
  for (const Plane plane : {kPlaneY, kPlaneU, kPlaneV}) {
    const ConstPlaneView shape = plane_shape(width, height, plane);
    for (int y = 0; y < shape.height; y += kBlock) {
      for (int x = 0; x < shape.width; x += kBlock) {
        const BlockCode code = BlockCode::of(map.front());
        map = map.subspan(1);
        if (code.size_class != 0)
          sizes[code.size_class] += block_area(shape, y, x).size();
      }
    }
  }
  return sizes;
}

// The picture of a map and residuals; `reference` as for code_picture.
inline Picture decode_picture(int width, int height, const Picture* reference, PictureReader in) {
  Picture picture(width, height);
  for (const Plane plane : {kPlaneY, kPlaneU, kPlaneV}) {
    const ConstPlaneView same = reference != nullptr ? reference->coded(plane) : ConstPlaneView{};
    decode_plane(picture.coded(plane), reference != nullptr ? &same : nullptr, in);
  }
  picture.extend_borders();
  return picture;
}

}  // namespace vp8::stored_prediction
