// The first pass by libvpx: what is kept of its frames, and that it can be rebased.
#include "host/libvpx_first_pass.hh"

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "codec/decode.hh"
#include "host/plan.hh"
#include "host/quality.hh"
#include "tests/host/test_clips.hh"

namespace host {
namespace {

constexpr Rational kRate{30, 1};
constexpr int kCq = 20;

// A window that slides over one large textured picture, a pixel to the right each time.
std::vector<vp8::PictureRef> sliding(int width, int height, int count) {
  const vp8::Picture scene = test::random_picture(width + count, height + count, 7, 24);
  std::vector<vp8::PictureRef> pictures;
  for (int i = 0; i < count; ++i) {
    vp8::Picture picture(width, height);
    for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
      const vp8::ConstPlaneView from = scene.shown(plane);
      const vp8::PlaneView to = picture.shown(plane);
      const int shift = plane == vp8::kPlaneY ? i : i / 2;
      for (int y = 0; y < to.height; ++y) {
        std::copy_n(from.row(y + shift) + shift, to.width, to.row(y));
      }
    }
    picture.pad_to_macroblocks();
    picture.extend_borders();
    pictures.emplace_back(std::move(picture));
  }
  return pictures;
}

// Inter frames that replace only the last picture, at one constant quality.
std::vector<vp8::FrameHeader> plain_headers(std::size_t count) {
  vp8::FrameHeader header;
  header.key_frame = false;
  header.refresh_golden_frame = header.refresh_alternate_frame = false;
  header.quant.y_ac_qi = static_cast<std::uint8_t>(q_index_of_q(kCq));
  return std::vector<vp8::FrameHeader>(count, header);
}

bool same(const LibvpxChunk& a, const LibvpxChunk& b) {
  const auto equal = [](const vp8::Decisions& x, const vp8::Decisions& y) {
    return x.header == y.header && x.modes == y.modes;
  };
  return a.exit == b.exit && std::equal(a.decisions.begin(), a.decisions.end(), b.decisions.begin(),
                                        b.decisions.end(), equal);
}

// Mean squared error of what two pictures show, luma only.
double luma_error(const vp8::Picture& a, const vp8::Picture& b) {
  const PictureQuality q = measure(a, b);
  return static_cast<double>(q.sse[vp8::kPlaneY]) / static_cast<double>(q.samples[vp8::kPlaneY]);
}

// Encodes all decisions down one chain and checks that the decoder agrees at each step.
vp8::State replay(vp8::State state,
                  const std::vector<vp8::PictureRef>& pictures,
                  const std::vector<vp8::Decisions>& decisions) {
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    const vp8::Encoded coded = vp8::encode(state, *pictures[i], decisions[i]);
    const vp8::Decoded decoded = vp8::decode(state, coded.bytes);
    EXPECT_EQ(decoded.next, coded.next) << "picture " << i;
    EXPECT_EQ(decoded.reconstruction, coded.reconstruction) << "picture " << i;
    state = coded.next;
  }
  return state;
}

bool uses(const vp8::Decisions& decisions, vp8::RefFrame ref) {
  return std::any_of(decisions.modes.begin(), decisions.modes.end(),
                     [&](const vp8::MbModes& mb) { return mb.ref_frame == ref; });
}

TEST(LibvpxFirstPass, DecidesAboutEveryPictureAndBeginsWithAKeyFrame) {
  const auto pictures = sliding(96, 80, 5);
  const LibvpxChunk chunk = libvpx_first_pass(pictures, plain_headers(5), kRate);
  ASSERT_EQ(chunk.decisions.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(chunk.decisions[i].header.key_frame, i == 0);
    EXPECT_EQ(chunk.decisions[i].modes.size(), 30U);
  }
}

TEST(LibvpxFirstPass, LeadsToTheExitStateUpToItsOwnResidue) {
  const auto pictures = sliding(96, 80, 4);
  const LibvpxChunk chunk = libvpx_first_pass(pictures, plain_headers(4), kRate);
  const vp8::State end = replay({}, pictures, chunk.decisions);
  EXPECT_EQ(end.filter_deltas, chunk.exit.filter_deltas);
  EXPECT_EQ(end.width, chunk.exit.width);
  const double ours = luma_error(*end.references.last, *pictures[3]);
  const double libvpx = luma_error(*chunk.exit.references.last, *pictures[3]);
  EXPECT_LT(libvpx, 60);
  EXPECT_LT(ours, 2 * libvpx);
}

TEST(LibvpxFirstPass, CanBeRebasedOnAnotherState) {
  const auto pictures = sliding(90, 70, 6);
  const LibvpxChunk before =
      libvpx_first_pass(std::span(pictures).first(3), plain_headers(3), kRate);
  const LibvpxChunk chunk = libvpx_first_pass(std::span(pictures).last(3), plain_headers(3), kRate);
  const vp8::State entry = replay({}, pictures, before.decisions);
  std::vector<vp8::Decisions> rebased(chunk.decisions.begin() + 1, chunk.decisions.end());
  const vp8::State end = replay(entry, {pictures.begin() + 4, pictures.end()}, rebased);
  EXPECT_EQ(end.references.golden, entry.references.golden);
  EXPECT_LT(luma_error(*end.references.last, *pictures[5]), 60);
}

TEST(LibvpxFirstPass, GivesEachPictureThePlannedQuantiser) {
  const auto pictures = sliding(64, 64, 4);
  auto headers = plain_headers(4);
  const std::array<std::uint8_t, 4> planned{10, 127, 0, 66};
  for (std::size_t i = 0; i < 4; ++i) {
    headers[i].quant.y_ac_qi = planned[i];
  }
  const LibvpxChunk chunk = libvpx_first_pass(pictures, headers, kRate);
  vp8::QuantIndices expected;
  for (std::size_t i = 0; i < 4; ++i) {
    expected.y_ac_qi = planned[i];
    EXPECT_EQ(chunk.decisions[i].header.quant, expected);
  }
  // libvpx really coded that finely: the error of the last picture follows its quantiser.
  headers[3].quant.y_ac_qi = 4;
  const LibvpxChunk finer = libvpx_first_pass(pictures, headers, kRate);
  EXPECT_LT(2 * luma_error(*finer.exit.references.last, *pictures[3]),
            luma_error(*chunk.exit.references.last, *pictures[3]));
}

TEST(LibvpxFirstPass, StatesTheLoopFilterInFull) {
  const auto pictures = sliding(64, 48, 3);
  auto headers = plain_headers(3);
  const LibvpxChunk chunk = libvpx_first_pass(pictures, headers, kRate);
  for (const vp8::Decisions& decisions : chunk.decisions) {
    const vp8::FilterHeader& filter = decisions.header.filter;
    ASSERT_TRUE(filter.delta_enabled && filter.delta_update);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(filter.ref_frame_delta[i], chunk.exit.filter_deltas.ref_frame[i]);
      EXPECT_EQ(filter.mode_delta[i], chunk.exit.filter_deltas.mode[i]);
    }
  }
}

// Two scenes that take turns, so that golden is worth its while.
std::vector<vp8::PictureRef> alternating(int width, int height, int count) {
  const auto scenes = sliding(width, height, 12);
  std::vector<vp8::PictureRef> pictures;
  for (int i = 0; i < count; ++i) {
    pictures.push_back(scenes[i % 2 == 0 ? 0 : 11]);
  }
  return pictures;
}

TEST(LibvpxFirstPass, PredictsFromTheLastPictureAloneUnlessThePlanReplacesMore) {
  const auto pictures = alternating(96, 80, 8);
  auto headers = plain_headers(8);
  for (const vp8::Decisions& decisions : libvpx_first_pass(pictures, headers, kRate).decisions) {
    EXPECT_FALSE(uses(decisions, vp8::GOLDEN_FRAME) || uses(decisions, vp8::ALTREF_FRAME));
  }
  headers[0].refresh_golden_frame = true;
  const LibvpxChunk chunk = libvpx_first_pass(pictures, headers, kRate);
  EXPECT_TRUE(uses(chunk.decisions[2], vp8::GOLDEN_FRAME));
  EXPECT_FALSE(chunk.decisions[2].header.refresh_golden_frame);
  const vp8::State end = replay({}, pictures, chunk.decisions);
  EXPECT_NE(end.references.golden, end.references.last);
}

TEST(LibvpxFirstPass, NeverUsesAGoldenThatLibvpxReplacedOnItsOwn) {
  constexpr std::size_t kPictures = 24;
  const auto pictures = alternating(64, 64, kPictures);
  auto headers = plain_headers(kPictures);
  headers[0].refresh_golden_frame = headers[12].refresh_golden_frame = true;
  const LibvpxChunk all = libvpx_first_pass(pictures, headers, kRate);
  vp8::PictureRef golden;
  std::size_t with_golden = 0;
  for (std::size_t i = 0; i < kPictures; ++i) {
    const vp8::State before =
        i == 0 ? vp8::State{}
               : libvpx_first_pass(std::span(pictures).first(i), std::span(headers).first(i), kRate)
                     .exit;
    if (i == 1 || i == 13) {
      golden = before.references.last;
    }
    if (uses(all.decisions[i], vp8::GOLDEN_FRAME)) {
      ++with_golden;
      EXPECT_EQ(before.references.golden, golden) << "picture " << i;
    }
  }
  EXPECT_GT(with_golden, 3U);
}

TEST(LibvpxFirstPass, TakesSegmentationFromThePlan) {
  const auto pictures = sliding(64, 48, 2);
  auto headers = plain_headers(2);
  headers[1].segmentation_enabled = true;
  headers[1].segmentation.update_data = true;
  headers[1].segmentation.quantizer[1] = std::int8_t{-8};
  const LibvpxChunk chunk = libvpx_first_pass(pictures, headers, kRate);
  EXPECT_FALSE(chunk.decisions[0].header.segmentation_enabled);
  EXPECT_EQ(chunk.decisions[1].header.segmentation, headers[1].segmentation);
  replay({}, pictures, chunk.decisions);
}

TEST(LibvpxFirstPass, HandlesOddSizesAndSinglePictures) {
  for (const auto& [width, height] : {std::pair{1, 1}, {17, 33}, {131, 77}, {16, 16}}) {
    const auto pictures = sliding(width, height, 3);
    const LibvpxChunk one =
        libvpx_first_pass(std::span(pictures).first(1), plain_headers(1), kRate);
    EXPECT_EQ(one.decisions.size(), 1U);
    EXPECT_EQ(one.exit.width, width);
    const LibvpxChunk chunk = libvpx_first_pass(pictures, plain_headers(3), kRate);
    replay({}, pictures, chunk.decisions);
    EXPECT_LT(luma_error(*chunk.exit.references.last, *pictures[2]), 60);
  }
}

TEST(LibvpxFirstPass, IsTheSameOnEveryThreadAndAtEveryFrameRate) {
  const auto pictures = sliding(96, 80, 5);
  const auto headers = plain_headers(5);
  const LibvpxChunk expected = libvpx_first_pass(pictures, headers, kRate);
  std::vector<LibvpxChunk> chunks(6);
  const std::array<Rational, 6> rates{
      {{30, 1}, {24000, 1001}, {1, 3}, {90000, 1}, {2'000'000'000, 1}, {25, 1}}};
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    threads.emplace_back([&, i] { chunks[i] = libvpx_first_pass(pictures, headers, rates[i]); });
  }
  threads.clear();
  for (const LibvpxChunk& chunk : chunks) {
    EXPECT_TRUE(same(chunk, expected));
  }
}

TEST(LibvpxFirstPass, RefusesChunksThatMakeNoSense) {
  const auto pictures = sliding(32, 32, 2);
  EXPECT_THROW(libvpx_first_pass({}, {}, kRate), std::invalid_argument);
  EXPECT_THROW(libvpx_first_pass(pictures, plain_headers(1), kRate), std::invalid_argument);
  const std::vector<vp8::PictureRef> mixed{pictures[0], sliding(48, 32, 1)[0]};
  EXPECT_THROW(libvpx_first_pass(mixed, plain_headers(2), kRate), std::invalid_argument);
}

}  // namespace
}  // namespace host
