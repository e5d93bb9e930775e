// The parts of the report's page, embedded when the program is built.
#pragma once

#include <string_view>

namespace tools::report_assets {

/// The page with marks such as {{data}}.
std::string_view html();
std::string_view css();
std::string_view js();
/// Chart.js; empty if npm could not get it when the build was configured.
std::string_view charts();

}  // namespace tools::report_assets
