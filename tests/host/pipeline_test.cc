// Whole encodes: the plan alone determines the bytes, every player sees what was promised, and
// errors come out.
#include "host/pipeline.hh"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <new>
#include <stdexcept>

#include <gtest/gtest.h>
#include <malloc.h>

#include "host/source_window.hh"
#include "tests/oracle/lockstep.hh"

namespace {

// Bytes of aligned storage, which pictures have, now and at most.
std::atomic<std::int64_t> aligned_bytes{0};
std::atomic<std::int64_t> most_aligned_bytes{0};

void count_aligned(std::int64_t change) {
  const std::int64_t now = aligned_bytes += change;
  std::int64_t most = most_aligned_bytes;
  while (now > most && !most_aligned_bytes.compare_exchange_weak(most, now)) {
  }
}

}  // namespace

void* operator new(std::size_t size, std::align_val_t alignment) {
  void* storage = nullptr;
  if (posix_memalign(&storage, static_cast<std::size_t>(alignment), size) != 0) {
    throw std::bad_alloc();
  }
  count_aligned(static_cast<std::int64_t>(malloc_usable_size(storage)));
  return storage;
}

void operator delete(void* storage, std::align_val_t) noexcept {
  count_aligned(-static_cast<std::int64_t>(malloc_usable_size(storage)));
  std::free(storage);
}

void operator delete(void* storage, std::size_t, std::align_val_t alignment) noexcept {
  operator delete(storage, alignment);
}

namespace host {
namespace {

using oracle::Content;
using Frames = std::vector<std::vector<std::uint8_t>>;

// The pictures of a synthetic clip; `fail_at`: the picture instead of which an error comes.
class SyntheticSource : public PictureSource {
 public:
  SyntheticSource(int width, int height, Content content, int pictures, int fail_at = -1)
      : content_(content), pictures_(pictures), fail_at_(fail_at) {
    info_.width = width;
    info_.height = height;
  }

  const StreamInfo& info() const override { return info_; }
  std::optional<vp8::Picture> next() override {
    if (next_ == fail_at_) {
      throw std::runtime_error("picture " + std::to_string(next_) + " is damaged");
    }
    if (next_ == pictures_) {
      return std::nullopt;
    }
    vp8::Picture picture = oracle::synthetic_picture(info_.width, info_.height, content_, next_++);
    picture.extend_borders();
    return picture;
  }
  int read() const { return next_; }

 private:
  Content content_;
  int pictures_;
  int fail_at_;
  int next_ = 0;
  StreamInfo info_;
};

// One encode and all that came of it.
struct Outcome {
  Frames frames;
  std::vector<std::int64_t> pictures;  // that they are said to belong to
  EncodeSummary summary;
};

RunOptions on_threads(int threads, std::int64_t limit = -1) {
  return {.threads = threads, .limit = limit, .on_progress = {}};
}

struct Config {
  int chunk_frames;
  int chunks_per_chain;
};

Plan plan_of(const StreamInfo& info,
             Config config,
             FirstPass first_pass,
             gpu::Effort effort = gpu::Effort::kDefault) {
  Plan plan;
  plan.width = info.width;
  plan.height = info.height;
  plan.frame_rate = info.frame_rate;
  plan.chunk_frames = config.chunk_frames;
  plan.chunks_per_chain = config.chunks_per_chain;
  plan.cq16 = 30 * kCqParts;
  plan.effort = effort;
  plan.first_pass = first_pass;
  return plan;
}

Outcome encode_on(gpu::Device& device,
                  SyntheticSource& source,
                  const Plan& plan,
                  const RunOptions& options) {
  Outcome run;
  run.summary = encode_video(source, plan, options, device, [&](const CodedFrame& frame) {
    run.frames.emplace_back(frame.bytes.begin(), frame.bytes.end());
    run.pictures.push_back(frame.picture);
  });
  return run;
}

Outcome encode(SyntheticSource& source, const Plan& plan, const RunOptions& options) {
  return encode_on(*gpu::make_cpu_device(), source, plan, options);
}

// The CPU device with the wishes of another one, which it checks.
class WishfulDevice : public gpu::Device {
 public:
  explicit WishfulDevice(gpu::WaveSize size) : size_(size) {}
  std::string name() const override { return "wishful"; }
  gpu::WaveSize wave_size(const gpu::WaveShape& shape) const override {
    EXPECT_GT(shape.width, 0);
    EXPECT_GT(shape.height, 0);
    EXPECT_GT(shape.chunk_pictures, 0);
    EXPECT_GT(shape.threads, 0);
    return size_;
  }
  std::vector<gpu::PictureStats> look_ahead(std::span<const vp8::PictureRef> pictures) override {
    EXPECT_EQ(++looks_, 1);
    auto stats = cpu_->look_ahead(pictures);
    --looks_;
    return stats;
  }
  std::vector<gpu::ChunkResult> first_pass(std::vector<gpu::ChunkJob> chunks) override {
    EXPECT_LE(++calls_, size_.at_once);
    EXPECT_GE(chunks.size(), 1u);
    EXPECT_LE(chunks.size(), static_cast<std::size_t>(size_.chunks));
    full_calls_ += chunks.size() == static_cast<std::size_t>(size_.chunks) ? 1 : 0;
    auto results = cpu_->first_pass(std::move(chunks));
    --calls_;
    return results;
  }
  int full_calls() const { return full_calls_; }

 private:
  const gpu::WaveSize size_;
  std::unique_ptr<gpu::Device> cpu_ = gpu::make_cpu_device();
  std::atomic<int> looks_ = 0;
  std::atomic<int> calls_ = 0;
  std::atomic<int> full_calls_ = 0;
};

constexpr std::array<gpu::WaveSize, 5> kWaveSizes = {
    {{1, 1, false}, {3, 2, false}, {7, 1, true}, {4, 3, true}, {1000, 1, true}}};

// Decodes with both decoders; checks that all `pictures` are shown, keys, the end state and the
// reported quality.
void expect_decodes(const Outcome& run,
                    const SyntheticSource& source,
                    Content content,
                    const Plan& plan,
                    int pictures) {
  oracle::Lockstep both;
  QualitySum quality;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < run.frames.size(); ++i) {
    const std::int64_t picture = quality.pictures();
    ASSERT_EQ(run.pictures[i], picture) << "frame " << i;
    ASSERT_TRUE(both.step(run.frames[i])) << "frame " << i;
    bytes += run.frames[i].size();
    ASSERT_EQ(both.frame().header.key_frame,
              both.decoded().shown && position_in_chain(plan, picture) == 0)
        << "frame " << i;
    if (both.decoded().shown) {
      quality.add(measure(oracle::synthetic_picture(source.info().width, source.info().height,
                                                    content, static_cast<int>(picture)),
                          *both.decoded().reconstruction));
    }
  }
  EXPECT_EQ(quality.pictures(), pictures);
  EXPECT_EQ(run.summary.pictures, pictures);
  EXPECT_EQ(run.summary.bytes, bytes);
  EXPECT_EQ(run.summary.quality, quality.mean());
  EXPECT_EQ(run.summary.state_hash, vp8::hash(both.state()));
  EXPECT_GT(run.summary.quality.psnr_y, 28);
}

// Frames behind which no picture is shown.
std::int64_t hidden_frames(const Outcome& run) {
  return static_cast<std::int64_t>(run.frames.size()) - run.summary.pictures;
}

Outcome encode_every_way(Config config,
                         FirstPass first_pass,
                         int pictures,
                         gpu::Effort effort = gpu::Effort::kDefault) {
  SCOPED_TRACE(testing::Message() << "[" << config.chunk_frames << "," << config.chunks_per_chain
                                  << "] effort " << effort_name(effort));
  Outcome first;
  for (const int threads : {1, 2, 4}) {
    SyntheticSource source(48, 32, Content::kSlow, pictures);
    const Plan plan = plan_of(source.info(), config, first_pass, effort);
    Outcome run = encode(source, plan, on_threads(threads));
    if (threads == 1) {
      expect_decodes(run, source, Content::kSlow, plan, pictures);
      first = std::move(run);
    } else {
      EXPECT_EQ(run.frames, first.frames) << threads << " threads";
      EXPECT_EQ(run.summary.quality, first.summary.quality);
      EXPECT_EQ(run.summary.state_hash, first.summary.state_hash);
    }
  }
  return first;
}

// Chains shorter and longer than a wave, a short last chunk, a short last chain, one picture left.
constexpr std::array<Config, 6> kConfigs = {{{2, 3}, {1, 0}, {3, 1}, {24, 4}, {6, 16}, {5, 0}}};

TEST(Pipeline, WritesTheSameBytesOnAnyNumberOfThreads) {
  for (const Config config : kConfigs) {
    const Outcome run = encode_every_way(config, FirstPass::kDevice, 61);
    ASSERT_FALSE(HasFailure());
    const bool long_chains = config.chunk_frames * config.chunks_per_chain > 8;
    EXPECT_EQ(hidden_frames(run) > 0, long_chains || config.chunks_per_chain == 0);
  }
}

TEST(Pipeline, WritesTheSameBytesOnAnyNumberOfThreadsAfterLibvpx) {
  for (const Config config : kConfigs) {
    EXPECT_EQ(hidden_frames(encode_every_way(config, FirstPass::kLibvpx, 37)), 0);
    ASSERT_FALSE(HasFailure());
  }
}

TEST(Pipeline, WritesTheSameBytesOnAnyNumberOfThreadsAtEveryEffort) {
  for (const Config config : {Config{6, 16}, {2, 3}, {5, 0}}) {
    const Frames usual = encode_every_way(config, FirstPass::kDevice, 40).frames;
    for (const gpu::Effort effort : {gpu::Effort::kFast, gpu::Effort::kBest}) {
      EXPECT_NE(encode_every_way(config, FirstPass::kDevice, 40, effort).frames, usual);
      ASSERT_FALSE(HasFailure());
    }
  }
}

std::vector<FramePlan> planned_frames(PictureSource& source, const Plan& plan, int pictures) {
  const auto device = gpu::make_cpu_device();
  SourceWindow window(source, *device, plan, -1);
  window.read(pictures);
  window.prepare(pictures);
  std::vector<FramePlan> frames;
  for (int i = 0; i < pictures; ++i) {
    for (const PlannedFrame& frame : window.frames(i))
      frames.push_back(frame.plan);
  }
  return frames;
}

// The segments that a frame has, as a decoder sees them.
Segments segments_of(const vp8::Frame& frame) {
  Segments segments;
  for (const vp8::MbModes& mb : frame.modes)
    segments.map.push_back(mb.segment);
  for (std::size_t i = 0; i < vp8::kSegments; ++i) {
    segments.q_index[i] = static_cast<std::uint8_t>(
        frame.header.quant.y_ac_qi + frame.header.segmentation.quantizer[i].value_or(0));
  }
  return segments;
}

// What the plan says of a frame is what a decoder reads.
TEST(Pipeline, CodesEveryFrameWithItsPlannedQuantisers) {
  constexpr int kPictures = 40;
  for (const FirstPass first_pass : {FirstPass::kDevice, FirstPass::kLibvpx}) {
    SyntheticSource source(64, 48, Content::kSlow, kPictures);
    SyntheticSource again(64, 48, Content::kSlow, kPictures);
    const Plan plan = plan_of(source.info(), {6, 16}, first_pass);
    const Frames frames = encode(source, plan, on_threads(2)).frames;
    const std::vector<FramePlan> planned = planned_frames(again, plan, kPictures);
    ASSERT_EQ(frames.size(), planned.size());
    oracle::Lockstep both;
    for (std::size_t i = 0; i < planned.size(); ++i) {
      ASSERT_TRUE(both.step(frames[i])) << "frame " << i;
      const vp8::FrameHeader& header = both.frame().header;
      EXPECT_EQ(header.show_frame, planned[i].role != FrameRole::kAltref) << "frame " << i;
      EXPECT_EQ(header.quant.y_ac_qi, planned[i].q_index) << "frame " << i;
      ASSERT_EQ(header.segmentation_enabled, planned[i].segments.has_value()) << "frame " << i;
      if (planned[i].segments) {
        EXPECT_EQ(segments_of(both.frame()).map, planned[i].segments->map) << "frame " << i;
        EXPECT_EQ(segments_of(both.frame()).q_index, planned[i].segments->q_index) << i;
      }
    }
    // Some macroblocks really differ.
    EXPECT_GT(std::ranges::max(planned[0].segments->map), 0);
  }
}

// Devices that take many chunks a call, and that compute elsewhere, get what they ask for.
TEST(Pipeline, WritesTheSameBytesHoweverADeviceWantsItsWork) {
  for (const Config config : {Config{2, 3}, {3, 1}, {1, 0}}) {
    SyntheticSource source(48, 32, Content::kSlow, 61);
    const Plan plan = plan_of(source.info(), config, FirstPass::kDevice);
    const Outcome expected = encode(source, plan, on_threads(1));
    for (const gpu::WaveSize size : kWaveSizes) {
      for (const int threads : {1, 3}) {
        SyntheticSource again(48, 32, Content::kSlow, 61);
        WishfulDevice device(size);
        const Outcome run = encode_on(device, again, plan, on_threads(threads));
        EXPECT_EQ(run.frames, expected.frames) << size.chunks << " x " << size.at_once;
        EXPECT_EQ(run.summary.state_hash, expected.summary.state_hash);
        const int chunks = (61 + config.chunk_frames - 1) / config.chunk_frames;
        if (!size.elsewhere) {
          EXPECT_EQ(device.full_calls(), chunks / size.chunks);
        }
      }
    }
  }
}

TEST(Pipeline, EncodesVideosOfAnyLength) {
  for (const FirstPass first_pass : {FirstPass::kDevice, FirstPass::kLibvpx}) {
    for (const Config config : {Config{3, 2}, {4, 5}}) {
      for (const int pictures : {1, 2, 5, 6, 7, 8, 9, 13}) {
        SyntheticSource source(32, 32, Content::kPan, pictures);
        const Plan plan = plan_of(source.info(), config, first_pass);
        const Outcome run = encode(source, plan, on_threads(2));
        expect_decodes(run, source, Content::kPan, plan, pictures);
        const bool hides =
            first_pass == FirstPass::kDevice && config.chunks_per_chain == 5 && pictures > 8;
        EXPECT_EQ(hidden_frames(run), hides ? 1 : 0) << pictures;
      }
    }
  }
}

TEST(Pipeline, EncodesPicturesOfOddSizes) {
  for (const FirstPass first_pass : {FirstPass::kDevice, FirstPass::kLibvpx}) {
    for (const auto& [width, height] : {std::pair{17, 33}, {1, 1}, {95, 15}}) {
      SCOPED_TRACE(testing::Message() << width << "x" << height);
      SyntheticSource source(width, height, Content::kSlow, 20);
      const Plan plan = plan_of(source.info(), {3, 4}, first_pass);
      const Outcome run = encode(source, plan, on_threads(2));
      expect_decodes(run, source, Content::kSlow, plan, 20);
    }
  }
}

TEST(Pipeline, EncodesScenesThatCannotBePredicted) {
  for (const FirstPass first_pass : {FirstPass::kDevice, FirstPass::kLibvpx}) {
    for (const Content content : {Content::kCuts, Content::kScreen}) {
      SyntheticSource source(64, 48, content, 18);
      const Plan plan = plan_of(source.info(), {4, 3}, first_pass);
      const Outcome run = encode(source, plan, on_threads(2));
      expect_decodes(run, source, content, plan, 18);
    }
  }
}

TEST(Pipeline, SpendsBytesAsTheQualityAsks) {
  std::size_t more_bytes = ~std::size_t{0};
  double better = 1000;
  for (const int cq : {4, 24, 44, 63}) {
    SyntheticSource source(64, 48, Content::kSlow, 12);
    Plan plan = plan_of(source.info(), {6, 16}, FirstPass::kDevice);
    plan.cq16 = cq * kCqParts;
    const Outcome run = encode(source, plan, on_threads(2));
    EXPECT_LT(run.summary.bytes, more_bytes) << cq;
    EXPECT_LT(run.summary.quality.psnr, better) << cq;
    more_bytes = run.summary.bytes;
    better = run.summary.quality.psnr;
  }
}

// The first pictures of a video and a video that ends there are the same.
TEST(Pipeline, StopsAtItsLimit) {
  for (const std::int64_t limit : {0, 1, 7, 19, 20, 50}) {
    SyntheticSource source(32, 32, Content::kPan, 20);
    SyntheticSource shorter(32, 32, Content::kPan,
                            static_cast<int>(std::min<std::int64_t>(limit, 20)));
    const Plan plan = plan_of(source.info(), {3, 5}, FirstPass::kDevice);
    const Outcome limited = encode(source, plan, on_threads(2, limit));
    EXPECT_EQ(limited.frames, encode(shorter, plan, on_threads(2)).frames) << limit;
    EXPECT_LE(source.read(), limit);
  }
}

TEST(Pipeline, OfNoPicturesWritesNothing) {
  for (const FirstPass first_pass : {FirstPass::kDevice, FirstPass::kLibvpx}) {
    SyntheticSource source(32, 32, Content::kPan, 0);
    const Outcome run = encode(source, plan_of(source.info(), {6, 16}, first_pass), on_threads(2));
    EXPECT_TRUE(run.frames.empty());
    EXPECT_EQ(run.summary.pictures, 0);
    EXPECT_EQ(run.summary.bytes, 0u);
  }
}

TEST(Pipeline, TellsItsProgressAfterEachWave) {
  SyntheticSource source(32, 32, Content::kFlat, 30);
  std::vector<Progress> told;
  const Outcome run = encode(
      source, plan_of(source.info(), {3, 2}, FirstPass::kDevice),
      {.threads = 1, .limit = -1, .on_progress = [&](const Progress& p) { told.push_back(p); }});
  ASSERT_GE(told.size(), 2u);
  for (std::size_t i = 1; i < told.size(); ++i) {
    EXPECT_GT(told[i].pictures, told[i - 1].pictures);
    EXPECT_GT(told[i].bytes, told[i - 1].bytes);
  }
  EXPECT_EQ(told.back().pictures, 30);
  EXPECT_EQ(told.back().bytes, run.summary.bytes);
}

// --- errors ---

std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

TEST(Pipeline, LetsErrorsOfTheSourceOut) {
  for (const FirstPass first_pass : {FirstPass::kDevice, FirstPass::kLibvpx}) {
    for (const int threads : {1, 3}) {
      for (const int fail_at : {0, 1, 40, 60, 89}) {
        SyntheticSource source(16, 16, Content::kFlat, 90, fail_at);
        const Plan plan = plan_of(source.info(), {2, 3}, first_pass);
        EXPECT_EQ(message_of([&] { encode(source, plan, on_threads(threads)); }),
                  "picture " + std::to_string(fail_at) + " is damaged");
      }
    }
  }
}

TEST(Pipeline, LetsErrorsOfTheWriterOut) {
  for (const int threads : {1, 3}) {
    for (const std::int64_t fail_at : {0, 1, 25, 49}) {
      SyntheticSource source(16, 16, Content::kFlat, 50);
      const Plan plan = plan_of(source.info(), {2, 12}, FirstPass::kDevice);
      const auto device = gpu::make_cpu_device();
      std::int64_t written = 0;  // pictures
      const auto write = [&](const CodedFrame& frame) {
        if (frame.picture == fail_at) {
          throw std::runtime_error("disk full");
        }
        written = frame.picture + 1;
      };
      EXPECT_EQ(
          message_of([&] { encode_video(source, plan, on_threads(threads), *device, write); }),
          "disk full");
      EXPECT_EQ(written, fail_at);
    }
  }
}

// They come from a chain, beside the thread that called.
TEST(Pipeline, LetsErrorsOfTheCodecOut) {
  for (const int threads : {1, 3}) {
    SyntheticSource source(48, 32, Content::kSlow, 40);
    Plan plan = plan_of(source.info(), {3, 2}, FirstPass::kDevice);
    plan.width = 32;
    EXPECT_THROW(encode(source, plan, on_threads(threads)), vp8::Unsupported);
  }
}

// --- memory ---

std::uint64_t bound_of(const Plan& plan, int threads) {
  return memory_bound(plan, schedule_limits(plan, threads, *gpu::make_cpu_device()));
}

TEST(MemoryBound, GrowsWithPicturesThreadsAndChunks) {
  Plan plan;
  plan.width = 640;
  plan.height = 480;
  const std::uint64_t base = bound_of(plan, 4);
  Plan wider = plan;
  wider.width = 1280;
  EXPECT_GT(bound_of(wider, 4), base);
  Plan higher = plan;
  higher.height = 500;
  EXPECT_GT(bound_of(higher, 4), base);
  std::uint64_t fewer = 0;
  for (int threads = 1; threads <= 64; ++threads) {
    EXPECT_GE(bound_of(plan, threads), fewer) << threads;
    fewer = bound_of(plan, threads);
  }
  EXPECT_GT(bound_of(plan, 64), bound_of(plan, 1));
  // From chunks on that are long enough to be a wave's share.
  fewer = 0;
  for (int chunk_frames = 12; chunk_frames <= 100; ++chunk_frames) {
    plan.chunk_frames = chunk_frames;
    EXPECT_GT(bound_of(plan, 4), fewer) << chunk_frames;
    fewer = bound_of(plan, 4);
  }
}

// However long the video is.
TEST(MemoryBound, IsNotExceeded) {
  for (const FirstPass first_pass : {FirstPass::kDevice, FirstPass::kLibvpx}) {
    for (const Config config : {Config{24, 4}, {6, 16}, {1, 0}, {30, 1}}) {
      for (const int threads : {1, 2}) {
        const int waves = config.chunk_frames == 1 ? 100 : 6 * threads * config.chunk_frames;
        SyntheticSource source(160, 96, Content::kFlat, 40 + waves);
        const Plan plan = plan_of(source.info(), config, first_pass);
        const std::int64_t before = most_aligned_bytes = aligned_bytes.load();
        encode(source, plan, on_threads(threads));
        EXPECT_LE(most_aligned_bytes - before, static_cast<std::int64_t>(bound_of(plan, threads)))
            << "[" << config.chunk_frames << "," << config.chunks_per_chain << "] " << threads;
      }
    }
  }
}

// With the shortest groups: as many filtered pictures as there can be.
TEST(MemoryBound, IsNotExceededWithDevicesThatTakeMore) {
  for (const gpu::WaveSize size : kWaveSizes) {
    SyntheticSource source(160, 96, Content::kSlow, 150);
    const Plan plan = plan_of(source.info(), {3, 5}, FirstPass::kDevice);
    WishfulDevice device(size);
    const std::int64_t before = most_aligned_bytes = aligned_bytes.load();
    encode_on(device, source, plan, on_threads(2));
    EXPECT_LE(most_aligned_bytes - before,
              static_cast<std::int64_t>(memory_bound(plan, schedule_limits(plan, 2, device))))
        << size.chunks << " x " << size.at_once;
  }
}

TEST(MemoryBound, OfADeviceThatWantsTooMuchFitsTheMachine) {
  Plan plan;
  plan.width = 640;
  plan.height = 480;
  const WishfulDevice device({.chunks = 100'000, .at_once = 2, .elsewhere = true});
  constexpr std::uint64_t kMemory = 4'000'000'000;
  const ScheduleLimits limits = schedule_limits(plan, 4, device, kMemory);
  EXPECT_LE(memory_bound(plan, limits), kMemory);
  EXPECT_GE(memory_bound(plan, limits), kMemory / 3);
  EXPECT_GE(limits.window, limits.least_window());
  EXPECT_EQ(schedule_limits(plan, 4, device, 1).call_chunks, 1);
}

TEST(MemoryBound, DoesNotDependOnTheLengthOfChains) {
  Plan plan;
  plan.width = 640;
  plan.height = 480;
  plan.chunks_per_chain = 1;
  const std::uint64_t bound = bound_of(plan, 2);
  plan.chunks_per_chain = 0;
  EXPECT_EQ(bound_of(plan, 2), bound);
}

}  // namespace
}  // namespace host
