// A sample of a video: a few whole chains, evenly spread, that stand for the others in a search.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "host/picture_source.hh"
#include "host/plan.hh"

namespace host {

/// Which chains of a plan are in a sample. They are whole: a part of one would have too large a
/// share of key frames.
struct Sample {
  std::int64_t chain_pictures = 0;   ///< of each chain
  std::vector<std::int64_t> chains;  ///< their numbers, ascending

  std::int64_t pictures() const {
    return chain_pictures * static_cast<std::int64_t>(chains.size());
  }
  bool operator==(const Sample&) const = default;
};

/// Videos of no more pictures are not worth a sample.
inline constexpr std::int64_t kSampledAbove = 480;

/// A sample of a video of `pictures` pictures: at least three chains, about kSampledAbove pictures,
/// at most half of the video; each from the middle of an equal part. Nothing where that cannot be,
/// as in short videos, long chains and endless ones.
std::optional<Sample> choose_sample(const Plan& plan, std::int64_t pictures);

/// The pictures of a sample, as if they were a video: its chains are chains of the same plan.
class SampledSource final : public PictureSource {
 public:
  /// `whole` must be at its start, and outlive this.
  SampledSource(PictureSource& whole, const Sample& sample);

  const StreamInfo& info() const override { return info_; }
  std::optional<vp8::Picture> next() override;

 private:
  PictureSource& whole_;
  Sample sample_;
  StreamInfo info_;
  std::int64_t read_ = 0;  // pictures of the whole
  std::size_t at_ = 0;     // in the sample's chains: the one that goes on or comes next
};

}  // namespace host
