// Faults for the scheduler, from a seed.
#include "tests/cloud/scheduler_world.hh"

#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

namespace cloud::test {
namespace {

constexpr std::int64_t kStepMs = 250;
constexpr std::int64_t kLongestMs = std::int64_t{10} * 24 * 3600 * 1000;
constexpr std::int64_t kNever = std::int64_t{1} << 60;

std::string text_of(const Attempt& attempt) {
  return task_name(attempt.task) + " #" + std::to_string(attempt.number);
}

}  // namespace

std::vector<ChunkNeeds> video_of(int chunks, int per_chain, bool boundary) {
  std::vector<ChunkNeeds> video;
  for (int c = 0; c < chunks; ++c) {
    const bool begins = c % per_chain == 0;
    ChunkNeeds needs{.begins_chain = begins, .boundary = boundary && !begins, .pictures = {}};
    if (!begins)
      needs.pictures.push_back(c - 1);
    video.push_back(std::move(needs));
  }
  return video;
}

World::World(std::uint64_t seed,
             const SchedulerOptions& options,
             std::vector<ChunkNeeds> video,
             const Faults& faults)
    : random_(seed),
      options_(options),
      video_(std::move(video)),
      faults_(faults),
      scheduler_(options, 0) {}

std::int64_t World::below(std::int64_t n) {
  return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n));
}

void World::run() {
  while (!scheduler_.finished() && now_ < kLongestMs && !::testing::Test::HasFailure())
    step();
  if (scheduler_.given_up())
    return;
  // Whatever still comes changes nothing.
  while (!workers_.empty()) {
    const Attempt attempt = workers_.begin()->first;
    workers_.erase(workers_.begin());
    EXPECT_TRUE(scheduler_.on(event::Done{attempt, "too late"}, now_).empty());
  }
}

void World::step() {
  now_ += kStepMs;
  read_on();
  std::vector<Attempt> ended;
  for (const auto& [attempt, worker] : workers_) {
    if (worker.ends <= now_)
      ended.push_back(attempt);
  }
  std::shuffle(ended.begin(), ended.end(), random_);
  for (const Attempt& attempt : ended) {
    const Worker worker = workers_.at(attempt);
    workers_.erase(attempt);
    end(attempt, worker);
  }
  for (const auto& [attempt, worker] : std::map<Attempt, Worker>(workers_)) {
    if (worker.alive && below(8) == 0)
      send(event::Heartbeat{attempt});
  }
  for (const Late& late : std::exchange(late_, {})) {
    if (late.at > now_) {
      late_.push_back(late);
    } else {
      store_.insert({late.done.attempt.task, late.done.output});
      send(late.done);
    }
  }
  if (percent(faults_.found_missing))
    lose_something();
  if (below(1000) < faults_.killed)
    begin_again();
  send(event::Tick{});
}

// The video becomes known bit by bit, no further ahead than memory allows.
void World::read_on() {
  const std::int64_t end = std::ssize(written_) + 40;
  for (std::int64_t more = below(8); more > 0 && added_ < video_.size(); --more) {
    if (static_cast<std::int64_t>(added_) < end)
      scheduler_.add_chunk(video_[added_++]);
  }
  if (added_ == video_.size())
    scheduler_.close();
}

void World::send(const Event& event) {
  if (scheduler_.finished())
    return;
  for (const Action& action : scheduler_.on(event, now_))
    carry_out(action);
}

void World::carry_out(const Action& action) {
  ASSERT_TRUE(reason_.text.empty()) << "an action after the end";
  if (const auto* start = std::get_if<action::Invoke>(&action)) {
    invoke(*start);
  } else if (const auto* ignore = std::get_if<action::Ignore>(&action)) {
    history_.push_back("ignore " + text_of(ignore->attempt));
    const auto worker = workers_.find(ignore->attempt);
    if (worker == workers_.end())
      return;
    worker->second.ignored = true;
    // Who was taken for dead may answer all the same, later.
    if (worker->second.ends == kNever && percent(5 * faults_.late)) {
      late_.push_back(
          {now_ + below(200'000), {ignore->attempt, "late " + text_of(ignore->attempt)}});
      workers_.erase(worker);
    }
  } else if (const auto* write = std::get_if<action::Write>(&action)) {
    history_.push_back("write " + std::to_string(write->chunk));
    ASSERT_EQ(write->chunk, std::ssize(written_));
    written_.push_back(write->chunk);
  } else {
    reason_ = std::get<action::GiveUp>(action);
    EXPECT_FALSE(reason_.text.empty());
    history_.push_back("give up: " + reason_.text);
  }
}

void World::invoke(const action::Invoke& start) {
  history_.push_back(std::to_string(now_) + " start " + text_of(start.attempt));
  const TaskId& task = start.attempt.task;
  ++attempts_[task];
  ASSERT_EQ(scheduler_.output(task), nullptr) << text_of(start.attempt) << " is done already";
  for (const TaskOutput& input : start.inputs) {
    const std::string* output = scheduler_.output(input.task);
    ASSERT_NE(output, nullptr) << text_of(start.attempt) << " misses " << task_name(input.task);
    ASSERT_EQ(*output, input.output);
  }
  ASSERT_TRUE(workers_.emplace(start.attempt, fate(start)).second) << text_of(start.attempt);
  count_workers();
  if (!workers_.at(start.attempt).throttled && below(4) != 0)
    workers_.at(start.attempt).alive = workers_.at(start.attempt).ends != kNever || below(2) == 0;
}

World::Worker World::fate(const action::Invoke& start) {
  Worker worker{.inputs = start.inputs};
  worker.ends = now_ + 500 + below(3000);
  if (!on_worker(start.attempt.task.step)) {
    worker.fails = percent(faults_.fails / 4);
    return worker;
  }
  if (percent(faults_.throttled)) {
    worker.throttled = true;
    worker.alive = false;
    worker.ends = now_ + kStepMs;
  } else if (percent(faults_.dies)) {
    worker.alive = false;
    worker.ends = kNever;
  } else if (percent(faults_.hangs)) {
    worker.ends = kNever;
  } else if (percent(faults_.late)) {
    worker.ends = now_ + 20'000 + below(20'000);
  }
  worker.fails = percent(faults_.fails);
  worker.answers = percent(faults_.twice) ? 2 : 1;
  return worker;
}

// Ignored ones may still be running, or not: the scheduler counts them, the world does not.
void World::count_workers() {
  const auto open = std::count_if(workers_.begin(), workers_.end(), [](const auto& worker) {
    return on_worker(worker.first.task.step) && !worker.second.ignored;
  });
  const SchedulerStatus status = scheduler_.status(now_);
  ASSERT_LE(open, options_.workers.limit);
  ASSERT_LE(status.workers, options_.workers.limit);
  most_workers_ = std::max(most_workers_, static_cast<int>(open));
}

void World::end(const Attempt& attempt, const Worker& worker) {
  if (worker.throttled)
    return send(event::Failed{attempt, Failure::kThrottled, "429", {}});
  if (worker.fails)
    return send(event::Failed{attempt, Failure::kRetryable, "crash", {}});
  event::Failed lost{attempt, Failure::kLostInput, "no such object", {}};
  for (const TaskOutput& input : worker.inputs) {
    if (percent(faults_.vanishes))
      store_.erase(input);
    if (!store_.contains(input))
      lost.lost.push_back(input);
  }
  if (!lost.lost.empty())
    return send(lost);
  answer(attempt, worker.answers);
}

void World::answer(const Attempt& attempt, int times) {
  const std::string output = std::to_string(life_) + " " + text_of(attempt);
  store_.insert({attempt.task, output});
  for (int i = 0; i < times; ++i)
    send(event::Done{attempt, output});
}

void World::lose_something() {
  if (store_.empty())
    return;
  const TaskOutput lost = *std::next(store_.begin(), below(std::ssize(store_)));
  store_.erase(lost);
  if (below(2) == 0)
    send(event::OutputLost{lost});
}

// The coordinator dies; its workers die with it or answer nobody. The next one finds what is there.
void World::begin_again() {
  ++life_;
  workers_.clear();
  late_.clear();
  written_.clear();
  added_ = 0;
  scheduler_ = Scheduler(options_, now_);
  for (const TaskOutput& output : store_) {
    if (output.task.step != Step::kFetch)
      scheduler_.restore(output);
  }
}

}  // namespace cloud::test
