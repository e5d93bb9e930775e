// Objects and tasks.
#include "cloud/run_names.hh"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "cloud/run_objects.hh"

namespace cloud {
namespace {

// Names of what a task leaves behind.
std::vector<std::string> outputs_of(const TaskId& task, const host::Plan& plan) {
  const std::int64_t chunk = task.chunk;
  switch (task.step) {
    case Step::kUpload:
      return {work_name(chunk)};  // it is written last
    case Step::kFirstPass:
      if (plan.first_pass == host::FirstPass::kLibvpx)
        return {decisions_name(chunk), exit_name(chunk)};
      return {decisions_name(chunk)};
    case Step::kBoundary:
      return {boundary_name(chunk)};
    case Step::kRebase:
      if (host::chunk_at(plan, chunk + 1).begins_chain())
        return {frames_name(chunk)};
      return {frames_name(chunk), state_name(chunk)};
    case Step::kFetch:
      break;
  }
  return {};
}

}  // namespace

Phase phase_of(Step step) {
  return step == Step::kFirstPass  ? Phase::kFirstPass
         : step == Step::kBoundary ? Phase::kBoundary
                                   : Phase::kRebase;
}

std::optional<TaskId> task_of(const std::string& name, const host::Plan& plan) {
  const std::size_t slash = name.find('/');
  if (slash == std::string::npos)
    return {};
  std::int64_t number = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + slash + 1, end, number);
  if (error != std::errc() || stop != end || number < 0)
    return {};
  const auto is = [&](auto make_name) { return name == make_name(number); };
  if (is(raw_name) || is(work_name))
    return TaskId{number, Step::kUpload};
  if (is(filtered_name))
    return TaskId{number / plan.chunk_frames, Step::kUpload};
  if (is(decisions_name) || is(exit_name))
    return TaskId{number, Step::kFirstPass};
  if (is(boundary_name))
    return TaskId{number, Step::kBoundary};
  if (is(frames_name) || is(state_name))
    return TaskId{number, Step::kRebase};
  return {};
}

bool is_done(const TaskId& task, const host::Plan& plan, const std::set<std::string>& names) {
  const std::vector<std::string> outputs = outputs_of(task, plan);
  return !outputs.empty() && std::ranges::all_of(outputs, [&](const std::string& name) {
    return names.contains(name);
  });
}

}  // namespace cloud
