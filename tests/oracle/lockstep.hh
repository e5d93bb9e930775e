// Our decoder and libvpx's, frame by frame: everything visible and every reference must be equal.
#pragma once

#include <span>

#include <gtest/gtest.h>

#include "codec/decode.hh"
#include "tests/oracle/libvpx_oracle.hh"

namespace oracle {

/// Decodes one stream with both decoders.
class Lockstep {
 public:
  const vp8::State& state() const { return state_; }

  /// Failure tells what differs. After a failure the stream must not go on.
  testing::AssertionResult step(std::span<const std::uint8_t> frame) {
    decoded_ = vp8::decode(state_, frame);
    state_ = decoded_.next;
    const std::optional<I420> theirs = libvpx_.decode(frame);
    if (theirs.has_value() != decoded_.shown) {
      return testing::AssertionFailure() << "shown by us: " << decoded_.shown;
    }
    if (theirs && *theirs != shown_samples(*decoded_.reconstruction)) {
      return testing::AssertionFailure() << "the shown pictures differ";
    }
    for (const vp8::RefFrame which : {vp8::LAST_FRAME, vp8::GOLDEN_FRAME, vp8::ALTREF_FRAME}) {
      if (libvpx_.reference(which, state_.width, state_.height) !=
          coded_samples(*state_.references[which])) {
        return testing::AssertionFailure() << "reference " << int{which} << " differs";
      }
    }
    return testing::AssertionSuccess();
  }

  /// Of the last step.
  const vp8::Frame& frame() const { return *decoded_.frame; }
  const vp8::Decoded& decoded() const { return decoded_; }

 private:
  vp8::State state_;
  vp8::Decoded decoded_;
  OracleDecoder libvpx_;
};

}  // namespace oracle
