// The CPU device: its decisions can be encoded, are the same however they are batched, and follow
// what is in the pictures.
#include <algorithm>
#include <random>

#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include "codec/encode.hh"
#include "cuda/device.hh"
#include "tests/cuda/made_chunks.hh"
#include "tests/cuda/made_clips.hh"
#include "tests/oracle/lockstep.hh"

namespace gpu {
namespace {

using test::chain_begin;
using test::chain_middle;
using test::clip_of;
using test::expect_equal;
using test::inter_header;
using test::key_header;
using test::various_chunks;
using test::window_on_texture;
using vp8::MbModes;
using vp8::MotionVector;
using vp8::PictureRef;

TEST(CpuDevice, DecidesTheSameHoweverChunksAreBatched) {
  const auto device = make_cpu_device();
  const std::vector<ChunkJob> chunks = various_chunks();
  std::vector<ChunkResult> singly;
  for (const ChunkJob& chunk : chunks) {
    singly.push_back(std::move(device->first_pass({chunk}).front()));
  }
  for (const std::size_t threads : {1u, 2u, 4u}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    const std::vector<ChunkResult> together = device->first_pass(chunks);
    ASSERT_EQ(together.size(), chunks.size());
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      SCOPED_TRACE(testing::Message() << threads << " threads, chunk " << i);
      expect_equal(together[i], singly[i]);
    }
  }
}

TEST(CpuDevice, OfNothingMakesNothing) {
  const auto device = make_cpu_device();
  EXPECT_TRUE(device->first_pass({}).empty());
  EXPECT_TRUE(device->look_ahead({}).empty());
  const std::vector<PictureRef> one = clip_of(oracle::Content::kPan, 32, 32, 1);
  EXPECT_TRUE(device->look_ahead(one).empty());
}

TEST(CpuDevice, LooksAheadTheSameHoweverPicturesAreBatched) {
  const auto device = make_cpu_device();
  const std::vector<PictureRef> clip = clip_of(oracle::Content::kPan, 95, 71, 8);
  const std::vector<PictureStats> all = device->look_ahead(clip);
  ASSERT_EQ(all.size(), 7u);
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, 1);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const PictureStats two = device->look_ahead(std::span(clip).subspan(i, 2)).front();
    EXPECT_EQ(two.motion, all[i].motion);
    EXPECT_EQ(two.intra_cost, all[i].intra_cost);
    EXPECT_EQ(two.inter_cost, all[i].inter_cost);
  }
}

// The closed loop: what the device predicts from is what a decoder will have. Not in haste, where
// the device codes without the trellis.
TEST(CpuDevice, LeavesTheStateThatItsDecisionsLeadTo) {
  const auto device = make_cpu_device();
  const std::vector<ChunkJob> chunks = various_chunks();
  const std::vector<ChunkResult> results = device->first_pass(chunks);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (chunks[i].pictures.front().effort == Effort::kFast)
      continue;
    vp8::State state = chunks[i].entry;
    for (std::size_t k = 0; k < chunks[i].pictures.size(); ++k) {
      state = encode(state, *chunks[i].pictures[k].source, results[i].decisions[k]).next;
    }
    EXPECT_EQ(hash(state), hash(results[i].exit)) << "chunk " << i;
  }
}

TEST(CpuDevice, MakesDecisionsThatLibvpxDecodesWhenEncoded) {
  const auto device = make_cpu_device();
  for (const ChunkJob& chunk : various_chunks()) {
    if (!chunk.pictures[0].header.key_frame) {
      continue;
    }
    const ChunkResult result = device->first_pass({chunk})[0];
    oracle::Lockstep both;
    for (std::size_t i = 0; i < chunk.pictures.size(); ++i) {
      const vp8::Encoded coded =
          encode(both.state(), *chunk.pictures[i].source, result.decisions[i]);
      ASSERT_TRUE(both.step(coded.bytes)) << "picture " << i;
      ASSERT_EQ(both.state(), coded.next);
    }
  }
}

TEST(CpuDevice, KeepsWhatThePlanFixes) {
  const std::vector<PictureRef> clip = clip_of(oracle::Content::kSlow, 48, 48, 4);
  const ChunkJob chunk = chain_begin(clip, 33);
  const ChunkResult result = make_cpu_device()->first_pass({chunk})[0];
  for (std::size_t i = 0; i < clip.size(); ++i) {
    const vp8::FrameHeader& wished = chunk.pictures[i].header;
    const vp8::FrameHeader& decided = result.decisions[i].header;
    EXPECT_EQ(decided.key_frame, wished.key_frame);
    EXPECT_EQ(decided.width, wished.width);
    EXPECT_EQ(decided.quant, wished.quant);
    EXPECT_EQ(decided.refresh_golden_frame, wished.refresh_golden_frame);
    EXPECT_EQ(decided.refresh_alternate_frame, wished.refresh_alternate_frame);
    EXPECT_EQ(decided.refresh_last, wished.refresh_last);
  }
}

template <class Predicate>
int percent_of(const std::vector<MbModes>& modes, const Predicate& predicate) {
  const auto count = std::count_if(modes.begin(), modes.end(), predicate);
  return static_cast<int>(count * 100 / static_cast<std::ptrdiff_t>(modes.size()));
}

TEST(CpuDevice, CopiesAStaticVideo) {
  const PictureRef picture = window_on_texture(128, 96, 0, 0);
  const ChunkJob chunk = chain_begin({picture, picture, picture, picture}, 40);
  const ChunkResult result = make_cpu_device()->first_pass({chunk})[0];
  vp8::State state;
  for (std::size_t i = 0; i < chunk.pictures.size(); ++i) {
    const vp8::Encoded coded = encode(state, *picture, result.decisions[i]);
    state = coded.next;
    if (i == 0) {
      continue;
    }
    const std::vector<MbModes>& modes = coded.frame.modes;
    EXPECT_GE(percent_of(modes, [](const MbModes& mb) { return mb.is_inter() && mb.mv.is_zero(); }),
              80)
        << "picture " << i;
    // The first copy still refines what the key picture left out.
    if (i > 1) {
      EXPECT_GE(percent_of(modes, [](const MbModes& mb) { return mb.skip; }), 70) << i;
    }
    EXPECT_LT(coded.bytes.size() * 8, encode({}, *picture, result.decisions[0]).bytes.size());
  }
}

TEST(CpuDevice, FindsTheVectorOfAPan) {
  for (const auto& [dy, dx] : {std::pair{4, 6}, {-6, 2}, {0, -10}}) {
    const std::vector<PictureRef> clip = {window_on_texture(160, 128, 0, 0),
                                          window_on_texture(160, 128, dy, dx),
                                          window_on_texture(160, 128, 2 * dy, 2 * dx)};
    ChunkJob chunk = chain_begin(clip, 10);
    const auto device = make_cpu_device();
    const std::vector<PictureStats> stats = device->look_ahead(clip);
    chunk.pictures[1].motion_hints = stats[0].motion;
    chunk.pictures[2].motion_hints = stats[1].motion;
    const MotionVector wanted{static_cast<std::int16_t>(4 * dy), static_cast<std::int16_t>(4 * dx)};
    const MotionVector twice{static_cast<std::int16_t>(8 * dy), static_cast<std::int16_t>(8 * dx)};
    const ChunkResult result = device->first_pass({chunk})[0];
    for (const std::size_t i : {1u, 2u}) {
      const int found = percent_of(result.decisions[i].modes, [&](const MbModes& mb) {
        return (mb.ref_frame == vp8::LAST_FRAME && mb.mv == wanted) ||
               (mb.ref_frame > vp8::LAST_FRAME && mb.mv == (i == 1 ? wanted : twice));
      });
      EXPECT_GE(found, 60) << dy << " " << dx << " picture " << i;
    }
  }
}

TEST(CpuDevice, PredictsNoiseFromWithinThePicture) {
  const std::vector<PictureRef> clip = {test::flat(64, 64, 20), test::noise(64, 64, 1)};
  const ChunkResult result = make_cpu_device()->first_pass({chain_begin(clip, 20)})[0];
  EXPECT_GE(percent_of(result.decisions[1].modes, [](const MbModes& mb) { return !mb.is_inter(); }),
            90);
}

// Where the picture of long ago is the right one, and golden still has it.
TEST(CpuDevice, PredictsFromGoldenWhatTheLastPictureHides) {
  const PictureRef scene = window_on_texture(96, 96, 0, 0);
  ChunkJob chunk = chain_begin({scene, test::flat(96, 96, 60), scene}, 30);
  chunk.pictures[1].header = inter_header(30, false);
  const ChunkResult result = make_cpu_device()->first_pass({chunk})[0];
  EXPECT_GE(percent_of(result.decisions[2].modes,
                       [](const MbModes& mb) {
                         return mb.ref_frame > vp8::LAST_FRAME && mb.mv.is_zero();
                       }),
            80);
}

TEST(CpuDevice, FiltersMoreAtCoarserQuantisers) {
  const std::vector<PictureRef> clip = clip_of(oracle::Content::kPan, 128, 96, 1);
  const auto level = [&](int q_index) {
    const ChunkResult result = make_cpu_device()->first_pass({chain_begin(clip, q_index)})[0];
    return result.decisions[0].header.filter.level;
  };
  EXPECT_LE(level(0), level(60));
  EXPECT_LT(level(0), level(120));
}

TEST(CpuDevice, SpendsFewerBitsAtCoarserQuantisers) {
  const std::vector<PictureRef> clip = clip_of(oracle::Content::kPan, 96, 80, 3);
  std::size_t finer = ~std::size_t{0};
  for (const int q_index : {0, 20, 50, 90, 127}) {
    const ChunkJob chunk = chain_begin(clip, q_index);
    const ChunkResult result = make_cpu_device()->first_pass({chunk})[0];
    vp8::State state;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < clip.size(); ++i) {
      vp8::Encoded coded = encode(state, *clip[i], result.decisions[i]);
      bytes += coded.bytes.size();
      state = std::move(coded.next);
    }
    EXPECT_LT(bytes, finer) << q_index;
    finer = bytes;
  }
}

}  // namespace
}  // namespace gpu
