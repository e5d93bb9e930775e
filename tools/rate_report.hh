// What `fastslow encode` tells of a search for a size or a quality.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "host/plan.hh"
#include "host/rate_control.hh"

namespace tools {

/// What was wanted and how it was searched.
struct RateReport {
  std::string wanted;  ///< as the user gave it: "--bitrate 500k"
  host::RateTarget target;
  std::vector<host::RateTry> sample_tries;  ///< sizes are those that the whole video would have
  host::RateSearch search;                  ///< of the whole video
  double seconds = 0;                       ///< of all tries

  /// A maximum that is kept is met, however little of it is used.
  bool met() const {
    return search.end == host::RateEnd::kMet || target.goal == host::RateGoal::kMaxSize;
  }
};

/// One line for people on what was found; and, where the target is not met, why.
std::string rate_line(const RateReport& report, const host::Plan& plan);

/// The same and all tries as JSON.
nlohmann::ordered_json rate_json(const RateReport& report);

}  // namespace tools
