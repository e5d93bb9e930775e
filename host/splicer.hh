// Coded frames of several streams, one behind the other, as one stream: what a frame needs of the
// state before it is mended where streams meet.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "codec/decode.hh"
#include "cuda/device.hh"
#include "host/quality.hh"

namespace host {

/// How a frame came into the joined stream.
enum class FrameOrigin : std::uint8_t {
  kCopied,   ///< as it was: the state before it is the one that it was coded from
  kRebased,  ///< its decisions, on another state
  kEncoded,  ///< decided anew
};
inline constexpr std::size_t kFrameOrigins = 3;

/// One frame of the joined stream.
struct JoinedFrame {
  std::span<const std::uint8_t> bytes;
  bool shown = false;
  FrameOrigin origin = FrameOrigin::kCopied;
};

/// A frame of a stream, decoded in that stream.
struct OwnFrame {
  std::vector<std::uint8_t> bytes;
  vp8::State before;
  vp8::Decoded decoded;
  int key_q_index = 0;  ///< of the last key frame up to here
};

/// What a joined stream is made of so far.
struct SpliceSummary {
  std::array<std::int64_t, kFrameOrigins> frames{};  ///< by FrameOrigin, hidden ones too
  std::int64_t pictures = 0;
  std::uint64_t bytes = 0;
  QualitySum changed;  ///< of shown frames that were not copied, against what they should show
};

/// Writes a joined stream. Between two key frames of a stream, frames are copied while the state
/// before them is the stream's own. Where a range begins elsewhere, its first picture is encoded
/// anew given the state at the join: as a key frame or as an inter frame, whichever costs less in
/// rate and distortion. It refreshes all references, and hidden frames behind it restore the golden
/// and altref pictures that the range had, if its frames use them. What follows is rebased until
/// the next key frame, or until the states are equal.
class Splicer {
 public:
  /// `device` and `write` must outlive the splicer. Nothing here depends on the device's kind.
  Splicer(gpu::Device& device, const std::function<void(const JoinedFrame&)>& write)
      : device_(device), write_(write) {}

  /// What is added next does not follow on what was added last.
  void begin_range();
  /// The next frame of the range. Throws vp8::Unsupported for a picture of another size.
  void add(const OwnFrame& frame);
  /// Likewise a frame that nobody decoded: a key frame, or what follows on one up to the next. The
  /// next frame after these that is not such a one must be a key frame.
  void add_as_it_is(std::span<const std::uint8_t> bytes);
  /// A picture that no stream has, as an inter frame of `q_index` that later frames may leave out:
  /// frames of the range may follow on it. There must be a picture before it.
  void add_new(const vp8::Picture& picture, int q_index);

  const vp8::State& state() const { return state_; }
  const SpliceSummary& summary() const { return summary_; }

 private:
  enum class Place : std::uint8_t {
    kOwn,      // the state is the stream's own
    kChanged,  // it is not
    kNew,      // nor is the picture before
    kJoin,     // and no picture of the range is there yet
  };

  void check_size(int width, int height);
  void copy(const OwnFrame& frame);
  void join(const OwnFrame& frame);
  void restore(const OwnFrame& frame);
  void decide_again(const OwnFrame& frame);
  void rebase(const OwnFrame& frame);
  vp8::Encoded encode(const vp8::Picture& picture,
                      const vp8::FrameHeader& header,
                      const std::vector<std::uint8_t>& segments);
  void emit(vp8::Encoded coded, const vp8::Picture& wanted, FrameOrigin origin);
  void emit(std::span<const std::uint8_t> bytes, bool shown, FrameOrigin origin);

  gpu::Device& device_;
  const std::function<void(const JoinedFrame&)>& write_;
  int width_ = 0;  // of all pictures
  int height_ = 0;
  vp8::State state_;
  Place place_ = Place::kJoin;
  SpliceSummary summary_;
};

}  // namespace host
