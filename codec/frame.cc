// Parsing and writing whole frames, and what they do to the state (RFC 6386 §9, §19).
#include "codec/frame.hh"

#include <algorithm>
#include <string>

#include "codec/header.hh"
#include "codec/modes.hh"
#include "codec/tokens.hh"

namespace vp8 {
namespace {

constexpr std::size_t kMaxTokenPartition = (1u << 24) - 1;

void apply_mv_updates(const MvProbUpdates& updates, MvProbs& probs) {
  for (std::size_t i = 0; i < probs.size(); ++i) {
    for (std::size_t j = 0; j < kMvProbs; ++j)
      probs[i][j] = updates[i][j].value_or(probs[i][j]);
  }
}

void apply_coef_updates(const CoefProbUpdates& updates, CoefProbs& probs) {
  for (std::size_t i = 0; i < kBlockTypes; ++i) {
    for (std::size_t j = 0; j < kCoefBands; ++j) {
      for (std::size_t k = 0; k < kCoefContexts; ++k) {
        for (std::size_t l = 0; l < kEntropyNodes; ++l) {
          probs[i][j][k][l] = updates[i][j][k][l].value_or(probs[i][j][k][l]);
        }
      }
    }
  }
}

// Splits what follows the first partition into token partitions (§9.5).
std::vector<BoolReader> token_partitions(std::span<const std::uint8_t> bytes, int count) {
  const std::size_t table = 3 * static_cast<std::size_t>(count - 1);
  if (bytes.size() < table)
    throw BitstreamError("frame ends inside its table of partition sizes (RFC 6386 §9.5)");
  std::span<const std::uint8_t> sizes = bytes.first(table);
  std::span<const std::uint8_t> rest = bytes.subspan(table);
  std::vector<BoolReader> readers;
  for (int i = 0; i < count; ++i) {
    std::size_t size = rest.size();
    if (i + 1 < count) {
      size = sizes[0] | static_cast<std::size_t>(sizes[1]) << 8 |
             static_cast<std::size_t>(sizes[2]) << 16;
      sizes = sizes.subspan(3);
      if (size > rest.size()) {
        throw BitstreamError("token partition " + std::to_string(i) + " claims " +
                             std::to_string(size) + " bytes, " + std::to_string(rest.size()) +
                             " are left (RFC 6386 §9.5)");
      }
    }
    readers.emplace_back(rest.first(size));
    rest = rest.subspan(size);
  }
  return readers;
}

// Notes what a macroblock has taken of a partition, where that is wanted.
class BitMeter {
 public:
  BitMeter(const BoolReader& bits, std::vector<std::uint32_t>* out)
      : bits_(bits), out_(out), before_(bits.bits_left()) {}
  ~BitMeter() {
    if (out_ != nullptr)
      out_->push_back(static_cast<std::uint32_t>(before_ - bits_.bits_left()));
  }
  BitMeter(const BitMeter&) = delete;
  BitMeter(BitMeter&&) = delete;
  BitMeter& operator=(const BitMeter&) = delete;
  BitMeter& operator=(BitMeter&&) = delete;

 private:
  const BoolReader& bits_;
  std::vector<std::uint32_t>* out_;
  std::ptrdiff_t before_;
};

void read_modes(BoolReader& bits,
                const State& before,
                const Probabilities& probs,
                Frame& frame,
                FrameBits* measured) {
  const ModeContext context(frame.header, probs, frame.mb_rows, frame.mb_cols);
  SymbolReader symbols(bits);
  const bool keeps_map = !frame.header.key_frame && !(frame.header.segmentation_enabled &&
                                                      frame.header.segmentation.update_map);
  std::size_t index = 0;
  for (int mb_row = 0; mb_row < frame.mb_rows; ++mb_row) {
    for (int mb_col = 0; mb_col < frame.mb_cols; ++mb_col, ++index) {
      MbModes& mb = frame.modes[index];
      if (keeps_map)
        mb.segment = before.segmentation.map[index];
      const Neighbours around = neighbours_of(frame.modes.data(), frame.mb_cols, mb_row, mb_col);
      const BitMeter meter(bits, measured != nullptr ? &measured->modes : nullptr);
      code_modes(symbols, context, around, mb_row, mb_col, mb);
    }
    if (bits.exhausted()) {
      throw BitstreamError("first partition ends inside macroblock row " + std::to_string(mb_row) +
                           " (RFC 6386 §19.3)");
    }
  }
}

void read_tokens(std::vector<BoolReader>& partitions,
                 const Probabilities& probs,
                 Frame& frame,
                 FrameBits* measured) {
  std::vector<TokenContext> above(static_cast<std::size_t>(frame.mb_cols));
  frame.residual.reserve(frame.modes.size());
  for (int mb_row = 0; mb_row < frame.mb_rows; ++mb_row) {
    BoolReader& bits = partitions[static_cast<std::size_t>(mb_row) % partitions.size()];
    TokenContext left;
    for (int mb_col = 0; mb_col < frame.mb_cols; ++mb_col) {
      const MbModes& mb = frame.at(mb_row, mb_col);
      TokenContext& over = above[static_cast<std::size_t>(mb_col)];
      frame.residual.begin_macroblock();
      const BitMeter meter(bits, measured != nullptr ? &measured->tokens : nullptr);
      if (mb.skip) {
        over.clear(mb.has_y2());
        left.clear(mb.has_y2());
      } else {
        read_macroblock_tokens(bits, probs.coef, mb.has_y2(), over, left, frame.residual);
      }
    }
    if (bits.exhausted()) {
      throw BitstreamError("token partition ends inside macroblock row " + std::to_string(mb_row) +
                           " (RFC 6386 §13)");
    }
  }
}

std::vector<std::uint8_t> write_first_partition(const Frame& frame, const Probabilities& probs) {
  BoolWriter bits;
  FieldWriter fields(bits);
  visit_header(fields, frame.header);
  const ModeContext context(frame.header, probs, frame.mb_rows, frame.mb_cols);
  SymbolWriter symbols(bits);
  for (int mb_row = 0; mb_row < frame.mb_rows; ++mb_row) {
    for (int mb_col = 0; mb_col < frame.mb_cols; ++mb_col) {
      MbModes mb = frame.at(mb_row, mb_col);
      code_modes(symbols, context, neighbours_of(frame.modes.data(), frame.mb_cols, mb_row, mb_col),
                 mb_row, mb_col, mb);
    }
  }
  return bits.finish();
}

std::vector<std::vector<std::uint8_t>> write_token_partitions(const Frame& frame,
                                                              const CoefProbs& probs) {
  std::vector<BoolWriter> writers(std::size_t{1} << frame.header.log2_nbr_of_dct_partitions);
  std::vector<TokenContext> above(static_cast<std::size_t>(frame.mb_cols));
  std::size_t index = 0;
  for (int mb_row = 0; mb_row < frame.mb_rows; ++mb_row) {
    BoolWriter& bits = writers[static_cast<std::size_t>(mb_row) % writers.size()];
    TokenContext left;
    for (int mb_col = 0; mb_col < frame.mb_cols; ++mb_col, ++index) {
      const MbModes& mb = frame.modes[index];
      TokenContext& over = above[static_cast<std::size_t>(mb_col)];
      if (mb.skip) {
        over.clear(mb.has_y2());
        left.clear(mb.has_y2());
      } else {
        write_macroblock_tokens(bits, probs, frame.residual, index, mb.has_y2(), over, left);
      }
    }
  }
  std::vector<std::vector<std::uint8_t>> partitions;
  for (BoolWriter& writer : writers)
    partitions.push_back(writer.finish());
  return partitions;
}

template <class T, std::size_t kCount>
void replace_present(const std::array<std::optional<T>, kCount>& updates,
                     std::array<T, kCount>& values) {
  for (std::size_t i = 0; i < kCount; ++i)
    values[i] = updates[i].value_or(values[i]);
}

void advance_segmentation(const FrameHeader& header,
                          const Frame& frame,
                          Segmentation& segmentation) {
  if (header.key_frame) {
    segmentation = {};
    segmentation.map.assign(frame.modes.size(), 0);
  }
  if (!header.segmentation_enabled)
    return;
  const SegmentationUpdate& update = header.segmentation;
  if (update.update_data) {
    segmentation.absolute = update.absolute;
    for (std::size_t i = 0; i < kSegments; ++i) {
      segmentation.quantizer[i] = update.quantizer[i].value_or(0);
      segmentation.filter_level[i] = update.filter_level[i].value_or(0);
    }
  }
  if (update.update_map) {
    std::transform(frame.modes.begin(), frame.modes.end(), segmentation.map.begin(),
                   [](const MbModes& mb) { return mb.segment; });
  }
}

// Buffer copies use the references from before the frame, altref first, as libvpx does (§9.7).
void advance_references(const FrameHeader& header,
                        const PictureRef& reconstruction,
                        References& references) {
  if (header.copy_buffer_to_alternate == 1)
    references.altref = references.last;
  if (header.copy_buffer_to_alternate == 2)
    references.altref = references.golden;
  if (header.copy_buffer_to_golden == 1)
    references.golden = references.last;
  if (header.copy_buffer_to_golden == 2)
    references.golden = references.altref;
  if (header.refresh_golden_frame)
    references.golden = reconstruction;
  if (header.refresh_alternate_frame)
    references.altref = reconstruction;
  if (header.refresh_last)
    references.last = reconstruction;
}

}  // namespace

Probabilities frame_probabilities(const State& before, const FrameHeader& header) {
  Probabilities probs = header.key_frame ? Probabilities{} : before.probs;
  apply_coef_updates(header.coef_prob_updates, probs.coef);
  if (header.y_mode_probs)
    probs.y_mode = *header.y_mode_probs;
  if (header.uv_mode_probs)
    probs.uv_mode = *header.uv_mode_probs;
  apply_mv_updates(header.mv_prob_updates, probs.mv);
  return probs;
}

Frame parse_frame(const State& before, std::span<const std::uint8_t> bytes, FrameBits* measured) {
  Frame frame;
  FrameHeader& header = frame.header;
  const FrameTag tag = read_frame_tag(bytes, header);
  if (!header.key_frame && !before.ready()) {
    throw BitstreamError("inter frame without a key frame before it (RFC 6386 §9.1)");
  }
  frame.mb_cols = header.key_frame ? (header.width + 15) / 16 : before.mb_cols();
  frame.mb_rows = header.key_frame ? (header.height + 15) / 16 : before.mb_rows();
  BoolReader bits(bytes.subspan(tag.size_bytes, tag.first_partition_size));
  FieldReader fields(bits);
  const std::ptrdiff_t begin = bits.bits_left();
  visit_header(fields, header);
  if (measured != nullptr)
    *measured = {static_cast<std::uint32_t>(begin - bits.bits_left()), {}, {}};
  if (bits.exhausted())
    throw BitstreamError("first partition ends inside the frame header (RFC 6386 §19.2)");
  std::vector<BoolReader> partitions =
      token_partitions(bytes.subspan(tag.size_bytes + tag.first_partition_size),
                       1 << header.log2_nbr_of_dct_partitions);
  const Probabilities probs = frame_probabilities(before, header);
  frame.modes.resize(static_cast<std::size_t>(frame.mb_rows) *
                     static_cast<std::size_t>(frame.mb_cols));
  read_modes(bits, before, probs, frame, measured);
  read_tokens(partitions, probs, frame, measured);
  return frame;
}

std::vector<std::uint8_t> write_frame(const State& before, const Frame& frame) {
  const Probabilities probs = frame_probabilities(before, frame.header);
  const std::vector<std::uint8_t> first = write_first_partition(frame, probs);
  const std::vector<std::vector<std::uint8_t>> tokens = write_token_partitions(frame, probs.coef);
  std::vector<std::uint8_t> out;
  write_frame_tag(frame.header, static_cast<std::uint32_t>(first.size()), out);
  out.insert(out.end(), first.begin(), first.end());
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const std::size_t size = tokens[i].size();
    if (size > kMaxTokenPartition)
      throw Unsupported("a token partition exceeds 16 MiB (RFC 6386 §9.5)");
    for (const int shift : {0, 8, 16})
      out.push_back(static_cast<std::uint8_t>(size >> shift));
  }
  for (const auto& partition : tokens)
    out.insert(out.end(), partition.begin(), partition.end());
  return out;
}

State advance(const State& before, const Frame& frame, const PictureRef& reconstruction) {
  const FrameHeader& header = frame.header;
  State after = before;
  if (header.key_frame) {
    after.width = header.width;
    after.height = header.height;
    after.horizontal_scale = header.horizontal_scale;
    after.vertical_scale = header.vertical_scale;
    after.color_space = header.color_space;
    after.clamping_type = header.clamping_type;
    after.probs = {};
    after.filter_deltas = {};
  }
  if (header.refresh_entropy_probs)
    after.probs = frame_probabilities(before, header);
  advance_segmentation(header, frame, after.segmentation);
  if (header.filter.delta_enabled && header.filter.delta_update) {
    replace_present(header.filter.ref_frame_delta, after.filter_deltas.ref_frame);
    replace_present(header.filter.mode_delta, after.filter_deltas.mode);
  }
  after.sign_bias_golden = header.sign_bias_golden;
  after.sign_bias_altref = header.sign_bias_alternate;
  advance_references(header, reconstruction, after.references);
  return after;
}

}  // namespace vp8
