// What coordinator and workers tell each other. The bytes are canonical and versioned: reading
// accepts exactly what writing gives.
#pragma once

#include <cstdint>
#include <string>

#include "cloud/bytes.hh"
#include "cloud/seal.hh"

namespace cloud {

/// The steps of a chunk that workers take.
enum class Phase : std::uint8_t {
  kFirstPass,  ///< decides about all pictures of the chunk, against stand-ins
  kBoundary,   ///< decides about its first picture again, given the neighbour's first-pass state
  kRebase,     ///< codes it for good, given the neighbour's rebased state
  kPhases,
};

/// One task of a worker: a pure call on objects of the run, named by (run, chunk, phase).
struct Task {
  SealKey key{};              ///< of the run
  std::uint64_t attempt = 0;  ///< different for each start of the same task
  Phase phase = Phase::kFirstPass;
  std::int64_t chunk = 0;

  bool operator==(const Task&) const = default;
};

/// Where the time of a task went, in microseconds.
struct TaskTimes {
  std::uint64_t fetch = 0;    ///< inputs: transfer, check, decompression
  std::uint64_t state = 0;    ///< the state of the chunk before: transfer and check
  std::uint64_t code = 0;     ///< first pass, boundary or rebase: processor time
  std::uint64_t measure = 0;  ///< PSNR and SSIM: processor time
  std::uint64_t store = 0;    ///< outputs: compression, transfer
  std::uint64_t wall = 0;     ///< all of it

  TaskTimes& operator+=(const TaskTimes& other);
  bool operator==(const TaskTimes&) const = default;
};

/// What became of a task.
struct Result {
  enum class Status : std::uint8_t {
    kDone,       ///< all outputs are in the store
    kLostInput,  ///< `text` is the key of an object that is missing or damaged
    kFailed,     ///< `text` says why; another attempt may succeed
    kRefused,    ///< `text` says why; no attempt will succeed
    kStatuses,
  };

  std::uint64_t attempt = 0;
  Phase phase = Phase::kFirstPass;
  std::int64_t chunk = 0;
  Status status = Status::kDone;
  std::string text;
  TaskTimes times;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  bool cold = false;  ///< the first task of its worker

  bool operator==(const Result&) const = default;
};

/// A task travels over an authenticated, encrypted channel; the key is in it.
Bytes write_task(const Task& task);
/// Throws Damaged for bytes that write_task() does not give.
Task read_task(ByteSpan bytes);

/// A result is sealed with the run's key.
Bytes write_result(const Result& result, const SealKey& key);
/// Throws Damaged for bytes that write_result() does not give with this key.
Result read_result(ByteSpan bytes, const SealKey& key);

}  // namespace cloud
