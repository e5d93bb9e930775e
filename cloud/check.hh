// Whether an encode would work with a user's cloud, in words: by doing one.
#pragma once

#include <string>
#include <vector>

#include "cloud/coordinator.hh"

namespace cloud {

/// What was tried, and how it went.
struct Finding {
  std::string what;  ///< "bucket", "exchange", "workers"
  bool good = false;
  std::string text;  ///< what works, or what went wrong
  std::string mend;  ///< what to do, where it is not good
};

/// Tries each service: writes, reads, lists and removes an object; passes a state on; encodes a
/// clip of four small pictures on workers and holds its bytes against those of `services.device`.
/// Workers are only tried where the bucket works. Nothing stays behind in the store.
std::vector<Finding> check_services(const CoordinatorServices& services);

}  // namespace cloud
