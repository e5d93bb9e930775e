// Counters of processor packages: intel-rapl:N, on AMD's processors too.
#include "host/energy.hh"

#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

namespace host {
namespace {

namespace fs = std::filesystem;

template <class T>
std::optional<T> read(const fs::path& path) {
  std::ifstream file(path);
  T value{};
  if (file >> value)
    return value;
  return {};
}

}  // namespace

EnergyMeter::EnergyMeter(const std::string& folder) {
  find_packages(folder);
  if (packages_.empty() && missing_.empty())
    missing_ = fmt::format("{} shows no processor package", folder);
}

// Zones are flat in the folder: "intel-rapl:0" is a package, "intel-rapl:0:1" a part of it, and a
// zone "psys" would count packages again.
void EnergyMeter::find_packages(const std::string& folder) {
  std::error_code error;
  for (const fs::directory_entry& zone : fs::directory_iterator(folder, error)) {
    const auto name = read<std::string>(zone.path() / "name");
    if (!name || !name->starts_with("package"))
      continue;
    const std::string path = (zone.path() / "energy_uj").string();
    const auto range = read<std::uint64_t>(zone.path() / "max_energy_range_uj");
    const auto now = read<std::uint64_t>(path);
    if (now && range) {
      packages_.push_back({path, *range, *now});
    } else {
      missing_ = fmt::format("{} cannot be read; that takes root's rights", path);
    }
  }
  if (!missing_.empty())
    packages_.clear();  // a part would pass for the whole
}

std::optional<double> EnergyMeter::joules() {
  constexpr double kMicro = 1e-6;
  for (Package& package : packages_) {
    const auto now = read<std::uint64_t>(package.path);
    if (!now) {
      missing_ = fmt::format("{} cannot be read any more", package.path);
      packages_.clear();
      break;
    }
    microjoules_ +=
        *now >= package.last ? *now - package.last : package.range - package.last + *now;
    package.last = *now;
  }
  if (packages_.empty())
    return {};
  return static_cast<double>(microjoules_) * kMicro;
}

}  // namespace host
