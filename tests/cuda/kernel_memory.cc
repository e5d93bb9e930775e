// Planes and arrays in checked buffers.
#include "tests/cuda/kernel_memory.hh"

#include <iterator>

namespace gpu::test {
namespace {

std::size_t area(int width, int height) {
  return static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
}

std::string name_of(const std::string& what, vp8::Plane plane) {
  return what + (plane == vp8::kPlaneY ? " Y" : plane == vp8::kPlaneU ? " U" : " V");
}

std::size_t macroblocks(const PictureTask& task) {
  return area(task.mb_cols, task.mb_rows);
}

// Of each macroblock one, or none at all.
template <class T>
std::span<const T> optional_array(const T* array, const PictureTask& task) {
  return {array, array == nullptr ? 0 : macroblocks(task)};
}

}  // namespace

PlaneBuffer::PlaneBuffer(const std::string& name, int width, int height, int border)
    : width_(width),
      height_(height),
      border_(border),
      samples_(name, area(width + 2 * border, height + 2 * border)) {}

PlaneBuffer::PlaneBuffer(const std::string& name, const vp8::ConstPlaneView& from, int border)
    : PlaneBuffer(name, from.width, from.height, border) {
  std::size_t i = 0;
  for (int y = -border; y < height_ + border; ++y) {
    for (int x = -border; x < width_ + border; ++x)
      samples_.set(i++, from.at(y, x));
  }
}

vp8::PlaneView PlaneBuffer::view() {
  const std::ptrdiff_t stride = width_ + 2 * border_;
  return {samples_.data() + border_ * stride + border_, width_, height_, stride};
}

ReferenceBuffers::ReferenceBuffers(const vp8::References& references) {
  std::map<const vp8::Picture*, vp8::ReferencePlanes> copies;
  for (const vp8::RefFrame ref : {vp8::LAST_FRAME, vp8::GOLDEN_FRAME, vp8::ALTREF_FRAME}) {
    if (!references[ref])
      continue;
    const vp8::Picture& picture = *references[ref];
    const auto [copy, is_new] = copies.try_emplace(&picture);
    for (const vp8::Plane plane : kAllPlanes) {
      if (!is_new)
        break;
      PlaneBuffer& buffer = buffers_.emplace_back(name_of("reference", plane), picture.coded(plane),
                                                  border_of(plane));
      copy->second[plane] = {buffer.view(), buffer.border()};
    }
    planes_[ref] = copy->second;
  }
}

TaskBuffers::TaskBuffers(const PictureTask& task, const vp8::References& references)
    : task_(task),
      filtered_luma_("filtered luma", task.mb_cols * 16, task.mb_rows * 16, 0),
      references_(references),
      costs_("token costs", std::span(task.coding.costs, 1)),
      fixed_rates_("fixed rates", std::span(task.rates->fixed, 1)),
      rates_("mode rates", std::span(task.rates, 1)),
      hints_("hints", optional_array(task.hints, task)),
      segments_("segments", optional_array(task.segments, task)),
      filter_("frame filter", 1),
      y_mode_("y_mode", macroblocks(task)),
      uv_mode_("uv_mode", macroblocks(task)),
      ref_frame_("ref_frame", macroblocks(task)),
      partition_("partition", macroblocks(task)),
      skip_("skip", macroblocks(task)),
      mv_("mv", macroblocks(task)),
      mvs_("mvs", macroblocks(task)),
      subblock_modes_("subblock_modes", macroblocks(task)),
      best_cost_("best_cost", macroblocks(task)),
      inter_satd_("inter_satd", macroblocks(task)),
      above_("above", static_cast<std::size_t>(task.mb_cols)),
      left_("left", static_cast<std::size_t>(task.mb_rows)),
      counts_("counts", 1) {
  ModeRates rates = *task.rates;
  rates.fixed = fixed_rates_.data();
  rates_.set(0, rates);
  for (const vp8::Plane plane : kAllPlanes) {
    const vp8::ConstPlaneView& source = task.coding.source[plane];
    source_.emplace_back(name_of("source", plane), source, 0);
    recon_.emplace_back(name_of("reconstruction", plane), source.width, source.height,
                        border_of(plane));
  }
  reset();
}

PlaneBuffer& TaskBuffers::recon(vp8::Plane plane) {
  return *std::next(recon_.begin(), plane);
}

PictureTask TaskBuffers::task() {
  PictureTask task = task_;
  task.coding.references = references_.planes();
  for (const vp8::Plane plane : kAllPlanes) {
    task.coding.source[plane] = std::next(source_.begin(), plane)->view();
    task.coding.recon[plane] = recon(plane).view();
  }
  task.coding.costs = costs_.data();
  task.rates = rates_.data();
  task.hints = task_.hints == nullptr ? nullptr : hints_.data();
  task.segments = task_.segments == nullptr ? nullptr : segments_.data();
  task.filtered_luma = filtered_luma_.view();
  task.filter = filter_.data();
  task.modes = {y_mode_.data(), uv_mode_.data(), ref_frame_.data(), partition_.data(),
                skip_.data(),   mv_.data(),      mvs_.data(),       subblock_modes_.data()};
  task.best_cost = best_cost_.data();
  task.inter_satd = inter_satd_.data();
  task.above = above_.data();
  task.left = left_.data();
  task.counts = counts_.data();
  return task;
}

void TaskBuffers::set_modes(std::size_t macroblock, const vp8::MbModes& modes) {
  y_mode_.set(macroblock, modes.y_mode);
  uv_mode_.set(macroblock, modes.uv_mode);
  ref_frame_.set(macroblock, modes.ref_frame);
  partition_.set(macroblock, modes.partition);
  mv_.set(macroblock, modes.mv);
  mvs_.set(macroblock, modes.mvs);
  subblock_modes_.set(macroblock, modes.subblock_modes);
}

void TaskBuffers::reset() {
  for (PlaneBuffer& plane : recon_)
    plane.poison();
  filtered_luma_.poison();
  filter_.poison();
  y_mode_.poison();
  uv_mode_.poison();
  ref_frame_.poison();
  partition_.poison();
  skip_.poison();
  mv_.poison();
  mvs_.poison();
  subblock_modes_.poison();
  best_cost_.poison();
  inter_satd_.poison();
  above_.fill({});
  left_.fill({});
  counts_.set(0, {});
}

}  // namespace gpu::test
