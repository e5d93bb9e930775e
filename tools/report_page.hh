// The page of `fastslow report`.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace tools {

/// False if the program was built without Chart.js.
bool can_make_pages();

/// One HTML page with data, style, scripts and Chart.js in it, which fetches nothing.
std::string report_page(const nlohmann::ordered_json& data);

}  // namespace tools
