// A chain: one state carried through chunk after chunk, every picture rebased onto what really
// precedes it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "codec/encode.hh"
#include "codec/state.hh"
#include "cuda/effort.hh"
#include "host/quality.hh"

namespace host {

/// One frame of a chain, coded for good.
struct RebasedPicture {
  std::vector<std::uint8_t> bytes;
  std::optional<PictureQuality> quality;  ///< none if the frame is hidden
};

/// The serial part of the encoder. A chain begins with a default state and a key frame.
class Chain {
 public:
  /// `state`: where it goes on.
  explicit Chain(gpu::Effort effort, vp8::State state = {})
      : effort_(effort), state_(std::move(state)) {}

  /// Codes the next picture with decisions that were made for some other state.
  RebasedPicture rebase(const vp8::Picture& source, vp8::Decisions decisions);

  /// Goes on behind frames that this very chain gave in an earlier run. They are decoded only when
  /// the state is asked for.
  void follow(std::span<const RebasedPicture> frames);

  const vp8::State& state();
  /// Processor seconds spent on rebasing, and on measuring the result.
  double rebase_seconds() const { return rebase_seconds_; }
  double measure_seconds() const { return measure_seconds_; }

 private:
  gpu::Effort effort_;
  vp8::State state_;
  std::vector<std::vector<std::uint8_t>> followed_;  // frames that state_ does not know yet
  double rebase_seconds_ = 0;
  double measure_seconds_ = 0;
};

}  // namespace host
