// What a run costs on AWS, from a table of list prices. Free tiers, discounts and taxes are left
// out: the bill is at most this. Integers of nano-dollars.
#pragma once

#include <cstdint>
#include <string>

namespace cloud {

/// The processors that Lambda offers.
enum class Architecture : std::uint8_t { kX86, kArm };

/// List prices in nano-dollars (10^-9 dollars). A GB of memory is 2^30 bytes, one of storage or
/// transfer 10^9.
struct PriceTable {
  std::string region;
  std::string date;    ///< when the prices were looked up
  std::string source;  ///< where
  std::int64_t x86_per_kilo_gb_s = 0;
  std::int64_t arm_per_kilo_gb_s = 0;
  std::int64_t lambda_per_kilo_requests = 0;
  std::int64_t s3_per_kilo_puts = 0;  ///< also lists and parts of multipart uploads
  std::int64_t s3_per_kilo_gets = 0;
  std::int64_t s3_per_gb_month = 0;    ///< a month is 30 days
  std::int64_t transfer_per_gb = 0;    ///< from the bucket to a machine outside AWS
  std::int64_t exchange_per_hour = 0;  ///< the template's exchange host, with its address
};

/// The only table there is: us-east-1.
const PriceTable& us_east_1();

/// What a run has used, or will.
struct Usage {
  int memory_mb = 0;  ///< of a worker
  Architecture architecture = Architecture::kX86;
  std::int64_t worker_ms = 0;  ///< over all workers
  std::int64_t invocations = 0;
  std::int64_t puts = 0;
  std::int64_t gets = 0;
  std::int64_t stored_mb_s = 0;     ///< megabytes (10^6 bytes) in the bucket, times seconds
  std::int64_t transferred_mb = 0;  ///< out of AWS
  std::int64_t exchange_ms = 0;     ///< with the exchange host up
};

/// What that costs, in nano-dollars, each rounded up.
struct Cost {
  std::int64_t compute = 0;
  std::int64_t invocations = 0;
  std::int64_t store_requests = 0;
  std::int64_t storage = 0;
  std::int64_t transfer = 0;
  std::int64_t exchange = 0;

  std::int64_t total() const {
    return compute + invocations + store_requests + storage + transfer + exchange;
  }
  bool operator==(const Cost&) const = default;
};

/// Exact while the usage stays below 2^60 megabyte-milliseconds and as much of the rest.
Cost cost_of(const Usage& usage, const PriceTable& prices);

/// Nano-dollars of a second of one worker.
std::int64_t worker_second(int memory_mb, Architecture architecture, const PriceTable& prices);

/// For people: "$5.32", "$0.0042".
std::string dollars(std::int64_t nano_dollars);

}  // namespace cloud
