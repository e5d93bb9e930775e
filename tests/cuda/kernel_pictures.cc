// Clips, and how the CPU decides their pictures.
#include "tests/cuda/kernel_pictures.hh"

#include <algorithm>
#include <random>
#include <span>

#include <gtest/gtest.h>

#include "codec/reconstruct.hh"
#include "cuda/first_pass.hh"
#include "tests/cuda/kernel_memory.hh"
#include "tests/cuda/made_chunks.hh"
#include "tests/cuda/made_clips.hh"

namespace gpu::test {
namespace {

vp8::FrameHeader header_of(const Clip& clip, int index) {
  vp8::FrameHeader header;
  header.key_frame = index == 0;
  header.version = static_cast<std::uint8_t>(clip.version);
  header.quant.y_ac_qi = static_cast<std::uint8_t>(clip.q_index);
  header.filter.simple = clip.simple_filter;
  header.filter.sharpness = static_cast<std::uint8_t>(clip.sharpness);
  header.filter.delta_enabled = header.filter.delta_update = true;
  header.filter.mode_delta[1] = std::int8_t{-12};
  if (header.key_frame) {
    header.width = static_cast<std::uint16_t>(clip.width);
    header.height = static_cast<std::uint16_t>(clip.height);
    return header;
  }
  // References: all the key frame; golden and altref that; golden the same as last; all different.
  header.refresh_golden_frame = index == 2;
  header.refresh_alternate_frame = false;
  header.sign_bias_golden = clip.sign_bias;
  header.sign_bias_alternate = clip.sign_bias && index % 2 == 0;
  if (clip.hidden && index == 3)
    hide(header);
  return header;
}

vp8::PictureRef source_of(const Clip& clip, int part, int index) {
  if (clip.jump != 0)
    return window_on_texture(clip.width, clip.height, 50 * part, clip.jump * index);
  return vp8::PictureRef(
      oracle::synthetic_picture(clip.width, clip.height, clip.content, 7 * part + index));
}

std::vector<vp8::MotionVector> far_hints(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<vp8::MotionVector> hints(count);
  for (vp8::MotionVector& hint : hints) {
    const auto component = [&] { return static_cast<std::int16_t>(random() % 1400) - 700; };
    hint = {static_cast<std::int16_t>(component()), static_cast<std::int16_t>(component())};
  }
  return hints;
}

template <class T>
void expect_same(const T* got, const T* wanted, std::size_t count, const char* what) {
  const auto [at, _] = std::mismatch(got, got + count, wanted);
  EXPECT_EQ(at - got, static_cast<std::ptrdiff_t>(count)) << what << " differ from there on";
}

}  // namespace

ChunkJob chunk_of(const Clip& clip, int part) {
  ChunkJob chunk;
  for (int i = 0; i < clip.pictures; ++i) {
    PictureJob job{
        .source = source_of(clip, part, i), .header = header_of(clip, i), .effort = clip.effort};
    const PictureLayout layout(job.source->mb_rows(), job.source->mb_cols());
    if (clip.far_hints)
      job.motion_hints = far_hints(layout.macroblocks(), static_cast<unsigned>(7 * part + i));
    if (clip.segments && i != 4)
      add_segments(job, i);
    chunk.pictures.push_back(std::move(job));
  }
  return chunk;
}

DecidedPicture::DecidedPicture(ChunkProgress& chunk)
    : task_(chunk.begin_picture()),
      layout_(chunk.job().source->mb_rows(), chunk.job().source->mb_cols()),
      block_(layout_.bytes(), std::byte{0}),
      references_(chunk.state().references),
      rules_(chunk.filter_rules()),
      search_(chunk.filter_search()),
      unfiltered_(chunk.job().source->width(), chunk.job().source->height()),
      filtered_rows_(unfiltered_.width(), unfiltered_.height()) {
  const PictureJob& job = chunk.job();
  vp8::set_intra_borders(unfiltered_);
  task_.coding.references = vp8::planes_of(references_);
  for (const vp8::Plane plane : kAllPlanes) {
    task_.coding.source[plane] = job.source->coded(plane);
    task_.coding.recon[plane] = unfiltered_.coded(plane);
  }
  task_.coding.costs = &chunk.token_costs();
  task_.rates = &chunk.rates();
  task_.hints = job.motion_hints.empty() ? nullptr : job.motion_hints.data();
  task_.segments = job.segments.empty() ? nullptr : job.segments.data();
  task_.filtered_luma = filtered_rows_.coded(vp8::kPlaneY);
  layout_.bind(block_.data(), task_);
  decide_picture(task_);

  level_ = choose_filter_level(rules_, search_, task_);
  const vp8::FrameFilter filter(rules_, level_);
  finished_ = unfiltered_;
  PictureTask filter_task = task_;
  filter_task.filter = &filter;
  for (const vp8::Plane plane : kAllPlanes)
    filter_task.coding.recon[plane] = finished_.coded(plane);
  filter_picture(filter_task);
  finished_.extend_borders();
}

std::vector<Subject> subjects_of(const Round& round) {
  std::vector<Subject> subjects;
  subjects.reserve(round.size());
  for (const DecidedPicture* picture : round)
    subjects.push_back(picture->subject());
  return subjects;
}

void for_each_round(const Clip& clip, int chunks, const std::function<void(const Round&)>& visit) {
  std::vector<std::unique_ptr<ChunkProgress>> progress;
  progress.reserve(static_cast<std::size_t>(chunks));
  for (int part = 0; part < chunks; ++part)
    progress.push_back(std::make_unique<ChunkProgress>(chunk_of(clip, part)));
  while (!progress.front()->done()) {
    std::vector<std::unique_ptr<DecidedPicture>> pictures;
    Round round;
    for (const auto& chunk : progress) {
      pictures.push_back(std::make_unique<DecidedPicture>(*chunk));
      round.push_back(pictures.back().get());
    }
    visit(round);
    for (std::size_t i = 0; i < progress.size(); ++i) {
      vp8::Picture finished = pictures[i]->finished();
      progress[i]->finish_picture(*pictures[i]->task().counts, pictures[i]->task().modes,
                                  pictures[i]->filter_level(),
                                  vp8::PictureRef(std::move(finished)));
    }
  }
}

void expect_same_decisions(const PictureTask& got, const PictureTask& wanted) {
  const auto columns = static_cast<std::size_t>(wanted.mb_cols);
  const auto rows = static_cast<std::size_t>(wanted.mb_rows);
  const std::size_t count = columns * rows;
  const ModesView& a = got.modes;
  const ModesView& b = wanted.modes;
  expect_same(a.y_mode, b.y_mode, count, "y_mode");
  expect_same(a.uv_mode, b.uv_mode, count, "uv_mode");
  expect_same(a.ref_frame, b.ref_frame, count, "ref_frame");
  expect_same(a.partition, b.partition, count, "partition");
  expect_same(a.skip, b.skip, count, "skip");
  expect_same(a.mv, b.mv, count, "mv");
  expect_same(a.mvs, b.mvs, count, "mvs");
  expect_same(a.subblock_modes, b.subblock_modes, count, "subblock_modes");
  expect_same(got.best_cost, wanted.best_cost, count, "best_cost");
  if (!wanted.key_frame)
    expect_same(got.inter_satd, wanted.inter_satd, count, "inter_satd");
  const auto bytes = [](const vp8::TokenContext* contexts) {
    return reinterpret_cast<const std::uint8_t*>(contexts);
  };
  static_assert(std::has_unique_object_representations_v<vp8::TokenContext>);
  expect_same(bytes(got.above), bytes(wanted.above), columns * sizeof(vp8::TokenContext), "above");
  expect_same(bytes(got.left), bytes(wanted.left), rows * sizeof(vp8::TokenContext), "left");
  EXPECT_TRUE(*got.counts == *wanted.counts) << "token counts differ";
}

void expect_same_samples(const vp8::ConstPlaneView& got,
                         const vp8::ConstPlaneView& wanted,
                         const Margins& margins) {
  ASSERT_EQ(got.width, wanted.width);
  ASSERT_EQ(got.height, wanted.height);
  for (int y = -margins.above; y < wanted.height + margins.below; ++y) {
    const std::uint8_t* begin = got.row(y) - margins.left;
    const std::uint8_t* end = got.row(y) + wanted.width + margins.right;
    const auto [at, other] = std::mismatch(begin, end, wanted.row(y) - margins.left);
    ASSERT_EQ(at, end) << "row " << y << ", column " << at - got.row(y) << ": " << int{*at}
                       << " instead of " << int{*other};
  }
}

}  // namespace gpu::test
