// Kernels as nvcc writes them for several architectures give what the host computes.
// PTX_KERNELS_DIR has kernels_<architecture>.ptx, which the build makes from kernels.cu.
#include "tests/ptx/kernels.hh"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "tests/ptx/interpreter.hh"

namespace ptx {
namespace {

using namespace ptx_kernels;

std::string read(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file || text.str().empty())
    throw std::runtime_error(path + " is not there");
  return text.str();
}

/// A kernel's arguments as a launch takes them.
class Arguments {
 public:
  template <class... T>
  explicit Arguments(const T&... values) {
    (add(values), ...);
  }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  template <class T>
  void add(const T& value) {
    const std::size_t start = (bytes_.size() + alignof(T) - 1) / alignof(T) * alignof(T);
    bytes_.resize(start + sizeof(T));
    std::memcpy(bytes_.data() + start, &value, sizeof(T));
  }
  std::vector<std::byte> bytes_;
};

using Setting = std::tuple<std::string, Order>;

class Kernels : public testing::TestWithParam<Setting> {
 protected:
  Kernels() : machine_({.order = std::get<1>(GetParam())}) {
    const std::string name = "/kernels_" + std::get<0>(GetParam()) + ".ptx";
    module_ = machine_.load(Module::parse(read(PTX_KERNELS_DIR + name)));
  }

  /// Memory of the device that the host has filled.
  template <class T>
  void give(std::vector<T>& values, const std::string& name) {
    take(values, name);
    machine_.mark_initialised(values.data(), values.size() * sizeof(T));
  }
  /// Memory of the device that kernels have to fill.
  template <class T>
  void take(std::vector<T>& values, const std::string& name) {
    machine_.register_buffer(values.data(), values.size() * sizeof(T), name);
  }
  template <class T>
  void expect_all_written(const std::vector<T>& values) {
    EXPECT_TRUE(machine_.is_initialised(values.data(), values.size() * sizeof(T)));
  }

  LaunchCounts launch(const std::string& entry,
                      std::uint32_t grid,
                      std::uint32_t block,
                      const Arguments& arguments,
                      std::size_t dynamic_shared_bytes = 0) {
    return machine_.launch(module_, {.entry = entry,
                                     .grid = {grid, 1, 1},
                                     .block = {block, 1, 1},
                                     .dynamic_shared_bytes = dynamic_shared_bytes,
                                     .parameters = arguments.bytes()});
  }

  template <class T>
  std::vector<T> random(std::size_t count) {
    std::vector<T> values(count);
    for (T& value : values)
      value = static_cast<T>(random_());
    return values;
  }

  Machine machine_;
  std::size_t module_ = 0;
  std::mt19937_64 random_{7};
};

TEST_P(Kernels, ComputeSumsAsTheHostDoes) {
  auto a = random<std::uint64_t>(kItems);
  auto b = random<std::int32_t>(kItems);
  std::vector<Sums> out(kItems);
  give(a, "a");
  give(b, "b");
  take(out, "out");
  launch("sums", 8, 128, Arguments(a.data(), b.data(), out.data(), kItems));
  for (std::size_t i = 0; i < kItems; ++i)
    ASSERT_EQ(out[i], sums_of(a[i], b[i])) << i;
}

TEST_P(Kernels, CallFunctionsWithStructures) {
  std::vector<Block> in(kItems);
  for (Block& block : in)
    for (std::int32_t& value : block.at)
      value = static_cast<std::int32_t>(random_() % 2001) - 1000;
  std::vector<Block> out(kItems);
  give(in, "in");
  take(out, "out");
  const LaunchCounts counts =
      launch("transforms", 4, 256, Arguments(in.data(), out.data(), kItems));
  const int weights[16] = {1, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47};
  const int primes[5] = {2, 3, 5, 7, 11};
  for (int i = 0; i < kItems; ++i) {
    Block expected = transformed(in[static_cast<std::size_t>(i)], i);
    if (i % 2 != 0)
      expected = transformed(expected, i / 2);
    for (int k = 0; k < 16; ++k)
      expected.at[k] += weights[k] * primes[k % 5];
    ASSERT_EQ(out[static_cast<std::size_t>(i)], expected) << i;
  }
  std::uint32_t calls = 0;
  std::memcpy(&calls, machine_.variable(module_, "calls").address, sizeof calls);
  EXPECT_EQ(calls, kItems * 3U / 2);
  EXPECT_GT(counts.local.loaded_bytes, 0U);
}

TEST_P(Kernels, BranchAndLoopByLane) {
  auto x = random<std::uint32_t>(kItems);
  std::vector<std::uint32_t> out(kItems);
  give(x, "x");
  take(out, "out");
  launch("choices", 3, 96, Arguments(x.data(), out.data(), kItems));
  for (std::size_t i = 0; i < kItems; ++i)
    ASSERT_EQ(out[i], chosen(x[i] & 255, x[i]) + steps_to_one((x[i] & 1023) + 1) +
                          divisor(x[i], static_cast<std::uint32_t>(i)))
        << i;
}

TEST_P(Kernels, ScanWithShuffles) {
  auto in = random<std::uint32_t>(512);
  std::vector<std::uint32_t> out(512);
  give(in, "in");
  take(out, "out");
  const LaunchCounts counts = launch("scan", 1, 512, Arguments(in.data(), out.data()));
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 512; ++i) {
    ASSERT_EQ(out[i], sum) << i;
    sum += in[i];
  }
  EXPECT_EQ(counts.barriers, 1U);
  EXPECT_EQ(counts.global.stored_bytes, 512U * 4);
}

TEST_P(Kernels, CountWithAtomicsAndVotes) {
  auto in = random<std::uint8_t>(5000);
  std::vector<std::uint32_t> bins(256);
  std::vector<std::uint32_t> bright(1);
  give(in, "in");
  give(bins, "bins");
  give(bright, "bright");
  launch("histogram", 5, 128, Arguments(in.data(), 5000, bins.data(), bright.data()), 1024);
  std::vector<std::uint32_t> expected(256);
  std::uint32_t over = 0;
  for (const std::uint8_t value : in) {
    ++expected[value];
    over += value > 200;
  }
  EXPECT_EQ(bins, expected);
  EXPECT_EQ(bright[0], over);
}

TEST_P(Kernels, SearchAsTheHostDoes) {
  constexpr std::size_t kBlocks = 6;
  constexpr std::size_t kWindowBytes = kWindow * kWindow;
  auto windows = random<std::uint8_t>(kBlocks * kWindowBytes);
  std::vector<std::uint8_t> blocks(kBlocks * 256);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    // From somewhere in the window, with noise; the last one is all equal.
    const std::size_t b = i / 256;
    const std::size_t at = (5 * b + i % 256 / 16) * kWindow + 6 * b + i % 16;
    blocks[i] = static_cast<std::uint8_t>(windows[b * kWindowBytes + at] ^ (random_() & 3));
  }
  std::fill(windows.end() - kWindowBytes, windows.end(), std::uint8_t{9});
  std::vector<Vector> found(kBlocks);
  give(blocks, "blocks");
  give(windows, "windows");
  take(found, "found");
  launch("search", kBlocks, 32, Arguments(Search{blocks.data(), windows.data(), found.data()}));
  for (std::size_t b = 0; b < kBlocks; ++b) {
    Vector best{.row = 0, .col = 0, .mode = 0, .cost = ~0U};
    for (int row = 0; row < 33; ++row) {
      for (int col = 0; col < 33; ++col) {
        std::uint32_t cost = 0;
        for (int i = 0; i < 256; ++i)
          cost += static_cast<std::uint32_t>(
              std::abs(blocks[b * 256 + static_cast<std::size_t>(i)] -
                       windows[b * kWindowBytes +
                               static_cast<std::size_t>((row + i / 16) * kWindow + col + i % 16)]));
        if (cost < best.cost)
          best = {static_cast<std::int16_t>(row), static_cast<std::int16_t>(col),
                  static_cast<std::uint8_t>(row ^ col), cost};
      }
    }
    ASSERT_EQ(found[b], best) << b;
  }
}

TEST_P(Kernels, AreFaultedForTheirRaces) {
  auto in = random<std::uint32_t>(256);
  std::vector<std::uint32_t> out(256);
  give(in, "in");
  take(out, "out");
  EXPECT_THROW(launch("scan_without_barrier", 1, 256, Arguments(in.data(), out.data())), Fault);
}

TEST_P(Kernels, AreFaultedForMissingInput) {
  std::vector<std::uint32_t> in(512);
  std::vector<std::uint32_t> out(512);
  take(in, "in");
  take(out, "out");
  EXPECT_THROW(launch("scan", 1, 512, Arguments(in.data(), out.data())), Fault);
}

std::string setting_name(const testing::TestParamInfo<Setting>& info) {
  const char* const orders[] = {"forward", "reverse", "shuffled"};
  return "sm_" + std::get<0>(info.param) + "_" +
         orders[static_cast<std::size_t>(std::get<1>(info.param))];
}
INSTANTIATE_TEST_SUITE_P(
    Ptx,
    Kernels,
    testing::Combine(testing::Values("75", "80", "90", "120"),
                     testing::Values(Order::kForward, Order::kReverse, Order::kShuffled)),
    setting_name);

}  // namespace
}  // namespace ptx
