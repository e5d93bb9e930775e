// Tests of what the checker says about single loads and stores.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/checker/checker.hh"

namespace checker {
namespace {

TEST(CheckedMemory, FindsAccessesPastBothEnds) {
  Buffer<int> numbers("numbers", std::vector<int>(8));
  Buffer<int> out("out", 8);
  for (const int shift : {-1, 1}) {
    const Report read = run({.lanes = 4}, [&](const auto& team) {
      team.each(8, [&](int i) { out.data()[i] = numbers.data()[i + shift]; });
    });
    EXPECT_EQ(read.faults.size(), 1) << read;
    EXPECT_TRUE(read.has(shift < 0 ? "reads numbers[-1] (4 of 32 bytes, at byte -4)"
                                   : "reads numbers[8] (4 of 32 bytes, at byte 32)"))
        << read;
    const Report write = run({.lanes = 4}, [&](const auto& team) {
      team.each(8, [&](int i) { out.data()[i + shift] = 0; });
    });
    EXPECT_TRUE(write.has(shift < 0 ? "writes out[-1]" : "writes out[8]")) << write;
  }
}

TEST(CheckedMemory, FindsAccessesThatLeaveABuffer) {
  Buffer<std::uint8_t> bytes("bytes", std::vector<std::uint8_t>(10));
  Buffer<std::uint64_t> out("out", 1);
  const Report report = run({.lanes = 1}, [&](const auto& team) {
    team.once([&] { std::memcpy(out.data(), bytes.data() + 3, 8); });
  });
  EXPECT_TRUE(report.has("out of bounds: lane 0 reads bytes[3] (8 of 10 bytes")) << report;
}

TEST(CheckedMemory, EndsALaunchThatTouchesForeignMemory) {
  const auto heap = std::make_unique<int>(5);
  int* const foreign = heap.get();
  Buffer<int> out("out", 2);
  const Report report = run({.lanes = 2}, [&, foreign](const auto& team) {
    team.each(2, [&](int i) { out.data()[i] = *foreign; });
  });
  EXPECT_EQ(report.faults.size(), 1) << report;
  EXPECT_TRUE(report.has("which is in no buffer")) << report;
  EXPECT_EQ(out.unwritten_bytes(), sizeof(int) * 2);
}

constexpr std::array<int, 4> kTable = {2, 3, 5, 7};

TEST(CheckedMemory, LetsLanesReadConstantsAndArguments) {
  const std::array<int, 4> argument = {1, 2, 3, 4};
  Buffer<int> out("out", 4);
  const Report report = run({.lanes = 4}, [&](const auto& team) {
    team.each(4, [&](int i) {
      const auto at = static_cast<std::size_t>(i);
      out.data()[i] = kTable[at] * argument[at];
    });
  });
  EXPECT_TRUE(report.clean()) << report;
  EXPECT_EQ(out.values()[3], 28);
}

TEST(CheckedMemory, FindsWritesToTheTestsStack) {
  int count = 0;
  const Report report =
      run({.lanes = 2}, [&](const auto& team) { team.each(2, [&](int) { ++count; }); });
  EXPECT_TRUE(report.has("not writable: lane 0 writes 4 bytes of the test's stack")) << report;
  EXPECT_EQ(count, 0);
}

TEST(CheckedMemory, FindsAccessesToAnotherLanesStack) {
  Buffer<int*> shared("shared", 1);
  Buffer<int> out("out", 4);
  const Report report = run({.lanes = 4}, [&](const auto& team) {
    int mine = team.lane();
    team.once([&] { *shared.data() = &mine; });
    team.each(4, [&](int i) { out.data()[i] = **shared.data(); });
  });
  EXPECT_TRUE(report.has("another lane's stack: lane 1 reads 4 bytes of lane 0's stack")) << report;
}

TEST(CheckedMemory, FindsReadsOfWhatNobodyWrote) {
  Buffer<std::uint16_t> in("in", 3);
  Buffer<int> out("out", 3);
  in.set(0, 1);
  in.set(2, 1);
  const Report report = run({.lanes = 2}, [&](const auto& team) {
    team.each(3, [&](int i) { out.data()[i] = in.data()[i]; });
  });
  ASSERT_EQ(report.faults.size(), 1) << report;
  EXPECT_TRUE(report.has("uninitialised: lane 1 reads in[1]")) << report;
}

TEST(CheckedMemory, ChecksBlockOperations) {
  Buffer<std::uint8_t> from("from", std::vector<std::uint8_t>(20));
  Buffer<std::uint8_t> to("to", 16);
  const Report copy = run({.lanes = 1}, [&](const auto& team) {
    team.once([&] { std::copy_n(from.data(), 17, to.data()); });
  });
  EXPECT_TRUE(copy.has("out of bounds: lane 0 writes to[0] (17 of 16 bytes")) << copy;
  const Report fill = run({.lanes = 1}, [&](const auto& team) {
    team.once([&] { std::fill_n(to.data() + 1, 16, std::uint8_t{1}); });
  });
  EXPECT_TRUE(fill.has("out of bounds: lane 0 writes to[1] (16 of 16")) << fill;
  Buffer<std::array<int, 9>> arrays("arrays", 2);
  const Report whole = run({.lanes = 1}, [&](const auto& team) {
    team.once([&] { arrays.data()[1] = arrays.data()[0]; });
  });
  EXPECT_TRUE(whole.has("uninitialised: lane 0 reads arrays[0] (36 of 72 bytes")) << whole;
  const Report assign = run({.lanes = 2}, [&](const auto& team) {
    arrays.data()[1] = {1, 2, 3};
    team.sync();
  });
  EXPECT_TRUE(assign.has("race: lane 1 writes arrays[1] (36 of 72 bytes")) << assign;
  for (const int fresh : {0, 1}) {
    Buffer<std::array<std::uint8_t, 40>> pair("pair", 2);
    pair.set(static_cast<std::size_t>(1 - fresh), {});
    const Report compare = run({.lanes = 1}, [&](const auto& team) {
      team.once([&] {
        if (pair.data()[0] == pair.data()[1])
          to.data()[0] = 1;
      });
    });
    EXPECT_TRUE(compare.has("uninitialised: lane 0 reads pair[" + std::to_string(fresh) + "]"))
        << compare;
  }
  const Report set = run({.lanes = 2}, [&](const auto& team) {
    std::memset(to.data(), 0, to.size());
    team.sync();
  });
  EXPECT_TRUE(set.has("race: lane 1 writes to[0] (16 of 16 bytes")) << set;
}

TEST(CheckedMemory, FindsMisalignedWords) {
  Buffer<std::uint8_t> bytes("bytes", std::vector<std::uint8_t>(16));
  Buffer<std::uint32_t> out("out", 1);
  const Report report = run({.lanes = 1}, [&](const auto& team) {
    team.once([&] { *out.data() = *reinterpret_cast<const std::uint32_t*>(bytes.data() + 2); });
  });
  EXPECT_TRUE(report.has("misaligned: lane 0 uses bytes[2] (4 of 16 bytes, at byte 2) as"))
      << report;
  const Report said = run({.lanes = 1}, [&](const auto& team) {
    team.once([&] {
      std::memcpy(out.data(), __builtin_assume_aligned(bytes.data() + 4, 8), sizeof *out.data());
    });
  });
  EXPECT_TRUE(said.has("misaligned: lane 0 uses bytes[4] (8 of 16 bytes, at byte 4) as 8")) << said;
}

}  // namespace
}  // namespace checker
