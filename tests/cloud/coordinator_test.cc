// Whole encodes by workers in this process: the same bytes as the local pipeline gives.
#include "cloud/coordinator.hh"

#include <array>

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

}  // namespace
}  // namespace cloud
