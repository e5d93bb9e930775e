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
constexpr int kFinerAltref = 170;
// And macroblocks, against the mean of their picture.
constexpr int kFinerMacroblock = 100;

// Less detail asks for finer steps: there errors show. In 1/256 doublings of worth a halving of
// detail. SSIM gains what PSNR loses, about a percent of the bits.
constexpr int kFinerSmooth = 102;
constexpr std::uint32_t kLeastDetail = 32;

// A hidden picture nearer than this is not worth its bits.
constexpr std::size_t kLeastAltrefDistance = 8;

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

// log2 of each index's step, in 1/256.
const std::array<int, vp8::kMaxQIndex + 1>& step_logs() {
  static const auto logs = [] {
    std::array<int, vp8::kMaxQIndex + 1> made{};
    std::transform(vp8::kAcStep.begin(), vp8::kAcStep.end(), made.begin(),
                   [](int step) { return log2_q8(static_cast<std::uint64_t>(step)); });
    return made;
  }();
  return logs;
}

// The quantiser index whose step is nearest to base's step times 2^(-finer / 256).
int finer_index(int base, int finer) {
  const auto& logs = step_logs();
  const int target = logs[static_cast<std::size_t>(base)] - finer;
  const auto above = std::lower_bound(logs.begin(), logs.end() - 1, target);
  const auto index = static_cast<int>(above - logs.begin());
  return index > 0 && target - *(above - 1) <= *above - target ? index - 1 : index;
}

int mean(std::span<const int> values) {
  return static_cast<int>(std::accumulate(values.begin(), values.end(), std::int64_t{0}) /
                          static_cast<std::int64_t>(values.size()));
}

// What each macroblock of a picture is worth, in 1/256 doublings: to all pictures against to
// itself, and more where there is less detail than in the mean.
std::vector<int> log_worth(const gpu::PictureStats* own, const Importance& importance) {
  if (own == nullptr)
    return std::vector<int>(importance.size());
  std::vector<int> worth;
  std::vector<int> detail;
  for (std::size_t mb = 0; mb < importance.size(); ++mb) {
    const std::uint64_t intra = own->intra_cost[mb] + 1;
    worth.push_back(log2_q8((intra + importance[mb]) * 16 / intra) - 4 * 256);
    detail.push_back(log2_q8(own->intra_cost[mb] + kLeastDetail));
  }
  const int mean_detail = mean(detail);
  for (std::size_t mb = 0; mb < worth.size(); ++mb)
    worth[mb] += (mean_detail - detail[mb]) * kFinerSmooth / 256;
  return worth;
}

// log_worth() of the first picture and of picture `target`.
struct Worths {
  std::vector<int> first;
  std::vector<int> target;

  Worths(std::span<const gpu::PictureStats> stats,
         int mb_rows,
         int mb_cols,
         std::size_t target_index) {
    Importance importance(static_cast<std::size_t>(mb_rows) * static_cast<std::size_t>(mb_cols));
    for (std::size_t i = stats.size() + 1; i-- > 0;) {
      if (i < stats.size())
        importance = propagate(stats[i], importance, mb_rows, mb_cols);
      // The costs of a picture itself come with its comparison to the one before.
      if (i == target_index && i > 0)
        target = log_worth(&stats[i - 1], importance);
    }
    // The first borrows its successor's.
    first = log_worth(stats.empty() ? nullptr : &stats[0], importance);
  }
};

FramePlan frame_plan(const Plan& plan,
                     FrameRole role,
                     std::int64_t position,
                     const std::vector<int>& log_worth) {
  const int base = q_index_of_cq(plan.cq16, position);
  const auto bounded = [&](int finer) {
    return std::clamp(finer_index(base, finer), q_index_of_q(plan.min_q), q_index_of_q(plan.max_q));
  };
  FramePlan frame;
  frame.role = role;
  frame.q_index = bounded(0);
  // Pictures between keep the asked quality: what they would add is gone by the next fine one.
  if (role == FrameRole::kInter)
    return frame;
  const int strength = role == FrameRole::kKey      ? kFinerKey
                       : role == FrameRole::kGolden ? kFinerGolden
                                                    : kFinerAltref;
  const int mean_worth = mean(log_worth);
  frame.q_index = bounded(mean_worth * strength / 256);
  std::vector<std::uint8_t> wanted;
  for (const int worth : log_worth) {
    const int finer = mean_worth * strength + (worth - mean_worth) * kFinerMacroblock;
    wanted.push_back(static_cast<std::uint8_t>(bounded(finer / 256)));
  }
  frame.segments = choose_segments(wanted);
  return frame;
}

// How many pictures the quality of a fine one serves. What little of a picture changes from one to
// the next wears it down only slowly, much change quickly; where most changes, it is not worth
// repeating. The bounds are measured: on ten clips, groups of 8, 16 and 24 throughout cost up to 15
// points of BD-rate on those that want another length.
std::size_t group_length(std::span<const gpu::PictureStats> stats) {
  std::uint64_t intra = 1;
  std::uint64_t inter = 0;
  for (const gpu::PictureStats& picture :
       stats.first(std::min<std::size_t>(stats.size(), kGroup))) {
    for (std::size_t mb = 0; mb < picture.intra_cost.size(); ++mb) {
      intra += picture.intra_cost[mb];
      inter += std::min(picture.intra_cost[mb], picture.inter_cost[mb]);
    }
  }
  const std::uint64_t change = inter * 100 / intra;  // percent
  return change < 9 ? 16 : change < 30 ? kLeastGroup : change < 38 ? 16 : 24;
}

}  // namespace

std::vector<PicturePlan> plan_group(const Plan& plan,
                                    std::span<const gpu::PictureStats> stats,
                                    int mb_rows,
                                    int mb_cols,
                                    std::int64_t first_position) {
  const bool hides = plan.first_pass == FirstPass::kDevice;
  const std::size_t group = hides ? group_length(stats) : kGroup;
  // The picture that altref shows: the last one, if the group is short.
  const std::size_t target = std::min(stats.size(), group);
  const bool has_altref = hides && target >= kLeastAltrefDistance;
  const Worths worths(stats, mb_rows, mb_cols, target);
  std::vector<PicturePlan> pictures(std::min(stats.size() + 1, group));
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const std::int64_t position = first_position + static_cast<std::int64_t>(i);
    PicturePlan& picture = pictures[i];
    if (i == 1 && has_altref) {
      picture.altref = frame_plan(plan, FrameRole::kAltref, position, worths.target);
      picture.altref_distance = static_cast<int>(target - i);
    }
    const FrameRole role = position == 0      ? FrameRole::kKey
                           : i == 0 && !hides ? FrameRole::kGolden
                                              : FrameRole::kInter;
    picture.shown = frame_plan(plan, role, position, worths.first);
    picture.shown.altref_ahead = has_altref && i >= 1 && i < target;
  }
  return pictures;
}

}  // namespace host
