// A world for the scheduler to run in: workers that die, hang, dawdle and answer twice, accounts
// that throttle, outputs that vanish. All of it follows from a seed.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "cloud/scheduler.hh"

namespace cloud::test {

/// How bad the world is, in percent.
struct Faults {
  int fails = 0;          ///< attempts that fail
  int throttled = 0;      ///< invocations that are refused
  int dies = 0;           ///< workers that fall silent
  int hangs = 0;          ///< workers that live on and never end
  int late = 0;           ///< workers that take ten times as long
  int twice = 0;          ///< answers that come twice
  int vanishes = 0;       ///< outputs that are gone when they are read
  int found_missing = 0;  ///< of the ticks: an output is found to be missing
  int killed = 0;         ///< of the ticks, in thousandths: the coordinator dies and begins anew
};

/// One video and its workers.
class World {
 public:
  World(std::uint64_t seed,
        const SchedulerOptions& options,
        std::vector<ChunkNeeds> video,
        const Faults& faults);

  /// Runs until the scheduler has finished, for ten days of the world's time at most. Expects all
  /// that the scheduler promises.
  void run();

  bool finished() const { return scheduler_.finished(); }
  bool given_up() const { return scheduler_.given_up(); }
  const action::GiveUp& reason() const { return reason_; }
  /// Chunks in the order of writing, since the coordinator last began.
  const std::vector<std::int64_t>& written() const { return written_; }
  /// Everything that was asked for, as text.
  const std::vector<std::string>& history() const { return history_; }
  SchedulerStatus status() const { return scheduler_.status(now_); }
  std::int64_t now() const { return now_; }
  int most_workers() const { return most_workers_; }
  int restarts() const { return life_; }
  /// Attempts at each task, over all lives.
  const std::map<TaskId, int>& attempts() const { return attempts_; }

 private:
  struct Worker {
    std::vector<TaskOutput> inputs;
    std::int64_t ends = 0;  // never: it is silent or hangs
    bool alive = true;      // sends heartbeats
    bool throttled = false;
    bool fails = false;
    bool ignored = false;
    int answers = 1;
  };
  struct Late {  // an answer that comes when nobody waits for it
    std::int64_t at = 0;
    event::Done done;
  };

  void send(const Event& event);
  void carry_out(const Action& action);
  void invoke(const action::Invoke& invoke);
  Worker fate(const action::Invoke& invoke);
  void step();
  void read_on();
  void end(const Attempt& attempt, const Worker& worker);
  void answer(const Attempt& attempt, int times);
  void lose_something();
  void begin_again();
  void count_workers();
  std::int64_t below(std::int64_t n);
  bool percent(int chance) { return below(100) < chance; }

  std::mt19937_64 random_;
  SchedulerOptions options_;
  std::vector<ChunkNeeds> video_;
  Faults faults_;
  Scheduler scheduler_;
  std::int64_t now_ = 0;
  std::map<Attempt, Worker> workers_;
  std::vector<Late> late_;
  std::set<TaskOutput> store_;
  std::vector<std::int64_t> written_;
  std::vector<std::string> history_;
  std::map<TaskId, int> attempts_;
  action::GiveUp reason_;
  std::size_t added_ = 0;
  int life_ = 0;
  int most_workers_ = 0;
};

/// Chunks of chains of `per_chain` each.
std::vector<ChunkNeeds> video_of(int chunks, int per_chain, bool boundary = false);

}  // namespace cloud::test
