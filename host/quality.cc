// PSNR and SSIM of pictures. SSIM (Wang et al., 2004) is taken over windows of 8x8 samples that
// overlap by half, put together from sums over blocks of 4x4; these give the squared error as well.
#include "host/quality.hh"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <hwy/highway.h>

namespace host {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Always 128 bits, so that sums of floats come out alike on every machine.
using D8 = hn::FixedTag<std::uint8_t, 16>;
using D16 = hn::FixedTag<std::int16_t, 8>;
using D32 = hn::FixedTag<std::int32_t, 4>;
using DF = hn::FixedTag<float, 4>;
using V8 = hn::Vec<D8>;
using V16 = hn::Vec<D16>;
using V32 = hn::Vec<D32>;

constexpr int kBlock = 4;
constexpr int kWindow = 8;
constexpr int kBlocksPerVector = 4;

// Sums over the 4x4 blocks of one row of blocks.
struct BlockRow {
  explicit BlockRow(int blocks)
      : a(static_cast<std::size_t>(blocks)), b(a.size()), squares(a.size()), products(a.size()) {}

  std::vector<std::int32_t> a;
  std::vector<std::int32_t> b;
  std::vector<std::int32_t> squares;   // a * a + b * b
  std::vector<std::int32_t> products;  // a * b
};

struct PlaneQuality {
  std::uint64_t sse = 0;
  double ssim = 0;
};

// Lane i becomes x[2i] * y[2i] + x[2i + 1] * y[2i + 1].
V32 dot_pairs(V16 x, V16 y) {
#if HWY_ARCH_X86
  V32 unused = hn::Zero(D32());
  return hn::ReorderWidenMulAccumulate(D32(), x, y, hn::Zero(D32()), unused);
#else
  const V32 x32 = hn::BitCast(D32(), x);
  const V32 y32 = hn::BitCast(D32(), y);
  const V32 odd = hn::Mul(hn::ShiftRight<16>(x32), hn::ShiftRight<16>(y32));
  const auto even = [](V32 v) { return hn::ShiftRight<16>(hn::ShiftLeft<16>(v)); };
  return hn::Add(odd, hn::Mul(even(x32), even(y32)));
#endif
}

// Lane i becomes the sum of lanes 2i and 2i + 1 of the eight lanes (high, low).
V32 add_pairs(V32 low, V32 high) {
  return hn::Add(hn::ConcatEven(D32(), high, low), hn::ConcatOdd(D32(), high, low));
}

// Sums 16x4 samples into the four blocks from `block` on; adds their squared errors to `sse`.
void sum_four_blocks(
    vp8::ConstPlaneView a, vp8::ConstPlaneView b, int y, int block, BlockRow& row, V32& sse) {
  V16 a_low = hn::Zero(D16()), a_high = a_low, b_low = a_low, b_high = a_low;
  V32 squares_low = hn::Zero(D32()), squares_high = squares_low;
  V32 products_low = squares_low, products_high = squares_low;
  const V8 zero = hn::Zero(D8());
  const auto low = [&](V8 v) { return hn::BitCast(D16(), hn::InterleaveLower(D8(), v, zero)); };
  const auto high = [&](V8 v) { return hn::BitCast(D16(), hn::InterleaveUpper(D8(), v, zero)); };
  for (int i = 0; i < kBlock; ++i) {
    const V8 va = hn::LoadU(D8(), &a.at(y + i, block * kBlock));
    const V8 vb = hn::LoadU(D8(), &b.at(y + i, block * kBlock));
    const V16 al = low(va), ah = high(va), bl = low(vb), bh = high(vb);
    a_low = hn::Add(a_low, al);
    a_high = hn::Add(a_high, ah);
    b_low = hn::Add(b_low, bl);
    b_high = hn::Add(b_high, bh);
    squares_low = hn::Add(squares_low, hn::Add(dot_pairs(al, al), dot_pairs(bl, bl)));
    squares_high = hn::Add(squares_high, hn::Add(dot_pairs(ah, ah), dot_pairs(bh, bh)));
    products_low = hn::Add(products_low, dot_pairs(al, bl));
    products_high = hn::Add(products_high, dot_pairs(ah, bh));
  }
  const V16 one = hn::Set(D16(), 1);
  const V32 squares = add_pairs(squares_low, squares_high);
  const V32 products = add_pairs(products_low, products_high);
  sse = hn::Add(sse, hn::Sub(squares, hn::Add(products, products)));
  hn::StoreU(add_pairs(dot_pairs(a_low, one), dot_pairs(a_high, one)), D32(), &row.a[block]);
  hn::StoreU(add_pairs(dot_pairs(b_low, one), dot_pairs(b_high, one)), D32(), &row.b[block]);
  hn::StoreU(squares, D32(), &row.squares[block]);
  hn::StoreU(products, D32(), &row.products[block]);
}

struct Sums {
  std::int64_t a = 0;
  std::int64_t b = 0;
  std::int64_t squares = 0;
  std::int64_t products = 0;

  std::int64_t sse() const { return squares - 2 * products; }
};

// Sums over columns [x, x_end) of rows [y, y_end).
Sums sum_area(vp8::ConstPlaneView a, vp8::ConstPlaneView b, int y, int y_end, int x, int x_end) {
  Sums sums;
  for (int i = y; i < y_end; ++i) {
    for (int j = x; j < x_end; ++j) {
      const std::int64_t va = a.at(i, j);
      const std::int64_t vb = b.at(i, j);
      sums.a += va;
      sums.b += vb;
      sums.squares += va * va + vb * vb;
      sums.products += va * vb;
    }
  }
  return sums;
}

// Fills `row` with the row of blocks whose samples begin at row y; returns their squared error.
std::uint64_t sum_blocks(vp8::ConstPlaneView a, vp8::ConstPlaneView b, int y, BlockRow& row) {
  const int blocks = a.width / kBlock;
  V32 sse = hn::Zero(D32());
  int block = 0;
  for (; block + kBlocksPerVector <= blocks; block += kBlocksPerVector) {
    sum_four_blocks(a, b, y, block, row, sse);
  }
  // At most 1024 blocks a lane, each at most 16 * 255 * 255: no lane overflows.
  std::array<std::int32_t, 4> lanes{};
  hn::StoreU(sse, D32(), lanes.data());
  std::uint64_t total = 0;
  for (const std::int32_t lane : lanes) {
    total += static_cast<std::uint64_t>(lane);
  }
  for (; block < blocks; ++block) {
    const Sums sums = sum_area(a, b, y, y + kBlock, block * kBlock, (block + 1) * kBlock);
    const auto i = static_cast<std::size_t>(block);
    row.a[i] = static_cast<std::int32_t>(sums.a);
    row.b[i] = static_cast<std::int32_t>(sums.b);
    row.squares[i] = static_cast<std::int32_t>(sums.squares);
    row.products[i] = static_cast<std::int32_t>(sums.products);
    total += static_cast<std::uint64_t>(sums.sse());
  }
  return total;
}

// The stabilising constants (0.01 * 255)^2 and (0.03 * 255)^2 for sums over `n` samples, where the
// second stands beside variances with n - 1 degrees of freedom.
constexpr int stabiliser_1(std::int64_t n) {
  return static_cast<int>((255 * 255 * n + 5000) / 10000);
}
constexpr int stabiliser_2(std::int64_t n) {
  return static_cast<int>((9 * 255 * 255 * n * (n - 1) + 5000) / 10000);
}

// SSIM of any area of n samples from its sums.
double ssim_of(const Sums& sums, std::int64_t n) {
  const double c1 = .01 * .01 * 255 * 255 * static_cast<double>(n);
  const double c2 = .03 * .03 * 255 * 255 * static_cast<double>(n) *
                    static_cast<double>(std::max<std::int64_t>(n - 1, 1));
  const auto means = static_cast<double>(sums.a) * static_cast<double>(sums.b);
  const double powers = static_cast<double>(sums.a) * static_cast<double>(sums.a) +
                        static_cast<double>(sums.b) * static_cast<double>(sums.b);
  const double variances = static_cast<double>(sums.squares) * static_cast<double>(n) - powers;
  const double covariance = static_cast<double>(sums.products) * static_cast<double>(n) - means;
  return (2 * means + c1) * (2 * covariance + c2) / ((powers + c1) * (variances + c2));
}

// The four lanes from `i` on: sums over the windows that begin at these blocks.
V32 window_sums(const std::vector<std::int32_t>& above,
                const std::vector<std::int32_t>& below,
                std::size_t i) {
  const auto two = [i](const std::vector<std::int32_t>& v) {
    return hn::Add(hn::LoadU(D32(), &v[i]), hn::LoadU(D32(), &v[i + 1]));
  };
  return hn::Add(two(above), two(below));
}

// SSIM of four windows at once: integers to the last step, then floats.
hn::Vec<DF> ssim_of_four(const BlockRow& above, const BlockRow& below, std::size_t i) {
  constexpr int n = kWindow * kWindow;
  const V32 c1 = hn::Set(D32(), stabiliser_1(n));
  const V32 c2 = hn::Set(D32(), stabiliser_2(n));
  const V32 a = window_sums(above.a, below.a, i);
  const V32 b = window_sums(above.b, below.b, i);
  const V32 squares = hn::ShiftLeft<6>(window_sums(above.squares, below.squares, i));
  const V32 products = hn::ShiftLeft<7>(window_sums(above.products, below.products, i));
  const V32 means = hn::ShiftLeft<1>(hn::Mul(a, b));
  const V32 powers = hn::Add(hn::Mul(a, a), hn::Mul(b, b));
  const auto real = [](V32 v) { return hn::ConvertTo(DF(), v); };
  const auto over = hn::Mul(real(hn::Add(means, c1)), real(hn::Add(hn::Sub(products, means), c2)));
  const auto under =
      hn::Mul(real(hn::Add(powers, c1)), real(hn::Add(hn::Sub(squares, powers), c2)));
  return hn::Div(over, under);
}

// The sum of SSIM over the windows of two neighbouring rows of blocks.
double sum_windows(const BlockRow& above, const BlockRow& below, int windows) {
  hn::Vec<DF> sum = hn::Zero(DF());
  const auto count = static_cast<std::size_t>(windows);
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    sum = hn::Add(sum, ssim_of_four(above, below, i));
  }
  double total = hn::GetLane(hn::SumOfLanes(DF(), sum));
  for (; i < count; ++i) {
    Sums sums;
    for (const BlockRow* row : {&above, &below}) {
      sums.a += row->a[i] + row->a[i + 1];
      sums.b += row->b[i] + row->b[i + 1];
      sums.squares += row->squares[i] + row->squares[i + 1];
      sums.products += row->products[i] + row->products[i + 1];
    }
    total += ssim_of(sums, std::int64_t{kWindow} * kWindow);
  }
  return total;
}

// Planes too small for a window are one window themselves.
PlaneQuality measure_small(vp8::ConstPlaneView a, vp8::ConstPlaneView b) {
  const Sums sums = sum_area(a, b, 0, a.height, 0, a.width);
  return {static_cast<std::uint64_t>(sums.sse()), ssim_of(sums, std::int64_t{a.width} * a.height)};
}

PlaneQuality measure_plane(vp8::ConstPlaneView a, vp8::ConstPlaneView b) {
  if (a.width < kWindow || a.height < kWindow) {
    return measure_small(a, b);
  }
  const int cols = a.width / kBlock;
  const int rows = a.height / kBlock;
  PlaneQuality quality;
  BlockRow above(cols), below(cols);
  for (int row = 0; row < rows; ++row) {
    std::swap(above, below);
    quality.sse += sum_blocks(a, b, row * kBlock, below);
    if (row > 0) {
      quality.ssim += sum_windows(above, below, cols - 1);
    }
  }
  quality.ssim /= static_cast<double>(cols - 1) * static_cast<double>(rows - 1);
  const int x = cols * kBlock;
  const int y = rows * kBlock;
  quality.sse += static_cast<std::uint64_t>(sum_area(a, b, 0, y, x, a.width).sse());
  quality.sse += static_cast<std::uint64_t>(sum_area(a, b, y, a.height, 0, a.width).sse());
  return quality;
}

double psnr_of(double mean_squared_error) {
  return mean_squared_error == 0 ? std::numeric_limits<double>::infinity()
                                 : 10 * std::log10(255.0 * 255.0 / mean_squared_error);
}

// Fills in PSNR from the sums of squared errors and numbers of samples.
void set_psnr(PictureQuality& q) {
  const auto psnr = [&](vp8::Plane plane) {
    return psnr_of(static_cast<double>(q.sse[plane]) / static_cast<double>(q.samples[plane]));
  };
  q.psnr_y = psnr(vp8::kPlaneY);
  q.psnr_u = psnr(vp8::kPlaneU);
  q.psnr_v = psnr(vp8::kPlaneV);
  const std::uint64_t sse = q.sse[vp8::kPlaneY] + q.sse[vp8::kPlaneU] + q.sse[vp8::kPlaneV];
  const std::uint64_t samples =
      q.samples[vp8::kPlaneY] + q.samples[vp8::kPlaneU] + q.samples[vp8::kPlaneV];
  q.psnr = psnr_of(static_cast<double>(sse) / static_cast<double>(samples));
}

}  // namespace

PictureQuality measure(const vp8::Picture& a, const vp8::Picture& b) {
  if (a.empty() || b.empty() || a.width() != b.width() || a.height() != b.height()) {
    throw vp8::Unsupported(fmt::format("pictures of {}x{} and {}x{} cannot be compared; scale one",
                                       a.width(), a.height(), b.width(), b.height()));
  }
  PictureQuality quality;
  double weighted_ssim = 0;
  double samples = 0;
  std::array<double, vp8::kPlanes> ssim{};
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    const vp8::ConstPlaneView view = a.shown(plane);
    const PlaneQuality q = measure_plane(view, b.shown(plane));
    quality.sse[plane] = q.sse;
    quality.samples[plane] =
        static_cast<std::uint64_t>(view.width) * static_cast<std::uint64_t>(view.height);
    ssim[plane] = q.ssim;
    weighted_ssim += q.ssim * static_cast<double>(quality.samples[plane]);
    samples += static_cast<double>(quality.samples[plane]);
  }
  quality.ssim_y = ssim[vp8::kPlaneY];
  quality.ssim_u = ssim[vp8::kPlaneU];
  quality.ssim_v = ssim[vp8::kPlaneV];
  quality.ssim = weighted_ssim / samples;
  set_psnr(quality);
  return quality;
}

void QualitySum::add(const PictureQuality& picture) {
  for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
    sum_.sse[plane] += picture.sse[plane];
    sum_.samples[plane] += picture.samples[plane];
  }
  sum_.ssim_y += picture.ssim_y;
  sum_.ssim_u += picture.ssim_u;
  sum_.ssim_v += picture.ssim_v;
  sum_.ssim += picture.ssim;
  ++pictures_;
}

PictureQuality QualitySum::mean() const {
  PictureQuality mean = sum_;
  if (pictures_ == 0) {
    return mean;
  }
  const auto count = static_cast<double>(pictures_);
  mean.ssim_y /= count;
  mean.ssim_u /= count;
  mean.ssim_v /= count;
  mean.ssim /= count;
  set_psnr(mean);
  return mean;
}

}  // namespace host
