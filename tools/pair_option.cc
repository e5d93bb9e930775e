// Pairs of numbers on the command line.
#include "tools/pair_option.hh"

#include <charconv>
#include <system_error>

namespace tools {

std::optional<Pair> parse_pair(const std::string& text, char separator, Pair min, Pair max) {
  Pair pair{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < pair.size(); ++i) {
    const auto [stop, error] = std::from_chars(at, end, pair[i]);
    const bool ends_well = i == 0 ? stop != end && *stop == separator : stop == end;
    if (error != std::errc() || !ends_well || pair[i] < min[i] || pair[i] > max[i])
      return {};
    at = stop + 1;
  }
  return pair;
}

void add_pair_option(Command command,
                     const std::string& name,
                     const std::string& shape,
                     Pair& pair,
                     const std::string& description,
                     const std::function<std::optional<Pair>(const std::string&)>& parse) {
  const auto take = [&pair, name, shape, parse](const std::string& text) {
    const std::optional<Pair> parsed = parse(text);
    if (!parsed)
      throw UsageError(name, text + " is not " + shape);
    pair = *parsed;
  };
  command.add_taker(name, take, description).type_name(shape);
}

}  // namespace tools
