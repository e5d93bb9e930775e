// Which step of an encode may run next: the order of work over chunks, without the work itself.
//
//   read ──> prepare ──> decide ──────────> rebase ──────────> write
//   one      one         `calls` at once,   one a chain,       one,
//   at once  at once     in order           in its order       in order
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

namespace host {

/// How much may be under way. All are at least 1; chunks are counted.
struct ScheduleLimits {
  int threads = 1;         ///< jobs at once, those that run elsewhere not counted
  int read_chunks = 1;     ///< of one read job
  int call_chunks = 1;     ///< of one decide job
  int calls = 1;           ///< decide jobs at once
  bool elsewhere = false;  ///< decide jobs run on other hardware
  int window = 1;          ///< chunks that are read and not written; at least least_window()

  /// The smallest window in which work never stops.
  int least_window() const { return call_chunks + 2 * read_chunks; }
};

/// One step. Chunks are numbered over the whole video.
struct Job {
  enum Kind : std::uint8_t { kRead, kPrepare, kDecide, kRebase, kWrite };

  Kind kind = kRead;
  std::int64_t first_chunk = 0;
  int chunks = 1;  ///< for kRead and kPrepare: as if the video had no end

  bool operator==(const Job&) const = default;
};

/// Hands out jobs as they become possible, the most urgent one first: what frees memory, then what
/// others wait for, then the rest, older chunks before newer ones. Not thread-safe.
class Schedule {
 public:
  /// `chunks_per_chain`: 0 for one endless chain.
  Schedule(const ScheduleLimits& limits, int chunks_per_chain)
      : limits_(limits), chunks_per_chain_(chunks_per_chain) {}

  /// The next job, which is begun by this call; nothing while none is possible.
  std::optional<Job> start();
  /// True if start() would give a job.
  bool ready() const { return pick().has_value(); }

  /// A read job is over. `more`: the video goes on behind its chunks.
  void finish_read(const Job& job, bool more);
  /// A prepare job is over; `chunks` of its chunks exist.
  void finish_prepare(const Job& job, int chunks);
  /// A decide, rebase or write job is over.
  void finish(const Job& job);

  /// Nothing is left to do.
  bool finished() const { return over_ && chunks_.empty(); }
  /// The first chunk that no finished decide job has decided.
  std::int64_t first_undecided() const;
  /// Chunks that are read and not written.
  int in_window() const { return static_cast<int>(read_end_ - first_); }

 private:
  enum class Stage : std::uint8_t { kPrepared, kDeciding, kDecided, kRebasing, kRebased };

  std::optional<Job> pick() const;
  std::optional<Job> pick_decide() const;
  std::optional<Job> pick_rebase() const;
  bool can_read() const;
  bool can_prepare() const;
  bool may_rebase(std::int64_t chunk, bool may_begin) const;
  bool begins_chain(std::int64_t chunk) const;
  bool ends_chain(std::int64_t chunk) const { return begins_chain(chunk + 1); }
  std::int64_t end() const { return first_ + static_cast<std::int64_t>(chunks_.size()); }
  Stage stage(std::int64_t chunk) const {
    return chunks_[static_cast<std::size_t>(chunk - first_)];
  }
  Stage& stage(std::int64_t chunk) { return chunks_[static_cast<std::size_t>(chunk - first_)]; }
  bool needs_thread(const Job& job) const { return job.kind != Job::kDecide || !limits_.elsewhere; }

  const ScheduleLimits limits_;
  const int chunks_per_chain_;
  std::deque<Stage> chunks_;  // prepared and not written, from first_ on
  std::int64_t first_ = 0;
  std::int64_t next_decide_ = 0;
  std::int64_t read_end_ = 0;  // one past the last chunk that was read
  bool read_all_ = false;      // the video ends before read_end_
  bool over_ = false;          // and all that exists is prepared
  bool reading_ = false;
  bool preparing_ = false;
  bool writing_ = false;
  int calls_ = 0;
  int busy_ = 0;         // threads
  int open_chains_ = 0;  // begun and not ended
};

}  // namespace host
