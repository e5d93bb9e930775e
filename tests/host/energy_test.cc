// Energy from a folder that looks like /sys/class/powercap.
#include "host/energy.hh"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/host/test_clips.hh"

namespace host {
namespace {

using test::TempFolder;

// A zone as Linux shows it.
struct Zone {
  std::filesystem::path path;

  Zone(const TempFolder& folder, const std::string& zone, const std::string& name)
      : path(folder / zone) {
    std::filesystem::create_directory(path);
    put("name", name);
    put("max_energy_range_uj", "10000000");
  }
  void put(const std::string& file, const std::string& text) const {
    std::ofstream(path / file) << text << "\n";
  }
};

TEST(Energy, IsWhatAllPackagesHaveConsumedSinceTheStart) {
  const TempFolder folder;
  const Zone first(folder, "intel-rapl:0", "package-0");
  const Zone part(folder, "intel-rapl:0:0", "core");
  const Zone second(folder, "intel-rapl:1", "package-1");
  const Zone all(folder, "intel-rapl:2", "psys");
  for (const Zone* zone : {&first, &part, &second, &all})
    zone->put("energy_uj", "1000000");
  EnergyMeter meter(folder / "");
  EXPECT_EQ(meter.missing(), "");
  EXPECT_EQ(meter.joules(), 0.0);
  first.put("energy_uj", "3500000");
  second.put("energy_uj", "1250000");
  part.put("energy_uj", "9000000");
  all.put("energy_uj", "9000000");
  EXPECT_DOUBLE_EQ(meter.joules().value(), 2.75);
  EXPECT_DOUBLE_EQ(meter.joules().value(), 2.75);
}

TEST(Energy, GoesOnWhereACounterWraps) {
  const TempFolder folder;
  const Zone zone(folder, "intel-rapl:0", "package-0");
  zone.put("energy_uj", "9000000");
  EnergyMeter meter(folder / "");
  zone.put("energy_uj", "2000000");
  EXPECT_DOUBLE_EQ(meter.joules().value(), 3.0);
  zone.put("energy_uj", "2500000");
  EXPECT_DOUBLE_EQ(meter.joules().value(), 3.5);
}

TEST(Energy, ThatCannotBeReadIsMissingForAReason) {
  const TempFolder folder;
  EnergyMeter nowhere(folder / "nothing");
  EXPECT_NE(nowhere.missing().find("no processor package"), std::string::npos);
  EXPECT_EQ(nowhere.joules(), std::nullopt);
  const Zone whole(folder, "intel-rapl:0", "package-0");
  whole.put("energy_uj", "1");
  const Zone locked(folder, "intel-rapl:1", "package-1");  // no counter
  EnergyMeter half(folder / "");
  EXPECT_NE(half.missing().find("intel-rapl:1/energy_uj cannot be read"), std::string::npos);
  EXPECT_EQ(half.joules(), std::nullopt);
}

TEST(Energy, OfACounterThatGoesAwayIsMissingFromThenOn) {
  const TempFolder folder;
  const Zone zone(folder, "intel-rapl:0", "package-0");
  zone.put("energy_uj", "5");
  EnergyMeter meter(folder / "");
  std::filesystem::remove(zone.path / "energy_uj");
  EXPECT_EQ(meter.joules(), std::nullopt);
  EXPECT_NE(meter.missing().find("any more"), std::string::npos);
}

}  // namespace
}  // namespace host
