// Facts about states, collected once as JSON, which the text is made from.
#include "tools/state_report.hh"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "codec/types.hh"

namespace tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<const char*, vp8::RefFrame>, 3> kReferences = {
    {{"last", vp8::LAST_FRAME}, {"golden", vp8::GOLDEN_FRAME}, {"altref", vp8::ALTREF_FRAME}}};

// All probabilities of a group in a row, and the extents of its dimensions.
struct ProbabilityGroup {
  const char* name;
  const vp8::Probability* (*begin)(const vp8::Probabilities&);
  std::vector<std::size_t> extents;
};

const std::vector<ProbabilityGroup>& probability_groups() {
  using vp8::Probabilities;
  static const std::vector<ProbabilityGroup> groups = {
      {"coef",
       [](const Probabilities& p) { return p.coef[0][0][0].data(); },
       {vp8::kBlockTypes, vp8::kCoefBands, vp8::kCoefContexts, vp8::kEntropyNodes}},
      {"mv", [](const Probabilities& p) { return p.mv[0].data(); }, {2, vp8::kMvProbs}},
      {"y_mode", [](const Probabilities& p) { return p.y_mode.data(); }, {4}},
      {"uv_mode", [](const Probabilities& p) { return p.uv_mode.data(); }, {3}}};
  return groups;
}

std::size_t size_of(const ProbabilityGroup& group) {
  std::size_t size = 1;
  for (const std::size_t extent : group.extents)
    size *= extent;
  return size;
}

// A place in a group, as indices such as [type, band, context, node].
Json place_in(const ProbabilityGroup& group, std::size_t at) {
  std::vector<std::size_t> place(group.extents.size());
  for (std::size_t i = place.size(); i-- > 0;) {
    place[i] = at % group.extents[i];
    at /= group.extents[i];
  }
  return place;
}

// How many values differ, and where the first does; nothing if none does.
Json compare_group(const ProbabilityGroup& group,
                   const vp8::Probabilities& a,
                   const vp8::Probabilities& b) {
  const vp8::Probability* const values_a = group.begin(a);
  const vp8::Probability* const values_b = group.begin(b);
  const std::size_t size = size_of(group);
  std::size_t count = 0;
  std::size_t first = size;
  int largest = 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (values_a[i] != values_b[i]) {
      ++count;
      first = std::min(first, i);
      largest = std::max(largest, std::abs(values_a[i] - values_b[i]));
    }
  }
  if (count == 0)
    return {};
  return {{"count", count},       {"of", size},           {"first", place_in(group, first)},
          {"a", values_a[first]}, {"b", values_b[first]}, {"largest", largest}};
}

// For each reference, the first of the three that is the same picture.
Json sharing(const vp8::References& references) {
  Json json = Json::object();
  for (const auto& [name, ref] : kReferences) {
    for (const auto& [other_name, other] : kReferences) {
      if (references[other] == references[ref]) {
        json[name] = other_name;
        break;
      }
    }
  }
  return json;
}

Json segmentation_json(const vp8::Segmentation& segmentation) {
  std::array<std::int64_t, vp8::kSegments> macroblocks{};
  for (const std::uint8_t segment : segmentation.map)
    ++macroblocks[segment];
  return {{"absolute", segmentation.absolute},
          {"quantizer", segmentation.quantizer},
          {"filter_level", segmentation.filter_level},
          {"macroblocks", macroblocks}};
}

// How the samples of one plane differ.
struct PlaneDifference {
  std::int64_t samples = 0;
  std::int64_t differing = 0;
  int largest = 0;
};

// Coded samples: what prediction sees. Marks the macroblocks of those that differ.
PlaneDifference compare_plane(const vp8::Picture& a,
                              const vp8::Picture& b,
                              vp8::Plane plane,
                              std::vector<bool>& macroblocks) {
  const vp8::ConstPlaneView p = a.coded(plane);
  const vp8::ConstPlaneView q = b.coded(plane);
  const int block = plane == vp8::kPlaneY ? 16 : 8;
  PlaneDifference out{std::int64_t{p.width} * p.height, 0, 0};
  for (int y = 0; y < p.height; ++y) {
    for (int x = 0; x < p.width; ++x) {
      if (p.at(y, x) == q.at(y, x))
        continue;
      ++out.differing;
      out.largest = std::max(out.largest, std::abs(p.at(y, x) - q.at(y, x)));
      macroblocks[static_cast<std::size_t>(y / block * a.mb_cols() + x / block)] = true;
    }
  }
  return out;
}

Json compare_pictures(const vp8::Picture& a, const vp8::Picture& b) {
  std::vector<bool> macroblocks(static_cast<std::size_t>(a.mb_cols() * a.mb_rows()));
  Json planes = Json::object();
  for (const auto& [name, plane] :
       {std::pair("y", vp8::kPlaneY), std::pair("u", vp8::kPlaneU), std::pair("v", vp8::kPlaneV)}) {
    const PlaneDifference d = compare_plane(a, b, plane, macroblocks);
    planes[name] = {{"pixels", d.differing}, {"of", d.samples}, {"largest", d.largest}};
  }
  const auto count = std::count(macroblocks.begin(), macroblocks.end(), true);
  if (count == 0)
    return {};
  const auto first = std::find(macroblocks.begin(), macroblocks.end(), true) - macroblocks.begin();
  return {{"planes", planes},
          {"macroblocks", count},
          {"of", macroblocks.size()},
          {"first_macroblock", {first / a.mb_cols(), first % a.mb_cols()}}};
}

void add_if_different(Json& list, const char* what, const Json& a, const Json& b) {
  if (a != b)
    list[what] = {{"a", a}, {"b", b}};
}

Json compare_maps(const vp8::State& a, const vp8::State& b) {
  const auto& map_a = a.segmentation.map;
  const auto& map_b = b.segmentation.map;
  std::int64_t count = 0;
  std::optional<std::int64_t> first;
  for (std::size_t i = 0; i < map_a.size(); ++i) {
    if (map_a[i] != map_b[i]) {
      ++count;
      first = first.value_or(static_cast<std::int64_t>(i));
    }
  }
  if (!first)
    return {};
  return {{"macroblocks", count},
          {"of", map_a.size()},
          {"first_macroblock", {*first / a.mb_cols(), *first % a.mb_cols()}}};
}

void compare_fields(Json& list, const vp8::State& a, const vp8::State& b) {
  add_if_different(list, "size", {a.width, a.height}, {b.width, b.height});
  add_if_different(list, "scale", {a.horizontal_scale, a.vertical_scale},
                   {b.horizontal_scale, b.vertical_scale});
  add_if_different(list, "color_space", a.color_space, b.color_space);
  add_if_different(list, "clamping_type", a.clamping_type, b.clamping_type);
  add_if_different(list, "sign_bias_golden", a.sign_bias_golden, b.sign_bias_golden);
  add_if_different(list, "sign_bias_altref", a.sign_bias_altref, b.sign_bias_altref);
  const auto& s = a.segmentation;
  const auto& t = b.segmentation;
  add_if_different(list, "segmentation.absolute", s.absolute, t.absolute);
  add_if_different(list, "segmentation.quantizer", s.quantizer, t.quantizer);
  add_if_different(list, "segmentation.filter_level", s.filter_level, t.filter_level);
  add_if_different(list, "filter_deltas.ref_frame", a.filter_deltas.ref_frame,
                   b.filter_deltas.ref_frame);
  add_if_different(list, "filter_deltas.mode", a.filter_deltas.mode, b.filter_deltas.mode);
}

void compare_samples(Json& list, const vp8::State& a, const vp8::State& b) {
  if (a.width != b.width || a.height != b.height || !a.ready())
    return;
  if (const Json map = compare_maps(a, b); !map.is_null())
    list["segmentation.map"] = map;
  for (const auto& [name, ref] : kReferences) {
    const Json difference = compare_pictures(*a.references[ref], *b.references[ref]);
    if (!difference.is_null())
      list[fmt::format("references.{}", name)] = difference;
  }
}

std::string references_text(const Json& references) {
  std::string text;
  for (const auto& [name, same_as] : references.items()) {
    text += text.empty() ? "" : ", ";
    text += name == same_as ? name + " (a picture of its own)"
                            : name + " (the same as " + same_as.get<std::string>() + ")";
  }
  return text.empty() ? "none: before the first key frame" : text;
}

std::string macroblocks_text(const Json& d) {
  return fmt::format("{} of {} macroblocks, the first in row {}, column {}",
                     d["macroblocks"].dump(), d["of"].dump(), d["first_macroblock"][0].dump(),
                     d["first_macroblock"][1].dump());
}

std::string difference_text(const Json& d) {
  if (d.contains("planes")) {
    std::string text = macroblocks_text(d) + ";";
    for (const auto& [name, p] : d["planes"].items()) {
      text += fmt::format(" {}: {} of {} pixels, by at most {};", name, p["pixels"].dump(),
                          p["of"].dump(), p["largest"].dump());
    }
    text.pop_back();
    return text;
  }
  if (d.contains("macroblocks"))
    return macroblocks_text(d);
  if (d.contains("count")) {
    return fmt::format("{} of {} probabilities, by at most {}; the first is {}: {} and {}",
                       d["count"].dump(), d["of"].dump(), d["largest"].dump(), d["first"].dump(),
                       d["a"].dump(), d["b"].dump());
  }
  return fmt::format("{} and {}", d["a"].dump(), d["b"].dump());
}

}  // namespace

Json state_json(const vp8::State& state) {
  Json probabilities = Json::object();
  for (const ProbabilityGroup& group : probability_groups()) {
    const vp8::Probability* const values = group.begin(state.probs);
    const Json changed = compare_group(group, state.probs, {});
    probabilities[group.name] = {
        {"not_default", changed.is_null() ? Json(0) : changed["count"]},
        {"values", std::vector<vp8::Probability>(values, values + size_of(group))}};
  }
  return {{"hash", fmt::format("{:016x}", vp8::hash(state))},
          {"width", state.width},
          {"height", state.height},
          {"horizontal_scale", state.horizontal_scale},
          {"vertical_scale", state.vertical_scale},
          {"color_space", state.color_space},
          {"clamping_type", state.clamping_type},
          {"sign_bias_golden", state.sign_bias_golden},
          {"sign_bias_altref", state.sign_bias_altref},
          {"probabilities", probabilities},
          {"segmentation", segmentation_json(state.segmentation)},
          {"filter_deltas",
           {{"ref_frame", state.filter_deltas.ref_frame}, {"mode", state.filter_deltas.mode}}},
          {"references", state.ready() ? sharing(state.references) : Json::object()}};
}

std::string state_text(const Json& s) {
  std::string text = fmt::format("  {}x{}, hash {}\n", s["width"].dump(), s["height"].dump(),
                                 s["hash"].get<std::string>());
  text += fmt::format("  references: {}\n", references_text(s["references"]));
  text += fmt::format("  sign bias: golden {}, altref {}; color_space {}, clamping_type {}\n",
                      s["sign_bias_golden"].dump(), s["sign_bias_altref"].dump(),
                      s["color_space"].dump(), s["clamping_type"].dump());
  text += "  probabilities that are not the defaults:";
  for (const auto& [name, group] : s["probabilities"].items()) {
    text += fmt::format(" {} {} of {},", name, group["not_default"].dump(), group["values"].size());
  }
  text.back() = '\n';
  const Json& g = s["segmentation"];
  text += fmt::format("  segments: quantizer {} filter_level {} ({}), macroblocks {}\n",
                      g["quantizer"].dump(), g["filter_level"].dump(),
                      g["absolute"].get<bool>() ? "absolute" : "relative to the frame's",
                      g["macroblocks"].dump());
  return text + fmt::format("  filter deltas: ref_frame {} mode {}\n",
                            s["filter_deltas"]["ref_frame"].dump(),
                            s["filter_deltas"]["mode"].dump());
}

Json differences_json(const vp8::State& a, const vp8::State& b) {
  Json list = Json::object();
  compare_fields(list, a, b);
  for (const ProbabilityGroup& group : probability_groups()) {
    if (const Json difference = compare_group(group, a.probs, b.probs); !difference.is_null())
      list[fmt::format("probabilities.{}", group.name)] = difference;
  }
  compare_samples(list, a, b);
  return {{"equal", a == b}, {"differences", list}};
}

std::string differences_text(const Json& differences) {
  if (differences["equal"].get<bool>())
    return "the states are equal\n";
  std::string text = "the states differ\n";
  for (const auto& [what, difference] : differences["differences"].items())
    text += fmt::format("  {}: {}\n", what, difference_text(difference));
  return text;
}

}  // namespace tools
