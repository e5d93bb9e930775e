// From source pictures to coded frames: waves of chunks run on a device, chains of rebases behind
// it.
//
//   read, look ahead, plan ─> first pass of wave k      (device)
//                             rebase chains of wave k-1 (host, beside it) ─> frames in order
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "cuda/device.hh"
#include "host/picture_source.hh"
#include "host/plan.hh"
#include "host/quality.hh"

namespace host {

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
      on_progress;                 ///< called on the calling thread after each wave
  gpu::SpanSink* spans = nullptr;  ///< where spans of all phases go; null: nowhere
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
  PictureQuality quality;        ///< mean over the encoder's own reconstruction
  std::uint64_t state_hash = 0;  ///< vp8::hash of the state behind the last frame
  PhaseTimes cpu;
};

/// Bytes of pictures that a run holds at most, whatever the length of the video:
///   (3 W + L + G + (W + L) / 2 + 4 T + 6 C + 3) P
/// with P the bytes of a picture and its decisions, W the pictures of a wave (one is read while one
/// waits and one is rebased), L = 32 those of the lookahead, G = 16 those kept as stand-ins for
/// golden references, (W + L) / 2 the halved pictures that are compared, T threads that code, C
/// chunks of a wave.
std::uint64_t memory_bound(const Plan& plan, int threads);

/// Encodes all pictures of `source`; `write` gets the frames in order. Errors of the source, of
/// `write` and of the codec end the run and come out as they are.
EncodeSummary encode_video(PictureSource& source,
                           const Plan& plan,
                           const RunOptions& options,
                           gpu::Device& device,
                           const std::function<void(const CodedFrame&)>& write);

}  // namespace host
