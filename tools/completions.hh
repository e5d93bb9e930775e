// What shells need to complete the program's command lines.
#pragma once

#include <string>

#include "tools/command_tree.hh"

namespace tools {

/// Scripts for the shells: commands, options and choices; files where anything else can stand.
std::string bash_completion(const CommandText& program);
std::string zsh_completion(const CommandText& program);
std::string fish_completion(const CommandText& program);

}  // namespace tools
