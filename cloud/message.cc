// Tasks and results as bytes.
#include "cloud/message.hh"

#include <utility>

#include "cloud/wire.hh"

namespace cloud {
namespace {

// The last byte is the version.
constexpr std::uint32_t kTaskKind = 0x46535401;
constexpr std::uint32_t kResultKind = 0x46535201;

constexpr auto kVisitTask = [](auto& coder, auto& task) {
  coder.array(task.key);
  coder.number(task.attempt);
  coder.choice(task.phase, Phase::kPhases);
  coder.number(task.chunk);
};

constexpr auto kVisitResult = [](auto& coder, auto& result) {
  coder.number(result.attempt);
  coder.choice(result.phase, Phase::kPhases);
  coder.number(result.chunk);
  coder.choice(result.status, Result::Status::kStatuses);
  coder.text(result.text);
  for (auto* const time : {&result.times.fetch, &result.times.state, &result.times.code,
                           &result.times.measure, &result.times.store, &result.times.wall})
    coder.number(*time);
  coder.number(result.bytes_in);
  coder.number(result.bytes_out);
  coder.flag(result.cold);
};

// Names what is sealed: no other object is called so.
constexpr const char* kResultName = "result";

}  // namespace

TaskTimes& TaskTimes::operator+=(const TaskTimes& other) {
  fetch += other.fetch;
  state += other.state;
  code += other.code;
  measure += other.measure;
  store += other.store;
  wall += other.wall;
  return *this;
}

Bytes write_task(const Task& task) {
  return to_wire(kTaskKind, task, kVisitTask);
}

Task read_task(ByteSpan bytes) {
  return from_wire<Task>("task", kTaskKind, bytes, kVisitTask);
}

Bytes write_result(const Result& result, const SealKey& key) {
  return seal(key, kResultName, to_wire(kResultKind, result, kVisitResult));
}

Result read_result(ByteSpan bytes, const SealKey& key) {
  return from_wire<Result>("result", kResultKind,
                           open_sealed(key, kResultName, Bytes(bytes.begin(), bytes.end())),
                           kVisitResult);
}

}  // namespace cloud
