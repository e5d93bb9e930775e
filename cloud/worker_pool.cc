// Workers that start, idle and are throttled.
#include "cloud/worker_pool.hh"

#include <algorithm>
#include <cmath>

namespace cloud {
namespace {

// What random numbers of this file are for; cloud/simulate.cc has its own, from 16 on.
enum Purpose : std::uint64_t { kStart, kLate, kLateBy, kSpeed };

constexpr double kLateLeastMs = 10'000;
constexpr double kLateMoreMs = 10'000;

}  // namespace

double WorkerPool::cold_start_ms(std::uint64_t worker) const {
  if (draw_.uniform(kLate, worker) < model_.late_chance)
    return kLateLeastMs + kLateMoreMs * draw_.uniform(kLateBy, worker);
  return model_.cold_median_ms * std::exp(model_.cold_sigma * draw_.normal(kStart, worker));
}

bool WorkerPool::may_start_cold(double now_ms) {
  const double most = model_.burst;
  const double grown = (now_ms - tokens_at_ms_) * model_.per_second / 1000;
  tokens_ = tokens_ < 0 ? most : std::min(most, tokens_ + grown);
  tokens_at_ms_ = now_ms;
  if (tokens_ < 1 || running_ >= model_.account_limit)
    return false;
  tokens_ -= 1;
  return true;
}

std::optional<std::int64_t> WorkerPool::idle_worker(std::int64_t chunk) {
  if (model_.resident) {
    const auto resident = residents_.extract(chunk);
    return resident.empty() ? std::optional<std::int64_t>{} : resident.mapped();
  }
  if (idle_.empty() || running_ >= model_.account_limit)
    return {};
  const std::int64_t last = idle_.back();
  idle_.pop_back();
  ++running_;
  return last;
}

std::optional<WorkerPool::Lease> WorkerPool::take(std::int64_t chunk, double now_ms) {
  Lease lease{.worker = cold_starts_, .start_ms = model_.warm_ms};
  if (const std::optional<std::int64_t> idle = idle_worker(chunk)) {
    lease.worker = *idle;
  } else {
    if (!may_start_cold(now_ms))
      return {};
    ++running_;
    lease.cold = true;
    lease.start_ms = cold_start_ms(static_cast<std::uint64_t>(cold_starts_++));
  }
  peak_ = std::max(peak_, running_);
  lease.speed = draw_.factor(model_.worker_sigma, kSpeed, static_cast<std::uint64_t>(lease.worker));
  return lease;
}

bool WorkerPool::give_back(std::int64_t worker, std::int64_t chunk, bool lives) {
  if (model_.resident && lives && residents_.emplace(chunk, worker).second)
    return true;
  --running_;
  if (lives && !model_.resident)
    idle_.push_back(worker);
  return false;
}

std::optional<std::int64_t> WorkerPool::dismiss(std::int64_t chunk) {
  const auto resident = residents_.extract(chunk);
  if (resident.empty())
    return {};
  --running_;
  return resident.mapped();
}

}  // namespace cloud
