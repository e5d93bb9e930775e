// Four quantisers for many wishes: no other four are nearer.
#include "host/segments.hh"

#include <algorithm>
#include <limits>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace host {
namespace {

using Wanted = std::vector<std::uint8_t>;

int squared(int difference) {
  return difference * difference;
}

// What the choice costs, the map taken at its word.
int error_of(const Segments& segments, const Wanted& wanted) {
  int error = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    error += squared(wanted[i] - segments.q_index[segments.map[i]]);
  return error;
}

// What `wanted` costs if each takes the nearest of four indices.
int nearest_error(const std::array<int, vp8::kSegments>& indices, const Wanted& wanted) {
  int error = 0;
  for (const int value : wanted) {
    int nearest = std::numeric_limits<int>::max();
    for (const int index : indices)
      nearest = std::min(nearest, squared(value - index));
    error += nearest;
  }
  return error;
}

// The least error of all fours of indices within `low`..`high`, outside of which nothing is wanted.
int least_error(const Wanted& wanted, int low, int high) {
  int least = std::numeric_limits<int>::max();
  for (int a = low; a <= high; ++a) {
    for (int b = a; b <= high; ++b) {
      for (int c = b; c <= high; ++c) {
        for (int d = c; d <= high; ++d)
          least = std::min(least, nearest_error({a, b, c, d}, wanted));
      }
    }
  }
  return least;
}

void expect_whole_map(const Segments& segments, const Wanted& wanted) {
  ASSERT_EQ(segments.map.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    ASSERT_LT(segments.map[i], vp8::kSegments);
    for (std::size_t j = 0; j < i; ++j) {
      if (wanted[i] == wanted[j]) {
        EXPECT_EQ(segments.map[i], segments.map[j]) << int{wanted[i]};
      }
    }
  }
  for (const std::uint8_t index : segments.q_index)
    EXPECT_LE(index, vp8::kMaxQIndex);
}

TEST(Segments, AreTheBestFourThereAre) {
  constexpr int kSpan = 11;
  std::mt19937 random(5);
  for (const int low : {0, 60, vp8::kMaxQIndex - kSpan}) {
    for (int round = 0; round < 20; ++round) {
      Wanted wanted;
      const std::size_t macroblocks = 5 + random() % 30;
      // Lopsided, so that equal shares of the scale or of the macroblocks are not the best.
      while (wanted.size() < macroblocks) {
        const auto far = std::min(random() % (kSpan + 1), random() % (kSpan + 1));
        wanted.push_back(static_cast<std::uint8_t>(low + static_cast<int>(far)));
      }
      const Segments segments = choose_segments(wanted);
      expect_whole_map(segments, wanted);
      EXPECT_EQ(error_of(segments, wanted), least_error(wanted, low, low + kSpan));
    }
  }
}

TEST(Segments, SpanTheWholeScale) {
  const Wanted wanted = {127, 0, 1, 60, 61, 126, 90, 0};
  const Segments segments = choose_segments(wanted);
  expect_whole_map(segments, wanted);
  EXPECT_EQ(error_of(segments, wanted), 1 + 1 + 1);
}

TEST(Segments, GiveUpToFourWishesExactly) {
  for (const Wanted& distinct : {Wanted{9}, {0, 127}, {3, 4, 5}, {0, 1, 126, 127}}) {
    Wanted wanted;
    for (std::size_t i = 0; i < 20; ++i)
      wanted.push_back(distinct[i * i % distinct.size()]);
    const Segments segments = choose_segments(wanted);
    expect_whole_map(segments, wanted);
    EXPECT_EQ(error_of(segments, wanted), 0) << distinct.size();
  }
}

// An index that nobody wants would be written for nothing, and be beyond --min-q.
TEST(Segments, ThatNobodyNeedsRepeatAnothersIndex) {
  for (const Wanted& wanted : {Wanted{77, 77, 77}, {0}, {127}, {30, 90, 30}, {5, 50, 70, 5}}) {
    const std::set<std::uint8_t> asked(wanted.begin(), wanted.end());
    for (const std::uint8_t index : choose_segments(wanted).q_index)
      EXPECT_TRUE(asked.contains(index)) << int{index};
  }
}

TEST(Segments, DoNotDependOnTheOrderOfMacroblocks) {
  Wanted wanted = {10, 20, 21, 35, 36, 37, 80, 99, 10, 20};
  const Segments segments = choose_segments(wanted);
  std::reverse(wanted.begin(), wanted.end());
  Segments reversed = choose_segments(wanted);
  std::reverse(reversed.map.begin(), reversed.map.end());
  EXPECT_EQ(reversed, segments);
}

}  // namespace
}  // namespace host
