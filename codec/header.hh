// The frame header, described once for reading and for writing (RFC 6386 §9, §19.2).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "codec/bool_coder.hh"
#include "codec/frame.hh"

namespace vp8 {

/// Bytes before the first partition: 3, and 7 more in key frames (§9.1).
struct FrameTag {
  std::uint32_t first_partition_size = 0;
  std::size_t size_bytes = 0;
};

/// Reads the uncompressed start of a frame into `header`. Throws BitstreamError.
FrameTag read_frame_tag(std::span<const std::uint8_t> bytes, FrameHeader& header);

/// Appends the uncompressed start of a frame.
void write_frame_tag(const FrameHeader& header,
                     std::uint32_t first_partition_size,
                     std::vector<std::uint8_t>& out);

/// Reads header fields.
class FieldReader {
 public:
  explicit FieldReader(BoolReader& bits) : bits_(bits) {}

  void flag(bool& value) { value = bits_.bit(128); }
  template <class T>
  void literal(int count, T& value) {
    value = static_cast<T>(bits_.literal(count));
  }
  /// Magnitude of `count` bits, then a sign.
  template <class T>
  void signed_literal(int count, T& value) {
    const auto magnitude = static_cast<int>(bits_.literal(count));
    value = static_cast<T>(bits_.bit(128) ? -magnitude : magnitude);
  }
  /// A flag of probability `prob`, and `visit_value` if it is set.
  template <class T, class Visit>
  void optional(Probability prob, std::optional<T>& value, Visit visit_value) {
    value.reset();
    if (bits_.bit(prob))
      visit_value(value.emplace());
  }

 private:
  BoolReader& bits_;
};

/// Writes header fields.
class FieldWriter {
 public:
  explicit FieldWriter(BoolWriter& bits) : bits_(bits) {}

  void flag(bool value) { bits_.bit(128, value); }
  void literal(int count, unsigned value) { bits_.literal(count, value); }
  void signed_literal(int count, int value) {
    bits_.literal(count, static_cast<unsigned>(value < 0 ? -value : value));
    bits_.bit(128, value < 0);
  }
  template <class T, class Visit>
  void optional(Probability prob, const std::optional<T>& value, Visit visit_value) {
    bits_.bit(prob, value.has_value());
    if (value)
      visit_value(*value);
  }

 private:
  BoolWriter& bits_;
};

/// Lets readers and writers share one description: a delta is sent as flag, magnitude and sign
/// (§9.6).
template <class Coder, class Delta>
void visit_quant_delta(Coder& coder, Delta& delta) {
  std::optional<std::int8_t> sent;
  if (delta != 0)
    sent = delta;
  coder.optional(128, sent, [&](auto& value) { coder.signed_literal(4, value); });
  if constexpr (!std::is_const_v<Delta>)
    delta = sent.value_or(0);
}

template <class Coder, class Segmentation>
void visit_segmentation(Coder& coder, Segmentation& s) {
  coder.flag(s.update_map);
  coder.flag(s.update_data);
  if (s.update_data) {
    coder.flag(s.absolute);
    for (auto& value : s.quantizer) {
      coder.optional(128, value, [&](auto& v) { coder.signed_literal(7, v); });
    }
    for (auto& value : s.filter_level) {
      coder.optional(128, value, [&](auto& v) { coder.signed_literal(6, v); });
    }
  }
  if (s.update_map) {
    for (auto& prob : s.tree_probs) {
      coder.optional(128, prob, [&](auto& v) { coder.literal(8, v); });
    }
  }
}

template <class Coder, class Filter>
void visit_filter(Coder& coder, Filter& f) {
  coder.flag(f.simple);
  coder.literal(6, f.level);
  coder.literal(3, f.sharpness);
  coder.flag(f.delta_enabled);
  if (!f.delta_enabled)
    return;
  coder.flag(f.delta_update);
  if (!f.delta_update)
    return;
  for (auto& delta : f.ref_frame_delta) {
    coder.optional(128, delta, [&](auto& v) { coder.signed_literal(6, v); });
  }
  for (auto& delta : f.mode_delta) {
    coder.optional(128, delta, [&](auto& v) { coder.signed_literal(6, v); });
  }
}

template <class Coder, class Quant>
void visit_quant(Coder& coder, Quant& q) {
  coder.literal(7, q.y_ac_qi);
  visit_quant_delta(coder, q.y_dc_delta);
  visit_quant_delta(coder, q.y2_dc_delta);
  visit_quant_delta(coder, q.y2_ac_delta);
  visit_quant_delta(coder, q.uv_dc_delta);
  visit_quant_delta(coder, q.uv_ac_delta);
}

template <class Coder, class Header>
void visit_reference_updates(Coder& coder, Header& h) {
  coder.flag(h.refresh_golden_frame);
  coder.flag(h.refresh_alternate_frame);
  if (!h.refresh_golden_frame)
    coder.literal(2, h.copy_buffer_to_golden);
  if (!h.refresh_alternate_frame)
    coder.literal(2, h.copy_buffer_to_alternate);
  coder.flag(h.sign_bias_golden);
  coder.flag(h.sign_bias_alternate);
}

template <class Coder, class Updates>
void visit_coef_prob_updates(Coder& coder, Updates& updates) {
  for (std::size_t i = 0; i < kBlockTypes; ++i) {
    for (std::size_t j = 0; j < kCoefBands; ++j) {
      for (std::size_t k = 0; k < kCoefContexts; ++k) {
        for (std::size_t l = 0; l < kEntropyNodes; ++l) {
          coder.optional(kCoefUpdateProbs[i][j][k][l], updates[i][j][k][l],
                         [&](auto& v) { coder.literal(8, v); });
        }
      }
    }
  }
}

/// A vector probability travels as 7 bits: x means 2x, 0 means 1 (§17.2).
template <class Coder, class Prob>
void visit_mv_prob(Coder& coder, Prob& prob) {
  unsigned seven = prob >> 1;
  coder.literal(7, seven);
  if constexpr (!std::is_const_v<Prob>)
    prob = static_cast<Probability>(seven != 0 ? seven << 1 : 1);
}

template <class Coder, class Header>
void visit_mode_probs(Coder& coder, Header& h) {
  coder.literal(8, h.prob_intra);
  coder.literal(8, h.prob_last);
  coder.literal(8, h.prob_gf);
  coder.optional(128, h.y_mode_probs, [&](auto& probs) {
    for (auto& p : probs)
      coder.literal(8, p);
  });
  coder.optional(128, h.uv_mode_probs, [&](auto& probs) {
    for (auto& p : probs)
      coder.literal(8, p);
  });
  for (std::size_t i = 0; i < h.mv_prob_updates.size(); ++i) {
    for (std::size_t j = 0; j < kMvProbs; ++j) {
      coder.optional(kMvUpdateProbs[i][j], h.mv_prob_updates[i][j],
                     [&](auto& v) { visit_mv_prob(coder, v); });
    }
  }
}

/// Visits all header fields in the first partition in stream order (§19.2).
template <class Coder, class Header>
void visit_header(Coder& coder, Header& h) {
  if (h.key_frame) {
    coder.flag(h.color_space);
    coder.flag(h.clamping_type);
  }
  coder.flag(h.segmentation_enabled);
  if (h.segmentation_enabled)
    visit_segmentation(coder, h.segmentation);
  visit_filter(coder, h.filter);
  coder.literal(2, h.log2_nbr_of_dct_partitions);
  visit_quant(coder, h.quant);
  if (!h.key_frame)
    visit_reference_updates(coder, h);
  coder.flag(h.refresh_entropy_probs);
  if (!h.key_frame)
    coder.flag(h.refresh_last);
  visit_coef_prob_updates(coder, h.coef_prob_updates);
  coder.flag(h.mb_no_skip_coeff);
  if (h.mb_no_skip_coeff)
    coder.literal(8, h.prob_skip_false);
  if (!h.key_frame)
    visit_mode_probs(coder, h);
}

}  // namespace vp8
