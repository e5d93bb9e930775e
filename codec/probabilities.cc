// Choosing the probabilities of a frame by exact cost.
#include "codec/probabilities.hh"

#include <algorithm>
#include <optional>

#include "codec/cost.hh"
#include "codec/modes.hh"

namespace vp8 {
namespace {

// A writer's sink that counts the branches whose probabilities are adaptive, found by their
// address.
class BranchCounter {
 public:
  BranchCounter(const Probabilities& probs, SymbolCounts& counts)
      : probs_(probs), counts_(counts) {}

  void bit(const Probability& prob, bool value) {
    const std::size_t v = value ? 1 : 0;
    if (const auto i = index_in(probs_.mv[0], prob)) {
      ++counts_.mv[0][*i][v];
    } else if (const auto j = index_in(probs_.mv[1], prob)) {
      ++counts_.mv[1][*j][v];
    } else if (const auto k = index_in(probs_.y_mode, prob)) {
      ++counts_.y_mode[*k][v];
    } else if (const auto l = index_in(probs_.uv_mode, prob)) {
      ++counts_.uv_mode[*l][v];
    }
  }

 private:
  template <std::size_t kSize>
  static std::optional<std::size_t> index_in(const std::array<Probability, kSize>& probs,
                                             const Probability& prob) {
    const auto address = reinterpret_cast<std::uintptr_t>(&prob);
    const auto base = reinterpret_cast<std::uintptr_t>(probs.data());
    if (address < base || address >= base + kSize)
      return std::nullopt;
    return address - base;
  }

  const Probabilities& probs_;
  SymbolCounts& counts_;
};

void count_macroblock(const MbModes& mb, SymbolCounts& counts) {
  ++counts.skip[mb.skip ? 1 : 0];
  ++counts.intra[mb.is_inter() ? 1 : 0];
  if (mb.is_inter()) {
    ++counts.last[mb.ref_frame != LAST_FRAME ? 1 : 0];
    if (mb.ref_frame != LAST_FRAME)
      ++counts.golden[mb.ref_frame == ALTREF_FRAME ? 1 : 0];
  }
  ++counts.segment_tree[0][mb.segment / 2];
  ++counts.segment_tree[1u + mb.segment / 2][mb.segment % 2];
}

void count_tokens(const Frame& frame, TokenCounts& counts) {
  std::vector<TokenContext> above(static_cast<std::size_t>(frame.mb_cols));
  std::size_t index = 0;
  for (int mb_row = 0; mb_row < frame.mb_rows; ++mb_row) {
    TokenContext left;
    for (TokenContext& over : above) {
      const MbModes& mb = frame.modes[index];
      if (mb.skip) {
        over.clear(mb.has_y2());
        left.clear(mb.has_y2());
      } else {
        count_macroblock_tokens(frame.residual, index, mb.has_y2(), over, left, counts);
      }
      ++index;
    }
  }
}

std::uint64_t branch_rate(const BranchCount& count, Probability prob) {
  return std::uint64_t{count[0]} * kBitCost[prob] + std::uint64_t{count[1]} * kBitCost[256u - prob];
}

// The probability to send for a branch, or none if keeping `old` is no dearer.
std::optional<Probability> worthwhile_update(const BranchCount& count,
                                             Probability old,
                                             Probability best,
                                             Probability update_prob,
                                             int literal_bits) {
  if (best == old)
    return std::nullopt;
  const std::uint64_t keep =
      branch_rate(count, old) + static_cast<std::uint64_t>(bit_rate(update_prob, false));
  const std::uint64_t send = branch_rate(count, best) +
                             static_cast<std::uint64_t>(bit_rate(update_prob, true)) +
                             static_cast<std::uint64_t>(literal_bits) * 256;
  if (send >= keep)
    return std::nullopt;
  return best;
}

void choose_coef_probs(const CoefProbs& old, const TokenCounts& counts, CoefProbUpdates& updates) {
  for (std::size_t i = 0; i < kBlockTypes; ++i) {
    for (std::size_t j = 0; j < kCoefBands; ++j) {
      for (std::size_t k = 0; k < kCoefContexts; ++k) {
        for (std::size_t l = 0; l < kEntropyNodes; ++l) {
          const BranchCount& count = counts[i][j][k][l];
          updates[i][j][k][l] =
              worthwhile_update(count, old[i][j][k][l], probability_of(count, old[i][j][k][l]),
                                kCoefUpdateProbs[i][j][k][l], 8);
        }
      }
    }
  }
}

void choose_mv_probs(const MvProbs& old, const SymbolCounts& counts, MvProbUpdates& updates) {
  for (std::size_t i = 0; i < old.size(); ++i) {
    for (std::size_t j = 0; j < kMvProbs; ++j) {
      const BranchCount& count = counts.mv[i][j];
      // Only even values and 1 can be sent (§17.2).
      const Probability best = std::max<Probability>(1, probability_of(count, old[i][j]) & 0xfe);
      updates[i][j] = worthwhile_update(count, old[i][j], best, kMvUpdateProbs[i][j], 7);
    }
  }
}

// A set of mode probabilities is sent whole (§16.2).
template <std::size_t kSize>
std::optional<std::array<Probability, kSize>> choose_mode_probs(
    const std::array<Probability, kSize>& old, const std::array<BranchCount, kSize>& counts) {
  std::array<Probability, kSize> best;
  std::uint64_t keep = 0;
  std::uint64_t send = 8 * kSize * 256;
  for (std::size_t i = 0; i < kSize; ++i) {
    best[i] = probability_of(counts[i], old[i]);
    keep += branch_rate(counts[i], old[i]);
    send += branch_rate(counts[i], best[i]);
  }
  if (send >= keep)
    return std::nullopt;
  return best;
}

}  // namespace

void count_modes(const State& before, const Frame& frame, SymbolCounts& counts) {
  const Probabilities probs = frame.header.key_frame ? Probabilities{} : before.probs;
  const ModeContext context(frame.header, probs, frame.mb_rows, frame.mb_cols);
  BranchCounter counter(probs, counts);
  SymbolWriter symbols(counter);
  for (int mb_row = 0; mb_row < frame.mb_rows; ++mb_row) {
    for (int mb_col = 0; mb_col < frame.mb_cols; ++mb_col) {
      MbModes mb = frame.at(mb_row, mb_col);
      count_macroblock(mb, counts);
      code_modes(symbols, context, neighbours_of(frame.modes.data(), frame.mb_cols, mb_row, mb_col),
                 mb_row, mb_col, mb);
    }
  }
}

SymbolCounts count_symbols(const State& before, const Frame& frame) {
  SymbolCounts counts;
  count_modes(before, frame, counts);
  count_tokens(frame, counts.tokens);
  return counts;
}

Probability probability_of(const BranchCount& count, Probability otherwise) {
  const std::uint64_t total = std::uint64_t{count[0]} + count[1];
  if (total == 0)
    return otherwise;
  const std::uint64_t scaled = (std::uint64_t{count[0]} * 256 + total / 2) / total;
  return static_cast<Probability>(std::clamp<std::uint64_t>(scaled, 1, 255));
}

void choose_probabilities(const State& before, const SymbolCounts& counts, FrameHeader& header) {
  const Probabilities old = header.key_frame ? Probabilities{} : before.probs;
  choose_coef_probs(old.coef, counts.tokens, header.coef_prob_updates);
  header.mb_no_skip_coeff = true;
  header.prob_skip_false = probability_of(counts.skip, 255);
  for (std::size_t i = 0; i < header.segmentation.tree_probs.size(); ++i) {
    const Probability prob = probability_of(counts.segment_tree[i], 255);
    header.segmentation.tree_probs[i].reset();
    if (header.segmentation_enabled && header.segmentation.update_map && prob != 255) {
      header.segmentation.tree_probs[i] = prob;
    }
  }
  header.y_mode_probs.reset();
  header.uv_mode_probs.reset();
  header.mv_prob_updates = {};
  if (header.key_frame)
    return;
  header.prob_intra = probability_of(counts.intra, 128);
  header.prob_last = probability_of(counts.last, 128);
  header.prob_gf = probability_of(counts.golden, 128);
  header.y_mode_probs = choose_mode_probs(old.y_mode, counts.y_mode);
  header.uv_mode_probs = choose_mode_probs(old.uv_mode, counts.uv_mode);
  choose_mv_probs(old.mv, counts, header.mv_prob_updates);
}

}  // namespace vp8
