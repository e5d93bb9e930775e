// Counting symbols, and choosing the probabilities that are worth sending.
#include "codec/probabilities.hh"

#include <algorithm>
#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#include "codec/decode.hh"
#include "codec/modes.hh"
#include "tests/codec/random_frame.hh"
#include "tests/oracle/libvpx_oracle.hh"

namespace vp8 {
namespace {

using oracle::Content;
using oracle::OracleSettings;

// --- an independent count: leaves first, branches from their sums ---

// Modes that are coded with adaptive probabilities, by value.
struct Leaves {
  std::array<std::uint32_t, B_PRED + 1> y_mode{};
  std::array<std::uint32_t, B_PRED> uv_mode{};
  std::array<std::vector<int>, 2> mv;
};

void add_vector(MotionVector mv, MotionVector base, Leaves& leaves) {
  leaves.mv[0].push_back(mv.row - base.row);
  leaves.mv[1].push_back(mv.col - base.col);
}

void add_split(const MbModes& mb, const Neighbours& around, MotionVector best, Leaves& leaves) {
  for (std::size_t part = 0; part < kSplitParts[mb.partition]; ++part) {
    const auto& parts = kSplitPart[mb.partition];
    const auto first =
        static_cast<std::size_t>(std::find(parts.begin(), parts.end(), part) - parts.begin());
    const MotionVector left = first % 4 != 0 ? mb.mvs[first - 1] : around.left->mvs[first + 3];
    const MotionVector above = first >= 4 ? mb.mvs[first - 4] : around.above->mvs[first + 12];
    const MotionVector mv = mb.mvs[first];
    if (mv != left && mv != above && !mv.is_zero()) {
      add_vector(mv, best, leaves);
    }
  }
}

Leaves leaves_of(const Frame& frame) {
  Leaves leaves;
  const FrameHeader& h = frame.header;
  for (int row = 0; row < frame.mb_rows; ++row) {
    for (int col = 0; col < frame.mb_cols; ++col) {
      const MbModes& mb = frame.at(row, col);
      if (!mb.is_inter()) {
        // Key frames have fixed probabilities.
        leaves.y_mode[mb.y_mode] += h.key_frame ? 0 : 1;
        leaves.uv_mode[mb.uv_mode] += h.key_frame ? 0 : 1;
        continue;
      }
      const Neighbours around = neighbours_of(frame.modes.data(), frame.mb_cols, row, col);
      const MotionVector best =
          find_near_mvs(around, mb.ref_frame,
                        {false, false, h.sign_bias_golden, h.sign_bias_alternate},
                        MvBounds::of(row, col, frame.mb_rows, frame.mb_cols))
              .best;
      if (mb.y_mode == NEWMV) {
        add_vector(mb.mv, best, leaves);
      } else if (mb.y_mode == SPLITMV) {
        add_split(mb, around, best, leaves);
      }
    }
  }
  return leaves;
}

// §17.2 by hand: is_short, sign, a tree of eight leaves, ten bits.
std::array<BranchCount, kMvProbs> mv_branches(const std::vector<int>& deltas) {
  std::array<BranchCount, kMvProbs> counts{};
  const auto take = [&](int node, int bit) {
    ++counts[static_cast<std::size_t>(node)][static_cast<std::size_t>(bit)];
  };
  for (const int delta : deltas) {
    const int x = std::abs(delta);
    take(kMvIsShort, x >= 8 ? 1 : 0);
    if (x < 8) {
      const int high = x >> 2;
      const int middle = x >> 1 & 1;
      take(kMvShort, high);
      take(kMvShort + 1 + 3 * high, middle);
      take(kMvShort + 2 + 3 * high + middle, x & 1);
    } else {
      for (int bit = 0; bit < 10; ++bit) {
        if (bit != 3 || x >= 16) {
          take(kMvLong + bit, x >> bit & 1);
        }
      }
    }
    if (x != 0) {
      take(kMvSign, delta < 0 ? 1 : 0);
    }
  }
  return counts;
}

// §13.2 by hand: which way a magnitude goes at each node from 1 on; -1 where it does not come by.
std::array<int, kEntropyNodes> path_of(int magnitude) {
  std::array<int, kEntropyNodes> path;
  path.fill(-1);
  path[1] = magnitude > 0;
  if (magnitude > 0) {
    path[2] = magnitude > 1;
  }
  if (magnitude > 1) {
    path[3] = magnitude > 4;
  }
  if (magnitude > 1 && magnitude <= 4) {
    path[4] = magnitude > 2;
  }
  if (magnitude == 3 || magnitude == 4) {
    path[5] = magnitude == 4;
  }
  if (magnitude > 4) {
    path[6] = magnitude > 10;
  }
  if (magnitude > 4 && magnitude <= 10) {
    path[7] = magnitude > 6;
  }
  if (magnitude > 10) {
    path[8] = magnitude > 34;
  }
  if (magnitude > 10 && magnitude <= 34) {
    path[9] = magnitude > 18;
  }
  if (magnitude > 34) {
    path[10] = magnitude > 66;
  }
  return path;
}

// Contexts of all blocks of a frame on a plane-wide grid: 1 where a block has tokens.
class TokenCounter {
 public:
  explicit TokenCounter(const Frame& frame) : frame_(frame) {
    const auto columns = static_cast<std::size_t>(frame.mb_cols);
    above_.resize(columns * 9);
  }

  TokenCounts count() {
    std::size_t next = 0;
    for (std::size_t i = 0; i < frame_.modes.size(); ++i) {
      const MbModes& mb = frame_.modes[i];
      if (i % static_cast<std::size_t>(frame_.mb_cols) == 0) {
        left_ = {};
      }
      std::uint8_t* above = &above_[i % static_cast<std::size_t>(frame_.mb_cols) * 9];
      const std::uint32_t coded = frame_.residual.macroblock(i).coded;
      for (const int block : {24, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                              12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}) {
        if (block == 24 && !mb.has_y2()) {
          continue;  // its context stays
        }
        const bool has_tokens = (coded >> block & 1) != 0;
        std::uint8_t& over = above[column_of(block)];
        std::uint8_t& beside = left_[row_of(block)];
        if (!mb.skip) {
          count_block(block, mb.has_y2(), static_cast<std::size_t>(over + beside),
                      has_tokens ? &frame_.residual.levels(next) : nullptr,
                      has_tokens ? frame_.residual.end(next) : 0);
        }
        next += has_tokens ? 1 : 0;
        over = beside = has_tokens ? 1 : 0;
      }
    }
    return counts_;
  }

 private:
  // Slots 0-3 luma, 4-5 U, 6-7 V, 8 Y2.
  static std::size_t column_of(int block) {
    return static_cast<std::size_t>(block == 24   ? 8
                                    : block >= 20 ? 6 + block % 2
                                    : block >= 16 ? 4 + block % 2
                                                  : block % 4);
  }
  static std::size_t row_of(int block) {
    return static_cast<std::size_t>(block == 24   ? 8
                                    : block >= 20 ? 6 + (block - 20) / 2
                                    : block >= 16 ? 4 + (block - 16) / 2
                                                  : block / 4);
  }

  void count_block(int block, bool has_y2, std::size_t context, const Levels* levels, int end) {
    const std::size_t type = block == 24 ? 1u : block >= 16 ? 2u : has_y2 ? 0u : 3u;
    bool may_end = true;
    for (int position = type == 0 ? 1 : 0; position < 16; ++position) {
      auto& nodes = counts_[type][kBandOfPosition[static_cast<std::size_t>(position)]][context];
      if (may_end) {
        ++nodes[0][position < end ? 1 : 0];
      }
      if (position >= end) {
        return;
      }
      const int magnitude = std::abs((*levels)[kZigzag[static_cast<std::size_t>(position)]]);
      const auto path = path_of(magnitude);
      for (std::size_t node = 1; node < path.size(); ++node) {
        if (path[node] >= 0) {
          ++nodes[node][static_cast<std::size_t>(path[node])];
        }
      }
      may_end = magnitude != 0;
      context = static_cast<std::size_t>(std::min(magnitude, 2));
    }
  }

  const Frame& frame_;
  std::vector<std::uint8_t> above_;
  std::array<std::uint8_t, 9> left_{};
  TokenCounts counts_{};
};

// How many macroblocks do not, and do, satisfy a predicate among those of another.
template <class Among, class Predicate>
BranchCount split_count(const Frame& frame, const Among& among, const Predicate& predicate) {
  BranchCount count{};
  for (const MbModes& mb : frame.modes) {
    if (among(mb)) {
      ++count[predicate(mb) ? 1 : 0];
    }
  }
  return count;
}

void expect_independent_counts(const State& before, const Frame& frame) {
  const SymbolCounts counts = count_symbols(before, frame);
  const Leaves leaves = leaves_of(frame);
  const auto& y = leaves.y_mode;
  const auto& uv = leaves.uv_mode;
  EXPECT_EQ(
      counts.y_mode,
      (std::array<BranchCount, 4>{{{y[DC_PRED], y[V_PRED] + y[H_PRED] + y[TM_PRED] + y[B_PRED]},
                                   {y[V_PRED] + y[H_PRED], y[TM_PRED] + y[B_PRED]},
                                   {y[V_PRED], y[H_PRED]},
                                   {y[TM_PRED], y[B_PRED]}}}));
  EXPECT_EQ(counts.uv_mode,
            (std::array<BranchCount, 3>{{{uv[DC_PRED], uv[V_PRED] + uv[H_PRED] + uv[TM_PRED]},
                                         {uv[V_PRED], uv[H_PRED] + uv[TM_PRED]},
                                         {uv[H_PRED], uv[TM_PRED]}}}));
  EXPECT_EQ(counts.mv[0], mv_branches(leaves.mv[0]));
  EXPECT_EQ(counts.mv[1], mv_branches(leaves.mv[1]));
  EXPECT_TRUE(counts.tokens == TokenCounter(frame).count());

  const auto all = [](const MbModes&) { return true; };
  const auto inter = [](const MbModes& mb) { return mb.is_inter(); };
  const auto not_last = [](const MbModes& mb) { return mb.ref_frame > LAST_FRAME; };
  EXPECT_EQ(counts.skip, split_count(frame, all, [](const MbModes& mb) { return mb.skip; }));
  EXPECT_EQ(counts.intra, split_count(frame, all, inter));
  EXPECT_EQ(counts.last, split_count(frame, inter, not_last));
  EXPECT_EQ(counts.golden, split_count(frame, not_last, [](const MbModes& mb) {
              return mb.ref_frame == ALTREF_FRAME;
            }));
  const auto low = [](const MbModes& mb) { return mb.segment < 2; };
  const auto high = [](const MbModes& mb) { return mb.segment >= 2; };
  const auto odd = [](const MbModes& mb) { return mb.segment % 2 != 0; };
  EXPECT_EQ(counts.segment_tree[0], split_count(frame, all, high));
  EXPECT_EQ(counts.segment_tree[1], split_count(frame, low, odd));
  EXPECT_EQ(counts.segment_tree[2], split_count(frame, high, odd));
}

// Calls f(before, frame) for a stream of random frames.
template <class F>
void for_random_frames(unsigned seeds, const F& f) {
  for (unsigned seed = 0; seed < seeds; ++seed) {
    std::mt19937 random(seed);
    State state;
    for (int i = 0; i < 5; ++i) {
      const Frame frame = random_frame(
          state,
          {.key_frame = i == 0, .width = 100, .height = 70, .max_level = 200, .max_mv_delta = 900},
          random);
      SCOPED_TRACE(testing::Message() << "seed " << seed << " frame " << i);
      f(state, frame);
      state = decode(state, write_frame(state, frame)).next;
    }
  }
}

// And for streams of libvpx.
template <class F>
void for_libvpx_frames(const F& f) {
  for (const Content content : {Content::kPan, Content::kSlow, Content::kCuts}) {
    for (const unsigned q : {5u, 30u, 60u}) {
      const OracleSettings settings{
          .width = 112, .height = 80, .cpu_used = 0, .min_q = q, .max_q = q};
      State state;
      int index = 0;
      for (const oracle::Bytes& bytes :
           oracle::oracle_encode(oracle::synthetic_clip(112, 80, content, 8), settings)) {
        const Decoded decoded = decode(state, bytes);
        SCOPED_TRACE(testing::Message()
                     << "content " << int(content) << " q " << q << " frame " << index++);
        f(state, *decoded.frame);
        state = decoded.next;
      }
    }
  }
}

TEST(SymbolCounts, OfRandomFramesAgreeWithAnIndependentCount) {
  for_random_frames(8, expect_independent_counts);
}

TEST(SymbolCounts, OfLibvpxFramesAgreeWithAnIndependentCount) {
  for_libvpx_frames(expect_independent_counts);
}

TEST(ProbabilityOf, IsNearestToTheShareOfZeros) {
  EXPECT_EQ(probability_of({0, 0}, 77), 77);
  EXPECT_EQ(probability_of({1, 1}, 77), 128);
  EXPECT_EQ(probability_of({3, 1}, 77), 192);
  EXPECT_EQ(probability_of({0, 9}, 77), 1);
  EXPECT_EQ(probability_of({9, 0}, 77), 255);
  EXPECT_EQ(probability_of({1, 2}, 77), 85);
  EXPECT_EQ(probability_of({0xffffffff, 0xffffffff}, 77), 128);
}

// --- choosing ---

Frame with_chosen(const State& before, Frame frame) {
  choose_probabilities(before, count_symbols(before, frame), frame.header);
  return frame;
}

// The same frame in which nothing that a state keeps is updated.
Frame without_updates(Frame frame) {
  frame.header.coef_prob_updates = {};
  frame.header.mv_prob_updates = {};
  frame.header.y_mode_probs.reset();
  frame.header.uv_mode_probs.reset();
  return frame;
}

// Where two codings cost all but the same, the last bits of each partition may tip the scales.
std::size_t rounding_bytes(const Frame& frame) {
  return 1 + (std::size_t{1} << frame.header.log2_nbr_of_dct_partitions);
}

TEST(ChooseProbabilities, NeverMakesAFrameLargerThanSendingNone) {
  const auto check = [](const State& before, const Frame& frame) {
    const Frame chosen = with_chosen(before, frame);
    EXPECT_LE(write_frame(before, chosen).size(),
              write_frame(before, without_updates(chosen)).size() + rounding_bytes(frame));
  };
  for_random_frames(12, check);
  for_libvpx_frames(check);
}

TEST(ChooseProbabilities, MakesFramesNoLargerThanLibvpxDid) {
  std::size_t ours = 0;
  std::size_t theirs = 0;
  for_libvpx_frames([&](const State& before, const Frame& frame) {
    ours += write_frame(before, with_chosen(before, frame)).size();
    theirs += write_frame(before, frame).size();
  });
  EXPECT_LE(ours, theirs);
}

TEST(ChooseProbabilities, SavesMuchWhereTheStateFitsBadly) {
  std::mt19937 random(1);
  Frame frame = random_frame(
      {}, {.key_frame = true, .width = 320, .height = 240, .max_level = 60, .coded_percent = 90},
      random);
  const Frame chosen = with_chosen({}, frame);
  EXPECT_LT(write_frame({}, chosen).size() * 10,
            write_frame({}, without_updates(chosen)).size() * 9);
}

TEST(ChooseProbabilities, LeavesTheMeaningOfTheFrameAlone) {
  for_random_frames(4, [](const State& before, const Frame& frame) {
    const Frame chosen = with_chosen(before, frame);
    const Frame parsed = parse_frame(before, write_frame(before, chosen));
    EXPECT_EQ(parsed, chosen);
    EXPECT_EQ(parsed.modes, frame.modes);
    EXPECT_EQ(parsed.residual, frame.residual);
  });
}

TEST(ChooseProbabilities, SendsNothingWhereNothingIsCounted) {
  FrameHeader header;
  header.key_frame = false;
  header.y_mode_probs = {1, 2, 3, 4};
  header.uv_mode_probs = {1, 2, 3};
  header.coef_prob_updates[0][1][2][3] = Probability{9};
  header.mv_prob_updates[1][2] = Probability{8};
  choose_probabilities({}, {}, header);
  EXPECT_EQ(header.coef_prob_updates, CoefProbUpdates{});
  EXPECT_EQ(header.mv_prob_updates, MvProbUpdates{});
  EXPECT_FALSE(header.y_mode_probs);
  EXPECT_FALSE(header.uv_mode_probs);
}

// One branch that is taken 10000 times always one way, in every place where that can be said.
TEST(ChooseProbabilities, FollowsStrongEvidenceInEveryPlace) {
  SymbolCounts counts;
  for (auto& type : counts.tokens) {
    for (auto& band : type) {
      for (auto& context : band) {
        for (auto& node : context) {
          node = {10000, 0};
        }
      }
    }
  }
  for (auto& component : counts.mv) {
    component.fill({0, 10000});
  }
  counts.y_mode.fill({30000, 10000});
  counts.uv_mode.fill({10000, 30000});
  FrameHeader header;
  header.key_frame = false;
  choose_probabilities({}, counts, header);
  const Probabilities after = frame_probabilities({}, header);
  for (const auto& type : after.coef) {
    for (const auto& band : type) {
      for (const auto& context : band) {
        for (const Probability p : context) {
          EXPECT_EQ(p, 255);
        }
      }
    }
  }
  for (const auto& component : after.mv) {
    for (const Probability p : component) {
      EXPECT_EQ(p, 1);
    }
  }
  EXPECT_EQ(after.y_mode, (std::array<Probability, 4>{192, 192, 192, 192}));
  EXPECT_EQ(after.uv_mode, (std::array<Probability, 3>{64, 64, 64}));
}

}  // namespace
}  // namespace vp8
