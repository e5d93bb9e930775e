// Propagation of importance against the direction of prediction, in integers.
#include "host/quality_plan.hh"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>

#include "codec/tables.hh"

namespace host {
namespace {

// How much finer pictures are coded for each doubling of what they are worth, in 1/256 octaves of
// the quantiser step.
constexpr int kFinerKey = 210;
constexpr int kFinerGolden = 130;

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

// Mean over the macroblocks of log2(worth to all pictures / worth to itself), in 1/256.
int mean_log_worth(const gpu::PictureStats* own, const Importance& importance) {
  std::int64_t sum = 0;
  for (std::size_t mb = 0; mb < importance.size(); ++mb) {
    const std::uint64_t intra = own != nullptr ? own->intra_cost[mb] + 1 : 1;
    sum += log2_q8((intra + importance[mb]) * 16 / intra) - 4 * 256;
  }
  return static_cast<int>(sum / static_cast<std::int64_t>(importance.size()));
}

}  // namespace

std::vector<PicturePlan> plan_quality(const Plan& plan,
                                      std::span<const gpu::PictureStats> stats,
                                      int mb_rows,
                                      int mb_cols,
                                      std::int64_t first_position,
                                      std::size_t count) {
  Importance importance(static_cast<std::size_t>(mb_rows) * static_cast<std::size_t>(mb_cols));
  std::vector<PicturePlan> pictures(count);
  for (std::size_t i = stats.size() + 1; i-- > 0;) {
    if (i < stats.size())
      importance = propagate(stats[i], importance, mb_rows, mb_cols);
    if (i >= count)
      continue;
    // The costs of a picture itself come with its comparison to the one before; the first borrows
    // its successor's.
    const gpu::PictureStats* own = i > 0 ? &stats[i - 1] : stats.empty() ? nullptr : &stats[0];
    const std::int64_t position = first_position + static_cast<std::int64_t>(i);
    PicturePlan& picture = pictures[i];
    picture.key = position == 0;
    picture.golden = position % kGoldenInterval == 0;
    // Pictures between keep the asked quality: what they would add is gone by the next golden
    // picture.
    const int strength = picture.key ? kFinerKey : picture.golden ? kFinerGolden : 0;
    picture.q_index = finer_index(q_index_of_cq(plan.cq16, position),
                                  mean_log_worth(own, importance) * strength / 256);
    picture.q_index =
        std::clamp(picture.q_index, q_index_of_q(plan.min_q), q_index_of_q(plan.max_q));
  }
  return pictures;
}

}  // namespace host
