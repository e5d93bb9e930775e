// The coordinator: an encode whose slow and fast halves are done by workers.
//
// One thread decides: it owns the scheduler, feeds it with what happens and carries out what it
// says. Another one reads the video, plans and compresses; a few more wait for uploads and fetches.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "cloud/exchange.hh"
#include "cloud/invoker.hh"
#include "cloud/run_summary.hh"
#include "cloud/scheduler.hh"
#include "cloud/seal.hh"
#include "cloud/store.hh"
#include "host/pipeline.hh"

namespace cloud {

/// What a run works with. Store and exchange are those of the run: nobody else writes there.
struct CoordinatorServices {
  ObjectStore& store;
  StateExchange& exchange;
  Invoker& invoker;
  gpu::Device& device;  ///< for the lookahead
};

/// How to run: nothing here influences the bytes.
struct CoordinatorOptions {
  SealKey key{};
  SchedulerOptions scheduler;
  int threads = 0;          ///< to read and compress on; 0: one for each processor
  std::int64_t limit = -1;  ///< pictures at most; -1: all
  bool keep = false;        ///< leaves all objects where they are
  /// How long second copies that are still at work in the end are waited for, lest they write
  /// behind the clean-up.
  int drain_ms = 5'000;
  /// Opens the video once more, to upload again what was lost; null where it can be read only once.
  std::function<std::unique_ptr<host::PictureSource>()> reopen;
  std::function<void(const host::Progress&)> on_progress;  ///< after each chunk that is written
  gpu::SpanSink* spans = nullptr;  ///< a track for each worker that runs at the same time
};

/// A run that ended early. What is done stays in the store: a run with the same store, key, plan
/// and video goes on from there.
class RunEnded : public std::runtime_error {
 public:
  RunEnded(EndReason reason, const std::string& text) : std::runtime_error(text), reason_(reason) {}
  EndReason reason() const { return reason_; }

 private:
  EndReason reason_;
};

/// Encodes all pictures of `source`, as host::encode_video() does and to the same bytes; `write`
/// gets the frames in order, on the calling thread. Objects of an earlier run of the same plan that
/// the store holds are used; in the end all are removed, unless the run ends early. Throws
/// RunEnded, Unavailable, Denied, what the source and `write` throw, and std::runtime_error if the
/// store holds objects of another video.
CloudSummary encode_on_workers(host::PictureSource& source,
                               const host::Plan& plan,
                               const CoordinatorOptions& options,
                               const CoordinatorServices& services,
                               const std::function<void(const host::CodedFrame&)>& write);

}  // namespace cloud
