// The manual page of the program, from its command line.
#pragma once

#include <string>

#include "tools/command_tree.hh"

namespace tools {

/// A page of section 1 for man(7)'s macros. `version` is told in its foot.
std::string manual_page(const CommandText& program, const std::string& version);

}  // namespace tools
