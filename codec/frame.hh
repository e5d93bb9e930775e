// The syntax tree of one frame: header, modes and coefficient levels as plain structs (RFC 6386 §9,
// §19).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "codec/state.hh"
#include "codec/tables.hh"
#include "codec/types.hh"

namespace vp8 {

/// Changes to the segmentation (§9.3); absent values mean 0 (data) and 255 (tree_probs).
struct SegmentationUpdate {
  bool update_map = false;
  bool update_data = false;
  bool absolute = false;
  std::array<std::optional<std::int8_t>, kSegments> quantizer{};     // -127..127
  std::array<std::optional<std::int8_t>, kSegments> filter_level{};  // -63..63
  std::array<std::optional<Probability>, 3> tree_probs{};

  bool operator==(const SegmentationUpdate&) const = default;
};

/// Loop filter fields (§9.6).
struct FilterHeader {
  bool simple = false;     // filter_type
  std::uint8_t level = 0;  // 0..63
  std::uint8_t sharpness = 0;
  bool delta_enabled = false;
  bool delta_update = false;
  std::array<std::optional<std::int8_t>, kRefFrames>
      ref_frame_delta{};  // -63..63; absent: unchanged
  std::array<std::optional<std::int8_t>, 4> mode_delta{};

  bool operator==(const FilterHeader&) const = default;
};

/// Quantiser indices (§9.6): y_ac_qi 0..127, the others -15..15 relative to it.
struct QuantIndices {
  std::uint8_t y_ac_qi = 0;
  std::int8_t y_dc_delta = 0;
  std::int8_t y2_dc_delta = 0;
  std::int8_t y2_ac_delta = 0;
  std::int8_t uv_dc_delta = 0;
  std::int8_t uv_ac_delta = 0;

  bool operator==(const QuantIndices&) const = default;
};

/// New coefficient probabilities where present (§13.4).
using CoefProbUpdates = std::array<
    std::array<std::array<std::array<std::optional<Probability>, kEntropyNodes>, kCoefContexts>,
               kCoefBands>,
    kBlockTypes>;
/// New motion vector probabilities where present (§17.2): odd 7-bit steps, or 1.
using MvProbUpdates = std::array<std::array<std::optional<Probability>, kMvProbs>, 2>;

/// A frame's header with the RFC's field names (§9, §19.2). Fields that a frame type lacks keep
/// their defaults.
struct FrameHeader {
  bool key_frame = true;
  std::uint8_t version = 0;  // 0..3: which filters reconstruct (§9.1)
  bool show_frame = true;

  std::uint16_t width = 0;  // key frames only, 1..16383
  std::uint16_t height = 0;
  std::uint8_t horizontal_scale = 0;
  std::uint8_t vertical_scale = 0;
  bool color_space = false;
  bool clamping_type = false;

  bool segmentation_enabled = false;
  SegmentationUpdate segmentation;
  FilterHeader filter;
  std::uint8_t log2_nbr_of_dct_partitions = 0;
  QuantIndices quant;

  bool refresh_golden_frame = true;
  bool refresh_alternate_frame = true;
  std::uint8_t copy_buffer_to_golden = 0;     // 0 none, 1 last, 2 altref (§9.7)
  std::uint8_t copy_buffer_to_alternate = 0;  // 0 none, 1 last, 2 golden
  bool sign_bias_golden = false;
  bool sign_bias_alternate = false;
  bool refresh_entropy_probs = true;
  bool refresh_last = true;

  CoefProbUpdates coef_prob_updates{};
  bool mb_no_skip_coeff = false;
  Probability prob_skip_false = 0;
  Probability prob_intra = 0;
  Probability prob_last = 0;
  Probability prob_gf = 0;
  std::optional<std::array<Probability, 4>> y_mode_probs{};
  std::optional<std::array<Probability, 3>> uv_mode_probs{};
  MvProbUpdates mv_prob_updates{};

  bool operator==(const FrameHeader&) const = default;
};

/// The modes of one macroblock (§11, §16). Only the members that the mode uses are meaningful in
/// the stream; readers fill the others so that neighbours can look without asking.
struct MbModes {
  MbMode y_mode = DC_PRED;
  MbMode uv_mode = DC_PRED;
  RefFrame ref_frame = CURRENT_FRAME;
  SplitPartition partition = kSplit16x8;
  std::uint8_t segment = 0;
  bool skip = false;                   // mb_skip_coeff: no coefficients are coded
  MotionVector mv;                     // of the macroblock; of subblock 15 for SPLITMV; 0 for intra
  std::array<MotionVector, 16> mvs{};  // of each subblock; all equal to mv unless SPLITMV
  std::array<SubblockMode, 16>
      subblock_modes{};  // for B_PRED; implied by y_mode for other intra macroblocks

  VP8_HD constexpr bool has_y2() const { return y_mode != B_PRED && y_mode != SPLITMV; }
  VP8_HD constexpr bool is_inter() const { return ref_frame != CURRENT_FRAME; }
  bool operator==(const MbModes&) const = default;
};

/// Blocks of a macroblock in coding order: 16 luma, 4 U, 4 V, and Y2, which is coded first.
inline constexpr int kBlocksPerMb = 25;
inline constexpr int kBlockU = 16;
inline constexpr int kBlockV = 20;
inline constexpr int kBlockY2Index = 24;

/// Quantised levels of one 4x4 block in raster order.
using Levels = std::array<std::int16_t, 16>;

/// The coded coefficients of a frame, blocks without any left out.
///
/// A block counts as coded if it has a token before its end-of-block, even if all its levels are 0.
class Residual {
 public:
  struct Macroblock {
    std::uint32_t coded = 0;  // bit i: block i has levels
    std::uint32_t first = 0;  // index of its first block in levels()

    bool operator==(const Macroblock&) const = default;
  };

  void clear() {
    macroblocks_.clear();
    levels_.clear();
    ends_.clear();
  }
  void reserve(std::size_t macroblocks) { macroblocks_.reserve(macroblocks); }

  /// Begins the next macroblock in raster order.
  void begin_macroblock() {
    macroblocks_.push_back({0, static_cast<std::uint32_t>(levels_.size())});
  }
  /// Adds a coded block to the macroblock begun last, in coding order: Y2 first, then ascending.
  /// `end` is 1 + the position (in zigzag order) of the last token, at most 16.
  void add_block(int block, const Levels& levels, int end) {
    macroblocks_.back().coded |= 1u << block;
    levels_.push_back(levels);
    ends_.push_back(static_cast<std::uint8_t>(end));
  }

  std::size_t macroblocks() const { return macroblocks_.size(); }
  const Macroblock& macroblock(std::size_t index) const { return macroblocks_[index]; }
  const Levels& levels(std::size_t index) const { return levels_[index]; }
  int end(std::size_t index) const { return ends_[index]; }

  bool operator==(const Residual&) const = default;

 private:
  std::vector<Macroblock> macroblocks_;
  std::vector<Levels> levels_;
  std::vector<std::uint8_t> ends_;
};

/// One parsed or to-be-written frame.
struct Frame {
  FrameHeader header;
  int mb_rows = 0;
  int mb_cols = 0;
  std::vector<MbModes> modes;  // raster order, mb_rows * mb_cols
  Residual residual;

  const MbModes& at(int mb_row, int mb_col) const {
    return modes[static_cast<std::size_t>(mb_row * mb_cols + mb_col)];
  }
  bool operator==(const Frame&) const = default;
};

/// What the parts of a frame take in its partitions, in whole bits by the bool coder's position
/// (§7): a symbol's fraction of a bit counts where the coder shifts it out. The rest of the frame
/// is its tag, the table of partition sizes, and the padding of the partitions.
struct FrameBits {
  std::uint32_t header = 0;           // of the first partition (§19.2)
  std::vector<std::uint32_t> modes;   // of each macroblock in raster order (§19.3)
  std::vector<std::uint32_t> tokens;  // of each macroblock (§13)

  bool operator==(const FrameBits&) const = default;
};

/// Parses a frame against the state before it, and measures it if `measured` is given. Throws
/// BitstreamError.
Frame parse_frame(const State& before,
                  std::span<const std::uint8_t> bytes,
                  FrameBits* measured = nullptr);

/// Writes a frame exactly as its fields say. The inverse of parse_frame up to the bool coder's
/// padding. Throws Unsupported if a partition exceeds the format's 19 (first) or 24 bits (token) of
/// size.
std::vector<std::uint8_t> write_frame(const State& before, const Frame& frame);

/// The probabilities in force while `header`'s macroblocks are coded (§9.9-§9.11).
Probabilities frame_probabilities(const State& before, const FrameHeader& header);

/// The state after `frame`, whose reconstruction (loop filtered, borders extended) is `shown`
/// (§9.7).
State advance(const State& before, const Frame& frame, const PictureRef& reconstruction);

}  // namespace vp8
