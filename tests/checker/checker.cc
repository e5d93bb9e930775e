// Reports of what lanes did wrong, and how kernels are run to find it.
#include "tests/checker/checker.hh"

#include <algorithm>

namespace checker {

std::vector<Options> schedules() {
  return {{.lanes = 1},
          {.lanes = 4},
          {.lanes = 7, .order = Order::kSeeded, .seed = 7, .scatter = true},
          {.lanes = 32},
          {.lanes = 32, .order = Order::kReverse},
          {.lanes = 32, .order = Order::kSeeded, .seed = 32}};
}

bool Report::has(std::string_view words) const {
  return std::ranges::any_of(faults, [&](const std::string& f) { return f.find(words) != f.npos; });
}

std::ostream& operator<<(std::ostream& out, const Report& report) {
  out << report.faults.size() << " faults in " << report.accesses << " accesses\n";
  for (const std::string& fault : report.faults)
    out << "  " << fault << '\n';
  return out;
}

}  // namespace checker
