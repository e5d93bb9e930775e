// Medians of durations.
#include "cloud/duration_sample.hh"

#include <gtest/gtest.h>

namespace cloud {
namespace {

TEST(DurationSample, KnowsItsMedianWithinAnEighth) {
  DurationSample sample;
  EXPECT_EQ(sample.median(), 0);
  for (std::int64_t ms = 1; ms < (std::int64_t{1} << 40); ms = ms * 3 / 2 + 1) {
    DurationSample one;
    one.add(ms);
    EXPECT_LE(one.median(), ms);
    EXPECT_GE(one.median() * 9 / 8 + 1, ms);
  }
  for (const std::int64_t ms : {7, 1, 5, 1'000'000, 3})
    sample.add(ms);
  EXPECT_EQ(sample.median(), 5);
  sample.add(-5);
  sample.add(std::int64_t{1} << 62);
  EXPECT_EQ(sample.count(), 7);
}

}  // namespace
}  // namespace cloud
