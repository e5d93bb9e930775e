// A macroblock's modes and vectors, described once for reading, writing and counting (RFC 6386 §10,
// §11, §16, §17).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "codec/bool_coder.hh"
#include "codec/near_mvs.hh"
#include "codec/state.hh"

namespace vp8 {

/// What the modes of a frame's macroblocks are coded with.
struct ModeContext {
  const FrameHeader& header;
  const Probabilities& probs;
  std::array<Probability, 3> segment_tree_probs;
  std::array<bool, kRefFrames> sign_bias;
  int mb_rows;
  int mb_cols;

  ModeContext(const FrameHeader& h, const Probabilities& p, int rows, int cols)
      : header(h),
        probs(p),
        segment_tree_probs{h.segmentation.tree_probs[0].value_or(255),
                           h.segmentation.tree_probs[1].value_or(255),
                           h.segmentation.tree_probs[2].value_or(255)},
        sign_bias{false, false, h.sign_bias_golden, h.sign_bias_alternate},
        mb_rows(rows),
        mb_cols(cols) {}
};

/// Calls `step(node, bit)` along the path from the root of `tree` to `leaf` (§8.1).
template <class Tree, class Step>
constexpr bool walk_to_leaf(const Tree& tree, int node, int leaf, const Step& step) {
  for (const int bit : {0, 1}) {
    const int next = tree[static_cast<std::size_t>(node + bit)];
    const bool here = next <= 0 ? -next == leaf : walk_to_leaf(tree, next, leaf, step);
    if (here) {
      step(static_cast<std::size_t>(node / 2), bit != 0);
      return true;
    }
  }
  return false;
}

/// The bits of every leaf of a tree, worked out once: path[leaf] lists (node, bit) from the root.
struct TreePath {
  std::array<std::uint8_t, 9> node{};
  std::array<bool, 9> bit{};
  int length = 0;
};

/// A tree and the paths to its leaves; leaves that a tree lacks have empty paths.
struct CodingTree {
  std::array<TreeIndex, 18> tree{};
  std::array<TreePath, kSubblockModes> paths{};

  template <std::size_t kEntries>
  constexpr explicit CodingTree(const std::array<TreeIndex, kEntries>& entries) {
    std::copy(entries.begin(), entries.end(), tree.begin());
    for (std::size_t leaf = 0; leaf < paths.size(); ++leaf)
      paths[leaf] = path_to(static_cast<int>(leaf));
  }

 private:
  constexpr TreePath path_to(int leaf) const {
    TreePath reversed;
    walk_to_leaf(tree, 0, leaf, [&](std::size_t node, bool bit) {
      reversed.node[static_cast<std::size_t>(reversed.length)] = static_cast<std::uint8_t>(node);
      reversed.bit[static_cast<std::size_t>(reversed.length++)] = bit;
    });
    TreePath path;
    path.length = reversed.length;
    for (int i = 0; i < path.length; ++i) {
      path.node[static_cast<std::size_t>(i)] =
          reversed.node[static_cast<std::size_t>(path.length - 1 - i)];
      path.bit[static_cast<std::size_t>(i)] =
          reversed.bit[static_cast<std::size_t>(path.length - 1 - i)];
    }
    return path;
  }
};

VP8_TABLE CodingTree kYModeCoding{kYModeTree};
VP8_TABLE CodingTree kKeyFrameYModeCoding{kKeyFrameYModeTree};
VP8_TABLE CodingTree kUvModeCoding{kUvModeTree};
VP8_TABLE CodingTree kSubblockModeCoding{kSubblockModeTree};
VP8_TABLE CodingTree kMvRefCoding{kMvRefTree};
VP8_TABLE CodingTree kSplitPartitionCoding{kSplitPartitionTree};
VP8_TABLE CodingTree kSubMvRefCoding{kSubMvRefTree};
VP8_TABLE CodingTree kSegmentIdCoding{kSegmentIdTree};
VP8_TABLE CodingTree kSmallMvCoding{kSmallMvTree};

/// Reads symbols.
class SymbolReader {
 public:
  static constexpr bool kReads = true;
  explicit SymbolReader(BoolReader& bits) : bits_(bits) {}

  bool bit(const Probability& prob, bool) { return bits_.bit(prob); }

  /// Returns the leaf that is read; the last argument is ignored.
  template <class Leaf>
  Leaf tree(const CodingTree& coding, const Probability* probs, Leaf) {
    int node = 0;
    do {
      node = coding.tree[static_cast<std::size_t>(node) + (bits_.bit(probs[node / 2]) ? 1u : 0u)];
    } while (node > 0);
    return static_cast<Leaf>(-node);
  }

 private:
  BoolReader& bits_;
};

/// Writes symbols; every call returns the value that it was given.
template <class Sink>
class SymbolWriter {
 public:
  static constexpr bool kReads = false;
  explicit SymbolWriter(Sink& sink) : sink_(sink) {}

  bool bit(const Probability& prob, bool value) {
    sink_.bit(prob, value);
    return value;
  }

  template <class Leaf>
  Leaf tree(const CodingTree& coding, const Probability* probs, Leaf leaf) {
    const TreePath& path = coding.paths[static_cast<std::size_t>(leaf)];
    for (std::size_t i = 0; i < static_cast<std::size_t>(path.length); ++i)
      sink_.bit(probs[path.node[i]], path.bit[i]);
    return leaf;
  }

 private:
  Sink& sink_;
};

/// One vector component of magnitude 0..1023 in quarter pixels (§17.2): short ones by a tree, long
/// ones bitwise.
template <class Coder>
int code_mv_component(Coder& coder, const MvComponentProbs& p, int value) {
  const unsigned given = static_cast<unsigned>(value < 0 ? -value : value);
  unsigned x = 0;
  if (coder.bit(p[kMvIsShort], given > 7)) {
    const auto long_bit = [&](unsigned i) {
      x |= static_cast<unsigned>(coder.bit(p[kMvLong + i], (given >> i & 1) != 0)) << i;
    };
    for (unsigned i = 0; i < 3; ++i)
      long_bit(i);
    for (unsigned i = kMvLongBits - 1; i > 3; --i)
      long_bit(i);
    // A long magnitude is at least 8, so bit 3 goes without saying where no higher bit is set.
    if (x > 15) {
      long_bit(3);
    } else {
      x |= 8;
    }
  } else {
    x = static_cast<unsigned>(coder.tree(kSmallMvCoding, &p[kMvShort], static_cast<int>(given)));
  }
  const int magnitude = static_cast<int>(x);
  if (magnitude == 0)
    return 0;
  return coder.bit(p[kMvSign], value < 0) ? -magnitude : magnitude;
}

/// A vector as its difference from `base`.
template <class Coder>
MotionVector code_mv(Coder& coder, const MvProbs& probs, MotionVector base, MotionVector mv) {
  const int row = base.row + code_mv_component(coder, probs[0], mv.row - base.row);
  const int col = base.col + code_mv_component(coder, probs[1], mv.col - base.col);
  return {static_cast<std::int16_t>(row), static_cast<std::int16_t>(col)};
}

/// The subblock mode that neighbours take for granted where a macroblock is not B_PRED (§11.3).
VP8_HD constexpr SubblockMode implied_subblock_mode(MbMode y_mode) {
  switch (y_mode) {
    case V_PRED:
      return B_VE_PRED;
    case H_PRED:
      return B_HE_PRED;
    case TM_PRED:
      return B_TM_PRED;
    default:
      return B_DC_PRED;
  }
}

/// How a part of a SPLITMV macroblock refers to its vector. Any of equal candidates may be named;
/// writers take the first of left, above, zero that fits.
VP8_HD constexpr SubMvRef sub_mv_ref_of(MotionVector mv, MotionVector left, MotionVector above) {
  if (mv == left)
    return LEFT4X4;
  if (mv == above)
    return ABOVE4X4;
  return mv.is_zero() ? ZERO4X4 : NEW4X4;
}

template <class Coder>
void code_split(Coder& coder,
                const ModeContext& context,
                const Neighbours& around,
                MotionVector best,
                MbModes& mb) {
  mb.partition = coder.tree(kSplitPartitionCoding, kSplitPartitionProbs.data(), mb.partition);
  const auto& part_of = kSplitPart[mb.partition];
  for (std::size_t part = 0; part < kSplitParts[mb.partition]; ++part) {
    std::size_t first = 0;
    while (part_of[first] != part)
      ++first;
    const MotionVector left = left_mv(mb, *around.left, first);
    const MotionVector above = above_mv(mb, *around.above, first);
    MotionVector mv = mb.mvs[first];
    switch (coder.tree(kSubMvRefCoding, kSubMvRefProbs[sub_mv_ref_context(left, above)].data(),
                       sub_mv_ref_of(mv, left, above))) {
      case LEFT4X4:
        mv = left;
        break;
      case ABOVE4X4:
        mv = above;
        break;
      case ZERO4X4:
        mv = {};
        break;
      default:
        mv = code_mv(coder, context.probs.mv, best, mv);
    }
    if constexpr (Coder::kReads) {
      for (std::size_t b = first; b < 16; ++b) {
        if (part_of[b] == part)
          mb.mvs[b] = mv;
      }
    }
  }
  if constexpr (Coder::kReads)
    mb.mv = mb.mvs[15];
}

template <class Coder>
void code_inter_mode(Coder& coder,
                     const ModeContext& context,
                     const Neighbours& around,
                     const MvBounds& bounds,
                     MbModes& mb) {
  const NearMvs near = find_near_mvs(around, mb.ref_frame, context.sign_bias, bounds);
  mb.y_mode = coder.tree(kMvRefCoding, near.mode_probs.data(), mb.y_mode);
  MotionVector mv = mb.mv;
  switch (mb.y_mode) {
    case NEARESTMV:
      mv = near.nearest;
      break;
    case NEARMV:
      mv = near.near;
      break;
    case ZEROMV:
      mv = {};
      break;
    case NEWMV:
      mv = code_mv(coder, context.probs.mv, near.best, mv);
      break;
    default:
      code_split(coder, context, around, near.best, mb);
      return;
  }
  if constexpr (Coder::kReads) {
    mb.mv = mv;
    mb.mvs.fill(mv);
  }
}

template <class Coder>
void code_intra_modes(Coder& coder,
                      const ModeContext& context,
                      const Neighbours& around,
                      MbModes& mb) {
  const bool key = context.header.key_frame;
  mb.y_mode = key ? coder.tree(kKeyFrameYModeCoding, kKeyFrameYModeProbs.data(), mb.y_mode)
                  : coder.tree(kYModeCoding, context.probs.y_mode.data(), mb.y_mode);
  if (mb.y_mode == B_PRED) {
    for (std::size_t b = 0; b < 16; ++b) {
      const Probability* probs = kSubblockModeProbs.data();
      if (key) {
        const auto above = b >= 4 ? mb.subblock_modes[b - 4] : around.above->subblock_modes[b + 12];
        const auto left =
            b % 4 != 0 ? mb.subblock_modes[b - 1] : around.left->subblock_modes[b + 3];
        probs = kKeyFrameSubblockModeProbs[above][left].data();
      }
      mb.subblock_modes[b] = coder.tree(kSubblockModeCoding, probs, mb.subblock_modes[b]);
    }
  } else if constexpr (Coder::kReads) {
    mb.subblock_modes.fill(implied_subblock_mode(mb.y_mode));
  }
  mb.uv_mode = coder.tree(
      kUvModeCoding, key ? kKeyFrameUvModeProbs.data() : context.probs.uv_mode.data(), mb.uv_mode);
}

/// Codes one macroblock's modes (§19.3). For writing coders `mb` comes back unchanged.
template <class Coder>
void code_modes(Coder& coder,
                const ModeContext& context,
                const Neighbours& around,
                int mb_row,
                int mb_col,
                MbModes& mb) {
  const FrameHeader& h = context.header;
  if (h.segmentation_enabled && h.segmentation.update_map) {
    mb.segment = coder.tree(kSegmentIdCoding, context.segment_tree_probs.data(), mb.segment);
  }
  mb.skip = h.mb_no_skip_coeff && coder.bit(h.prob_skip_false, mb.skip);
  if (h.key_frame || !coder.bit(h.prob_intra, mb.is_inter())) {
    mb.ref_frame = CURRENT_FRAME;
    code_intra_modes(coder, context, around, mb);
    return;
  }
  mb.ref_frame = !coder.bit(h.prob_last, mb.ref_frame != LAST_FRAME)  ? LAST_FRAME
                 : coder.bit(h.prob_gf, mb.ref_frame == ALTREF_FRAME) ? ALTREF_FRAME
                                                                      : GOLDEN_FRAME;
  code_inter_mode(coder, context, around,
                  MvBounds::of(mb_row, mb_col, context.mb_rows, context.mb_cols), mb);
}

}  // namespace vp8
