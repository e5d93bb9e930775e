#include "tests/cudart/report.hh"

#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

namespace cudart_standin {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      out += escape.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// Builds an object or a list, member by member.
class Json {
 public:
  explicit Json(std::string_view brackets) : text_(brackets.substr(0, 1)), end_(brackets.back()) {}

  Json& element(std::string_view json) {
    text_ += std::exchange(separator_, ", ");
    text_ += json;
    return *this;
  }
  Json& member(std::string_view name, std::string_view json) {
    return element(quoted(name) + ": " + std::string(json));
  }
  Json& member(std::string_view name, std::uint64_t value) {
    return member(name, std::to_string(value));
  }
  [[nodiscard]] std::string text() const { return text_ + end_; }

 private:
  std::string text_;
  char end_;
  std::string_view separator_;
};

std::string to_json(const Transfers& transfers) {
  return Json("{}").member("count", transfers.count).member("bytes", transfers.bytes).text();
}

std::string to_json(const ptx::Traffic& traffic) {
  return Json("{}")
      .member("loaded_bytes", traffic.loaded_bytes)
      .member("stored_bytes", traffic.stored_bytes)
      .text();
}

std::string to_json(const ptx::LaunchCounts& counts) {
  Json opcodes("{}");
  for (const auto& [opcode, count] : counts.opcodes) {
    opcodes.member(opcode, count);
  }
  return Json("{}")
      .member("launches", counts.launches)
      .member("blocks", counts.blocks)
      .member("threads", counts.threads)
      .member("warp_instructions", counts.warp_instructions)
      .member("thread_instructions", counts.thread_instructions)
      .member("integer_operations", counts.integer_operations)
      .member("barriers", counts.barriers)
      .member("warp_barriers", counts.warp_barriers)
      .member("global", to_json(counts.global))
      .member("shared", to_json(counts.shared))
      .member("local", to_json(counts.local))
      .member("global_load_sectors", counts.global_load_sectors)
      .member("global_store_sectors", counts.global_store_sectors)
      .member("opcodes", opcodes.text())
      .text();
}

std::string to_json(const std::vector<std::string>& texts) {
  Json list("[]");
  for (const std::string& text : texts) {
    list.element(quoted(text));
  }
  return list.text();
}

}  // namespace

std::string to_json(const Report& report) {
  Json kernels("{}");
  for (const auto& [name, counts] : report.kernels) {
    kernels.member(name, to_json(counts));
  }
  const std::string transfers = Json("{}")
                                    .member("host_to_device", to_json(report.host_to_device))
                                    .member("device_to_host", to_json(report.device_to_host))
                                    .member("device_to_device", to_json(report.device_to_device))
                                    .member("host_to_host", to_json(report.host_to_host))
                                    .member("fills", to_json(report.fills))
                                    .text();
  return Json("{}")
             .member("device", quoted(report.device))
             .member("launches", report.launches)
             .member("kernels", kernels.text())
             .member("transfers", transfers)
             .member("allocations", report.allocations)
             .member("pinned_allocations", report.pinned_allocations)
             .member("bytes_in_use", report.bytes_in_use)
             .member("peak_bytes", report.peak_bytes)
             .member("synchronisations", report.synchronisations)
             .member("abandoned", report.abandoned)
             .member("leaks", to_json(report.leaks))
             .member("findings", to_json(report.findings))
             .text() +
         "\n";
}

}  // namespace cudart_standin
