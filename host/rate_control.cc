// A bracket around the wanted quality, narrowed by secants.
#include "host/rate_control.hh"

#include <algorithm>
#include <array>
#include <cmath>

#include "host/plan.hh"

namespace host {
namespace {

constexpr int kCoarsest = 63 * kCqParts;

bool is_size(RateGoal goal) {
  return goal == RateGoal::kBitrate || goal == RateGoal::kMaxSize;
}

// Sizes are compared in octaves: that makes their curve over the quality nearly straight.
double level_of(RateGoal goal, double value) {
  constexpr double most_db = 100;  // stands for equal pictures
  return is_size(goal) ? std::log2(std::max(value, 1.0)) : std::min(value, most_db);
}

double level_of(const RateTarget& target, const RateTry& result) {
  return level_of(target.goal, reached(target.goal, result));
}

// The level that the search aims at: the middle of what meets the target.
double aim_of(const RateTarget& target) {
  const double wanted = level_of(target.goal, target.wanted);
  return target.goal == RateGoal::kMaxSize ? wanted + std::log2(0.985) : wanted;
}

// How far a try is off. A maximum is best used up, and broken worse than anything.
double distance(const RateTarget& target, const RateTry& result) {
  constexpr double broken = 1e6;
  if (target.goal != RateGoal::kMaxSize)
    return std::abs(level_of(target, result) - aim_of(target));
  const double unused = 1 - static_cast<double>(result.file_bytes) / target.wanted;
  return exceeds(target, result) ? broken - unused : unused;
}

// Whether a try is near enough.
bool meets(const RateTarget& target, const RateTry& result) {
  constexpr double unused = 0.03;
  constexpr double octaves = 0.0285;  // 2 %
  constexpr double db = 0.1;
  const double allowed = target.goal == RateGoal::kMaxSize ? unused
                         : is_size(target.goal)            ? octaves
                                                           : db;
  return distance(target, result) <= allowed;
}

// The qualities that may still be the wanted one: those between the two ends, which are not.
struct Bracket {
  int too_fine = -1;
  int too_coarse = kCoarsest + 1;
  int half_of = kCoarsest + 2;  // the width that is to be halved next
  int slow = 0;                 // tries that have not halved it
  int patience = 3;             // how many of them are taken for chance

  int width() const { return too_coarse - too_fine; }
  // Secants creep along steps and noise.
  bool creeps() const { return slow >= patience; }
  int middle() const { return too_fine + width() / 2; }
  int inside(int cq16) const { return std::clamp(cq16, too_fine + 1, too_coarse - 1); }

  void narrow(int cq16, bool is_too_fine) {
    (is_too_fine ? too_fine : too_coarse) = cq16;
    if (creeps())
      patience = 1;
    ++slow;
    if (2 * width() <= half_of) {
      half_of = width();
      slow = 0;
    }
  }
};

RateEnd end_of(const Bracket& bracket) {
  if (bracket.too_coarse == 0)
    return RateEnd::kFinest;
  return bracket.too_fine == kCoarsest ? RateEnd::kCoarsest : RateEnd::kNextStep;
}

}  // namespace

double ssim_db(double ssim) {
  return -10 * std::log10(std::max(1 - ssim, 0.0));
}

double reached(RateGoal goal, const RateTry& result) {
  switch (goal) {
    case RateGoal::kBitrate:
      return result.bits_per_second;
    case RateGoal::kMaxSize:
      return static_cast<double>(result.file_bytes);
    case RateGoal::kPsnr:
      return result.psnr_y;
    case RateGoal::kSsim:
      break;
  }
  return ssim_db(result.ssim_y);
}

bool exceeds(const RateTarget& target, const RateTry& result) {
  return target.goal == RateGoal::kMaxSize &&
         static_cast<double>(result.file_bytes) > target.wanted;
}

bool nearer(const RateTarget& target, const RateTry& a, const RateTry& b) {
  return distance(target, a) < distance(target, b);
}

// From the middle of what is in use; slopes as usual for camera pictures between 20 and 56.
RateStart usual_start(RateGoal goal) {
  constexpr int cq16 = 28 * kCqParts;
  if (is_size(goal))
    return {cq16, -0.085 / kCqParts};
  return {cq16, (goal == RateGoal::kPsnr ? -0.27 : -0.2) / kCqParts};
}

RateStart start_from(const RateTarget& target, std::span<const RateTry> tries, double slope) {
  constexpr double believed = 8;
  const double aim = aim_of(target);
  const auto off = [&](const RateTry& t) { return std::abs(level_of(target, t) - aim); };
  std::array<RateTry, 2> near{};
  const auto end =
      std::partial_sort_copy(tries.begin(), tries.end(), near.begin(), near.end(),
                             [&](const RateTry& a, const RateTry& b) { return off(a) < off(b); });
  const double level = level_of(target, near[0]);
  if (end == near.end()) {
    slope = std::clamp((level_of(target, near[1]) - level) / (near[1].cq16 - near[0].cq16),
                       slope * believed, slope / believed);
  }
  const auto steps = static_cast<int>(std::lround((aim - level) / slope));
  return {std::clamp(near[0].cq16 + steps, 0, kCoarsest), slope};
}

RateSearch search_rate(const RateTarget& target,
                       const RateStart& start,
                       const std::function<RateTry(int cq16)>& encode) {
  RateSearch search;
  Bracket bracket;
  int cq16 = std::clamp(start.cq16, 0, kCoarsest);
  while (true) {
    search.tries.push_back(encode(cq16));
    const RateTry& last = search.tries.back();
    if (nearer(target, last, search.found()))
      search.best = search.tries.size() - 1;
    if (meets(target, last))
      return search;
    bracket.narrow(cq16, level_of(target, last) > aim_of(target));
    if (bracket.width() == 1)
      break;
    cq16 = bracket.creeps() ? bracket.middle()
                            : bracket.inside(start_from(target, search.tries, start.slope).cq16);
  }
  search.end = end_of(bracket);
  return search;
}

}  // namespace host
