// The block primitives for teams of lanes: each equal to its scalar definition, for one lane and
// for 1 to 32 lanes under the checker, which also sees races and accesses out of bounds.
#include "cuda/lane_ops.hh"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "codec/metrics.hh"
#include "codec/subpixel.hh"
#include "codec/team.hh"
#include "codec/transform.hh"
#include "tests/checker/checker.hh"

namespace gpu {
namespace {

using checker::Buffer;
using Samples = std::vector<std::uint8_t>;
using Coefs = std::vector<std::int16_t>;

/// Calls test(run), which makes its buffers and calls run(body); body(ops) is what lanes do. With
/// one plain lane, and if `watched` for all schedules of the checker.
template <class Test>
void on_teams(bool watched, const Test& test) {
  test([](const auto& body) { body(LaneOps<vp8::OneLane>()); });
  if (!watched)
    return;
  for (const checker::Options& options : checker::schedules()) {
    test([&](const auto& body) {
      const checker::Report report =
          checker::run(options, [&](const auto& team) { body(LaneOps(team)); });
      EXPECT_TRUE(report.clean()) << report;
    });
  }
}

/// What each lane was told, one value a lane.
template <class T>
class Told {
 public:
  template <class Ops>
  void tell(const Ops& ops, T value) {
    values_.data()[ops.lane()] = value;
    count_.data()[ops.lane()] = ops.lanes();
  }
  void expect_all(T expected) const {
    for (std::size_t i = 0; i < static_cast<std::size_t>(count_.values()[0]); ++i)
      EXPECT_EQ(values_.values()[i], expected) << "lane " << i;
  }

 private:
  Buffer<T> values_{"told", 32};
  Buffer<int> count_{"lanes", 32};
};

Samples random_samples(std::size_t size, bool extreme, std::mt19937& random) {
  Samples samples(size);
  for (auto& sample : samples)
    sample = static_cast<std::uint8_t>(extreme ? 255 * (random() & 1) : random());
  return samples;
}

/// Coefficients of -limit..limit, or only these two.
Coefs random_coefs(std::size_t size, int limit, bool extreme, std::mt19937& random) {
  Coefs coefs(size);
  for (auto& coef : coefs) {
    const auto span = static_cast<unsigned>(2 * limit + 1);
    const int value =
        extreme ? (random() & 1 ? limit : -limit) : static_cast<int>(random() % span) - limit;
    coef = static_cast<std::int16_t>(value);
  }
  return coefs;
}

std::int16_t (*blocks(std::int16_t* coefs))[16] {
  return reinterpret_cast<std::int16_t(*)[16]>(coefs);
}

template <class T>
void expect_values(const Buffer<T>& buffer, const std::vector<T>& expected, const char* what) {
  EXPECT_TRUE(std::ranges::equal(buffer.values(), expected)) << what;
}

std::ptrdiff_t random_stride(int at_least, std::mt19937& random) {
  return at_least + static_cast<std::ptrdiff_t>(random() % 5) * 4;
}

// --- words ---

TEST(LaneWords, PortableInstructionsAreWhatTheirNamesSay) {
  using namespace words;
  EXPECT_EQ(sad(0x00FF1020, 0xFF002010, 5), 5u + 255 + 255 + 16 + 16);
  EXPECT_EQ(dot(0x04030201, 0x7F80FF01, 10), 10 + 1 - 2 - 3 * 128 + 4 * 127);
  EXPECT_EQ(dot(0xFFFFFFFF, 0x80808080, 0), -4 * 255 * 128);
  EXPECT_EQ(dot_samples(0xFF000201, 0xFF09FF03, 7), 7u + 3 + 2 * 255 + 255 * 255);
  EXPECT_EQ(permute(0x33221100, 0x77665544, 0x7041), 0x77004411u);
  EXPECT_EQ(shift_right(0x33221100, 0x77665544, 0), 0x33221100u);
  EXPECT_EQ(shift_right(0x33221100, 0x77665544, 24), 0x66554433u);
  EXPECT_EQ(pack(1, 2, 3, 255), 0xFF030201u);
  EXPECT_EQ(pack16(-2, 3), 0x0003FFFEu);
  EXPECT_EQ(low16(0x0003FFFE), -2);
  EXPECT_EQ(high16(0xFFFF0003), -1);
}

TEST(LaneWords, MeansOfAllPairsOfBytes) {
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      const std::uint32_t x = a * 0x01000001 | b << 8;
      const std::uint32_t y = b * 0x01000001 | a << 8;
      ASSERT_EQ(words::mean_up(x, y), (a + b + 1) / 2 * 0x01000101);
      ASSERT_EQ(words::mean_down(x, y), (a + b) / 2 * 0x01000101);
    }
  }
}

// --- metrics ---

/// Blocks at the very beginning and end of their buffers.
template <int N>
void check_metrics(int round, std::mt19937& random) {
  const std::ptrdiff_t as = random_stride(N, random);
  const std::ptrdiff_t bs = random_stride(N, random);
  const std::ptrdiff_t ahead = round % 16;
  const Samples a =
      random_samples(static_cast<std::size_t>((N - 1) * as + N), round % 3 == 0, random);
  const Samples b =
      random_samples(static_cast<std::size_t>((N - 1) * bs + N + ahead), round % 3 == 0, random);
  const auto sad = vp8::scalar::sad<N, N>(a.data(), as, b.data() + ahead, bs);
  const auto satd = vp8::scalar::satd<N>(a.data(), as, b.data() + ahead, bs);
  const auto sse = vp8::scalar::sse<N, N>(a.data(), as, b.data() + ahead, bs);
  on_teams(round < 4, [&](const auto& run) {
    Buffer<std::uint8_t> of_a("a", a);
    Buffer<std::uint8_t> of_b("b", b);
    Told<std::uint32_t> told[3];
    run([&](const auto& ops) {
      const std::uint8_t* at = of_b.data() + ahead;
      told[0].tell(ops, ops.template sad<N>(of_a.data(), as, at, bs));
      told[1].tell(ops, ops.template satd<N>(of_a.data(), as, at, bs));
      told[2].tell(ops, ops.template sse<N>(of_a.data(), as, at, bs));
    });
    told[0].expect_all(sad);
    told[1].expect_all(satd);
    told[2].expect_all(sse);
  });
}

TEST(LaneOps, MetricsAreTheScalarOnes) {
  std::mt19937 random(1);
  for (int round = 0; round < 400; ++round) {
    check_metrics<16>(round, random);
    check_metrics<8>(round, random);
  }
}

// --- inter prediction ---

/// A plane whose border of `border` samples holds copies of the nearest sample.
struct MadePlane {
  int width;
  int height;
  int border;
  Samples samples;

  std::ptrdiff_t stride() const { return width + 2 * border; }
  std::uint8_t nearest(int y, int x) const {
    const int row = std::clamp(y, 0, height - 1) + border;
    const int col = std::clamp(x, 0, width - 1) + border;
    return samples[static_cast<std::size_t>(row * stride() + col)];
  }
  vp8::ReferencePlane view(const std::uint8_t* data) const {
    return {{data + border * stride() + border, width, height, stride()}, border};
  }
};

MadePlane made_plane(int width, int height, int border, bool extreme, std::mt19937& random) {
  MadePlane plane{width, height, border, {}};
  const auto size = static_cast<std::size_t>(plane.stride() * (height + 2 * border));
  plane.samples = random_samples(size, extreme, random);
  const Samples inside = plane.samples;
  for (int y = -border; y < height + border; ++y) {
    for (int x = -border; x < width + border; ++x)
      plane.samples[static_cast<std::size_t>((y + border) * plane.stride() + x + border)] =
          plane.nearest(y, x);
  }
  return plane;
}

/// By the scalar filters, from samples fetched one by one.
template <int N>
Samples expected_prediction(const MadePlane& plane, int y_eighths, int x_eighths, bool bilinear) {
  constexpr int kSide = N + 5;
  Samples patch(kSide * kSide);
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x)
      patch[static_cast<std::size_t>(y * kSide + x)] =
          plane.nearest((y_eighths >> 3) - 2 + y, (x_eighths >> 3) - 2 + x);
  }
  const std::uint8_t* src = patch.data() + 2 * kSide + 2;
  Samples out(N * N);
  if (bilinear)
    vp8::scalar::predict_bilinear<N, N>(src, kSide, x_eighths & 7, y_eighths & 7, out.data(), N);
  else
    vp8::scalar::predict_sixtap<N, N>(src, kSide, x_eighths & 7, y_eighths & 7, out.data(), N);
  return out;
}

template <int N>
void check_predict(int round, std::mt19937& random) {
  const MadePlane plane =
      made_plane(16 * (1 + round % 3), 16 * (1 + round % 2), 24, round % 4 == 0, random);
  const bool bilinear = round % 3 == 0;
  // Far away, or where all of the border is just enough, or anywhere; a third in whole samples.
  const auto place = [&](int size) {
    const int kind = static_cast<int>(random() % 4);
    const auto within = [&](int low, int high) {
      return low + static_cast<int>(random() % static_cast<unsigned>(high - low));
    };
    const int whole = kind == 0   ? within(-4000, 4000)
                      : kind == 1 ? within(-plane.border - 1, -plane.border + 5)
                      : kind == 2 ? size + plane.border - N - within(0, 6)
                                  : within(-plane.border, size + plane.border);
    return 8 * whole + (random() % 3 == 0 ? 0 : within(0, 8));
  };
  const int y = place(plane.height);
  const int x = place(plane.width);
  const std::ptrdiff_t stride = random_stride(N, random);
  const Samples prediction = expected_prediction<N>(plane, y, x, bilinear);
  const Samples before(static_cast<std::size_t>((N - 1) * stride + N), 99);
  Samples expected = before;
  for (std::ptrdiff_t row = 0; row < N; ++row)
    std::copy_n(prediction.begin() + row * N, N, expected.begin() + row * stride);
  on_teams(round < 12, [&](const auto& run) {
    Buffer<std::uint8_t> reference("reference", plane.samples);
    Buffer<std::uint8_t> out("out", before);
    Buffer<vp8::PredictScratch> scratch("scratch", 1, checker::Lifetime::kTeam);
    run([&](const auto& ops) {
      ops.template predict<N, N>(plane.view(reference.data()), y, x, bilinear, out.data(), stride,
                                 *scratch.data());
    });
    expect_values(out, expected, "inter prediction");
  });
}

TEST(LaneOps, InterPredictionIsTheScalarOneAlsoFarOutside) {
  std::mt19937 random(2);
  for (int round = 0; round < 1500; ++round) {
    check_predict<16>(round, random);
    check_predict<8>(round, random);
    check_predict<4>(round, random);
  }
}

// --- intra prediction ---

/// A canvas with room for a block of 16 x 16 and what lies around it.
struct Canvas {
  static constexpr std::ptrdiff_t kStride = 48;
  static constexpr std::ptrdiff_t kAt = 17 * kStride + 16;
  static constexpr std::size_t kSize = 36 * kStride;
};

template <int N>
void check_intra(int round, std::mt19937& random) {
  const auto mode = static_cast<vp8::MbMode>(round % 4);
  const vp8::Available available{(round & 4) != 0, (round & 8) != 0};
  const Samples canvas = random_samples(Canvas::kSize, round % 3 == 0, random);
  Samples in_place = canvas;
  Samples expected(20 * N);
  vp8::predict_intra<N>(mode, canvas.data() + Canvas::kAt, Canvas::kStride, available,
                        expected.data(), 20);
  vp8::predict_intra<N>(mode, canvas.data() + Canvas::kAt, Canvas::kStride, available,
                        in_place.data() + Canvas::kAt, Canvas::kStride);
  on_teams(round < 16, [&](const auto& run) {
    Buffer<std::uint8_t> at("canvas", canvas);
    Buffer<std::uint8_t> out("out", Samples(20 * N, 0));
    run([&](const auto& ops) {
      std::uint8_t* place = at.data() + Canvas::kAt;
      ops.template predict_intra<N>(mode, place, Canvas::kStride, available, out.data(), 20);
      ops.template predict_intra<N>(mode, place, Canvas::kStride, available, place,
                                    Canvas::kStride);
    });
    expect_values(out, expected, "intra");
    expect_values(at, in_place, "intra in place");
  });
}

TEST(LaneOps, IntraPredictionIsTheScalarOne) {
  std::mt19937 random(3);
  for (int round = 0; round < 160; ++round) {
    check_intra<16>(round, random);
    check_intra<8>(round, random);
  }
}

void check_subblock(int round, std::mt19937& random) {
  const auto mode = static_cast<vp8::SubblockMode>(round % 10);
  const Samples canvas = random_samples(Canvas::kSize, round % 3 == 0, random);
  const Samples source = random_samples(4 * 20, round % 3 == 0, random);
  // The row above continues to the right, or elsewhere.
  const std::ptrdiff_t right = round % 2 == 0 ? Canvas::kAt - Canvas::kStride + 4 : 4;
  const vp8::SubblockPredictor predictor(canvas.data() + Canvas::kAt, Canvas::kStride,
                                         canvas.data() + right);
  std::vector<std::uint32_t> satds(vp8::kSubblockModes);
  for (std::size_t m = 0; m < satds.size(); ++m) {
    std::array<std::uint8_t, 16> trial{};
    predictor.predict(static_cast<vp8::SubblockMode>(m), trial.data(), 4);
    satds[m] = vp8::scalar::satd4x4(source.data(), 20, trial.data(), 4);
  }
  Samples expected = canvas;
  predictor.predict(mode, expected.data() + Canvas::kAt, Canvas::kStride);
  on_teams(round < 10, [&](const auto& run) {
    Buffer<std::uint8_t> at("canvas", canvas);
    Buffer<std::uint8_t> src("source", source);
    Buffer<std::uint32_t> satd("satd", vp8::kSubblockModes, checker::Lifetime::kLaunch);
    run([&](const auto& ops) {
      std::uint8_t* place = at.data() + Canvas::kAt;
      ops.subblock_satds(place, Canvas::kStride, at.data() + right, src.data(), 20, satd.data());
      ops.predict_subblock(mode, place, Canvas::kStride, at.data() + right);
    });
    expect_values(satd, satds, "SATD of subblock modes");
    expect_values(at, expected, "subblock");
  });
}

TEST(LaneOps, SubblockModesAreTheScalarOnes) {
  std::mt19937 random(4);
  for (int round = 0; round < 600; ++round)
    check_subblock(round, random);
}

// --- transforms ---

template <int N>
void check_residual_dct(int round, std::mt19937& random) {
  const std::ptrdiff_t ss = random_stride(N, random);
  const std::ptrdiff_t ps = random_stride(N, random);
  const bool extreme = round % 2 == 0;
  const Samples source =
      random_samples(static_cast<std::size_t>((N - 1) * ss + N), extreme, random);
  const Samples prediction =
      random_samples(static_cast<std::size_t>((N - 1) * ps + N), extreme, random);
  Coefs expected(N * N);
  vp8::scalar::residual_dct<N>(source.data(), ss, prediction.data(), ps, blocks(expected.data()));
  on_teams(round < 3, [&](const auto& run) {
    Buffer<std::uint8_t> src("source", source);
    Buffer<std::uint8_t> pred("prediction", prediction);
    Buffer<std::int16_t> coefs("coefs", N * N);
    run([&](const auto& ops) {
      ops.template residual_dct<N>(src.data(), ss, pred.data(), ps, blocks(coefs.data()));
    });
    expect_values(coefs, expected, "residual DCT");
  });
}

TEST(LaneOps, ForwardDctIsTheScalarOne) {
  std::mt19937 random(5);
  for (int round = 0; round < 500; ++round) {
    check_residual_dct<16>(round, random);
    check_residual_dct<8>(round, random);
    check_residual_dct<4>(round, random);
  }
}

TEST(LaneOps, WalshHadamardTransformsAreTheScalarOnes) {
  constexpr std::array<int, 5> kLimits = {1, 300, 2047, 12000, 32767};
  std::mt19937 random(6);
  for (std::size_t round = 0; round < 2000; ++round) {
    const Coefs forward = random_coefs(16, kLimits[round % 3], round % 2 == 0, random);
    const Coefs inverse = random_coefs(16, kLimits[round % 5], round % 4 == 0, random);
    Coefs expected_forward(16);
    Coefs expected_inverse(16);
    vp8::scalar::forward_wht4x4(forward.data(), expected_forward.data());
    vp8::scalar::inverse_wht4x4(inverse.data(), expected_inverse.data());
    on_teams(round < 4, [&](const auto& run) {
      Buffer<std::int16_t> to_forward("forward in", forward);
      Buffer<std::int16_t> to_inverse("inverse in", inverse);
      Buffer<std::int16_t> of_forward("forward out", 16);
      Buffer<std::int16_t> of_inverse("inverse out", 16);
      run([&](const auto& ops) {
        ops.forward_wht(to_forward.data(), of_forward.data());
        ops.inverse_wht(to_inverse.data(), of_inverse.data());
      });
      expect_values(of_forward, expected_forward, "forward WHT");
      expect_values(of_inverse, expected_inverse, "inverse WHT");
    });
  }
}

// --- quantisation ---

vp8::BlockQuantiser random_quantiser(std::mt19937& random) {
  const auto step = [&] { return 4 + static_cast<int>(random() % 509); };
  const int dc = step();
  const int ac = step();
  const auto round = [&](int of) { return static_cast<int>(random() % static_cast<unsigned>(of)); };
  return vp8::make_quantiser(dc, ac, round(dc), round(ac));
}

void check_quantise(int count, int limit, bool watched, std::mt19937& random) {
  const auto size = static_cast<std::size_t>(count) * 16;
  const vp8::BlockQuantiser q = random_quantiser(random);
  const Coefs coefs = random_coefs(size, limit, random() % 4 == 0, random);
  Coefs levels(size);
  Coefs dequantised(size);
  Samples ends(static_cast<std::size_t>(count));
  for (std::size_t b = 0; b < ends.size(); ++b) {
    ends[b] = static_cast<std::uint8_t>(
        vp8::scalar::quantise4x4(&coefs[16 * b], q, &levels[16 * b], &dequantised[16 * b]));
  }
  const bool nothing = std::ranges::all_of(ends, [](std::uint8_t end) { return end == 0; });
  on_teams(watched, [&](const auto& run) {
    Buffer<std::int16_t> in("coefs", coefs);
    Buffer<vp8::BlockQuantiser> quantiser("quantiser", std::vector{q});
    Buffer<std::int16_t> out("levels", size);
    Buffer<std::int16_t> restored("dequantised", size);
    Buffer<std::uint8_t> of_ends("ends", ends.size());
    Told<std::uint32_t> told_nothing;
    run([&](const auto& ops) {
      ops.quantise(blocks(in.data()), count, *quantiser.data(), blocks(out.data()),
                   blocks(restored.data()), of_ends.data());
      told_nothing.tell(ops, ops.quantises_to_nothing(blocks(in.data()), count, *quantiser.data()));
    });
    expect_values(out, levels, "levels");
    expect_values(restored, dequantised, "dequantised");
    expect_values(of_ends, ends, "ends");
    told_nothing.expect_all(nothing ? 1 : 0);
  });
}

TEST(LaneOps, QuantisationIsTheScalarOne) {
  constexpr std::array<int, 6> kLimits = {3, 20, 200, 2040, 16000, 32767};
  constexpr std::array<int, 5> kCounts = {1, 4, 8, 16, 25};
  std::mt19937 random(7);
  for (std::size_t round = 0; round < 1200; ++round)
    check_quantise(kCounts[round % 5], kLimits[round % 6], round < 10, random);
}

TEST(LaneOps, ResidualEnergyIsTheScalarOne) {
  constexpr std::array<int, 3> kLimits = {30, 2040, 16383};
  constexpr std::array<int, 5> kCounts = {1, 4, 8, 16, 25};
  std::mt19937 random(12);
  for (std::size_t round = 0; round < 150; ++round) {
    const int count = kCounts[round % 5];
    const auto size = static_cast<std::size_t>(count) * 16;
    const Coefs a = random_coefs(size, kLimits[round % 3], round % 2 == 0, random);
    const Coefs b = random_coefs(size, kLimits[round % 3], round % 2 == 0, random);
    std::uint64_t expected = 0;
    for (std::size_t i = 0; i < size; i += 16)
      expected += vp8::scalar::residual_energy4x4(&a[i], &b[i]);
    on_teams(round < 6, [&](const auto& run) {
      Buffer<std::int16_t> coefs("coefs", a);
      Buffer<std::int16_t> dequantised("dequantised", b);
      Told<std::uint64_t> told;
      run([&](const auto& ops) {
        told.tell(ops,
                  ops.residual_energy(blocks(coefs.data()), blocks(dequantised.data()), count));
      });
      told.expect_all(expected);
    });
  }
}

/// The largest magnitude that becomes 0 and the smallest that does not, at each position.
TEST(LaneOps, KnowsExactlyWhenNothingIsLeft) {
  std::mt19937 random(8);
  const LaneOps<vp8::OneLane> ops;
  for (std::size_t round = 0; round < 640; ++round) {
    const vp8::BlockQuantiser q = random_quantiser(random);
    alignas(8) std::array<std::int16_t, 32> coefs{};
    const std::size_t at = round % 32;
    const int limit = q.step[at % 16] - q.round[at % 16];
    const int sign = round % 64 < 32 ? 1 : -1;
    coefs[at] = static_cast<std::int16_t>(sign * (limit - 1));
    EXPECT_TRUE(ops.quantises_to_nothing(blocks(coefs.data()), 2, q));
    coefs[at] = static_cast<std::int16_t>(sign * limit);
    EXPECT_FALSE(ops.quantises_to_nothing(blocks(coefs.data()), 2, q));
    coefs[at] = -32768;
    EXPECT_FALSE(ops.quantises_to_nothing(blocks(coefs.data()), 2, q));
  }
}

/// Of blocks whose end is 0 the checker has never seen more than the DC.
void check_add_residue(int side, int limit, bool watched, std::mt19937& random) {
  const auto count = static_cast<std::size_t>(side * side);
  const Coefs coefs = random_coefs(16 * count, limit, random() % 4 == 0, random);
  const Samples canvas = random_samples(Canvas::kSize, random() % 3 == 0, random);
  Samples expected = canvas;
  Samples ends(count);
  Coefs used = coefs;
  for (std::size_t b = 0; b < count; ++b) {
    const auto row = static_cast<std::ptrdiff_t>(b) / side * 4;
    const auto col = static_cast<std::ptrdiff_t>(b) % side * 4;
    std::uint8_t* at = expected.data() + Canvas::kAt + row * Canvas::kStride + col;
    ends[b] = static_cast<std::uint8_t>(random() % 3 == 0 ? 0 : 1 + random() % 16);
    if (random() % 8 == 0)
      used[16 * b] = 0;
    if (ends[b] == 0)
      vp8::scalar::inverse_dc_add4x4(used[16 * b], at, Canvas::kStride, at, Canvas::kStride);
    else
      vp8::scalar::inverse_dct_add4x4(&used[16 * b], at, Canvas::kStride, at, Canvas::kStride);
  }
  on_teams(watched, [&](const auto& run) {
    Buffer<std::uint8_t> at("canvas", canvas);
    Buffer<std::uint8_t> of_ends("ends", ends);
    Buffer<std::int16_t> residue("dequantised", 16 * count);
    for (std::size_t i = 0; i < used.size(); ++i) {
      if (i % 16 == 0 || ends[i / 16] != 0)
        residue.set(i, used[i]);
    }
    run([&](const auto& ops) {
      ops.add_residue(blocks(residue.data()), of_ends.data(), side, side, at.data() + Canvas::kAt,
                      Canvas::kStride);
    });
    expect_values(at, expected, "residue");
  });
}

TEST(LaneOps, AddsTheScalarInverseDct) {
  constexpr std::array<int, 6> kLimits = {1, 300, 2047, 2048, 12000, 32767};
  std::mt19937 random(9);
  for (std::size_t round = 0; round < 1800; ++round)
    check_add_residue(1 << round % 3, kLimits[round % 6], round < 6, random);
}

// --- copies ---

TEST(LaneOps, CopiesWhatItIsToldTo) {
  struct Padded {
    std::uint32_t a;
    std::uint8_t b;
  };
  std::mt19937 random(10);
  const Samples from = random_samples(16 * 20, false, random);
  on_teams(true, [&](const auto& run) {
    Buffer<std::uint8_t> in("from", from);
    Buffer<std::uint8_t> bytes("bytes", 37);
    Buffer<vp8::MotionVector> mv("vector", 1);
    Buffer<Padded> padded("padded", 1);
    const vp8::MotionVector given_mv{-5, 9};
    const Padded given{123456789, 7};
    run([&](const auto& ops) {
      ops.copy(in.data(), bytes.data(), 37);
      ops.assign(*mv.data(), given_mv);
      ops.assign(*padded.data(), given);
    });
    EXPECT_TRUE(std::ranges::equal(bytes.values(), std::span(from).first(37)));
    EXPECT_EQ(mv.values()[0], given_mv);
    EXPECT_EQ(padded.values()[0].a, given.a);
    EXPECT_EQ(padded.values()[0].b, given.b);
  });
}

// --- loop filter ---

/// Blocks of 4 x 4 of nearly one value each, not far from their neighbours: what filters act on.
Samples blocky_samples(std::mt19937& random) {
  Samples samples(Canvas::kSize);
  const auto noise = 1 + random() % 8;
  const auto steps = 1 + random() % 40;
  const auto base = random() % 200;
  std::array<std::uint64_t, 10 * 12> values{};
  for (auto& value : values)
    value = base + random() % steps;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::size_t row = i / Canvas::kStride;
    const std::size_t col = i % Canvas::kStride;
    // Canvas::kAt is in row 17.
    const auto value = values[(row + 3) / 4 * 12 + col / 4] + random() % noise;
    samples[i] = static_cast<std::uint8_t>(value);
  }
  return samples;
}

vp8::EdgeLimits random_limits(std::mt19937& random) {
  return {static_cast<std::uint8_t>(random() % 194), static_cast<std::uint8_t>(random() % 64),
          static_cast<std::uint8_t>(random() % 4)};
}

/// Luma in one canvas, U and V in it and another.
template <class Expected, class Tried>
void check_filter(const char* name, const Expected& expected, const Tried& tried) {
  std::mt19937 random(11);
  int changed = 0;
  for (int round = 0; round < 300; ++round) {
    const bool noisy = round % 6 == 0;
    const Samples before =
        noisy ? random_samples(Canvas::kSize, round % 12 == 0, random) : blocky_samples(random);
    const Samples before_v = blocky_samples(random);
    const vp8::EdgeLimits limits = random_limits(random);
    Samples after = before;
    Samples after_v = before_v;
    expected(after.data() + Canvas::kAt, after_v.data() + Canvas::kAt, limits);
    changed += after != before ? 1 : 0;
    on_teams(round < 3, [&](const auto& run) {
      Buffer<std::uint8_t> plane("plane", before);
      Buffer<std::uint8_t> plane_v("plane V", before_v);
      run([&](const auto& ops) {
        tried(ops, plane.data() + Canvas::kAt, plane_v.data() + Canvas::kAt, limits);
      });
      expect_values(plane, after, name);
      expect_values(plane_v, after_v, name);
    });
  }
  EXPECT_GT(changed, 100) << name;
}

#define EXPECT_LUMA_TWINS(name)                                                            \
  check_filter(                                                                            \
      #name,                                                                               \
      [](std::uint8_t* y, std::uint8_t*, const vp8::EdgeLimits& limits) {                  \
        vp8::scalar::name(y, Canvas::kStride, limits);                                     \
      },                                                                                   \
      [](const auto& ops, std::uint8_t* y, std::uint8_t*, const vp8::EdgeLimits& limits) { \
        ops.name(y, Canvas::kStride, limits);                                              \
      })
#define EXPECT_CHROMA_TWINS(name)                                                            \
  check_filter(                                                                              \
      #name,                                                                                 \
      [](std::uint8_t* u, std::uint8_t* v, const vp8::EdgeLimits& limits) {                  \
        vp8::scalar::name(u, v, Canvas::kStride, limits);                                    \
      },                                                                                     \
      [](const auto& ops, std::uint8_t* u, std::uint8_t* v, const vp8::EdgeLimits& limits) { \
        ops.name(u, v, Canvas::kStride, limits);                                             \
      })
#define EXPECT_SIMPLE_TWINS(name)                                                          \
  check_filter(                                                                            \
      #name,                                                                               \
      [](std::uint8_t* y, std::uint8_t*, const vp8::EdgeLimits& limits) {                  \
        vp8::scalar::name(y, Canvas::kStride, limits.edge);                                \
      },                                                                                   \
      [](const auto& ops, std::uint8_t* y, std::uint8_t*, const vp8::EdgeLimits& limits) { \
        ops.name(y, Canvas::kStride, limits.edge);                                         \
      })

TEST(LaneOps, LumaFiltersAreTheScalarOnes) {
  EXPECT_LUMA_TWINS(filter_mb_left_edge_luma);
  EXPECT_LUMA_TWINS(filter_subblock_left_edges_luma);
  EXPECT_LUMA_TWINS(filter_mb_top_edge_luma);
  EXPECT_LUMA_TWINS(filter_subblock_top_edges_luma);
}

TEST(LaneOps, ChromaFiltersAreTheScalarOnes) {
  EXPECT_CHROMA_TWINS(filter_mb_left_edge_chroma);
  EXPECT_CHROMA_TWINS(filter_subblock_left_edges_chroma);
  EXPECT_CHROMA_TWINS(filter_mb_top_edge_chroma);
  EXPECT_CHROMA_TWINS(filter_subblock_top_edges_chroma);
}

TEST(LaneOps, SimpleFiltersAreTheScalarOnes) {
  EXPECT_SIMPLE_TWINS(filter_simple_mb_left_edge);
  EXPECT_SIMPLE_TWINS(filter_simple_subblock_left_edges);
  EXPECT_SIMPLE_TWINS(filter_simple_mb_top_edge);
  EXPECT_SIMPLE_TWINS(filter_simple_subblock_top_edges);
}

}  // namespace
}  // namespace gpu
