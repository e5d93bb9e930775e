// The kernels run by teams of 1 to 32 lanes under the checker: no race, no access out of bounds, no
// uninitialised value, and all results those of the CPU's vector path.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "tests/cuda/kernel_launches.hh"
#include "tests/cuda/kernel_memory.hh"
#include "tests/cuda/kernel_pictures.hh"
#include "tests/cuda/kernel_vector_path.hh"

namespace gpu::test {
namespace {

using checker::Options;
using oracle::Content;

// Samples of the unfiltered reconstruction: the coded ones, what intra prediction reads around
// them, and what the last macroblock of each row leaves for the row below.
void expect_same_unfiltered(TaskBuffers& buffers, const PictureTask& wanted) {
  for (const vp8::Plane plane : kAllPlanes) {
    PlaneBuffer& got = buffers.recon(plane);
    const vp8::PlaneView& want = wanted.coding.recon[plane];
    expect_same_samples(got.view(), want, {.above = 1, .left = 1});
    const std::size_t written =
        static_cast<std::size_t>((want.width + 1) * (want.height + 1)) + 4 +
        (plane == vp8::kPlaneY ? static_cast<std::size_t>(4 * wanted.mb_rows) : 0);
    const vp8::PlaneView view = got.view();
    const std::size_t all = static_cast<std::size_t>(view.stride) *
                            static_cast<std::size_t>(view.height + 2 * got.border());
    EXPECT_EQ(got.unwritten_samples(), all - written) << "samples written beyond the picture";
  }
}

void expect_same_finished(TaskBuffers& buffers, const vp8::Picture& wanted) {
  for (const vp8::Plane plane : kAllPlanes) {
    PlaneBuffer& got = buffers.recon(plane);
    const int border = got.border();
    expect_same_samples(got.view(), wanted.coded(plane), {border, border, border, border});
    EXPECT_EQ(got.unwritten_samples(), 0u);
  }
}

void set_filters(CheckedRound& round, const Round& pictures, const std::vector<int>& levels) {
  for (std::size_t i = 0; i < pictures.size(); ++i)
    round.buffers(i).set_filter(vp8::FrameFilter(pictures[i]->rules(), levels[i]));
}

// What the search measures with one level for each picture.
std::vector<std::uint64_t> expect_same_row_errors(CheckedRound& round,
                                                  const Round& pictures,
                                                  const std::vector<int>& levels) {
  set_filters(round, pictures, levels);
  for (std::size_t i = 0; i < pictures.size(); ++i)
    round.buffers(i).filtered_luma().poison();
  std::vector<std::uint64_t> got = round.measure_filter();
  std::vector<std::uint64_t> wanted;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const vp8::FrameFilter filter(pictures[i]->rules(), levels[i]);
    PictureTask task = pictures[i]->task();
    task.filter = &filter;
    for (int row = 0; row < vector_sampled_rows(task.mb_rows); ++row)
      wanted.push_back(vector_row_sse(task, row));
  }
  EXPECT_EQ(got, wanted);
  return got;
}

void check_round(CheckedRound& round, const Round& pictures, const Options& options, Order order) {
  SCOPED_TRACE(testing::Message() << options.lanes << " lanes, order "
                                  << static_cast<int>(options.order) << ", macroblocks "
                                  << static_cast<int>(order));
  round.reset(options);
  round.set_borders();
  round.decide_and_code(order);
  std::vector<int> levels;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    SCOPED_TRACE(testing::Message() << "chunk " << i);
    expect_same_decisions(round.buffers(i).task(), pictures[i]->task());
    expect_same_unfiltered(round.buffers(i), pictures[i]->task());
    levels.push_back(pictures[i]->filter_level());
  }
  expect_same_row_errors(round, pictures, levels);
  set_filters(round, pictures, levels);
  round.filter(order);
  round.extend_borders();
  for (std::size_t i = 0; i < pictures.size(); ++i)
    expect_same_finished(round.buffers(i), pictures[i]->finished());
  EXPECT_TRUE(round.findings().clean()) << round.findings();
}

class KernelsOfClip : public testing::TestWithParam<Clip> {};

TEST_P(KernelsOfClip, DoOnLanesWhatTheCpuDoes) {
  int index = 0;
  for_each_round(GetParam(), 2, [&](const Round& pictures) {
    SCOPED_TRACE(testing::Message() << "picture " << index++);
    CheckedRound round(subjects_of(pictures));
    for (const Options& options : checker::schedules())
      check_round(round, pictures, options, Order::kDiagonals);
  });
}

INSTANTIATE_TEST_SUITE_P(
    All,
    KernelsOfClip,
    testing::Values(
        Clip{.name = "Pan",
             .content = Content::kPan,
             .width = 48,
             .height = 48,
             .pictures = 5,
             .sign_bias = true,
             .segments = true,
             .hidden = true},
        Clip{.name = "Jump", .width = 64, .height = 32, .pictures = 2, .q_index = 10, .jump = 40},
        Clip{.name = "Fine",
             .content = Content::kNoise,
             .width = 33,
             .height = 20,
             .pictures = 2,
             .q_index = 0},
        Clip{.name = "Coarse",
             .content = Content::kPan,
             .width = 80,
             .height = 64,
             .pictures = 3,
             .q_index = 110,
             .segments = true,
             .effort = Effort::kFast},
        Clip{.name = "Flat", .content = Content::kFlat, .width = 64, .height = 40, .pictures = 3},
        Clip{.name = "FullPixelChroma",
             .content = Content::kSlow,
             .width = 49,
             .height = 40,
             .pictures = 3,
             .q_index = 20,
             .version = 3,
             .simple_filter = true},
        Clip{.name = "FarHints",
             .content = Content::kCuts,
             .width = 40,
             .height = 48,
             .pictures = 5,
             .q_index = 30,
             .sign_bias = true,
             .far_hints = true,
             .hidden = true,
             .effort = Effort::kBest},
        Clip{.name = "Screen",
             .content = Content::kScreen,
             .width = 64,
             .height = 33,
             .pictures = 5,
             .q_index = 60,
             .sharpness = 5,
             .sign_bias = true,
             .segments = true,
             .hidden = true,
             .effort = Effort::kFast},
        Clip{.name = "OneColumn",
             .content = Content::kPan,
             .width = 16,
             .height = 70,
             .pictures = 4},
        Clip{.name = "OneRow",
             .content = Content::kSlow,
             .width = 80,
             .height = 9,
             .pictures = 4,
             .version = 1},
        Clip{.name = "OnePixel", .content = Content::kPan, .width = 1, .height = 1, .pictures = 3}),
    [](const auto& p) { return p.param.name; });

// Else the clip of that name would not reach the wide search.
TEST(Kernels, FindAJumpOfFortyPixelsButInHaste) {
  const auto jumps = [](Effort effort) {
    int found = 0;
    for_each_round(
        {.name = "Jump",
         .width = 64,
         .height = 32,
         .pictures = 2,
         .q_index = 10,
         .jump = 40,
         .effort = effort},
        2, [&](const Round& pictures) {
          for (const DecidedPicture* picture : pictures) {
            const vp8::MotionVector* mvs = picture->task().modes.mv;
            found += static_cast<int>(std::count(mvs, mvs + 8, vp8::MotionVector{0, 4 * 40}));
          }
        });
    return found;
  };
  EXPECT_GT(jumps(Effort::kDefault), 3);
  EXPECT_EQ(jumps(Effort::kFast), 0);
}

// The last picture of the pan: it has three different references.
template <class Check>
void on_last_picture(const Clip& clip, const Check& check) {
  int index = 0;
  for_each_round(clip, 2, [&](const Round& pictures) {
    if (++index == clip.pictures) {
      CheckedRound round(subjects_of(pictures));
      check(round, pictures);
    }
  });
}

TEST(Kernels, GiveTheSameInRasterOrder) {
  on_last_picture({"Pan", Content::kPan, 48, 48, 5},
                  [](CheckedRound& round, const Round& pictures) {
                    check_round(round, pictures, {}, Order::kRaster);
                  });
}

TEST(Kernels, NeedDiagonalsThatWaitForTheNeighbourRightAbove) {
  on_last_picture({"Pan", Content::kPan, 48, 48, 1}, [](CheckedRound& round, const Round&) {
    round.reset({});
    round.set_borders();
    round.decide_and_code(Order::kSteep);
    EXPECT_FALSE(round.findings().clean());
    EXPECT_TRUE(round.findings().has("reconstruction Y")) << round.findings();
  });
}

TEST(Kernels, FilterOnlyAlongDiagonalsThatWaitForTheNeighbourRightAbove) {
  on_last_picture({"Pan", Content::kPan, 48, 48, 1},
                  [](CheckedRound& round, const Round& pictures) {
                    round.reset({});
                    round.set_borders();
                    round.decide_and_code(Order::kDiagonals);
                    set_filters(round, pictures, {20, 20});
                    round.filter(Order::kSteep);
                    EXPECT_TRUE(round.findings().has("race")) << round.findings();
                  });
}

// Searches for the level of one chunk's picture, by the errors that the kernels measure.
int searched_level(CheckedRound& round, const Round& pictures, std::size_t chunk) {
  FilterSearch search = pictures[chunk]->filter_search();
  while (!search.done()) {
    const std::vector<int> levels(pictures.size(), search.tried());
    const std::vector<std::uint64_t> sse = expect_same_row_errors(round, pictures, levels);
    const std::ptrdiff_t rows = std::ssize(sse) / std::ssize(pictures);
    const auto first = sse.begin() + static_cast<std::ptrdiff_t>(chunk) * rows;
    search.take(std::accumulate(first, first + rows, std::uint64_t{0}));
  }
  return search.best();
}

TEST(Kernels, FindTheFilterLevelThatTheCpuFinds) {
  const auto check = [](CheckedRound& round, const Round& pictures) {
    round.reset({});
    round.set_borders();
    round.decide_and_code(Order::kDiagonals);
    for (std::size_t chunk = 0; chunk < pictures.size(); ++chunk)
      EXPECT_EQ(searched_level(round, pictures, chunk), pictures[chunk]->filter_level());
    EXPECT_TRUE(round.findings().clean()) << round.findings();
  };
  on_last_picture({"TwoSampledRows", Content::kPan, 48, 100, 2}, check);
}

}  // namespace
}  // namespace gpu::test
