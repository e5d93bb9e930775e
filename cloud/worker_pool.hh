// The workers of a model of Lambda: who is there, who is idle, how fast each is, when they are
// throttled.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "cloud/lambda_model.hh"

namespace cloud {

/// Workers are numbered in the order of their cold starts.
class WorkerPool {
 public:
  WorkerPool(const LambdaModel& model, const Draw& draw) : model_(model), draw_(draw) {}

  /// A worker on a task.
  struct Lease {
    std::int64_t worker = 0;
    double start_ms = 0;  ///< until it begins
    double speed = 1;     ///< what it takes, as a factor
    bool cold = false;
  };

  /// A worker for a task of a chunk; nothing where the account is throttled. Resident workers stay
  /// with their chunk: a chunk whose worker is busy gets another one.
  std::optional<Lease> take(std::int64_t chunk, double now_ms);
  /// It has ended; `lives`: it can be used again. Returns whether it stays with its chunk.
  bool give_back(std::int64_t worker, std::int64_t chunk, bool lives);
  /// Nobody needs the chunk's resident worker any longer. Returns it, if there is one.
  std::optional<std::int64_t> dismiss(std::int64_t chunk);

  int peak() const { return peak_; }
  std::int64_t cold_starts() const { return cold_starts_; }

 private:
  std::optional<std::int64_t> idle_worker(std::int64_t chunk);
  bool may_start_cold(double now_ms);
  double cold_start_ms(std::uint64_t worker) const;

  const LambdaModel& model_;
  const Draw& draw_;
  std::vector<std::int64_t> idle_;                  // the last one used is used first
  std::map<std::int64_t, std::int64_t> residents_;  // idle ones, by chunk
  int running_ = 0;
  int peak_ = 0;
  std::int64_t cold_starts_ = 0;
  double tokens_ = -1;  // cold starts that are allowed now; below 0: not asked for yet
  double tokens_at_ms_ = 0;
};

}  // namespace cloud
