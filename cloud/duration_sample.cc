// Bins of durations: 0 to 7 one by one, then eight for each power of two.
#include "cloud/duration_sample.hh"

#include <algorithm>
#include <bit>

namespace cloud {
namespace {

constexpr int kBits = 3;  // 2^kBits bins an octave
constexpr std::int64_t kLongest = std::int64_t{1} << 40;

std::size_t bin_of(std::int64_t ms) {
  const auto value = static_cast<std::uint64_t>(std::clamp<std::int64_t>(ms, 0, kLongest));
  const int octave = std::max(0, static_cast<int>(std::bit_width(value)) - kBits - 1);
  return (static_cast<std::size_t>(octave) << kBits) + (value >> octave);
}

std::int64_t lower_end(std::size_t bin) {
  const std::size_t per_octave = std::size_t{1} << kBits;
  const std::size_t octave = bin < 2 * per_octave ? 0 : (bin >> kBits) - 1;
  return static_cast<std::int64_t>((bin - (octave << kBits)) << octave);
}

}  // namespace

void DurationSample::add(std::int64_t ms) {
  ++bins_[bin_of(ms)];
  ++count_;
}

std::int64_t DurationSample::median() const {
  std::int64_t below = 0;
  for (std::size_t bin = 0; bin < bins_.size(); ++bin) {
    below += bins_[bin];
    if (2 * below >= count_ && count_ > 0)
      return lower_end(bin);
  }
  return 0;
}

}  // namespace cloud
