// Declares --trace, and opens what it names.
#include "tools/trace_option.hh"

namespace tools {

void add_trace_option(Command command, std::string& path) {
  command.add_option("--trace", path,
                     "Write what each thread did when as trace events to this file; "
                     "https://ui.perfetto.dev shows them");
}

OptionalTrace::OptionalTrace(const std::string& path, const std::string& output) {
  if (path.empty())
    return;
  if (path == output) {
    throw UsageError("-o, --trace", path == "-" ? "only one can go to standard output"
                                                : "both name the same file");
  }
  trace_.emplace(path);
}

void OptionalTrace::check() {
  if (trace_)
    trace_->check();
}

void OptionalTrace::commit() {
  if (trace_)
    trace_->commit();
}

}  // namespace tools
