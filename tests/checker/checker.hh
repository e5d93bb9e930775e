// Runs kernels lane by lane and checks every load and store: the test's stand-in for a GPU with
// its race checker.
//
//   TEST(Kernels, DoublesOverLanes) {
//     const std::vector<int> numbers = {1, 2, 3, 4, 5};
//     checker::Buffer<int> in("in", numbers);              // written by the host
//     checker::Buffer<int> out("out", numbers.size());     // nobody wrote it yet
//     for (const checker::Options& options : checker::schedules()) {  // 1, 4, 7, 32 lanes; orders
//       out.poison();
//       const checker::Report report = checker::run(options, [&](const auto& team) {
//         gpu::double_all(team, in.data(), out.data(), 5);
//       });
//       EXPECT_TRUE(report.clean()) << report;             // races, bounds, barriers ...
//       EXPECT_EQ(out.unwritten_bytes(), 0);
//       EXPECT_EQ(out.values()[1], 4);
//     }
//   }
//
// Each of the launch's teams: .teams = 9, and a body of (const auto& team, int index). Shared
// memory: Buffer<Scratch> scratch("scratch", 1, checker::Lifetime::kTeam). Are all barriers of the
// kernel needed? Take each site of report.barriers as options.without_barrier: the report should
// not be clean. All sources of such a test program are compiled as fastslow_checked_tests() of
// tests/CMakeLists.txt does it, else a header's function may come from a source without checks; the
// TESTs themselves are not watched, only lanes are.
//
// Lanes may touch buffers, their own stack, constants, and may read the test's stack, for what the
// body captured; all else is a fault. Not seen: local arrays out of their bounds or read
// uninitialised (ASan and -Wall with one lane do that), and functions of libraries.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tests/checker/buffer.hh"
#include "tests/checker/fibre_team.hh"

namespace checker {

/// Which lane goes first after a barrier.
enum class Order : std::uint8_t { kForward, kReverse, kSeeded };

struct Options {
  int lanes = 32;
  /// Teams of the launch: no barrier orders them. They run one after another.
  int teams = 1;
  Order order = Order::kForward;
  /// For kSeeded and `scatter`.
  std::uint32_t seed = 1;
  /// Spreads the items of each() and sum(), and once(), over the lanes at random; else item i goes
  /// to lane i modulo lanes, as on a GPU.
  bool scatter = false;
  /// A barrier that lanes shall not wait at: the end of sync(), each() or once() on this line.
  Site without_barrier = {};
};

/// One to 32 lanes, in several orders: all that a kernel should be run with.
std::vector<Options> schedules();

/// What a launch did wrong.
struct Report {
  /// Each begins with its kind: race, out of bounds, uninitialised, misaligned, another lane's
  /// stack, not writable, divergent, not uniform, misuse, exception, nothing checked.
  std::vector<std::string> faults;
  /// Where lanes met, in the order of their first time.
  std::vector<Site> barriers;
  /// Checked loads and stores, without those to the lanes' own stacks.
  std::uint64_t accesses = 0;

  [[nodiscard]] bool clean() const { return faults.empty(); }
  /// Whether a fault's text contains `words`.
  [[nodiscard]] bool has(std::string_view words) const;
};

std::ostream& operator<<(std::ostream& out, const Report& report);

/// What a lane runs: `body` is whatever was given with it.
using LaneBody = void (*)(const void* body, const FibreTeam& team, int team_index);

/// See run().
Report run_lanes(const Options& options, LaneBody call, const void* body);

/// Launches `body`, a function of (team) or of (team, team's index). A fault after which lanes
/// cannot go on ends the launch, and what their stacks own then is not destroyed. Not to be called
/// by two threads at once.
template <class Body>
Report run(const Options& options, const Body& body) {
  const LaneBody call = [](const void* opaque, const FibreTeam& team, int team_index) {
    const Body& typed = *static_cast<const Body*>(opaque);
    if constexpr (std::is_invocable_v<const Body&, const FibreTeam&, int>)
      typed(team, team_index);
    else
      typed(team);
  };
  return run_lanes(options, call, &body);
}

}  // namespace checker
