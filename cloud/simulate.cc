// Lambda as events in a queue, around the real scheduler.
#include "cloud/simulate.hh"

#include <algorithm>
#include <cmath>
#include <map>
#include <queue>
#include <utility>
#include <vector>

#include "cloud/worker_pool.hh"

namespace cloud {
namespace {

constexpr double kTickMs = 200;
constexpr double kHeartbeatMs = 10'000;
constexpr double kThrottledMs = 20;  // until a refusal is known

// What random numbers of this file are for.
enum Purpose : std::uint64_t { kContent = 16, kFate, kFailsAt };

// What happens at a time: an event of an attempt, a chunk that is read, or a tick.
struct Happening {
  double at_ms = 0;
  std::int64_t order = 0;  // of those at the same time
  enum Kind : std::uint8_t { kAttempt, kRead, kTick } kind = kTick;
  Event event = event::Tick{};
  bool ends = false;  // the attempt's worker

  bool operator>(const Happening& other) const {
    return std::pair(at_ms, order) > std::pair(other.at_ms, other.order);
  }
};

Attempt attempt_of(const Event& event) {
  if (const auto* done = std::get_if<event::Done>(&event))
    return done->attempt;
  if (const auto* failed = std::get_if<event::Failed>(&event))
    return failed->attempt;
  if (const auto* started = std::get_if<event::Started>(&event))
    return started->attempt;
  return std::get<event::Heartbeat>(event).attempt;
}

class Simulator {
 public:
  Simulator(const Scenario& scenario,
            const SchedulerOptions& options,
            const PriceTable& prices,
            std::uint64_t seed)
      : lambda_(scenario.lambda),
        work_(scenario.work),
        options_(options),
        prices_(prices),
        draw_(seed),
        pool_(lambda_, draw_),
        scheduler_(options, 0) {}

  Simulation run();

 private:
  struct Busy {
    WorkerPool::Lease lease;
    double invoked_ms = 0;
    bool lives = true;
  };

  void add_chunk();
  void feed(const Event& event);
  void invoke(const Attempt& attempt);
  void run_here(const Attempt& attempt);
  void run_on_worker(const Attempt& attempt);
  void end_worker(const Attempt& attempt);
  void note_done(const Attempt& attempt);
  double work_ms(const Attempt& attempt, const WorkerPool::Lease& lease) const;
  double transfers_ms(Step step, int pictures, bool cold) const;
  double transfer_ms(double mb) const { return lambda_.latency_ms + mb / lambda_.mb_per_s * 1000; }
  void happen(double at_ms, Happening::Kind kind, Event event = event::Tick{}, bool ends = false) {
    queue_.push({at_ms, order_++, kind, std::move(event), ends});
  }
  int pictures_of(std::int64_t chunk) const;
  std::int64_t chunks() const {
    return (work_.pictures + work_.chunk_frames - 1) / work_.chunk_frames;
  }
  std::int64_t chain_of(std::int64_t chunk) const {
    return work_.chunks_per_chain == 0 ? 0 : chunk / work_.chunks_per_chain;
  }
  bool begins_chain(std::int64_t chunk) const {
    return chunk == 0 || chain_of(chunk) != chain_of(chunk - 1);
  }
  void add_up();

  const LambdaModel& lambda_;
  const Workload& work_;
  const SchedulerOptions& options_;
  const PriceTable& prices_;
  Draw draw_;
  WorkerPool pool_;
  Scheduler scheduler_;
  std::priority_queue<Happening, std::vector<Happening>, std::greater<>> queue_;
  std::int64_t order_ = 0;
  double now_ms_ = 0;
  std::int64_t read_ = 0;  // chunks
  double up_free_ms_ = 0;  // when the coordinator's line is free, in either direction
  double down_free_ms_ = 0;
  std::map<Attempt, Busy> busy_;
  std::map<std::int64_t, double> kept_since_;  // resident workers, by number
  std::map<std::int64_t, double> rebased_ms_;  // chunks
  std::vector<double> chain_steps_;            // ms
  double paid_ms_ = 0;
  Simulation result_;
};

int Simulator::pictures_of(std::int64_t chunk) const {
  return static_cast<int>(
      std::min<std::int64_t>(work_.chunk_frames, work_.pictures - chunk * work_.chunk_frames));
}

void Simulator::add_chunk() {
  const bool begins = begins_chain(read_);
  ChunkNeeds needs{.begins_chain = begins, .boundary = work_.boundary && !begins, .pictures = {}};
  if (work_.uploaded)
    scheduler_.restore({{read_, Step::kUpload}, "there"});
  scheduler_.add_chunk(needs);
  if (++read_ == chunks()) {
    scheduler_.close();
  } else if (work_.read_ms > 0) {
    happen(now_ms_ + work_.read_ms * pictures_of(read_), Happening::kRead);
  }
}

Simulation Simulator::run() {
  if (work_.pictures == 0)
    scheduler_.close();
  if (work_.pictures > 0 && work_.read_ms > 0)
    happen(work_.read_ms * pictures_of(0), Happening::kRead);
  while (work_.read_ms <= 0 && read_ < chunks())
    add_chunk();
  happen(0, Happening::kTick);
  while (!scheduler_.finished()) {
    const Happening next = queue_.top();
    queue_.pop();
    now_ms_ = next.at_ms;
    if (next.kind == Happening::kRead)
      add_chunk();
    if (next.kind == Happening::kTick)
      happen(now_ms_ + kTickMs, Happening::kTick);
    if (next.ends)
      end_worker(attempt_of(next.event));
    feed(next.event);
  }
  add_up();
  return std::move(result_);
}

void Simulator::feed(const Event& event) {
  for (const Action& action : scheduler_.on(event, std::llround(now_ms_))) {
    if (const auto* start = std::get_if<action::Invoke>(&action))
      invoke(start->attempt);
    if (const auto* end = std::get_if<action::GiveUp>(&action))
      result_.reason = end->text;
  }
  if (const auto* done = std::get_if<event::Done>(&event))
    note_done(done->attempt);
}

void Simulator::note_done(const Attempt& attempt) {
  const TaskId& task = attempt.task;
  if (task.step == Step::kUpload)
    result_.uploaded_after = now_ms_ / 1000;
  if (task.step == Step::kFirstPass || task.step == Step::kBoundary)
    result_.decided_after = now_ms_ / 1000;
  if (task.step != Step::kRebase || !rebased_ms_.emplace(task.chunk, now_ms_).second)
    return;
  const auto before = rebased_ms_.find(task.chunk - 1);
  if (!begins_chain(task.chunk) && before != rebased_ms_.end())
    chain_steps_.push_back(now_ms_ - before->second);
  if (const std::optional<std::int64_t> worker = pool_.dismiss(task.chunk))
    paid_ms_ += now_ms_ - kept_since_.at(*worker);
}

void Simulator::invoke(const Attempt& attempt) {
  if (on_worker(attempt.task.step)) {
    run_on_worker(attempt);
  } else {
    run_here(attempt);
  }
}

// One chunk after the other through the coordinator's line.
void Simulator::run_here(const Attempt& attempt) {
  const bool up = attempt.task.step == Step::kUpload;
  const double mb = pictures_of(attempt.task.chunk) * (up ? work_.source_mb : work_.frame_mb);
  double& free_ms = up ? up_free_ms_ : down_free_ms_;
  free_ms = std::max(free_ms, now_ms_) + mb / work_.coordinator_mb_s * 1000;
  happen(free_ms + lambda_.latency_ms, Happening::kAttempt, event::Done{attempt, "x"});
}

double Simulator::transfers_ms(Step step, int pictures, bool fetch_pictures) const {
  double ms = fetch_pictures ? transfer_ms(work_.source_mb * pictures) : 0;
  const bool fetch_decisions = fetch_pictures && step != Step::kFirstPass;
  ms += fetch_decisions ? transfer_ms(work_.decisions_mb * pictures) : 0;
  // A state comes, and one goes, behind what else goes.
  ms += step == Step::kFirstPass ? 0 : transfer_ms(work_.state_mb);
  const double result_mb = (step == Step::kRebase ? work_.frame_mb : work_.decisions_mb) * pictures;
  return ms + transfer_ms(result_mb + (step == Step::kBoundary ? 0 : work_.state_mb));
}

double Simulator::work_ms(const Attempt& attempt, const WorkerPool::Lease& lease) const {
  const TaskId& task = attempt.task;
  const int pictures = pictures_of(task.chunk);
  const auto chain = static_cast<std::uint64_t>(chain_of(task.chunk));
  double ms = task.step == Step::kBoundary ? work_.boundary_ms
              : task.step == Step::kRebase ? work_.rebase_ms * pictures
                                           : work_.first_pass_ms * pictures;
  ms *= draw_.factor(work_.content_sigma, kContent, chain) * lease.speed;
  return ms + transfers_ms(task.step, pictures, !lambda_.resident || lease.cold);
}

void Simulator::run_on_worker(const Attempt& attempt) {
  const TaskId& task = attempt.task;
  const std::optional<WorkerPool::Lease> lease = pool_.take(task.chunk, now_ms_);
  if (!lease) {
    return happen(now_ms_ + kThrottledMs, Happening::kAttempt,
                  event::Failed{attempt, Failure::kThrottled, "throttled", {}});
  }
  if (lease->cold)
    kept_since_[lease->worker] = now_ms_;
  const auto who =
      static_cast<std::uint64_t>(task.chunk) * kSteps + static_cast<std::uint64_t>(task.step);
  const auto number = static_cast<std::uint64_t>(attempt.number);
  const double fate = draw_.uniform(kFate, who, number);
  const bool fails = fate < lambda_.failure_chance + lambda_.silence_chance;
  const bool speaks = fate >= lambda_.silence_chance;
  double ms = work_ms(attempt, *lease);
  if (1 - fate < lambda_.straggler_chance)
    ms *= lambda_.straggler_factor;
  if (fails)
    ms *= draw_.uniform(kFailsAt, who, number);
  const double begins = now_ms_ + lease->start_ms;
  const double ends = begins + ms;
  busy_[attempt] = {*lease, now_ms_, !fails};
  happen(begins, Happening::kAttempt, event::Started{attempt});
  for (double at = begins + kHeartbeatMs; at < ends; at += kHeartbeatMs)
    happen(at, Happening::kAttempt, event::Heartbeat{attempt});
  if (!fails) {
    happen(ends, Happening::kAttempt, event::Done{attempt, "x"}, true);
  } else if (speaks) {
    happen(ends, Happening::kAttempt, event::Failed{attempt, Failure::kRetryable, "died", {}},
           true);
  } else {
    happen(ends, Happening::kAttempt, event::Heartbeat{attempt}, true);  // its last
  }
}

void Simulator::end_worker(const Attempt& attempt) {
  const auto busy = busy_.extract(attempt);
  const Busy& ended = busy.mapped();
  const double ms = now_ms_ - ended.invoked_ms;
  result_.step_seconds[static_cast<std::size_t>(attempt.task.step)] += ms / 1000;
  const bool stays = pool_.give_back(ended.lease.worker, attempt.task.chunk, ended.lives);
  if (!lambda_.resident) {
    paid_ms_ += ms;
  } else if (!stays) {
    paid_ms_ += now_ms_ - kept_since_.at(ended.lease.worker);
  }
}

void Simulator::add_up() {
  const SchedulerStatus status = scheduler_.status(std::llround(now_ms_));
  result_.done = !scheduler_.given_up();
  result_.scheduler = status;
  result_.chunks = chunks();
  result_.seconds = now_ms_ / 1000;
  result_.peak_workers = pool_.peak();
  result_.cold_starts = pool_.cold_starts();
  // Those that still run when all is written are paid for as well.
  for (const auto& [attempt, busy] : busy_)
    paid_ms_ += now_ms_ - (lambda_.resident ? kept_since_.at(busy.lease.worker) : busy.invoked_ms);
  result_.worker_seconds = paid_ms_ / 1000;
  result_.chunk_seconds =
      result_.chunks == 0 ? 0 : result_.worker_seconds / static_cast<double>(result_.chunks);
  if (!chain_steps_.empty()) {
    const auto middle = chain_steps_.begin() + std::ssize(chain_steps_) / 2;
    std::nth_element(chain_steps_.begin(), middle, chain_steps_.end());
    result_.chain_step_seconds = *middle / 1000;
  }
  const auto pictures = static_cast<double>(work_.pictures);
  Usage& usage = result_.usage;
  usage.memory_mb = lambda_.memory_mb;
  usage.architecture = lambda_.architecture;
  usage.worker_ms = std::llround(std::ceil(paid_ms_));
  usage.invocations = lambda_.resident ? pool_.cold_starts() : status.invocations;
  // A task reads pictures, decisions and states, and writes a result and a state.
  usage.puts = (work_.uploaded ? 0 : result_.chunks) + 2 * status.invocations;
  usage.gets = result_.chunks + 3 * status.invocations;
  usage.stored_mb_s = std::llround(pictures * (work_.source_mb + work_.frame_mb) * result_.seconds);
  usage.transferred_mb = std::llround(pictures * work_.frame_mb);
  usage.exchange_ms = std::llround(now_ms_);
  result_.cost = cost_of(usage, prices_);
}

}  // namespace

SchedulerOptions scheduler_options(const Scenario& scenario, const PriceTable& prices) {
  const LambdaModel& lambda = scenario.lambda;
  SchedulerOptions options;
  options.workers = {.start = std::min(lambda.burst, lambda.account_limit),
                     .per_second = lambda.per_second,
                     .limit = lambda.account_limit};
  options.price = {.per_second = worker_second(lambda.memory_mb, lambda.architecture, prices),
                   .per_invocation = prices.lambda_per_kilo_requests / 1000};
  return options;
}

Simulation simulate(const Scenario& scenario,
                    const SchedulerOptions& options,
                    const PriceTable& prices,
                    std::uint64_t seed) {
  return Simulator(scenario, options, prices, seed).run();
}

}  // namespace cloud
