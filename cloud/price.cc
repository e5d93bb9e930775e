// List prices of AWS, and sums over them.
#include "cloud/price.hh"

#include <fmt/core.h>

namespace cloud {
namespace {

constexpr std::int64_t kNano = 1'000'000'000;
constexpr std::int64_t kMonthSeconds = std::int64_t{30} * 24 * 3600;

// amount * price / unit, rounded up, without a larger product than unit * price.
std::int64_t cost(std::int64_t amount, std::int64_t price, std::int64_t unit) {
  return amount / unit * price + (amount % unit * price + unit - 1) / unit;
}

std::int64_t per_kilo_gb_s(Architecture architecture, const PriceTable& prices) {
  return architecture == Architecture::kX86 ? prices.x86_per_kilo_gb_s : prices.arm_per_kilo_gb_s;
}

}  // namespace

const PriceTable& us_east_1() {
  static const PriceTable table = {
      .region = "us-east-1",
      .date = "2026-11-24",
      .source = "aws.amazon.com/lambda/pricing, /s3/pricing, /ec2/pricing/on-demand, /vpc/pricing",
      .x86_per_kilo_gb_s = 16'666'700,      // $0.0000166667 a GB-s
      .arm_per_kilo_gb_s = 13'333'400,      // $0.0000133334
      .lambda_per_kilo_requests = 200'000,  // $0.20 a million
      .s3_per_kilo_puts = 5'000'000,        // $0.005
      .s3_per_kilo_gets = 400'000,          // $0.0004
      .s3_per_gb_month = 23'000'000,        // $0.023
      .transfer_per_gb = 90'000'000,        // $0.09
      .exchange_per_hour = 21'800'000,      // t4g.small $0.0168, public IPv4 address $0.005
  };
  return table;
}

Cost cost_of(const Usage& usage, const PriceTable& prices) {
  constexpr std::int64_t kKiloGbSecond = std::int64_t{1000} * 1024 * 1000;  // in MB-milliseconds
  Cost sum;
  sum.compute = cost(usage.memory_mb * usage.worker_ms, per_kilo_gb_s(usage.architecture, prices),
                     kKiloGbSecond);
  sum.invocations = cost(usage.invocations, prices.lambda_per_kilo_requests, 1000);
  sum.store_requests = cost(usage.puts, prices.s3_per_kilo_puts, 1000) +
                       cost(usage.gets, prices.s3_per_kilo_gets, 1000);
  sum.storage = cost(usage.stored_mb_s, prices.s3_per_gb_month, 1000 * kMonthSeconds);
  sum.transfer = cost(usage.transferred_mb, prices.transfer_per_gb, 1000);
  sum.exchange = cost(usage.exchange_ms, prices.exchange_per_hour, 3'600'000);
  return sum;
}

std::int64_t worker_second(int memory_mb, Architecture architecture, const PriceTable& prices) {
  return cost(memory_mb, per_kilo_gb_s(architecture, prices), 1024 * 1000);
}

std::string dollars(std::int64_t nano_dollars) {
  const std::int64_t digits = nano_dollars < kNano / 10 ? 4 : 2;
  return fmt::format("${:.{}f}", static_cast<double>(nano_dollars) / kNano, digits);
}

}  // namespace cloud
