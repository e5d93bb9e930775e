// What coding a video takes, as tasks that need each other's outputs. Knows no time and no workers.
//
//   upload c ──> first pass c ──────────────────> rebase c ──> fetch c
//                     └───────────> boundary c ───┘ ^
//   first pass c - 1 ───────────────┘               │
//   rebase c - 1 ───────────────────────────────────┘
//
// The first chunk of a chain needs nothing of the one before; boundary exists only for libvpx's
// first pass. Boundary and rebase also read the uploaded pictures of their chunk.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cloud {

/// The steps of a chunk, in order. The first and the last one run where the coordinator runs.
enum class Step : std::uint8_t { kUpload, kFirstPass, kBoundary, kRebase, kFetch };
inline constexpr int kSteps = 5;

/// For people and keys: "upload", "first-pass", "boundary", "rebase", "fetch".
std::string step_name(Step step);
/// Whether a step takes a worker.
bool on_worker(Step step);

/// One task. Chunks are numbered from 0 over the whole video.
struct TaskId {
  std::int64_t chunk = 0;
  Step step = Step::kUpload;

  auto operator<=>(const TaskId&) const = default;
};

/// For people: "rebase of chunk 12".
std::string task_name(const TaskId& task);

/// What a task has left behind; `output` names it, and means nothing to the graph.
struct TaskOutput {
  TaskId task;
  std::string output;

  auto operator<=>(const TaskOutput&) const = default;
};

/// How a chunk hangs together with others.
struct ChunkNeeds {
  bool begins_chain = false;           ///< needs nothing of the chunk before
  bool boundary = false;               ///< has that step; only where it does not begin a chain
  std::vector<std::int64_t> pictures;  ///< earlier chunks whose pictures the first pass reads too
};

/// The tasks of a video that may grow at its end. A task is wanted if somebody still needs its
/// output: so what is resumed from half of the outputs does no more than the other half.
class TaskGraph {
 public:
  /// An output that exists already; for chunks that are not added yet.
  void restore(const TaskOutput& output);

  /// Adds the next chunk. Throws std::invalid_argument for needs that make no sense.
  void add_chunk(const ChunkNeeds& needs);
  std::int64_t chunks() const { return static_cast<std::int64_t>(chunks_.size()); }

  /// Whether the chunk was added and has this step.
  bool exists(const TaskId& task) const;
  /// Whether the task has an output. This and all below throw std::invalid_argument for tasks that
  /// do not exist.
  bool committed(const TaskId& task) const;
  const std::string& output(const TaskId& task) const { return node(task).output; }
  /// Whether the task has no output, somebody wants it and all its inputs exist.
  bool ready(const TaskId& task) const;

  /// Sets the output of a task that has none. Returns those who need it.
  const std::vector<TaskId>& commit(const TaskId& task, std::string output);
  /// The output of a task has vanished. Returns the tasks that must run now or later, itself and
  /// those that need it among them; nothing if `output` is not what was committed.
  std::vector<TaskId> lose(const TaskOutput& lost);

  /// Tasks whose outputs a task reads, in a fixed order.
  const std::vector<TaskId>& inputs(const TaskId& task) const { return node(task).inputs; }
  /// The same with their outputs, all of which must exist.
  std::vector<TaskOutput> input_outputs(const TaskId& task) const;

 private:
  struct Node {
    std::vector<TaskId> inputs;
    std::vector<TaskId> readers;
    std::string output;
    bool exists = false;
    bool committed = false;
    bool wanted = false;
    int missing = 0;  // inputs without output
  };

  Node& node(const TaskId& task);
  const Node& node(const TaskId& task) const;
  void add_task(const TaskId& task, std::vector<TaskId> inputs);
  void want(const TaskId& task, std::vector<TaskId>& touched);

  std::vector<std::vector<Node>> chunks_;   // kSteps nodes each
  std::map<TaskId, std::string> restored_;  // of chunks to come
};

}  // namespace cloud
