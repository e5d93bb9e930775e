// Facts about a frame: collected once as JSON, which the text is made from.
#include "tools/frame_report.hh"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <numeric>
#include <vector>

#include <fmt/core.h>

#include "codec/header.hh"
#include "codec/types.hh"
#include "tools/frame_names.hh"

namespace tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kModeLetters = "dvhtbnrzws";
constexpr std::string_view kReferenceLetters = ".lga";
constexpr std::array<const char*, 3> kCopyToGolden = {"none", "last", "altref"};
constexpr std::array<const char*, 3> kCopyToAltref = {"none", "last", "golden"};

// Sizes in bytes: the first partition, then the token partitions (RFC 6386 §9.1, §9.5).
Json partition_sizes(const vp8::FrameHeader& header, std::span<const std::uint8_t> bytes) {
  vp8::FrameHeader ignored;
  const vp8::FrameTag tag = vp8::read_frame_tag(bytes, ignored);
  Json sizes = {tag.first_partition_size};
  const std::size_t table = tag.size_bytes + tag.first_partition_size;
  const std::size_t count = std::size_t{1} << header.log2_nbr_of_dct_partitions;
  constexpr std::size_t entry_bytes = 3;
  std::size_t begin = std::min(bytes.size(), table + entry_bytes * (count - 1));
  for (std::size_t i = 0; i + 1 < count; ++i) {
    std::size_t size = 0;
    for (std::size_t j = 0; j < entry_bytes; ++j) {
      const std::size_t at = table + entry_bytes * i + j;
      size |= std::size_t{at < bytes.size() ? bytes[at] : std::uint8_t{0}} << (8 * j);
    }
    size = std::min(size, bytes.size() - begin);  // a cut-off partition is legal to read
    sizes.push_back(size);
    begin += size;
  }
  sizes.push_back(bytes.size() - begin);
  return sizes;
}

template <std::size_t kCount, class Key>
Json count_by(const vp8::Frame& frame, const std::array<const char*, kCount>& names, Key key) {
  std::array<std::int64_t, kCount> counts{};
  for (const vp8::MbModes& mb : frame.modes) {
    ++counts[static_cast<std::size_t>(key(mb))];
  }
  Json json = Json::object();
  for (std::size_t i = 0; i < kCount; ++i) {
    json[names[i]] = counts[i];
  }
  return json;
}

Json count_segments(const vp8::Frame& frame) {
  std::array<std::int64_t, vp8::kSegments> counts{};
  for (const vp8::MbModes& mb : frame.modes) {
    ++counts[mb.segment];
  }
  return counts;
}

// Of all subblocks, 16 for each inter macroblock.
Json vector_report(const vp8::Frame& frame) {
  std::int64_t vectors = 0;
  std::array<std::int64_t, 2> sum{};
  std::array<int, 2> max{};
  for (const vp8::MbModes& mb : frame.modes) {
    for (std::size_t i = 0; mb.is_inter() && i < mb.mvs.size(); ++i) {
      const std::array<int, 2> size = {std::abs(int{mb.mvs[i].row}), std::abs(int{mb.mvs[i].col})};
      for (std::size_t axis = 0; axis < 2; ++axis) {
        sum[axis] += size[axis];
        max[axis] = std::max(max[axis], size[axis]);
      }
      ++vectors;
    }
  }
  const double count = vectors > 0 ? static_cast<double>(vectors) : 1;
  return {{"inter_macroblocks", vectors / 16},
          {"mean_row", static_cast<double>(sum[0]) / count},
          {"mean_col", static_cast<double>(sum[1]) / count},
          {"max_row", max[0]},
          {"max_col", max[1]}};
}

Json residual_report(const vp8::Frame& frame) {
  std::int64_t macroblocks = 0;
  std::int64_t blocks = 0;
  for (std::size_t i = 0; i < frame.residual.macroblocks(); ++i) {
    const int coded = std::popcount(frame.residual.macroblock(i).coded);
    macroblocks += coded > 0 ? 1 : 0;
    blocks += coded;
  }
  return {{"macroblocks", macroblocks}, {"blocks", blocks}};
}

std::string row_map(const vp8::Frame& frame, int mb_row) {
  std::string row;
  for (int mb_col = 0; mb_col < frame.mb_cols; ++mb_col) {
    const auto index = static_cast<std::size_t>(mb_row * frame.mb_cols + mb_col);
    const vp8::MbModes& mb = frame.modes[index];
    const bool coded =
        index < frame.residual.macroblocks() && frame.residual.macroblock(index).coded != 0;
    const char mode = kModeLetters[mb.y_mode];
    row += coded ? static_cast<char>(mode - 'a' + 'A') : mode;
    row += kReferenceLetters[mb.ref_frame];
  }
  return row;
}

template <class Values>
Json optionals(const Values& values) {
  Json json = Json::array();
  for (const auto& value : values) {
    json.push_back(value ? Json(*value) : Json());
  }
  return json;
}

Json filter_report(const vp8::FilterHeader& f) {
  Json json = {{"type", f.simple ? "simple" : "normal"},
               {"level", f.level},
               {"sharpness", f.sharpness},
               {"deltas", f.delta_enabled}};
  if (f.delta_update) {
    json["ref_frame_delta"] = optionals(f.ref_frame_delta);
    json["mode_delta"] = optionals(f.mode_delta);
  }
  return json;
}

Json segmentation_report(const vp8::FrameHeader& h) {
  Json json = {{"enabled", h.segmentation_enabled}};
  if (h.segmentation_enabled) {
    const vp8::SegmentationUpdate& s = h.segmentation;
    json["update_map"] = s.update_map;
    json["update_data"] = s.update_data;
    if (s.update_data) {
      json["absolute"] = s.absolute;
      json["quantizer"] = optionals(s.quantizer);
      json["filter_level"] = optionals(s.filter_level);
    }
  }
  return json;
}

Json refresh_report(const vp8::FrameHeader& h) {
  return {{"last", h.refresh_last},
          {"golden", h.refresh_golden_frame},
          {"altref", h.refresh_alternate_frame},
          {"entropy_probs", h.refresh_entropy_probs},
          {"copy_to_golden", kCopyToGolden[std::min<std::size_t>(h.copy_buffer_to_golden, 2)]},
          {"copy_to_altref", kCopyToAltref[std::min<std::size_t>(h.copy_buffer_to_alternate, 2)]},
          {"sign_bias_golden", h.sign_bias_golden},
          {"sign_bias_altref", h.sign_bias_alternate}};
}

void add_header(Json& json, const vp8::FrameHeader& h) {
  if (h.key_frame) {
    json["width"] = h.width;
    json["height"] = h.height;
    json["horizontal_scale"] = h.horizontal_scale;
    json["vertical_scale"] = h.vertical_scale;
    json["color_space"] = h.color_space;
    json["clamping_type"] = h.clamping_type;
  }
  const vp8::QuantIndices& q = h.quant;
  json["q_index"] = q.y_ac_qi;
  json["q_deltas"] = {q.y_dc_delta, q.y2_dc_delta, q.y2_ac_delta, q.uv_dc_delta, q.uv_ac_delta};
  json["filter"] = filter_report(h.filter);
  json["segmentation"] = segmentation_report(h);
  json["refresh"] = refresh_report(h);
}

void add_macroblocks(Json& json, const vp8::Frame& frame) {
  json["modes"] = count_by(frame, kModeNames, [](const vp8::MbModes& mb) { return mb.y_mode; });
  json["references"] =
      count_by(frame, kReferenceNames, [](const vp8::MbModes& mb) { return mb.ref_frame; });
  json["segments"] = count_segments(frame);
  json["vectors"] = vector_report(frame);
  json["coded"] = residual_report(frame);
}

// Whole bits by the bool coder's position; macroblocks in raster order.
Json bits_report(const vp8::FrameBits& bits) {
  const auto sum = [](const std::vector<std::uint32_t>& values) {
    return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
  };
  return {{"header", bits.header},
          {"modes", sum(bits.modes)},
          {"tokens", sum(bits.tokens)},
          {"macroblock_modes", bits.modes},
          {"macroblock_tokens", bits.tokens}};
}

// "a 1, b 2" for an object's members that are not zero.
std::string members(const Json& object) {
  std::string text;
  for (const auto& [name, value] : object.items()) {
    if (value != 0 && value != false && value != "none") {
      text += fmt::format("{}{}", text.empty() ? "" : ", ", name);
      text += value.is_boolean()  ? ""
              : value.is_string() ? " " + value.get<std::string>()
                                  : " " + value.dump();
    }
  }
  return text.empty() ? "none" : text;
}

std::string vectors_text(const Json& v) {
  return fmt::format(
      "{} inter macroblocks, mean size {:.2f} rows {:.2f} columns, at most {} and {}",
      v["inter_macroblocks"].get<int>(), v["mean_row"].get<double>(), v["mean_col"].get<double>(),
      v["max_row"].get<int>(), v["max_col"].get<int>());
}

std::string size_text(const Json& r) {
  return r.contains("width") ? fmt::format(", {}x{}", r["width"].get<int>(), r["height"].get<int>())
                             : "";
}

std::string body_text(const Json& r) {
  std::string text = fmt::format("  q index {}, deltas {}; filter: {}\n", r["q_index"].dump(),
                                 r["q_deltas"].dump(), members(r["filter"]));
  text += fmt::format("  refresh: {}\n", members(r["refresh"]));
  text += fmt::format("  segmentation: {}; macroblocks {}\n", members(r["segmentation"]),
                      r["segments"].dump());
  text += fmt::format("  partitions: {} bytes\n", r["partition_bytes"].dump());
  text += fmt::format("  modes: {}\n", members(r["modes"]));
  text += fmt::format("  references: {}\n", members(r["references"]));
  text += fmt::format("  vectors: {} (quarter pixels)\n", vectors_text(r["vectors"]));
  text += fmt::format("  coefficients: in {} macroblocks, {} blocks\n",
                      r["coded"]["macroblocks"].dump(), r["coded"]["blocks"].dump());
  if (r.contains("bits")) {
    const Json& b = r["bits"];
    text += fmt::format("  bits: header {}, modes {}, coefficients {}\n", b["header"].dump(),
                        b["modes"].dump(), b["tokens"].dump());
  }
  for (const Json& row : r.value("mode_map", Json::array())) {
    text += fmt::format("  {}\n", row.get<std::string>());
  }
  return text;
}

}  // namespace

Json frame_report(const FrameFacts& facts, bool modes) {
  Json json = {{"frame", facts.number},
               {"byte", facts.offset_bytes},
               {"pts", facts.frame.pts},
               {"bytes", facts.frame.bytes.size()}};
  if (!facts.syntax) {
    json["type"] = "empty";
    json["shown"] = true;
  } else {
    const vp8::FrameHeader& header = facts.syntax->header;
    json["type"] = header.key_frame ? "key" : "inter";
    json["shown"] = header.show_frame;
    json["version"] = header.version;
    add_header(json, header);
    json["partition_bytes"] = partition_sizes(header, facts.frame.bytes);
    add_macroblocks(json, *facts.syntax);
    if (facts.bits != nullptr)
      json["bits"] = bits_report(*facts.bits);
    for (int row = 0; modes && row < facts.syntax->mb_rows; ++row) {
      json["mode_map"].push_back(row_map(*facts.syntax, row));
    }
  }
  json["state"] = fmt::format("{:016x}", vp8::hash(facts.state));
  return json;
}

std::string frame_report_text(const Json& r) {
  std::string text =
      fmt::format("frame {}: {}, {}, {} bytes at byte {}, pts {}{}\n", r["frame"].dump(),
                  r["type"].get<std::string>(), r["shown"].get<bool>() ? "shown" : "hidden",
                  r["bytes"].dump(), r["byte"].dump(), r["pts"].dump(), size_text(r));
  if (r["type"] != "empty") {
    text += body_text(r);
  }
  return text + fmt::format("  state: {}\n", r["state"].get<std::string>());
}

}  // namespace tools
