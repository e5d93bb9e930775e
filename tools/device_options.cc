// Options that choose a device.
#include "tools/device_options.hh"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>

namespace tools {
namespace {

// Bytes that "8G" stands for; nothing if it is no size, 0, or more than 64 bits hold.
std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view suffix(stop, static_cast<std::size_t>(text.data() + text.size() - stop));
  constexpr std::string_view suffixes = "KMGT";
  const std::size_t at = suffix.empty() ? 0 : suffixes.find(suffix.front());
  if (error != std::errc() || value == 0 || suffix.size() > 1 || at == std::string_view::npos)
    return {};
  const std::size_t shift = suffix.empty() ? 0 : 10 * (at + 1);
  if (value > std::numeric_limits<std::uint64_t>::max() >> shift)
    return {};
  return value << shift;
}

// A size, which becomes its number of bytes.
Check byte_size() {
  return {[](std::string& text) -> std::string {
            const std::optional<std::uint64_t> size = parse_size(text);
            if (!size)
              return text + " is not a size such as 512M or 8G";
            text = std::to_string(*size);
            return {};
          },
          ""};
}

}  // namespace

void add_device_option(Command command, DeviceOptions& options) {
  command
      .add_option(
          "--device", options.kind,
          "Where the first pass runs: auto (a GPU if one can be used, the default), cuda or "
          "cpu. The bytes do not depend on it")
      .transform(word_of({"auto", "cpu", "cuda"}))  // as host::DeviceKind has them
      .type_name("");
}

void add_device_memory_option(Command command, DeviceOptions& options) {
  command
      .add_option("--device-memory", options.memory_bytes,
                  "GPU memory that waves may take at most: bytes, or with K, M, G or T (powers of "
                  "1024); most of what is free if not given")
      .transform(byte_size())
      .type_name("SIZE");
}

void add_threads_option(Command command, int& threads) {
  constexpr int max_threads = 1024;
  command
      .add_option("--threads", threads,
                  "Threads to work with; 0: one for each processor. The bytes do not depend on it")
      .check(in_range(0, max_threads))
      .shows_default();
}

void check_device_options(const DeviceOptions& options) {
  if (options.kind == host::DeviceKind::kCpu && options.memory_bytes > 0) {
    throw UsageError("--device-memory",
                     "only a GPU has device memory; leave it out with --device cpu");
  }
}

int thread_count(int threads) {
  return threads > 0 ? threads
                     : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace tools
