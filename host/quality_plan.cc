// Propagation of importance against the direction of prediction, in integers.
#include "host/quality_plan.hh"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <numeric>

#include "codec/tables.hh"

namespace host {
namespace {

// How much finer pictures are coded for each doubling of what they are worth, in 1/256 octaves of
// the quantiser step.
constexpr int kFinerKey = 210;
constexpr int kFinerGolden = 130;
const int kFinerAltref = getenv("FA") ? atoi(getenv("FA")) : 170;

// A hidden picture nearer than this is not worth its bits.
constexpr int kLeastAltrefDistance = 8;

// log2(x) in 1/256, for x >= 1.
int log2_q8(std::uint64_t x) {
  const int whole = 63 - std::countl_zero(x);
  // The mantissa in [1, 2) as 1.16 fixed point; log2(1 + m) is taken as m + m (1 - m) * 0.343.
  const std::int64_t m = static_cast<std::int64_t>((x << (63 - whole) << 1) >> 48);
  const std::int64_t bent = m + (m * (65536 - m) / 65536) * 343 / 1000;
  return whole * 256 + static_cast<int>(bent >> 8);
}

// How much later pictures gain from each macroblock of one picture, in units of intra cost.
using Importance = std::vector<std::uint64_t>;

// Spreads `amount` over the up to four macroblocks that a block at (y, x) in quarter pixels
// overlaps.
void deposit(std::uint64_t amount, int y, int x, int mb_rows, int mb_cols, Importance& importance) {
  constexpr int kMb = 64;
  const int row = y >> 6;
  const int col = x >> 6;
  const int fy = y & (kMb - 1);
  const int fx = x & (kMb - 1);
  for (int dy = 0; dy < 2; ++dy) {
    for (int dx = 0; dx < 2; ++dx) {
      const int r = row + dy;
      const int c = col + dx;
      if (r < 0 || r >= mb_rows || c < 0 || c >= mb_cols)
        continue;
      const auto weight =
          static_cast<std::uint64_t>((dy != 0 ? fy : kMb - fy) * (dx != 0 ? fx : kMb - fx));
      importance[static_cast<std::size_t>(r * mb_cols + c)] += amount * weight / (kMb * kMb);
    }
  }
}

// The importance of a picture's macroblocks from that of the next picture's.
Importance propagate(const gpu::PictureStats& next,
                     const Importance& next_importance,
                     int mb_rows,
                     int mb_cols) {
  Importance importance(next_importance.size());
  std::size_t i = 0;
  for (int row = 0; row < mb_rows; ++row) {
    for (int col = 0; col < mb_cols; ++col, ++i) {
      const std::uint64_t intra = next.intra_cost[i] + 1;
      const std::uint64_t inter = std::min<std::uint64_t>(next.inter_cost[i] + 1, intra);
      const std::uint64_t amount = (intra + next_importance[i]) * (intra - inter) / intra;
      deposit(amount, row * 64 + next.motion[i].row, col * 64 + next.motion[i].col, mb_rows,
              mb_cols, importance);
    }
  }
  return importance;
}

// The quantiser index whose step is nearest to base's step times 2^(-finer / 256).
int finer_index(int base, int finer) {
  const auto step_log = [](int q) { return log2_q8(vp8::kAcStep[static_cast<std::size_t>(q)]); };
  const int target = step_log(base) - finer;
  int best = base;
  for (int q = 0; q <= vp8::kMaxQIndex; ++q) {
    if (std::abs(step_log(q) - target) < std::abs(step_log(best) - target))
      best = q;
  }
  return best;
}

// log2(worth to all pictures / worth to itself) of each macroblock, in 1/256.
std::vector<int> log_worth(const gpu::PictureStats* own, const Importance& importance) {
  std::vector<int> worth;
  for (std::size_t mb = 0; mb < importance.size(); ++mb) {
    const std::uint64_t intra = own != nullptr ? own->intra_cost[mb] + 1 : 1;
    worth.push_back(log2_q8((intra + importance[mb]) * 16 / intra) - 4 * 256);
  }
  if (const int aq = getenv("AQ") ? atoi(getenv("AQ")) : 0; aq && own) {
    std::int64_t sum = 0;
    std::vector<int> e;
    for (std::size_t mb = 0; mb < importance.size(); ++mb) e.push_back(log2_q8(own->intra_cost[mb] + 32)), sum += e.back();
    const int m = static_cast<int>(sum / static_cast<std::int64_t>(e.size()));
    for (std::size_t mb = 0; mb < importance.size(); ++mb) worth[mb] += (m - e[mb]) * aq / 100;
  }
  return worth;
}

// log_worth() of each picture.
std::vector<std::vector<int>> log_worths(std::span<const gpu::PictureStats> stats,
                                         int mb_rows,
                                         int mb_cols) {
  Importance importance(static_cast<std::size_t>(mb_rows) * static_cast<std::size_t>(mb_cols));
  std::vector<std::vector<int>> worths(stats.size() + 1);
  for (std::size_t i = worths.size(); i-- > 0;) {
    if (i < stats.size())
      importance = propagate(stats[i], importance, mb_rows, mb_cols);
    // The costs of a picture itself come with its comparison to the one before; the first borrows
    // its successor's.
    const gpu::PictureStats* own = i > 0 ? &stats[i - 1] : stats.empty() ? nullptr : &stats[0];
    worths[i] = log_worth(own, importance);
  }
  return worths;
}

// Strength of each role.
int strength_of(FrameRole role) {
  switch (role) {
    case FrameRole::kKey:
      return kFinerKey;
    case FrameRole::kGolden:
      return kFinerGolden;
    case FrameRole::kAltref:
      return kFinerAltref;
    case FrameRole::kInter:
      // Pictures between keep the asked quality: what they would add is gone by the next fine one.
      return 0;
  }
  return 0;
}

int mean(const std::vector<int>& values) {
  return static_cast<int>(std::accumulate(values.begin(), values.end(), std::int64_t{0}) /
                          static_cast<std::int64_t>(values.size()));
}

FramePlan frame_plan(const Plan& plan,
                     FrameRole role,
                     std::int64_t position,
                     const std::vector<int>& log_worth) {
  const int base = q_index_of_cq(plan.cq16, position);
  const auto bounded = [&](int finer) {
    return std::clamp(finer_index(base, finer), q_index_of_q(plan.min_q), q_index_of_q(plan.max_q));
  };
  const int strength = strength_of(role);
  FramePlan frame;
  frame.role = role;
  static const int SS = getenv("SS") ? atoi(getenv("SS")) : 100;
  const int m = mean(log_worth);
  frame.q_index = bounded(m * strength / 256);
  if (strength != 0) {
    std::vector<std::uint8_t> wanted;
    for (const int worth : log_worth)
      wanted.push_back(static_cast<std::uint8_t>(bounded((m * strength + (worth - m) * SS) / 256)));
    frame.segments = choose_segments(wanted);
  }
  return frame;
}

}  // namespace

std::vector<PicturePlan> plan_quality(const Plan& plan,
                                      std::span<const gpu::PictureStats> stats,
                                      int mb_rows,
                                      int mb_cols,
                                      std::int64_t first_position,
                                      std::size_t count) {
  const std::vector<std::vector<int>> worths = log_worths(stats, mb_rows, mb_cols);
  const bool hides = plan.first_pass == FirstPass::kDevice;
  std::vector<PicturePlan> pictures(count);
  std::size_t ahead = 0;  // the picture that altref shows, if it is still to come
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t position = first_position + static_cast<std::int64_t>(i);
    PicturePlan& picture = pictures[i];
    const bool begins_group = position % kGroup == 0;
    const std::size_t target = std::min(worths.size() - 1, i + kGroup - 1);
    if (hides && position % kGroup == 1 && target - i + 1 >= kLeastAltrefDistance) {
      picture.altref = frame_plan(plan, FrameRole::kAltref, position, worths[target]);
      picture.altref_distance = static_cast<int>(target - i);
      ahead = target;
    }
    const FrameRole role = position == 0            ? FrameRole::kKey
                           : begins_group && !hides ? FrameRole::kGolden
                                                    : FrameRole::kInter;
    picture.shown = frame_plan(plan, role, position, worths[i]);
    picture.shown.altref_ahead = i < ahead;
  }
  return pictures;
}

}  // namespace host
