// Reading ahead: what is planned follows from the video alone, and stand-ins are what the
// references will show.
#include "host/source_window.hh"

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "codec/decode.hh"
#include "host/pipeline.hh"
#include "tests/cuda/made_clips.hh"
#include "tests/oracle/libvpx_oracle.hh"

namespace host {
namespace {

using oracle::Content;

// A video of given pictures.
class ClipSource : public PictureSource {
 public:
  explicit ClipSource(std::vector<vp8::PictureRef> pictures) : pictures_(std::move(pictures)) {
    info_.width = pictures_[0]->width();
    info_.height = pictures_[0]->height();
  }

  const StreamInfo& info() const override { return info_; }
  std::optional<vp8::Picture> next() override {
    if (read_ == pictures_.size())
      return {};
    return *pictures_[read_++];
  }
  std::size_t read() const { return read_; }

 private:
  std::vector<vp8::PictureRef> pictures_;
  std::size_t read_ = 0;
  StreamInfo info_;
};

std::vector<vp8::PictureRef> synthetic(Content content, int pictures) {
  std::vector<vp8::PictureRef> clip;
  for (vp8::Picture& picture : oracle::synthetic_clip(64, 48, content, pictures)) {
    picture.extend_borders();
    clip.emplace_back(std::move(picture));
  }
  return clip;
}

struct Config {
  int chunk_frames;
  int chunks_per_chain;
};

constexpr std::array<Config, 6> kConfigs = {{{2, 3}, {1, 0}, {3, 1}, {24, 4}, {6, 16}, {5, 0}}};

Plan plan_of(const std::vector<vp8::PictureRef>& clip, Config config, int cq = 30) {
  Plan plan;
  plan.width = clip[0]->width();
  plan.height = clip[0]->height();
  plan.chunk_frames = config.chunk_frames;
  plan.chunks_per_chain = config.chunks_per_chain;
  plan.cq16 = cq * kCqParts;
  return plan;
}

// All that a window says of one picture.
struct Prepared {
  std::vector<PlannedFrame> frames;
  StandIns stand_ins;

  bool operator==(const Prepared& other) const {
    const auto same = [](const PlannedFrame& a, const PlannedFrame& b) {
      return a.source == b.source && a.picture == b.picture && a.plan == b.plan;
    };
    return std::equal(frames.begin(), frames.end(), other.frames.begin(), other.frames.end(),
                      same) &&
           stand_ins.last == other.stand_ins.last && stand_ins.golden == other.stand_ins.golden &&
           stand_ins.altref == other.stand_ins.altref;
  }
};

// Everything about a clip, prepared `step` pictures at a time, and forgotten as soon as may be.
std::vector<Prepared> prepare_all(const std::vector<vp8::PictureRef>& clip,
                                  const Plan& plan,
                                  std::int64_t step = 12) {
  ClipSource source(clip);
  const auto device = gpu::make_cpu_device();
  SourceWindow window(source, *device, plan, -1);
  const auto pictures = static_cast<std::int64_t>(clip.size());
  std::vector<Prepared> all;
  for (std::int64_t end = step; std::ssize(all) < pictures; end += step) {
    EXPECT_EQ(window.read(end), end < pictures);
    const std::int64_t ready = window.prepare(end);
    EXPECT_EQ(ready, std::min(end, pictures));
    for (std::int64_t i = std::ssize(all); i < ready; ++i)
      all.push_back({window.frames(i), window.stand_ins(i)});
    window.drop_before(ready);
  }
  return all;
}

int hidden_in(const std::vector<Prepared>& pictures) {
  int hidden = 0;
  for (const Prepared& picture : pictures)
    hidden += static_cast<int>(picture.frames.size()) - 1;
  return hidden;
}

double luma_error(const vp8::Picture& a, const vp8::Picture& b) {
  const PictureQuality q = measure(a, b);
  return static_cast<double>(q.sse[vp8::kPlaneY]) / static_cast<double>(q.samples[vp8::kPlaneY]);
}

// --- reading ---

TEST(SourceWindow, ReadsNoFurtherThanItLooksAhead) {
  const auto clip = synthetic(Content::kFlat, 200);
  ClipSource source(clip);
  const Plan plan = plan_of(clip, {6, 16});
  const auto device = gpu::make_cpu_device();
  SourceWindow window(source, *device, plan, -1);
  EXPECT_TRUE(window.read(10));
  EXPECT_EQ(window.prepare(10), 10);
  EXPECT_LE(source.read(), static_cast<std::size_t>(10 + SourceWindow::kLookahead));
  EXPECT_FALSE(window.read(500));
  EXPECT_EQ(window.prepare(500), 200);
  EXPECT_EQ(window.picture(150), clip[150]);
}

TEST(SourceWindow, PreparesTheSameWhateverTheStepsItIsPreparedIn) {
  const auto clip = synthetic(Content::kSlow, 100);
  for (const Config config : kConfigs) {
    const Plan plan = plan_of(clip, config);
    const std::vector<Prepared> first = prepare_all(clip, plan, 1);
    ASSERT_EQ(first.size(), 100U);
    for (const std::int64_t step : {7, 16, 33, 200}) {
      EXPECT_EQ(prepare_all(clip, plan, step), first)
          << "[" << config.chunk_frames << "," << config.chunks_per_chain << "] by " << step;
    }
  }
}

// --- planning ---

TEST(SourceWindow, ShowsEveryPictureOnceInOrderBehindItsHiddenFrame) {
  const auto clip = synthetic(Content::kSlow, 70);
  for (const Config config : kConfigs) {
    const Plan plan = plan_of(clip, config);
    const std::vector<Prepared> all = prepare_all(clip, plan);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::vector<PlannedFrame>& frames = all[i].frames;
      ASSERT_TRUE(frames.size() == 1 || frames.size() == 2);
      EXPECT_TRUE(frames.back().shown());
      EXPECT_EQ(frames.back().source, clip[i]);
      EXPECT_EQ(frames.size() == 2, !frames.front().shown());
      const auto number = static_cast<std::int64_t>(i);
      EXPECT_EQ(frames.back().plan.role == FrameRole::kKey, position_in_chain(plan, number) == 0);
      for (const PlannedFrame& frame : frames)
        EXPECT_EQ(frame.picture, number);
    }
  }
}

TEST(SourceWindow, HidesPicturesInChainsOfMoreThanEight) {
  for (const auto& [config, hides] : {std::pair{Config{2, 4}, false}, {{3, 3}, true}}) {
    const auto clip = synthetic(Content::kSlow, 30);
    EXPECT_EQ(hidden_in(prepare_all(clip, plan_of(clip, config))) > 0, hides);
  }
  for (const int pictures : {1, 8, 9}) {
    const auto clip = synthetic(Content::kSlow, pictures);
    EXPECT_EQ(hidden_in(prepare_all(clip, plan_of(clip, {6, 16}))), pictures > 8) << pictures;
  }
}

// The reading ahead ends somewhere: what a plan sees must not depend on where.
TEST(SourceWindow, PlansAGroupByThePicturesUpToItsHorizonOnly) {
  const auto seen = static_cast<std::size_t>(kPlanHorizon);
  std::vector<vp8::PictureRef> clip = synthetic(Content::kSlow, 64);
  const Plan plan = plan_of(clip, {6, 16});
  const Prepared key = prepare_all(clip, plan)[0];
  const Prepared hidden = prepare_all(clip, plan)[1];
  for (std::size_t i = seen; i < clip.size(); ++i)
    clip[i] = gpu::test::noise(64, 48, static_cast<unsigned>(i));
  EXPECT_EQ(prepare_all(clip, plan)[0], key);
  EXPECT_EQ(prepare_all(clip, plan)[1], hidden);
  clip.resize(seen);
  EXPECT_EQ(prepare_all(clip, plan)[0], key);
  EXPECT_EQ(prepare_all(clip, plan)[1], hidden);
  // And it does look ahead.
  clip[3] = gpu::test::noise(64, 48, 3);
  EXPECT_NE(prepare_all(clip, plan)[0], key);
}

// --- stand-ins ---

TEST(SourceWindow, StandInsFollowTheReferenceUpdatesOfTheFrames) {
  const auto clip = synthetic(Content::kSlow, 90);
  for (const FirstPass first_pass : {FirstPass::kDevice, FirstPass::kLibvpx}) {
    for (const Config config : kConfigs) {
      Plan plan = plan_of(clip, config);
      plan.first_pass = first_pass;
      StandIns references;
      for (const Prepared& picture : prepare_all(clip, plan)) {
        if (picture.frames.back().plan.role == FrameRole::kKey)
          references = {};
        ASSERT_EQ(picture.stand_ins.last, references.last);
        ASSERT_EQ(picture.stand_ins.golden, references.golden);
        ASSERT_EQ(picture.stand_ins.altref, references.altref);
        for (const PlannedFrame& frame : picture.frames) {
          const FrameRole role = frame.plan.role;
          if (role == FrameRole::kAltref) {
            references.golden = std::exchange(references.altref, frame.source);
            continue;
          }
          references.last = frame.source;
          if (role != FrameRole::kInter)
            references.golden = references.altref = frame.source;
        }
      }
    }
  }
}

// Coded all but without loss, a decoder's references show what stood in for them.
TEST(SourceWindow, StandInsShowWhatADecodersReferencesShow) {
  const auto clip = synthetic(Content::kSlow, 60);
  for (const Config config : {Config{6, 8}, {25, 1}}) {
    const Plan plan = plan_of(clip, config, 0);
    const std::vector<Prepared> prepared = prepare_all(clip, plan);
    EXPECT_GT(hidden_in(prepared), 3);
    ClipSource source(clip);
    vp8::State state;
    const auto check = [&](const CodedFrame& frame) {
      const Prepared& expected = prepared.at(static_cast<std::size_t>(frame.picture));
      const vp8::Decoded decoded = vp8::decode(state, frame.bytes);
      const bool behind_hidden = decoded.shown && expected.frames.size() == 2;
      if (expected.stand_ins.last && !behind_hidden) {
        EXPECT_LT(luma_error(*state.references.last, *expected.stand_ins.last), 1);
        EXPECT_LT(luma_error(*state.references.golden, *expected.stand_ins.golden), 1);
        EXPECT_LT(luma_error(*state.references.altref, *expected.stand_ins.altref), 1);
      }
      state = decoded.next;
    };
    const auto device = gpu::make_cpu_device();
    encode_video(source, plan, {.threads = 1, .on_progress = {}}, *device, check);
  }
  // Which could fail: neighbours differ by more.
  EXPECT_GT(luma_error(*clip[20], *clip[21]), 2);
}

// The bound on memory counts that many beside the pictures that were read.
TEST(SourceWindow, HoldsAnotherPictureForEveryEightThatWereReadAndFourMore) {
  const auto clip = synthetic(Content::kSlow, 100);
  for (const Config config : {Config{6, 16}, {3, 3}, {10, 1}, {5, 0}}) {
    const std::vector<Prepared> all = prepare_all(clip, plan_of(clip, config));
    for (std::size_t begin = 0; begin < all.size(); ++begin) {
      std::set<const vp8::Picture*> read;
      std::set<const vp8::Picture*> held;
      for (std::size_t i = begin; i < all.size(); ++i) {
        const auto& [frames, stand_ins] = all[i];
        read.insert(&*frames.back().source);
        held.insert({&*frames.front().source, &*frames.back().source});
        if (stand_ins.last)
          held.insert({&*stand_ins.last, &*stand_ins.golden, &*stand_ins.altref});
        ASSERT_LE(held.size() - read.size(), read.size() / kLeastGroup + 4) << begin << " " << i;
      }
    }
  }
}

// --- filtering ---

// A still scene with noise of its own on each picture.
std::vector<vp8::PictureRef> noisy(const vp8::PictureRef& clean, int pictures, int amplitude) {
  std::vector<vp8::PictureRef> clip;
  std::mt19937 random(11);
  for (int i = 0; i < pictures; ++i) {
    clip.push_back(
        gpu::test::picture_of(clean->width(), clean->height(), [&](vp8::Plane plane, int y, int x) {
          const auto noise = static_cast<int>(random() % static_cast<unsigned>(2 * amplitude + 1));
          return clean->shown(plane).at(y, x) + noise - amplitude;
        }));
  }
  return clip;
}

TEST(SourceWindow, HidesPicturesWithLessNoiseThanTheyHave) {
  const vp8::PictureRef clean = gpu::test::window_on_texture(96, 64, 0, 0);
  const auto clip = noisy(clean, 50, 6);
  int hidden = 0;
  for (const Prepared& picture : prepare_all(clip, plan_of(clip, {6, 16}, 50))) {
    for (const PlannedFrame& frame : picture.frames) {
      const PictureQuality quality = measure(*frame.source, *clean);
      const PictureQuality before = measure(*clip[0], *clean);
      for (const vp8::Plane plane : {vp8::kPlaneY, vp8::kPlaneU, vp8::kPlaneV}) {
        const double left =
            static_cast<double>(quality.sse[plane]) / static_cast<double>(before.sse[plane]);
        if (frame.shown()) {
          EXPECT_NEAR(left, 1, 0.15) << int{plane};
        } else {
          EXPECT_LT(left, 0.5) << int{plane};
        }
      }
      hidden += frame.shown() ? 0 : 1;
    }
  }
  EXPECT_GE(hidden, 3);
}

// The first of the next group.
TEST(SourceWindow, HidesThePictureThatTheGroupLeadsTo) {
  const auto clip = synthetic(Content::kSlow, 60);
  const std::vector<Prepared> all = prepare_all(clip, plan_of(clip, {5, 0}));
  std::vector<std::ptrdiff_t> shows;
  std::vector<std::ptrdiff_t> expected;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].frames.size() == 1)
      continue;
    const vp8::Picture& hidden = *all[i].frames.front().source;
    const auto nearest = std::ranges::min_element(
        clip, {}, [&](const vp8::PictureRef& picture) { return luma_error(*picture, hidden); });
    shows.push_back(nearest - clip.begin());
    if (i > 1)
      expected.push_back(static_cast<std::ptrdiff_t>(i) - 1);
  }
  ASSERT_GE(shows.size(), 3U);
  // What is left behind the last one's is too short for another.
  expected.push_back(expected.back() + kLeastGroup);
  EXPECT_EQ(shows, expected);
}

// Other scenes must not shine through.
TEST(SourceWindow, HidesPicturesAsTheyAreWhereNothingNearIsLikeThem) {
  std::vector<vp8::PictureRef> clip;
  for (unsigned i = 0; i < 40; ++i)
    clip.push_back(gpu::test::noise(64, 48, i));
  const std::vector<Prepared> all = prepare_all(clip, plan_of(clip, {6, 16}, 30));
  EXPECT_GE(hidden_in(all), 1);
  for (const Prepared& picture : all) {
    const vp8::PictureRef& source = picture.frames.front().source;
    EXPECT_NE(std::find(clip.begin(), clip.end(), source), clip.end());
  }
}

}  // namespace
}  // namespace host
