// Fills the marks in the page.
#include "tools/report_page.hh"

#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "tools/report/assets.hh"

namespace tools {
namespace {

// JSON that cannot end the script element that it stands in.
std::string script_safe(const nlohmann::ordered_json& data) {
  using Json = nlohmann::ordered_json;
  std::string safe;
  for (const char c : data.dump(-1, ' ', true, Json::error_handler_t::replace)) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

}  // namespace

bool can_make_pages() {
  return !report_assets::charts().empty();
}

std::string report_page(const nlohmann::ordered_json& data) {
  const std::string safe = script_safe(data);
  const std::array<std::pair<std::string_view, std::string_view>, 4> parts = {
      {{"{{style}}", report_assets::css()},
       {"{{data}}", safe},
       {"{{charts}}", report_assets::charts()},
       {"{{script}}", report_assets::js()}}};
  std::string_view rest = report_assets::html();
  std::string page;
  for (const auto& [mark, text] : parts) {
    const std::size_t at = rest.find(mark);
    if (at == std::string_view::npos)
      throw std::logic_error("the report's page lacks " + std::string(mark));
    page.append(rest.substr(0, at)).append(text);
    rest.remove_prefix(at + mark.size());
  }
  return page.append(rest);
}

}  // namespace tools
