// What nvcc made of the block primitives, run by the PTX interpreter: a warp gives what one lane on
// the CPU gives, without a fault, and in no more instructions than is allowed here.
//
// FASTSLOW_LANE_PTX names the folder with lane_ops_kernels.cu compiled for several architectures.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "codec/team.hh"
#include "cuda/lane_ops.hh"
#include "tests/ptx/interpreter.hh"

namespace gpu {
namespace {

using Block = std::int16_t[16];
using Samples = std::vector<std::uint8_t>;

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file)
    throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A machine with the kernels of one architecture.
class Warp {
 public:
  explicit Warp(const std::string& architecture)
      : module_(ptx::Module::parse(
            read_file(std::string(FASTSLOW_LANE_PTX) + "/lane_ops_" + architecture + ".ptx"))),
        loaded_(machine_.load(module_)) {}

  ptx::Machine& machine() { return machine_; }

  /// Runs a kernel on one warp; returns the warp instructions that it issued.
  template <class... Args>
  std::uint64_t launch(const std::string& name, const Args&... args) {
    const ptx::Entry* entry = module_.entry(name);
    if (entry == nullptr || entry->parameters.size() != sizeof...(Args))
      throw std::runtime_error("no such kernel: " + name);
    std::vector<std::byte> bytes(entry->parameter_bytes);
    std::size_t next = 0;
    const auto add = [&](const void* value, std::size_t size) {
      const ptx::Parameter& parameter = entry->parameters[next++];
      EXPECT_EQ(parameter.size_bytes, size) << name;
      std::memcpy(&bytes[parameter.offset_bytes], value, size);
    };
    (add(&args, sizeof(args)), ...);
    return machine_
        .launch(loaded_, {.entry = name, .grid = {}, .block = {32, 1, 1}, .parameters = bytes})
        .warp_instructions;
  }

 private:
  ptx::Machine machine_;
  ptx::Module module_;
  std::size_t loaded_;
};

/// Values in a warp's memory, aligned like CUDA's.
template <class T>
class Shared {
 public:
  Shared(Warp& warp, const std::vector<T>& values)
      : machine_(&warp.machine()), values_(values.begin(), values.end()) {
    machine_->register_buffer(values_.data(), bytes(), "buffer");
    machine_->mark_initialised(values_.data(), bytes());
  }
  ~Shared() { machine_->unregister_buffer(values_.data()); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  T* data() { return values_.data(); }
  std::vector<T> values() const { return {values_.begin(), values_.end()}; }

 private:
  std::size_t bytes() const { return values_.size() * sizeof(T); }

  ptx::Machine* machine_;
  vp8::AlignedVector<T> values_;
};

Samples random_samples(std::size_t size, std::mt19937& random) {
  const bool extreme = random() % 3 == 0;
  Samples samples(size);
  for (auto& sample : samples)
    sample = static_cast<std::uint8_t>(extreme ? 255 * (random() & 1) : random());
  return samples;
}

std::vector<std::int16_t> random_coefs(std::size_t blocks, int limit, std::mt19937& random) {
  std::vector<std::int16_t> coefs(blocks * 16);
  const bool extreme = random() % 3 == 0;
  for (auto& coef : coefs) {
    const int value = static_cast<int>(random() % static_cast<unsigned>(2 * limit + 1)) - limit;
    coef = static_cast<std::int16_t>(!extreme ? value : value < 0 ? -limit : limit);
  }
  return coefs;
}

Block* blocks(std::int16_t* coefs) {
  return reinterpret_cast<Block*>(coefs);
}

class LaneOpsPtx : public testing::TestWithParam<const char*> {
 protected:
  static constexpr std::ptrdiff_t kStride = 48;
  static constexpr std::ptrdiff_t kAt = 17 * kStride + 16;
  static constexpr std::size_t kCanvas = 36 * kStride;

  template <class Result>
  void expect_told(Shared<Result>& results, Result expected, const std::string& name) {
    EXPECT_EQ(results.values(), std::vector<Result>(32, expected)) << name;
  }

  /// Compares fewer instructions than `allowed` with what was counted; sm_75 and sm_120 lack some.
  void expect_at_most(std::uint64_t allowed, std::uint64_t counted, const std::string& name) {
    RecordProperty(name, std::to_string(counted));
    if (std::string(GetParam()) == "90") {
      EXPECT_LE(counted, allowed) << name;
    }
  }

  Warp warp_{GetParam()};
  LaneOps<vp8::OneLane> one_;
  std::mt19937 random_{1};
};

TEST_P(LaneOpsPtx, Words) {
  for (int round = 0; round < 200; ++round) {
    const auto word = [&] { return static_cast<std::uint32_t>(random_()); };
    Shared<std::uint32_t> in(warp_, {word(), word(), word()});
    Shared<std::uint32_t> out(warp_, std::vector<std::uint32_t>(5));
    warp_.launch("lane_words", in.data(), out.data());
    const auto values = in.values();
    const auto [a, b, c] = std::tuple(values[0], values[1], values[2]);
    using namespace words::portable;
    const std::vector<std::uint32_t> expected = {
        sad(a, b, c), static_cast<std::uint32_t>(dot(a, b, static_cast<int>(c))),
        dot_samples(a, b, c), permute(a, b, c & 0x7777),
        shift_right(a, b, static_cast<int>(c & 31))};
    EXPECT_EQ(out.values(), expected);
  }
}

TEST_P(LaneOpsPtx, SumsOf64Bits) {
  std::vector<std::uint64_t> values(77);
  std::uint64_t sum = 0;
  for (auto& value : values) {
    value = static_cast<std::uint64_t>(random_()) << 32 | random_();
    sum += value;
  }
  Shared<std::uint64_t> in(warp_, values);
  Shared<std::uint64_t> told(warp_, std::vector<std::uint64_t>(32));
  warp_.launch("lane_sum64", in.data(), 77, told.data());
  expect_told(told, sum, "sum");
}

TEST_P(LaneOpsPtx, Metrics) {
  for (int round = 0; round < 24; ++round) {
    const std::ptrdiff_t bs = 16 + round % 3 * 4;
    Shared<std::uint8_t> a(warp_, random_samples(16 * 20, random_));
    Shared<std::uint8_t> b(warp_, random_samples(static_cast<std::size_t>(16 * bs + 16), random_));
    Shared<std::uint32_t> told(warp_, std::vector<std::uint32_t>(32));
    const std::uint8_t* at = b.data() + round % 16;
    const std::ptrdiff_t as = 20;
    const auto check = [&](const std::string& name, std::uint32_t expected, std::uint64_t allowed) {
      const auto counted = warp_.launch("lane_" + name, a.data(), as, at, bs, told.data());
      expect_told(told, expected, name);
      expect_at_most(allowed, counted, name);
    };
    check("sad16", one_.sad<16>(a.data(), as, at, bs), 75);
    check("sad8", one_.sad<8>(a.data(), as, at, bs), 56);
    check("satd16", one_.satd<16>(a.data(), as, at, bs), 190);
    check("satd8", one_.satd<8>(a.data(), as, at, bs), 112);
    check("sse16", one_.sse<16>(a.data(), as, at, bs), 85);
    check("sse8", one_.sse<8>(a.data(), as, at, bs), 62);
  }
}

TEST_P(LaneOpsPtx, InterPrediction) {
  constexpr int kBorder = 24;
  constexpr int kSize = 32;
  constexpr std::ptrdiff_t kPlaneStride = kSize + 2 * kBorder;
  for (int round = 0; round < 96; ++round) {
    Shared<std::uint8_t> plane(warp_, random_samples(kPlaneStride * kPlaneStride, random_));
    const vp8::ReferencePlane ref{
        {plane.data() + kBorder * kPlaneStride + kBorder, kSize, kSize, kPlaneStride}, kBorder};
    const auto place = [&] {
      const int eighths = static_cast<int>(random_() % (8 * 100)) - 8 * 34;
      return random_() % 4 == 0 ? eighths & ~7 : eighths;
    };
    const int y = place();
    const int x = place();
    const bool bilinear = round % 3 == 0;
    const auto check = [&]<int kBlock>(std::integral_constant<int, kBlock>, std::uint64_t allowed) {
      Samples expected(20 * kBlock);
      Shared<std::uint8_t> out(warp_, expected);
      vp8::PredictScratch scratch{};
      one_.predict<kBlock, kBlock>(ref, y, x, bilinear, expected.data(), 20, scratch);
      const std::string name = "predict" + std::to_string(kBlock);
      const auto counted =
          warp_.launch("lane_" + name, ref, y, x, bilinear, out.data(), std::ptrdiff_t{20});
      EXPECT_EQ(out.values(), expected) << name << " at " << y << ", " << x;
      expect_at_most(allowed, counted, name);
    };
    check(std::integral_constant<int, 16>(), 700);
    check(std::integral_constant<int, 8>(), 375);
    check(std::integral_constant<int, 4>(), 310);
  }
}

TEST_P(LaneOpsPtx, IntraPrediction) {
  for (int round = 0; round < 32; ++round) {
    const auto mode = static_cast<vp8::MbMode>(round % 4);
    const vp8::Available available{(round & 4) != 0, (round & 8) != 0};
    const Samples canvas = random_samples(kCanvas, random_);
    const auto check = [&](const std::string& name, const auto& predict, std::uint64_t allowed) {
      Samples expected = canvas;
      Shared<std::uint8_t> plane(warp_, canvas);
      std::uint8_t* at = plane.data() + kAt;
      predict(expected.data() + kAt);
      const auto counted = warp_.launch("lane_" + name, mode, available, at, kStride, at, kStride);
      EXPECT_EQ(plane.values(), expected) << name;
      expect_at_most(allowed, counted, name);
    };
    check(
        "intra16",
        [&](std::uint8_t* at) {
          one_.predict_intra<16>(mode, at, kStride, available, at, kStride);
        },
        120);
    check(
        "intra8",
        [&](std::uint8_t* at) { one_.predict_intra<8>(mode, at, kStride, available, at, kStride); },
        120);
  }
}

TEST_P(LaneOpsPtx, SubblockModes) {
  for (int round = 0; round < 40; ++round) {
    const auto mode = static_cast<vp8::SubblockMode>(round % 10);
    Shared<std::uint8_t> plane(warp_, random_samples(kCanvas, random_));
    Shared<std::uint8_t> source(warp_, random_samples(80, random_));
    Shared<std::uint32_t> satds(warp_, std::vector<std::uint32_t>(10));
    std::uint8_t* at = plane.data() + kAt;
    const std::uint8_t* right = at - kStride + 4;
    std::vector<std::uint32_t> expected_satds(10);
    one_.subblock_satds(at, kStride, right, source.data(), 20, expected_satds.data());
    expect_at_most(440,
                   warp_.launch("lane_subblock_satds", at, kStride, right, source.data(),
                                std::ptrdiff_t{20}, satds.data()),
                   "subblock_satds");
    EXPECT_EQ(satds.values(), expected_satds);
    Samples expected = plane.values();
    one_.predict_subblock(mode, expected.data() + kAt, kStride,
                          expected.data() + kAt - kStride + 4);
    expect_at_most(230, warp_.launch("lane_predict_subblock", mode, at, kStride, right),
                   "predict_subblock");
    EXPECT_EQ(plane.values(), expected);
  }
}

TEST_P(LaneOpsPtx, Transforms) {
  for (int round = 0; round < 20; ++round) {
    Shared<std::uint8_t> a(warp_, random_samples(16 * 20, random_));
    Shared<std::uint8_t> b(warp_, random_samples(16 * 16, random_));
    const auto check = [&](const std::string& name, const auto& transform, std::size_t count,
                           std::uint64_t allowed) {
      std::vector<std::int16_t> expected(16 * count);
      Shared<std::int16_t> coefs(warp_, expected);
      transform(blocks(expected.data()));
      const auto counted = warp_.launch("lane_" + name, a.data(), std::ptrdiff_t{20}, b.data(),
                                        std::ptrdiff_t{16}, coefs.data());
      EXPECT_EQ(coefs.values(), expected) << name;
      expect_at_most(allowed, counted, name);
    };
    check(
        "dct16", [&](Block* c) { one_.residual_dct<16>(a.data(), 20, b.data(), 16, c); }, 16, 280);
    check(
        "dct8", [&](Block* c) { one_.residual_dct<8>(a.data(), 20, b.data(), 16, c); }, 4, 160);
    check(
        "dct4", [&](Block* c) { one_.residual_dct<4>(a.data(), 20, b.data(), 16, c); }, 1, 160);
    std::vector<std::int16_t> expected(16);
    Shared<std::int16_t> in(warp_, random_coefs(1, 2047, random_));
    Shared<std::int16_t> out(warp_, expected);
    one_.forward_wht(in.data(), expected.data());
    expect_at_most(85, warp_.launch("lane_forward_wht", in.data(), out.data()), "forward_wht");
    EXPECT_EQ(out.values(), expected);
    one_.inverse_wht(in.data(), expected.data());
    expect_at_most(85, warp_.launch("lane_inverse_wht", in.data(), out.data()), "inverse_wht");
    EXPECT_EQ(out.values(), expected);
  }
}

TEST_P(LaneOpsPtx, Quantisation) {
  for (int round = 0; round < 40; ++round) {
    const int count = 1 + round % 25;
    const auto size = static_cast<std::size_t>(count);
    const int step = 4 + static_cast<int>(random_() % 200);
    const auto q = vp8::make_quantiser(step, step + 9, step / 2, step / 3);
    Shared<vp8::BlockQuantiser> quantiser(warp_, {q});
    Shared<std::int16_t> coefs(warp_, random_coefs(size, round % 4 == 0 ? 5 : 2040, random_));
    std::vector<std::int16_t> levels(16 * size);
    std::vector<std::int16_t> dequantised(16 * size);
    Samples ends(size);
    Shared<std::int16_t> of_levels(warp_, levels);
    Shared<std::int16_t> of_dequantised(warp_, dequantised);
    Shared<std::uint8_t> of_ends(warp_, ends);
    one_.quantise(blocks(coefs.data()), count, q, blocks(levels.data()), blocks(dequantised.data()),
                  ends.data());
    const auto counted = warp_.launch("lane_quantise", coefs.data(), count, quantiser.data(),
                                      of_levels.data(), of_dequantised.data(), of_ends.data());
    EXPECT_EQ(of_levels.values(), levels);
    EXPECT_EQ(of_dequantised.values(), dequantised);
    EXPECT_EQ(of_ends.values(), ends);
    expect_at_most(200 + 14 * static_cast<std::uint64_t>(count), counted,
                   "quantise" + std::to_string(count));
    Shared<std::uint64_t> energy(warp_, std::vector<std::uint64_t>(32));
    warp_.launch("lane_residual_energy", coefs.data(), of_dequantised.data(), count, energy.data());
    expect_told(energy,
                one_.residual_energy(blocks(coefs.data()), blocks(dequantised.data()), count),
                "energy");
    Shared<std::uint32_t> nothing(warp_, std::vector<std::uint32_t>(32));
    warp_.launch("lane_quantises_to_nothing", coefs.data(), count, quantiser.data(),
                 nothing.data());
    expect_told(nothing, one_.quantises_to_nothing(blocks(coefs.data()), count, q) ? 1u : 0u,
                "nothing");
  }
}

TEST_P(LaneOpsPtx, Residue) {
  for (int round = 0; round < 30; ++round) {
    const int side = 1 << round % 3;
    const auto count = static_cast<std::size_t>(side * side);
    const Samples canvas = random_samples(kCanvas, random_);
    Samples end_values(count);
    for (auto& end : end_values)
      end = static_cast<std::uint8_t>(random_() % 17);
    Shared<std::int16_t> residue(warp_, random_coefs(count, round % 2 == 0 ? 500 : 32767, random_));
    Shared<std::uint8_t> ends(warp_, end_values);
    Shared<std::uint8_t> plane(warp_, canvas);
    Samples expected = canvas;
    one_.add_residue(blocks(residue.data()), ends.data(), side, side, expected.data() + kAt,
                     kStride);
    const auto counted = warp_.launch("lane_add_residue", residue.data(), ends.data(), side, side,
                                      plane.data() + kAt, kStride);
    EXPECT_EQ(plane.values(), expected);
    expect_at_most(round % 3 == 2 ? 420 : 240, counted, "add_residue" + std::to_string(side));
  }
}

TEST_P(LaneOpsPtx, Copies) {
  const Samples canvas = random_samples(kCanvas, random_);
  Shared<std::uint8_t> from(warp_, canvas);
  Shared<std::uint8_t> to(warp_, Samples(kCanvas));
  Samples expected(kCanvas);
  std::copy_n(canvas.begin(), 4 * 37, expected.begin());
  warp_.launch("lane_copy", from.data(), to.data(), 37);
  EXPECT_EQ(to.values(), expected);
}

/// Samples that change little, so that filters find something to do.
Samples smooth_samples(std::size_t size, std::mt19937& random) {
  Samples samples(size);
  const auto base = random() % 200;
  const auto steps = 2 + random() % 12;
  for (auto& sample : samples)
    sample = static_cast<std::uint8_t>(base + random() % steps);
  return samples;
}

// `...` is what both the kernel and the function take, in terms of y (or u), v and limits.
#define CHECK_EDGE(name, allowed, ...)                                             \
  {                                                                                \
    const Samples canvas = smooth_samples(2 * kCanvas, random_);                   \
    Shared<std::uint8_t> plane(warp_, canvas);                                     \
    Samples expected = canvas;                                                     \
    const auto call = [&](std::uint8_t* y, [[maybe_unused]] std::uint8_t* v) {     \
      one_.name(__VA_ARGS__);                                                      \
    };                                                                             \
    const auto kernel = [&](std::uint8_t* y, [[maybe_unused]] std::uint8_t* v) {   \
      return warp_.launch("lane_" #name, __VA_ARGS__);                             \
    };                                                                             \
    call(expected.data() + kAt, expected.data() + kCanvas + kAt);                  \
    const auto counted = kernel(plane.data() + kAt, plane.data() + kCanvas + kAt); \
    EXPECT_EQ(plane.values(), expected) << #name;                                  \
    expect_at_most(allowed, counted, #name);                                       \
  }

TEST_P(LaneOpsPtx, LoopFilter) {
  for (int round = 0; round < 20; ++round) {
    const vp8::EdgeLimits limits{static_cast<std::uint8_t>(random_() % 194),
                                 static_cast<std::uint8_t>(random_() % 64),
                                 static_cast<std::uint8_t>(random_() % 4)};
    const int edge = limits.edge;
    CHECK_EDGE(filter_mb_left_edge_luma, 220, y, kStride, limits)
    CHECK_EDGE(filter_subblock_left_edges_luma, 520, y, kStride, limits)
    CHECK_EDGE(filter_mb_top_edge_luma, 220, y, kStride, limits)
    CHECK_EDGE(filter_subblock_top_edges_luma, 520, y, kStride, limits)
    CHECK_EDGE(filter_mb_left_edge_chroma, 220, y, v, kStride, limits)
    CHECK_EDGE(filter_subblock_left_edges_chroma, 220, y, v, kStride, limits)
    CHECK_EDGE(filter_mb_top_edge_chroma, 220, y, v, kStride, limits)
    CHECK_EDGE(filter_subblock_top_edges_chroma, 220, y, v, kStride, limits)
    CHECK_EDGE(filter_simple_mb_left_edge, 100, y, kStride, edge)
    CHECK_EDGE(filter_simple_subblock_left_edges, 240, y, kStride, edge)
    CHECK_EDGE(filter_simple_mb_top_edge, 100, y, kStride, edge)
    CHECK_EDGE(filter_simple_subblock_top_edges, 240, y, kStride, edge)
  }
}

INSTANTIATE_TEST_SUITE_P(Architectures,
                         LaneOpsPtx,
                         testing::Values("75", "80", "90", "120"),
                         [](const auto& instance) { return std::string("sm_") + instance.param; });

}  // namespace
}  // namespace gpu
