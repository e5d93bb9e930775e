// Options whose value is a pair of numbers, such as 1920x1080.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>

#include "tools/command_line.hh"

namespace tools {

using Pair = std::array<int, 2>;

/// Two decimal numbers with `separator` between them and nothing else, each of `min` to `max`.
std::optional<Pair> parse_pair(const std::string& text, char separator, Pair min, Pair max);

/// Declares option `name` with values that look like `shape`; what `parse` makes of them is stored
/// in `pair`, which must live as long as the command.
void add_pair_option(Command command,
                     const std::string& name,
                     const std::string& shape,
                     Pair& pair,
                     const std::string& description,
                     const std::function<std::optional<Pair>(const std::string&)>& parse);

}  // namespace tools
