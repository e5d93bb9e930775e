// What the coordinator does next: a state machine over the tasks of a video. It does no input or
// output and asks no clock, so the same events at the same times always give the same actions; the
// driver of a real run and the model of `fastslow simulate` are both around it.
//
// It keeps these promises, whatever the events are:
//   - a task is started only when all its inputs exist, and no more workers run at once than are
//     allowed: so no worker ever waits for a worker, and nothing can block;
//   - of all attempts at a task the first that is done counts, later ones change nothing;
//   - each chunk is written once, in order, or the run ends with a reason.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cloud/concurrency_ramp.hh"
#include "cloud/duration_sample.hh"
#include "cloud/task_graph.hh"

namespace cloud {

/// One try at a task; numbers count from 1 for each task.
struct Attempt {
  TaskId task;
  int number = 0;

  auto operator<=>(const Attempt&) const = default;
};

/// Why an attempt ended without an output.
enum class Failure : std::uint8_t {
  kRetryable,  ///< may go well next time
  kThrottled,  ///< never ran: the account has no worker for it now
  kLostInput,  ///< an input is not there, or damaged
  kFatal,      ///< would fail again, like refused credentials: the run ends
};

// What can happen. Events about attempts may come late, twice and in any order.
namespace event {
/// A worker has begun.
struct Started {
  Attempt attempt;
};
/// It is alive.
struct Heartbeat {
  Attempt attempt;
};
/// It has written its output, which `output` names.
struct Done {
  Attempt attempt;
  std::string output;
};
/// It has ended without.
struct Failed {
  Attempt attempt;
  Failure kind = Failure::kRetryable;
  std::string reason;            ///< for people
  std::vector<TaskOutput> lost;  ///< for kLostInput: which
};
/// Somebody found an output missing or damaged: it will be made again if it is still needed.
struct OutputLost {
  TaskOutput lost;
};
/// Time has passed; should come several times a second.
struct Tick {};
}  // namespace event
using Event = std::variant<event::Started,
                           event::Heartbeat,
                           event::Done,
                           event::Failed,
                           event::OutputLost,
                           event::Tick>;

/// Why a run ends early.
enum class EndReason : std::uint8_t {
  kFatal,      ///< a fatal failure
  kExhausted,  ///< a task failed too often
  kLost,       ///< an output was lost too often
  kThrottled,  ///< the account had no worker for too long
  kCost,       ///< the next worker could exceed the money that may be spent
};

// What is to be done.
namespace action {
/// Start an attempt: on a worker, or here for steps that take none.
struct Invoke {
  Attempt attempt;
  std::vector<TaskOutput> inputs;  ///< what it reads
  bool operator==(const Invoke&) const = default;
};
/// An attempt's outcome does not matter any more. It may be stopped; it counts as running until an
/// event says that it is over, or it has been silent for too long.
struct Ignore {
  Attempt attempt;
  bool operator==(const Ignore&) const = default;
};
/// Append the frames of a fetched chunk to the video.
struct Write {
  std::int64_t chunk = 0;
  bool operator==(const Write&) const = default;
};
/// The run is over; what is committed can be resumed from. No action follows.
struct GiveUp {
  EndReason reason = EndReason::kFatal;
  std::string text;  ///< for people
  bool operator==(const GiveUp&) const = default;
};
}  // namespace action
using Action = std::variant<action::Invoke, action::Ignore, action::Write, action::GiveUp>;

/// What workers cost, in nano-dollars.
struct WorkerPrice {
  std::int64_t per_second = 0;
  std::int64_t per_invocation = 0;
};

/// How to run; all times in milliseconds.
struct SchedulerOptions {
  RampOptions workers;
  int uploads = 8;       ///< at once
  int fetches = 32;      ///< at once
  int fetch_ahead = 64;  ///< chunks fetched and not written, at most

  int attempts = 5;      ///< failures of a task before the run ends
  int losses = 5;        ///< of an output, likewise
  int backoff_ms = 500;  ///< before the second attempt; doubles with each
  int longest_backoff_ms = 30'000;
  int throttle_patience_ms = 600'000;  ///< of being refused, without a sign of any worker

  int start_limit_ms = 120'000;    ///< from invocation to the first sign of life
  int silence_limit_ms = 30'000;   ///< between signs of life
  int attempt_limit_ms = 900'000;  ///< the function's own time-out, from invocation

  int straggler_percent = 200;       ///< of the median duration: from then on a second copy runs
  int straggler_least_ms = 2'000;    ///< but not before
  int straggler_sample = 8;          ///< finished tasks of the step that a median takes
  int straggler_slots_percent = 10;  ///< of the allowed workers may be second copies, at least one

  WorkerPrice price;
  /// Nano-dollars; 0: no limit. What is running and expected counts as spent; what it takes longer
  /// than expected comes on top.
  std::int64_t max_cost = 0;
  std::array<int, kSteps> expected_ms = {0, 20'000, 5'000, 10'000, 0};  ///< until it is known
};

/// What a run has come to.
struct SchedulerStatus {
  std::array<std::int64_t, kSteps> committed{};  ///< tasks with outputs, restored ones included
  std::int64_t chunks = 0;                       ///< added
  std::int64_t written = 0;
  int workers = 0;               ///< attempts that run on workers
  int allowed = 0;               ///< of these
  std::int64_t invocations = 0;  ///< of workers, second copies included
  std::int64_t copies = 0;       ///< second copies
  std::int64_t failures = 0;     ///< attempts that failed or fell silent
  std::int64_t throttled = 0;    ///< invocations that were refused
  std::int64_t cost = 0;         ///< nano-dollars, of ended attempts
};

/// The state machine. Not thread-safe.
class Scheduler {
 public:
  /// Times are milliseconds of any clock that never goes back.
  Scheduler(const SchedulerOptions& options, std::int64_t now_ms);

  /// An output of an earlier run of the same plan, checked by the caller; for chunks to be added.
  /// Throws std::invalid_argument for chunks that were added and for fetched ones.
  void restore(const TaskOutput& output);
  /// The video goes on with one more chunk. What becomes possible starts with the next event.
  void add_chunk(const ChunkNeeds& needs);
  /// The video ends behind the chunks that were added.
  void close() { closed_ = true; }

  /// Something has happened. Actions are to be carried out in order. Events about attempts that
  /// were never begun change nothing.
  std::vector<Action> on(const Event& event, std::int64_t now_ms);

  /// All chunks are written, or the run was given up.
  bool finished() const { return given_up_ || (closed_ && next_write_ == graph_.chunks()); }
  bool given_up() const { return given_up_; }
  /// Chunks that were added and whose pictures are not uploaded: how far reading is ahead.
  std::int64_t waiting_uploads() const;
  /// The committed output of a task; null if it has none.
  const std::string* output(const TaskId& task) const;
  SchedulerStatus status(std::int64_t now_ms) const;

 private:
  struct Task {
    int begun = 0;    // attempts
    int running = 0;  // of these, without ignored ones
    int failures = 0;
    int losses = 0;
    std::int64_t delayed_until_ms = -1;  // -1: not in delayed_
  };
  struct Running {
    std::int64_t invoked_ms = 0;
    std::int64_t last_sign_ms = 0;
    std::int64_t reserved = 0;  // nano-dollars that it is expected to cost
    bool started = false;
    bool copy = false;     // a second copy
    bool copied = false;   // has one
    bool ignored = false;  // its task was done by another
  };
  // Ready tasks in the order of starting: what others wait for first.
  struct Rank {
    int urgency = 0;
    TaskId task;
    auto operator<=>(const Rank&) const = default;
  };
  using RunningMap = std::map<Attempt, Running>;

  void handle(const event::Started& event) { sign_of_life(event.attempt); }
  void handle(const event::Heartbeat& event) { sign_of_life(event.attempt); }
  void handle(const event::Done& event);
  void handle(const event::Failed& event);
  void handle(const event::OutputLost& event) { lose(event.lost); }
  void handle(const event::Tick& event);

  bool begun(const Attempt& attempt) const;
  void sign_of_life(const Attempt& attempt);
  void commit(const TaskId& task, const std::string& output);
  void write_fetched();
  bool lose(const TaskOutput& lost);
  void retry(const TaskId& task, const std::string& reason);
  void throttle(const Attempt& attempt);
  void end_attempt(const Attempt& attempt, bool ran);
  void set_aside_overruns();
  std::int64_t cost_so_far(const Running& running) const;
  bool silent(const Attempt& attempt, const Running& running) const;
  void drop_silent();
  void give_up(EndReason reason, const std::string& text);

  // What starts, in scheduler_start.cc.
  void refresh(const TaskId& task);
  void delay(const TaskId& task, std::int64_t ms);
  void start_delayed();
  void copy_stragglers();
  bool straggles(const Attempt& attempt, const Running& running) const;
  void start_ready();
  void start_workers();
  bool affordable(Step step) const;
  void invoke(TaskId task, bool copy);
  std::int64_t backoff_ms(const TaskId& task, int failures) const;
  std::int64_t expected_ms(Step step) const;
  std::int64_t expected_cost(Step step) const;
  std::set<Rank>& ready_set(Step step);
  int& running_count(Step step);

  SchedulerOptions options_;
  TaskGraph graph_;
  ConcurrencyRamp ramp_;
  std::array<DurationSample, kSteps> durations_;

  std::map<TaskId, Task> tasks_;  // those that something has happened to
  RunningMap running_;
  std::set<Rank> ready_workers_;
  std::set<Rank> ready_uploads_;
  std::set<Rank> ready_fetches_;
  std::set<std::pair<std::int64_t, TaskId>> delayed_;  // by the time when they may start

  std::int64_t now_ms_;
  std::vector<Action> actions_;  // of the present event
  std::int64_t next_write_ = 0;
  bool closed_ = false;
  bool given_up_ = false;
  std::int64_t throttled_since_ms_ = -1;  // without a sign of any worker; -1: not throttled
  int workers_ = 0;                       // running; so are the next three
  int uploads_ = 0;
  int fetches_ = 0;
  int copies_ = 0;
  std::int64_t reserved_ = 0;  // by running attempts
  SchedulerStatus totals_;
};

}  // namespace cloud
