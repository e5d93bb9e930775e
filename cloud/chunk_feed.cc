// Feeding chunks.
#include "cloud/chunk_feed.hh"

#include <stdexcept>
#include <utility>

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
    tbb::task_arena arena(options_.threads);
    arena.execute([this] { feed(source_, {}); });
    listener_.end();
    for (;;) {
      std::set<std::int64_t> wishes = wait_for_wishes();
      if (wishes.empty())
        return;
      if (!options_.reopen) {
        throw std::runtime_error(
            "pictures that were uploaded have been lost, and the input can be read only once; give "
            "it as a file");
      }
      const std::unique_ptr<host::PictureSource> source = options_.reopen();
      arena.execute([&] { feed(*source, std::move(wishes)); });
    }
  } catch (...) {
    listener_.failure(std::current_exception());
  }
}

// All chunks if `only` is empty.
void ChunkFeed::feed(host::PictureSource& source, std::set<std::int64_t> only) {
  ChunkPreparer preparer(source, device_, plan_, options_.key, options_.threads, options_.limit,
                         options_.spans);
  const bool all = only.empty();
  if (!all)
    preparer.only(only);
  while ((all || !only.empty()) && wait_for_room()) {
    std::optional<PreparedChunk> chunk = preparer.next();
    if (!chunk)
      return;
    if (!all && only.erase(chunk->chunk.index) == 0) {
      taken();
      continue;
    }
    listener_.chunk(std::move(*chunk), preparer.read_seconds(), preparer.lookahead_seconds());
  }
}

// False if all is over.
bool ChunkFeed::wait_for_room() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stop_ || room_ > 0; });
  --room_;
  return !stop_;
}

// Nothing if all is over.
std::set<std::int64_t> ChunkFeed::wait_for_wishes() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stop_ || !wishes_.empty(); });
  if (stop_)
    return {};
  return std::exchange(wishes_, {});
}

}  // namespace cloud
