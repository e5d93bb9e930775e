// A trace of a run: a JSON file of trace events that Perfetto (https://ui.perfetto.dev) and
// chrome://tracing open.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "cuda/span.hh"
#include "host/output_file.hh"

namespace host {

/// Writes spans to a file as they come; memory does not grow with their number. Every thread gets a
/// track, and so does every track of a device. The file appears under its name with commit() only.
class Trace : public gpu::SpanSink {
 public:
  /// Time 0 is now, and the calling thread is "main". Throws std::system_error, as do check() and
  /// commit().
  explicit Trace(const std::string& path);

  void span(const gpu::Span& span) noexcept override;
  void counter(std::string_view name, std::int64_t value) noexcept override;

  /// Throws what went wrong since construction: span() and counter() cannot.
  void check();
  /// Ends the trace and puts the file in its place. No more spans may come.
  void commit();

 private:
  using Clock = std::chrono::steady_clock;

  int thread_track();
  void name_track(int track, const std::string& name);
  void append(const std::string& event);
  void flush();
  template <class F>
  void guarded(const F& f) noexcept;

  const Clock::time_point start_ = Clock::now();
  std::mutex mutex_;  // guards all below
  OutputFile file_;
  std::string buffer_;
  std::exception_ptr failure_;
  std::map<std::thread::id, int> threads_;
  std::map<std::pair<std::string, int>, int> device_tracks_;
};

}  // namespace host
