// Which task an object comes from.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "cloud/message.hh"
#include "cloud/task_graph.hh"
#include "host/plan.hh"

namespace cloud {

/// The phase of a step that takes a worker.
Phase phase_of(Step step);

/// The task that makes an object; nothing for a name that no object has.
std::optional<TaskId> task_of(const std::string& name, const host::Plan& plan);

/// Whether the objects of a finished task are all among `names`; fetched chunks leave none.
bool is_done(const TaskId& task, const host::Plan& plan, const std::set<std::string>& names);

}  // namespace cloud
