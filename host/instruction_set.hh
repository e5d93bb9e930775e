// Which of the instruction sets that the vector code was compiled for this machine runs.
#pragma once

#include <string>

namespace host {

/// Highway's name for it: "AVX2".
std::string instruction_set();

}  // namespace host
