// The kernels: what one team does about one macroblock, or one row, of one picture.
#if defined(GPU_KERNELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GPU_KERNELS_INL_H_
#undef GPU_KERNELS_INL_H_
#else
#define GPU_KERNELS_INL_H_
#endif

#include <algorithm>

#include "codec/filter_mb-inl.h"
#include "codec/token_branches.hh"
#include "cuda/inter_decision-inl.h"
#include "cuda/intra_decision-inl.h"

VP8_BEFORE_TARGET();
namespace gpu {
namespace VP8_TARGET {

// --- decisions: in any order in which a macroblock's left, above and above-right neighbours are
// decided and coded before it ---

/// Writes the best modes so far and what they cost.
template <class Ops>
VP8_HD void store_best(const MacroblockTrial<Ops>& t) {
  const std::size_t i = t.index();
  const ModesView& m = t.task.modes;
  const MbModes& best = t.w.best;
  t.ops.assign(m.mvs[i], best.mvs);
  t.ops.assign(m.subblock_modes[i], best.subblock_modes);
  t.ops.once([&] {
    m.y_mode[i] = best.y_mode;
    m.uv_mode[i] = best.uv_mode;
    m.ref_frame[i] = best.ref_frame;
    m.partition[i] = best.partition;
    m.mv[i] = best.mv;
    t.task.best_cost[i] = t.best_cost;
  });
}

/// Chooses the best inter prediction of a macroblock of an inter frame.
template <class Ops>
VP8_HD VP8_PART_OF_KERNEL void decide_inter(
    const Ops& ops, const PictureTask& task, int mb_row, int mb_col, Workspace& w) {
  MacroblockTrial<Ops> trial(ops, task, mb_row, mb_col, w);
  const SearchCost nearest = InterDecision<Ops>(trial).decide();
  store_best(trial);
  ops.once([&] { task.inter_satd[trial.index()] = nearest; });
}

/// Keeps it or takes an intra prediction.
template <class Ops>
VP8_HD void decide_intra(
    const Ops& ops, const PictureTask& task, int mb_row, int mb_col, Workspace& w) {
  MacroblockTrial<Ops> trial(ops, task, mb_row, mb_col, w);
  SearchCost inter_satd = std::numeric_limits<SearchCost>::max();
  if (!task.key_frame) {
    inter_satd = task.inter_satd[trial.index()];
    trial.best_cost = task.best_cost[trial.index()];
  }
  const RdCost before = trial.best_cost;
  IntraDecision<Ops>(trial).decide(inter_satd);
  if (trial.best_cost < before)
    store_best(trial);
}

/// Counts token branches.
template <class Ops>
struct BranchCountSink {
  const Ops& ops;
  vp8::TokenCounts& counts;
  vp8::BlockType type;

  VP8_HD void branch(std::size_t band, std::size_t context, std::size_t node, bool bit) const {
    ops.add(&counts[type][band][context][node][bit ? 1 : 0], 1);
  }
  VP8_HD void raw(vp8::Probability, bool) const {}
  VP8_HD void large(std::size_t band, std::size_t context, int magnitude) const {
    vp8::visit_large(*this, band, context, magnitude);
  }
};

/// Codes a decided macroblock: residue, reconstruction before the loop filter, skip flag, contexts,
/// token counts.
template <class Ops>
VP8_HD void code_macroblock(
    const Ops& ops, const PictureTask& task, int mb_row, int mb_col, CodingWorkspace& w) {
  const auto i = static_cast<std::size_t>(mb_row * task.mb_cols + mb_col);
  const ModesView& m = task.modes;
  ops.assign(w.modes.mvs, m.mvs[i]);
  ops.assign(w.modes.subblock_modes, m.subblock_modes[i]);
  ops.once([&] {
    w.modes.y_mode = m.y_mode[i];
    w.modes.uv_mode = m.uv_mode[i];
    w.modes.ref_frame = m.ref_frame[i];
    w.modes.partition = m.partition[i];
    w.modes.segment = static_cast<std::uint8_t>(task.segment(i));
    w.modes.mv = m.mv[i];
  });
  vt::MacroblockCoding<Ops>(ops, task.coding, w.work)
      .code(mb_row, mb_col, w.modes, task.above[mb_col], task.left[mb_row],
            [&](int b, const vp8::BlockPlace& place) {
              BranchCountSink<Ops> sink{ops, *task.counts, place.type};
              vp8::visit_block(sink, w.work.residue.levels[b], place.context, place.first,
                               w.work.residue.ends[b]);
            });
  ops.once([&] { m.skip[i] = w.modes.skip; });
  if (mb_col + 1 < task.mb_cols)
    return;
  // Subblocks of the row below look here for their above-right pixels (§12.3).
  const vp8::PlaneView& luma = task.coding.recon[vp8::kPlaneY];
  std::uint8_t* end = luma.row(mb_row * 16 + 15) + luma.width;
  ops.each(4, [&](int x) { end[x] = end[-1]; });
}

// --- borders; strides and sizes are in samples ---

/// What intra prediction reads outside of a new picture (§12.2): see vp8::set_intra_borders.
template <class Ops>
VP8_HD void set_intra_borders(const Ops& ops, const PictureTask& task) {
  for (const vp8::PlaneView& p : task.coding.recon) {
    ops.each(p.width + 5, [&](int x) { p.row(-1)[x - 1] = vp8::kAboveBorder; });
    ops.each(p.height, [&](int y) { p.row(y)[-1] = vp8::kLeftBorder; });
  }
}

/// Fills row `y`, -border..height + border - 1, of a plane's border with the nearest samples.
template <class Ops>
VP8_HD void extend_row(const Ops& ops, const vp8::PlaneView& p, int border, int y) {
  const std::uint8_t* from = p.row(std::clamp(y, 0, p.height - 1));
  std::uint8_t* to = p.row(y);
  if (from != to) {
    ops.each(p.width + 2 * border,
             [&](int x) { to[x - border] = from[std::clamp(x - border, 0, p.width - 1)]; });
    return;
  }
  ops.each(2 * border, [&](int x) {
    if (x < border) {
      to[x - border] = from[0];
    } else {
      to[p.width + x - border] = from[p.width - 1];
    }
  });
}

// --- the loop filter ---

VP8_HD inline int filter_level(const PictureTask& task, std::size_t i) {
  const ModesView& m = task.modes;
  return task.filter->level(task.segment(i), m.ref_frame[i], m.y_mode[i]);
}
/// Whether the edges inside a macroblock are filtered (§15).
VP8_HD inline bool filters_inside(const ModesView& m, std::size_t i) {
  return m.y_mode[i] == vp8::B_PRED || m.y_mode[i] == vp8::SPLITMV || !m.skip[i];
}

/// Filters a macroblock of the reconstruction; those left of, above and right above it are done.
template <class Ops>
VP8_HD void filter_reconstruction(const Ops& ops, const PictureTask& task, int mb_row, int mb_col) {
  const auto i = static_cast<std::size_t>(mb_row * task.mb_cols + mb_col);
  vt::filter_macroblock(ops, *task.filter, filter_level(task, i), filters_inside(task.modes, i),
                        mb_row, mb_col, task.coding.recon);
}

/// Rows of macroblocks whose filtered luma stands for the picture when levels are compared: every
/// fourth, from the second on.
VP8_HD constexpr int sampled_rows(int mb_rows) {
  return mb_rows == 1 ? 1 : (mb_rows + 2) / 4;
}
VP8_HD constexpr int sampled_row(int mb_rows, int index) {
  return mb_rows == 1 ? 0 : 1 + 4 * index;
}

/// Squared error of the luma of the sampled row `index` if it were filtered with task.filter. The
/// reconstruction is not changed.
template <class Ops>
VP8_HD std::uint64_t filtered_row_sse(const Ops& ops, const PictureTask& task, int index) {
  const int mb_row = sampled_row(task.mb_rows, index);
  const vp8::ConstPlaneView& wanted = task.coding.source[vp8::kPlaneY];
  const vp8::PlaneView& from = task.coding.recon[vp8::kPlaneY];
  const vp8::PlaneView& luma = task.filtered_luma;
  for (int y = std::max(0, mb_row * 16 - 4); y < mb_row * 16 + 16; ++y)
    ops.copy(from.row(y), luma.row(y), luma.width);
  const std::size_t first = static_cast<std::size_t>(mb_row * task.mb_cols);
  for (int mb_col = 0; mb_col < task.mb_cols; ++mb_col) {
    const std::size_t i = first + static_cast<std::size_t>(mb_col);
    vt::filter_macroblock_luma(ops, *task.filter, filter_level(task, i),
                               filters_inside(task.modes, i), mb_row, mb_col, luma);
  }
  std::uint64_t sse = 0;
  for (int mb_col = 0; mb_col < task.mb_cols; ++mb_col) {
    sse += ops.template sse<16>(&wanted.at(mb_row * 16, mb_col * 16), wanted.stride,
                                &luma.at(mb_row * 16, mb_col * 16), luma.stride);
  }
  return sse;
}

}  // namespace VP8_TARGET
}  // namespace gpu
VP8_AFTER_TARGET();

#endif  // include guard
