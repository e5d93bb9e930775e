// Trace events as JSON text: "X" is a span, "C" a counter, "M" names a track.
#include "host/trace.hh"

#include <array>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace host {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 16;
constexpr int kFirstDeviceTrack = 1000;  // behind those of the threads

// Microseconds, the unit of the format.
double microseconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

std::string json_string(std::string_view text) {
  using Json = nlohmann::json;
  return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string labels_as_json(const gpu::SpanLabels& labels) {
  const std::array<std::pair<std::string_view, std::int64_t>, 5> all = {
      {{"wave", labels.wave},
       {"chain", labels.chain},
       {"chunk", labels.chunk},
       {"picture", labels.picture},
       {"pictures", labels.pictures}}};
  std::string text;
  for (const auto& [name, value] : all) {
    if (value >= 0)
      text += fmt::format("{}\"{}\":{}", text.empty() ? "" : ",", name, value);
  }
  return "{" + text + "}";
}

}  // namespace

Trace::Trace(const std::string& path) : file_(path) {
  buffer_ =
      "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n"
      "{\"ph\":\"M\",\"pid\":1,\"tid\":0,\"name\":\"process_name\",\"args\":{\"name\":"
      "\"fastslow\"}}";
  flush();  // an unwritable file is an error before any work
  thread_track();
}

void Trace::span(const gpu::Span& span) noexcept {
  guarded([&] {
    int track = 0;
    if (span.track == gpu::Span::kThisThread) {
      track = thread_track();
    } else {
      const auto [at, is_new] =
          device_tracks_.try_emplace({std::string(span.track_kind), span.track},
                                     kFirstDeviceTrack + static_cast<int>(device_tracks_.size()));
      track = at->second;
      if (is_new)
        name_track(track, fmt::format("{} {}", span.track_kind, span.track));
    }
    append(fmt::format(
        R"({{"ph":"X","pid":1,"tid":{},"ts":{:.3f},"dur":{:.3f},"name":{},"cat":{},"args":{}}})",
        track, microseconds(span.begin - start_), microseconds(span.end - span.begin),
        json_string(span.name), json_string(span.category), labels_as_json(span.labels)));
  });
}

void Trace::counter(std::string_view name, std::int64_t value) noexcept {
  guarded([&] {
    append(
        fmt::format(R"({{"ph":"C","pid":1,"tid":0,"ts":{:.3f},"name":{},"args":{{"value":{}}}}})",
                    microseconds(Clock::now() - start_), json_string(name), value));
  });
}

void Trace::check() {
  const std::lock_guard lock(mutex_);
  if (failure_)
    std::rethrow_exception(failure_);
}

void Trace::commit() {
  check();
  const std::lock_guard lock(mutex_);
  buffer_ += "\n]}\n";
  flush();
  file_.commit();
}

int Trace::thread_track() {
  const auto [at, is_new] =
      threads_.try_emplace(std::this_thread::get_id(), static_cast<int>(threads_.size()));
  if (is_new)
    name_track(at->second, at->second == 0 ? "main" : fmt::format("worker {}", at->second));
  return at->second;
}

void Trace::name_track(int track, const std::string& name) {
  append(fmt::format(R"({{"ph":"M","pid":1,"tid":{},"name":"thread_name","args":{{"name":{}}}}})",
                     track, json_string(name)));
  append(fmt::format(
      R"({{"ph":"M","pid":1,"tid":{},"name":"thread_sort_index","args":{{"sort_index":{}}}}})",
      track, track));
}

void Trace::append(const std::string& event) {
  buffer_ += ",\n" + event;
  if (buffer_.size() >= kBufferBytes)
    flush();
}

void Trace::flush() {
  file_.write(std::span(reinterpret_cast<const std::uint8_t*>(buffer_.data()), buffer_.size()));
  buffer_.clear();
}

// Locks, and keeps the first failure for check(); nothing is written after it.
template <class F>
void Trace::guarded(const F& f) noexcept {
  const std::lock_guard lock(mutex_);
  if (failure_)
    return;
  try {
    f();
  } catch (...) {
    failure_ = std::current_exception();
  }
}

}  // namespace host
