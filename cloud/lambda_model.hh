// A model of AWS Lambda and of the work of an encode, for simulations. Every number says where it
// is from; those that nobody has measured are called assumptions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cloud/price.hh"
#include "host/plan.hh"

namespace cloud {

/// Random numbers that depend on what they are for (0 to 63) and whom, and on nothing else: so that
/// a change of the order in which workers start does not change how fast each is.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : seed_(seed) {}

  /// Equally likely anywhere in 0..1, without 1.
  double uniform(std::uint64_t purpose, std::uint64_t a, std::uint64_t b = 0) const;
  /// Of the normal distribution with mean 0 and deviation 1.
  double normal(std::uint64_t purpose, std::uint64_t a, std::uint64_t b = 0) const;
  /// Log-normal with mean 1: exp of a normal number with deviation `sigma`.
  double factor(double sigma, std::uint64_t purpose, std::uint64_t a, std::uint64_t b = 0) const;

 private:
  std::uint64_t seed_;
};

/// A service that starts workers.
struct LambdaModel {
  double cold_median_ms = 0;  ///< from the call to the first line of ours, log-normal
  double cold_sigma = 0;
  double late_chance = 0;       ///< that a cold start takes 10 to 20 s
  double warm_ms = 0;           ///< the same in a worker that has run before
  double mb_per_s = 0;          ///< between a worker and the store, each way
  double latency_ms = 0;        ///< before a transfer begins
  double worker_sigma = 0;      ///< how speeds of workers differ, log-normal
  double failure_chance = 0;    ///< that an attempt fails
  double silence_chance = 0;    ///< that it dies without a word
  double straggler_chance = 0;  ///< that it takes straggler_factor as long
  double straggler_factor = 1;
  int account_limit = 0;  ///< workers at once, the rest is throttled
  int burst = 0;          ///< cold starts at once, then
  int per_second = 0;     ///< so many each second
  int memory_mb = 0;
  Architecture architecture = Architecture::kX86;
  /// Each chunk keeps its worker, paid for, with its pictures, from its first task to its last one;
  /// as the original system did. Otherwise each task takes any worker.
  bool resident = false;
};

/// A video and what its steps take on a worker of the model.
struct Workload {
  std::int64_t pictures = 0;
  int chunk_frames = 6;
  int chunks_per_chain = 16;  ///< 0: one endless chain
  bool boundary = false;
  double first_pass_ms = 0;  ///< a picture; with the state at its end, where boundary needs it
  double boundary_ms = 0;    ///< a chunk
  double rebase_ms = 0;      ///< a picture
  double content_sigma = 0;  ///< how chains differ in what their pictures take, log-normal
  double source_mb = 0;      ///< a picture, compressed without loss
  double decisions_mb = 0;   ///< a picture
  double frame_mb = 0;       ///< a picture, coded
  double state_mb = 0;
  bool uploaded = false;        ///< the pictures are in the store already
  double read_ms = 0;           ///< a picture: the coordinator's reading, comparing and compressing
  double coordinator_mb_s = 0;  ///< its line to the store, each way
};

/// A model, a video and what is to be known about where they come from.
struct Scenario {
  std::string name;
  LambdaModel lambda;
  Workload work;
  std::vector<std::string> sources;  ///< a line each
};

/// The paper's encode of Sintel (14:48) in 4K, [6, 16], on Lambda of 2017.
Scenario paper_scenario();
/// An encode of `pictures` pictures by this program on Lambda of today; what its steps take goes
/// with the size of the pictures and the effort.
Scenario encode_scenario(const host::Plan& plan, std::int64_t pictures);

}  // namespace cloud
