// Runs the kernels that decide a picture with threads for lanes, under ThreadSanitizer. Usage:
// kernel_race_check [file line], of a barrier to leave out: ThreadSanitizer has to find it, and
// ends with status 66. Status 1 if the results are not those of the CPU's vector path.
#define VP8_FOR_LANES

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "codec/reconstruct.hh"
#include "cuda/chunk_progress.hh"
#include "cuda/first_pass.hh"
#include "cuda/kernels-inl.h"
#include "cuda/lane_ops.hh"
#include "cuda/picture_layout.hh"
#include "tests/checker/thread_team.hh"
#include "tests/cuda/made_clips.hh"

namespace gpu::test {
namespace {

constexpr int kLanes = 4;

// ThreadTeam leaves to LaneOps what a barrier does not matter to; sum's has no site.
using Ops = LaneOps<checker::ThreadTeam>;

// What deciding one picture leaves.
class Decided {
 public:
  explicit Decided(const ChunkProgress& chunk)
      : layout_(chunk.job().source->mb_rows(), chunk.job().source->mb_cols()),
        block_(layout_.bytes(), std::byte{0}),
        picture_(chunk.job().source->width(), chunk.job().source->height()) {
    vp8::set_intra_borders(picture_);
  }

  /// Completes the task that the chunk began.
  PictureTask bind(PictureTask task, const ChunkProgress& chunk) {
    task.coding.references = vp8::planes_of(chunk.state().references);
    for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
      task.coding.source[plane] = chunk.job().source->coded(plane);
      task.coding.recon[plane] = picture_.coded(plane);
    }
    task.coding.costs = &chunk.token_costs();
    task.rates = &chunk.rates();
    layout_.bind(block_.data(), task);
    return task;
  }
  void finish(ChunkProgress& chunk) {
    picture_.extend_borders();
    chunk.finish_picture(*layout_.counts(block_.data()), layout_.modes(block_.data()), 0,
                         vp8::PictureRef(std::move(picture_)));
  }

  bool operator==(const Decided& other) const {
    return block_ == other.block_ && picture_ == other.picture_;
  }

 private:
  PictureLayout layout_;
  vp8::AlignedVector<std::byte> block_;
  vp8::Picture picture_;
};

void decide_with_threads(const PictureTask& task, const checker::Site& without) {
  const auto workspace = std::make_unique<Workspace>();
  const auto coding = std::make_unique<CodingWorkspace>();
  checker::run_threads(
      kLanes,
      [&](const checker::ThreadTeam& team) {
        const Ops ops(team);
        for (int row = 0; row < task.mb_rows; ++row) {
          for (int col = 0; col < task.mb_cols; ++col) {
            if (!task.key_frame)
              lanes::decide_inter(ops, task, row, col, *workspace);
            lanes::decide_intra(ops, task, row, col, *workspace);
            lanes::code_macroblock(ops, task, row, col, *coding);
            ops.sync();  // a kernel's end
          }
        }
      },
      without);
}

ChunkJob small_chunk() {
  const int size = 32;
  ChunkJob chunk;
  for (int i = 0; i < 2; ++i) {
    vp8::FrameHeader header;
    header.key_frame = i == 0;
    header.width = header.height = header.key_frame ? size : 0;
    header.quant.y_ac_qi = 40;
    chunk.pictures.push_back({window_on_texture(size, size, 6 * i, -4 * i), header, {}});
  }
  return chunk;
}

// True if threads decide as the CPU does.
bool check_chunk(const checker::Site& without) {
  ChunkProgress chunk(small_chunk());
  while (!chunk.done()) {
    const PictureTask task = chunk.begin_picture();
    Decided wanted(chunk);
    decide_picture(wanted.bind(task, chunk));
    Decided got(chunk);
    decide_with_threads(got.bind(task, chunk), without);
    if (!(got == wanted))
      return false;
    wanted.finish(chunk);
  }
  return true;
}

}  // namespace
}  // namespace gpu::test

int main(int argc, char** argv) {
  const checker::Site without =
      argc == 3 ? checker::Site{argv[1], std::atoi(argv[2])} : checker::Site{};
  const bool equal = gpu::test::check_chunk(without);
  std::printf("%s results\n", equal ? "equal" : "different");
  return equal ? 0 : 1;
}
