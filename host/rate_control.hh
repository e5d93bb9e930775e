// Rate control: the search for the one quality at which an encode is as large or as good as wanted.
// Only that number of the plan is searched, so the result is what `--cq` gives for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace host {

/// What can be wanted of an encode.
enum class RateGoal : std::uint8_t { kBitrate, kMaxSize, kPsnr, kSsim };

/// What is wanted.
struct RateTarget {
  RateGoal goal = RateGoal::kBitrate;
  /// kBitrate: mean bits per second, to be met within 2 %. kMaxSize: bytes that the file may take
  /// at most, of which 97 % should be used. kPsnr, kSsim: mean of luma in dB, within 0.1 dB.
  double wanted = 0;

  bool operator==(const RateTarget&) const = default;
};

/// What an encode at one quality came to.
struct RateTry {
  int cq16 = 0;                  ///< as in host::Plan
  std::uint64_t bytes = 0;       ///< of all frames
  std::uint64_t file_bytes = 0;  ///< with what the container adds
  double bits_per_second = 0;
  double psnr_y = 0;  ///< dB, may be infinite
  double ssim_y = 0;  ///< 1 for equal pictures

  bool operator==(const RateTry&) const = default;
};

/// Why a search ended.
enum class RateEnd : std::uint8_t {
  kMet,       ///< the target is met
  kNextStep,  ///< two neighbouring qualities lie on both sides of it
  kFinest,    ///< the finest quality is still too small or too poor
  kCoarsest   ///< the coarsest quality is still too large or too good
};

/// Where a search begins: at which quality, and how it takes the measure of the goal to change with
/// a step of cq16 (below 0; octaves for sizes, dB for qualities).
struct RateStart {
  int cq16 = 0;
  double slope = 0;
};

/// All tries of a search, of which no two are at the same quality.
struct RateSearch {
  std::vector<RateTry> tries;  ///< in their order; at least one
  std::size_t best = 0;        ///< the nearest to the target
  RateEnd end = RateEnd::kMet;

  const RateTry& found() const { return tries[best]; }
};

/// SSIM in dB, which is 10 for 0.9 and 20 for 0.99.
double ssim_db(double ssim);

/// What a try reached, in the unit of RateTarget::wanted.
double reached(RateGoal goal, const RateTry& result);

/// Whether a try breaks the one target that is a promise: kMaxSize.
bool exceeds(const RateTarget& target, const RateTry& result);

/// Whether `a` comes nearer to the target than `b`. What exceeds() is further than what does not.
bool nearer(const RateTarget& target, const RateTry& a, const RateTry& b);

/// Where to begin without knowing anything of a video.
RateStart usual_start(RateGoal goal);

/// Where the line through the two nearest of these tries, at least one, meets the target. `slope`
/// is believed where there is one try only, and within a factor where there are more.
RateStart start_from(const RateTarget& target, std::span<const RateTry> tries, double slope);

/// Calls `encode` at one quality after the other, from 0 to 63 * kCqParts, until the target is met
/// or no quality can come nearer. Larger cq16 should give smaller and poorer results; where a video
/// breaks that the search still ends, soon, with the nearest of its tries. Errors of `encode` come
/// out as they are.
RateSearch search_rate(const RateTarget& target,
                       const RateStart& start,
                       const std::function<RateTry(int cq16)>& encode);

}  // namespace host
