// Tasks that need each other's outputs.
#include "cloud/task_graph.hh"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace cloud {
namespace {

constexpr std::array<const char*, kSteps> kNames = {"upload", "first-pass", "boundary", "rebase",
                                                    "fetch"};

std::size_t index_of(Step step) {
  return static_cast<std::size_t>(step);
}

void check(const ChunkNeeds& needs, std::int64_t chunk) {
  if (chunk == 0 && !needs.begins_chain)
    throw std::invalid_argument("task graph: the first chunk must begin a chain");
  if (needs.begins_chain && needs.boundary)
    throw std::invalid_argument("task graph: a chunk that begins a chain has no boundary");
  for (const std::int64_t other : needs.pictures) {
    if (other < 0 || other >= chunk)
      throw std::invalid_argument("task graph: a chunk may only read pictures of earlier chunks");
  }
}

}  // namespace

std::string step_name(Step step) {
  return kNames[index_of(step)];
}

bool on_worker(Step step) {
  return step != Step::kUpload && step != Step::kFetch;
}

std::string task_name(const TaskId& task) {
  return step_name(task.step) + " of chunk " + std::to_string(task.chunk);
}

void TaskGraph::restore(const TaskOutput& output) {
  if (output.task.chunk < chunks())
    throw std::invalid_argument("task graph: " + task_name(output.task) + " is restored too late");
  restored_.insert_or_assign(output.task, output.output);
}

void TaskGraph::add_chunk(const ChunkNeeds& needs) {
  const std::int64_t c = chunks();
  check(needs, c);
  chunks_.emplace_back(kSteps);
  const TaskId upload{c, Step::kUpload};
  const TaskId first_pass{c, Step::kFirstPass};
  const TaskId boundary{c, Step::kBoundary};
  const TaskId rebase{c, Step::kRebase};
  add_task(upload, {});
  std::vector<TaskId> pictures = {upload};
  for (const std::int64_t other : needs.pictures)
    pictures.push_back({other, Step::kUpload});
  add_task(first_pass, pictures);
  if (needs.boundary) {
    pictures.insert(pictures.end(), {first_pass, {c - 1, Step::kFirstPass}});
    add_task(boundary, std::move(pictures));
  }
  std::vector<TaskId> decided = {upload, first_pass};
  if (needs.boundary)
    decided.push_back(boundary);
  if (!needs.begins_chain)
    decided.push_back({c - 1, Step::kRebase});
  add_task(rebase, std::move(decided));
  add_task({c, Step::kFetch}, {rebase});
  std::vector<TaskId> touched;
  want({c, Step::kFetch}, touched);
}

void TaskGraph::add_task(const TaskId& task, std::vector<TaskId> inputs) {
  Node& added = chunks_.back()[index_of(task.step)];
  added.exists = true;
  for (const TaskId& input : inputs) {
    node(input).readers.push_back(task);
    added.missing += committed(input) ? 0 : 1;
  }
  added.inputs = std::move(inputs);
  const auto restored = restored_.extract(task);
  if (!restored.empty()) {
    added.output = restored.mapped();
    added.committed = true;
  }
}

// Depth is bounded by a chain's length times the steps; chains may be endless, so no recursion.
void TaskGraph::want(const TaskId& task, std::vector<TaskId>& touched) {
  std::vector<TaskId> open = {task};
  while (!open.empty()) {
    const TaskId next = open.back();
    open.pop_back();
    Node& here = node(next);
    if (here.committed || here.wanted)
      continue;
    here.wanted = true;
    touched.push_back(next);
    open.insert(open.end(), here.inputs.begin(), here.inputs.end());
  }
}

bool TaskGraph::exists(const TaskId& task) const {
  return task.chunk >= 0 && task.chunk < chunks() && index_of(task.step) < kSteps &&
         (task.step != Step::kBoundary ||
          chunks_[static_cast<std::size_t>(task.chunk)][index_of(task.step)].exists);
}

bool TaskGraph::committed(const TaskId& task) const {
  return node(task).committed;
}

bool TaskGraph::ready(const TaskId& task) const {
  const Node& here = node(task);
  return here.wanted && !here.committed && here.missing == 0;
}

const std::vector<TaskId>& TaskGraph::commit(const TaskId& task, std::string output) {
  Node& here = node(task);
  if (here.committed)
    throw std::invalid_argument("task graph: " + task_name(task) + " is committed twice");
  here.committed = true;
  here.wanted = false;
  here.output = std::move(output);
  for (const TaskId& reader : here.readers)
    --node(reader).missing;
  return here.readers;
}

std::vector<TaskId> TaskGraph::lose(const TaskOutput& lost) {
  Node& here = node(lost.task);
  if (!here.committed || here.output != lost.output)
    return {};
  here.committed = false;
  here.output.clear();
  bool needed = false;
  std::vector<TaskId> touched;
  for (const TaskId& reader : here.readers) {
    ++node(reader).missing;
    needed = needed || node(reader).wanted;
    touched.push_back(reader);
  }
  if (needed)
    want(lost.task, touched);
  return touched;
}

std::vector<TaskOutput> TaskGraph::input_outputs(const TaskId& task) const {
  std::vector<TaskOutput> outputs;
  for (const TaskId& input : inputs(task))
    outputs.push_back({input, output(input)});
  return outputs;
}

TaskGraph::Node& TaskGraph::node(const TaskId& task) {
  return const_cast<Node&>(std::as_const(*this).node(task));
}

const TaskGraph::Node& TaskGraph::node(const TaskId& task) const {
  if (!exists(task))
    throw std::invalid_argument("task graph: there is no " + task_name(task));
  return chunks_[static_cast<std::size_t>(task.chunk)][index_of(task.step)];
}

}  // namespace cloud
