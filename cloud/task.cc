// What a worker does.
#include "cloud/task.hh"

#include <chrono>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "cloud/error.hh"
#include "cloud/run_objects.hh"
#include "cloud/stored_results.hh"
#include "cloud/stored_work.hh"
#include "codec/state_io.hh"
#include "host/chain.hh"
#include "host/first_pass.hh"

namespace cloud {
namespace {

std::uint64_t microseconds(double seconds) {
  return static_cast<std::uint64_t>(seconds * 1e6);
}

// Adds the time that a scope takes.
class Timed {
 public:
  explicit Timed(std::uint64_t& total) : total_(total) {}
  Timed(const Timed&) = delete;
  Timed(Timed&&) = delete;
  Timed& operator=(const Timed&) = delete;
  Timed& operator=(Timed&&) = delete;
  ~Timed() {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin_;
    total_ += microseconds(taken.count());
  }

 private:
  std::uint64_t& total_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// What is read, but means nothing, is as good as lost: it is made again.
template <class Read>
auto parsed(const std::string& name, const Read& read) {
  try {
    return read();
  } catch (const LostObject&) {
    throw;
  } catch (const Damaged& error) {
    throw LostObject(name, error.what());
  } catch (const vp8::BitstreamError& error) {
    throw LostObject(name, error.what());
  }
}

// One task under way.
class TaskRun {
 public:
  TaskRun(const Task& task, const WorkerServices& services, Result& result)
      : task_(task), services_(services), result_(result), objects_(services.store, task.key) {}

  void run() {
    try {
      const Timed wall(result_.times.wall);
      carry_out();
    } catch (...) {
      count_bytes();
      throw;
    }
    count_bytes();
  }

 private:
  void carry_out() {
    stored_ = [&] {
      const Timed timed(result_.times.fetch);
      const std::string name = work_name(task_.chunk);
      return parsed(name, [&] { return read_work(objects_.get(name)); });
    }();
    switch (task_.phase) {
      case Phase::kFirstPass:
        return first_pass();
      case Phase::kBoundary:
        return boundary();
      case Phase::kRebase:
        return rebase();
      case Phase::kPhases:
        break;
    }
    throw Damaged("task: an unknown phase");
  }

  void first_pass() {
    const bool libvpx = stored_.plan.first_pass == host::FirstPass::kLibvpx;
    host::ChunkWork work = fetch(libvpx ? Needs::kFrames : Needs::kFramesAndStandIns);
    vp8::State exit;
    host::PhaseTimes times;
    if (libvpx) {
      exit = host::decide_by_libvpx(stored_.plan, work, times.first_pass);
    } else {
      host::decide_by_device(stored_.plan, services_.device, {&work, 1}, times);
    }
    result_.times.code = microseconds(times.first_pass);
    const Timed timed(result_.times.store);
    if (libvpx)
      objects_.put(exit_name(task_.chunk), vp8::serialise(exit));
    objects_.put(decisions_name(task_.chunk), write_decisions(work.decisions));
  }

  void boundary() {
    host::ChunkWork work = fetch(Needs::kFirstAndStandIns);
    work.frames.resize(1);
    work.decisions.resize(1);
    const std::string name = exit_name(task_.chunk - 1);
    vp8::State entry = parsed(name, [&] { return vp8::parse_state(objects_.get(name)); });
    host::PhaseTimes times;
    host::decide_boundaries(stored_.plan, services_.device, {{work, std::move(entry)}}, times);
    result_.times.code = microseconds(times.boundary);
    const Timed timed(result_.times.store);
    objects_.put(boundary_name(task_.chunk), write_decisions(work.decisions));
  }

  // All but the state is fetched first: what waits for it is the chain behind.
  void rebase() {
    host::ChunkWork work = fetch(Needs::kFrames);
    work.decisions = fetch_decisions();
    host::Chain chain(stored_.plan.effort, fetch_state());
    StoredFrames frames;
    for (std::size_t i = 0; i < work.frames.size(); ++i) {
      frames.frames.push_back(chain.rebase(*work.frames[i].source, std::move(work.decisions[i])));
    }
    frames.state_hash = vp8::hash(chain.state());
    result_.times.code = microseconds(chain.rebase_seconds());
    result_.times.measure = microseconds(chain.measure_seconds());
    const Timed timed(result_.times.store);
    objects_.put(frames_name(task_.chunk), write_frames(frames));
    if (!ends_chain())
      objects_.put_state(state_name(task_.chunk), vp8::serialise(chain.state()),
                         services_.exchange);
  }

  host::ChunkWork fetch(Needs needs) {
    const Timed timed(result_.times.fetch);
    return fetch_work(objects_, stored_, needs);
  }

  std::vector<vp8::Decisions> fetch_decisions() {
    const Timed timed(result_.times.fetch);
    std::vector<vp8::Decisions> decisions =
        read_object(decisions_name(task_.chunk), stored_.frames.size());
    const bool boundary =
        stored_.plan.first_pass == host::FirstPass::kLibvpx && !stored_.chunk.begins_chain();
    if (boundary)
      decisions.front() = std::move(read_object(boundary_name(task_.chunk), 1).front());
    return decisions;
  }

  std::vector<vp8::Decisions> read_object(const std::string& name, std::size_t count) {
    const std::size_t macroblocks = static_cast<std::size_t>((stored_.plan.width + 15) / 16) *
                                    static_cast<std::size_t>((stored_.plan.height + 15) / 16);
    return parsed(name, [&] { return read_decisions(objects_.get(name), count, macroblocks); });
  }

  vp8::State fetch_state() {
    if (stored_.chunk.begins_chain())
      return {};
    const std::string name = state_name(task_.chunk - 1);
    const Timed timed(result_.times.state);
    return parsed(name,
                  [&] { return vp8::parse_state(objects_.get_state(name, services_.exchange)); });
  }

  bool ends_chain() const { return host::chunk_at(stored_.plan, task_.chunk + 1).begins_chain(); }

  void count_bytes() {
    result_.bytes_in = objects_.bytes_in();
    result_.bytes_out = objects_.bytes_out();
  }

  const Task& task_;
  const WorkerServices& services_;
  Result& result_;
  RunObjects objects_;
  StoredWork stored_;
};

void fail(Result& result, Result::Status status, std::string text) {
  result.status = status;
  result.text = std::move(text);
}

}  // namespace

Result run_task(const Task& task, const WorkerServices& services) {
  Result result;
  result.attempt = task.attempt;
  result.phase = task.phase;
  result.chunk = task.chunk;
  result.cold = services.cold;
  try {
    TaskRun(task, services, result).run();
  } catch (const LostObject& lost) {
    fail(result, Result::Status::kLostInput, lost.name());
  } catch (const Denied& error) {
    fail(result, Result::Status::kRefused, error.what());
  } catch (const vp8::Unsupported& error) {
    fail(result, Result::Status::kRefused, error.what());
  } catch (const std::exception& error) {
    fail(result, Result::Status::kFailed, error.what());
  }
  return result;
}

Bytes answer_task(ByteSpan task, const WorkerServices& services) {
  const Task read = read_task(task);
  return write_result(run_task(read, services), read.key);
}

}  // namespace cloud
