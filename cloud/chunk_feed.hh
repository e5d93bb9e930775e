// A thread that prepares chunks: first all of the video, as fast as they are taken, then again
// those that were lost.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "cloud/chunk_preparer.hh"

namespace cloud {

/// What the feed needs to know.
struct FeedOptions {
  SealKey key{};
  int threads = 1;          ///< to compress on
  std::int64_t limit = -1;  ///< pictures at most; -1: all
  int ahead = 1;            ///< chunks that are prepared and not taken, at most
  std::function<std::unique_ptr<host::PictureSource>()> reopen;  ///< null: the video is read once
  gpu::SpanSink* spans = nullptr;
};

/// What it tells, on its thread; all must be quick.
struct FeedListener {
  /// Called with the processor seconds of reading and of the lookahead so far.
  std::function<void(PreparedChunk, double read, double lookahead)> chunk;
  /// One that again() has asked for; it takes no room.
  std::function<void(PreparedChunk)> again;
  /// The video is over.
  std::function<void()> end;
  /// An error of the source, or that the video cannot be read again: nothing more comes.
  std::function<void(std::exception_ptr)> failure;
};

class ChunkFeed {
 public:
  /// Begins. The references must outlive this.
  ChunkFeed(host::PictureSource& source,
            gpu::Device& device,
            const host::Plan& plan,
            FeedOptions options,
            FeedListener listener);
  ChunkFeed(const ChunkFeed&) = delete;
  ChunkFeed(ChunkFeed&&) = delete;
  ChunkFeed& operator=(const ChunkFeed&) = delete;
  ChunkFeed& operator=(ChunkFeed&&) = delete;
  /// Ends after the chunk under way.
  ~ChunkFeed();

  /// A chunk that came for the first time was taken care of: there is room for one more.
  void taken();
  /// Asks for a chunk once more: the video is read once more, up to it.
  void again(std::int64_t chunk);

 private:
  void run();
  void feed_all();
  bool serve_wishes(bool for_room);
  void feed_again(std::set<std::int64_t> chunks);
  ChunkPreparer preparer_of(host::PictureSource& source) const;
  bool stopped();

  host::PictureSource& source_;
  gpu::Device& device_;
  const host::Plan& plan_;
  FeedOptions options_;
  FeedListener listener_;

  std::mutex mutex_;  // guards the four below
  std::condition_variable wake_;
  int room_;
  std::set<std::int64_t> wishes_;
  bool stop_ = false;

  std::thread thread_;
};

}  // namespace cloud
