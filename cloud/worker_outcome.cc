// Judging outcomes.
#include "cloud/worker_outcome.hh"

#include <utility>

#include "cloud/error.hh"
#include "cloud/run_names.hh"

namespace cloud {
namespace {

// Which of its inputs an object belongs to.
std::vector<TaskOutput> lost_inputs(const StartedWorker& worker,
                                    const std::string& name,
                                    const host::Plan& plan) {
  const std::optional<TaskId> task = task_of(name, plan);
  for (const TaskOutput& input : worker.inputs) {
    if (task == input.task)
      return {input};
  }
  return {};
}

Event event_of(const Result& result,
               const StartedWorker& worker,
               const host::Plan& plan,
               const std::string& output) {
  switch (result.status) {
    case Result::Status::kDone:
      return event::Done{worker.attempt, output};
    case Result::Status::kLostInput:
      return event::Failed{worker.attempt, Failure::kLostInput,
                           result.text + " is missing or damaged",
                           lost_inputs(worker, result.text, plan)};
    case Result::Status::kRefused:
      return event::Failed{worker.attempt, Failure::kFatal, result.text, {}};
    case Result::Status::kFailed:
    case Result::Status::kStatuses:
      break;
  }
  return event::Failed{worker.attempt, Failure::kRetryable, result.text, {}};
}

JudgedOutcome judge_answer(const Outcome& outcome,
                           const StartedWorker& worker,
                           const SealKey& key,
                           const host::Plan& plan,
                           const std::string& output) {
  try {
    const Result result = read_result(outcome.answer, key);
    const TaskId& task = worker.attempt.task;
    if (result.attempt != worker.id || result.chunk != task.chunk ||
        result.phase != phase_of(task.step))
      throw Damaged("the worker answers to another task");
    return {event_of(result, worker, plan, output), result};
  } catch (const Damaged& error) {
    return {event::Failed{worker.attempt, Failure::kRetryable, error.what(), {}}, {}};
  }
}

}  // namespace

JudgedOutcome judge(const Outcome& outcome,
                    const StartedWorker& worker,
                    const SealKey& key,
                    const host::Plan& plan,
                    const std::string& output) {
  Failure failure = Failure::kRetryable;
  switch (outcome.kind) {
    case Outcome::Kind::kAnswered:
      return judge_answer(outcome, worker, key, plan, output);
    case Outcome::Kind::kDied:
      break;
    case Outcome::Kind::kThrottled:
      failure = Failure::kThrottled;
      break;
    case Outcome::Kind::kRefused:
      failure = Failure::kFatal;
      break;
  }
  return {event::Failed{worker.attempt, failure, outcome.reason, {}}, {}};
}

}  // namespace cloud
