// The launches of cuda_kernels.cu, made under the checker.
#pragma once

#include <cstdint>
#include <iterator>
#include <list>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "cuda/lane_ops.hh"
#include "cuda/workspace.hh"
#include "tests/checker/checker.hh"
#include "tests/cuda/kernel_memory.hh"

namespace gpu::test {

/// How macroblocks are spread over launches.
enum class Order {
  kRaster,     // one a launch
  kDiagonals,  // a diagonal a launch, as on a GPU
  kSteep,      // diagonals that forget the neighbour right above: wrong
};

/// A team's macroblock.
struct Place {
  int chunk;
  int mb_row;
  int mb_col;
};

/// Macroblocks of each chunk that one launch works on.
struct Wave {
  int first_row;
  int size;
  int at;  // the column that row 0 would have
  int slope;

  [[nodiscard]] Place place(int team) const {
    const int row = first_row + team % size;
    return {team / size, row, at - slope * row};
  }
};
std::vector<Wave> waves(Order order, int mb_rows, int mb_cols);

/// What the checker said about many launches.
struct Findings {
  std::vector<std::string> faults;
  std::vector<checker::Site> barriers;
  std::uint64_t accesses = 0;

  void add(const checker::Report& report);
  void add(const Findings& more);
  [[nodiscard]] bool clean() const { return faults.empty(); }
  [[nodiscard]] bool has(std::string_view words) const;
};
std::ostream& operator<<(std::ostream& out, const Findings& findings);

/// Makes launches one after the other, up to the first that has a fault.
class Launches {
 public:
  explicit Launches(const checker::Options& options) : options_(options) {}

  /// Runs kernel(ops, team's index) for each team.
  template <class Kernel>
  void launch(int teams, const Kernel& kernel) {
    if (!findings_.clean())
      return;
    options_.teams = teams;
    findings_.add(
        checker::run(options_, [&](const auto& team, int index) { kernel(LaneOps(team), index); }));
  }

  [[nodiscard]] const Findings& findings() const { return findings_; }

 private:
  checker::Options options_;
  Findings findings_;
};

/// A picture that kernels shall work on; the task has all pointers.
struct Subject {
  PictureTask task;
  vp8::References references;
};

/// The pictures of one round of chunks, and the kernels that decide them.
class CheckedRound {
 public:
  explicit CheckedRound(const std::vector<Subject>& pictures);

  /// As before the first kernel. What follows is run with `options`.
  void reset(const checker::Options& options);
  [[nodiscard]] const Findings& findings() const { return launches_.findings(); }
  [[nodiscard]] TaskBuffers& buffers(std::size_t chunk) {
    return *std::next(buffers_.begin(), static_cast<std::ptrdiff_t>(chunk));
  }

  void set_borders();
  void decide_and_code(Order order);
  /// Modes are set.
  void code(Order order);
  /// Squared errors of the sampled rows, chunk by chunk, with the filters that are set.
  std::vector<std::uint64_t> measure_filter();
  void filter(Order order);
  void extend_borders();

 private:
  void code(const Wave& planned);

  std::list<TaskBuffers> buffers_;
  checker::Buffer<PictureTask> tasks_;
  checker::Buffer<Workspace> workspace_{"workspace", 1, checker::Lifetime::kTeam};
  checker::Buffer<CodingWorkspace> coding_workspace_{"coding workspace", 1,
                                                     checker::Lifetime::kTeam};
  Launches launches_{{}};
  int chunks_;
  int mb_rows_;
  int mb_cols_;
};

}  // namespace gpu::test
