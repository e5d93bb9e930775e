// Events in, actions out.
#include "cloud/coordinator.hh"

#include <algorithm>
#include <chrono>
#include <exception>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cloud/chunk_feed.hh"
#include "cloud/error.hh"
#include "cloud/mailbox.hh"
#include "cloud/packed.hh"
#include "cloud/run_names.hh"
#include "cloud/run_objects.hh"
#include "cloud/stored_results.hh"
#include "cloud/thread_pool.hh"
#include "cloud/worker_outcome.hh"
#include "cloud/worker_tracks.hh"

namespace cloud {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTick{100};

int thread_count(int wanted) {
  return wanted > 0 ? wanted : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

// What an exception on a thread of the pool means for the attempt.
event::Failed failure_of(const Attempt& attempt, const std::exception& error) {
  const bool fatal = dynamic_cast<const Denied*>(&error) != nullptr;
  return {attempt, fatal ? Failure::kFatal : Failure::kRetryable, error.what(), {}};
}

std::set<std::string> names_in(ObjectStore& store) {
  const std::vector<std::string> names = store.list("");
  return {names.begin(), names.end()};
}

class Coordinator {
 public:
  Coordinator(host::PictureSource& source,
              const host::Plan& plan,
              const CoordinatorOptions& options,
              const CoordinatorServices& services,
              const std::function<void(const host::CodedFrame&)>& write)
      : plan_(plan),
        options_(options),
        services_(services),
        write_(write),
        objects_(services.store, options.key),
        tracks_(options.spans),
        scheduler_(options.scheduler, 0),
        found_(names_in(services.store)),
        pool_(options.scheduler.uploads + options.scheduler.fetches),
        feed_(source, services.device, plan, feed_options(), feed_listener()) {}
  Coordinator(const Coordinator&) = delete;
  Coordinator(Coordinator&&) = delete;
  Coordinator& operator=(const Coordinator&) = delete;
  Coordinator& operator=(Coordinator&&) = delete;

  // Calls that are posted from now on, also by the members' destructors, are dropped.
  ~Coordinator() { mailbox_->close(); }

  CloudSummary run() {
    while (!scheduler_.finished() && !failure_) {
      if (const auto call = mailbox_->take(kTick))
        (*call)();
      if (now_ms() - last_tick_ms_ >= kTick.count())
        tick();
    }
    if (failure_)
      std::rethrow_exception(failure_);
    drain();
    summary_.scheduler = scheduler_.status(now_ms());
    summary_.encode.quality = quality_.mean();
    return summary_;
  }

 private:
  FeedOptions feed_options() const {
    return {.key = options_.key,
            .threads = thread_count(options_.threads),
            .limit = options_.limit,
            .ahead = options_.scheduler.uploads + thread_count(options_.threads),
            .reopen = options_.reopen,
            .spans = options_.spans};
  }

  FeedListener feed_listener() {
    return {.chunk =
                [this](PreparedChunk chunk, double read, double lookahead) {
                  // std::function wants what can be copied.
                  auto shared = std::make_shared<PreparedChunk>(std::move(chunk));
                  mailbox_->post([this, shared, read, lookahead] {
                    summary_.encode.cpu.read = read;
                    summary_.encode.cpu.lookahead = lookahead;
                    take_chunk(std::move(*shared));
                  });
                },
            .again =
                [this](PreparedChunk chunk) {
                  auto shared = std::make_shared<PreparedChunk>(std::move(chunk));
                  mailbox_->post([this, shared] { take_again(std::move(*shared)); });
                },
            .end = [this] { mailbox_->post([this] { close_video(); }); },
            .failure =
                [this](std::exception_ptr failure) {
                  mailbox_->post([this, failure] { fail(failure); });
                }};
  }

  std::int64_t now_ms() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start_).count();
  }
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

  void fail(std::exception_ptr failure) {
    if (!failure_)
      failure_ = std::move(failure);
  }

  void drain() {
    const std::int64_t limit_ms = now_ms() + options_.drain_ms;
    while (!workers_.empty() && now_ms() < limit_ms) {
      if (const auto call = mailbox_->take(kTick))
        (*call)();
    }
  }

  void tick() {
    last_tick_ms_ = now_ms();
    happen(event::Tick{});
  }

  // --- Events ---

  void happen(const Event& event) {
    for (const Action& action : scheduler_.on(event, now_ms())) {
      if (failure_)
        return;
      std::visit([this](const auto& what) { carry_out(what); }, action);
    }
  }

  void take_chunk(PreparedChunk chunk) {
    const std::int64_t index = chunk.chunk.index;
    summary_.raw_bytes += chunk.raw_bytes;
    summary_.packed_bytes += chunk.packed_bytes;
    const ChunkNeeds needs = chunk.needs;
    if (restore(index)) {
      check_same(std::move(chunk));
      feed_.taken();
    } else {
      prepared_.insert_or_assign(index, std::move(chunk));
      new_.insert(index);
    }
    scheduler_.add_chunk(needs);
    happen(event::Tick{});
  }

  void take_again(PreparedChunk chunk) {
    const std::int64_t index = chunk.chunk.index;
    prepared_.insert_or_assign(index, std::move(chunk));
    if (const auto waiting = waiting_uploads_.extract(index))
      start_upload(waiting.mapped());
  }

  void close_video() {
    scheduler_.close();
    happen(event::Tick{});
  }

  // Tells the scheduler what an earlier run has done about a chunk. Returns whether it is uploaded.
  bool restore(std::int64_t chunk) {
    for (const Step step : {Step::kUpload, Step::kFirstPass, Step::kBoundary, Step::kRebase}) {
      const TaskId task{chunk, step};
      if (is_done(task, plan_, found_)) {
        scheduler_.restore({task, "of an earlier run"});
        ++summary_.resumed;
      }
    }
    return is_done({chunk, Step::kUpload}, plan_, found_);
  }

  // What an earlier run has uploaded must be what this one would upload.
  void check_same(PreparedChunk chunk) {
    auto work = std::make_shared<std::pair<std::string, Bytes>>(std::move(chunk.objects.back()));
    pool_.run([this, work] {
      try {
        const auto& [name, sealed] = *work;
        if (objects_.get(name) == unpack(name, open_sealed(options_.key, name, sealed)))
          return;
        throw std::runtime_error(
            "the run to be resumed was of another video: the input has changed since. Start anew "
            "without its run file");
      } catch (const LostObject&) {
        // It will be missed, and made again.
      } catch (...) {
        const std::exception_ptr failure = std::current_exception();
        mailbox_->post([this, failure] { fail(failure); });
      }
    });
  }

  // --- Actions ---

  void carry_out(const action::Invoke& invoke) {
    switch (invoke.attempt.task.step) {
      case Step::kUpload:
        return start_upload(invoke.attempt);
      case Step::kFetch:
        return start_fetch(invoke);
      case Step::kFirstPass:
      case Step::kBoundary:
      case Step::kRebase:
        return start_worker(invoke);
    }
  }

  // A worker cannot be stopped. Its outcome is still awaited: with it, its place becomes free.
  void carry_out(const action::Ignore&) {}

  void carry_out(const action::GiveUp& end) {
    fail(std::make_exception_ptr(RunEnded(end.reason, end.text)));
  }

  void carry_out(const action::Write& write) {
    const auto fetched = fetched_.extract(write.chunk);
    const StoredFrames& frames = fetched.mapped();
    for (const auto& [bytes, quality] : frames.frames) {
      write_({bytes, summary_.encode.pictures, quality ? &*quality : nullptr});
      summary_.encode.bytes += bytes.size();
      if (quality) {
        quality_.add(*quality);
        ++summary_.encode.pictures;
      }
    }
    summary_.encode.state_hash = frames.state_hash;
    if (options_.on_progress)
      options_.on_progress({summary_.encode.pictures, summary_.encode.bytes, summary_.encode.cpu});
  }

  // Pictures that are not there any more are read again.
  void start_upload(const Attempt& attempt) {
    const std::int64_t chunk = attempt.task.chunk;
    auto prepared = prepared_.extract(chunk);
    if (prepared.empty()) {
      waiting_uploads_.insert_or_assign(chunk, attempt);
      return feed_.again(chunk);
    }
    auto shared = std::make_shared<PreparedChunk>(std::move(prepared.mapped()));
    pool_.run([this, attempt, shared] { upload(attempt, *shared); });
  }

  void upload(const Attempt& attempt, PreparedChunk& chunk) {
    try {
      for (const auto& [name, bytes] : chunk.objects)
        objects_.put_stored(name, bytes);
      mailbox_->post([this, attempt] {
        if (new_.erase(attempt.task.chunk) > 0)
          feed_.taken();
        summary_.seconds_to_upload = seconds();
        happen(event::Done{attempt, std::to_string(++outputs_)});
      });
    } catch (const std::exception& error) {
      auto shared = std::make_shared<PreparedChunk>(std::move(chunk));
      mailbox_->post([this, shared, failed = failure_of(attempt, error)] {
        const std::int64_t index = shared->chunk.index;
        prepared_.insert_or_assign(index, std::move(*shared));
        happen(failed);
      });
    }
  }

  void start_fetch(const action::Invoke& invoke) {
    pool_.run([this, invoke] { fetch(invoke); });
  }

  void fetch(const action::Invoke& invoke) {
    const Attempt& attempt = invoke.attempt;
    const std::int64_t chunk = attempt.task.chunk;
    try {
      auto frames = std::make_shared<StoredFrames>(read_frames(objects_.get(frames_name(chunk))));
      mailbox_->post([this, attempt, frames] {
        fetched_.insert_or_assign(attempt.task.chunk, std::move(*frames));
        happen(event::Done{attempt, "frames"});
      });
    } catch (const Damaged& error) {
      mailbox_->post([this, invoke, text = std::string(error.what())] {
        happen(event::Failed{invoke.attempt, Failure::kLostInput, text, invoke.inputs});
      });
    } catch (const std::exception& error) {
      mailbox_->post([this, failed = failure_of(attempt, error)] { happen(failed); });
    }
  }

  // --- Workers ---

  void start_worker(const action::Invoke& invoke) {
    const std::uint64_t id = ++last_worker_;
    workers_.emplace(id, StartedWorker{id, invoke.attempt, invoke.inputs, Clock::now()});
    summary_.most_workers = std::max(summary_.most_workers, workers_.size());
    const TaskId& task = invoke.attempt.task;
    const Task message{options_.key, id, phase_of(task.step), task.chunk};
    // It may come after the end of this: the mailbox outlives it, and is closed.
    services_.invoker.start(id, write_task(message), [this, mailbox = mailbox_](Outcome outcome) {
      auto shared = std::make_shared<Outcome>(std::move(outcome));
      mailbox->post([this, shared] { take_outcome(*shared); });
    });
  }

  void take_outcome(const Outcome& outcome) {
    const auto found = workers_.extract(outcome.attempt);
    if (found.empty())
      return;  // told twice
    const StartedWorker& worker = found.mapped();
    const JudgedOutcome judged =
        judge(outcome, worker, options_.key, plan_, std::to_string(++outputs_));
    if (judged.result) {
      const host::Chunk chunk = host::chunk_at(plan_, worker.attempt.task.chunk);
      const Clock::time_point end = Clock::now();
      tracks_.add(worker.begin, end, chunk, *judged.result);
      count(summary_, *judged.result, end - worker.begin);
    }
    happen(judged.event);
  }

  const host::Plan& plan_;
  const CoordinatorOptions& options_;
  const CoordinatorServices& services_;
  const std::function<void(const host::CodedFrame&)>& write_;
  const Clock::time_point start_ = Clock::now();
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  RunObjects objects_;
  WorkerTracks tracks_;

  // All below belongs to the thread that runs.
  Scheduler scheduler_;
  const std::set<std::string> found_;                // objects of an earlier run
  std::set<std::int64_t> new_;                       // chunks that were never uploaded
  std::map<std::int64_t, PreparedChunk> prepared_;   // to be uploaded
  std::map<std::int64_t, Attempt> waiting_uploads_;  // until they are prepared again
  std::map<std::int64_t, StoredFrames> fetched_;     // and not written
  std::map<std::uint64_t, StartedWorker> workers_;   // and not ended
  std::uint64_t last_worker_ = 0;
  std::uint64_t outputs_ = 0;  // numbers each, so that a lost one is not taken for its successor
  std::int64_t last_tick_ms_ = 0;
  host::QualitySum quality_;
  CloudSummary summary_;
  std::exception_ptr failure_;

  ThreadPool pool_;  // these two end first
  ChunkFeed feed_;
};

}  // namespace

CloudSummary encode_on_workers(host::PictureSource& source,
                               const host::Plan& plan,
                               const CoordinatorOptions& options,
                               const CoordinatorServices& services,
                               const std::function<void(const host::CodedFrame&)>& write) {
  if (options.spans != nullptr)
    services.device.set_span_sink(options.spans);
  const CloudSummary summary = Coordinator(source, plan, options, services, write).run();
  if (!options.keep)
    services.store.remove(services.store.list(""));
  return summary;
}

}  // namespace cloud
