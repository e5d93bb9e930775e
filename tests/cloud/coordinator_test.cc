// Whole encodes by workers in this process: the same bytes as the local pipeline gives.
#include "cloud/coordinator.hh"

#include <array>
#include <set>
#include <stdexcept>

#include <gtest/gtest.h>

#include "tests/cloud/memory_services.hh"
#include "tests/cloud/test_runs.hh"

namespace cloud {
namespace {

using oracle::Content;
using test::Clip;
using test::Encoded;

// A cloud without faults.
struct Cloud {
  std::unique_ptr<gpu::Device> device = gpu::make_cpu_device();
  test::MemoryStore store;
  test::MemoryExchange exchange;
  test::ThreadInvoker invoker;

  explicit Cloud(int slots = 4)
      : invoker(slots, *device, [this](const Bytes&) {
          return test::shared_services(store, exchange);
        }) {}
  CoordinatorServices services() { return {store, exchange, invoker, *device}; }
};

CoordinatorOptions options_of(int workers = 4) {
  CoordinatorOptions options;
  options.key = make_seal_key();
  options.scheduler.workers = {.start = workers, .per_second = 100, .limit = workers};
  options.threads = 2;
  return options;
}

Encoded encode(Cloud& cloud,
               const Clip& clip,
               const host::Plan& plan,
               const CoordinatorOptions& options,
               CloudSummary* summary = nullptr) {
  Encoded encoded;
  test::SyntheticSource source = clip.open();
  const CloudSummary done =
      encode_on_workers(source, plan, options, cloud.services(),
                        [&](const host::CodedFrame& frame) { encoded.add(frame); });
  encoded.summary = done.encode;
  if (summary != nullptr)
    *summary = done;
  return encoded;
}

struct Shape {
  int chunk_frames;
  int chunks_per_chain;
};
constexpr std::array<Shape, 5> kShapes = {{{6, 3}, {1, 0}, {3, 1}, {24, 2}, {5, 0}}};

void expect_equal_bytes(const Clip& clip, const host::Plan& plan) {
  Cloud cloud;
  const Encoded local = test::encode_locally(clip, plan);
  ASSERT_EQ(local.summary.pictures, clip.pictures);
  SCOPED_TRACE(host::plan_as_json(plan, 0));
  test::expect_equal(encode(cloud, clip, plan, options_of()), local);
  EXPECT_TRUE(cloud.store.list("").empty());
}

TEST(Coordinator, GivesTheBytesOfTheLocalPipelineForAllShapesOfChains) {
  const Clip clip;
  for (const Shape shape : kShapes)
    expect_equal_bytes(clip, test::plan_of(clip, shape.chunk_frames, shape.chunks_per_chain));
}

TEST(Coordinator, GivesThemForAllEffortsAndQualities) {
  const Clip clip;
  for (const auto effort : {gpu::Effort::kFast, gpu::Effort::kDefault, gpu::Effort::kBest}) {
    for (const int cq : {0, 20, 63}) {
      host::Plan plan = test::plan_of(clip, 6, 3);
      plan.effort = effort;
      plan.cq16 = cq * host::kCqParts + (cq == 20 ? 5 : 0);
      expect_equal_bytes(clip, plan);
    }
  }
}

TEST(Coordinator, GivesThemForAllContentsAndOddSizes) {
  for (const auto content :
       {Content::kPan, Content::kNoise, Content::kCuts, Content::kFlat, Content::kScreen}) {
    const Clip clip{.width = 33, .height = 47, .content = content, .pictures = 29};
    host::Plan plan = test::plan_of(clip, 4, 2);
    plan.min_q = 10;
    plan.max_q = 40;
    expect_equal_bytes(clip, plan);
  }
  const Clip least{.width = 1, .height = 1, .pictures = 1};
  expect_equal_bytes(least, test::plan_of(least, 6, 16));
}

TEST(Coordinator, GivesThemWithLibvpxsFirstPassAndItsBoundaries) {
  const Clip clip{.width = 50, .height = 38};
  for (const Shape shape : kShapes) {
    host::Plan plan = test::plan_of(clip, shape.chunk_frames, shape.chunks_per_chain);
    plan.first_pass = host::FirstPass::kLibvpx;
    expect_equal_bytes(clip, plan);
  }
}

TEST(Coordinator, GivesThemOnAnyNumberOfWorkersAndThreads) {
  const Clip clip;
  const host::Plan plan = test::plan_of(clip, 3, 4);
  const Encoded local = test::encode_locally(clip, plan);
  for (const int workers : {1, 2, 16}) {
    Cloud cloud(workers);
    CoordinatorOptions options = options_of(workers);
    options.threads = workers;
    test::expect_equal(encode(cloud, clip, plan, options), local);
    EXPECT_LE(cloud.invoker.most_at_once(), workers);
  }
}

TEST(Coordinator, StopsAtTheLimitOfPictures) {
  const Clip clip;
  Clip shorter = clip;
  shorter.pictures = 17;
  const host::Plan plan = test::plan_of(clip, 6, 2);
  Cloud cloud;
  CoordinatorOptions options = options_of();
  options.limit = 17;
  test::expect_equal(encode(cloud, clip, plan, options), test::encode_locally(shorter, plan));
}

TEST(Coordinator, StatesTravelThroughTheExchange) {
  const Clip clip;
  Cloud cloud;
  encode(cloud, clip, test::plan_of(clip, 4, 5), options_of());
  EXPECT_EQ(cloud.exchange.size(), 8U);  // ten chunks, of which two end a chain
}

TEST(Coordinator, TellsWhatItDid) {
  const Clip clip;
  Cloud cloud;
  CloudSummary summary;
  encode(cloud, clip, test::plan_of(clip, 4, 5), options_of(), &summary);
  EXPECT_EQ(summary.scheduler.invocations, 20);
  EXPECT_EQ(summary.phases[static_cast<std::size_t>(Phase::kFirstPass)].tasks, 10);
  EXPECT_EQ(summary.phases[static_cast<std::size_t>(Phase::kBoundary)].tasks, 0);
  EXPECT_EQ(summary.phases[static_cast<std::size_t>(Phase::kRebase)].tasks, 10);
  EXPECT_EQ(summary.raw_bytes, 40U * 64 * 48 * 3 / 2);
  EXPECT_GT(summary.packed_bytes, 0U);
  EXPECT_LT(summary.packed_bytes, summary.raw_bytes);
  EXPECT_EQ(summary.resumed, 0);
}

TEST(Coordinator, KeepsItsObjectsIfAskedTo) {
  const Clip clip{.pictures = 10};
  Cloud cloud;
  CoordinatorOptions options = options_of();
  options.keep = true;
  encode(cloud, clip, test::plan_of(clip, 4, 5), options);
  const std::vector<std::string> kept = cloud.store.list("");
  EXPECT_EQ(std::set<std::string>(kept.begin(), kept.end()), cloud.store.ever_put());
  EXPECT_FALSE(kept.empty());
}

TEST(Coordinator, EndsBeforeItCostsMoreThanItMay) {
  const Clip clip;
  Cloud cloud;
  CoordinatorOptions options = options_of();
  options.scheduler.price.per_invocation = 1000;
  options.scheduler.max_cost = 7'500;
  try {
    encode(cloud, clip, test::plan_of(clip, 4, 5), options);
    FAIL() << "not ended";
  } catch (const RunEnded& ended) {
    EXPECT_EQ(ended.reason(), EndReason::kCost);
  }
  EXPECT_EQ(cloud.invoker.started(), 7);
  EXPECT_FALSE(cloud.store.list("").empty()) << "what is done can be gone on from";
}

// The pictures of a clip, of which one is damaged.
class DamagedSource : public host::PictureSource {
 public:
  DamagedSource(const Clip& clip, int at) : whole_(clip.open_again()), at_(at) {}
  const host::StreamInfo& info() const override { return whole_->info(); }
  std::optional<vp8::Picture> next() override {
    if (at_-- == 0)
      throw std::runtime_error("the picture is damaged");
    return whole_->next();
  }

 private:
  std::unique_ptr<host::PictureSource> whole_;
  int at_;
};

TEST(Coordinator, ErrorsOfTheSourceAndOfTheWriterComeOut) {
  const Clip clip;
  const host::Plan plan = test::plan_of(clip, 4, 5);
  for (const int at : {0, 10, 39}) {
    Cloud cloud;
    DamagedSource source(clip, at);
    EXPECT_THROW(encode_on_workers(source, plan, options_of(), cloud.services(),
                                   [](const host::CodedFrame&) {}),
                 std::runtime_error);
  }
  Cloud cloud;
  test::SyntheticSource source = clip.open();
  EXPECT_THROW(encode_on_workers(source, plan, options_of(), cloud.services(),
                                 [](const host::CodedFrame& frame) {
                                   if (frame.picture == 12)
                                     throw std::logic_error("the disk is full");
                                 }),
               std::logic_error);
}

}  // namespace
}  // namespace cloud
