// Random legal frames.
#include "tests/codec/random_frame.hh"

#include <algorithm>

#include "codec/modes.hh"
#include "codec/quant_steps.hh"

namespace vp8 {
namespace {

// Draws without the library's distributions, which differ between machines.
class Draw {
 public:
  explicit Draw(std::mt19937& random) : random_(random) {}

  /// 0..count-1.
  int below(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }
  /// low..high.
  int between(int low, int high) { return low + below(high - low + 1); }
  bool percent(int chance) { return below(100) < chance; }
  template <class T>
  void flag(T& value) {
    value = percent(50);
  }
  Probability probability() { return static_cast<Probability>(between(1, 255)); }
  template <class T>
  void maybe(std::optional<T>& value, int chance, int low, int high) {
    value.reset();
    if (percent(chance)) {
      value = static_cast<T>(between(low, high));
    }
  }
  // Small magnitudes are likelier, the largest happen.
  int magnitude(int max) {
    switch (below(4)) {
      case 0:
        return below(std::min(max, 2) + 1);
      case 1:
        return below(std::min(max, 20) + 1);
      case 2:
        return below(max + 1);
      default:
        return percent(10) ? max : below(max / 4 + 1);
    }
  }
  int delta(int max) { return percent(50) ? magnitude(max) : -magnitude(max); }

 private:
  std::mt19937& random_;
};

void draw_segmentation(Draw& draw, int max_q_index, FrameHeader& h) {
  draw.flag(h.segmentation_enabled);
  if (!h.segmentation_enabled) {
    return;
  }
  SegmentationUpdate& s = h.segmentation;
  draw.flag(s.update_map);
  draw.flag(s.update_data);
  if (s.update_data) {
    draw.flag(s.absolute);
    for (auto& value : s.quantizer) {
      draw.maybe(value, 70, s.absolute ? 0 : -60, std::min(max_q_index, s.absolute ? 127 : 60));
    }
    for (auto& value : s.filter_level) {
      draw.maybe(value, 70, s.absolute ? 0 : -63, 63);
    }
  }
  if (s.update_map) {
    for (auto& prob : s.tree_probs) {
      draw.maybe(prob, 70, 1, 255);
    }
  }
}

void draw_filter(Draw& draw, FilterHeader& f) {
  draw.flag(f.simple);
  f.level = static_cast<std::uint8_t>(draw.percent(15) ? 0 : draw.below(64));
  f.sharpness = static_cast<std::uint8_t>(draw.below(8));
  draw.flag(f.delta_enabled);
  if (!f.delta_enabled) {
    return;
  }
  draw.flag(f.delta_update);
  if (!f.delta_update) {
    return;
  }
  for (auto& delta : f.ref_frame_delta) {
    draw.maybe(delta, 60, -63, 63);
  }
  for (auto& delta : f.mode_delta) {
    draw.maybe(delta, 60, -63, 63);
  }
}

void draw_quant(Draw& draw, int max_q_index, QuantIndices& q) {
  q.y_ac_qi = static_cast<std::uint8_t>(draw.below(max_q_index + 1));
  for (std::int8_t* delta :
       {&q.y_dc_delta, &q.y2_dc_delta, &q.y2_ac_delta, &q.uv_dc_delta, &q.uv_ac_delta}) {
    *delta = static_cast<std::int8_t>(draw.percent(50) ? draw.between(-15, 15) : 0);
  }
}

void draw_references(Draw& draw, FrameHeader& h) {
  h.refresh_golden_frame = draw.percent(25);
  h.refresh_alternate_frame = draw.percent(25);
  if (!h.refresh_golden_frame) {
    h.copy_buffer_to_golden = static_cast<std::uint8_t>(draw.below(3));
  }
  if (!h.refresh_alternate_frame) {
    h.copy_buffer_to_alternate = static_cast<std::uint8_t>(draw.below(3));
  }
  draw.flag(h.sign_bias_golden);
  draw.flag(h.sign_bias_alternate);
  h.refresh_last = draw.percent(80);
}

void draw_coef_probs(Draw& draw, CoefProbUpdates& updates) {
  const int chance = draw.percent(50) ? 0 : draw.below(40);
  for (auto& type : updates) {
    for (auto& band : type) {
      for (auto& context : band) {
        for (auto& prob : context) {
          draw.maybe(prob, chance, 1, 255);
        }
      }
    }
  }
}

void draw_mode_probs(Draw& draw, FrameHeader& h) {
  h.prob_intra = draw.probability();
  h.prob_last = draw.probability();
  h.prob_gf = draw.probability();
  if (draw.percent(30)) {
    for (Probability& p : h.y_mode_probs.emplace()) {
      p = draw.probability();
    }
  }
  if (draw.percent(30)) {
    for (Probability& p : h.uv_mode_probs.emplace()) {
      p = draw.probability();
    }
  }
  const int chance = draw.percent(50) ? 0 : 30;
  for (auto& component : h.mv_prob_updates) {
    for (auto& prob : component) {
      draw.maybe(prob, chance, 0, 127);
      if (prob) {
        prob = static_cast<Probability>(*prob != 0 ? *prob * 2 : 1);
      }
    }
  }
}

FrameHeader draw_header(Draw& draw, const RandomFrameOptions& options) {
  FrameHeader h;
  h.key_frame = options.key_frame;
  h.version = static_cast<std::uint8_t>(draw.below(options.max_version + 1));
  h.show_frame = draw.percent(85);
  if (h.key_frame) {
    h.width = static_cast<std::uint16_t>(options.width);
    h.height = static_cast<std::uint16_t>(options.height);
    h.horizontal_scale = static_cast<std::uint8_t>(draw.below(4));
    h.vertical_scale = static_cast<std::uint8_t>(draw.below(4));
    draw.flag(h.color_space);
    draw.flag(h.clamping_type);
  }
  draw_segmentation(draw, options.max_q_index, h);
  draw_filter(draw, h.filter);
  h.log2_nbr_of_dct_partitions = static_cast<std::uint8_t>(draw.below(4));
  draw_quant(draw, options.max_q_index, h.quant);
  if (!h.key_frame) {
    draw_references(draw, h);
  }
  h.refresh_entropy_probs = draw.percent(70);
  draw_coef_probs(draw, h.coef_prob_updates);
  h.mb_no_skip_coeff = draw.percent(75);
  if (h.mb_no_skip_coeff) {
    h.prob_skip_false = draw.probability();
  }
  if (!h.key_frame) {
    draw_mode_probs(draw, h);
  }
  return h;
}

// Draws the modes of one macroblock after another.
class ModeDraw {
 public:
  ModeDraw(const State& before, const RandomFrameOptions& options, Draw& draw, Frame& frame)
      : options_(options),
        draw_(draw),
        frame_(frame),
        probs_(frame_probabilities(before, frame.header)),
        context_(frame.header, probs_, frame.mb_rows, frame.mb_cols) {}

  MbModes macroblock(int mb_row, int mb_col, std::uint8_t kept_segment) {
    const FrameHeader& h = frame_.header;
    MbModes mb;
    const bool new_segment = h.segmentation_enabled && h.segmentation.update_map;
    mb.segment = new_segment ? static_cast<std::uint8_t>(draw_.below(kSegments)) : kept_segment;
    mb.skip = h.mb_no_skip_coeff && draw_.percent(30);
    if (h.key_frame || !draw_.percent(options_.inter_percent)) {
      intra(mb);
    } else {
      inter(mb_row, mb_col, mb);
    }
    return mb;
  }

 private:
  void intra(MbModes& mb) {
    mb.y_mode = static_cast<MbMode>(draw_.percent(40) ? B_PRED : draw_.below(B_PRED));
    mb.uv_mode = static_cast<MbMode>(draw_.below(B_PRED));
    for (SubblockMode& mode : mb.subblock_modes) {
      mode = mb.y_mode == B_PRED ? static_cast<SubblockMode>(draw_.below(kSubblockModes))
                                 : implied_subblock_mode(mb.y_mode);
    }
  }

  MotionVector near_vector(MotionVector best) {
    return {static_cast<std::int16_t>(best.row + draw_.delta(options_.max_mv_delta)),
            static_cast<std::int16_t>(best.col + draw_.delta(options_.max_mv_delta))};
  }

  void inter(int mb_row, int mb_col, MbModes& mb) {
    mb.ref_frame = static_cast<RefFrame>(draw_.between(LAST_FRAME, ALTREF_FRAME));
    mb.y_mode = static_cast<MbMode>(draw_.between(NEARESTMV, SPLITMV));
    const Neighbours around = neighbours_of(frame_.modes.data(), frame_.mb_cols, mb_row, mb_col);
    const NearMvs near =
        find_near_mvs(around, mb.ref_frame, context_.sign_bias,
                      MvBounds::of(mb_row, mb_col, frame_.mb_rows, frame_.mb_cols));
    switch (mb.y_mode) {
      case NEARESTMV:
        mb.mv = near.nearest;
        break;
      case NEARMV:
        mb.mv = near.near;
        break;
      case NEWMV:
        mb.mv = near_vector(near.best);
        break;
      case SPLITMV:
        split(around, near.best, mb);
        return;
      default:
        break;
    }
    if (frame_.header.version == 3 &&
        (libvpx_forgets_chroma(mb.mv.row, mb_row) || libvpx_forgets_chroma(mb.mv.col, mb_col))) {
      mb.y_mode = ZEROMV;
      mb.mv = {};
    }
    mb.mvs.fill(mb.mv);
  }

  // In version 3, where chroma vectors are cut to whole pixels, libvpx does not predict chroma at
  // all if a vector that reaches at most 19 pixels over the upper or left edge is cut to more than
  // that.
  static bool libvpx_forgets_chroma(int quarter_pixels, int mb) {
    const int edge = -(mb * 16 + 19) * 4;
    return quarter_pixels >= edge && (quarter_pixels & ~7) < edge;
  }

  void split(const Neighbours& around, MotionVector best, MbModes& mb) {
    mb.partition = static_cast<SplitPartition>(draw_.below(kSplitPartitions));
    const auto& part_of = kSplitPart[mb.partition];
    for (std::size_t part = 0; part < kSplitParts[mb.partition]; ++part) {
      std::size_t first = 0;
      while (part_of[first] != part) {
        ++first;
      }
      const std::array<MotionVector, 4> choices = {left_mv(mb, *around.left, first),
                                                   above_mv(mb, *around.above, first),
                                                   MotionVector{}, near_vector(best)};
      const MotionVector mv = choices[static_cast<std::size_t>(draw_.below(4))];
      for (std::size_t b = first; b < 16; ++b) {
        if (part_of[b] == part) {
          mb.mvs[b] = mv;
        }
      }
    }
    mb.mv = mb.mvs[15];
  }

  const RandomFrameOptions& options_;
  Draw& draw_;
  Frame& frame_;
  Probabilities probs_;
  ModeContext context_;
};

// Draws the levels of one block after another.
class LevelDraw {
 public:
  LevelDraw(const RandomFrameOptions& options, Draw& draw, Residual& out)
      : options_(options), draw_(draw), out_(out) {}

  void macroblock(const MbModes& mb, const QuantSteps& steps) {
    out_.begin_macroblock();
    if (mb.skip) {
      return;
    }
    if (mb.has_y2()) {
      maybe_block(kBlockY2Index, 0, steps.y2_dc, steps.y2_ac);
    }
    for (int block = 0; block < kBlockU; ++block) {
      maybe_block(block, mb.has_y2() ? 1 : 0, steps.y_dc, steps.y_ac);
    }
    for (int block = kBlockU; block < kBlockY2Index; ++block) {
      maybe_block(block, 0, steps.uv_dc, steps.uv_ac);
    }
  }

 private:
  // A sum of magnitudes for which no step of the inverse transforms, which grow a coefficient by at
  // most 1.31 * 1.31, leaves 16 bits, with room for a DC from Y2.
  static constexpr int kSafeSum = 16000;

  // Levels from zigzag position `first` on. The last token may be a zero only at the very end.
  void maybe_block(int block, int first, int dc_step, int ac_step) {
    if (!draw_.percent(options_.coded_percent)) {
      return;
    }
    Levels levels{};
    int room = kSafeSum;
    const int end = draw_.percent(50) ? first + 1 + draw_.below(std::min(3, 16 - first))
                                      : draw_.between(first + 1, 16);
    for (int position = first; position < end; ++position) {
      const int step = position == 0 ? dc_step : ac_step;
      int magnitude = draw_.magnitude(options_.max_level);
      if (!options_.overflows) {
        magnitude = std::min(magnitude, room / step);
      }
      if (position + 1 == end && end < 16) {
        magnitude = std::max(magnitude, 1);
      }
      room = std::max(room - magnitude * step, 0);
      levels[kZigzag[static_cast<std::size_t>(position)]] =
          static_cast<std::int16_t>(draw_.percent(50) ? magnitude : -magnitude);
    }
    out_.add_block(block, levels, end);
  }

  const RandomFrameOptions& options_;
  Draw& draw_;
  Residual& out_;
};

}  // namespace

void randomise_modes(const State& before,
                     const RandomFrameOptions& options,
                     std::mt19937& random,
                     Frame& frame) {
  Draw draw(random);
  ModeDraw modes(before, options, draw, frame);
  const bool keeps_map = !frame.header.key_frame;
  std::size_t index = 0;
  for (int mb_row = 0; mb_row < frame.mb_rows; ++mb_row) {
    for (int mb_col = 0; mb_col < frame.mb_cols; ++mb_col, ++index) {
      const std::uint8_t kept = keeps_map ? before.segmentation.map[index] : std::uint8_t{0};
      frame.modes[index] = modes.macroblock(mb_row, mb_col, kept);
    }
  }
}

void randomise_residual(const State& before,
                        const RandomFrameOptions& options,
                        std::mt19937& random,
                        Frame& frame) {
  const SegmentSettings segments = segment_settings(before, frame.header);
  Draw draw(random);
  frame.residual.clear();
  LevelDraw levels(options, draw, frame.residual);
  for (const MbModes& mb : frame.modes) {
    levels.macroblock(mb,
                      quant_steps(segments.q_index(frame.header, mb.segment), frame.header.quant));
  }
}

Frame random_frame(const State& before, const RandomFrameOptions& options, std::mt19937& random) {
  Draw draw(random);
  Frame frame;
  frame.header = draw_header(draw, options);
  frame.mb_cols = options.key_frame ? (options.width + 15) / 16 : before.mb_cols();
  frame.mb_rows = options.key_frame ? (options.height + 15) / 16 : before.mb_rows();
  frame.modes.resize(static_cast<std::size_t>(frame.mb_rows * frame.mb_cols));
  randomise_modes(before, options, random, frame);
  randomise_residual(before, options, random, frame);
  return frame;
}

}  // namespace vp8
