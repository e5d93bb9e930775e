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
  /// The video is over; chunks may come again after that.
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

  /// A chunk that came was taken care of: there is room for one more.
  void taken();
  /// Asks for a chunk once more. It comes after the whole video.
  void again(std::int64_t chunk);

 private:
  void run();
  void feed(host::PictureSource& source, std::set<std::int64_t> only);
  bool wait_for_room();
  std::set<std::int64_t> wait_for_wishes();

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
