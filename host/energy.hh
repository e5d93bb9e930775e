// What the processors of this machine consume, as Linux reads it from them (RAPL, by powercap).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace host {

/// Where Linux shows it.
inline constexpr const char* kPowercapFolder = "/sys/class/powercap";

/// Counts from its construction. Whatever else runs on the machine is in it too.
class EnergyMeter {
 public:
  /// Never throws: what cannot be read is told by missing().
  explicit EnergyMeter(const std::string& folder = kPowercapFolder);

  /// Why nothing can be read, one clause for people; empty if it can.
  const std::string& missing() const { return missing_; }
  /// Joules of all processor packages so far; nothing if they cannot be read. The counters wrap,
  /// after about 20 minutes of hard work: to be asked for more often than that.
  std::optional<double> joules();

 private:
  /// A package's counter, in microjoules.
  struct Package {
    std::string path;
    std::uint64_t range = 0;  ///< it wraps behind this
    std::uint64_t last = 0;
  };

  void find_packages(const std::string& folder);

  std::vector<Package> packages_;
  std::uint64_t microjoules_ = 0;
  std::string missing_;
};

}  // namespace host
