// Launches under the checker.
#define VP8_FOR_LANES

#include "tests/cuda/kernel_launches.hh"

#include <algorithm>

#include "cuda/kernels-inl.h"

namespace gpu::test {

void Findings::add(const checker::Report& report) {
  add(Findings{report.faults, report.barriers, report.accesses});
}

void Findings::add(const Findings& more) {
  faults.insert(faults.end(), more.faults.begin(), more.faults.end());
  accesses += more.accesses;
  for (const checker::Site& site : more.barriers) {
    if (std::ranges::find(barriers, site) == barriers.end())
      barriers.push_back(site);
  }
}

bool Findings::has(std::string_view words) const {
  return std::ranges::any_of(faults, [&](const std::string& f) { return f.find(words) != f.npos; });
}

std::ostream& operator<<(std::ostream& out, const Findings& findings) {
  out << findings.faults.size() << " faults in " << findings.accesses << " accesses\n";
  for (const std::string& fault : findings.faults)
    out << "  " << fault << '\n';
  return out;
}

std::vector<Wave> waves(Order order, int mb_rows, int mb_cols) {
  std::vector<Wave> waves;
  switch (order) {
    case Order::kRaster:
      for (int row = 0; row < mb_rows; ++row) {
        for (int col = 0; col < mb_cols; ++col)
          waves.push_back({row, 1, col, 0});
      }
      break;
    case Order::kDiagonals: {
      const Diagonals diagonals{mb_rows, mb_cols};
      for (int d = 0; d < diagonals.count(); ++d) {
        if (diagonals.size(d) > 0)
          waves.push_back({diagonals.first_row(d), diagonals.size(d), d, 2});
      }
      break;
    }
    case Order::kSteep:
      for (int d = 0; d < mb_rows + mb_cols - 1; ++d) {
        const int first = std::max(0, d - mb_cols + 1);
        waves.push_back({first, std::min(d, mb_rows - 1) - first + 1, d, 1});
      }
      break;
  }
  return waves;
}

CheckedRound::CheckedRound(const std::vector<Subject>& pictures)
    : tasks_("tasks", pictures.size()),
      chunks_(static_cast<int>(pictures.size())),
      mb_rows_(pictures.front().task.mb_rows),
      mb_cols_(pictures.front().task.mb_cols) {
  for (const Subject& picture : pictures) {
    TaskBuffers& buffer = buffers_.emplace_back(picture.task, picture.references);
    tasks_.set(buffers_.size() - 1, buffer.task());
  }
}

void CheckedRound::reset(const checker::Options& options) {
  launches_ = Launches(options);
  for (TaskBuffers& buffers : buffers_)
    buffers.reset();
}

void CheckedRound::set_borders() {
  const PictureTask* tasks = tasks_.data();
  launches_.launch(
      chunks_, [&](const auto& ops, int chunk) { lanes::set_intra_borders(ops, tasks[chunk]); });
}

void CheckedRound::decide_and_code(Order order) {
  const PictureTask* tasks = tasks_.data();
  Workspace* workspace = workspace_.data();
  for (const Wave& planned : waves(order, mb_rows_, mb_cols_)) {
    const Wave wave = planned;  // lanes may not look into the vector
    const int teams = chunks_ * wave.size;
    launches_.launch(teams, [&](const auto& ops, int team) {
      const Place p = wave.place(team);
      if (!tasks[p.chunk].key_frame)
        lanes::decide_inter(ops, tasks[p.chunk], p.mb_row, p.mb_col, *workspace);
    });
    launches_.launch(teams, [&](const auto& ops, int team) {
      const Place p = wave.place(team);
      lanes::decide_intra(ops, tasks[p.chunk], p.mb_row, p.mb_col, *workspace);
    });
    code(wave);
  }
}

void CheckedRound::code(Order order) {
  for (const Wave& wave : waves(order, mb_rows_, mb_cols_))
    code(wave);
}

void CheckedRound::code(const Wave& planned) {
  const PictureTask* tasks = tasks_.data();
  CodingWorkspace* workspace = coding_workspace_.data();
  const Wave wave = planned;
  launches_.launch(chunks_ * wave.size, [&](const auto& ops, int team) {
    const Place p = wave.place(team);
    lanes::code_macroblock(ops, tasks[p.chunk], p.mb_row, p.mb_col, *workspace);
  });
}

std::vector<std::uint64_t> CheckedRound::measure_filter() {
  const PictureTask* tasks = tasks_.data();
  const int rows = lanes::sampled_rows(mb_rows_);
  checker::Buffer<std::uint64_t> sse("row_sse", static_cast<std::size_t>(chunks_ * rows));
  std::uint64_t* out = sse.data();
  launches_.launch(chunks_ * rows, [&](const auto& ops, int team) {
    const std::uint64_t row = lanes::filtered_row_sse(ops, tasks[team / rows], team % rows);
    ops.once([&] { out[team] = row; });
  });
  return {sse.values().begin(), sse.values().end()};
}

void CheckedRound::filter(Order order) {
  const PictureTask* tasks = tasks_.data();
  for (const Wave& planned : waves(order, mb_rows_, mb_cols_)) {
    const Wave wave = planned;
    launches_.launch(chunks_ * wave.size, [&](const auto& ops, int team) {
      const Place p = wave.place(team);
      if (tasks[p.chunk].filter->enabled())
        lanes::filter_reconstruction(ops, tasks[p.chunk], p.mb_row, p.mb_col);
    });
  }
}

void CheckedRound::extend_borders() {
  const PictureTask* tasks = tasks_.data();
  for (const vp8::Plane plane : kAllPlanes) {
    const int border = border_of(plane);
    const int rows = mb_rows_ * (plane == vp8::kPlaneY ? 16 : 8) + 2 * border;
    launches_.launch(chunks_ * rows, [&](const auto& ops, int team) {
      lanes::extend_row(ops, tasks[team / rows].coding.recon[plane], border, team % rows - border);
    });
  }
}

}  // namespace gpu::test
