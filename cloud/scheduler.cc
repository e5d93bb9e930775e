// What events change.
#include "cloud/scheduler.hh"

#include <algorithm>
#include <stdexcept>

namespace cloud {

Scheduler::Scheduler(const SchedulerOptions& options, std::int64_t now_ms)
    : options_(options), ramp_(options.workers, now_ms), now_ms_(now_ms) {}

void Scheduler::restore(const TaskOutput& output) {
  if (output.task.step == Step::kFetch)
    throw std::invalid_argument("scheduler: fetched chunks cannot be restored");
  graph_.restore(output);
}

void Scheduler::add_chunk(const ChunkNeeds& needs) {
  const std::int64_t chunk = graph_.chunks();
  graph_.add_chunk(needs);
  for (int step = 0; step < kSteps; ++step) {
    const TaskId task{chunk, static_cast<Step>(step)};
    if (!graph_.exists(task))
      continue;
    totals_.committed[static_cast<std::size_t>(step)] += graph_.committed(task) ? 1 : 0;
    refresh(task);
    // What was not wanted so far may be now.
    for (const TaskId& input : graph_.inputs(task))
      refresh(input);
  }
}

std::vector<Action> Scheduler::on(const Event& event, std::int64_t now_ms) {
  actions_.clear();
  now_ms_ = std::max(now_ms_, now_ms);
  if (!given_up_)
    std::visit([this](const auto& happened) { handle(happened); }, event);
  if (!given_up_)
    start_delayed();
  if (!given_up_)
    start_ready();
  return std::move(actions_);
}

void Scheduler::handle(const event::Done& event) {
  if (!begun(event.attempt))
    return;
  const TaskId& task = event.attempt.task;
  const auto running = running_.find(event.attempt);
  if (running != running_.end()) {
    durations_[static_cast<std::size_t>(task.step)].add(now_ms_ - running->second.invoked_ms);
    sign_of_life(event.attempt);
    end_attempt(event.attempt, true);
  }
  if (!graph_.committed(task))
    commit(task, event.output);
}

void Scheduler::handle(const event::Failed& event) {
  if (!running_.contains(event.attempt))
    return;
  const TaskId& task = event.attempt.task;
  if (event.kind == Failure::kThrottled && on_worker(task.step))
    return throttle(event.attempt);
  end_attempt(event.attempt, true);
  ++totals_.failures;
  if (graph_.committed(task))
    return;
  const std::string what = task_name(task) + " failed: " + event.reason;
  if (event.kind == Failure::kFatal)
    return give_up(EndReason::kFatal, what);
  bool lost = false;
  if (event.kind == Failure::kLostInput) {
    for (const TaskOutput& output : event.lost)
      lost = lose(output) || lost;
  }
  // An input that was lost and made again meanwhile is worth another try, but not for ever.
  if (!lost && !given_up_)
    retry(task, what);
}

void Scheduler::handle(const event::Tick&) {
  set_aside_overruns();
  drop_silent();
  if (!given_up_)
    copy_stragglers();
}

bool Scheduler::begun(const Attempt& attempt) const {
  const auto task = tasks_.find(attempt.task);
  return task != tasks_.end() && attempt.number >= 1 && attempt.number <= task->second.begun;
}

void Scheduler::sign_of_life(const Attempt& attempt) {
  const auto running = running_.find(attempt);
  if (running == running_.end())
    return;
  running->second.started = true;
  running->second.last_sign_ms = now_ms_;
  if (on_worker(attempt.task.step))
    throttled_since_ms_ = -1;
}

// The attempts that were not first keep their workers until they end.
void Scheduler::commit(const TaskId& task, const std::string& output) {
  const std::vector<TaskId>& readers = graph_.commit(task, output);
  ++totals_.committed[static_cast<std::size_t>(task.step)];
  const auto begin = running_.lower_bound({task, 0});
  for (auto other = begin; other != running_.end() && other->first.task == task; ++other) {
    if (!other->second.ignored)
      actions_.emplace_back(action::Ignore{other->first});
    other->second.ignored = true;
  }
  tasks_[task].running = 0;
  refresh(task);
  for (const TaskId& reader : readers)
    refresh(reader);
  if (task.step == Step::kFetch)
    write_fetched();
}

void Scheduler::write_fetched() {
  while (next_write_ < graph_.chunks() && graph_.committed({next_write_, Step::kFetch})) {
    actions_.emplace_back(action::Write{next_write_});
    ++next_write_;
    ++totals_.written;
  }
}

// What a fetch has brought is here, and cannot be lost.
bool Scheduler::lose(const TaskOutput& lost) {
  if (lost.task.step == Step::kFetch || !graph_.exists(lost.task))
    return false;
  const std::vector<TaskId> touched = graph_.lose(lost);
  if (touched.empty())
    return false;
  --totals_.committed[static_cast<std::size_t>(lost.task.step)];
  if (++tasks_[lost.task].losses > options_.losses) {
    give_up(EndReason::kLost, "the output of " + task_name(lost.task) + " was lost " +
                                  std::to_string(options_.losses + 1) + " times");
    return true;
  }
  for (const TaskId& task : touched)
    refresh(task);
  return true;
}

void Scheduler::retry(const TaskId& task, const std::string& reason) {
  Task& state = tasks_[task];
  ++state.failures;
  if (state.running > 0)
    return;  // a second copy may still do it
  if (state.failures >= options_.attempts) {
    give_up(EndReason::kExhausted,
            reason + " (" + std::to_string(state.failures) + " attempts failed)");
  } else {
    delay(task, backoff_ms(task, state.failures));
  }
}

void Scheduler::throttle(const Attempt& attempt) {
  end_attempt(attempt, false);
  ++totals_.throttled;
  ramp_.throttled(now_ms_, workers_);
  if (throttled_since_ms_ < 0)
    throttled_since_ms_ = now_ms_;
  if (now_ms_ - throttled_since_ms_ > options_.throttle_patience_ms) {
    give_up(EndReason::kThrottled, "the account has had no worker for " +
                                       std::to_string(options_.throttle_patience_ms / 1000) +
                                       " s: its concurrency limit is used up by others");
  } else {
    refresh(attempt.task);
  }
}

void Scheduler::end_attempt(const Attempt& attempt, bool ran) {
  const auto found = running_.find(attempt);
  const Running& running = found->second;
  if (!running.ignored)
    --tasks_[attempt.task].running;
  --running_count(attempt.task.step);
  copies_ -= running.copy ? 1 : 0;
  reserved_ -= running.reserved;
  if (ran && on_worker(attempt.task.step))
    totals_.cost += cost_so_far(running);
  running_.erase(found);
  refresh(attempt.task);
}

std::int64_t Scheduler::cost_so_far(const Running& running) const {
  return options_.price.per_invocation +
         (now_ms_ - running.invoked_ms) * options_.price.per_second / 1000;
}

void Scheduler::set_aside_overruns() {
  for (auto& [attempt, running] : running_) {
    const std::int64_t more = on_worker(attempt.task.step) ? cost_so_far(running) : 0;
    reserved_ += std::max<std::int64_t>(0, more - running.reserved);
    running.reserved = std::max(running.reserved, more);
  }
}

// Tasks that run here end by themselves.
bool Scheduler::silent(const Attempt& attempt, const Running& running) const {
  if (!on_worker(attempt.task.step))
    return false;
  const int patience = running.started ? options_.silence_limit_ms : options_.start_limit_ms;
  return now_ms_ - running.last_sign_ms > patience ||
         now_ms_ - running.invoked_ms > options_.attempt_limit_ms;
}

void Scheduler::drop_silent() {
  std::vector<Attempt> dead;
  for (const auto& [attempt, running] : running_) {
    if (silent(attempt, running))
      dead.push_back(attempt);
  }
  for (const Attempt& attempt : dead) {
    if (given_up_)
      return;
    const bool ignored = running_.at(attempt).ignored;
    end_attempt(attempt, true);
    ++totals_.failures;
    if (ignored)
      continue;
    actions_.emplace_back(action::Ignore{attempt});
    retry(attempt.task, task_name(attempt.task) + " failed: its worker fell silent");
  }
}

void Scheduler::give_up(EndReason reason, const std::string& text) {
  for (const auto& [attempt, running] : running_) {
    if (!running.ignored)
      actions_.emplace_back(action::Ignore{attempt});
  }
  given_up_ = true;
  actions_.emplace_back(action::GiveUp{reason, text});
}

std::int64_t Scheduler::waiting_uploads() const {
  const auto running = std::count_if(running_.begin(), running_.end(), [](const auto& attempt) {
    return attempt.first.task.step == Step::kUpload;
  });
  return running + static_cast<std::int64_t>(ready_uploads_.size());
}

const std::string* Scheduler::output(const TaskId& task) const {
  return graph_.exists(task) && graph_.committed(task) ? &graph_.output(task) : nullptr;
}

SchedulerStatus Scheduler::status(std::int64_t now_ms) const {
  SchedulerStatus status = totals_;
  status.chunks = graph_.chunks();
  status.workers = workers_;
  status.allowed = ramp_.allowed(now_ms);
  return status;
}

}  // namespace cloud
