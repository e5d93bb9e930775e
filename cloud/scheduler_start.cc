// What may start, and what of it does.
#include <algorithm>

#include "cloud/mixed_bits.hh"
#include "cloud/scheduler.hh"

namespace cloud {
namespace {

// What others wait for first: the chain behind a rebase, then the two chunks of a boundary.
int urgency_of(Step step) {
  return step == Step::kRebase ? 0 : step == Step::kBoundary ? 1 : 2;
}

}  // namespace

std::set<Scheduler::Rank>& Scheduler::ready_set(Step step) {
  return step == Step::kUpload  ? ready_uploads_
         : step == Step::kFetch ? ready_fetches_
                                : ready_workers_;
}

int& Scheduler::running_count(Step step) {
  return step == Step::kUpload ? uploads_ : step == Step::kFetch ? fetches_ : workers_;
}

// Puts a task where it belongs after anything has changed about it.
void Scheduler::refresh(const TaskId& task) {
  const auto found = tasks_.find(task);
  const bool ready = graph_.ready(task);
  if (found != tasks_.end() && found->second.delayed_until_ms >= 0 && !ready) {
    delayed_.erase({found->second.delayed_until_ms, task});
    found->second.delayed_until_ms = -1;
  }
  const bool idle =
      found == tasks_.end() || (found->second.running == 0 && found->second.delayed_until_ms < 0);
  const Rank rank{urgency_of(task.step), task};
  if (ready && idle) {
    ready_set(task.step).insert(rank);
  } else {
    ready_set(task.step).erase(rank);
  }
}

void Scheduler::delay(const TaskId& task, std::int64_t ms) {
  Task& state = tasks_[task];
  if (state.delayed_until_ms >= 0)
    delayed_.erase({state.delayed_until_ms, task});
  state.delayed_until_ms = now_ms_ + ms;
  delayed_.insert({state.delayed_until_ms, task});
  refresh(task);
}

void Scheduler::start_delayed() {
  while (!delayed_.empty() && delayed_.begin()->first <= now_ms_) {
    const TaskId task = delayed_.begin()->second;
    delayed_.erase(delayed_.begin());
    tasks_[task].delayed_until_ms = -1;
    refresh(task);
  }
}

bool Scheduler::straggles(const Attempt& attempt, const Running& running) const {
  const DurationSample& sample = durations_[static_cast<std::size_t>(attempt.task.step)];
  if (running.ignored || running.copy || running.copied || !on_worker(attempt.task.step) ||
      sample.count() < options_.straggler_sample || !graph_.ready(attempt.task))
    return false;
  const std::int64_t elapsed = now_ms_ - running.invoked_ms;
  return elapsed >= options_.straggler_least_ms &&
         elapsed * 100 >= sample.median() * options_.straggler_percent;
}

// Attempts are timed from their invocation, at which all their inputs existed: a late start counts,
// waiting for a slow neighbour does not.
void Scheduler::copy_stragglers() {
  const int allowed = ramp_.allowed(now_ms_);
  const int most = std::max(1, allowed * options_.straggler_slots_percent / 100);
  std::vector<TaskId> late;
  for (auto& [attempt, running] : running_) {
    const auto more = static_cast<int>(late.size());
    if (copies_ + more >= most || workers_ + more >= allowed)
      break;
    if (!straggles(attempt, running))
      continue;
    running.copied = true;
    late.push_back(attempt.task);
  }
  for (const TaskId& task : late) {
    if (affordable(task.step))
      invoke(task, true);
  }
}

void Scheduler::start_ready() {
  while (uploads_ < options_.uploads && !ready_uploads_.empty())
    invoke(ready_uploads_.begin()->task, false);
  while (fetches_ < options_.fetches && !ready_fetches_.empty() &&
         ready_fetches_.begin()->task.chunk < next_write_ + options_.fetch_ahead)
    invoke(ready_fetches_.begin()->task, false);
  start_workers();
}

void Scheduler::start_workers() {
  const int allowed = ramp_.allowed(now_ms_);
  while (workers_ < allowed && !ready_workers_.empty()) {
    const TaskId task = ready_workers_.begin()->task;
    if (!affordable(task.step)) {
      // Those that run may turn out cheaper than they were expected to be.
      if (workers_ == 0) {
        give_up(EndReason::kCost,
                "the " + task_name(task) + " could cost more than is left of the limit");
      }
      return;
    }
    invoke(task, false);
  }
}

bool Scheduler::affordable(Step step) const {
  return options_.max_cost == 0 ||
         totals_.cost + reserved_ + expected_cost(step) <= options_.max_cost;
}

// Takes a copy of the task: the caller's may be the ready set's own, which refresh() drops.
void Scheduler::invoke(TaskId task, bool copy) {
  Task& state = tasks_[task];
  ++state.begun;
  ++state.running;
  ++running_count(task.step);
  Running running{.invoked_ms = now_ms_, .last_sign_ms = now_ms_, .copy = copy};
  if (on_worker(task.step)) {
    running.reserved = expected_cost(task.step);
    ++totals_.invocations;
  }
  reserved_ += running.reserved;
  copies_ += copy ? 1 : 0;
  totals_.copies += copy ? 1 : 0;
  const Attempt attempt{task, state.begun};
  running_.emplace(attempt, running);
  refresh(task);
  actions_.emplace_back(action::Invoke{attempt, graph_.input_outputs(task)});
}

// Half of it is random, so that what failed together is not tried again together.
std::int64_t Scheduler::backoff_ms(const TaskId& task, int failures) const {
  const std::int64_t doubled = std::int64_t{options_.backoff_ms} << std::min(failures - 1, 20);
  const std::int64_t most = std::min<std::int64_t>(doubled, options_.longest_backoff_ms);
  const std::uint64_t seed = static_cast<std::uint64_t>(task.chunk) * kSteps +
                             static_cast<std::uint64_t>(task.step) +
                             (static_cast<std::uint64_t>(failures) << 48);
  return most -
         static_cast<std::int64_t>(mixed_bits(seed) % static_cast<std::uint64_t>(most / 2 + 1));
}

std::int64_t Scheduler::expected_ms(Step step) const {
  const auto index = static_cast<std::size_t>(step);
  const DurationSample& sample = durations_[index];
  return sample.count() >= options_.straggler_sample ? sample.median()
                                                     : options_.expected_ms[index];
}

std::int64_t Scheduler::expected_cost(Step step) const {
  return options_.price.per_invocation + expected_ms(step) * options_.price.per_second / 1000;
}

}  // namespace cloud
