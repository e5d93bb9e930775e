// Tasks that need each other's outputs.
#include "cloud/task_graph.hh"

#include <algorithm>
#include <stdexcept>

#include <gtest/gtest.h>

namespace cloud {
namespace {

constexpr ChunkNeeds kChain{.begins_chain = true, .boundary = false, .pictures = {}};

TaskGraph two_chunks(bool boundary) {
  TaskGraph graph;
  graph.add_chunk(kChain);
  graph.add_chunk({.begins_chain = false, .boundary = boundary, .pictures = {0}});
  return graph;
}

std::vector<TaskId> ready_tasks(const TaskGraph& graph) {
  std::vector<TaskId> ready;
  for (std::int64_t chunk = 0; chunk < graph.chunks(); ++chunk) {
    for (int step = 0; step < kSteps; ++step) {
      const TaskId task{chunk, static_cast<Step>(step)};
      if (graph.exists(task) && graph.ready(task))
        ready.push_back(task);
    }
  }
  return ready;
}

TEST(TaskGraph, MakesTasksReadyInTheOrderOfTheirInputs) {
  TaskGraph graph = two_chunks(true);
  EXPECT_EQ(ready_tasks(graph), (std::vector<TaskId>{{0, Step::kUpload}, {1, Step::kUpload}}));
  graph.commit({1, Step::kUpload}, "pictures 1");
  // The first pass of chunk 1 also reads the pictures of chunk 0.
  EXPECT_EQ(ready_tasks(graph), (std::vector<TaskId>{{0, Step::kUpload}}));
  graph.commit({0, Step::kUpload}, "pictures 0");
  EXPECT_EQ(ready_tasks(graph),
            (std::vector<TaskId>{{0, Step::kFirstPass}, {1, Step::kFirstPass}}));
  graph.commit({1, Step::kFirstPass}, "decisions 1");
  EXPECT_EQ(ready_tasks(graph), (std::vector<TaskId>{{0, Step::kFirstPass}}));
  graph.commit({0, Step::kFirstPass}, "decisions 0");
  EXPECT_EQ(ready_tasks(graph), (std::vector<TaskId>{{0, Step::kRebase}, {1, Step::kBoundary}}));
  graph.commit({1, Step::kBoundary}, "boundary 1");
  EXPECT_EQ(ready_tasks(graph), (std::vector<TaskId>{{0, Step::kRebase}}));
  graph.commit({0, Step::kRebase}, "frames 0");
  EXPECT_EQ(ready_tasks(graph), (std::vector<TaskId>{{0, Step::kFetch}, {1, Step::kRebase}}));
  EXPECT_EQ(graph.input_outputs({1, Step::kRebase}),
            (std::vector<TaskOutput>{{{1, Step::kUpload}, "pictures 1"},
                                     {{1, Step::kFirstPass}, "decisions 1"},
                                     {{1, Step::kBoundary}, "boundary 1"},
                                     {{0, Step::kRebase}, "frames 0"}}));
  graph.commit({1, Step::kRebase}, "frames 1");
  graph.commit({0, Step::kFetch}, "");
  graph.commit({1, Step::kFetch}, "");
  EXPECT_TRUE(ready_tasks(graph).empty());
}

TEST(TaskGraph, HasBoundariesOnlyWhereTheyAreAskedFor) {
  const TaskGraph with = two_chunks(true);
  EXPECT_FALSE(with.exists({0, Step::kBoundary}));
  EXPECT_TRUE(with.exists({1, Step::kBoundary}));
  const TaskGraph without = two_chunks(false);
  EXPECT_FALSE(without.exists({1, Step::kBoundary}));
  EXPECT_FALSE(without.exists({2, Step::kUpload}));
  EXPECT_FALSE(without.exists({-1, Step::kUpload}));
  EXPECT_THROW(without.ready({1, Step::kBoundary}), std::invalid_argument);
  EXPECT_THROW(without.inputs({2, Step::kRebase}), std::invalid_argument);
}

TEST(TaskGraph, RefusesNeedsThatMakeNoSense) {
  TaskGraph graph;
  EXPECT_THROW(graph.add_chunk({.begins_chain = false, .boundary = false, .pictures = {}}),
               std::invalid_argument);
  EXPECT_THROW(graph.add_chunk({.begins_chain = true, .boundary = true, .pictures = {}}),
               std::invalid_argument);
  EXPECT_THROW(graph.add_chunk({.begins_chain = true, .boundary = false, .pictures = {0}}),
               std::invalid_argument);
  EXPECT_EQ(graph.chunks(), 0);
  graph.add_chunk(kChain);
  EXPECT_THROW(graph.restore({{0, Step::kUpload}, "x"}), std::invalid_argument);
  graph.commit({0, Step::kUpload}, "x");
  EXPECT_THROW(graph.commit({0, Step::kUpload}, "y"), std::invalid_argument);
}

TEST(TaskGraph, WantsOnlyWhatRestoredOutputsLack) {
  TaskGraph graph;
  graph.restore({{0, Step::kRebase}, "frames 0"});
  graph.restore({{1, Step::kFirstPass}, "decisions 1"});
  graph.add_chunk(kChain);
  graph.add_chunk({.begins_chain = false, .boundary = false, .pictures = {0}});
  // Chunk 0 is coded; the pictures of chunk 1 are needed again, for its rebase alone.
  EXPECT_EQ(ready_tasks(graph), (std::vector<TaskId>{{0, Step::kFetch}, {1, Step::kUpload}}));
  graph.commit({1, Step::kUpload}, "pictures 1");
  EXPECT_EQ(ready_tasks(graph), (std::vector<TaskId>{{0, Step::kFetch}, {1, Step::kRebase}}));
}

TEST(TaskGraph, MakesALostOutputAgainWithAllThatThatTakes) {
  TaskGraph graph;
  graph.restore({{0, Step::kRebase}, "frames 0"});
  graph.add_chunk(kChain);
  graph.add_chunk({.begins_chain = false, .boundary = false, .pictures = {}});
  graph.commit({1, Step::kUpload}, "pictures 1");
  graph.commit({1, Step::kFirstPass}, "decisions 1");
  ASSERT_TRUE(graph.ready({1, Step::kRebase}));
  const std::vector<TaskId> touched = graph.lose({{0, Step::kRebase}, "frames 0"});
  for (const Step step : {Step::kUpload, Step::kFirstPass, Step::kRebase}) {
    EXPECT_NE(std::find(touched.begin(), touched.end(), TaskId{0, step}), touched.end());
  }
  EXPECT_FALSE(graph.committed({0, Step::kRebase}));
  EXPECT_EQ(ready_tasks(graph), (std::vector<TaskId>{{0, Step::kUpload}}));
  graph.commit({0, Step::kUpload}, "pictures 0");
  graph.commit({0, Step::kFirstPass}, "decisions 0");
  graph.commit({0, Step::kRebase}, "frames 0 again");
  EXPECT_TRUE(graph.ready({1, Step::kRebase}));
}

TEST(TaskGraph, DoesNotMindLosingWhatNobodyNeeds) {
  TaskGraph graph;
  graph.add_chunk(kChain);
  graph.commit({0, Step::kUpload}, "a");
  EXPECT_TRUE(graph.lose({{0, Step::kUpload}, "another"}).empty());
  EXPECT_TRUE(graph.lose({{0, Step::kFirstPass}, ""}).empty());
  EXPECT_TRUE(graph.committed({0, Step::kUpload}));
  graph.commit({0, Step::kFirstPass}, "b");
  graph.commit({0, Step::kRebase}, "c");
  graph.commit({0, Step::kFetch}, "");
  graph.lose({{0, Step::kUpload}, "a"});
  EXPECT_TRUE(ready_tasks(graph).empty());
}

// A lost output can need a chain from its beginning; an endless one must not exhaust the stack.
TEST(TaskGraph, GoesBackThroughALongChain) {
  constexpr std::int64_t kChunks = 100'000;
  TaskGraph graph;
  for (std::int64_t chunk = 0; chunk < kChunks; ++chunk) {
    graph.restore({{chunk, Step::kFirstPass}, "d"});
    graph.add_chunk({.begins_chain = chunk == 0, .boundary = false, .pictures = {}});
  }
  for (std::int64_t chunk = 0; chunk < kChunks; ++chunk) {
    graph.commit({chunk, Step::kUpload}, "p");
    graph.commit({chunk, Step::kRebase}, "f");
    if (chunk < kChunks - 1) {
      graph.commit({chunk, Step::kFetch}, "");
      graph.lose({{chunk, Step::kUpload}, "p"});
    }
  }
  for (std::int64_t chunk = 0; chunk < kChunks; ++chunk)
    graph.lose({{chunk, Step::kRebase}, "f"});
  EXPECT_FALSE(graph.ready({kChunks - 1, Step::kFetch}));
  EXPECT_TRUE(graph.ready({0, Step::kUpload}));
}

TEST(TaskGraph, NamesTasksForPeople) {
  EXPECT_EQ(task_name({12, Step::kFirstPass}), "first-pass of chunk 12");
  EXPECT_EQ(step_name(Step::kFetch), "fetch");
  EXPECT_FALSE(on_worker(Step::kUpload));
  EXPECT_TRUE(on_worker(Step::kBoundary));
}

}  // namespace
}  // namespace cloud
