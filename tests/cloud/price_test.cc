// Sums over AWS's list prices.
#include "cloud/price.hh"

#include <gtest/gtest.h>

namespace cloud {
namespace {

// 3,552 workers for 60 s with 1.5 GB: the paper's film, at today's price of x86, which was
// theirs too.
TEST(Price, OfThePapersWorkersIsWhatItsAuthorsPaid) {
  const Usage usage{.memory_mb = 1536, .worker_ms = std::int64_t{3552} * 60'000};
  const std::int64_t compute = cost_of(usage, us_east_1()).compute;
  EXPECT_NEAR(static_cast<double>(compute), 3552 * 60 * 1.5 * 16'666.7, 1.0);
  EXPECT_EQ(dollars(compute), "$5.33");
}

TEST(Price, IsOfTheListWithItsDate) {
  const PriceTable& prices = us_east_1();
  EXPECT_EQ(prices.region, "us-east-1");
  EXPECT_EQ(prices.date.size(), std::string("2026-11-24").size());
  EXPECT_NE(prices.source.find("aws.amazon.com"), std::string::npos);
}

TEST(Price, AddsUpWhatWasUsed) {
  const Usage usage{.memory_mb = 1024,
                    .architecture = Architecture::kArm,
                    .worker_ms = 1'000'000,
                    .invocations = 1'000'000,
                    .puts = 1'000,
                    .gets = 10'000,
                    .stored_mb_s = std::int64_t{1000} * 30 * 24 * 3600,
                    .transferred_mb = 1000,
                    .exchange_ms = 3'600'000};
  const Cost wanted{.compute = 13'333'400,
                    .invocations = 200'000'000,
                    .store_requests = 9'000'000,
                    .storage = 23'000'000,
                    .transfer = 90'000'000,
                    .exchange = 21'800'000};
  EXPECT_EQ(cost_of(usage, us_east_1()), wanted);
  EXPECT_EQ(wanted.total(), 357'133'400);
}

TEST(Price, RoundsUpAndIsNothingForNothing) {
  EXPECT_EQ(cost_of({}, us_east_1()).total(), 0);
  const Usage least{.memory_mb = 128, .worker_ms = 1, .invocations = 1, .gets = 1};
  const Cost cost = cost_of(least, us_east_1());
  EXPECT_EQ(cost.compute, 3);  // 2.08
  EXPECT_EQ(cost.invocations, 200);
  EXPECT_EQ(cost.store_requests, 400);
}

// A year of 10,000 of the largest workers.
TEST(Price, DoesNotOverflow) {
  const Usage usage{.memory_mb = 10'240,
                    .worker_ms = std::int64_t{10'000} * 365 * 24 * 3600 * 1000,
                    .stored_mb_s = std::int64_t{1} << 50,
                    .transferred_mb = std::int64_t{1} << 40};
  const Cost cost = cost_of(usage, us_east_1());
  EXPECT_NEAR(static_cast<double>(cost.compute), 1e4 * 365 * 24 * 3600 * 10 * 16'666.7, 1e12);
  EXPECT_GT(cost.storage, 0);
  EXPECT_GT(cost.transfer, 0);
}

TEST(Price, OfAWorkerGrowsWithItsMemory) {
  EXPECT_EQ(worker_second(1024, Architecture::kX86, us_east_1()), 16'667);
  EXPECT_EQ(worker_second(10'240, Architecture::kX86, us_east_1()), 166'667);
  EXPECT_EQ(worker_second(1024, Architecture::kArm, us_east_1()), 13'334);
}

TEST(Price, IsReadableFromCentsToFractionsOfOne) {
  EXPECT_EQ(dollars(0), "$0.0000");
  EXPECT_EQ(dollars(4'200'000), "$0.0042");
  EXPECT_EQ(dollars(123'456'000'000), "$123.46");
}

}  // namespace
}  // namespace cloud
