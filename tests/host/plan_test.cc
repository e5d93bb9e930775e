// Cutting a video into chunks and chains, and the quality scale.
#include "host/plan.hh"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "codec/decode.hh"
#include "tests/oracle/libvpx_oracle.hh"

namespace host {
namespace {

Plan plan_of(int chunk_frames, int chunks_per_chain) {
  Plan plan;
  plan.width = 64;
  plan.height = 48;
  plan.chunk_frames = chunk_frames;
  plan.chunks_per_chain = chunks_per_chain;
  return plan;
}

TEST(Plan, CutsChainsAndLeavesTheLastOnesShort) {
  const std::vector<Chunk> chunks = list_chunks(plan_of(3, 2), 11);
  const std::vector<Chunk> wanted = {
      {.index = 0, .chain = 0, .position = 0, .first_picture = 0, .pictures = 3},
      {.index = 1, .chain = 0, .position = 1, .first_picture = 3, .pictures = 3},
      {.index = 2, .chain = 1, .position = 0, .first_picture = 6, .pictures = 3},
      {.index = 3, .chain = 1, .position = 1, .first_picture = 9, .pictures = 2}};
  EXPECT_EQ(chunks, wanted);
  EXPECT_TRUE(chunks[2].begins_chain());
  EXPECT_FALSE(chunks[3].begins_chain());
  // One picture more than a whole chain: a chain of one chunk of one picture.
  const Chunk last = list_chunks(plan_of(3, 2), 13).back();
  EXPECT_EQ(last,
            (Chunk{.index = 4, .chain = 2, .position = 0, .first_picture = 12, .pictures = 1}));
}

TEST(Plan, OfOnePictureChunksHasAChunkForEach) {
  for (const Chunk& chunk : list_chunks(plan_of(1, 1), 5)) {
    EXPECT_TRUE(chunk.begins_chain());
    EXPECT_EQ(chunk.first_picture, chunk.index);
    EXPECT_EQ(chunk.chain, chunk.index);
    EXPECT_EQ(chunk.pictures, 1);
  }
  EXPECT_EQ(list_chunks(plan_of(1, 1), 5).size(), 5u);
}

TEST(Plan, WithoutChunksPerChainIsOneEndlessChain) {
  const std::vector<Chunk> chunks = list_chunks(plan_of(4, 0), 1001);
  ASSERT_EQ(chunks.size(), 251u);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    EXPECT_EQ(chunks[i].chain, 0);
    EXPECT_EQ(chunks[i].position, static_cast<int>(i));
    EXPECT_EQ(chunks[i].begins_chain(), i == 0);
  }
  EXPECT_EQ(chunks.back().pictures, 1);
}

TEST(Plan, OfNoPicturesHasNoChunks) {
  EXPECT_TRUE(list_chunks(plan_of(6, 16), 0).empty());
}

TEST(Plan, OfFewerPicturesThanAChunkHasOneShortChunk) {
  const std::vector<Chunk> chunks = list_chunks(plan_of(24, 4), 5);
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(chunks[0].pictures, 5);
}

TEST(Plan, CoversEveryPictureOnceInOrder) {
  for (const int n : {1, 2, 3, 6, 24}) {
    for (const int x : {0, 1, 2, 16}) {
      for (const std::int64_t pictures : {1, 2, 23, 24, 25, 97}) {
        const Plan plan = plan_of(n, x);
        std::int64_t next = 0;
        std::int64_t chain_begin = 0;
        for (const Chunk& chunk : list_chunks(plan, pictures)) {
          ASSERT_EQ(chunk.first_picture, next);
          ASSERT_GE(chunk.pictures, 1);
          ASSERT_LE(chunk.pictures, n);
          Chunk endless = chunk_at(plan, chunk.index);
          EXPECT_EQ(endless.pictures, n);
          endless.pictures = chunk.pictures;
          EXPECT_EQ(endless, chunk);
          chain_begin = chunk.begins_chain() ? next : chain_begin;
          for (int i = 0; i < chunk.pictures; ++i, ++next) {
            ASSERT_EQ(position_in_chain(plan, next), next - chain_begin);
          }
        }
        EXPECT_EQ(next, pictures) << n << " " << x;
      }
    }
  }
}

TEST(Plan, CountsPicturesBeyondThirtyTwoBits) {
  const std::int64_t far = std::int64_t{1} << 40;
  EXPECT_EQ(chunk_at(plan_of(8, 16), far).first_picture, far * 8);
  EXPECT_EQ(position_in_chain(plan_of(8, 0), far), far);
  EXPECT_EQ(position_in_chain(plan_of(1 << 20, 1 << 20), far + 5), 5);
}

TEST(ConstantQuality, SpansTheFormatsQuantisers) {
  EXPECT_EQ(q_index_of_q(0), 0);
  EXPECT_EQ(q_index_of_q(63), 127);
  for (int cq = 1; cq <= 63; ++cq) {
    EXPECT_GT(q_index_of_q(cq), q_index_of_q(cq - 1)) << cq;
  }
}

TEST(ConstantQuality, BetweenTwoStepsPicturesAreMixed) {
  for (const int cq16 :
       {0, 5, 24 * kCqParts, 24 * kCqParts + 8, 60 * kCqParts + 1, 63 * kCqParts}) {
    const int low = q_index_of_q(cq16 / kCqParts);
    const int high = q_index_of_q(cq16 / kCqParts + 1);
    const int part = cq16 % kCqParts;
    int sum = 0;
    for (std::int64_t position = 0; position < kCqParts; ++position)
      sum += q_index_of_cq(cq16, position + 1000 * kCqParts);
    EXPECT_EQ(sum, low * (kCqParts - part) + high * part) << cq16;
  }
}

// Sixteen pictures that follow each other share out what lies between two indices.
TEST(ConstantQuality, RisesWithEverySixteenth) {
  const auto sum_of = [](int cq16) {
    int sum = 0;
    for (std::int64_t position = 3; position < 3 + kCqParts; ++position)
      sum += q_index_of_cq(cq16, position);
    return sum;
  };
  for (int cq16 = 1; cq16 <= 63 * kCqParts; ++cq16)
    EXPECT_GT(sum_of(cq16), sum_of(cq16 - 1)) << cq16;
}

TEST(ConstantQuality, OfWholeStepsIsTheSameEverywhere) {
  for (int cq = 0; cq <= 63; ++cq) {
    for (const std::int64_t position : {std::int64_t{0}, std::int64_t{5}, std::int64_t{1} << 40})
      EXPECT_EQ(q_index_of_cq(cq * kCqParts, position), q_index_of_q(cq));
  }
}

TEST(ConstantQuality, StaysOnTheScale) {
  for (const std::int64_t position : {0, 7, 15}) {
    EXPECT_EQ(q_index_of_cq(-5, position), 0);
    EXPECT_EQ(q_index_of_cq(99 * kCqParts + 3, position), 127);
  }
  EXPECT_EQ(q_index_of_q(-1), 0);
  EXPECT_EQ(q_index_of_q(64), 127);
}

// libvpx, told to use one step of its scale only, writes that step's quantiser index.
TEST(ConstantQuality, IsOnLibvpxsScale) {
  const auto clip = oracle::synthetic_clip(16, 16, oracle::Content::kPan, 2);
  for (int cq = 0; cq <= 63; ++cq) {
    const auto q = static_cast<unsigned>(cq);
    vp8::State state;
    for (const oracle::Bytes& bytes :
         oracle::oracle_encode(clip, {.width = 16, .height = 16, .min_q = q, .max_q = q})) {
      const vp8::Decoded decoded = vp8::decode(state, bytes);
      EXPECT_EQ(decoded.frame->header.quant.y_ac_qi, q_index_of_q(cq)) << cq;
      state = decoded.next;
    }
  }
}

TEST(Plan, AsJsonSaysHowEveryChainIsCut) {
  Plan plan = plan_of(3, 2);
  plan.frame_rate = {30000, 1001};
  plan.cq16 = 32 * kCqParts + 4;
  plan.min_q = 5;
  plan.max_q = 40;
  plan.effort = gpu::Effort::kBest;
  plan.first_pass = FirstPass::kLibvpx;
  const nlohmann::json json = nlohmann::json::parse(plan_as_json(plan, 11));
  EXPECT_EQ(json["width"], 64);
  EXPECT_EQ(json["height"], 48);
  EXPECT_EQ(json["frame_rate"], (std::vector<int>{30000, 1001}));
  EXPECT_EQ(json["pictures"], 11);
  EXPECT_EQ(json["cq"], 32.25);
  EXPECT_EQ(json["min_q"], 5);
  EXPECT_EQ(json["max_q"], 40);
  EXPECT_EQ(json["effort"], "best");
  EXPECT_EQ(json["first_pass"], "libvpx");
  ASSERT_EQ(json["chains"].size(), 2u);
  EXPECT_EQ(json["chains"][1]["chain"], 1);
  ASSERT_EQ(json["chains"][1]["chunks"].size(), 2u);
  EXPECT_EQ(json["chains"][1]["chunks"][1]["chunk"], 3);
  EXPECT_EQ(json["chains"][1]["chunks"][1]["first_picture"], 9);
  EXPECT_EQ(json["chains"][1]["chunks"][1]["pictures"], 2);
  EXPECT_TRUE(nlohmann::json::parse(plan_as_json(plan, 0))["chains"].empty());
}

}  // namespace
}  // namespace host
