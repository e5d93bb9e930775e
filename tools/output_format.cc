// The option --format, and what the name of an output tells without it.
#include "tools/output_format.hh"

#include <map>

namespace tools {

host::Container StreamOutput::container() const {
  const auto container = format ? format : host::container_of(path);
  if (!container) {
    throw CLI::ValidationError("output", path +
                                             ": its name must end in .ivf, .webm or .mkv, "
                                             "or give --format ivf, webm or mkv");
  }
  return *container;
}

void add_format_option(CLI::App& command, StreamOutput& output) {
  static const std::map<std::string, host::Container> formats = {
      {"ivf", host::Container::kIvf},
      {"webm", host::Container::kWebm},
      {"mkv", host::Container::kMatroska}};
  command
      .add_option("--format", output.format,
                  "What to write whatever the name ends in; - is IVF without this")
      ->transform(CLI::CheckedTransformer(formats).description("ivf, webm or mkv"));
}

}  // namespace tools
