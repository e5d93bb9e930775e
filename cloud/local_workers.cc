// Worker processes, and invocations on their way to them.
#include "cloud/local_workers.hh"

#include <algorithm>
#include <csignal>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include "cloud/process.hh"

namespace cloud {
namespace {

std::int64_t ms_since_1970() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
}

std::string end_of(int status) {
  return WIFEXITED(status) ? fmt::format("exit status {}", WEXITSTATUS(status))
                           : fmt::format("signal: {}", ::strsignal(WTERMSIG(status)));
}

}  // namespace

struct LocalWorkers::Job {
  LocalJob what;
  bool handed = false;  // the worker has it
  bool ended = false;
  std::string too_late;  // why its worker was killed
  LocalAnswer answer;
  Clock::time_point deadline;
};

// What Lambda says when a worker ends in the middle.
void LocalWorkers::fail(Job& job, int status) {
  const bool late = !job.too_late.empty();
  const std::string message =
      late ? job.too_late : "Error: Runtime exited with error: " + end_of(status);
  const nlohmann::json error{
      {"errorType", late ? "Sandbox.Timedout" : "Runtime.ExitError"},
      {"errorMessage", fmt::format("RequestId: {} {}", job.what.request_id, message)}};
  job.answer = {LocalAnswer::Kind::kFailed, error.dump()};
  job.ended = true;
}

// Once dead, it is neither idle nor busy; its thread remains to be joined.
struct LocalWorkers::Worker {
  int number = 0;
  pid_t pid = 0;
  bool dead = false;
  bool asks = false;  // waits in next()
  Clock::time_point idle_since;
  std::shared_ptr<Job> job;
  std::thread watcher;
};

LocalWorkers::LocalWorkers(const LocalLambdaOptions& options, std::string api)
    : options_(options), api_(std::move(api)) {}

LocalWorkers::~LocalWorkers() {
  stop();
  for (Worker& worker : workers_)
    worker.watcher.join();
}

void LocalWorkers::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  for (const Worker& worker : workers_)
    if (!worker.dead)
      ::kill(-worker.pid, SIGKILL);
  changed_.notify_all();
}

LocalWorkers::Worker* LocalWorkers::find(int number) {
  const auto found = std::find_if(workers_.begin(), workers_.end(),
                                  [&](const Worker& w) { return w.number == number && !w.dead; });
  return found == workers_.end() ? nullptr : &*found;
}

// The one that has worked last, as Lambda does it: the others may go. It may still be about to ask.
LocalWorkers::Worker* LocalWorkers::idle_worker() {
  Worker* best = nullptr;
  for (Worker& worker : workers_)
    if (!worker.dead && !worker.job && (best == nullptr || worker.idle_since > best->idle_since))
      best = &worker;
  return best;
}

std::vector<std::string> LocalWorkers::environment_of(const Worker& worker) const {
  std::vector<std::string> all{
      "PATH=/usr/local/bin:/usr/bin:/bin",
      "LANG=en_US.UTF-8",
      "TZ=:UTC",
      "_HANDLER=bootstrap",
      fmt::format("AWS_LAMBDA_RUNTIME_API={}/worker/{}", api_, worker.number),
      "AWS_LAMBDA_FUNCTION_NAME=" + options_.function,
      "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
      "AWS_REGION=" + options_.region,
      "AWS_DEFAULT_REGION=" + options_.region,
      "AWS_ACCESS_KEY_ID=" + options_.credentials.access_key_id,
      "AWS_SECRET_ACCESS_KEY=" + options_.credentials.secret_access_key};
  if (!options_.credentials.session_token.empty())
    all.push_back("AWS_SESSION_TOKEN=" + options_.credentials.session_token);
  all.insert(all.end(), options_.environment.begin(), options_.environment.end());
  return all;
}

void LocalWorkers::join_dead() {
  workers_.remove_if([](Worker& worker) {
    if (worker.dead && !worker.job)
      worker.watcher.join();  // it has nothing left to do
    return worker.dead && !worker.job;
  });
}

LocalWorkers::Worker& LocalWorkers::start_worker() {
  join_dead();
  Worker& worker = workers_.emplace_back();
  worker.number = ++started_;
  const std::string log = options_.log_folder.empty()
                              ? std::string()
                              : fmt::format("{}/worker-{}.log", options_.log_folder, worker.number);
  try {
    worker.pid = start_process(options_.command, environment_of(worker), log);
    worker.watcher = std::thread([this, &worker] { watch(worker); });
  } catch (const std::system_error&) {
    if (worker.pid != 0) {
      ::kill(-worker.pid, SIGKILL);
      ::waitpid(worker.pid, nullptr, 0);
    }
    workers_.pop_back();
    throw;
  }
  return worker;
}

void LocalWorkers::watch(Worker& worker) {
  int status = 0;
  while (::waitpid(worker.pid, &status, 0) < 0 && errno == EINTR) {
  }
  const std::lock_guard lock(mutex_);
  ::kill(-worker.pid, SIGKILL);  // what it may have started
  worker.dead = true;
  worker.asks = false;
  if (worker.job)
    fail(*worker.job, status);
  worker.job.reset();
  changed_.notify_all();
}

LocalAnswer LocalWorkers::invoke(const std::string& payload) {
  std::unique_lock lock(mutex_);
  Worker* worker = idle_worker();
  const auto living =
      std::count_if(workers_.begin(), workers_.end(), [](const Worker& w) { return !w.dead; });
  if (stopping_ || (worker == nullptr && living >= options_.concurrency))
    return {LocalAnswer::Kind::kThrottled, ""};
  if (worker == nullptr)
    worker = &start_worker();
  const auto job = std::make_shared<Job>();
  job->what.request_id = fmt::format("00000000-0000-4000-8000-{:012x}", ++jobs_);
  job->what.payload = payload;
  job->deadline = Clock::now() + options_.start_limit;
  worker->job = job;
  changed_.notify_all();
  wait_until_ended(lock, *worker, *job);
  return job->answer;
}

void LocalWorkers::wait_until_ended(std::unique_lock<std::mutex>& lock, Worker& worker, Job& job) {
  while (!job.ended) {
    const Clock::time_point deadline = job.deadline;  // moves when the worker takes the job
    changed_.wait_until(lock, deadline);
    if (job.ended || Clock::now() < job.deadline)
      continue;
    // The worker still has the job. Its watcher ends both, so that its place is free by then.
    ::kill(-worker.pid, SIGKILL);
    job.too_late = job.handed ? fmt::format("Error: Task timed out after {:.2f} seconds",
                                            static_cast<double>(options_.limit.count()) / 1000)
                              : "Error: the worker does not ask for an invocation";
    job.deadline = Clock::time_point::max();
  }
}

std::optional<LocalJob> LocalWorkers::next(int number) {
  std::unique_lock lock(mutex_);
  Worker* worker = find(number);
  if (worker == nullptr || worker->asks || (worker->job && worker->job->handed))
    return {};
  worker->asks = true;
  worker->idle_since = Clock::now();
  while (!stopping_ && (worker = find(number)) != nullptr && !worker->job)
    changed_.wait(lock);
  if (stopping_ || worker == nullptr)
    return {};
  worker->asks = false;
  Job& job = *worker->job;
  job.handed = true;
  job.deadline = Clock::now() + options_.limit;
  job.what.deadline_ms = ms_since_1970() + options_.limit.count();
  changed_.notify_all();
  return job.what;
}

bool LocalWorkers::finish(int number, const std::string& request_id, LocalAnswer answer) {
  const std::lock_guard lock(mutex_);
  Worker* worker = find(number);
  if (worker == nullptr || !worker->job || !worker->job->handed || worker->job->ended ||
      worker->job->what.request_id != request_id)
    return false;
  worker->job->answer = std::move(answer);
  worker->job->ended = true;
  worker->job.reset();
  changed_.notify_all();
  return true;
}

std::vector<LocalWorker> LocalWorkers::processes() const {
  const std::lock_guard lock(mutex_);
  std::vector<LocalWorker> all;
  for (const Worker& worker : workers_)
    if (!worker.dead)
      all.push_back({worker.pid, worker.job != nullptr});
  return all;
}

int LocalWorkers::started() const {
  const std::lock_guard lock(mutex_);
  return started_;
}

}  // namespace cloud
