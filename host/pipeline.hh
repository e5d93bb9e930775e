// From source pictures to coded frames. While chunks are rebased onto what precedes them, the
// device decides about the chunks behind, and those behind these are read; host/schedule says what
// runs when.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "cuda/device.hh"
#include "host/picture_source.hh"
#include "host/plan.hh"
#include "host/quality.hh"
#include "host/schedule.hh"

namespace host {

class ChunkStore;

/// Processor seconds that an encode's phases took, over all threads.
struct PhaseTimes {
  double read = 0;
  double lookahead = 0;
  double first_pass = 0;
  double boundary = 0;
  double rebase = 0;
  double measure = 0;  ///< PSNR and SSIM of the reconstruction
  double write = 0;
};

/// What has been done so far.
struct Progress {
  std::int64_t pictures = 0;
  std::uint64_t bytes = 0;
  PhaseTimes cpu;
};

/// How to run a plan: nothing here influences the bytes.
struct RunOptions {
  int threads = 0;          ///< 0: one for each processor
  std::int64_t limit = -1;  ///< pictures at most; -1: all
  std::function<void(const Progress&)>
      on_progress;  ///< called after each chunk that is written, on any thread, one call at a time
  gpu::SpanSink* spans = nullptr;  ///< where spans of all phases go; null: nowhere
  ChunkStore* store = nullptr;     ///< of finished chunks: not done again; null: none
};

/// One coded frame.
struct CodedFrame {
  std::span<const std::uint8_t> bytes;
  std::int64_t picture = 0;                 ///< number of the picture that it shows
  const PictureQuality* quality = nullptr;  ///< of that picture; null if the frame is hidden
};

/// What an encode amounted to.
struct EncodeSummary {
  std::int64_t pictures = 0;
  std::uint64_t bytes = 0;
  PictureQuality quality;            ///< mean over the encoder's own reconstruction
  std::uint64_t state_hash = 0;      ///< vp8::hash of the state behind the last frame
  std::int64_t reused_pictures = 0;  ///< of chunks that were in the store
  PhaseTimes cpu;
};

/// Half of this machine's memory.
std::uint64_t default_host_memory();

/// How much of a plan is under way at once on `threads` (0: one for each processor) and a device.
/// The device gets smaller calls than it wants where memory_bound() would exceed `host_memory`.
ScheduleLimits schedule_limits(const Plan& plan,
                               int threads,
                               const gpu::Device& device,
                               std::uint64_t host_memory = default_host_memory());

/// Bytes of pictures that a run within these limits holds at most, whatever the length of the
/// video:
///   (W + L + F + (R + L) / 2 + 7 T + 6 C + 4) P
/// with P the bytes of a picture and its decisions, W the pictures of the window (those that are
/// read and not written), L = 32 those of the lookahead, F = W / 8 + 4 filtered ones, hidden
/// or standing in for references, (R + L) / 2 the halved pictures that are compared, R the pictures
/// of one reading step, T threads that code or hold a chain open, C chunks that are decided about.
std::uint64_t memory_bound(const Plan& plan, const ScheduleLimits& limits);

/// Encodes all pictures of `source`; `write` gets the frames in order, one call at a time, on any
/// thread. Errors of the source, of `write` and of the codec end the run and come out as they are.
EncodeSummary encode_video(PictureSource& source,
                           const Plan& plan,
                           const RunOptions& options,
                           gpu::Device& device,
                           const std::function<void(const CodedFrame&)>& write);

}  // namespace host
