// The option --trace of the commands that take long.
#pragma once

#include <optional>
#include <string>

#include "host/trace.hh"
#include "tools/command_line.hh"

namespace tools {

/// Declares --trace, stored in `path`, which must live as long.
void add_trace_option(Command command, std::string& path);

/// A trace to a file, or none.
class OptionalTrace {
 public:
  /// None for an empty path. Throws UsageError if `output` names the same place, std::system_error.
  OptionalTrace(const std::string& path, const std::string& output);

  /// For gpu::ScopedSpan; null if there is none.
  gpu::SpanSink* spans() { return trace_ ? &*trace_ : nullptr; }
  /// Throws what went wrong with the file up to now.
  void check();
  /// The file appears. No more spans may come.
  void commit();

 private:
  std::optional<host::Trace> trace_;
};

}  // namespace tools
