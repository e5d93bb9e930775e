// Chooses chains, and skips over the pictures between them.
#include "host/sample.hh"

#include <algorithm>

namespace host {

std::optional<Sample> choose_sample(const Plan& plan, std::int64_t pictures) {
  constexpr std::int64_t least = 3;
  const std::int64_t length = std::int64_t{plan.chunk_frames} * plan.chunks_per_chain;
  if (length == 0 || pictures <= kSampledAbove)
    return {};
  const std::int64_t whole_chains = pictures / length;
  const std::int64_t count = std::min(std::max(least, kSampledAbove / length), whole_chains / 2);
  if (count < least)
    return {};
  Sample sample{.chain_pictures = length, .chains = {}};
  for (std::int64_t i = 0; i < count; ++i)
    sample.chains.push_back((2 * i + 1) * whole_chains / (2 * count));
  return sample;
}

SampledSource::SampledSource(PictureSource& whole, const Sample& sample)
    : whole_(whole), sample_(sample), info_(whole.info()) {
  info_.picture_count = sample.pictures();
}

std::optional<vp8::Picture> SampledSource::next() {
  while (at_ < sample_.chains.size()) {
    std::optional<vp8::Picture> picture = whole_.next();
    const std::int64_t chain = read_++ / sample_.chain_pictures;
    const bool wanted = chain == sample_.chains[at_];
    if (wanted && read_ % sample_.chain_pictures == 0)
      ++at_;
    if (wanted || !picture)
      return picture;
  }
  return {};
}

}  // namespace host
