// The command line as values, for the manual page and the shells' completions.
#pragma once

#include <string>
#include <vector>

#include "tools/command_line.hh"

namespace tools {

/// One option or positional argument.
struct OptionText {
  std::vector<std::string>
      names;             ///< as typed, dashes included, long ones first; empty: positional
  std::string argument;  ///< what its value is called; empty: it takes none
  std::vector<std::string> choices;  ///< all the values that it can take, if they are few
  std::string description;
  bool required = false;
};

/// One command and what is below it. Hidden options and commands are left out.
struct CommandText {
  std::vector<std::string> path;  ///< names from the program's down to its own
  std::string description;
  std::string footer;  ///< explanations and an example, in lines
  std::vector<OptionText> options;
  std::vector<OptionText> positionals;
  std::vector<CommandText> commands;

  /// The names of `path` with blanks between them; `skip`: without so many of the first.
  std::string name(std::size_t skip = 0) const;
};

/// Walks a declared command line. `program` is its name.
CommandText command_tree(const Command& root, const std::string& program);

/// A command and all below it, depth first.
std::vector<const CommandText*> all_commands(const CommandText& root);

}  // namespace tools
