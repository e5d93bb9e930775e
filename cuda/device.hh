// The device interface: batches of chunks in, decisions out.
//
// The slow part of the encoder (motion search, mode decision, trial transforms) runs on a device
// for all chunks of a wave at once; nothing that a device decides depends on how chunks are
// batched.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codec/encode.hh"
#include "codec/frame.hh"
#include "codec/picture.hh"
#include "codec/state.hh"
#include "cuda/effort.hh"
#include "cuda/span.hh"

namespace gpu {

/// One picture to be decided about.
struct PictureJob {
  /// Padded to macroblocks, borders extended.
  vp8::PictureRef source;
  /// What the plan fixes: frame type, quantisers, reference updates.
  vp8::FrameHeader header;
  /// From the lookahead, one a macroblock, towards the picture before; may be empty.
  std::vector<vp8::MotionVector> motion_hints{};
  /// The segment of each macroblock, for a header that updates the map; else empty: all are 0.
  std::vector<std::uint8_t> segments{};
  Effort effort = Effort::kDefault;
};

/// Consecutive pictures that are decided in closed loop, beginning at a given state.
struct ChunkJob {
  vp8::State entry;  // references may be stand-ins for what the real state will hold
  std::vector<PictureJob> pictures;
  bool want_exit = false;  // read back the state behind the last picture
};

/// What a device decided about a chunk.
struct ChunkResult {
  std::vector<vp8::Decisions> decisions;  // one for each picture
  vp8::State exit;         // that these decisions lead to from the entry state, if asked for
  double cpu_seconds = 0;  // processor time that they took
};

/// What the lookahead knows about one picture, from source pictures only. Vectors in macroblock
/// raster order.
struct PictureStats {
  /// Towards the picture before, quarter pixels.
  std::vector<vp8::MotionVector> motion;
  /// SATD of a macroblock at half resolution, predicted from its own picture.
  std::vector<std::uint32_t> intra_cost;
  /// And predicted from the picture before.
  std::vector<std::uint32_t> inter_cost;
  /// Processor time that the comparison took.
  double cpu_seconds = 0;
};

/// The waves that an encode will ask for.
struct WaveShape {
  int width = 0;  ///< luma samples
  int height = 0;
  int chunk_pictures = 0;  ///< pictures of a chunk
  int threads = 0;         ///< of the arena that the device is called from
};

/// How a device wants its work. Influences speed and memory, never bytes.
struct WaveSize {
  int chunks = 1;          ///< of one first_pass() call
  int at_once = 1;         ///< first_pass() calls side by side, each on a thread of the arena
  bool elsewhere = false;  ///< first_pass() sleeps while other hardware works: it needs no core
};

/// Something that runs batches. look_ahead() and as many first_pass() calls as wave_size() says may
/// run at the same time, on different threads.
class Device {
 public:
  virtual ~Device() = default;

  virtual std::string name() const = 0;

  /// How an encode should cut its work. The default suits a device that computes on the calling
  /// thread: one chunk a call, a call on every thread.
  virtual WaveSize wave_size(const WaveShape& shape) const { return {1, shape.threads, false}; }

  /// Where spans of work go from now on; null: nowhere. `sink` must outlive the work.
  void set_span_sink(SpanSink* sink) { spans_ = sink; }

  /// Compares each picture with the one before it: pictures[i + 1] against pictures[i]. The first
  /// has no stats of its own; returns pictures.size() - 1 elements.
  virtual std::vector<PictureStats> look_ahead(std::span<const vp8::PictureRef> pictures) = 0;

  /// Decides all chunks: round i codes picture i of every chunk.
  virtual std::vector<ChunkResult> first_pass(std::vector<ChunkJob> chunks) = 0;

 protected:
  /// May be null; ScopedSpan takes it as it is.
  SpanSink* spans() const { return spans_; }

 private:
  SpanSink* spans_ = nullptr;
};

/// The embedded default: kernels as vector code, chunks side by side on the calling thread's task
/// arena.
std::unique_ptr<Device> make_cpu_device();

}  // namespace gpu
