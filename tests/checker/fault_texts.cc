// Inside of the checker: faults as text, with lines of the source.
#include "tests/checker/fault_texts.hh"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <link.h>

namespace checker {
namespace {

/// Where the loader put the program's byte 0.
std::uintptr_t load_bias() {
  std::uintptr_t bias = 0;
  const auto first_is_program = [](dl_phdr_info* info, std::size_t, void* out) {
    *static_cast<std::uintptr_t*>(out) = info->dlpi_addr;
    return 1;
  };
  dl_iterate_phdr(first_is_program, &bias);
  return bias;
}

std::string output_of(const std::string& command) {
  struct Close {
    void operator()(std::FILE* f) const { pclose(f); }
  };
  const std::unique_ptr<std::FILE, Close> pipe(popen(command.c_str(), "r"));
  std::string text;
  std::array<char, 4096> piece{};
  while (pipe && std::fgets(piece.data(), piece.size(), pipe.get()) != nullptr)
    text += piece.data();
  return text;
}

/// The repository's folder with a slash at its end, as the compiler saw it.
std::string_view root() {
  constexpr std::string_view here = __FILE__;
  constexpr std::string_view tail = "tests/checker/fault_texts.cc";
  return here.substr(0, here.size() - tail.size());
}

/// "/repo/a.hh:12 (discriminator 3)" to "a.hh:12"; empty for a line of the checker's own or of the
/// system's.
std::string short_line(std::string_view line) {
  line = line.substr(0, line.find(" (discriminator"));
  if (line.starts_with(root()))
    line.remove_prefix(root().size());
  if (line.starts_with("./"))
    line.remove_prefix(2);
  const bool own = line.starts_with("tests/checker/fibre_team.") ||
                   line.starts_with("tests/checker/checker.") ||
                   line.starts_with("tests/checker/memory.");
  return own || line.starts_with("??") || line.starts_with("/usr/") ? std::string()
                                                                    : std::string(line);
}

/// For each return address, the lines of the call before it: "tests/a.hh:12", the innermost first,
/// then the functions that it is inlined into. Runs addr2line once.
std::vector<std::string> source_lines(const std::vector<std::uintptr_t>& return_addresses) {
  if (return_addresses.empty())
    return {};
  std::error_code none;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe", none).string();
  const std::uintptr_t bias = load_bias();
  std::string command = fmt::format("addr2line -a -i -e '{}'", program);
  std::vector<std::string> lines;
  for (const std::uintptr_t address : return_addresses) {
    // The call lies before the address that it returns to.
    command += fmt::format(" {:#x}", address - bias - 1);
    lines.emplace_back();
  }
  const std::string text = output_of(command + " 2>/dev/null");
  std::size_t next = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.starts_with("0x")) {
      ++next;
    } else if (next > 0 && next <= lines.size()) {
      const std::string place = short_line(line);
      std::string& chain = lines[next - 1];
      // A lambda and the function that is called with it are often on one line.
      if (!place.empty() && !chain.ends_with(place))
        chain += chain.empty() ? place : " < " + place;
    }
  }
  for (std::size_t i = 0; i < lines.size() && next < lines.size(); ++i)
    lines[i] = fmt::format("program+{:#x}", return_addresses[i] - bias);
  return lines;
}

}  // namespace

std::vector<std::string> fault_texts(const std::vector<Fault>& faults) {
  std::vector<std::uintptr_t> addresses;
  for (const Fault& fault : faults) {
    addresses.insert(addresses.end(), fault.here.begin(), fault.here.end());
    if (fault.there != 0)
      addresses.push_back(fault.there);
  }
  const std::vector<std::string> lines = source_lines(addresses);
  auto line = lines.begin();
  std::vector<std::string> texts;
  for (const Fault& fault : faults) {
    std::string text = fmt::format("{}: {}", fault.kind, fault.text);
    for (std::size_t i = 0; i < fault.here.size(); ++i, ++line) {
      if (!line->empty())
        text += fmt::format("\n    {} {}", i == 0 ? "at" : "called at", *line);
    }
    if (fault.there != 0)
      text += fmt::format("\n    the other at {}", *line++);
    texts.push_back(text);
  }
  return texts;
}

}  // namespace checker
