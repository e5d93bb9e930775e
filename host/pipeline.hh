// From source pictures to coded frames: reads, plans, runs waves of chunks on a device, and rebases chains behind it.
//
//   read ─> lookahead ─> first pass of wave k+1  (device)
//                        rebase chains of wave k (host, beside it) ─> frames in order
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>

#include "cuda/device.hh"
#include "host/picture_source.hh"
#include "host/plan.hh"
#include "host/quality.hh"

namespace host {

/// Where an encode's time went, in seconds. Phases that run in parallel count the time of every thread.
struct PhaseTimes {
  double read = 0;
  double lookahead = 0;
  double first_pass = 0;
  double boundary = 0;
  double rebase = 0;
  double write = 0;

  PhaseTimes& operator+=(const PhaseTimes& o);
};

/// What has been done so far.
struct Progress {
  std::int64_t pictures = 0;
  std::uint64_t bytes = 0;
  PhaseTimes cpu;
};

/// How to run a plan: nothing here influences the bytes.
struct RunOptions {
  int threads = 0;            ///< 0: all processors
  std::int64_t limit = -1;    ///< pictures at most; -1: all
  std::function<void(const Progress&)> on_progress;  ///< called from the calling thread after each wave
};

/// One coded frame.
struct CodedFrame {
  std::span<const std::uint8_t> bytes;
  std::int64_t picture = 0;  ///< number of the picture that it shows
};

/// What an encode amounted to.
struct EncodeSummary {
  std::int64_t pictures = 0;
  std::uint64_t bytes = 0;
  PictureQuality quality;  ///< of the encoder's own reconstruction
  PhaseTimes cpu;
};

/// Bytes of memory that a run may take beyond the program itself:
/// pictures x (W + L + 1) + 4 x C references, where W are the pictures of two waves, L those of the lookahead and C
/// the chunks of a wave.
std::uint64_t memory_bound(const Plan& plan, int threads);

/// Encodes all pictures of `source`; `write` gets the frames in order. Errors of the source, of `write` and of the
/// codec end the run and come out as they are.
EncodeSummary encode_video(PictureSource& source, const Plan& plan, const RunOptions& options, gpu::Device& device,
                           const std::function<void(const CodedFrame&)>& write);

}  // namespace host
