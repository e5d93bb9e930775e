// Runs the lanes of a team as fibres, and compares what they ask of it.
#include "tests/checker/fibre_team.hh"

#include <algorithm>
#include <array>
#include <csetjmp>
#include <exception>
#include <list>
#include <random>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <ucontext.h>

#include "tests/checker/checker.hh"
#include "tests/checker/fault_texts.hh"
#include "tests/checker/lane_memory.hh"
#include "tests/checker/memory.hh"

namespace checker {
namespace {

/// What a lane asks of its team.
struct Request {
  Call call = Call::kSync;
  int n = 0;
  Site site;
};

struct Lane {
  explicit Lane(int number) : stack(fmt::format("lane {}'s stack", number)) {}

  Stack stack;
  RunningLane running;
  ucontext_t start{};
  std::jmp_buf resume{};
  bool started = false;
  bool done = false;
  bool inside = false;  // of each(), once() or sum()
  std::uint32_t calls = 0;
  Request request;
  std::uint64_t part = 0;  // of a sum
};

/// Well spread bits of two numbers.
std::uint32_t mix(std::uint32_t a, std::uint32_t b) {
  std::uint64_t x = (std::uint64_t{a} << 32 | b) + 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return static_cast<std::uint32_t>(x >> 32);
}

std::string text_of(const Request& request) {
  static constexpr std::array names = {"sync", "each", "once", "sum"};
  return fmt::format("{}() at {}:{}", names[static_cast<std::size_t>(request.call)],
                     request.site.file, request.site.line);
}

/// One launch.
class Engine {
 public:
  Engine(const Options& options, LaneBody call, const void* body);

  void run();
  [[nodiscard]] const std::vector<Site>& barriers() const { return barriers_; }

  // What lanes call, on their own stacks.
  void enter(const Request& request);
  [[nodiscard]] int next_item(int from, int n) const;
  void meet();
  [[nodiscard]] std::uint64_t meet_and_add(std::uint64_t part);
  [[nodiscard]] bool inside() const { return lane_->inside; }
  [[noreturn]] void stop();
  [[noreturn]] void lane_main();

 private:
  void run_team(int team);
  void run_lane(Lane& lane);
  void leave_lane();
  void run_to_next_meeting();
  bool lanes_agree();
  void finish_meeting();

  const Options& options_;
  LaneBody call_;
  const void* body_;
  std::list<Lane> lanes_;
  std::vector<Lane*> order_;
  std::mt19937 random_;
  std::vector<Site> barriers_;
  Lane* lane_ = nullptr;  // the one that runs
  std::jmp_buf scheduler_{};
  std::uint64_t total_ = 0;
  bool stopped_ = false;
};

// Lanes reach their launch through it, and so does the entry function of a context.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
constinit Engine* engine = nullptr;

/// While the engine works for a lane, instrumented functions that it may share with the test (a
/// template's single copy) are not the lane's.
class Unwatched {
 public:
  Unwatched() : running_(std::exchange(watch.running, nullptr)) {}
  Unwatched(const Unwatched&) = delete;
  Unwatched(Unwatched&&) = delete;
  Unwatched& operator=(const Unwatched&) = delete;
  Unwatched& operator=(Unwatched&&) = delete;
  ~Unwatched() { watch.running = running_; }

 private:
  RunningLane* running_;
};

Engine::Engine(const Options& options, LaneBody call, const void* body)
    : options_(options), call_(call), body_(body), random_(options.seed) {
  for (int i = 0; i < options.lanes; ++i) {
    Lane& lane = lanes_.emplace_back(i);
    lane.running.stack_begin = reinterpret_cast<std::uintptr_t>(lane.stack.begin());
    lane.running.stack_bytes = Stack::kBytes;
    lane.running.lane = static_cast<std::int16_t>(i);
    order_.push_back(&lane);
  }
  if (options.order == Order::kReverse)
    std::ranges::reverse(order_);
}

void Engine::run() {
  engine = this;
  watch.clock.launch = ++watch.clock.now;
  for (int team = 0; team < options_.teams && !stopped_; ++team)
    run_team(team);
  engine = nullptr;
}

void Engine::run_team(int team) {
  watch.clock.team = watch.clock.met = ++watch.clock.now;
  forget_team_buffers();
  for (Lane& lane : lanes_) {
    lane.started = lane.done = lane.inside = false;
    lane.calls = 0;
    lane.running.team = team;
    lane.running.depth = 0;
  }
  run_to_next_meeting();
  while (!stopped_ && !std::ranges::all_of(lanes_, &Lane::done) && lanes_agree()) {
    finish_meeting();
    run_to_next_meeting();
  }
}

void Engine::run_to_next_meeting() {
  if (options_.order == Order::kSeeded)
    std::ranges::shuffle(order_, random_);
  for (Lane* lane : order_) {
    if (!stopped_ && !lane->done)
      run_lane(*lane);
  }
}

void run_lane_main() {
  engine->lane_main();
}

/// Runs a lane until it waits or ends. _setjmp between stacks is swapcontext without its system
/// call for the signal mask.
void Engine::run_lane(Lane& lane) {
  lane_ = &lane;
  if (_setjmp(scheduler_) != 0)
    return;
  watch.running = &lane.running;
  if (lane.started)
    _longjmp(lane.resume, 1);
  lane.started = true;
  getcontext(&lane.start);
  lane.start.uc_stack.ss_sp = lane.stack.begin();
  lane.start.uc_stack.ss_size = Stack::kBytes;
  makecontext(&lane.start, run_lane_main, 0);
  setcontext(&lane.start);
}

void Engine::lane_main() {
  try {
    call_(body_, FibreTeam(lane_->running.lane, options_.lanes), lane_->running.team);
  } catch (const std::exception& e) {
    add_fault("exception", fmt::format("lane {}: {}", lane_->running.lane, e.what()), 0);
    stopped_ = true;
  }
  lane_->done = true;
  watch.running = nullptr;
  _longjmp(scheduler_, 1);
}

void Engine::leave_lane() {
  watch.running = nullptr;
  if (_setjmp(lane_->resume) == 0)
    _longjmp(scheduler_, 1);
}

void Engine::stop() {
  stopped_ = true;
  watch.running = nullptr;
  _longjmp(scheduler_, 1);
}

void Engine::enter(const Request& request) {
  const Unwatched unwatched;
  const Request outer = std::exchange(lane_->request, request);
  if (lane_->inside) {
    add_fault("misuse",
              fmt::format("lane {} calls {} inside {}", lane_->running.lane, text_of(request),
                          text_of(outer)),
              0);
    stop();
  }
  lane_->inside = true;
  ++lane_->calls;
}

int Engine::next_item(int from, int n) const {
  const auto lanes = static_cast<std::uint32_t>(options_.lanes);
  const auto lane = static_cast<std::uint32_t>(lane_->running.lane);
  if (!options_.scatter) {
    const std::uint32_t owner = static_cast<std::uint32_t>(from) % lanes;
    return std::min(n, from + static_cast<int>((lane + lanes - owner) % lanes));
  }
  const std::uint32_t call = mix(options_.seed, lane_->calls);
  while (from < n && mix(call, static_cast<std::uint32_t>(from)) % lanes != lane)
    ++from;
  return std::min(from, n);
}

void Engine::meet() {
  lane_->inside = false;
  if (!(lane_->request.site == options_.without_barrier))
    leave_lane();
}

std::uint64_t Engine::meet_and_add(std::uint64_t part) {
  lane_->inside = false;
  lane_->part = part;
  leave_lane();
  return total_;
}

/// Compares what the lanes ask for; they all wait or have ended.
bool Engine::lanes_agree() {
  const Lane& first = *std::ranges::find(lanes_, false, &Lane::done);
  for (const Lane& lane : lanes_) {
    const Request& a = first.request;
    const Request& b = lane.request;
    const auto both = [&](const std::string& other) {
      return fmt::format("lane {} is in {}, lane {} {}", first.running.lane, text_of(a),
                         lane.running.lane, other);
    };
    if (lane.done)
      add_fault("divergent", both("has ended"), 0);
    else if (a.call != b.call || !(a.site == b.site))
      add_fault("divergent", both("in " + text_of(b)), 0);
    else if (a.n != b.n)
      add_fault("not uniform", both(fmt::format("too, but with n = {} and {}", a.n, b.n)), 0);
    else
      continue;
    return false;
  }
  return true;
}

void Engine::finish_meeting() {
  ++watch.clock.now;
  const Request& request = lanes_.front().request;
  if (request.call == Call::kSum) {
    total_ = 0;
    for (const Lane& lane : lanes_)
      total_ += lane.part;
    return;
  }
  watch.clock.met = watch.clock.now;
  if (std::ranges::find(barriers_, request.site) == barriers_.end())
    barriers_.push_back(request.site);
}

}  // namespace

void FibreTeam::enter(Call call, int n, Site site) {
  engine->enter({call, n, site});
}

int FibreTeam::next_item(int from, int n) {
  return engine->next_item(from, n);
}

void FibreTeam::meet() {
  engine->meet();
}

std::uint64_t FibreTeam::meet_and_add(std::uint64_t part) {
  return engine->meet_and_add(part);
}

void FibreTeam::add(std::uint32_t* at, std::uint32_t value) const {
  const auto pc = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  if (!engine->inside()) {
    add_fault("misuse", fmt::format("lane {} calls add() outside of each() and once()", lane_), pc);
  }
  check_aligned(reinterpret_cast<std::uintptr_t>(at), sizeof *at, Access::kAtomicAdd, pc);
  *at += value;
}

void stop_launch() {
  engine->stop();
}

Report run_lanes(const Options& options, LaneBody call, const void* body) {
  if (engine != nullptr)
    throw std::logic_error("checker: a launch inside a launch");
  if (options.lanes < 1 || options.lanes > 1024)
    throw std::invalid_argument("checker: 1 to 1024 lanes");
  const RegionScope arguments(caller_stack(__builtin_frame_address(0)));
  const std::list<RegionScope> constants = program_constants();
  watch.accesses = 0;
  watch.faults.clear();
  Engine launch(options, call, body);
  launch.run();
  if (watch.accesses == 0) {
    add_fault("nothing checked", "no load or store was seen: is the kernel's source instrumented?",
              0);
  }
  return {.faults = fault_texts(watch.faults),
          .barriers = launch.barriers(),
          .accesses = watch.accesses};
}

}  // namespace checker
