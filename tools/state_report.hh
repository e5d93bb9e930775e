// What `fastslow state` tells of one state, and of how two differ: as JSON, and the text of it.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "codec/state.hh"

namespace tools {

/// Size, flags, probabilities by group and how many are not the defaults, segmentation, filter
/// deltas, which references are the same picture.
nlohmann::ordered_json state_json(const vp8::State& state);

/// A state_json() for people.
std::string state_text(const nlohmann::ordered_json& state);

/// What differs and where: "equal", and for each part that differs an entry in "differences".
nlohmann::ordered_json differences_json(const vp8::State& a, const vp8::State& b);

/// A differences_json() for people.
std::string differences_text(const nlohmann::ordered_json& differences);

}  // namespace tools
