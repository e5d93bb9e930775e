// The option --format, and what the name of an output tells without it.
#include "tools/output_format.hh"

#include <string>

namespace tools {

host::Container StreamOutput::container() const {
  const auto container = format ? format : host::container_of(path);
  if (!container) {
    throw UsageError("output", path +
                                   ": its name must end in .ivf, .webm or .mkv, or give "
                                   "--format ivf, webm or mkv");
  }
  return *container;
}

void add_format_option(Command command, StreamOutput& output) {
  static_assert(static_cast<int>(host::Container::kWebm) == 1);  // the words' places
  command
      .add_taker(
          "--format",
          [&output](const std::string& place) {
            output.format = static_cast<host::Container>(std::stoi(place));
          },
          "What to write whatever the name ends in; - is IVF without this")
      .transform(word_of({"ivf", "webm", "mkv"}))
      .type_name("");
}

}  // namespace tools
