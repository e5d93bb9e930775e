// Feeding chunks.
#include "cloud/chunk_feed.hh"

#include <stdexcept>
#include <utility>

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

namespace cloud {

ChunkFeed::ChunkFeed(host::PictureSource& source,
                     gpu::Device& device,
                     const host::Plan& plan,
                     FeedOptions options,
                     FeedListener listener)
    : source_(source),
      device_(device),
      plan_(plan),
      options_(std::move(options)),
      listener_(std::move(listener)),
      room_(options_.ahead),
      thread_([this] { run(); }) {}

ChunkFeed::~ChunkFeed() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    wake_.notify_all();
  }
  thread_.join();
}

void ChunkFeed::taken() {
  const std::lock_guard lock(mutex_);
  ++room_;
  wake_.notify_all();
}

void ChunkFeed::again(std::int64_t chunk) {
  const std::lock_guard lock(mutex_);
  wishes_.insert(chunk);
  wake_.notify_all();
}

void ChunkFeed::run() {
  try {
    const tbb::global_control parallelism(tbb::global_control::max_allowed_parallelism,
                                          static_cast<std::size_t>(options_.threads));
    tbb::task_arena arena(options_.threads);
    arena.execute([this] { feed_all(); });
    listener_.end();
    arena.execute([this] {
      while (serve_wishes(false)) {
      }
    });
  } catch (...) {
    listener_.failure(std::current_exception());
  }
}

void ChunkFeed::feed_all() {
  ChunkPreparer preparer = preparer_of(source_);
  while (serve_wishes(true)) {
    std::optional<PreparedChunk> chunk = preparer.next();
    if (!chunk)
      return;
    listener_.chunk(std::move(*chunk), preparer.read_seconds(), preparer.lookahead_seconds());
  }
}

// Who waits for a chunk again may hold up those who make room: wishes come first, and need none.
// Returns once there is room, if that is waited for, or else after some wishes; false if all is
// over.
bool ChunkFeed::serve_wishes(bool for_room) {
  for (;;) {
    std::set<std::int64_t> wishes;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stop_ || !wishes_.empty() || (for_room && room_ > 0); });
      if (stop_)
        return false;
      if (wishes_.empty()) {
        --room_;
        return true;
      }
      wishes = std::exchange(wishes_, {});
    }
    feed_again(std::move(wishes));
    if (!for_room)
      return true;
  }
}

void ChunkFeed::feed_again(std::set<std::int64_t> chunks) {
  if (!options_.reopen) {
    throw std::runtime_error(
        "pictures that were uploaded have been lost, and the input can be read only once: give it "
        "as a file");
  }
  const std::unique_ptr<host::PictureSource> source = options_.reopen();
  ChunkPreparer preparer = preparer_of(*source);
  preparer.only(chunks);
  while (!chunks.empty() && !stopped()) {
    std::optional<PreparedChunk> chunk = preparer.next();
    if (!chunk)
      throw std::runtime_error("the input has become shorter since it was read first");
    if (chunks.erase(chunk->chunk.index) > 0)
      listener_.again(std::move(*chunk));
  }
}

ChunkPreparer ChunkFeed::preparer_of(host::PictureSource& source) const {
  return {source, device_, plan_, options_.key, options_.threads, options_.limit, options_.spans};
}

bool ChunkFeed::stopped() {
  const std::lock_guard lock(mutex_);
  return stop_;
}

}  // namespace cloud
