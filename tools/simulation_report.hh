// What `fastslow simulate` prints.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cloud/simulate.hh"

namespace tools {

/// A scenario under several limits of workers.
struct SimulationReport {
  cloud::Scenario scenario;
  std::uint64_t seed = 0;
  std::vector<int> workers;             ///< the limits
  std::vector<cloud::Simulation> runs;  ///< one each
};

/// For people. Says that it is a model, and where its numbers are from.
std::string simulation_as_text(const SimulationReport& report, const cloud::PriceTable& prices);
/// The same as JSON, and more.
std::string simulation_as_json(const SimulationReport& report, const cloud::PriceTable& prices);

}  // namespace tools
