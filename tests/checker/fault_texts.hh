// Inside of the checker: faults as text, with lines of the source.
#pragma once

#include <string>
#include <vector>

#include "tests/checker/memory.hh"

namespace checker {

/// A text of several lines for each fault. The checker's own and the system's lines are left out.
/// Without addr2line, or without debug information, places are offsets in the program.
std::vector<std::string> fault_texts(const std::vector<Fault>& faults);

}  // namespace checker
